//! A node takes as many of a CSI driver's volumes as its CSINode says.
//!
//! Models pkg/scheduler/framework/plugins/nodevolumelimits: CSILimits.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::storage::v1::{CSINode, StorageClass};

use super::super::cache::NodeInfo;
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection};
use crate::api::{ObjectKey, pod, storage};
use crate::store::Store;

/// A driver and one of its volumes, or the claim for which it will make one.
pub(in super::super) type DriverVolume = (String, String);

/// See the module.
pub(super) struct NodeVolumeLimits;

impl FilterPlugin for NodeVolumeLimits {
    fn plugin(&self) -> Plugins {
        Plugins::NODE_VOLUME_LIMITS
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        let wanted = &state.driver_volumes;
        if wanted.is_empty() {
            return None;
        }
        let limits = state.view.typed::<CSINode>(&ObjectKey::cluster(node.name()))?;
        let limited = limits.spec.drivers.iter().filter_map(|driver| {
            let count = driver.allocatable.as_ref()?.count?;
            Some((&driver.name, usize::try_from(count).unwrap_or(0)))
        });
        for (driver, limit) in limited {
            let mut there: BTreeSet<DriverVolume> = state
                .view
                .pods_on(node.name())
                .filter(|pod| !pod::is_terminal(pod))
                .flat_map(|pod| driver_volumes(pod, state.view))
                .filter(|(of, _)| of == driver)
                .collect();
            let before = there.len();
            there.extend(wanted.iter().filter(|(of, _)| of == driver).cloned());
            if there.len() > before && there.len() > limit {
                return Rejection::resolvable("node(s) exceed max volume count");
            }
        }
        None
    }
}

/// The CSI volumes that the pod uses, and those that are yet to be made for it.
pub(in super::super) fn driver_volumes(pod: &Pod, view: &Store) -> Vec<DriverVolume> {
    storage::claims_of_pod(pod)
        .filter_map(|key| {
            let claim = view.typed::<PersistentVolumeClaim>(&key)?;
            let volume = storage::volume_name(claim)
                .and_then(|name| view.typed::<PersistentVolume>(&ObjectKey::cluster(name)));
            match volume {
                Some(volume) => {
                    let csi = volume.spec.as_ref()?.csi.as_ref()?;
                    Some((csi.driver.clone(), csi.volume_handle.clone()))
                }
                None => {
                    let class =
                        view.typed::<StorageClass>(&ObjectKey::cluster(storage::claim_class(claim)))?;
                    Some((class.provisioner.clone(), key.to_string()))
                }
            }
        })
        .collect()
}

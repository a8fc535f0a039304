//! A claim with the access mode ReadWriteOncePod has one pod at a time (KEP-2485).

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};

use super::super::cache::{NodeCache, NodeInfo};
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection};
use crate::api::{ObjectKey, storage};
use crate::store::Store;

/// Models pkg/scheduler/framework/plugins/volumerestrictions.
pub(super) struct VolumeRestrictions;

impl FilterPlugin for VolumeRestrictions {
    fn plugin(&self) -> Plugins {
        Plugins::VOLUME_RESTRICTIONS
    }

    fn filter(&self, state: &CycleState<'_>, _node: &NodeInfo) -> Option<Rejection> {
        if state.sole_users.is_empty() {
            return None;
        }
        Rejection::resolvable(
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
        )
    }
}

/// The pods on nodes that use the claims that this pod wants for itself.
pub(in super::super) fn sole_users(pod: &Pod, view: &Store, nodes: &NodeCache) -> Vec<ObjectKey> {
    let mut users = Vec::new();
    for claim in storage::claims_of_pod(pod).filter(|claim| is_for_one_pod(claim, view)) {
        users.extend(nodes.users_of(&claim).cloned());
    }
    users
}

/// Whether the claim may be used by one pod only.
pub(in super::super) fn is_for_one_pod(claim: &ObjectKey, view: &Store) -> bool {
    let modes = view
        .typed::<PersistentVolumeClaim>(claim)
        .and_then(|claim| claim.spec.as_ref()?.access_modes.as_ref());
    modes.is_some_and(|modes| modes.iter().any(|mode| mode == "ReadWriteOncePod"))
}

//! A volume that is labelled with a zone or region can be used there only.

use k8s_openapi::api::core::v1::PersistentVolume;

use super::super::cache::NodeInfo;
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection};
use crate::api::meta;

/// The labels that count, on volumes and nodes alike.
const PLACES: [&str; 4] = [
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
];

/// Models pkg/scheduler/framework/plugins/volumezone.
pub(super) struct VolumeZone;

impl FilterPlugin for VolumeZone {
    fn plugin(&self) -> Plugins {
        Plugins::VOLUME_ZONE
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        if PLACES.iter().all(|place| node.label(place).is_none()) {
            return None;
        }
        if state.volumes.volumes().all(|volume| is_in_reach(volume, node)) {
            return None;
        }
        Rejection::unresolvable("node(s) had no available volume zone")
    }
}

/// Whether the node is in one of the places of each of the volume's labels, which are joined with `__`.
fn is_in_reach(volume: &PersistentVolume, node: &NodeInfo) -> bool {
    PLACES.iter().all(|place| {
        let wanted = meta::labels(&volume.metadata).get(*place);
        wanted.is_none_or(|wanted| {
            node.label(place).is_some_and(|has| wanted.split("__").any(|one| one == has))
        })
    })
}

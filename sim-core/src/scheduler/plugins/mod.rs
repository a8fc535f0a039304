//! The plugins, in the order in which they are asked.
//!
//! Models pkg/scheduler/apis/config/v1: getDefaultPlugins.

mod image_locality;
pub(super) mod inter_pod_affinity;
pub(super) mod node_affinity;
mod node_name;
pub(super) mod node_ports;
pub(super) mod node_resources;
mod node_unschedulable;
pub(super) mod node_volume_limits;
pub(super) mod pod_topology_spread;
pub(super) mod taint_toleration;
pub(super) mod volume_binding;
pub(super) mod volume_restrictions;
mod volume_zone;

pub(super) use node_ports::collide;

use super::framework::{FilterPlugin, ScorePlugin};

/// The filters; the first that turns a node down ends the search for reasons.
pub(super) static FILTERS: &[&dyn FilterPlugin] = &[
    &node_unschedulable::NodeUnschedulable,
    &node_name::NodeName,
    &taint_toleration::TaintToleration,
    &node_affinity::NodeAffinity,
    &node_ports::NodePorts,
    &node_resources::NodeResourcesFit,
    &volume_restrictions::VolumeRestrictions,
    &node_volume_limits::NodeVolumeLimits,
    &volume_binding::VolumeBinding,
    &volume_zone::VolumeZone,
    &pod_topology_spread::PodTopologySpread,
    &inter_pod_affinity::InterPodAffinity,
];

/// The scores.
pub(super) static SCORES: &[&dyn ScorePlugin] = &[
    &taint_toleration::TaintToleration,
    &node_affinity::NodeAffinity,
    &node_resources::NodeResourcesFit,
    &pod_topology_spread::PodTopologySpread,
    &inter_pod_affinity::InterPodAffinity,
    &node_resources::BalancedAllocation,
    &image_locality::ImageLocality,
];

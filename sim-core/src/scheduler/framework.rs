//! What plugins are: filters that turn nodes down, scores that rank the rest.
//!
//! Models k8s.io/kube-scheduler/framework.

use k8s_openapi::api::core::v1::Pod;

use super::cache::{HostPort, NodeCache, NodeInfo};
use super::plugins::volume_binding::{PodVolumes, VolumeIndex};
use super::resources::Resources;
use crate::store::Store;

/// The best score.
pub(super) const MAX_SCORE: i64 = 100;

/// A plugin that turns pods down, as a bit: a set of them says what a pod waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Plugins(pub u16);

impl Plugins {
    pub(super) const NODE_UNSCHEDULABLE: Plugins = Plugins(1);
    pub(super) const NODE_NAME: Plugins = Plugins(1 << 1);
    pub(super) const TAINT_TOLERATION: Plugins = Plugins(1 << 2);
    pub(super) const NODE_AFFINITY: Plugins = Plugins(1 << 3);
    pub(super) const NODE_PORTS: Plugins = Plugins(1 << 4);
    pub(super) const NODE_RESOURCES_FIT: Plugins = Plugins(1 << 5);
    pub(super) const VOLUME_BINDING: Plugins = Plugins(1 << 6);
    /// All of them.
    pub(super) const ALL: Plugins = Plugins(u16::MAX);

    pub(super) fn with(self, other: Plugins) -> Plugins {
        Plugins(self.0 | other.0)
    }

    pub(super) fn overlaps(self, other: Plugins) -> bool {
        self.0 & other.0 != 0
    }
}

/// What is worked out once for a pod and then asked by every plugin for every node.
pub(super) struct CycleState<'a> {
    pub pod: &'a Pod,
    pub view: &'a Store,
    pub volume_index: &'a VolumeIndex,
    pub requests: Resources,
    pub scored: Resources,
    pub ports: Vec<HostPort>,
    pub volumes: PodVolumes,
}

/// Why a node is turned down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub reasons: Vec<String>,
    /// Whether the removal of pods could help.
    pub resolvable: bool,
}

impl Rejection {
    /// A node that no removal of pods makes fit.
    pub(super) fn unresolvable(reason: &str) -> Option<Rejection> {
        Some(Rejection { reasons: vec![reason.to_owned()], resolvable: false })
    }
}

/// Turns nodes down.
pub(super) trait FilterPlugin: Sync {
    /// Its bit.
    fn plugin(&self) -> Plugins;

    /// Why the pod cannot run on the node, if it cannot.
    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection>;
}

/// Ranks nodes.
pub(super) trait ScorePlugin: Sync {
    /// How much it counts beside the others.
    fn weight(&self) -> i64;

    /// A score for each of `nodes`, from 0 to [`MAX_SCORE`].
    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], cache: &NodeCache) -> Vec<i64>;
}

/// Stretches scores so that the highest is [`MAX_SCORE`]; `reverse` makes the lowest the best.
///
/// Models pkg/scheduler/framework/plugins/helper: DefaultNormalizeScore.
pub(super) fn normalized(mut scores: Vec<i64>, reverse: bool) -> Vec<i64> {
    let most = scores.iter().copied().max().unwrap_or(0);
    for score in &mut scores {
        let stretched = if most == 0 { 0 } else { MAX_SCORE * *score / most };
        *score = if reverse { MAX_SCORE - stretched } else { stretched };
    }
    scores
}

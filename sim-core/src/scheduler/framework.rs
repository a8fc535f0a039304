//! What plugins are: filters that turn nodes down, scores that rank the rest.
//!
//! Models k8s.io/kube-scheduler/framework.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};

use super::cache::{HostPort, NodeCache, NodeInfo, host_ports};
use super::plugins::inter_pod_affinity::Neighbours;
use super::plugins::node_affinity;
use super::plugins::node_volume_limits::{self, DriverVolume};
use super::plugins::pod_topology_spread::Spread;
use super::plugins::volume_binding::{self, PodVolumes, VolumeIndex};
use super::plugins::volume_restrictions;
use super::resources::{Resources, requests, scored_requests};
use crate::api::{FeatureGates, ObjectKey, storage};
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
    pub(super) const VOLUME_RESTRICTIONS: Plugins = Plugins(1 << 7);
    pub(super) const NODE_VOLUME_LIMITS: Plugins = Plugins(1 << 8);
    pub(super) const VOLUME_ZONE: Plugins = Plugins(1 << 9);
    pub(super) const POD_TOPOLOGY_SPREAD: Plugins = Plugins(1 << 10);
    pub(super) const INTER_POD_AFFINITY: Plugins = Plugins(1 << 11);
    /// All of them.
    pub(super) const ALL: Plugins = Plugins(u16::MAX);
    /// Those that look at the pod's claims.
    pub(super) const VOLUMES: Plugins = Plugins(0b1111 << 6);
    /// Those that look at other pods' labels.
    pub(super) const NEIGHBOURS: Plugins = Plugins::POD_TOPOLOGY_SPREAD.with(Plugins::INTER_POD_AFFINITY);
    /// Those that look at what other pods take.
    pub(super) const ROOM: Plugins = Plugins::NODE_RESOURCES_FIT
        .with(Plugins::NODE_PORTS)
        .with(Plugins::VOLUME_RESTRICTIONS)
        .with(Plugins::NODE_VOLUME_LIMITS);

    pub(super) const fn with(self, other: Plugins) -> Plugins {
        Plugins(self.0 | other.0)
    }

    pub(super) fn overlaps(self, other: Plugins) -> bool {
        self.0 & other.0 != 0
    }
}

/// What is worked out once for a pod and then asked by every plugin for every node.
#[derive(Clone)]
pub(super) struct CycleState<'a> {
    pub pod: &'a Pod,
    pub view: &'a Store,
    pub gates: FeatureGates,
    pub volume_index: &'a VolumeIndex,
    pub requests: Resources,
    pub scored: Resources,
    pub ports: Vec<HostPort>,
    pub volumes: PodVolumes,
    pub driver_volumes: Vec<DriverVolume>,
    /// Pods on nodes that have a claim of the pod's for themselves, one entry for each claim of each.
    pub sole_users: Vec<ObjectKey>,
    pub spread: Spread,
    pub neighbours: Neighbours,
}

impl<'a> CycleState<'a> {
    /// Looks at the pod before any node.
    ///
    /// Models the plugins' PreFilter.
    ///
    /// # Errors
    /// The plugin that turns the pod down, and why.
    pub(super) fn new(
        pod: &'a Pod,
        view: &'a Store,
        gates: FeatureGates,
        volume_index: &'a VolumeIndex,
        nodes: &mut NodeCache,
    ) -> Result<CycleState<'a>, (Plugins, String)> {
        if node_affinity::named_nodes(pod).is_some_and(|names| names.is_empty()) {
            return Err((Plugins::NODE_AFFINITY, "pod affinity terms conflict".to_owned()));
        }
        let volumes = volume_binding::pre_filter(pod, view)?;
        Ok(CycleState {
            pod,
            view,
            gates,
            volume_index,
            requests: requests(pod),
            scored: scored_requests(pod),
            ports: host_ports(pod),
            volumes,
            driver_volumes: node_volume_limits::driver_volumes(pod, view),
            sole_users: volume_restrictions::sole_users(pod, view, nodes),
            spread: Spread::new(pod, view, nodes),
            neighbours: Neighbours::new(pod, view, nodes),
        })
    }

    /// What would be without `pod` on `node`. Models the plugins' PreFilterExtensions.
    pub(super) fn without(&mut self, pod: &Pod, key: &ObjectKey, node: &Node) {
        self.sole_users.retain(|user| user != key);
        self.change(pod, node, -1);
    }

    /// What would be with `pod` on `node`. Models the plugins' PreFilterExtensions.
    pub(super) fn with(&mut self, pod: &Pod, key: &ObjectKey, node: &Node) {
        let own: Vec<ObjectKey> = storage::claims_of_pod(self.pod).collect();
        let shared = storage::claims_of_pod(pod)
            .filter(|claim| own.contains(claim) && volume_restrictions::is_for_one_pod(claim, self.view));
        self.sole_users.extend(shared.map(|_| key.clone()));
        self.change(pod, node, 1);
    }

    fn change(&mut self, pod: &Pod, node: &Node, by: i64) {
        self.spread.change(self.pod, pod, node, by);
        self.neighbours.change(self.pod, pod, node, by, self.view);
    }
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

    /// A node that may fit without some of its pods.
    pub(super) fn resolvable(reason: &str) -> Option<Rejection> {
        Some(Rejection { reasons: vec![reason.to_owned()], resolvable: true })
    }
}

/// A node that was turned down: its name, by which plugin, and why.
pub(super) type Refusal = (Arc<str>, Plugins, Rejection);

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

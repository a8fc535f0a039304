//! How many nodes of each zone are well, and how fast unwell ones may lose their pods.
//!
//! Models pkg/controller/nodelifecycle: ComputeZoneState, handleDisruption, setLimiterInZone.

use std::time::Duration;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Node;

use super::taints::condition_status;
use crate::api::{SimTime, meta};

/// One node of a zone may lose its pods in this time (`--node-eviction-rate=0.1`).
const EVICTION_INTERVAL: Duration = Duration::from_secs(10);
/// The same in a large zone that is mostly unwell (`--secondary-node-eviction-rate=0.01`).
const SECONDARY_EVICTION_INTERVAL: Duration = Duration::from_secs(100);
/// A zone of no more nodes than this is small: mostly unwell, its pods stay where they are
/// (`--large-cluster-size-threshold`).
const LARGE_ZONE: usize = 50;
/// Nodes with this label say nothing about their zone.
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";

/// One node as its zone counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    zone: String,
    ready: bool,
}

/// The nodes of one zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    all: usize,
    not_ready: usize,
}

/// See the module. Counts are kept up with each change, so that no pass looks at all nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Zones {
    members: OrdMap<String, Member>,
    counts: OrdMap<String, Count>,
    /// When the next node of the zone may be tainted.
    next: OrdMap<String, SimTime>,
}

impl Zones {
    /// Notes the node as it is now; true when that changes what its zone looks like.
    pub(super) fn note(&mut self, name: &str, node: Option<&Node>) -> bool {
        let counted = node.filter(|node| !meta::labels(&node.metadata).contains_key(EXCLUDED));
        let member = counted.and_then(|node| {
            let ready = condition_status(node, "Ready")? == "True";
            Some(Member { zone: zone_of(node), ready })
        });
        let before = self.members.get(name).cloned();
        if before == member {
            return false;
        }
        if let Some(before) = before {
            let count = self.counts.entry(before.zone).or_default();
            count.all -= 1;
            count.not_ready -= usize::from(!before.ready);
            self.members.remove(name);
        }
        if let Some(member) = member {
            let count = self.counts.entry(member.zone.clone()).or_default();
            count.all += 1;
            count.not_ready += usize::from(!member.ready);
            self.members.insert(name.to_owned(), member);
        }
        true
    }

    /// Nodes that are not ready, in order of name.
    pub(super) fn not_ready(&self) -> impl Iterator<Item = &String> {
        self.members.iter().filter(|(_, member)| !member.ready).map(|(name, _)| name)
    }

    /// Whether no node at all is ready: the fault is then taken to be the control plane's own.
    pub(super) fn is_fully_disrupted(&self) -> bool {
        let mut counts = self.counts.values().filter(|count| count.all > 0).peekable();
        counts.peek().is_some() && counts.all(|count| count.not_ready == count.all)
    }

    /// When the next node of `node`'s zone may lose its pods; `None` when none may.
    pub(super) fn next_eviction(&self, node: &Node, now: SimTime) -> Option<SimTime> {
        self.interval(node)?;
        Some(self.next.get(&zone_of(node)).copied().unwrap_or(now).max(now))
    }

    /// A node of the zone loses its pods now.
    pub(super) fn spend(&mut self, node: &Node, now: SimTime) {
        if let Some(interval) = self.interval(node) {
            self.next.insert(zone_of(node), now + interval);
        }
    }

    fn interval(&self, node: &Node) -> Option<Duration> {
        let count = self.counts.get(&zone_of(node)).copied().unwrap_or_default();
        // Upstream: more than two nodes, and at least 55 % of the zone (`--unhealthy-zone-threshold`).
        let mostly_unwell =
            count.not_ready < count.all && count.not_ready > 2 && count.not_ready * 100 >= count.all * 55;
        match (mostly_unwell, count.all > LARGE_ZONE) {
            (false, _) => Some(EVICTION_INTERVAL),
            (true, true) => Some(SECONDARY_EVICTION_INTERVAL),
            (true, false) => None,
        }
    }
}

/// Models component-helpers node/topology: GetZoneKey.
fn zone_of(node: &Node) -> String {
    let labels = meta::labels(&node.metadata);
    let label = |key: &str| labels.get(key).map(String::as_str).unwrap_or_default();
    format!("{}/{}", label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"))
}

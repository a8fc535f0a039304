//! Pods spread over nodes, zones and whatever else nodes' labels tell apart.
//!
//! Models pkg/scheduler/framework/plugins/podtopologyspread, with its system defaults for pods that say
//! nothing: zones with a skew of 5, hosts with a skew of 3, both only preferred. There the controller stands
//! for the selector that upstream puts together from Services and controllers.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, Pod, Service, TopologySpreadConstraint};

use super::super::cache::{NodeCache, NodeInfo, owner};
use super::super::framework::{CycleState, FilterPlugin, MAX_SCORE, Plugins, Rejection, ScorePlugin};
use super::super::pod_counts::ByNode;
use super::super::pod_terms::Picks;
use super::{node_affinity, taint_toleration};
use crate::api::meta;
use crate::api::selector::Selector;
use crate::store::Store;

const ZONE: &str = "topology.kubernetes.io/zone";
const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE_SKEW: i64 = 5;
const HOST_SKEW: i64 = 3;
const MISMATCH: &str = "node(s) didn't match pod topology spread constraints";
const MISSING_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

/// One constraint, counted.
#[derive(Clone, Debug)]
struct Constraint {
    key: String,
    max_skew: i64,
    min_domains: usize,
    picks: Picks,
    /// Whether the pod counts itself where it goes.
    counts_itself: bool,
    honors_affinity: bool,
    honors_taints: bool,
    /// Pods that count, by node.
    by_node: ByNode,
    /// Pods that count, by the value of the label.
    by_domain: BTreeMap<String, i64>,
}

/// How the pods that a pod is to be spread with are spread.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Spread {
    /// Constraints that nodes must keep.
    hard: Vec<Constraint>,
    /// Constraints that nodes should keep.
    soft: Vec<Constraint>,
    /// Pods that a pod without constraints of its own spreads with.
    by_default: Option<ByNode>,
}

impl Spread {
    pub(in super::super) fn new(pod: &Pod, view: &Store, nodes: &mut NodeCache) -> Spread {
        let given = pod.spec.as_ref().and_then(|spec| spec.topology_spread_constraints.as_deref());
        let given = given.unwrap_or_default();
        if given.is_empty() {
            return Spread { by_default: by_default(pod, view, nodes), ..Spread::default() };
        }
        let mut of = |action: &str| -> Vec<Constraint> {
            let wanted = given.iter().filter(|constraint| constraint.when_unsatisfiable == action);
            let mut constraints: Vec<Constraint> =
                wanted.map(|constraint| read(pod, constraint, view, nodes)).collect();
            count_domains(pod, &mut constraints, nodes);
            constraints
        };
        Spread { hard: of("DoNotSchedule"), soft: of("ScheduleAnyway"), by_default: None }
    }

    /// Counts `other` on `node` `by` times more, for the pod that is to be placed.
    pub(in super::super) fn change(&mut self, pod: &Pod, other: &Pod, node: &Node, by: i64) {
        if !has_all_labels(&self.hard, node) {
            return;
        }
        for constraint in &mut self.hard {
            if constraint.picks.contains(other) && constraint.includes(pod, node) {
                let value = meta::labels(&node.metadata).get(&constraint.key).cloned().unwrap_or_default();
                *constraint.by_domain.entry(value).or_insert(0) += by;
            }
        }
    }
}

impl Constraint {
    /// Whether the node's pods count. Models matchNodeInclusionPolicies (KEP-3094).
    fn includes(&self, pod: &Pod, node: &Node) -> bool {
        (!self.honors_affinity || node_affinity::is_wanted(pod, node))
            && (!self.honors_taints || taint_toleration::bears_taints(pod, node))
    }

    /// The fewest pods that a domain has; none when there are fewer domains than there are to be.
    fn least(&self) -> i64 {
        if self.by_domain.len() < self.min_domains {
            return 0;
        }
        self.by_domain.values().copied().min().unwrap_or(i64::from(i32::MAX))
    }
}

fn read(pod: &Pod, constraint: &TopologySpreadConstraint, view: &Store, nodes: &mut NodeCache) -> Constraint {
    let selector = constraint.label_selector.as_ref().map(Selector::from_api);
    let counts_itself =
        selector.as_ref().is_some_and(|selector| selector.matches(meta::labels(&pod.metadata)));
    // Upstream lets a selector that is empty count nothing.
    let counting = selector.filter(|selector| !selector.is_everything());
    let picks = Picks::lasting(meta::namespace(&pod.metadata), counting);
    Constraint {
        key: constraint.topology_key.clone(),
        max_skew: i64::from(constraint.max_skew),
        min_domains: constraint.min_domains.and_then(|least| usize::try_from(least).ok()).unwrap_or(1),
        by_node: nodes.count(picks.clone(), view),
        picks,
        counts_itself,
        honors_affinity: constraint.node_affinity_policy.as_deref() != Some("Ignore"),
        honors_taints: constraint.node_taints_policy.as_deref() == Some("Honor"),
        by_domain: BTreeMap::new(),
    }
}

fn has_all_labels(constraints: &[Constraint], node: &Node) -> bool {
    let labels = meta::labels(&node.metadata);
    constraints.iter().all(|constraint| labels.contains_key(&constraint.key))
}

fn count_domains(pod: &Pod, constraints: &mut [Constraint], nodes: &NodeCache) {
    if constraints.is_empty() {
        return;
    }
    for info in nodes.all() {
        if !has_all_labels(constraints, &info.node) {
            continue;
        }
        for constraint in constraints.iter_mut() {
            if let Some(value) = info.label(&constraint.key).filter(|_| constraint.includes(pod, &info.node))
            {
                let count = constraint.by_node.get(info.name()).copied().unwrap_or(0);
                *constraint.by_domain.entry(value.to_owned()).or_insert(0) += count;
            }
        }
    }
}

/// The pods of the pod's controller, or of the Services that pick a pod without one.
///
/// Models podtopologyspread: buildDefaultConstraints, and plugins/helper: DefaultSelector.
fn by_default(pod: &Pod, view: &Store, nodes: &mut NodeCache) -> Option<ByNode> {
    if let Some(owner) = owner(pod) {
        return Some(nodes.pods_of(&owner).map(|(node, count)| (node.clone(), i64::from(count))).collect());
    }
    let namespace = meta::namespace(&pod.metadata);
    let labels = meta::labels(&pod.metadata);
    let mut wanted = BTreeMap::new();
    for service in view.all_in::<Service>(namespace) {
        let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        if let Some(selector) = selector.filter(|selector| !selector.is_empty())
            && Selector::from_map(selector).matches(labels)
        {
            wanted.extend(selector.clone());
        }
    }
    let picks = || Picks::lasting(namespace, Some(Selector::from_map(&wanted)));
    (!wanted.is_empty()).then(|| nodes.count(picks(), view))
}

/// See the module.
pub(super) struct PodTopologySpread;

impl FilterPlugin for PodTopologySpread {
    fn plugin(&self) -> Plugins {
        Plugins::POD_TOPOLOGY_SPREAD
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        for constraint in &state.spread.hard {
            let Some(value) = node.label(&constraint.key) else {
                return Rejection::unresolvable(MISSING_LABEL);
            };
            let there = constraint.by_domain.get(value).copied().unwrap_or(0);
            let skew = there + i64::from(constraint.counts_itself) - constraint.least();
            if skew > constraint.max_skew {
                return Rejection::resolvable(MISMATCH);
            }
        }
        None
    }
}

impl ScorePlugin for PodTopologySpread {
    fn weight(&self) -> i64 {
        2
    }

    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], cache: &NodeCache) -> Vec<i64> {
        let spread = &state.spread;
        let crowds: Vec<Option<i64>> = match &spread.by_default {
            Some(by_node) => default_crowds(by_node, nodes, cache).into_iter().map(Some).collect(),
            None if spread.soft.is_empty() => return vec![0; nodes.len()],
            None => soft_crowds(&spread.soft, nodes),
        };
        let counted = || crowds.iter().copied().flatten();
        let (least, most) = (counted().min().unwrap_or(0), counted().max().unwrap_or(0));
        let score =
            |crowd: i64| if most == 0 { MAX_SCORE } else { MAX_SCORE * (most + least - crowd) / most };
        crowds.into_iter().map(|crowd| crowd.map_or(0, score)).collect()
    }
}

/// How crowded each node is by the constraints; nothing for a node that lacks one of the labels.
fn soft_crowds(constraints: &[Constraint], nodes: &[&NodeInfo]) -> Vec<Option<i64>> {
    let counted: Vec<&&NodeInfo> =
        nodes.iter().filter(|node| has_all_labels(constraints, &node.node)).collect();
    let weights: Vec<i64> = constraints
        .iter()
        .map(|constraint| {
            if constraint.key == HOSTNAME {
                return ln_milli(counted.len() + 2);
            }
            let mut values: Vec<&str> =
                counted.iter().filter_map(|node| node.label(&constraint.key)).collect();
            values.sort_unstable();
            values.dedup();
            ln_milli(values.len() + 2)
        })
        .collect();
    let crowd = |node: &NodeInfo| {
        let of = |(constraint, weight): (&Constraint, &i64)| {
            let value = node.label(&constraint.key).unwrap_or_default();
            let count = match constraint.key == HOSTNAME {
                true => constraint.by_node.get(node.name()),
                false => constraint.by_domain.get(value),
            };
            count.copied().unwrap_or(0) * weight + (constraint.max_skew - 1) * 1_000
        };
        (constraints.iter().zip(&weights).map(of).sum::<i64>() + 500) / 1_000
    };
    nodes.iter().map(|node| has_all_labels(constraints, &node.node).then(|| crowd(node))).collect()
}

/// How crowded each node is by the system's defaults.
fn default_crowds(by_node: &ByNode, nodes: &[&NodeInfo], cache: &NodeCache) -> Vec<i64> {
    let mut by_zone: BTreeMap<&str, i64> =
        nodes.iter().filter_map(|node| Some((node.label(ZONE)?, 0))).collect();
    for (name, count) in by_node {
        let zone = cache.get(name).and_then(|node| node.label(ZONE));
        if let Some(sum) = zone.and_then(|zone| by_zone.get_mut(zone)) {
            *sum += count;
        }
    }
    let (zone_weight, host_weight) = (ln_milli(by_zone.len() + 2), ln_milli(nodes.len() + 2));
    let crowd = |node: &NodeInfo| {
        let in_zone = node
            .label(ZONE)
            .and_then(|zone| by_zone.get(zone))
            .map_or(0, |count| count * zone_weight + (ZONE_SKEW - 1) * 1_000);
        let on_host = by_node.get(node.name()).copied().unwrap_or(0);
        (in_zone + on_host * host_weight + (HOST_SKEW - 1) * 1_000 + 500) / 1_000
    };
    nodes.iter().map(|node| crowd(node)).collect()
}

/// A thousand times the natural logarithm, in whole numbers: no floats here.
fn ln_milli(number: usize) -> i64 {
    const FRACTION_BITS: u32 = 20;
    let number = number.max(1) as u128;
    let power = number.ilog2();
    let mut rest = (number << 32) >> power;
    let mut log2 = u128::from(power);
    for _ in 0..FRACTION_BITS {
        rest = (rest * rest) >> 32;
        let bit = rest >> 33;
        rest >>= bit;
        log2 = (log2 << 1) | bit;
    }
    // ln 2 in millionths.
    (((log2 * 693_147) / 1_000) >> FRACTION_BITS) as i64
}

#[cfg(test)]
mod tests {
    use super::ln_milli;

    #[test]
    fn logarithms_are_those_of_the_table() {
        let logarithms: Vec<i64> = [1, 2, 3, 5, 10, 100, 5_000].into_iter().map(ln_milli).collect();
        assert_eq!(logarithms, [0, 693, 1_098, 1_609, 2_302, 4_605, 8_517]);
    }
}

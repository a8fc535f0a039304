//! One scheduling cycle: filter the nodes, rank those that are left, choose one.
//!
//! Models pkg/scheduler: schedulePod, findNodesThatFitPod, prioritizeNodes, selectHost.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use rand_core::Rng;

use super::Scheduler;
use super::cache::{NodeInfo, Share};
use super::diagnosis::FitError;
use super::framework::{CycleState, Plugins, Refusal, Rejection};
use super::nominated::{nominated_node, priority};
use super::plugins::node_affinity;
use super::plugins::volume_binding::{self, NodeVolumes};
use super::plugins::{FILTERS, SCORES};
use super::preemption::{self, Attempt};
use crate::api::Resource;
use crate::engine::Context;

/// With fewer nodes than this all of them are looked at.
const FEW_NODES: usize = 100;

/// How a cycle ended.
pub(super) enum Outcome {
    /// A node was found.
    Place(Place),
    /// None was, and what was done about it.
    Unschedulable(FitError, Attempt),
}

/// The node for a pod, and what its volumes need there.
pub(super) struct Place {
    pub node: Arc<str>,
    pub volumes: NodeVolumes,
}

/// Looks for a node for the pod.
pub(super) fn schedule(pod: &Pod, scheduler: &mut Scheduler, context: &mut Context<'_>) -> Outcome {
    let view = context.view;
    let volume_index = scheduler.volumes.clone();
    let total = scheduler.nodes.len();
    let state = match CycleState::new(pod, view, context.api.gates, &volume_index, &mut scheduler.nodes) {
        Ok(state) => state,
        Err((plugin, message)) => {
            return Outcome::Unschedulable(FitError::of_pod(total, plugin, message), Attempt::Nothing);
        }
    };
    let search = search(&state, scheduler);
    let outcome = match choose(&state, &search.feasible, scheduler, context) {
        None => {
            let shared = !state.volumes.tie_to_nodes();
            let attempt = preemption::attempt(&state, &search.refusals, scheduler, context.random);
            let why = attempt.message(total);
            Outcome::Unschedulable(FitError::of_nodes(total, &search.refusals, shared, why), attempt)
        }
        Some(node) => Outcome::Place(Place {
            node: node.name().into(),
            volumes: volume_binding::find_on_node(&state, node).unwrap_or_default(),
        }),
    };
    let next = search.next;
    scheduler.nodes.cursor = next;
    outcome
}

/// What a look at the nodes found.
struct Search<'a> {
    feasible: Vec<&'a NodeInfo>,
    refusals: Vec<Refusal>,
    /// Where the next search begins.
    next: Option<Arc<str>>,
}

fn search<'a>(state: &CycleState<'_>, scheduler: &'a Scheduler) -> Search<'a> {
    let nominated = nominated_node(state.pod).and_then(|node| scheduler.nodes.get(node));
    if let Some(node) = nominated.filter(|node| rejection(state, node, scheduler).is_none()) {
        let next = scheduler.nodes.cursor.clone();
        return Search { feasible: vec![node], refusals: Vec::new(), next };
    }
    if let Some(names) = node_affinity::named_nodes(state.pod) {
        return search_named(state, &names, scheduler);
    }
    let wanted = nodes_to_find(scheduler.nodes.len());
    let mut found = Search { feasible: Vec::new(), refusals: Vec::new(), next: None };
    let mut looked_at = 0;
    for node in scheduler.nodes.rotated() {
        if found.feasible.len() >= wanted {
            break;
        }
        looked_at += 1;
        match rejection(state, node, scheduler) {
            None => found.feasible.push(node),
            Some((plugin, rejection)) => found.refusals.push((node.name().into(), plugin, rejection)),
        }
    }
    found.next = scheduler.nodes.rotated().nth(looked_at).map(|node| node.name().into());
    found
}

/// Looks at the nodes that the pod names, and at no others.
fn search_named<'a>(state: &CycleState<'_>, names: &BTreeSet<&str>, scheduler: &'a Scheduler) -> Search<'a> {
    let next = scheduler.nodes.cursor.clone();
    let mut found = Search { feasible: Vec::new(), refusals: Vec::new(), next };
    for node in names.iter().filter_map(|name| scheduler.nodes.get(name)) {
        match rejection(state, node, scheduler) {
            None => found.feasible.push(node),
            Some((plugin, rejection)) => found.refusals.push((node.name().into(), plugin, rejection)),
        }
    }
    if !found.feasible.is_empty() {
        return found;
    }
    let others = scheduler.nodes.all().filter(|node| !names.contains(node.name()));
    let refused = others.map(|node| {
        let reasons = vec!["node(s) didn't satisfy plugin(s) [NodeAffinity]".to_owned()];
        (node.name().into(), Plugins::NODE_AFFINITY, Rejection { reasons, resolvable: false })
    });
    found.refusals.extend(refused);
    found
}

/// Why the pod cannot go to the node: with the pods that are nominated for it and are at least as important,
/// or even without them.
///
/// Models pkg/scheduler/framework/runtime: RunFilterPluginsWithNominatedPods.
pub(super) fn rejection(
    state: &CycleState<'_>,
    node: &NodeInfo,
    scheduler: &Scheduler,
) -> Option<(Plugins, Rejection)> {
    if scheduler.nominated.is_empty() {
        return refusal(state, node);
    }
    let own = state.pod.key();
    let nominated = scheduler.nominated.on(node.name()).filter(|key| **key != own);
    let ahead: Vec<&Pod> = nominated
        .filter_map(|key| state.view.typed::<Pod>(key))
        .filter(|other| priority(other) >= priority(state.pod))
        .collect();
    if !ahead.is_empty() {
        let (mut state, mut node) = (state.clone(), node.clone());
        for other in ahead {
            node.add(&Share::of(other, node.name()));
            state.with(other, &other.key(), &node.node);
        }
        let refused = refusal(&state, &node);
        if refused.is_some() {
            return refused;
        }
    }
    refusal(state, node)
}

/// The first plugin that turns the node down, and why.
fn refusal(state: &CycleState<'_>, node: &NodeInfo) -> Option<(Plugins, Rejection)> {
    FILTERS.iter().find_map(|filter| Some((filter.plugin(), filter.filter(state, node)?)))
}

/// How many fitting nodes are enough: all of a few, a smaller part of many.
///
/// Models pkg/scheduler: numFeasibleNodesToFind.
fn nodes_to_find(total: usize) -> usize {
    if total < FEW_NODES {
        return total;
    }
    let percent = 50usize.saturating_sub(total / 125).max(5);
    (total * percent / 100).max(FEW_NODES)
}

/// The best of the fitting nodes, by lot among equals.
fn choose<'a>(
    state: &CycleState<'_>,
    feasible: &[&'a NodeInfo],
    scheduler: &Scheduler,
    context: &mut Context<'_>,
) -> Option<&'a NodeInfo> {
    if feasible.len() < 2 {
        return feasible.first().copied();
    }
    let mut totals = vec![0; feasible.len()];
    for plugin in SCORES {
        let scores = plugin.scores(state, feasible, &scheduler.nodes);
        for (total, score) in totals.iter_mut().zip(scores) {
            *total += plugin.weight() * score;
        }
    }
    let best = totals.iter().copied().max()?;
    let equals: Vec<&NodeInfo> =
        feasible.iter().zip(&totals).filter(|(_, total)| **total == best).map(|(node, _)| *node).collect();
    let lot = match equals.len() {
        1 => 0,
        many => context.random.next_u64() as usize % many,
    };
    equals.get(lot).copied()
}

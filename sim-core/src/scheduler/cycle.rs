//! One scheduling cycle: filter the nodes, rank those that are left, choose one.
//!
//! Models pkg/scheduler: schedulePod, findNodesThatFitPod, prioritizeNodes, selectHost.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use rand_core::Rng;

use super::Scheduler;
use super::cache::{NodeInfo, host_ports};
use super::diagnosis::FitError;
use super::framework::{CycleState, Plugins, Rejection};
use super::plugins::volume_binding::{self, NodeVolumes};
use super::plugins::{FILTERS, SCORES};
use super::resources::{requests, scored_requests};
use crate::engine::Context;

/// With fewer nodes than this all of them are looked at.
const FEW_NODES: usize = 100;

/// How a cycle ended.
pub(super) enum Outcome {
    /// A node was found.
    Place(Place),
    /// None was.
    Unschedulable(FitError),
}

/// The node for a pod, and what its volumes need there.
pub(super) struct Place {
    pub node: Arc<str>,
    pub volumes: NodeVolumes,
}

/// Looks for a node for the pod.
pub(super) fn schedule(pod: &Pod, scheduler: &mut Scheduler, context: &mut Context<'_>) -> Outcome {
    let view = context.view.clone();
    let total = scheduler.nodes.len();
    let volumes = match volume_binding::pre_filter(pod, &view) {
        Ok(volumes) => volumes,
        Err(message) => {
            return Outcome::Unschedulable(FitError::of_pod(total, Plugins::VOLUME_BINDING, message));
        }
    };
    let state = CycleState {
        pod,
        view: &view,
        volume_index: &scheduler.volumes,
        requests: requests(pod),
        scored: scored_requests(pod),
        ports: host_ports(pod),
        volumes,
    };
    let wanted = nodes_to_find(total);
    let (mut feasible, mut rejections, mut looked_at) = (Vec::new(), Vec::new(), 0);
    for node in scheduler.nodes.rotated() {
        if feasible.len() >= wanted {
            break;
        }
        looked_at += 1;
        match rejection(&state, node) {
            None => feasible.push(node),
            Some(rejection) => rejections.push(rejection),
        }
    }
    let next = scheduler.nodes.rotated().nth(looked_at).map(|node| node.name().into());
    let outcome = match choose(&state, &feasible, scheduler, context) {
        None => {
            let shared = !state.volumes.tie_to_nodes(&view);
            Outcome::Unschedulable(FitError::of_nodes(total, &rejections, shared))
        }
        Some(node) => Outcome::Place(Place {
            node: node.name().into(),
            volumes: volume_binding::find_on_node(&state, node).unwrap_or_default(),
        }),
    };
    scheduler.nodes.cursor = next;
    outcome
}

/// The first plugin that turns the node down, and why.
fn rejection(state: &CycleState<'_>, node: &NodeInfo) -> Option<(Plugins, Rejection)> {
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

//! A pod needs room on its node, and goes where there is most of it.

use super::super::cache::{NodeCache, NodeInfo};
use super::super::framework::{CycleState, FilterPlugin, MAX_SCORE, Plugins, Rejection, ScorePlugin};
use super::super::resources::Resources;

/// Models pkg/scheduler/framework/plugins/noderesources: Fit, with the LeastAllocated strategy.
pub(super) struct NodeResourcesFit;

impl FilterPlugin for NodeResourcesFit {
    fn plugin(&self) -> Plugins {
        Plugins::NODE_RESOURCES_FIT
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        let lacks = insufficient(&state.requests, node);
        // Where it is more than the node has at all no pod's removal helps.
        let resolvable = lacks.iter().all(|lack| lack.name == PODS || lack.wanted <= lack.has);
        let reasons: Vec<String> = lacks.iter().map(Insufficient::reason).collect();
        (!reasons.is_empty()).then_some(Rejection { reasons, resolvable })
    }
}

/// The name of the room for pods, which nodes have as a resource and pods do not ask for.
const PODS: &str = "pods";

/// A resource that a node has too little of for a pod.
pub(in super::super) struct Insufficient<'a> {
    pub name: &'a str,
    pub wanted: i64,
    pub used: i64,
    pub has: i64,
}

impl Insufficient<'_> {
    fn reason(&self) -> String {
        if self.name == PODS { "Too many pods".to_owned() } else { format!("Insufficient {}", self.name) }
    }
}

/// What the node has too little of for a pod that wants that much.
///
/// Models noderesources: Fits.
pub(in super::super) fn insufficient<'a>(wanted: &'a Resources, node: &NodeInfo) -> Vec<Insufficient<'a>> {
    let (used, has) = (&node.requested, &*node.allocatable);
    let room = Insufficient { name: PODS, wanted: 1, used: node.pods, has: node.pod_limit };
    let amounts = wanted.amounts().map(|(name, wanted)| Insufficient {
        name,
        wanted,
        used: used.amount(name),
        has: has.amount(name),
    });
    let lacks = |lack: &Insufficient<'_>| lack.wanted > 0 && lack.wanted > lack.has.saturating_sub(lack.used);
    std::iter::once(room).chain(amounts).filter(lacks).collect()
}

impl ScorePlugin for NodeResourcesFit {
    fn weight(&self) -> i64 {
        1
    }

    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], _cache: &NodeCache) -> Vec<i64> {
        let free = |wanted: i64, used: i64, has: i64| {
            let left = has.saturating_sub(used).saturating_sub(wanted);
            if has <= 0 || left < 0 { 0 } else { left.saturating_mul(MAX_SCORE) / has }
        };
        let score = |node: &NodeInfo| {
            let (wanted, used, has) = (&state.scored, &node.scored, &*node.allocatable);
            let cpu = free(wanted.milli_cpu, used.milli_cpu, has.milli_cpu);
            let memory = free(wanted.memory, used.memory, has.memory);
            (cpu + memory) / 2
        };
        nodes.iter().map(|node| score(node)).collect()
    }
}

/// Models pkg/scheduler/framework/plugins/noderesources: BalancedAllocation. Pods that ask for neither CPU nor
/// memory are not scored (kubernetes/kubernetes#129138).
pub(super) struct BalancedAllocation;

impl ScorePlugin for BalancedAllocation {
    fn weight(&self) -> i64 {
        1
    }

    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], _cache: &NodeCache) -> Vec<i64> {
        let wanted = &state.requests;
        if wanted.milli_cpu == 0 && wanted.memory == 0 {
            return vec![0; nodes.len()];
        }
        // Shares in millionths; with two resources half their difference is the standard deviation.
        let share = |wanted: i64, used: i64, has: i64| {
            (has > 0).then(|| {
                (i128::from(used.saturating_add(wanted)) * 1_000_000 / i128::from(has)).min(1_000_000)
            })
        };
        let score = |node: &NodeInfo| {
            let (used, has) = (&node.requested, &*node.allocatable);
            let cpu = share(wanted.milli_cpu, used.milli_cpu, has.milli_cpu);
            let memory = share(wanted.memory, used.memory, has.memory);
            let apart = cpu.zip(memory).map_or(0, |(cpu, memory)| (cpu - memory).abs());
            (i128::from(MAX_SCORE) * (2_000_000 - apart) / 2_000_000) as i64
        };
        nodes.iter().map(|node| score(node)).collect()
    }
}

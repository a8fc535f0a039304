//! A pod needs room on its node, and goes where there is most of it.

use super::super::cache::{NodeCache, NodeInfo};
use super::super::framework::{CycleState, FilterPlugin, MAX_SCORE, Plugins, Rejection, ScorePlugin};

/// Models pkg/scheduler/framework/plugins/noderesources: Fit, with the LeastAllocated strategy.
pub(super) struct NodeResourcesFit;

impl FilterPlugin for NodeResourcesFit {
    fn plugin(&self) -> Plugins {
        Plugins::NODE_RESOURCES_FIT
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        let mut rejection = Rejection { reasons: Vec::new(), resolvable: true };
        if node.pods + 1 > node.pod_limit {
            rejection.reasons.push("Too many pods".to_owned());
        }
        let (wanted, used, has) = (&state.requests, &node.requested, &*node.allocatable);
        let mut check = |name: &str, wanted: i64, used: i64, has: i64| {
            if wanted > 0 && wanted > has.saturating_sub(used) {
                rejection.reasons.push(format!("Insufficient {name}"));
                // More than the node has at all: no pod's removal helps.
                rejection.resolvable &= wanted <= has;
            }
        };
        check("cpu", wanted.milli_cpu, used.milli_cpu, has.milli_cpu);
        check("memory", wanted.memory, used.memory, has.memory);
        check("ephemeral-storage", wanted.ephemeral_storage, used.ephemeral_storage, has.ephemeral_storage);
        for (name, amount) in &wanted.others {
            let of =
                |amounts: &super::super::resources::Resources| amounts.others.get(name).copied().unwrap_or(0);
            check(name, *amount, of(used), of(has));
        }
        (!rejection.reasons.is_empty()).then_some(rejection)
    }
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

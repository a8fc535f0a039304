//! Taints keep pods away that do not tolerate them.

use k8s_openapi::api::core::v1::{Node, Pod, Taint, Toleration};

use super::super::cache::{NodeCache, NodeInfo};
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection, ScorePlugin, normalized};
use crate::api::Feature;
use crate::api::pod::tolerates;

/// Models pkg/scheduler/framework/plugins/tainttoleration.
pub(super) struct TaintToleration;

impl FilterPlugin for TaintToleration {
    fn plugin(&self) -> Plugins {
        Plugins::TAINT_TOLERATION
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        let tolerations = tolerations_of(state.pod);
        let taint =
            taints_of(&node.node).find(|taint| keeps_away(taint) && !is_tolerated(taint, tolerations))?;
        if state.gates.has(Feature::TaintsUnnamed) {
            return Rejection::unresolvable("node(s) had untolerated taint(s)");
        }
        let value = taint.value.as_deref().unwrap_or_default();
        Rejection::unresolvable(&format!("node(s) had untolerated taint {{{}: {value}}}", taint.key))
    }
}

impl ScorePlugin for TaintToleration {
    fn weight(&self) -> i64 {
        3
    }

    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], _cache: &NodeCache) -> Vec<i64> {
        let discourages = |taint: &Taint| taint.effect == "PreferNoSchedule";
        let counts = nodes.iter().map(|node| untolerated(state.pod, &node.node, discourages)).collect();
        normalized(counts, true)
    }
}

/// Whether none of the node's taints keeps the pod away.
pub(in super::super) fn bears_taints(pod: &Pod, node: &Node) -> bool {
    untolerated(pod, node, keeps_away) == 0
}

fn keeps_away(taint: &Taint) -> bool {
    matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute")
}

fn taints_of(node: &Node) -> impl Iterator<Item = &Taint> {
    node.spec.iter().flat_map(|spec| spec.taints.iter().flatten())
}

/// How many taints that `counts` picks the pod does not tolerate.
pub(in super::super) fn untolerated(pod: &Pod, node: &Node, counts: impl Fn(&Taint) -> bool) -> i64 {
    let tolerations = tolerations_of(pod);
    taints_of(node).filter(|taint| counts(taint) && !is_tolerated(taint, tolerations)).map(|_| 1).sum()
}

pub(super) fn tolerations_of(pod: &Pod) -> &[Toleration] {
    pod.spec.as_ref().and_then(|spec| spec.tolerations.as_deref()).unwrap_or_default()
}

/// Whether one of the tolerations bears the taint.
pub(super) fn is_tolerated(taint: &Taint, tolerations: &[Toleration]) -> bool {
    tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

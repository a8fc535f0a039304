//! Node selectors and node affinity.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Node, NodeAffinity as ApiNodeAffinity, Pod};

use super::super::cache::{NodeCache, NodeInfo};
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection, ScorePlugin, normalized};
use super::super::node_selector;
use crate::api::meta;

/// Models pkg/scheduler/framework/plugins/nodeaffinity.
pub(super) struct NodeAffinity;

impl FilterPlugin for NodeAffinity {
    fn plugin(&self) -> Plugins {
        Plugins::NODE_AFFINITY
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        if is_wanted(state.pod, &node.node) {
            return None;
        }
        Rejection::unresolvable(REASON)
    }
}

/// What is said of a node that the pod does not want.
pub(in super::super) const REASON: &str = "node(s) didn't match Pod's node affinity/selector";

impl ScorePlugin for NodeAffinity {
    fn weight(&self) -> i64 {
        2
    }

    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], _cache: &NodeCache) -> Vec<i64> {
        let preferred = affinity(state.pod)
            .and_then(|affinity| affinity.preferred_during_scheduling_ignored_during_execution.as_deref())
            .unwrap_or_default();
        let liking = |node: &Node| {
            let liked = preferred.iter().filter(|term| node_selector::term_matches(&term.preference, node));
            liked.map(|term| i64::from(term.weight)).sum()
        };
        normalized(nodes.iter().map(|node| liking(&node.node)).collect(), false)
    }
}

fn affinity(pod: &Pod) -> Option<&ApiNodeAffinity> {
    pod.spec.as_ref()?.affinity.as_ref()?.node_affinity.as_ref()
}

/// Whether the node has what the pod's nodeSelector and required affinity ask for.
pub(crate) fn is_wanted(pod: &Pod, node: &Node) -> bool {
    let labels = meta::labels(&node.metadata);
    let selector = pod.spec.as_ref().and_then(|spec| spec.node_selector.as_ref());
    let required = affinity(pod)
        .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    selector.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
        && required.is_none_or(|required| node_selector::matches(required, node))
}

/// The nodes that the pod's required affinity names; `None` when it does not bind itself to any by name.
///
/// Models nodeaffinity: PreFilter.
pub(in super::super) fn named_nodes(pod: &Pod) -> Option<BTreeSet<&str>> {
    let required = affinity(pod)?.required_during_scheduling_ignored_during_execution.as_ref()?;
    let mut names = BTreeSet::new();
    for term in &required.node_selector_terms {
        let fields = term.match_fields.iter().flatten();
        let by_name = fields.filter(|field| field.key == "metadata.name" && field.operator == "In");
        let mut of_term: Option<BTreeSet<&str>> = None;
        for field in by_name {
            let values: BTreeSet<&str> = field.values.iter().flatten().map(String::as_str).collect();
            of_term =
                Some(of_term.map_or(values.clone(), |known| known.intersection(&values).copied().collect()));
        }
        names.extend(of_term?);
    }
    Some(names)
}

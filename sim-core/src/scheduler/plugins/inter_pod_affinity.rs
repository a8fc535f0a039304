//! Pods that want to be near others, or far from them.
//!
//! Models pkg/scheduler/framework/plugins/interpodaffinity. `Neighbours` is its PreFilter state: how many pods
//! there are that count, by node label and its value.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};

use super::super::cache::{NodeCache, NodeInfo};
use super::super::framework::{CycleState, FilterPlugin, MAX_SCORE, Plugins, Rejection, ScorePlugin};
use super::super::pod_counts::{ByNode, Kept};
use super::super::pod_terms::{Picks, PodTerm, Wish, terms_of};
use crate::api::meta;
use crate::store::Store;

/// Counts by node label and its value.
type ByPlace = BTreeMap<Arc<str>, BTreeMap<String, i64>>;

/// What the pod finds around it.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Neighbours {
    near: Vec<PodTerm>,
    far: Vec<PodTerm>,
    /// Pods that all terms of `near` speak of.
    wanted: ByPlace,
    /// Pods that a term of `far` speaks of.
    unwanted: ByPlace,
    /// Pods that want to be far from this one.
    averse: ByPlace,
    /// What each place is worth by preferences, the pod's and those of the pods that are there.
    worth: ByPlace,
}

impl Neighbours {
    pub(in super::super) fn new(pod: &Pod, view: &Store, nodes: &mut NodeCache) -> Neighbours {
        let only_terms = |wish| terms_of(pod, wish).into_iter().map(|(term, _)| term).collect::<Vec<_>>();
        let mut found = Neighbours {
            near: only_terms(Wish::RequiredNear),
            far: only_terms(Wish::RequiredFar),
            ..Neighbours::default()
        };
        if !found.near.is_empty() {
            let picks = Picks::all_of(found.near.iter().map(|term| term.picks(view)));
            let counts = nodes.count(picks, view);
            for term in &found.near {
                gather(&mut found.wanted, &term.topology_key, &counts, 1, nodes);
            }
        }
        for term in &found.far {
            let counts = nodes.count(term.picks(view), view);
            gather(&mut found.unwanted, &term.topology_key, &counts, 1, nodes);
        }
        for (wish, sign) in [(Wish::PreferredNear, 1), (Wish::PreferredFar, -1)] {
            for (term, weight) in terms_of(pod, wish) {
                let counts = nodes.count(term.picks(view), view);
                gather(&mut found.worth, &term.topology_key, &counts, sign * weight, nodes);
            }
        }
        let about_pod = |kept: &&Kept| kept.term.matches(pod, view);
        for kept in nodes.counts.kept(Wish::RequiredFar).filter(about_pod) {
            gather(&mut found.averse, &kept.term.topology_key, &kept.by_node, 1, nodes);
        }
        // A required wish of others to be near this pod is worth as much as a preferred one of weight 1
        // (hardPodAffinityWeight).
        for (wish, sign) in [(Wish::RequiredNear, 1), (Wish::PreferredNear, 1), (Wish::PreferredFar, -1)] {
            for kept in nodes.counts.kept(wish).filter(about_pod) {
                let weight = sign * kept.weight;
                gather(&mut found.worth, &kept.term.topology_key, &kept.by_node, weight, nodes);
            }
        }
        found
    }

    /// Counts `other` on `node` `by` times more, for the pod that is to be placed.
    pub(in super::super) fn change(&mut self, pod: &Pod, other: &Pod, node: &Node, by: i64, view: &Store) {
        if !self.near.is_empty() && self.near.iter().all(|term| term.matches(other, view)) {
            for term in &self.near {
                bump(&mut self.wanted, &term.topology_key, node, by);
            }
        }
        for term in self.far.iter().filter(|term| term.matches(other, view)) {
            bump(&mut self.unwanted, &term.topology_key, node, by);
        }
        for (term, _) in terms_of(other, Wish::RequiredFar) {
            if term.matches(pod, view) {
                bump(&mut self.averse, &term.topology_key, node, by);
            }
        }
    }

    /// Whether the pod is near what it wants to be near. The first of pods that want each other may go
    /// anywhere.
    fn is_near(&self, state: &CycleState<'_>, node: &NodeInfo) -> bool {
        if self.near.iter().any(|term| node.label(&term.topology_key).is_none()) {
            return false;
        }
        let first_of_its_kind = || {
            self.wanted.values().all(|places| places.values().all(|count| *count <= 0))
                && self.near.iter().all(|term| term.matches(state.pod, state.view))
        };
        self.near.iter().all(|term| count_at(&self.wanted, &term.topology_key, node) > 0)
            || first_of_its_kind()
    }
}

/// Adds the counts of nodes to those of the places that the nodes are in.
fn gather(places: &mut ByPlace, key: &Arc<str>, counts: &ByNode, weight: i64, nodes: &NodeCache) {
    let of_key = places.entry(key.clone()).or_default();
    for (name, count) in counts {
        if let Some(value) = nodes.get(name).and_then(|node| node.label(key)) {
            *of_key.entry(value.to_owned()).or_insert(0) += count * weight;
        }
    }
}

fn bump(places: &mut ByPlace, key: &Arc<str>, node: &Node, by: i64) {
    if let Some(value) = meta::labels(&node.metadata).get(&**key) {
        *places.entry(key.clone()).or_default().entry(value.clone()).or_insert(0) += by;
    }
}

/// How many of the counted pods are where the node is, by that label.
fn count_at(places: &ByPlace, key: &str, node: &NodeInfo) -> i64 {
    let count = || places.get(key)?.get(node.label(key)?).copied();
    count().unwrap_or(0)
}

/// See the module.
pub(super) struct InterPodAffinity;

impl FilterPlugin for InterPodAffinity {
    fn plugin(&self) -> Plugins {
        Plugins::INTER_POD_AFFINITY
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        let found = &state.neighbours;
        if !found.is_near(state, node) {
            return Rejection::unresolvable("node(s) didn't match pod affinity rules");
        }
        if found.far.iter().any(|term| count_at(&found.unwanted, &term.topology_key, node) > 0) {
            return Rejection::resolvable("node(s) didn't match pod anti-affinity rules");
        }
        if found.averse.keys().any(|key| count_at(&found.averse, key, node) > 0) {
            return Rejection::resolvable("node(s) didn't satisfy existing pods anti-affinity rules");
        }
        None
    }
}

impl ScorePlugin for InterPodAffinity {
    fn weight(&self) -> i64 {
        2
    }

    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], _cache: &NodeCache) -> Vec<i64> {
        let worth = &state.neighbours.worth;
        if worth.is_empty() {
            return vec![0; nodes.len()];
        }
        let of_node = |node: &NodeInfo| worth.keys().map(|key| count_at(worth, key, node)).sum();
        let scores: Vec<i64> = nodes.iter().map(|node| of_node(node)).collect();
        let least = scores.iter().copied().min().unwrap_or(0);
        let range = scores.iter().copied().max().unwrap_or(0) - least;
        scores
            .into_iter()
            .map(|score| if range == 0 { 0 } else { MAX_SCORE * (score - least) / range })
            .collect()
    }
}

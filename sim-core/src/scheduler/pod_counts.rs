//! [`PodCounts`]: how many of the pods that somebody asks for are on each node, kept pod by pod.
//!
//! Upstream counts all pods of all nodes in every cycle of a pod with affinity or spread constraints. Here a
//! question is counted once, when it is asked first, and kept up to date; pods of one template ask the same.

use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Pod;

use super::pod_terms::{Picks, PodTerm, Wish, terms_of};
use crate::api::ObjectKey;

/// Questions that are kept; the one that was asked longest ago goes first.
const QUESTIONS_MAX: usize = 256;

/// How many pods are on each node.
pub(super) type ByNode = OrdMap<Arc<str>, i64>;

/// A question and its answer.
#[derive(Clone, Debug)]
struct Question {
    text: Arc<str>,
    picks: Arc<Picks>,
    /// The pods that are counted, with their nodes.
    members: OrdMap<ObjectKey, Arc<str>>,
    by_node: ByNode,
    asked: u64,
}

/// A term that pods on nodes have, and how many have it on each node.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub term: Arc<PodTerm>,
    pub weight: i64,
    pub by_node: ByNode,
}

/// Names a term that pods on nodes have.
pub(super) type KeptKey = (Wish, Arc<str>);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct PodCounts {
    questions: Vec<Question>,
    asked: u64,
    kept: OrdMap<KeptKey, Kept>,
}

impl PodCounts {
    /// How many of the picked pods are on each node. `pods` are all pods on nodes, for a new question.
    pub(super) fn ask<'a>(
        &mut self,
        picks: Picks,
        pods: impl Iterator<Item = (ObjectKey, Arc<str>, &'a Pod)>,
    ) -> ByNode {
        self.asked += 1;
        let text: Arc<str> = picks.text().into();
        if let Some(question) = self.questions.iter_mut().find(|question| question.text == text) {
            question.asked = self.asked;
            return question.by_node.clone();
        }
        let mut question = Question {
            text,
            picks: Arc::new(picks),
            members: OrdMap::new(),
            by_node: ByNode::new(),
            asked: self.asked,
        };
        for (key, node, pod) in pods {
            question.set(&key, &node, pod);
        }
        let answer = question.by_node.clone();
        self.forget_oldest();
        self.questions.push(question);
        answer
    }

    fn forget_oldest(&mut self) {
        if self.questions.len() >= QUESTIONS_MAX
            && let Some(oldest) = self.questions.iter().map(|question| question.asked).min()
        {
            self.questions.retain(|question| question.asked != oldest);
        }
    }

    /// The pod is on the node, or changed there.
    pub(super) fn set(&mut self, key: &ObjectKey, node: &Arc<str>, pod: &Pod) {
        for question in &mut self.questions {
            question.set(key, node, pod);
        }
    }

    /// The pod is on no node any more.
    pub(super) fn unset(&mut self, key: &ObjectKey) {
        for question in &mut self.questions {
            question.unset(key);
        }
    }

    /// Counts the terms of a pod that came to the node; answers their names, for [`PodCounts::drop_terms`].
    pub(super) fn keep_terms(&mut self, node: &Arc<str>, pod: &Pod) -> Vec<KeptKey> {
        let mut keys = Vec::new();
        if pod.spec.as_ref().is_none_or(|spec| spec.affinity.is_none()) {
            return keys;
        }
        for wish in [Wish::RequiredNear, Wish::RequiredFar, Wish::PreferredNear, Wish::PreferredFar] {
            for (term, weight) in terms_of(pod, wish) {
                let key: KeptKey = (wish, format!("{weight}|{}", term.text()).into());
                let kept = self.kept.entry(key.clone()).or_insert_with(|| Kept {
                    term: Arc::new(term),
                    weight,
                    by_node: ByNode::new(),
                });
                *kept.by_node.entry(node.clone()).or_insert(0) += 1;
                keys.push(key);
            }
        }
        keys
    }

    /// A pod with these terms left the node.
    pub(super) fn drop_terms(&mut self, node: &Arc<str>, keys: &[KeptKey]) {
        for key in keys {
            let Some(kept) = self.kept.get_mut(key) else { continue };
            take_one(&mut kept.by_node, node);
            if kept.by_node.is_empty() {
                self.kept.remove(key);
            }
        }
    }

    /// The terms of that sort that pods on nodes have.
    pub(super) fn kept(&self, wish: Wish) -> impl Iterator<Item = &Kept> {
        let start: KeptKey = (wish, "".into());
        self.kept.range(start..).take_while(move |((of, _), _)| *of == wish).map(|(_, kept)| kept)
    }
}

impl Question {
    fn set(&mut self, key: &ObjectKey, node: &Arc<str>, pod: &Pod) {
        self.unset(key);
        if self.picks.contains(pod) {
            self.members.insert(key.clone(), node.clone());
            *self.by_node.entry(node.clone()).or_insert(0) += 1;
        }
    }

    fn unset(&mut self, key: &ObjectKey) {
        if let Some(node) = self.members.remove(key) {
            take_one(&mut self.by_node, &node);
        }
    }
}

fn take_one(by_node: &mut ByNode, node: &Arc<str>) {
    match by_node.get_mut(node) {
        Some(count) if *count > 1 => *count -= 1,
        _ => {
            by_node.remove(node);
        }
    }
}

//! [`PodTerm`]: which pods a term of pod affinity speaks of, and where.
//!
//! Models k8s.io/kube-scheduler/framework: AffinityTerm.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Affinity, Namespace, Pod, PodAffinityTerm, WeightedPodAffinityTerm};

use crate::api::selector::Selector;
use crate::api::{ObjectKey, meta};
use crate::store::Store;

/// Pods by namespace and labels, and the node label that says what is near them.
#[derive(Clone, Debug)]
pub(super) struct PodTerm {
    namespaces: BTreeSet<String>,
    /// Further namespaces, by their labels.
    namespace_selector: Option<Selector>,
    /// No selector picks no pod.
    selector: Option<Selector>,
    pub topology_key: Arc<str>,
}

impl PodTerm {
    /// The term as `owner` means it: without any namespace it speaks of the owner's.
    fn of(owner: &Pod, term: &PodAffinityTerm) -> PodTerm {
        let mut namespaces: BTreeSet<String> = term.namespaces.iter().flatten().cloned().collect();
        if namespaces.is_empty() && term.namespace_selector.is_none() {
            namespaces.insert(meta::namespace(&owner.metadata).to_owned());
        }
        PodTerm {
            namespaces,
            namespace_selector: term.namespace_selector.as_ref().map(Selector::from_api),
            selector: term.label_selector.as_ref().map(Selector::from_api),
            topology_key: term.topology_key.as_str().into(),
        }
    }

    /// Whether the term speaks of the pod.
    pub(super) fn matches(&self, pod: &Pod, view: &Store) -> bool {
        let Some(selector) = &self.selector else { return false };
        let namespace = meta::namespace(&pod.metadata);
        let by_labels = || {
            self.namespace_selector.as_ref().is_some_and(|selector| {
                let found = view.typed::<Namespace>(&ObjectKey::cluster(namespace));
                found.is_some_and(|found| selector.matches(meta::labels(&found.metadata)))
            })
        };
        selector.matches(meta::labels(&pod.metadata)) && (self.namespaces.contains(namespace) || by_labels())
    }

    /// The pods that the term speaks of, with the namespaces of the moment.
    pub(super) fn picks(&self, view: &Store) -> Picks {
        let mut namespaces = self.namespaces.clone();
        if let Some(selector) = &self.namespace_selector {
            let chosen =
                view.all::<Namespace>().filter(|space| selector.matches(meta::labels(&space.metadata)));
            namespaces.extend(chosen.filter_map(|space| space.metadata.name.clone()));
        }
        Picks { all_of: vec![(namespaces, self.selector.clone())], skips_terminating: false }
    }

    /// Equal texts are equal terms.
    pub(super) fn text(&self) -> String {
        let spaces: Vec<&str> = self.namespaces.iter().map(String::as_str).collect();
        let by_labels = self.namespace_selector.as_ref().map(Selector::to_string);
        let labels = self.selector.as_ref().map(Selector::to_string);
        format!("{}|{by_labels:?}|{labels:?}|{}", spaces.join(","), self.topology_key)
    }
}

/// Pods that are counted: those that all the pairs of namespaces and selector pick.
#[derive(Clone, Debug, Default)]
pub(super) struct Picks {
    all_of: Vec<(BTreeSet<String>, Option<Selector>)>,
    /// Whether pods that are being deleted count no more.
    skips_terminating: bool,
}

impl Picks {
    /// The pods of one namespace that a selector picks, without those that are being deleted.
    pub(super) fn lasting(namespace: &str, selector: Option<Selector>) -> Picks {
        let all_of = vec![(BTreeSet::from([namespace.to_owned()]), selector)];
        Picks { all_of, skips_terminating: true }
    }

    /// The pods that every one of `picks` picks.
    pub(super) fn all_of(picks: impl IntoIterator<Item = Picks>) -> Picks {
        let all_of = picks.into_iter().flat_map(|picks| picks.all_of).collect();
        Picks { all_of, skips_terminating: false }
    }

    /// Whether the pod is one of them.
    pub(super) fn contains(&self, pod: &Pod) -> bool {
        let labels = meta::labels(&pod.metadata);
        let namespace = meta::namespace(&pod.metadata);
        if self.all_of.is_empty() || (self.skips_terminating && meta::is_terminating(&pod.metadata)) {
            return false;
        }
        self.all_of.iter().all(|(namespaces, selector)| {
            namespaces.contains(namespace)
                && selector.as_ref().is_some_and(|selector| selector.matches(labels))
        })
    }

    /// Equal texts are equal picks.
    pub(super) fn text(&self) -> String {
        let mut text = String::from(if self.skips_terminating { "lasting" } else { "all" });
        for (namespaces, selector) in &self.all_of {
            let spaces: Vec<&str> = namespaces.iter().map(String::as_str).collect();
            let labels = selector.as_ref().map(Selector::to_string);
            text.push_str(&format!(";{}|{labels:?}", spaces.join(",")));
        }
        text
    }
}

/// What a pod wants to be near, or far from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wish {
    /// Only near these.
    RequiredNear,
    /// Only far from these.
    RequiredFar,
    /// Better near these.
    PreferredNear,
    /// Better far from these.
    PreferredFar,
}

/// The terms of that sort that the pod has, each with its weight.
pub(super) fn terms_of(pod: &Pod, wish: Wish) -> Vec<(PodTerm, i64)> {
    let Some(affinity) = pod.spec.as_ref().and_then(|spec| spec.affinity.as_ref()) else {
        return Vec::new();
    };
    let (required, preferred) = lists(affinity, wish);
    let required = required.iter().map(|term| (PodTerm::of(pod, term), 1));
    let preferred =
        preferred.iter().map(|term| (PodTerm::of(pod, &term.pod_affinity_term), i64::from(term.weight)));
    required.chain(preferred).collect()
}

fn lists(affinity: &Affinity, wish: Wish) -> (&[PodAffinityTerm], &[WeightedPodAffinityTerm]) {
    let near = affinity.pod_affinity.as_ref();
    let far = affinity.pod_anti_affinity.as_ref();
    match wish {
        Wish::RequiredNear => (
            near.and_then(|near| near.required_during_scheduling_ignored_during_execution.as_deref())
                .unwrap_or_default(),
            &[],
        ),
        Wish::RequiredFar => (
            far.and_then(|far| far.required_during_scheduling_ignored_during_execution.as_deref())
                .unwrap_or_default(),
            &[],
        ),
        Wish::PreferredNear => (
            &[],
            near.and_then(|near| near.preferred_during_scheduling_ignored_during_execution.as_deref())
                .unwrap_or_default(),
        ),
        Wish::PreferredFar => (
            &[],
            far.and_then(|far| far.preferred_during_scheduling_ignored_during_execution.as_deref())
                .unwrap_or_default(),
        ),
    }
}

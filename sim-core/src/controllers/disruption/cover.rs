//! [`Cover`]: the pods that one budget covers, counted as they change.

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use crate::api::selector::Selector;
use crate::api::{meta, pod};
use crate::apiserver::eviction::selector_of;

/// What a budget counts of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub ready: bool,
    pub terminating: bool,
    /// Its controller.
    pub owner: Option<Owner>,
}

/// A pod's controller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owner {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub uid: String,
}

impl Fact {
    fn is_healthy(&self) -> bool {
        self.ready && !self.terminating
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Cover {
    selector: Option<Selector>,
    pods: OrdMap<String, Fact>,
    owners: OrdMap<Owner, i32>,
    unmanaged: i32,
    healthy: i32,
}

impl Cover {
    /// The cover of a budget over the pods of its namespace.
    pub(super) fn new<'a>(budget: &PodDisruptionBudget, pods: impl Iterator<Item = &'a Pod>) -> Cover {
        let mut cover = Cover { selector: selector_of(budget), ..Cover::default() };
        for pod in pods {
            cover.note(meta::name(&pod.metadata), Some(pod));
        }
        cover
    }

    /// Whether the budget still picks the same pods.
    pub(super) fn fits(&self, budget: &PodDisruptionBudget) -> bool {
        self.selector == selector_of(budget)
    }

    /// Notes a pod as it is now; true when that changes anything that counts.
    pub(super) fn note(&mut self, name: &str, pod: Option<&Pod>) -> bool {
        let picks = |pod: &&Pod| {
            self.selector.as_ref().is_some_and(|selector| selector.matches(meta::labels(&pod.metadata)))
        };
        let fact = pod.filter(picks).map(fact_of);
        let before = self.pods.get(name).cloned();
        if before == fact {
            return false;
        }
        if let Some(before) = before {
            self.pods.remove(name);
            self.count(&before, -1);
        }
        if let Some(fact) = fact {
            self.count(&fact, 1);
            self.pods.insert(name.to_owned(), fact);
        }
        true
    }

    fn count(&mut self, fact: &Fact, by: i32) {
        self.healthy += if fact.is_healthy() { by } else { 0 };
        let Some(owner) = &fact.owner else {
            self.unmanaged += by;
            return;
        };
        let left = self.owners.get(owner).copied().unwrap_or(0) + by;
        if left > 0 {
            self.owners.insert(owner.clone(), left);
        } else {
            self.owners.remove(owner);
        }
    }

    /// How many pods there are.
    pub(super) fn len(&self) -> i32 {
        i32::try_from(self.pods.len()).unwrap_or(i32::MAX)
    }

    /// What is known of a pod.
    pub(super) fn get(&self, name: &str) -> Option<&Fact> {
        self.pods.get(name)
    }

    /// The controllers of the pods, each once.
    pub(super) fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.owners.keys()
    }

    /// Whether there are pods without a controller.
    pub(super) fn has_unmanaged(&self) -> bool {
        self.unmanaged > 0
    }

    /// The name of the controller's first pod.
    pub(super) fn first_of(&self, owner: &Owner) -> Option<&str> {
        let mut pods = self.pods.iter();
        pods.find(|(_, fact)| fact.owner.as_ref() == Some(owner)).map(|(name, _)| name.as_str())
    }

    /// How many pods are healthy, those aside that are about to go.
    pub(super) fn healthy_but<'a>(&self, leaving: impl Iterator<Item = &'a String>) -> i32 {
        let leaving = leaving.filter(|name| self.get(name).is_some_and(Fact::is_healthy)).count();
        self.healthy - i32::try_from(leaving).unwrap_or(i32::MAX)
    }
}

fn fact_of(pod: &Pod) -> Fact {
    let owner = meta::controller_of(&pod.metadata).map(|owner| Owner {
        api_version: owner.api_version.clone(),
        kind: owner.kind.clone(),
        name: owner.name.clone(),
        uid: owner.uid.clone(),
    });
    Fact { ready: pod::is_ready(pod), terminating: meta::is_terminating(&pod.metadata), owner }
}

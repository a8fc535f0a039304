//! [`PodCounts`]: what a ReplicaSet must know of its pods, counted as they change.

use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;

use crate::api::{Kind, ObjectKey, SimTime, meta, pod};

/// What counts about one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PodFacts {
    /// Whether it runs or will run, and is not being deleted.
    active: bool,
    /// Whether it is being deleted and has not ended yet.
    terminating: bool,
    /// Whether it has all labels of the set's template.
    fully_labeled: bool,
    /// Since when it has been ready.
    ready_since: Option<Timestamp>,
}

impl PodFacts {
    /// The facts of a pod; those that need the set are false without it.
    pub(super) fn of(pod: &Pod, set: Option<&ReplicaSet>) -> PodFacts {
        let deleted = meta::is_terminating(&pod.metadata);
        let ended = pod::is_terminal(pod);
        let template = set.and_then(|set| set.spec.as_ref()?.template.as_ref()?.metadata.as_ref());
        let labels = meta::labels(&pod.metadata);
        let fully_labeled = set.is_some()
            && template.is_none_or(|template| {
                meta::labels(template).iter().all(|(key, value)| labels.get(key) == Some(value))
            });
        let ready = pod::condition(pod, "Ready").filter(|condition| condition.status == "True");
        let ready_since = ready
            .map(|condition| condition.last_transition_time.as_ref().map_or(Timestamp::MIN, |time| time.0));
        PodFacts { active: !deleted && !ended, terminating: deleted && !ended, fully_labeled, ready_since }
    }
}

/// The pods of one ReplicaSet.
#[derive(Clone, Debug, Default)]
pub(super) struct PodCounts {
    pods: OrdMap<Arc<str>, PodFacts>,
    ready_since: OrdSet<(Timestamp, Arc<str>)>,
    /// Pods that run or will run.
    pub active: usize,
    /// Active pods with all labels of the template.
    pub fully_labeled: usize,
    /// Pods that are being deleted.
    pub terminating: usize,
}

/// How many pods are available, and when the next one will be.
pub(super) struct Availability {
    pub available: usize,
    pub next: Option<SimTime>,
}

impl PodCounts {
    /// Replaces what is known of a pod; returns whether that is another thing than before.
    pub(super) fn put(&mut self, name: &str, facts: Option<PodFacts>) -> bool {
        let before = self.pods.get(name).copied();
        if before == facts {
            return false;
        }
        let name: Arc<str> = name.into();
        if let Some(before) = before {
            self.pods.remove(&name);
            self.add(&name, before, -1);
        }
        if let Some(facts) = facts {
            self.add(&name, facts, 1);
            self.pods.insert(name, facts);
        }
        true
    }

    fn add(&mut self, name: &Arc<str>, facts: PodFacts, sign: isize) {
        let step = |count: &mut usize, counts: bool| {
            *count = count.saturating_add_signed(sign * isize::from(counts))
        };
        step(&mut self.active, facts.active);
        step(&mut self.terminating, facts.terminating);
        step(&mut self.fully_labeled, facts.active && facts.fully_labeled);
        if let Some(since) = facts.ready_since.filter(|_| facts.active) {
            if sign > 0 {
                self.ready_since.insert((since, name.clone()));
            } else {
                self.ready_since.remove(&(since, name.clone()));
            }
        }
    }

    /// The active pods' names, in order.
    pub(super) fn active_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.pods.iter().filter(|(_, facts)| facts.active).map(|(name, _)| name)
    }

    /// How many active pods are ready.
    pub(super) fn ready(&self) -> usize {
        self.ready_since.len()
    }

    /// How many pods have been ready for `min_ready_seconds`. Looks only at those that have not.
    pub(super) fn availability(&self, min_ready_seconds: i32, now: SimTime) -> Availability {
        let ready = self.ready();
        let wait = Duration::from_secs(u64::try_from(min_ready_seconds).unwrap_or(0));
        if wait.is_zero() {
            return Availability { available: ready, next: None };
        }
        let is_waiting = |since: &Timestamp| since.checked_add(wait).is_ok_and(|at| at > now.timestamp());
        let waiting: Vec<Timestamp> = self
            .ready_since
            .iter()
            .rev()
            .map(|(since, _)| *since)
            .take_while(|since| is_waiting(since))
            .collect();
        let next = waiting.last().map(|since| {
            let left = since.as_nanosecond() + wait.as_nanos() as i128 - now.timestamp().as_nanosecond();
            now + Duration::from_nanos(u64::try_from(left).unwrap_or(0))
        });
        Availability { available: ready - waiting.len(), next }
    }
}

/// The ReplicaSet that controls the pod: its key and uid.
pub(super) fn controlling_set(pod: &Pod) -> Option<(ObjectKey, Arc<str>)> {
    let owner = meta::controller_of(&pod.metadata)?;
    if meta::owner_kind(owner) != Some(Kind::ReplicaSet) {
        return None;
    }
    let key = ObjectKey::new(meta::namespace(&pod.metadata), &owner.name);
    Some((key, owner.uid.as_str().into()))
}

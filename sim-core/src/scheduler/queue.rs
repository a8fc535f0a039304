//! [`WaitingPods`]: pods that could not be scheduled, by what they wait for.
//!
//! Models pkg/scheduler/backend/queue: the unschedulable pods and their queueing hints. Pods that fail for
//! the same reasons and come from the same template form a group. A change wakes the pods of a small group all,
//! as upstream does; of a large group it wakes the first, whose success wakes the next, so that a change costs as
//! many tries as there are groups, not pods.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use super::diagnosis::FitError;
use super::framework::Plugins;
use crate::api::{ObjectKey, Resource, meta, storage};

/// Up to so many pods of a group are woken together.
const SMALL_GROUP: usize = 16;

/// Pods with the same needs that were turned down by the same plugins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    rejected_by: Plugins,
    template: Arc<str>,
}

/// Priority, negated, and creation time: the order in which pods are tried.
type Arrival = (i64, Option<Timestamp>);

#[derive(Clone, Debug)]
struct Entry {
    group: Group,
    arrival: Arrival,
    claims: Vec<ObjectKey>,
    /// The number of its last failure among all: who failed first is tried first.
    failure: u64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitingPods {
    pods: OrdMap<ObjectKey, Arc<Entry>>,
    /// The pods of each group, by arrival.
    groups: OrdMap<Group, OrdSet<(Arrival, ObjectKey)>>,
    /// Claim and pod, for pods that are turned down because of a claim.
    by_claim: OrdSet<(ObjectKey, ObjectKey)>,
    failures: u64,
}

impl WaitingPods {
    pub(super) fn contains(&self, key: &ObjectKey) -> bool {
        self.pods.contains_key(key)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.pods.len()
    }

    /// The priority of a pod that waits.
    pub(super) fn priority_of(&self, key: &ObjectKey) -> i64 {
        self.pods.get(key).map_or(0, |entry| -entry.arrival.0)
    }

    /// Adds a pod that could not be placed; returns its group.
    pub(super) fn park(&mut self, pod: &Pod, error: &FitError) -> Group {
        let key = pod.key();
        self.remove(&key);
        let group = Group { rejected_by: error.rejected_by, template: template(pod, error.is_shared) };
        let claims: Vec<ObjectKey> = match error.rejected_by.overlaps(Plugins::VOLUMES) {
            true => storage::claims_of_pod(pod).collect(),
            false => Vec::new(),
        };
        let arrival = arrival(pod);
        for claim in &claims {
            self.by_claim.insert((claim.clone(), key.clone()));
        }
        self.groups.entry(group.clone()).or_default().insert((arrival, key.clone()));
        self.failures += 1;
        let failure = self.failures;
        self.pods.insert(key, Arc::new(Entry { group: group.clone(), arrival, claims, failure }));
        group
    }

    /// Takes a pod out; returns the group that it was in.
    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<Group> {
        let entry = self.pods.remove(key)?;
        for claim in &entry.claims {
            self.by_claim.remove(&(claim.clone(), key.clone()));
        }
        if let Some(members) = self.groups.get_mut(&entry.group) {
            members.remove(&(entry.arrival, key.clone()));
            if members.is_empty() {
                self.groups.remove(&entry.group);
            }
        }
        Some(entry.group.clone())
    }

    /// The pod of the group that waits longest.
    pub(super) fn first_of(&self, group: &Group) -> Option<&ObjectKey> {
        self.groups.get(group)?.get_min().map(|(_, key)| key)
    }

    /// The pods that one of `plugins` turned down, each with all that did, in the order of their last failures; of a
    /// large group the first. Groups are sorted by what turned them down, so that those whom it does not concern are
    /// passed over together.
    pub(super) fn turned_down_by(&self, plugins: Plugins) -> Vec<(Plugins, ObjectKey)> {
        let from = |bits: u16| Group { rejected_by: Plugins(bits), template: "".into() };
        let mut found = Vec::new();
        let mut next = Some(0);
        while let Some(bits) = next {
            let Some((group, _)) = self.groups.range(from(bits)..).next() else { break };
            let rejected_by = group.rejected_by;
            if rejected_by.overlaps(plugins) {
                let alike = self.groups.range(from(rejected_by.0)..);
                let alike = alike.take_while(|(group, _)| group.rejected_by == rejected_by);
                for (_, members) in alike {
                    let woken = if members.len() > SMALL_GROUP { 1 } else { members.len() };
                    found.extend(members.iter().take(woken).map(|(_, key)| (rejected_by, key.clone())));
                }
            }
            next = rejected_by.0.checked_add(1);
        }
        found.sort_by_key(|(_, key)| self.pods.get(key).map(|entry| entry.failure));
        found
    }

    /// The pods that wait because of the claim.
    pub(super) fn users_of(&self, claim: &ObjectKey) -> impl Iterator<Item = &ObjectKey> {
        let start = (claim.clone(), ObjectKey::cluster(""));
        let claim = claim.clone();
        self.by_claim.range(start..).take_while(move |(of, _)| *of == claim).map(|(_, pod)| pod)
    }
}

/// What tells a pod's needs: its controller and revision, or the pod itself.
fn template(pod: &Pod, is_shared: bool) -> Arc<str> {
    let labels = meta::labels(&pod.metadata);
    let revision = labels.get("controller-revision-hash").or_else(|| labels.get("pod-template-hash"));
    match (meta::controller_of(&pod.metadata), revision) {
        (Some(owner), Some(revision)) if is_shared => format!("{}/{revision}", owner.uid).into(),
        _ => meta::uid(&pod.metadata).into(),
    }
}

/// Higher priority first, then longer existence, as the queue sorts.
fn arrival(pod: &Pod) -> Arrival {
    let priority = pod.spec.as_ref().and_then(|spec| spec.priority).unwrap_or(0);
    let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
    (-i64::from(priority), created)
}

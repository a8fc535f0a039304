//! [`Replicas`]: what the controller knows of a set's pods, kept up change by change.
//!
//! A sync asks it for the first ordinal that needs something and for counts, so that the cost of a
//! sync does not grow with the number of replicas.

use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{meta, pod};

/// The label that names a pod's ControllerRevision.
pub const REVISION_LABEL: &str = "controller-revision-hash";

/// A pod's phase, as far as it matters to a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is not running yet.
    Pending,
    /// It is running.
    Running,
    /// It has failed or succeeded; either way it is replaced.
    Ended,
    /// Its node does not say.
    Unknown,
}

/// What is known of one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Its phase.
    pub phase: Phase,
    /// Since when it has been running and ready, if it is.
    pub ready_since: Option<Timestamp>,
    /// Whether its deletion was asked for.
    pub terminating: bool,
    /// The name of its revision, empty when it has none.
    pub revision: Arc<str>,
}

impl Replica {
    /// What matters of `pod`.
    pub fn of(pod: &Pod) -> Replica {
        let phase = match pod::phase(pod) {
            "Running" => Phase::Running,
            "Failed" | "Succeeded" => Phase::Ended,
            "Unknown" => Phase::Unknown,
            _ => Phase::Pending,
        };
        let ready = pod::condition(pod, "Ready").filter(|condition| condition.status == "True");
        // A condition without a time counts as ready since ever, as long as no time has to pass.
        let since = |time: &Option<_>| time.as_ref().map_or(Timestamp::MAX, |time: &Time| time.0);
        Replica {
            phase,
            ready_since: ready
                .filter(|_| phase == Phase::Running)
                .map(|condition| since(&condition.last_transition_time)),
            terminating: meta::is_terminating(&pod.metadata),
            revision: meta::labels(&pod.metadata).get(REVISION_LABEL).map_or("", String::as_str).into(),
        }
    }

    /// Models pkg/controller/statefulset: isRunningAndReady.
    pub fn is_running_and_ready(&self) -> bool {
        self.ready_since.is_some()
    }
}

/// The pods of one revision.
#[derive(Clone, Debug, Default, PartialEq)]
struct RevisionPods {
    /// All of them.
    count: usize,
    /// Those that are not terminating.
    live: OrdSet<i32>,
}

/// The pods of a set by ordinal, and what follows from them. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replicas {
    by_ordinal: OrdMap<i32, Replica>,
    /// First to last ordinal of each unbroken run of pods.
    runs: OrdMap<i32, i32>,
    /// Pods that are not available, or terminating.
    unavailable: OrdSet<i32>,
    /// Pods that are not terminating.
    live: OrdSet<i32>,
    /// Pods that have ended and are not terminating.
    ended: OrdSet<i32>,
    /// Pods that are ready, but not yet for long enough, by the time since when.
    ripening: OrdSet<(Timestamp, i32)>,
    revisions: OrdMap<Arc<str>, RevisionPods>,
    ready: usize,
    available: usize,
    min_ready_seconds: i32,
}

impl Replicas {
    /// An index without pods for a set with this `minReadySeconds`.
    pub fn new(min_ready_seconds: i32) -> Replicas {
        Replicas { min_ready_seconds, ..Replicas::default() }
    }

    /// What is known of the pod of that ordinal.
    pub fn get(&self, ordinal: i32) -> Option<&Replica> {
        self.by_ordinal.get(&ordinal)
    }

    /// The ordinals and pods, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i32, &Replica)> {
        self.by_ordinal.iter().map(|(ordinal, replica)| (*ordinal, replica))
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.by_ordinal.len()
    }

    /// Whether there is no pod.
    pub fn is_empty(&self) -> bool {
        self.by_ordinal.is_empty()
    }

    /// How many pods are running and ready, the terminating ones included.
    pub fn ready(&self) -> usize {
        self.ready
    }

    /// How many pods are available, the terminating ones included.
    pub fn available(&self) -> usize {
        self.available
    }

    /// How many pods of `revision` are not terminating.
    pub fn live_of(&self, revision: &str) -> usize {
        self.revisions.get(revision).map_or(0, |pods| pods.live.len())
    }

    /// Whether some pod, terminating or not, is of `revision`.
    pub fn has_revision(&self, revision: &str) -> bool {
        self.revisions.contains_key(revision)
    }

    /// Sets what is known of the pod of `ordinal`, at the moment `now`.
    pub fn insert(&mut self, ordinal: i32, replica: Replica, now: Timestamp) {
        self.remove(ordinal);
        self.join_runs(ordinal);
        if let Some(since) = replica.ready_since {
            self.ready += 1;
            if self.available_at(since) <= now {
                self.available += 1;
            } else {
                self.ripening.insert((since, ordinal));
                self.unavailable.insert(ordinal);
            }
        } else {
            self.unavailable.insert(ordinal);
        }
        let pods = self.revisions.entry(replica.revision.clone()).or_default();
        pods.count += 1;
        if replica.terminating {
            self.unavailable.insert(ordinal);
        } else {
            pods.live.insert(ordinal);
            self.live.insert(ordinal);
            if replica.phase == Phase::Ended {
                self.ended.insert(ordinal);
            }
        }
        self.by_ordinal.insert(ordinal, replica);
    }

    /// Forgets the pod of `ordinal`.
    pub fn remove(&mut self, ordinal: i32) {
        let Some(replica) = self.by_ordinal.remove(&ordinal) else { return };
        self.split_run(ordinal);
        self.unavailable.remove(&ordinal);
        self.live.remove(&ordinal);
        self.ended.remove(&ordinal);
        if let Some(since) = replica.ready_since {
            self.ready -= 1;
            if self.ripening.remove(&(since, ordinal)).is_none() {
                self.available -= 1;
            }
        }
        if let Some(pods) = self.revisions.get_mut(&replica.revision) {
            pods.count -= 1;
            pods.live.remove(&ordinal);
            if pods.count == 0 {
                self.revisions.remove(&replica.revision);
            }
        }
    }

    /// Counts the pods as available that have become so by `now`. Time must not go back.
    pub fn ripen(&mut self, now: Timestamp) {
        while let Some((since, ordinal)) = self.ripening.get_min().copied() {
            if self.available_at(since) > now {
                return;
            }
            self.ripening.remove(&(since, ordinal));
            self.available += 1;
            if self.by_ordinal.get(&ordinal).is_some_and(|replica| !replica.terminating) {
                self.unavailable.remove(&ordinal);
            }
        }
    }

    /// When the next pod becomes available if nothing changes.
    pub fn next_available_at(&self) -> Option<Timestamp> {
        self.ripening.get_min().map(|(since, _)| self.available_at(*since))
    }

    /// When the pod of `ordinal` is or becomes available, if it is ready.
    pub fn available_at_of(&self, ordinal: i32) -> Option<Timestamp> {
        Some(self.available_at(self.get(ordinal)?.ready_since?))
    }

    /// The same pods under another `minReadySeconds`.
    pub fn with_min_ready_seconds(&self, seconds: i32, now: Timestamp) -> Replicas {
        let mut new = Replicas::new(seconds);
        for (ordinal, replica) in self.iter() {
            new.insert(ordinal, replica.clone(), now);
        }
        new
    }

    /// The `minReadySeconds` that availability is counted with.
    pub fn min_ready_seconds(&self) -> i32 {
        self.min_ready_seconds
    }

    fn available_at(&self, since: Timestamp) -> Timestamp {
        let Ok(seconds) = u64::try_from(self.min_ready_seconds) else { return Timestamp::MIN };
        if seconds == 0 {
            return Timestamp::MIN;
        }
        since.checked_add(Duration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    }
}

/// Questions of a sync. Each costs a few look-ups, whatever the number of pods.
impl Replicas {
    /// The first ordinal from `first` to `last` that has no pod.
    pub fn first_gap(&self, first: i32, last: i32) -> Option<i32> {
        let ordinal = match self.runs.get_prev(&first) {
            Some((_, end)) if *end >= first => end.checked_add(1)?,
            _ => first,
        };
        (ordinal <= last).then_some(ordinal)
    }

    /// The last ordinal from `first` to `last` that has no pod.
    pub fn last_gap(&self, first: i32, last: i32) -> Option<i32> {
        let ordinal = match self.runs.get_prev(&last) {
            Some((start, end)) if *end >= last => start.checked_sub(1)?,
            _ => last,
        };
        (ordinal >= first).then_some(ordinal)
    }

    /// The ordinals from `first` to `last` that have no pod, in order.
    pub fn gaps(&self, first: i32, last: i32) -> impl Iterator<Item = i32> {
        let mut from = Some(first);
        std::iter::from_fn(move || {
            let gap = self.first_gap(from?, last)?;
            from = gap.checked_add(1);
            Some(gap)
        })
    }

    /// The first pod from `first` to `last` that is not available, or terminating.
    pub fn first_unavailable(&self, first: i32, last: i32) -> Option<i32> {
        self.unavailable.get_next(&first).copied().filter(|ordinal| *ordinal <= last)
    }

    /// The last pod from `first` to `last` that is not available, or terminating.
    pub fn last_unavailable(&self, first: i32, last: i32) -> Option<i32> {
        self.unavailable.get_prev(&last).copied().filter(|ordinal| *ordinal >= first)
    }

    /// The pods from `first` to `last` that are not ready, or terminating, in order.
    pub fn unhealthy(&self, first: i32, last: i32) -> impl DoubleEndedIterator<Item = i32> {
        let range = (first <= last).then(|| self.unavailable.range(first..=last).copied());
        range.into_iter().flatten().filter(|ordinal| {
            self.get(*ordinal).is_some_and(|replica| replica.terminating || !replica.is_running_and_ready())
        })
    }

    /// How many ordinals from `first` to `last` have no available pod, counted up to `most`.
    pub fn count_unavailable(&self, first: i32, last: i32, most: usize) -> usize {
        if first > last {
            return 0;
        }
        self.gaps(first, last)
            .take(most)
            .chain(self.unavailable.range(first..=last).copied().take(most))
            .take(most)
            .count()
    }

    /// The pods from `first` to `last` that have ended and are not terminating, in order.
    pub fn ended(&self, first: i32, last: i32) -> impl Iterator<Item = i32> {
        range(&self.ended, first, last)
    }

    /// The pods from `first` to `last` that are not terminating, in order.
    pub fn live(&self, first: i32, last: i32) -> impl DoubleEndedIterator<Item = i32> {
        range(&self.live, first, last)
    }

    /// The last pod from `first` to `last` that is not terminating and of another revision than `revision`.
    pub fn last_outdated(&self, revision: &str, first: i32, last: i32) -> Option<i32> {
        let others = self.revisions.iter().filter(|(name, _)| &***name != revision);
        others
            .filter_map(|(_, pods)| pods.live.get_prev(&last))
            .copied()
            .filter(|ordinal| *ordinal >= first)
            .max()
    }

    /// The highest ordinal of any pod.
    pub fn max(&self) -> Option<i32> {
        self.by_ordinal.get_max().map(|(ordinal, _)| *ordinal)
    }

    /// The highest ordinal of any pod below `ordinal`.
    pub fn last_below(&self, ordinal: i32) -> Option<i32> {
        self.by_ordinal.get_prev(&ordinal.checked_sub(1)?).map(|(found, _)| *found)
    }

    /// Adds `ordinal` to the runs, where it is not.
    fn join_runs(&mut self, ordinal: i32) {
        let before = ordinal
            .checked_sub(1)
            .and_then(|previous| self.runs.get_prev(&previous))
            .filter(|(_, end)| end.checked_add(1) == Some(ordinal))
            .map(|(start, _)| *start);
        let after = ordinal.checked_add(1).and_then(|next| self.runs.remove(&next));
        self.runs.insert(before.unwrap_or(ordinal), after.unwrap_or(ordinal));
    }

    /// Takes `ordinal` out of the run that holds it.
    fn split_run(&mut self, ordinal: i32) {
        let Some((start, end)) = self.runs.get_prev(&ordinal).map(|(start, end)| (*start, *end)) else {
            return;
        };
        self.runs.remove(&start);
        if start < ordinal {
            self.runs.insert(start, ordinal - 1);
        }
        if ordinal < end {
            self.runs.insert(ordinal + 1, end);
        }
    }
}

fn range(set: &OrdSet<i32>, first: i32, last: i32) -> impl DoubleEndedIterator<Item = i32> {
    (first <= last).then(|| set.range(first..=last).copied()).into_iter().flatten()
}

/// The set's name and the ordinal in a pod's name, if it is one that a set gives.
///
/// Models pkg/controller/statefulset: getParentNameAndOrdinal. Upstream also takes `web-01` for a
/// pod of ordinal 1, which no set ever creates; here it is nobody's.
pub fn parent_and_ordinal(pod_name: &str) -> Option<(&str, i32)> {
    let (parent, digits) = pod_name.rsplit_once('-')?;
    let canonical = digits == "0" || !digits.starts_with('0');
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !canonical || !all_digits {
        return None;
    }
    Some((parent, digits.parse().ok()?))
}

/// The set's `minReadySeconds`.
pub fn min_ready_seconds(set: &StatefulSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0)
}

//! The decision: from a set's wishes and its pods to what is done next, without doing it.
//!
//! Models pkg/controller/statefulset: updateStatefulSet, processReplica, processCondemned,
//! updateStatefulSetAfterInvariantEstablished.

use imbl::OrdSet;

use super::blocked::Blocked;
use super::index::{Phase, Replicas};
use super::wish::{Strategy, Wish};
use crate::api::{Feature, FeatureGates};
use crate::controllers::batches::BatchOrder;

/// How many pods one sync of a parallel set creates; the rest follow in the next sync.
///
/// Upstream has no such limit, but never has more than 500 requests in flight.
const CREATES_PER_SYNC: usize = 500;

/// Most requests that a parallel set has in flight. Models pkg/controller/statefulset: MaxBatchSize.
const BATCH_MOST: i64 = 500;

/// Why a pod is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteReason {
    /// It has failed or succeeded, and a new one takes its place.
    Ended,
    /// The set wants fewer pods.
    ScaleDown,
    /// It is of an old revision.
    Outdated,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create the missing claims of a pod that is pending.
    EnsureClaims {
        /// The pod's ordinal.
        ordinal: i32,
    },
    /// See that a pod has its identity, its storage and rightly owned claims.
    Tend {
        /// The pod's ordinal.
        ordinal: i32,
    },
    /// See that the claims of a pod that is to go are rightly owned.
    TendCondemned {
        /// The pod's ordinal.
        ordinal: i32,
    },
    /// Create a pod and its claims.
    Create {
        /// The pod's ordinal.
        ordinal: i32,
        /// Whether it gets the current revision, as opposed to the update revision.
        current: bool,
    },
    /// Delete a pod.
    Delete {
        /// The pod's ordinal.
        ordinal: i32,
        /// Why.
        reason: DeleteReason,
    },
}

impl Action {
    /// The ordinal that it is about.
    pub fn ordinal(self) -> i32 {
        match self {
            Action::EnsureClaims { ordinal }
            | Action::Tend { ordinal }
            | Action::TendCondemned { ordinal }
            | Action::Create { ordinal, .. }
            | Action::Delete { ordinal, .. } => ordinal,
        }
    }
}

/// What is done next, in order, and why not more. An action that fails ends the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// What to do.
    pub actions: Vec<Action>,
    /// What the set waits for afterwards.
    pub blocked: Option<Blocked>,
}

/// What the decision is made from, beside the set's wish.
pub struct Known<'a> {
    /// The pods.
    pub replicas: &'a Replicas,
    /// Ordinals of which something changed since they were last seen to.
    pub dirty: &'a OrdSet<i32>,
    /// The name of the revision that the set's template has.
    pub update_revision: &'a str,
    /// The claim of an ordinal that still belongs to an earlier pod, if there is one.
    pub stale_claim: &'a dyn Fn(i32) -> Option<String>,
    /// What this Kubernetes version does.
    pub gates: FeatureGates,
}

/// Decides what to do next for a set.
pub fn decide(wish: &Wish, known: &Known<'_>) -> Decision {
    let mut decision = Decision::default();
    if wish.being_deleted {
        decision.blocked = Some(Blocked::BeingDeleted);
        return decision;
    }
    let decider = Decider { wish, known };
    let done = if wish.parallel {
        decider.parallel(&mut decision);
        false
    } else {
        decider.ordered_replicas(&mut decision) || decider.ordered_condemned(&mut decision)
    };
    if !done {
        decider.update(&mut decision);
    }
    decision
}

/// The batch of requests in which a parallel set sees to the pod of `index` among `total`, and when in it.
///
/// Batches hold 1, 2, 4, ... 256 pods and after that 500 each. The requests of a batch are made side by side;
/// `start` says in which order they come through.
/// Models pkg/controller/statefulset: slowStartBatch.
pub fn turn(index: i64, total: i64, start: BatchOrder) -> (i64, i64) {
    const DOUBLING: i64 = 511;
    let (batch, first, size) = if index < DOUBLING {
        let batch = i64::from(index.saturating_add(1).max(1).ilog2());
        (batch, (1 << batch) - 1, 1 << batch)
    } else {
        let later = (index - DOUBLING) / BATCH_MOST;
        (9 + later, DOUBLING + later * BATCH_MOST, BATCH_MOST)
    };
    let last = (first + size).min(total) - 1;
    let is_early = start == BatchOrder::LastFirst && index == last;
    (batch, if is_early { 0 } else { index - first + 1 })
}

struct Decider<'a> {
    wish: &'a Wish,
    known: &'a Known<'a>,
}

impl Decider<'_> {
    /// The wanted pods, lowest ordinal first, up to the first that is not as it must be.
    ///
    /// Returns whether the sync ends here. Models pkg/controller/statefulset: processReplica.
    fn ordered_replicas(&self, decision: &mut Decision) -> bool {
        let Wish { start, end, .. } = *self.wish;
        if start > end {
            return false;
        }
        let replicas = self.known.replicas;
        let gap = replicas.first_gap(start, end);
        let unavailable = replicas.first_unavailable(start, end);
        let first = gap.into_iter().chain(unavailable).min();
        let well_until = first.map_or(Some(end), |ordinal| ordinal.checked_sub(1));
        if let Some(last) = well_until {
            self.tend(start, last, decision);
        }
        let Some(ordinal) = first else { return false };
        match replicas.get(ordinal) {
            None => self.create(ordinal, decision),
            Some(replica) => {
                if replica.phase == Phase::Ended {
                    if !replica.terminating {
                        decision.actions.push(Action::Delete { ordinal, reason: DeleteReason::Ended });
                    }
                    decision.blocked =
                        Some(Blocked::WaitingForTermination { pod: self.wish.pod_name(ordinal) });
                    return true;
                }
                if replica.phase == Phase::Pending && self.known.dirty.contains(&ordinal) {
                    decision.actions.push(Action::EnsureClaims { ordinal });
                }
                decision.blocked = Some(self.waiting_for_replica(ordinal));
            }
        }
        true
    }

    /// The unwanted pods, highest ordinal first, one at a time.
    ///
    /// Returns whether the sync ends here. Models pkg/controller/statefulset: processCondemned.
    fn ordered_condemned(&self, decision: &mut Decision) -> bool {
        self.tend_condemned(decision);
        let replicas = self.known.replicas;
        let Some(ordinal) = self.last_condemned() else { return false };
        let Some(replica) = replicas.get(ordinal) else { return false };
        if replica.terminating {
            decision.blocked = Some(Blocked::WaitingForTermination { pod: self.wish.pod_name(ordinal) });
            return true;
        }
        // All wanted pods are available here, so the first that is not healthy is an unwanted one.
        let first_unhealthy = self.first_unhealthy();
        if first_unhealthy != Some(ordinal) && replicas.last_unavailable(ordinal, ordinal).is_some() {
            decision.blocked = Some(self.waiting_for(first_unhealthy.unwrap_or(ordinal)));
        } else {
            decision.actions.push(Action::Delete { ordinal, reason: DeleteReason::ScaleDown });
            decision.blocked = Some(Blocked::WaitingForTermination { pod: self.wish.pod_name(ordinal) });
        }
        true
    }

    /// The first pod that is not healthy: not available, or, before #130909, not ready.
    fn first_unhealthy(&self) -> Option<i32> {
        if self.known.gates.has(Feature::StatefulSetAvailability) {
            return self.known.replicas.first_unavailable(i32::MIN, i32::MAX);
        }
        self.known.replicas.unhealthy(i32::MIN, i32::MAX).next()
    }

    /// [`Decider::first_unhealthy`], but the last from `first` to `last`.
    fn last_unhealthy(&self, first: i32, last: i32) -> Option<i32> {
        if self.known.gates.has(Feature::StatefulSetAvailability) {
            return self.known.replicas.last_unavailable(first, last);
        }
        self.known.replicas.unhealthy(first, last).next_back()
    }

    /// Everything that is to be created, seen to and deleted, whatever the state of the others.
    fn parallel(&self, decision: &mut Decision) {
        let Wish { start, end, .. } = *self.wish;
        let replicas = self.known.replicas;
        if start <= end {
            let mut due: Vec<i32> = replicas.gaps(start, end).take(CREATES_PER_SYNC).collect();
            due.extend(replicas.ended(start, end));
            due.extend(self.dirty(start, end).filter(|ordinal| {
                replicas.get(*ordinal).is_some_and(|replica| replica.phase != Phase::Ended)
            }));
            let total = i64::from(end) - i64::from(start) + 1;
            due.sort_unstable_by_key(|ordinal| {
                turn(i64::from(*ordinal) - i64::from(start), total, self.wish.batches.pods)
            });
            for ordinal in due {
                match replicas.get(ordinal) {
                    None => self.create(ordinal, decision),
                    Some(replica) if replica.phase == Phase::Ended => {
                        decision.actions.push(Action::Delete { ordinal, reason: DeleteReason::Ended });
                    }
                    Some(_) => decision.actions.push(Action::Tend { ordinal }),
                }
            }
        }
        self.tend_condemned(decision);
        for ordinal in self.live_condemned_in_turn() {
            decision.actions.push(Action::Delete { ordinal, reason: DeleteReason::ScaleDown });
        }
    }

    /// The unwanted pods that are not terminating, in the order in which a parallel set deletes them.
    fn live_condemned_in_turn(&self) -> Vec<i32> {
        let mut live: Vec<i32> = self.live_condemned().collect();
        if live.len() < 2 {
            return live;
        }
        let all = self.known.replicas.iter().rev().map(|(ordinal, _)| ordinal);
        let all: Vec<i32> = all.filter(|ordinal| !self.wish.wants(*ordinal)).collect();
        let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let places =
            (0..).zip(&all).map(|(index, ordinal)| (*ordinal, turn(index, total, self.wish.batches.pods)));
        let places: std::collections::BTreeMap<i32, (i64, i64)> = places.collect();
        live.sort_by_key(|ordinal| places.get(ordinal).copied());
        live
    }

    /// The rolling update, once the wanted number of pods is there.
    fn update(&self, decision: &mut Decision) {
        let Wish { start, end, .. } = *self.wish;
        let Strategy::RollingUpdate { max_unavailable, partition } = self.wish.strategy else {
            if self.last_outdated(start).is_some() {
                decision.blocked.get_or_insert(Blocked::OnDelete);
            }
            return;
        };
        let first = self.wish.first_updated();
        if self.known.gates.has(Feature::MaxUnavailableStatefulSet) {
            self.update_within(first, max_unavailable, decision);
        } else {
            self.update_next(first, decision);
        }
        let nothing_left = self.last_outdated(first).is_none();
        if nothing_left && first > start && self.last_outdated(start).is_some() && start <= end {
            let partition = partition.unwrap_or(0);
            decision.blocked.get_or_insert(Blocked::HeldByPartition { partition });
        }
    }

    /// Replaces the highest outdated pod, unless a pod above it is not available.
    fn update_next(&self, first: i32, decision: &mut Decision) {
        let end = self.wish.end;
        let outdated = self.last_outdated(first);
        let above = outdated.map_or(Some(first), |ordinal| ordinal.checked_add(1));
        let waiting = above.filter(|above| *above <= end).and_then(|above| {
            let gap = self.known.replicas.last_gap(above, end);
            gap.into_iter().chain(self.last_unhealthy(above, end)).max()
        });
        if let Some(waiting) = waiting {
            if outdated.is_some() {
                decision.blocked.get_or_insert(self.waiting_for(waiting));
            }
        } else if let Some(ordinal) = outdated {
            decision.actions.push(Action::Delete { ordinal, reason: DeleteReason::Outdated });
            let pod = self.wish.pod_name(ordinal);
            decision.blocked.get_or_insert(Blocked::WaitingForTermination { pod });
        }
    }

    /// Replaces the highest outdated pods, as many as may be unavailable beside those that are.
    ///
    /// Models pkg/controller/statefulset: updateStatefulSetAfterInvariantEstablished.
    fn update_within(&self, first: i32, max_unavailable: usize, decision: &mut Decision) {
        let Wish { start, end, .. } = *self.wish;
        let replicas = self.known.replicas;
        let unavailable = replicas.count_unavailable(start, end, max_unavailable);
        let mut last = end;
        for _ in unavailable..max_unavailable {
            let Some(ordinal) = replicas.last_outdated(self.known.update_revision, first, last) else {
                break;
            };
            decision.actions.push(Action::Delete { ordinal, reason: DeleteReason::Outdated });
            let Some(next) = ordinal.checked_sub(1) else { break };
            last = next;
        }
        if unavailable >= max_unavailable && self.last_outdated(first).is_some() {
            let first_gap = replicas.first_gap(start, end);
            let waiting = first_gap.into_iter().chain(replicas.first_unavailable(start, end)).min();
            if let Some(waiting) = waiting {
                decision.blocked.get_or_insert(self.waiting_for(waiting));
            }
        }
    }

    fn create(&self, ordinal: i32, decision: &mut Decision) {
        if let Some(claim) = (self.known.stale_claim)(ordinal) {
            decision.blocked.get_or_insert(Blocked::ClaimTerminating { claim });
            return;
        }
        decision.actions.push(Action::Create { ordinal, current: self.wish.keeps_current_revision(ordinal) });
        if !self.wish.parallel {
            let pod = self.wish.pod_name(ordinal);
            decision.blocked = Some(Blocked::WaitingForReady { pod });
        }
    }

    fn tend(&self, first: i32, last: i32, decision: &mut Decision) {
        decision.actions.extend(self.dirty(first, last).map(|ordinal| Action::Tend { ordinal }));
    }

    fn tend_condemned(&self, decision: &mut Decision) {
        let Wish { start, end, .. } = *self.wish;
        let above = if start <= end { end.checked_add(1) } else { Some(i32::MIN) };
        let below = if start <= end { start.checked_sub(1) } else { None };
        let ranges =
            above.map(|first| (first, i32::MAX)).into_iter().chain(below.map(|last| (i32::MIN, last)));
        for (first, last) in ranges {
            let mut ordinals: Vec<i32> = self.dirty(first, last).collect();
            ordinals.reverse();
            decision.actions.extend(ordinals.into_iter().map(|ordinal| Action::TendCondemned { ordinal }));
        }
    }

    fn dirty(&self, first: i32, last: i32) -> impl Iterator<Item = i32> {
        let dirty = self.known.dirty;
        let range = (first <= last).then(|| dirty.range(first..=last).copied());
        range.into_iter().flatten().filter(|ordinal| self.known.replicas.get(*ordinal).is_some())
    }

    fn last_outdated(&self, first: i32) -> Option<i32> {
        self.known.replicas.last_outdated(self.known.update_revision, first, self.wish.end)
    }

    /// The unwanted pod of the highest ordinal.
    fn last_condemned(&self) -> Option<i32> {
        let replicas = self.known.replicas;
        let max = replicas.max()?;
        if self.wish.wants(max) { replicas.last_below(self.wish.start) } else { Some(max) }
    }

    /// The unwanted pods that are not terminating, highest ordinal first.
    fn live_condemned(&self) -> impl Iterator<Item = i32> {
        let Wish { start, end, .. } = *self.wish;
        let replicas = self.known.replicas;
        let (above, below) =
            if start <= end { (end.checked_add(1), start.checked_sub(1)) } else { (Some(i32::MIN), None) };
        let above = above.map(|first| replicas.live(first, i32::MAX).rev());
        let below = below.map(|last| replicas.live(i32::MIN, last).rev());
        above.into_iter().flatten().chain(below.into_iter().flatten())
    }

    /// What the set waits for when a wanted pod is not as it must be.
    fn waiting_for_replica(&self, ordinal: i32) -> Blocked {
        let stuck = self.known.replicas.get(ordinal).is_some_and(|replica| {
            !replica.terminating
                && !replica.is_running_and_ready()
                && &*replica.revision != self.known.update_revision
                && ordinal >= self.wish.first_updated()
        });
        if stuck {
            return Blocked::StuckOnBrokenRevision { pod: self.wish.pod_name(ordinal) };
        }
        self.waiting_for(ordinal)
    }

    fn waiting_for(&self, ordinal: i32) -> Blocked {
        let pod = self.wish.pod_name(ordinal);
        match self.known.replicas.get(ordinal) {
            Some(replica) if replica.terminating => Blocked::WaitingForTermination { pod },
            Some(replica) if replica.is_running_and_ready() => {
                let until = self.known.replicas.available_at_of(ordinal);
                Blocked::WaitingForAvailable { pod, until: until.unwrap_or(jiff::Timestamp::MAX) }
            }
            _ => Blocked::WaitingForReady { pod },
        }
    }
}

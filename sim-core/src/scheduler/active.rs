//! [`ActivePods`]: the pods that wait for their turn.
//!
//! Models pkg/scheduler/backend/queue: the active queue, in the order of the PrioritySort plugin.

use imbl::{OrdMap, OrdSet};

use crate::api::ObjectKey;

/// Priority, negated, and the number of the pod's coming.
type Rank = (i64, u64);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct ActivePods {
    ranks: OrdMap<ObjectKey, Rank>,
    order: OrdSet<(Rank, ObjectKey)>,
    /// Pods that had a turn which was another's; their own is due yet and void.
    early: OrdSet<ObjectKey>,
    came: u64,
}

impl ActivePods {
    /// The pod is to have a turn; one that waits already keeps its place.
    pub(super) fn add(&mut self, key: &ObjectKey, priority: i64) {
        if self.ranks.contains_key(key) {
            return;
        }
        self.came += 1;
        let rank = (-priority, self.came);
        self.ranks.insert(key.clone(), rank);
        self.order.insert((rank, key.clone()));
    }

    /// Whose turn it is when that of `key` comes: a pod of higher priority goes first, and `key` stays.
    /// `None` when `key` had its turn before.
    pub(super) fn turn_of(&mut self, key: &ObjectKey) -> Option<ObjectKey> {
        let was_early = self.early.remove(key).is_some();
        let Some(own) = self.ranks.get(key).copied() else {
            // A pod that is tried for another reason than waiting for its turn.
            return (!was_early).then(|| key.clone());
        };
        let first = self.order.get_min().filter(|(rank, _)| rank.0 < own.0).map(|(_, first)| first.clone());
        if let Some(first) = &first {
            self.early.insert(first.clone());
        }
        let next = first.unwrap_or_else(|| key.clone());
        self.remove(&next);
        Some(next)
    }

    /// The pod is gone.
    pub(super) fn remove(&mut self, key: &ObjectKey) {
        if let Some(rank) = self.ranks.remove(key) {
            self.order.remove(&(rank, key.clone()));
        }
    }
}

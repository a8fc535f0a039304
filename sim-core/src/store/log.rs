//! [`WatchLog`]: the changes of the store in resourceVersion order, as watches deliver them.

use imbl::Vector;

use super::CauseId;
use crate::api::{Object, ObjectRef, SimTime};

/// What a change did to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeType {
    /// The object is new.
    Added,
    /// The object differs from what it was.
    Modified,
    /// The object is gone.
    Deleted,
}

impl ChangeType {
    /// The type as watch events spell it, `ADDED`.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeType::Added => "ADDED",
            ChangeType::Modified => "MODIFIED",
            ChangeType::Deleted => "DELETED",
        }
    }
}

/// One change of the store.
#[derive(Clone, Debug)]
pub struct Change {
    /// The resourceVersion it made.
    pub revision: u64,
    /// Virtual time.
    pub at: SimTime,
    /// What caused it.
    pub cause: CauseId,
    /// What it did.
    pub change: ChangeType,
    /// Of which object.
    pub reference: ObjectRef,
    /// The object after the change; for a deletion its last state.
    pub object: Object,
    /// The object before the change.
    pub previous: Option<Object>,
}

/// Changes in resourceVersion order; old ones may have been dropped.
#[derive(Clone, Debug, Default)]
pub struct WatchLog {
    changes: Vector<Change>,
    compacted: u64,
}

impl WatchLog {
    /// The newest revision that was dropped. A watch from an older one is answered 410 Gone.
    pub fn compacted(&self) -> u64 {
        self.compacted
    }

    /// The changes after `revision`, oldest first.
    pub fn since(&self, revision: u64) -> impl Iterator<Item = &Change> {
        let skip = usize::try_from(revision.saturating_sub(self.compacted)).unwrap_or(usize::MAX);
        self.changes.focus().narrow(skip.min(self.changes.len())..).into_iter()
    }

    pub(super) fn push(&mut self, change: Change) {
        self.changes.push_back(change);
    }

    pub(super) fn compact(&mut self, revision: u64, keep: usize) {
        let old = usize::try_from(revision.saturating_sub(self.compacted)).unwrap_or(usize::MAX);
        let surplus = self.changes.len().saturating_sub(keep);
        let drop = old.min(surplus);
        // Splitting costs the same for one entry and for a thousand, so it waits for many.
        if drop >= keep / 8 && drop > 0 {
            self.changes = self.changes.split_off(drop);
            self.compacted += drop as u64;
        }
    }
}

//! [`WakeQueue`]: who runs next, and when.
//!
//! One entry per component and key: asking again for a key that is already due at or before the
//! asked time changes nothing, asking for an earlier time moves it up. Reconcilers are
//! level-triggered, so a key that runs early asks again for what is still to come.

use imbl::OrdMap;

use crate::api::{ObjectRef, SimTime};
use crate::store::CauseId;

/// Names a component of the control plane; an index into its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComponentId(pub u8);

/// Whether a wake is progress or repetition, for `settle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// Something will have changed once this has run; `settle` waits for it.
    Progress,
    /// It repeats for ever in a steady state (a passing probe, a lease, a capped backoff).
    Periodic,
}

/// One entry: `component` wants to look at `key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake {
    /// When.
    pub at: SimTime,
    /// Who.
    pub component: ComponentId,
    /// About what.
    pub key: ObjectRef,
    /// Whether `settle` waits for it.
    pub pace: Pace,
    /// What asked for it.
    pub cause: CauseId,
}

/// Set in the number of a wake that is behind all others of its moment.
const LAST: u64 = 1 << 63;

/// Wakes in order of time, then of asking.
#[derive(Clone, Debug, Default)]
pub struct WakeQueue {
    order: OrdMap<(SimTime, u64), Wake>,
    pending: OrdMap<(ComponentId, ObjectRef), (SimTime, u64)>,
    asked: u64,
    progress: usize,
}

impl WakeQueue {
    /// Adds `wake`, or moves up the one that is there for its component and key.
    pub fn push(&mut self, wake: Wake) {
        self.put(wake, 0);
    }

    /// [`WakeQueue::push`] behind everything else of the same moment, also what is asked for later.
    pub fn push_last(&mut self, wake: Wake) {
        self.put(wake, LAST);
    }

    fn put(&mut self, mut wake: Wake, place: u64) {
        let id = (wake.component, wake.key.clone());
        if let Some(slot) = self.pending.get(&id).copied() {
            let Some(existing) = self.order.get(&slot).cloned() else { return };
            wake.pace = wake.pace.min(existing.pace);
            if slot.0 <= wake.at {
                if wake.pace != existing.pace {
                    self.progress += 1;
                    self.order.insert(slot, Wake { pace: wake.pace, ..existing });
                }
                return;
            }
            self.take(slot);
        }
        self.asked += 1;
        let slot = (wake.at, self.asked | place);
        self.progress += usize::from(wake.pace == Pace::Progress);
        self.pending.insert(id, slot);
        self.order.insert(slot, wake);
    }

    /// Removes and returns the next wake.
    pub fn pop(&mut self) -> Option<Wake> {
        let slot = self.order.get_min().map(|(slot, _)| *slot)?;
        self.take(slot)
    }

    /// When the next wake is due.
    pub fn next_time(&self) -> Option<SimTime> {
        self.order.get_min().map(|((at, _), _)| *at)
    }

    /// Whether nothing is left but repetition.
    pub fn is_settled(&self) -> bool {
        self.progress == 0
    }

    /// How many wakes there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The wakes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Wake> {
        self.order.values()
    }

    fn take(&mut self, slot: (SimTime, u64)) -> Option<Wake> {
        let wake = self.order.remove(&slot)?;
        self.progress -= usize::from(wake.pace == Pace::Progress);
        self.pending.remove(&(wake.component, wake.key.clone()));
        Some(wake)
    }
}

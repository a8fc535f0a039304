//! [`CauseLog`]: why each change happened, back to a command, a timer or a fault.

use imbl::Vector;

use super::queue::ComponentId;
use crate::api::{ObjectRef, SimTime};
use crate::store::CauseId;

/// What a cause was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CauseKind {
    /// The cluster was set up.
    Start,
    /// The user typed a command.
    Command(String),
    /// The user broke something on purpose.
    Fault(String),
    /// A component looked at an object.
    Reconcile(ComponentId, ObjectRef),
}

/// One entry: something happened at `at`, because of `parent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it was.
    pub kind: CauseKind,
    /// When, on the virtual clock.
    pub at: SimTime,
    /// What caused it in turn; absent for commands, faults and the start.
    pub parent: Option<CauseId>,
}

/// All causes, oldest first.
#[derive(Clone, Debug, Default)]
pub struct CauseLog {
    causes: Vector<Cause>,
}

impl CauseLog {
    /// Adds a cause.
    pub fn push(&mut self, cause: Cause) -> CauseId {
        self.causes.push_back(cause);
        // 4 billion causes would need 200 GiB first.
        CauseId(u32::try_from(self.causes.len() - 1).unwrap_or(u32::MAX))
    }

    /// Takes back the newest cause, which must not have been used.
    pub(super) fn pop_unused(&mut self) {
        self.causes.pop_back();
    }

    /// The cause of that id.
    pub fn get(&self, id: CauseId) -> Option<&Cause> {
        self.causes.get(id.0 as usize)
    }

    /// The chain from `id` back to its first cause.
    pub fn chain(&self, id: CauseId) -> impl Iterator<Item = &Cause> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let cause = self.get(next?)?;
            next = cause.parent;
            Some(cause)
        })
    }

    /// How many causes there are.
    pub fn len(&self) -> usize {
        self.causes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }
}

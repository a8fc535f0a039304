//! Deletes what lost its owners; foreground and orphan deletion.
//!
//! Models pkg/controller/garbagecollector. Upstream keeps a graph of all objects beside the API
//! server; here the store's owner index is that graph, and the component keeps only what it has to come back to.

mod attempt;
mod owners;

#[cfg(test)]
mod tests;

use crate::api::{Kind, Object, ObjectRef, meta};
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

use owners::{OwnerState, is_deleting_dependents, is_orphaning_dependents, owner_ref};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct GarbageCollector {
    /// Dependents that came when their owner was in foreground deletion already, with its uid. Nobody looks at them
    /// before the owner is looked at again, which is when another of its dependents goes: a set's controller makes a
    /// new revision meanwhile.
    late: Vec<(String, ObjectRef)>,
}

impl Component for GarbageCollector {
    fn name(&self) -> &'static str {
        "garbage-collector-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match change.change {
            ChangeType::Deleted => {
                self.late.retain(|(owner, _)| owner != change.object.uid());
                wake_dependents(&change.object, view, wakes);
                wake_waiting_owners(&change.object, view, wakes);
                for owner in meta::owners(change.object.meta()) {
                    self.wake_late(&owner.uid, wakes);
                }
            }
            ChangeType::Added => self.observe_new(&change.object, view, wakes),
            ChangeType::Modified => {
                let Some(previous) = &change.previous else { return };
                observe_update(previous, &change.object, view, wakes);
            }
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(object) = context.view.get(key.kind, &key.key).cloned() else { return Ok(()) };
        if is_deleting_dependents(&object) && self.has_late_alone(&object, context.view) {
            self.wake_late(object.uid(), context.wakes);
        }
        if is_orphaning_dependents(&object) {
            return attempt::orphan_dependents(&object, context);
        }
        attempt::delete_item(&object, context)
    }
}

impl GarbageCollector {
    /// Models garbagecollector: GraphBuilder.addDependentToOwners.
    fn observe_new(&mut self, object: &Object, view: &Store, wakes: &mut Wakes) {
        for reference in meta::owners(object.meta()) {
            match owners::state_of(object, reference, view) {
                OwnerState::Solid => {}
                OwnerState::Dangling => wakes.soon(object.reference()),
                OwnerState::WaitingForDependents => {
                    self.late.push((reference.uid.clone(), object.reference()));
                }
            }
        }
    }

    fn wake_late(&mut self, owner: &str, wakes: &mut Wakes) {
        self.late.retain(|(waits_for, dependent)| {
            let is_its = waits_for == owner;
            if is_its {
                wakes.soon(dependent.clone());
            }
            !is_its
        });
    }

    /// Whether none of the owner's dependents is left but late ones, so that no other will go.
    fn has_late_alone(&self, owner: &Object, view: &Store) -> bool {
        let is_late = |dependent: &Object| {
            let reference = dependent.reference();
            self.late.iter().any(|(uid, late)| uid == owner.uid() && *late == reference)
        };
        !self.late.is_empty() && view.owned_by(owner.uid()).all(is_late)
    }
}

/// Models garbagecollector: GraphBuilder.processGraphChanges, the update case.
fn observe_update(previous: &Object, object: &Object, view: &Store, wakes: &mut Wakes) {
    if is_deleting_dependents(object) && !is_deleting_dependents(previous) {
        wake_dependents(object, view, wakes);
        wakes.soon(object.reference());
    }
    if is_orphaning_dependents(object) && !is_orphaning_dependents(previous) {
        wakes.soon(object.reference());
    }
    if meta::owners(object.meta()) != meta::owners(previous.meta()) {
        wake_if_owner_is_lost(object, view, wakes);
        wake_waiting_owners(previous, view, wakes);
    }
}

fn wake_dependents(owner: &Object, view: &Store, wakes: &mut Wakes) {
    // Revisions, pods, the rest; of each kind the last first, as goroutines that are started together run. The
    // recordings show it.
    let mut dependents: Vec<ObjectRef> = view.owned_by(owner.uid()).map(Object::reference).collect();
    dependents.sort_by_key(|dependent| match dependent.kind {
        Kind::ControllerRevision => 0,
        Kind::Pod => 1,
        _ => 2,
    });
    for kind in dependents.chunk_by_mut(|one, other| one.kind == other.kind) {
        kind.rotate_right(1);
    }
    for dependent in dependents {
        wakes.soon(dependent);
    }
}

/// An owner in foreground deletion goes when its last blocking dependent is gone or let go.
fn wake_waiting_owners(dependent: &Object, view: &Store, wakes: &mut Wakes) {
    for reference in meta::owners(dependent.meta()) {
        let Some(owner) = owner_ref(dependent, reference) else { continue };
        let waits = view
            .get(owner.kind, &owner.key)
            .is_some_and(|found| found.uid() == reference.uid && is_deleting_dependents(found));
        if waits {
            wakes.soon(owner);
        }
    }
}

fn wake_if_owner_is_lost(object: &Object, view: &Store, wakes: &mut Wakes) {
    let lost = meta::owners(object.meta())
        .iter()
        .any(|reference| owners::state_of(object, reference, view) != OwnerState::Solid);
    if lost {
        wakes.soon(object.reference());
    }
}

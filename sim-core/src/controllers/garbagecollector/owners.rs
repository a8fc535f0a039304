//! What an owner reference leads to.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::api::{Object, ObjectKey, ObjectRef, meta};
use crate::apiserver::{FOREGROUND_FINALIZER, ORPHAN_FINALIZER};
use crate::store::Store;

/// What became of the owner that a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnerState {
    /// It is there, or its kind is not known and nothing can be said.
    Solid,
    /// It is gone, or another object has taken its name.
    Dangling,
    /// It is being deleted and waits for its dependents to go first.
    WaitingForDependents,
}

/// Whether the object is in foreground deletion.
pub(super) fn is_deleting_dependents(object: &Object) -> bool {
    has_deletion_finalizer(object, FOREGROUND_FINALIZER)
}

/// Whether the object is being deleted and its dependents are to stay.
pub(super) fn is_orphaning_dependents(object: &Object) -> bool {
    has_deletion_finalizer(object, ORPHAN_FINALIZER)
}

fn has_deletion_finalizer(object: &Object, finalizer: &str) -> bool {
    meta::is_terminating(object.meta())
        && meta::finalizers(object.meta()).iter().any(|name| name == finalizer)
}

/// The object that `reference` names: in the dependent's own namespace when the owner's kind has
/// namespaces. `None` for a kind that is not served.
pub(super) fn owner_ref(dependent: &Object, reference: &OwnerReference) -> Option<ObjectRef> {
    let kind = meta::owner_kind(reference)?;
    let namespace = if kind.info().namespaced { meta::namespace(dependent.meta()) } else { "" };
    Some(ObjectRef::new(kind, ObjectKey::new(namespace, &reference.name)))
}

/// Models garbagecollector: classifyReferences.
pub(super) fn state_of(dependent: &Object, reference: &OwnerReference, store: &Store) -> OwnerState {
    let Some(owner) = owner_ref(dependent, reference) else { return OwnerState::Solid };
    match store.get(owner.kind, &owner.key).filter(|found| found.uid() == reference.uid) {
        None => OwnerState::Dangling,
        Some(found) if is_deleting_dependents(found) => OwnerState::WaitingForDependents,
        Some(_) => OwnerState::Solid,
    }
}

//! What the collector does with one object.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::owners::{OwnerState, is_deleting_dependents, is_orphaning_dependents, state_of};
use crate::api::{ApiResult, Object, meta};
use crate::apiserver::{
    ApiServer, DeleteOptions, FOREGROUND_FINALIZER, ORPHAN_FINALIZER, Preconditions, Propagation,
};
use crate::engine::{Context, ReconcileError};

/// Deletes the object when its owners are all gone, drops dangling references when some are left,
/// and finishes its foreground deletion.
///
/// Models garbagecollector: attemptToDeleteItem.
pub(super) fn delete_item(object: &Object, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    let foreground = is_deleting_dependents(object);
    if meta::is_terminating(object.meta()) && !foreground {
        return Ok(());
    }
    if foreground {
        return finish_foreground(object, context);
    }
    let owners = meta::owners(object.meta());
    if owners.is_empty() {
        return Ok(());
    }
    let states: Vec<OwnerState> = owners.iter().map(|owner| state_of(object, owner, context.view)).collect();
    if states.contains(&OwnerState::Solid) {
        return drop_lost_references(object, &states, context);
    }
    if states.contains(&OwnerState::WaitingForDependents)
        && context.view.owned_by(object.uid()).next().is_some()
    {
        unblock_circle(object, context)?;
        return delete(object, Propagation::Foreground, context);
    }
    // The object keeps the way of deletion that its own finalizers already ask for.
    let finalizers = meta::finalizers(object.meta());
    let propagation = if finalizers.iter().any(|name| name == ORPHAN_FINALIZER) {
        Propagation::Orphan
    } else if finalizers.iter().any(|name| name == FOREGROUND_FINALIZER) {
        Propagation::Foreground
    } else {
        Propagation::Background
    };
    delete(object, propagation, context)
}

/// Takes the object's uid off its dependents, then lets it go.
///
/// Models garbagecollector: attemptToOrphan.
pub(super) fn orphan_dependents(owner: &Object, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    let uid = owner.uid().to_owned();
    let mut stripped = false;
    for dependent in context.view.owned_by(&uid) {
        keep_references(dependent, context.api, |reference| reference.uid != uid)?;
        stripped = true;
    }
    if stripped {
        // The owner goes at the next look, once the dependents' writes have taken their time.
        context.wakes.soon(owner.reference());
        return Ok(());
    }
    remove_finalizer(owner, ORPHAN_FINALIZER, context.api)?;
    Ok(())
}

/// Models garbagecollector: processDeletingDependentsItem. A blocking dependent that goes wakes its owner.
fn finish_foreground(owner: &Object, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    let uid = owner.uid();
    let is_blocking =
        |reference: &OwnerReference| reference.uid == uid && reference.block_owner_deletion == Some(true);
    let blocked =
        context.view.owned_by(uid).any(|dependent| meta::owners(dependent.meta()).iter().any(is_blocking));
    if !blocked {
        remove_finalizer(owner, FOREGROUND_FINALIZER, context.api)?;
    }
    Ok(())
}

/// With some owners left, the references to the others go.
fn drop_lost_references(
    object: &Object,
    states: &[OwnerState],
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let lost: Vec<&str> = meta::owners(object.meta())
        .iter()
        .zip(states)
        .filter(|(_, state)| **state != OwnerState::Solid)
        .map(|(owner, _)| owner.uid.as_str())
        .collect();
    if !lost.is_empty() {
        keep_references(object, context.api, |reference| !lost.contains(&reference.uid.as_str()))?;
    }
    Ok(())
}

/// Owners in a circle would wait for each other for ever: an object whose own dependents are already in
/// foreground deletion no longer blocks its owners.
fn unblock_circle(object: &Object, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    if !context.view.owned_by(object.uid()).any(is_deleting_dependents) {
        return Ok(());
    }
    change_references(object, context.api, |references| {
        for reference in references {
            reference.block_owner_deletion = reference.block_owner_deletion.map(|_| false);
        }
    })?;
    Ok(())
}

fn delete(
    object: &Object,
    propagation: Propagation,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let preconditions = Preconditions { uid: Some(object.uid().to_owned()), resource_version: None };
    let options = DeleteOptions { propagation, preconditions, ..DeleteOptions::default() };
    match context.api.delete(object.kind(), &object.key(), &options) {
        // Gone, or replaced by another of the same name: nothing of ours is left to delete.
        Err(error) if error.is_not_found() || error.is_conflict() => Ok(()),
        other => other.map(|_| ()).map_err(ReconcileError::from),
    }
}

fn keep_references(
    object: &Object,
    api: &mut ApiServer,
    keep: impl Fn(&OwnerReference) -> bool,
) -> ApiResult<()> {
    change_references(object, api, |references| references.retain(|reference| keep(reference)))
}

fn change_references(
    object: &Object,
    api: &mut ApiServer,
    change: impl FnOnce(&mut Vec<OwnerReference>),
) -> ApiResult<()> {
    change_live(object, api, |live| {
        let mut references = meta::owners(live.meta()).to_vec();
        change(&mut references);
        live.meta_mut().owner_references = Some(references).filter(|list| !list.is_empty());
    })
}

fn remove_finalizer(object: &Object, finalizer: &str, api: &mut ApiServer) -> ApiResult<()> {
    debug_assert!(is_deleting_dependents(object) || is_orphaning_dependents(object));
    change_live(object, api, |live| {
        let mut finalizers = meta::finalizers(live.meta()).to_vec();
        finalizers.retain(|name| name != finalizer);
        live.meta_mut().finalizers = Some(finalizers).filter(|list| !list.is_empty());
    })
}

/// Changes the newest version of the object, as a patch would; an object that is gone needs no change.
fn change_live(object: &Object, api: &mut ApiServer, change: impl FnOnce(&mut Object)) -> ApiResult<()> {
    let Ok(live) = api.get(object.kind(), &object.key()) else { return Ok(()) };
    if live.uid() != object.uid() {
        return Ok(());
    }
    let mut live = live.clone();
    change(&mut live);
    api.update(live).map(|_| ())
}

//! The writes that bind a claim and a volume, and those that undo it.
//!
//! Each step is a write of its own and may be repeated: volume to claim, volume's phase, claim to volume,
//! claim's phase. Models persistentvolume: bind, unbindVolume.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolume, PersistentVolumeClaim};

use super::is_bound_by_controller;
use crate::api::storage::{self, annotation};
use crate::api::{ApiError, ApiResult, Object, Resource, meta};
use crate::apiserver::{ApiServer, Subresource, WriteOptions};
use crate::engine::{Context, EventType, reference};

/// Binds the two to each other, continuing where an earlier attempt ended.
pub(super) fn bind(
    context: &mut Context<'_>,
    volume: &Arc<PersistentVolume>,
    claim: &Arc<PersistentVolumeClaim>,
) -> ApiResult<()> {
    let volume = point_volume_at_claim(context.api, volume, claim)?;
    let volume = set_volume_phase(context.api, &volume, "Bound", None)?;
    let claim = point_claim_at_volume(context.api, claim, &volume)?;
    set_claim_bound(context.api, &claim, &volume)
}

fn point_volume_at_claim(
    api: &mut ApiServer,
    volume: &Arc<PersistentVolume>,
    claim: &Arc<PersistentVolumeClaim>,
) -> ApiResult<Arc<PersistentVolume>> {
    let uid = storage::claim_ref(volume).and_then(|reference| reference.uid.as_deref()).unwrap_or_default();
    if uid == meta::uid(&claim.metadata) {
        return Ok(volume.clone());
    }
    let mut new = PersistentVolume::clone(volume);
    if storage::claim_ref(volume).is_none() {
        annotate(&mut new, annotation::BOUND_BY_CONTROLLER, "yes");
    }
    new.spec.get_or_insert_default().claim_ref = Some(claim_reference(claim));
    write(api, new, Subresource::Main)
}

/// A reference to the claim, as volumes carry it.
pub(super) fn claim_reference(claim: &Arc<PersistentVolumeClaim>) -> ObjectReference {
    reference(&Object::from(claim.clone()))
}

fn point_claim_at_volume(
    api: &mut ApiServer,
    claim: &Arc<PersistentVolumeClaim>,
    volume: &Arc<PersistentVolume>,
) -> ApiResult<Arc<PersistentVolumeClaim>> {
    let name = meta::name(&volume.metadata);
    let named = storage::volume_name(claim) == Some(name);
    if named && meta::annotations(&claim.metadata).contains_key(annotation::BIND_COMPLETED) {
        return Ok(claim.clone());
    }
    let mut new = PersistentVolumeClaim::clone(claim);
    if !named {
        new.spec.get_or_insert_default().volume_name = Some(name.to_owned());
        annotate(&mut new, annotation::BOUND_BY_CONTROLLER, "yes");
    }
    annotate(&mut new, annotation::BIND_COMPLETED, "yes");
    write(api, new, Subresource::Main)
}

fn set_claim_bound(
    api: &mut ApiServer,
    claim: &Arc<PersistentVolumeClaim>,
    volume: &Arc<PersistentVolume>,
) -> ApiResult<()> {
    let status = claim.status.as_ref();
    let newly = status.and_then(|status| status.phase.as_deref()) != Some("Bound");
    let spec = volume.spec.as_ref();
    let modes = spec.and_then(|spec| spec.access_modes.as_ref());
    if !newly && status.and_then(|status| status.access_modes.as_ref()) == modes {
        return Ok(());
    }
    let mut new = PersistentVolumeClaim::clone(claim);
    let status = new.status.get_or_insert_default();
    status.phase = Some("Bound".to_owned());
    status.access_modes = modes.cloned();
    if newly {
        status.capacity = spec.and_then(|spec| spec.capacity.clone());
    }
    write(api, new, Subresource::Status).map(drop)
}

/// Sets the volume's phase, with a message when its reclaim failed. One that has the phase keeps its message.
///
/// Models persistentvolume: updateVolumePhase, which leaves the reason to others.
pub(super) fn set_volume_phase(
    api: &mut ApiServer,
    volume: &Arc<PersistentVolume>,
    phase: &str,
    message: Option<&str>,
) -> ApiResult<Arc<PersistentVolume>> {
    if volume.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some(phase)) {
        return Ok(volume.clone());
    }
    let mut new = PersistentVolume::clone(volume);
    let now = api.now().to_time();
    let status = new.status.get_or_insert_default();
    status.phase = Some(phase.to_owned());
    status.last_phase_transition_time = Some(now);
    status.message = message.map(str::to_owned);
    write(api, new, Subresource::Status)
}

/// Sets an unbound claim's phase to Pending.
pub(super) fn set_claim_pending(api: &mut ApiServer, claim: &Arc<PersistentVolumeClaim>) -> ApiResult<()> {
    clear_claim_status(api, claim, "Pending").map(drop)
}

/// Marks a bound claim as Lost, with an event when it was not so already.
pub(super) fn set_claim_lost(
    context: &mut Context<'_>,
    claim: &Arc<PersistentVolumeClaim>,
    reason: &'static str,
    message: &str,
) -> ApiResult<()> {
    let was = claim.status.as_ref().and_then(|status| status.phase.as_deref());
    let newly = was != Some("Lost");
    let stored = clear_claim_status(context.api, claim, "Lost")?;
    if newly {
        context.events.event(context.api, &Object::from(stored), EventType::Warning, reason, message);
    }
    Ok(())
}

fn clear_claim_status(
    api: &mut ApiServer,
    claim: &Arc<PersistentVolumeClaim>,
    phase: &str,
) -> ApiResult<Arc<PersistentVolumeClaim>> {
    let known = claim.status.as_ref().is_some_and(|status| {
        status.phase.as_deref() == Some(phase) && status.access_modes.is_none() && status.capacity.is_none()
    });
    if known {
        return Ok(claim.clone());
    }
    let mut new = PersistentVolumeClaim::clone(claim);
    let status = new.status.get_or_insert_default();
    status.phase = Some(phase.to_owned());
    status.access_modes = None;
    status.capacity = None;
    write(api, new, Subresource::Status)
}

/// Frees a volume whose claim is bound elsewhere. What the user wrote stays: the claim's name.
pub(super) fn unbind_volume(api: &mut ApiServer, volume: &Arc<PersistentVolume>) -> ApiResult<()> {
    let mut new = PersistentVolume::clone(volume);
    let by_controller = is_bound_by_controller(&volume.metadata);
    let spec = new.spec.get_or_insert_default();
    if by_controller {
        spec.claim_ref = None;
        if let Some(annotations) = &mut new.metadata.annotations {
            annotations.remove(annotation::BOUND_BY_CONTROLLER);
        }
    } else if let Some(reference) = &mut spec.claim_ref {
        reference.uid = None;
        reference.resource_version = None;
    }
    let stored = write(api, new, Subresource::Main)?;
    set_volume_phase(api, &stored, "Available", None).map(drop)
}

/// Sets an annotation.
pub(super) fn annotate<T: Resource>(object: &mut T, key: &str, value: &str) {
    let annotations = object.metadata_mut().annotations.get_or_insert_default();
    annotations.insert(key.to_owned(), value.to_owned());
}

/// Stores `object` and returns what was stored.
pub(super) fn write<T: Resource>(api: &mut ApiServer, object: T, part: Subresource) -> ApiResult<Arc<T>> {
    let stored = api.update_with(object, part, WriteOptions::default())?;
    T::from_object(&stored).ok_or_else(|| ApiError::internal("an update does not change an object's kind"))
}

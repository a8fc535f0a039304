//! One volume: available, bound, or released and reclaimed.
//!
//! Models persistentvolume: syncVolume, reclaimVolume.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};

use super::PersistentVolumeController;
use super::bind::{set_volume_phase, unbind_volume};
use crate::api::storage::{self, annotation};
use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, meta};
use crate::apiserver::DeleteOptions;
use crate::engine::{Context, EventType, ReconcileError};

impl PersistentVolumeController {
    pub(super) fn sync_volume(
        &mut self,
        key: &ObjectKey,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let Some(volume) = context.view.shared::<PersistentVolume>(key) else { return Ok(()) };
        let Some(reference) = storage::claim_ref(&volume) else {
            return done(set_volume_phase(context.api, &volume, "Available", None));
        };
        let uid = reference.uid.as_deref().unwrap_or_default();
        if uid.is_empty() {
            return done(set_volume_phase(context.api, &volume, "Available", None));
        }
        let claim = storage::claim_of(&volume)
            .and_then(|key| context.view.shared::<PersistentVolumeClaim>(&key))
            .filter(|claim| meta::uid(&claim.metadata) == uid);
        let Some(claim) = claim else { return Ok(release(&volume, context)?) };
        match storage::volume_name(&claim) {
            None if storage::volume_modes_differ(&claim, &volume) => {
                say_modes_differ(&volume, &claim, context);
                Ok(())
            }
            // A provisioner made the volume, or a binding was cut short: the claim's own sync completes it.
            None => {
                wake_claim_of(&volume, context);
                Ok(())
            }
            Some(name) if name == meta::name(&volume.metadata) => {
                done(set_volume_phase(context.api, &volume, "Bound", None))
            }
            Some(_) if is_provisioned(&volume) && reclaim_policy(&volume) == "Delete" => {
                Ok(release(&volume, context)?)
            }
            Some(_) => Ok(unbind_volume(context.api, &volume)?),
        }
    }
}

/// The claim is looked at in the same moment.
fn wake_claim_of(volume: &Arc<PersistentVolume>, context: &mut Context<'_>) {
    if let Some(claim) = storage::claim_of(volume) {
        let key = ObjectRef::new(Kind::PersistentVolumeClaim, claim);
        context.wakes.after(key, std::time::Duration::ZERO);
    }
}

fn done<T>(result: ApiResult<T>) -> Result<(), ReconcileError> {
    result.map(drop).map_err(ReconcileError::from)
}

/// The volume's claim is gone: releases it and applies its reclaim policy.
fn release(volume: &Arc<PersistentVolume>, context: &mut Context<'_>) -> ApiResult<()> {
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    let volume = match phase {
        "Released" | "Failed" => volume.clone(),
        _ => set_volume_phase(context.api, volume, "Released", None)?,
    };
    // Recycle ran a scrubbing pod for NFS and hostPath and is deprecated; such volumes stay Released.
    if reclaim_policy(&volume) == "Delete"
        && !is_provisioned(&volume)
        && !meta::is_terminating(&volume.metadata)
    {
        return delete_unprovisioned(&volume, context);
    }
    Ok(())
}

/// Deletes a volume that no external provisioner made: only hostPath below a /tmp has a deleter left.
///
/// Models pkg/volume/hostpath: hostPathDeleter.
fn delete_unprovisioned(volume: &Arc<PersistentVolume>, context: &mut Context<'_>) -> ApiResult<()> {
    let name = meta::name(&volume.metadata);
    let host_path = volume.spec.as_ref().and_then(|spec| spec.host_path.as_ref());
    let failure = match host_path {
        Some(source) if source.path.split_once("/tmp/").is_some_and(|(_, rest)| !rest.is_empty()) => None,
        Some(source) => {
            Some(format!("host_path deleter only supports /tmp/.+ but received provided {}", source.path))
        }
        None => Some(format!(
            "error getting deleter volume plugin for volume \"{name}\": no deletable volume plugin matched"
        )),
    };
    let Some(message) = failure else {
        let key = ObjectKey::cluster(name);
        return context.api.delete(Kind::PersistentVolume, &key, &DeleteOptions::default()).map(drop);
    };
    let was_failed = volume.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Failed");
    let reason = "VolumeFailedDelete";
    let stored = set_volume_phase(context.api, volume, "Failed", Some(&message))?;
    if !was_failed {
        context.events.event(context.api, &Object::from(stored), EventType::Warning, reason, &message);
    }
    Ok(())
}

fn say_modes_differ(
    volume: &Arc<PersistentVolume>,
    claim: &PersistentVolumeClaim,
    context: &mut Context<'_>,
) {
    let about_volume = "Cannot bind PersistentVolume to requested PersistentVolumeClaim";
    let about_claim = "Cannot bind PersistentVolume to claim";
    let name = meta::name(&claim.metadata);
    let why = "due to incompatible volumeMode.";
    let warning = EventType::Warning;
    let text = format!("{about_volume} \"{name}\" {why}");
    context.events.event(context.api, &Object::from(volume.clone()), warning, "VolumeMismatch", &text);
    let text = format!("{about_claim} \"{name}\" {why}");
    context.events.event(context.api, &Object::from(claim.clone()), warning, "VolumeMismatch", &text);
}

/// Whether an external provisioner made the volume, and so deletes it.
fn is_provisioned(volume: &Arc<PersistentVolume>) -> bool {
    meta::annotations(&volume.metadata).contains_key(annotation::PROVISIONED_BY)
}

fn reclaim_policy(volume: &Arc<PersistentVolume>) -> &str {
    volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref()).unwrap_or("Retain")
}

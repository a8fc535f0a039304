//! Makes volumes for claims and deletes released ones, as an external provisioner does.
//!
//! Models kubernetes-sigs/sig-storage-lib-external-provisioner: syncClaim, provisionClaimOperation,
//! syncVolume, deleteVolumeOperation. One component stands for the provisioners of all configured classes.

#[cfg(test)]
mod tests;
mod volume;

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;

use crate::api::storage::{self, annotation};
use crate::api::{ApiResult, Kind, Name, Object, ObjectKey, ObjectRef, Resource, SimTime, meta};
use crate::apiserver::{DeleteOptions, Preconditions};
use crate::engine::{ClusterConfig, Component, Context, EventType, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct VolumeProvisioner {
    /// When the volume of a claim, by uid, will be there.
    started: OrdMap<Name, SimTime>,
}

impl Component for VolumeProvisioner {
    fn name(&self) -> &'static str {
        "volume-provisioner"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::PersistentVolumeClaim(claim) if change.change == ChangeType::Deleted => {
                self.started.remove(&Name::from(meta::uid(&claim.metadata)));
            }
            Object::PersistentVolumeClaim(claim)
                if provisioner_of(claim).is_some() && storage::volume_name(claim).is_none() =>
            {
                wakes.after(change.reference.clone(), Duration::ZERO);
            }
            Object::PersistentVolume(released)
                if change.change != ChangeType::Deleted && is_to_be_deleted(released) =>
            {
                let by = meta::annotations(&released.metadata).get(annotation::PROVISIONED_BY);
                if by.is_some_and(|by| by == volume::RECORDED_PROVISIONER) {
                    wakes.after(change.reference.clone(), Duration::ZERO);
                } else {
                    wakes.soon(change.reference.clone());
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        match key.kind {
            Kind::PersistentVolumeClaim => self.sync_claim(&key.key, context),
            Kind::PersistentVolume => Ok(sync_volume(&key.key, context)?),
            _ => Ok(()),
        }
    }
}

impl VolumeProvisioner {
    fn sync_claim(&mut self, key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(claim) = context.view.shared::<PersistentVolumeClaim>(key) else { return Ok(()) };
        let Some(class) = class_to_provision(&claim, context) else { return Ok(()) };
        let name = volume::name_for(&claim);
        if context.view.get(Kind::PersistentVolume, &ObjectKey::cluster(&name)).is_some() {
            return Ok(());
        }
        let uid = Name::from(meta::uid(&claim.metadata));
        let reference = ObjectRef::new(Kind::PersistentVolumeClaim, key.clone());
        let due = match self.started.get(&uid) {
            Some(due) => *due,
            None => {
                let due = context.now + context.config.profile.provision.draw(context.random);
                self.started.insert(uid.clone(), due);
                let message = format!("External provisioner is provisioning volume for claim \"{key}\"");
                say(&claim, &class, "Provisioning", &message, context);
                due
            }
        };
        if context.now < due {
            context.wakes.at(reference, due, crate::engine::Pace::Progress);
            return Ok(());
        }
        let made = volume::compose(&claim, &class, context.view, context.config);
        match context.api.create(made) {
            Ok(_) => {}
            Err(error) if error.is_already_exists() => {}
            Err(error) => return Err(error.into()),
        }
        self.started.remove(&uid);
        say(
            &claim,
            &class,
            "ProvisioningSucceeded",
            &format!("Successfully provisioned volume {name}"),
            context,
        );
        Ok(())
    }
}

/// The class of a claim that waits for one of the configured provisioners.
///
/// Models the library's shouldProvision.
fn class_to_provision(claim: &PersistentVolumeClaim, context: &Context<'_>) -> Option<Arc<StorageClass>> {
    let provisioner = provisioner_of(claim)?;
    if storage::volume_name(claim).is_some() || !is_configured(provisioner, context.config) {
        return None;
    }
    let class = context.view.shared::<StorageClass>(&ObjectKey::cluster(storage::claim_class(claim)))?;
    let selected = meta::annotations(&claim.metadata).contains_key(annotation::SELECTED_NODE);
    let ready = selected || !storage::waits_for_first_consumer(&class);
    (class.provisioner == provisioner && ready).then_some(class)
}

/// Whether the cluster runs that provisioner.
fn is_configured(provisioner: &str, config: &ClusterConfig) -> bool {
    config.storage_classes.iter().any(|class| class.provisioner == provisioner)
}

/// The provisioner that the claim's volume is asked of.
fn provisioner_of(claim: &PersistentVolumeClaim) -> Option<&str> {
    let annotations = meta::annotations(&claim.metadata);
    annotations
        .get(annotation::STORAGE_PROVISIONER)
        .or_else(|| annotations.get(annotation::BETA_STORAGE_PROVISIONER))
        .map(String::as_str)
}

/// Whether the volume was made by a provisioner and its claim is gone.
///
/// Models the library's shouldDelete.
fn is_to_be_deleted(volume: &PersistentVolume) -> bool {
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
    let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    phase == Some("Released")
        && policy == Some("Delete")
        && !meta::is_terminating(&volume.metadata)
        && meta::annotations(&volume.metadata).contains_key(annotation::PROVISIONED_BY)
}

fn sync_volume(key: &ObjectKey, context: &mut Context<'_>) -> ApiResult<()> {
    let Some(volume) = context.view.shared::<PersistentVolume>(key) else { return Ok(()) };
    let by = meta::annotations(&volume.metadata).get(annotation::PROVISIONED_BY);
    if !is_to_be_deleted(&volume) || !by.is_some_and(|by| is_configured(by, context.config)) {
        return Ok(());
    }
    let uid = Some(meta::uid(&volume.metadata).to_owned());
    let options = DeleteOptions {
        preconditions: Preconditions { uid, ..Preconditions::default() },
        ..DeleteOptions::default()
    };
    context.api.delete(Kind::PersistentVolume, &volume.key(), &options).map(drop)
}

/// Records an event about the claim in the provisioner's name. The recorded one kept silent.
fn say(
    claim: &PersistentVolumeClaim,
    class: &StorageClass,
    reason: &'static str,
    message: &str,
    context: &mut Context<'_>,
) {
    if class.provisioner == volume::RECORDED_PROVISIONER {
        return;
    }
    context.events.speak_as(volume::event_source(&class.provisioner, context.config));
    let about = Object::from(claim.clone());
    context.events.event(context.api, &about, EventType::Normal, reason, message);
}

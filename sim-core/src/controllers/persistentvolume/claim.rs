//! One claim: find it a volume, ask for one, or check the one it has.
//!
//! Models persistentvolume: syncClaim, syncUnboundClaim, syncBoundClaim.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;

use super::bind::{bind, set_claim_lost, set_claim_pending, write};
use super::{PersistentVolumeController, is_bound_by_controller, next_resync};
use crate::api::storage::{self, annotation};
use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, Resource, meta};
use crate::apiserver::Subresource;
use crate::engine::{Context, EventType, Pace, ReconcileError};
use crate::store::Store;

impl PersistentVolumeController {
    pub(super) fn sync_claim(
        &mut self,
        key: &ObjectKey,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let Some(claim) = context.view.shared::<PersistentVolumeClaim>(key) else {
            self.index.seen(key);
            return Ok(());
        };
        if meta::annotations(&claim.metadata).contains_key(annotation::BIND_COMPLETED) {
            self.index.seen(key);
            return Ok(sync_bound_claim(&claim, context)?);
        }
        match storage::volume_name(&claim) {
            None => self.sync_claim_without_volume(&claim, context)?,
            Some(volume) => sync_claim_with_chosen_volume(&claim, volume, context)?,
        }
        self.index.seen(key);
        if !is_bound(context, key) {
            let again = ObjectRef::new(Kind::PersistentVolumeClaim, key.clone());
            context.wakes.at(again, next_resync(context.now), Pace::Periodic);
        }
        Ok(())
    }

    fn sync_claim_without_volume(
        &mut self,
        claim: &Arc<PersistentVolumeClaim>,
        context: &mut Context<'_>,
    ) -> ApiResult<()> {
        let delays = delays_binding(claim, context.view);
        if let Some(volume) = self.find_best_match(claim, delays, context.view) {
            return bind(context, &volume, claim);
        }
        if assign_default_class(claim, context)? {
            return Ok(());
        }
        let selected = meta::annotations(&claim.metadata).contains_key(annotation::SELECTED_NODE);
        if delays && !selected {
            self.say_what_is_waited_for(claim, context);
        } else if !storage::claim_class(claim).is_empty() {
            return super::provision::ask_for_volume(claim, context);
        } else {
            let message = "no persistent volumes available for this claim and no storage class is set";
            event(context, claim, EventType::Normal, "FailedBinding", message);
        }
        set_claim_pending(context.api, claim)
    }

    /// The smallest volume that serves the claim, one that is kept for it before all others. While binding
    /// waits for a pod only the latter count: the scheduler chooses among the rest.
    ///
    /// Models persistentvolume: findBestMatchForClaim, and volume: FindMatchingVolume, which asks the class and the
    /// labels only of volumes that are kept for nobody.
    fn find_best_match(
        &self,
        claim: &PersistentVolumeClaim,
        delays: bool,
        view: &Store,
    ) -> Option<Arc<PersistentVolume>> {
        let bytes = storage::requested_bytes(claim);
        let kept = self
            .index
            .volumes_of(&claim.key())
            .filter_map(|key| view.shared::<PersistentVolume>(key))
            .find(|volume| storage::is_volume_bound_to(volume, claim) && could_hold(volume, claim));
        if kept.is_some() || delays {
            return kept;
        }
        self.index
            .unclaimed(storage::claim_class(claim), bytes)
            .filter_map(|key| view.shared::<PersistentVolume>(key))
            .find(|volume| storage::could_serve(volume, claim))
    }

    /// Models persistentvolume: emitEventForUnboundDelayBindingClaim.
    fn say_what_is_waited_for(&mut self, claim: &Arc<PersistentVolumeClaim>, context: &mut Context<'_>) {
        let pods = self.index.unscheduled_pods(claim);
        let (reason, message) = match pods.as_slice() {
            [] => {
                ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_owned())
            }
            [pod] => ("WaitForPodScheduled", format!("waiting for pod {pod} to be scheduled")),
            pods => ("WaitForPodScheduled", format!("waiting for pods {} to be scheduled", pods.join(","))),
        };
        event(context, claim, EventType::Normal, reason, &message);
    }
}

fn is_bound(context: &Context<'_>, key: &ObjectKey) -> bool {
    context.api.typed::<PersistentVolumeClaim>(key).is_ok_and(storage::is_claim_fully_bound)
}

/// The claim names its volume: the user chose it, or a binding was cut short.
fn sync_claim_with_chosen_volume(
    claim: &Arc<PersistentVolumeClaim>,
    name: &str,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    let Some(volume) = context.view.shared::<PersistentVolume>(&ObjectKey::cluster(name)) else {
        return set_claim_pending(context.api, claim);
    };
    if storage::claim_ref(&volume).is_none() {
        if let Some(why) = mismatch(&volume, claim) {
            let message = format!("Cannot bind to requested volume \"{name}\": {why}");
            event(context, claim, EventType::Warning, "VolumeMismatch", &message);
            return set_claim_pending(context.api, claim);
        }
        return bind(context, &volume, claim);
    }
    if storage::is_volume_bound_to(&volume, claim) {
        return bind(context, &volume, claim);
    }
    if !is_bound_by_controller(&claim.metadata) {
        let message = format!("volume \"{name}\" already bound to a different claim.");
        event(context, claim, EventType::Warning, "FailedBinding", &message);
    }
    set_claim_pending(context.api, claim)
}

/// Models persistentvolume: syncBoundClaim.
fn sync_bound_claim(claim: &Arc<PersistentVolumeClaim>, context: &mut Context<'_>) -> ApiResult<()> {
    let Some(name) = storage::volume_name(claim) else {
        let message = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!";
        return set_claim_lost(context, claim, "ClaimLost", message);
    };
    let Some(volume) = context.view.shared::<PersistentVolume>(&ObjectKey::cluster(name)) else {
        let message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
        return set_claim_lost(context, claim, "ClaimLost", message);
    };
    let reference = storage::claim_ref(&volume);
    if reference.is_none_or(|reference| reference.uid.as_deref() == Some(meta::uid(&claim.metadata))) {
        return bind(context, &volume, claim);
    }
    let message = "Two claims are bound to the same volume, this one is bound incorrectly";
    set_claim_lost(context, claim, "ClaimMisbound", message)
}

/// Whether a volume that is kept for the claim is one for it.
fn could_hold(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    !meta::is_terminating(&volume.metadata)
        && storage::capacity_bytes(volume) >= storage::requested_bytes(claim)
        && !storage::volume_modes_differ(claim, volume)
        && storage::has_access_modes(volume, claim)
}

/// Why the volume cannot serve the claim, if it cannot.
///
/// Models persistentvolume: checkVolumeSatisfyClaim.
fn mismatch(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> Option<String> {
    if meta::is_terminating(&volume.metadata) {
        let name = meta::name(&volume.metadata);
        return Some(format!("the volume is marked for deletion \"{name}\""));
    }
    let why = if storage::capacity_bytes(volume) < storage::requested_bytes(claim) {
        "requested PV is too small"
    } else if storage::volume_class(volume) != storage::claim_class(claim) {
        "storageClassName does not match"
    } else if storage::volume_modes_differ(claim, volume) {
        "incompatible volumeMode"
    } else if !storage::has_access_modes(volume, claim) {
        "incompatible accessMode"
    } else {
        return None;
    };
    Some(why.to_owned())
}

/// Whether the claim's class makes binding wait for a pod. A class that is not there does not.
fn delays_binding(claim: &PersistentVolumeClaim, view: &Store) -> bool {
    view.typed::<StorageClass>(&ObjectKey::cluster(storage::claim_class(claim)))
        .is_some_and(storage::waits_for_first_consumer)
}

/// Gives a claim that names no class the default one, if there is one by now.
///
/// Models persistentvolume: assignDefaultStorageClass (KEP-3333, retroactive default class).
fn assign_default_class(claim: &Arc<PersistentVolumeClaim>, context: &mut Context<'_>) -> ApiResult<bool> {
    let named = claim.spec.as_ref().is_some_and(|spec| spec.storage_class_name.is_some());
    if named || meta::annotations(&claim.metadata).contains_key(annotation::BETA_STORAGE_CLASS) {
        return Ok(false);
    }
    let Some(class) = default_class(context.view) else { return Ok(false) };
    let mut new = PersistentVolumeClaim::clone(claim);
    new.spec.get_or_insert_default().storage_class_name = Some(class);
    write(context.api, new, Subresource::Main).map(|_| true)
}

/// The newest of the classes that are marked as default, then the first by name.
fn default_class(view: &Store) -> Option<String> {
    let is_default = |class: &&StorageClass| {
        meta::annotations(&class.metadata)
            .get("storageclass.kubernetes.io/is-default-class")
            .map(String::as_str)
            == Some("true")
    };
    let age = |class: &StorageClass| class.metadata.creation_timestamp.clone();
    let mut classes: Vec<&StorageClass> = view.all::<StorageClass>().filter(is_default).collect();
    classes.sort_by_key(|class| std::cmp::Reverse(age(class)));
    classes.first().and_then(|class| class.metadata.name.clone())
}

/// Records an event about the claim.
pub(super) fn event(
    context: &mut Context<'_>,
    claim: &Arc<PersistentVolumeClaim>,
    event_type: EventType,
    reason: &'static str,
    message: &str,
) {
    let about = Object::from(claim.clone());
    context.events.event(context.api, &about, event_type, reason, message);
}

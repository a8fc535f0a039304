//! Binds claims and volumes.
//!
//! Models pkg/controller/volume/persistentvolume: `claim` is syncClaim, `volume` is syncVolume, `bind` the
//! four writes that join a pair, `provision` the hand-over to an external provisioner.

mod bind;
mod claim;
#[cfg(test)]
pub(crate) mod harness;
mod index;
mod provision;
#[cfg(test)]
mod tests;
mod volume;

use std::time::Duration;

use k8s_openapi::api::core::v1::PersistentVolume;

use crate::api::storage::{self, annotation};
use crate::api::{Kind, Object, ObjectKey, ObjectRef, SimTime, meta};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};
use index::Index;

/// All claims and volumes are looked at again this often, for changes that reached nobody.
///
/// Models the controller's resync period (`--pvclaimbinder-sync-period`).
const RESYNC_PERIOD: Duration = Duration::from_secs(15);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct PersistentVolumeController {
    index: Index,
}

impl Component for PersistentVolumeController {
    fn name(&self) -> &'static str {
        "persistentvolume-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        match &change.object {
            Object::PersistentVolumeClaim(claim) => {
                self.index.claim_changed(change);
                let reference = ObjectRef::new(Kind::PersistentVolumeClaim, key.clone());
                if change.change == ChangeType::Added {
                    // Recorded: a new claim is looked at before the scheduler has seen its first pod.
                    wakes.after(reference, Duration::ZERO);
                } else if change.change == ChangeType::Modified {
                    wakes.soon(reference);
                } else if let Some(volume) = storage::volume_name(claim) {
                    // Recorded: a deleted claim's volume is gone before the claim's name is used again.
                    wakes.after(volume_ref(volume), Duration::ZERO);
                } else {
                    self.index.volumes_of(&key).for_each(|volume| wakes.soon(volume_ref(&volume.name)));
                }
            }
            Object::PersistentVolume(volume) => {
                self.index.volume_changed(change);
                if change.change != ChangeType::Deleted {
                    wakes.soon(ObjectRef::new(Kind::PersistentVolume, key));
                    self.offer_to_pending_claims(volume, change.at, wakes);
                } else if let Some(claim) = storage::claim_of(volume) {
                    wakes.soon(ObjectRef::new(Kind::PersistentVolumeClaim, claim));
                }
            }
            Object::Pod(_) => self.index.pod_changed(change),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        match key.kind {
            Kind::PersistentVolumeClaim => self.sync_claim(&key.key, context),
            Kind::PersistentVolume => self.sync_volume(&key.key, context),
            _ => Ok(()),
        }
    }
}

impl PersistentVolumeController {
    /// A volume that became available is given to a waiting claim at the next resync, not before.
    fn offer_to_pending_claims(&self, volume: &PersistentVolume, now: SimTime, wakes: &mut Wakes) {
        let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
        if phase != Some("Available") {
            return;
        }
        if let Some(claim) = storage::claim_of(volume) {
            let key = ObjectRef::new(Kind::PersistentVolumeClaim, claim);
            wakes.at(key, next_resync(now), Pace::Progress);
            return;
        }
        for claim in self.index.pending_claims(storage::volume_class(volume)) {
            let key = ObjectRef::new(Kind::PersistentVolumeClaim, claim.clone());
            wakes.at(key, next_resync(now), Pace::Progress);
        }
    }
}

/// When the resync after `now` happens; it is one for all objects.
fn next_resync(now: SimTime) -> SimTime {
    let rounds = now.since_start().as_secs() / RESYNC_PERIOD.as_secs() + 1;
    SimTime::ZERO + Duration::from_secs(rounds * RESYNC_PERIOD.as_secs())
}

fn volume_ref(name: &str) -> ObjectRef {
    ObjectRef::new(Kind::PersistentVolume, ObjectKey::cluster(name))
}

/// Whether the binding was made by this controller and not by whoever wrote the object.
fn is_bound_by_controller(annotated: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta) -> bool {
    meta::annotations(annotated).contains_key(annotation::BOUND_BY_CONTROLLER)
}

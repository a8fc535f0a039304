//! Keeps claims and volumes that are in use from being removed.
//!
//! Models pkg/controller/volume/pvcprotection and pvprotection: a deleted claim keeps its finalizer as long
//! as a scheduled pod that uses it exists, ended or not; a deleted volume as long as it is bound.

#[cfg(test)]
mod tests;

use imbl::OrdSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};

use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, Resource, meta, pod, storage};
use crate::apiserver::Subresource;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// Keeps a claim from being removed while pods use it.
pub const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
/// Keeps a volume from being removed while it is bound.
pub const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct VolumeProtectionController {
    /// Claim and pod, for pods that are bound to a node.
    users: OrdSet<(ObjectKey, ObjectKey)>,
}

impl Component for VolumeProtectionController {
    fn name(&self) -> &'static str {
        "pvc-protection-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Pod(pod) => self.pod_changed(change, pod, wakes),
            Object::PersistentVolumeClaim(_) | Object::PersistentVolume(_)
                if change.change != ChangeType::Deleted && needs_attention(&change.object) =>
            {
                wakes.soon(change.reference.clone());
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let done = match key.kind {
            Kind::PersistentVolumeClaim => {
                let in_use = self.is_claim_in_use(&key.key);
                protect::<PersistentVolumeClaim>(&key.key, CLAIM_FINALIZER, |_| in_use, context)
            }
            Kind::PersistentVolume => {
                protect::<PersistentVolume>(&key.key, VOLUME_FINALIZER, is_bound, context)
            }
            _ => Ok(()),
        };
        done.map_err(ReconcileError::from)
    }
}

impl VolumeProtectionController {
    fn pod_changed(&mut self, change: &Change, pod: &Pod, wakes: &mut Wakes) {
        let uses = change.change != ChangeType::Deleted && pod::node_name(pod).is_some();
        let used = matches!(&change.previous, Some(Object::Pod(old)) if pod::node_name(old).is_some());
        // A pod that goes without ever having had a node may free a claim too: its deletion is looked at.
        let gone = change.change == ChangeType::Deleted;
        if uses == used && !gone {
            return;
        }
        let key = change.reference.key.clone();
        for claim in storage::claims_of_pod(pod) {
            if uses {
                self.users.insert((claim, key.clone()));
            } else {
                self.users.remove(&(claim.clone(), key.clone()));
                wakes.soon(ObjectRef::new(Kind::PersistentVolumeClaim, claim));
            }
        }
    }

    fn is_claim_in_use(&self, claim: &ObjectKey) -> bool {
        let start = (claim.clone(), ObjectKey::cluster(""));
        self.users.range(start..).next().is_some_and(|(used, _)| used == claim)
    }
}

/// Whether the object is to lose its finalizer, or lacks it.
fn needs_attention(object: &Object) -> bool {
    let finalizer = if object.kind() == Kind::PersistentVolume { VOLUME_FINALIZER } else { CLAIM_FINALIZER };
    let has = meta::finalizers(object.meta()).iter().any(|name| name == finalizer);
    has == meta::is_terminating(object.meta())
}

fn is_bound(volume: &PersistentVolume) -> bool {
    volume.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound")
}

/// Removes the finalizer of a deleted object that is not in use; adds it to one that lives without.
fn protect<T: Resource>(
    key: &ObjectKey,
    finalizer: &str,
    is_in_use: impl Fn(&T) -> bool,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    let Some(object) = context.view.typed::<T>(key) else { return Ok(()) };
    let has = meta::finalizers(object.metadata()).iter().any(|name| name == finalizer);
    let remove = match (meta::is_terminating(object.metadata()), has) {
        (true, true) if !is_in_use(object) => true,
        (false, false) => false,
        _ => return Ok(()),
    };
    let change = |object: &mut T| {
        let finalizers = object.metadata_mut().finalizers.get_or_insert_default();
        finalizers.retain(|name| name != finalizer);
        if !remove {
            finalizers.push(finalizer.to_owned());
        }
    };
    context.api.modify::<T>(key, Subresource::Main, change).map(drop)
}

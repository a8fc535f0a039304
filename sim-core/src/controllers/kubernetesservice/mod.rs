//! Puts the API server's own Service, `kubernetes`, its slice and its Endpoints back when somebody
//! deletes them.
//!
//! Models pkg/controlplane/controller/kubernetesservice and pkg/controlplane/reconcilers, which look
//! every 10 s.

use imbl::OrdMap;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::api::{Kind, Object, ObjectKey, ObjectRef, SimTime};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// How often upstream's loop looks, in nanoseconds.
const PERIOD_NANOS: u64 = 10_000_000_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct KubernetesServiceController {
    /// What was deleted, as it was then.
    lost: OrdMap<ObjectRef, Object>,
}

impl Component for KubernetesServiceController {
    fn name(&self) -> &'static str {
        "kubernetes-service-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        let is_ours = matches!(change.object.kind(), Kind::Service | Kind::EndpointSlice | Kind::Endpoints);
        let reference = change.reference.clone();
        if change.change == ChangeType::Deleted
            && is_ours
            && reference.key == ObjectKey::new("default", "kubernetes")
        {
            self.lost.insert(reference.clone(), change.object.clone());
            let next = (change.at.0 / PERIOD_NANOS + 1) * PERIOD_NANOS;
            wakes.at(reference, SimTime(next), Pace::Progress);
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(mut lost) = self.lost.get(key).cloned() else { return Ok(()) };
        if context.view.get(key.kind, &key.key).is_none() {
            let metadata = lost.meta_mut();
            metadata.uid = None;
            metadata.resource_version = None;
            metadata.creation_timestamp = None;
            metadata.annotations = None;
            match key.kind {
                Kind::Service => context.api.create(lost)?,
                _ => {
                    let identities = ChaCha8Rng::seed_from_u64(context.random.next_u64());
                    context.api.with_identities(identities, |api| api.create(lost))?
                }
            };
        }
        self.lost.remove(key);
        Ok(())
    }
}

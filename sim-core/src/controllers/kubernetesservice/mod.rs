//! Puts the API server's own Service, `kubernetes`, back when somebody deletes it.
//!
//! Models pkg/controlplane/controller/kubernetesservice, which looks every 10 s.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::{Kind, ObjectKey, ObjectRef, Resource, SimTime};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// How often upstream's loop looks, in nanoseconds.
const PERIOD_NANOS: u64 = 10_000_000_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct KubernetesServiceController {
    /// The Service as it was when it was deleted.
    lost: Option<Arc<Service>>,
}

impl Component for KubernetesServiceController {
    fn name(&self) -> &'static str {
        "kubernetes-service-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        if change.change != ChangeType::Deleted || change.object.kind() != Kind::Service {
            return;
        }
        let key = ObjectKey::new("default", "kubernetes");
        if change.reference.key.clone() == key {
            self.lost = Service::from_object(&change.object);
            let next = (change.at.0 / PERIOD_NANOS + 1) * PERIOD_NANOS;
            wakes.at(ObjectRef::new(Kind::Service, key), SimTime(next), Pace::Progress);
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(lost) = self.lost.clone().filter(|_| context.view.get(Kind::Service, &key.key).is_none())
        else {
            return Ok(());
        };
        let metadata = ObjectMeta {
            name: lost.metadata.name.clone(),
            namespace: lost.metadata.namespace.clone(),
            labels: lost.metadata.labels.clone(),
            ..ObjectMeta::default()
        };
        context.api.create(Service { metadata, spec: lost.spec.clone(), status: None })?;
        self.lost = None;
        Ok(())
    }
}

//! Lists the pods behind each Service.
//!
//! Models pkg/controller/endpointslice and k8s.io/endpointslice. Upstream looks at all pods of a
//! Service on every sync; here a sync looks at the pods that changed since the last one and at the
//! slices that hold them, so that its cost does not grow with the pods behind the Service. A change of
//! the Service itself, or of a slice by somebody else, makes the next sync a full one.

pub(super) mod endpoint;
mod layout;
mod pack;
mod sync;
pub(super) mod trigger;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Pod, Service};

use crate::api::selector::Selector;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta};
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

use layout::Layout;
use trigger::TriggerTimes;

/// Who manages a slice; the value of its `endpointslice.kubernetes.io/managed-by` label.
const MANAGER: &str = "endpointslice-controller.k8s.io";
/// The label that names a slice's manager.
pub(super) const LABEL_MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
/// The label that names a slice's Service.
pub(super) const LABEL_SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The label of slices whose Service has no cluster IP.
pub(super) const LABEL_HEADLESS: &str = "service.kubernetes.io/headless";

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct EndpointSliceController {
    services: OrdMap<ObjectKey, ServiceState>,
}

/// What is known of one Service with a selector.
#[derive(Clone, Debug)]
struct ServiceState {
    selector: Arc<Selector>,
    /// Whether the next sync must look at everything.
    full: bool,
    /// The pods that the next sync must look at.
    dirty: OrdSet<Arc<str>>,
    /// What the slices hold, by address type.
    layouts: OrdMap<&'static str, Layout>,
    triggers: TriggerTimes,
}

impl ServiceState {
    fn new(selector: Selector) -> ServiceState {
        ServiceState {
            selector: Arc::new(selector),
            full: true,
            dirty: OrdSet::new(),
            layouts: OrdMap::new(),
            triggers: TriggerTimes::default(),
        }
    }
}

impl Component for EndpointSliceController {
    fn name(&self) -> &'static str {
        "endpointslice-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Service(service) => self.observe_service(change, service, wakes),
            Object::Pod(pod) => self.observe_pod(change, pod, wakes),
            Object::EndpointSlice(_) => self.observe_slice(change, wakes),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(mut state) = self.services.get(&key.key).cloned() else { return Ok(()) };
        let Some(service) = context.view.shared::<Service>(&key.key) else { return Ok(()) };
        let result = sync::sync_service(&service, &mut state, context);
        self.services.insert(key.key.clone(), state);
        result
    }
}

impl EndpointSliceController {
    fn observe_service(&mut self, change: &Change, service: &Service, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        let selector = endpoint::selector_of(service).filter(|_| change.change != ChangeType::Deleted);
        let Some(selector) = selector else {
            self.services.remove(&key);
            return;
        };
        if change.change == ChangeType::Modified
            && let Some(Object::Service(previous)) = &change.previous
            && !service_matters(previous, service)
        {
            return;
        }
        match self.services.get_mut(&key) {
            Some(state) => {
                state.selector = Arc::new(selector);
                state.full = true;
            }
            None => {
                self.services.insert(key.clone(), ServiceState::new(selector));
            }
        }
        wakes.soon(ObjectRef::new(Kind::Service, key));
    }

    /// Marks the pod in the Services that pick it, now or before the change; wakes those for which the
    /// change matters.
    ///
    /// Models endpointslice/util: GetPodUpdateProjectionKey and GetServicesToUpdate.
    fn observe_pod(&mut self, change: &Change, pod: &Pod, wakes: &mut Wakes) {
        let previous = change.previous.as_ref().and_then(Object::as_ref::<Pod>);
        let labels = meta::labels(&pod.metadata);
        let old_labels = previous.map_or(labels, |previous| meta::labels(&previous.metadata));
        let changed = match (change.change, previous) {
            (ChangeType::Modified, Some(previous)) => endpoint::pod_matters(previous, pod),
            _ => true,
        };
        let renamed = previous.is_some_and(|previous| endpoint::membership_matters(previous, pod));
        let namespace = meta::namespace(&pod.metadata);
        let mut marked = Vec::new();
        for (key, state) in self.services.range(ObjectKey::new(namespace, "")..) {
            if &*key.namespace != namespace {
                break;
            }
            let (before, now) = (state.selector.matches(old_labels), state.selector.matches(labels));
            if before || now {
                marked.push((key.clone(), changed || (renamed && before != now)));
            }
        }
        let name: Arc<str> = meta::name(&pod.metadata).into();
        for (key, wake) in marked {
            if let Some(state) = self.services.get_mut(&key) {
                state.dirty.insert(name.clone());
            }
            if wake {
                wakes.soon(ObjectRef::new(Kind::Service, key));
            }
        }
    }

    /// A slice that somebody else wrote or deleted makes the next sync a full one.
    fn observe_slice(&mut self, change: &Change, wakes: &mut Wakes) {
        let meta = change.object.meta();
        let labels = meta::labels(meta);
        let ours = |labels: &std::collections::BTreeMap<String, String>| {
            labels.get(LABEL_MANAGED_BY).is_some_and(|manager| manager == MANAGER)
        };
        let was_ours = change.previous.as_ref().is_some_and(|previous| ours(meta::labels(previous.meta())));
        if !ours(labels) && !was_ours {
            return;
        }
        let service = change.previous.as_ref().map_or(labels, |previous| meta::labels(previous.meta()));
        let Some(service) = service.get(LABEL_SERVICE_NAME) else { return };
        let key = ObjectKey::new(meta::namespace(meta), service);
        let Some(state) = self.services.get_mut(&key) else { return };
        let name = meta::name(meta);
        let known = state.layouts.values().find_map(|layout| layout.revision_of(name));
        let expected = match change.change {
            ChangeType::Deleted => known.is_none(),
            _ => known.is_some_and(|revision| revision >= change.revision),
        };
        if !expected {
            state.full = true;
            wakes.soon(ObjectRef::new(Kind::Service, key));
        }
    }
}

/// Whether a Service's change can change its slices.
fn service_matters(previous: &Service, service: &Service) -> bool {
    previous.spec != service.spec
        || previous.metadata.labels != service.metadata.labels
        || meta::is_terminating(&previous.metadata) != meta::is_terminating(&service.metadata)
}

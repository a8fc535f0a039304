//! Lists the pods behind each Service in one Endpoints object, the API before EndpointSlices.
//!
//! Models pkg/controller/endpoint. Upstream looks at all pods of a Service whenever one changes; here a
//! sync takes in the pods that changed, and is the last thing that happens at its moment, so that one
//! sync follows any number of changes. The object is written whole, though, so that where it is long a
//! sync comes at the next full second only: upstream's own sync of that many takes its time as well.

mod subsets;
mod sync;

#[cfg(test)]
mod property_tests;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{EndpointPort, Pod, Service};

use super::endpointslice::{endpoint, trigger::TriggerTimes};
use crate::api::selector::Selector;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, SimTime, meta};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

pub(in crate::controllers) use sync::LABEL_MANAGED_BY;

use subsets::Place;

/// How many pods make a Service's object long.
const LONG: usize = 100;
/// When long objects are synced, in nanoseconds.
const PERIOD_NANOS: u64 = 1_000_000_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct EndpointsController {
    services: OrdMap<ObjectKey, ServiceState>,
}

/// What is known of one Service with a selector.
#[derive(Clone, Debug)]
struct ServiceState {
    selector: Arc<Selector>,
    /// Whether the next sync must look at all pods.
    full: bool,
    /// The pods that the next sync must look at.
    dirty: OrdSet<Arc<str>>,
    /// What each pod offers, by its name.
    members: OrdMap<Arc<str>, Member>,
    ready: OrdSet<Place>,
    not_ready: OrdSet<Place>,
    /// How many pods offer these ports.
    offers: OrdMap<String, usize>,
    triggers: TriggerTimes,
}

/// What one pod offers.
#[derive(Clone, Debug)]
struct Member {
    place: Place,
    ready: bool,
    ports: Arc<[EndpointPort]>,
    /// The ports as a key of [`ServiceState::offers`].
    offer: String,
}

impl ServiceState {
    fn new(selector: Selector) -> ServiceState {
        ServiceState {
            selector: Arc::new(selector),
            full: true,
            dirty: OrdSet::new(),
            members: OrdMap::new(),
            ready: OrdSet::new(),
            not_ready: OrdSet::new(),
            offers: OrdMap::new(),
            triggers: TriggerTimes::default(),
        }
    }

    fn wake(&self, key: ObjectKey, now: SimTime, wakes: &mut Wakes) {
        let key = ObjectRef::new(Kind::Service, key);
        if self.members.len() > LONG {
            let next = SimTime((now.0 / PERIOD_NANOS + 1) * PERIOD_NANOS);
            wakes.at(key, next, Pace::Progress);
        } else {
            wakes.last(key);
        }
    }
}

impl Component for EndpointsController {
    fn name(&self) -> &'static str {
        "endpoint-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Service(service) => self.observe_service(change, service, wakes),
            Object::Pod(pod) => self.observe_pod(change, pod, wakes),
            Object::Endpoints(_) if change.change == ChangeType::Deleted => {
                let key = change.reference.key.clone();
                if let Some(state) = self.services.get(&key) {
                    state.wake(key, change.at, wakes);
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(service) = context.view.shared::<Service>(&key.key) else {
            return sync::delete(&key.key, context);
        };
        // Another that has none is somebody else's.
        let Some(mut state) = self.services.get(&key.key).cloned() else { return Ok(()) };
        let result = sync::sync_service(&service, &mut state, context);
        state.full |= result.is_err();
        self.services.insert(key.key.clone(), state);
        result
    }
}

impl EndpointsController {
    fn observe_service(&mut self, change: &Change, service: &Service, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        if change.change == ChangeType::Deleted {
            self.services.remove(&key);
            wakes.last(ObjectRef::new(Kind::Service, key));
            return;
        }
        let Some(selector) = endpoint::selector_of(service) else {
            self.services.remove(&key);
            return;
        };
        let previous = change.previous.as_ref().and_then(Object::as_ref::<Service>);
        let same = previous.is_some_and(|previous| {
            previous.spec == service.spec && previous.metadata.labels == service.metadata.labels
        });
        if same {
            return;
        }
        let triggers = self.services.get(&key).map(|state| state.triggers.clone()).unwrap_or_default();
        let state = ServiceState { triggers, ..ServiceState::new(selector) };
        state.wake(key.clone(), change.at, wakes);
        self.services.insert(key, state);
    }

    /// Marks the pod in the Services that pick it, now or before the change; wakes those for which the
    /// change matters.
    fn observe_pod(&mut self, change: &Change, pod: &Pod, wakes: &mut Wakes) {
        let previous = change.previous.as_ref().and_then(Object::as_ref::<Pod>);
        let labels = meta::labels(&pod.metadata);
        let old_labels = previous.map_or(labels, |previous| meta::labels(&previous.metadata));
        let changed = match (change.change, previous) {
            (ChangeType::Modified, Some(previous)) => {
                endpoint::pod_matters(previous, pod) || endpoint::membership_matters(previous, pod)
            }
            _ => true,
        };
        if !changed {
            return;
        }
        let namespace = meta::namespace(&pod.metadata);
        let in_namespace = |key: &ObjectKey| &*key.namespace == namespace;
        let picked =
            |state: &ServiceState| state.selector.matches(old_labels) || state.selector.matches(labels);
        let first = ObjectKey::new(namespace, "");
        let of_namespace = self.services.range(first..).take_while(|(key, _)| in_namespace(key));
        let keys: Vec<ObjectKey> =
            of_namespace.filter(|(_, state)| picked(state)).map(|(key, _)| key.clone()).collect();
        for key in keys {
            if let Some(state) = self.services.get_mut(&key) {
                state.dirty.insert(meta::name(&pod.metadata).into());
                state.wake(key, change.at, wakes);
            }
        }
    }
}

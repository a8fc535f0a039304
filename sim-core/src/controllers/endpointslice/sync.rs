//! One sync of one Service: what its changed pods want, and the writes that bring it about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use super::layout::Layout;
use super::pack::{Content, Packing, Plan, Wanted, pack};
use super::{LABEL_HEADLESS, LABEL_MANAGED_BY, LABEL_SERVICE_NAME, MANAGER, ServiceState, endpoint, trigger};
use crate::api::{ApiResult, Kind, Object, ObjectKey, meta, pod};
use crate::apiserver::{ApiServer, DeleteOptions};
use crate::engine::{Context, ReconcileError};
use crate::store::Store;

type Labels = BTreeMap<String, String>;

/// Brings the Service's slices up to its pods. After an error the next sync is a full one.
///
/// Models pkg/controller/endpointslice: syncService.
pub(super) fn sync_service(
    service: &Arc<Service>,
    state: &mut ServiceState,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let full = std::mem::replace(&mut state.full, false);
    if full {
        read_slices(service, state, context)?;
    }
    let names = std::mem::take(&mut state.dirty);
    let namespace = meta::namespace(&service.metadata);
    let pod_of = |name: &Arc<str>| context.view.typed::<Pod>(&ObjectKey::new(namespace, name));
    let is_picked = |pod: &&Pod| state.selector.matches(meta::labels(&pod.metadata));
    let pods: Vec<(&Arc<str>, Option<&Pod>)> =
        names.iter().map(|name| (name, pod_of(name).filter(is_picked))).collect();
    let time = state.triggers.advance(service, pods.iter().copied());
    let mut homeless = None;
    for (name, pod) in &pods {
        if pod.is_some_and(|pod| is_without_node(pod, service, context.view)) {
            state.dirty.insert((*name).clone());
            homeless.get_or_insert((*name).clone());
        }
    }
    let created = endpoint::installed(service, context.now);
    let sync = Sync { service, labels: labels_of(service), time, created, view: context.view.clone() };
    for address_type in endpoint::address_types(service) {
        let mut layout = state.layouts.get(address_type).cloned().unwrap_or_default();
        let plan = sync.plan(&layout, &pods, full, address_type);
        let result = sync.carry_out(plan, &mut layout, address_type, context.api);
        state.layouts.insert(address_type, layout);
        if let Err(error) = result {
            state.full = true;
            return Err(error.into());
        }
    }
    match homeless {
        Some(name) => Err(ReconcileError::NotYet(format!("skipping Pod {name}: its Node was not found"))),
        None => Ok(()),
    }
}

/// Forgets what is known, reads the slices that are there, and marks every pod that may matter.
fn read_slices(service: &Service, state: &mut ServiceState, context: &mut Context<'_>) -> ApiResult<()> {
    state.layouts = OrdMap::new();
    let types = endpoint::address_types(service);
    for object in context.view.owned_by(meta::uid(&service.metadata)) {
        let Object::EndpointSlice(slice) = object else { continue };
        if meta::labels(&slice.metadata).get(LABEL_MANAGED_BY).map(String::as_str) != Some(MANAGER) {
            continue;
        }
        match types.iter().find(|address_type| **address_type == slice.address_type) {
            Some(address_type) => {
                let mut layout = state.layouts.get(address_type).cloned().unwrap_or_default();
                layout.put(slice);
                state.dirty.extend(layout.pods().cloned());
                state.layouts.insert(address_type, layout);
            }
            None => delete_slice(&object.key(), context.api)?,
        }
    }
    let namespace = meta::namespace(&service.metadata);
    for pod in context.view.all_in::<Pod>(namespace) {
        if state.selector.matches(meta::labels(&pod.metadata)) {
            state.dirty.insert(meta::name(&pod.metadata).into());
        }
    }
    Ok(())
}

/// A pod whose node is not known is left out until it is, unless all addresses are to be published.
fn is_without_node(pod: &Pod, service: &Service, view: &Store) -> bool {
    endpoint::is_listed(pod) && !endpoint::publishes_not_ready(service) && node_of(pod, view).is_none()
}

fn node_of<'a>(pod: &Pod, view: &'a Store) -> Option<&'a Node> {
    view.typed::<Node>(&ObjectKey::cluster(pod::node_name(pod)?))
}

fn delete_slice(key: &ObjectKey, api: &mut ApiServer) -> ApiResult<()> {
    match api.delete(Kind::EndpointSlice, key, &DeleteOptions::default()) {
        Err(error) if error.is_not_found() => Ok(()),
        other => other.map(|_| ()),
    }
}

/// The slice's labels: the Service's, and those that say whose slice it is.
///
/// Models k8s.io/endpointslice: setEndpointSliceLabels.
fn labels_of(service: &Service) -> Labels {
    let mut labels = meta::labels(&service.metadata).clone();
    labels.remove(LABEL_HEADLESS);
    if endpoint::is_headless(service) {
        labels.insert(LABEL_HEADLESS.to_owned(), String::new());
    }
    labels.insert(LABEL_SERVICE_NAME.to_owned(), meta::name(&service.metadata).to_owned());
    labels.insert(LABEL_MANAGED_BY.to_owned(), MANAGER.to_owned());
    labels
}

/// Whether labels differ beyond those that say whose slice it is.
fn labels_differ(present: &Labels, wanted: &Labels) -> bool {
    let is_own = |key: &str| !matches!(key, LABEL_HEADLESS | LABEL_SERVICE_NAME | LABEL_MANAGED_BY);
    let own = |labels: &Labels| -> BTreeSet<(String, String)> {
        labels.iter().filter(|(key, _)| is_own(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    own(present) != own(wanted)
}

/// One sync.
struct Sync<'a> {
    service: &'a Arc<Service>,
    labels: Labels,
    time: Option<Timestamp>,
    created: Option<Time>,
    view: Store,
}

impl Sync<'_> {
    fn plan(
        &self,
        layout: &Layout,
        pods: &[(&Arc<str>, Option<&Pod>)],
        full: bool,
        address_type: &str,
    ) -> Plan {
        let wanted = |(name, pod): &(&Arc<str>, Option<&Pod>)| {
            let wanted = pod.and_then(|pod| self.wanted(pod, address_type));
            ((*name).clone(), wanted)
        };
        pack(Packing {
            layout,
            pods: pods.iter().map(wanted).collect(),
            full,
            read: &|name| self.view.shared::<EndpointSlice>(&self.key_of(name)),
            labels_differ: &|slice| full && labels_differ(meta::labels(&slice.metadata), &self.labels),
        })
    }

    fn wanted(&self, pod: &Pod, address_type: &str) -> Option<Wanted> {
        if !endpoint::is_listed(pod) || is_without_node(pod, self.service, &self.view) {
            return None;
        }
        let endpoint = endpoint::of_pod(pod, node_of(pod, &self.view), self.service, address_type)?;
        let ports = endpoint::ports_of(pod, self.service);
        Some(Wanted { ports_key: endpoint::ports_key(&ports), ports, endpoint })
    }

    fn key_of(&self, slice: &str) -> ObjectKey {
        ObjectKey::new(meta::namespace(&self.service.metadata), slice)
    }

    /// Creates, updates and deletes slices, and keeps `layout` in step.
    ///
    /// Models k8s.io/endpointslice: finalize.
    fn carry_out(
        &self,
        plan: Plan,
        layout: &mut Layout,
        address_type: &'static str,
        api: &mut ApiServer,
    ) -> ApiResult<()> {
        let gone = plan.update.keys().chain(&plan.delete);
        for slice in gone.filter_map(|name| self.view.typed::<EndpointSlice>(&self.key_of(name))) {
            layout.unplace(slice);
        }
        if !meta::is_terminating(&self.service.metadata) {
            for content in plan.create {
                let stored = api.create(self.slice_of(content, address_type));
                match stored {
                    // Nothing can come into a namespace that goes; its slices go with it.
                    Err(error) if error.is_namespace_terminating() => return Ok(()),
                    stored => remember(stored?, layout),
                }
            }
        }
        for (name, content) in plan.update {
            let fresh = self.slice_of(content, address_type);
            let present = self.view.typed::<EndpointSlice>(&self.key_of(&name));
            let slice = present.map_or_else(|| fresh.clone(), |present| self.updated(present, &fresh));
            remember(api.update(slice)?, layout);
        }
        for name in plan.delete {
            layout.forget(&name);
            delete_slice(&self.key_of(&name), api)?;
        }
        Ok(())
    }

    /// A stored slice with new content; what others wrote into its metadata stays.
    fn updated(&self, present: &EndpointSlice, fresh: &EndpointSlice) -> EndpointSlice {
        let mut slice = present.clone();
        slice.metadata.labels = fresh.metadata.labels.clone();
        slice.endpoints = fresh.endpoints.clone();
        slice.ports = fresh.ports.clone();
        trigger::annotate(&mut slice, self.time);
        slice
    }

    fn slice_of(&self, content: Content, address_type: &str) -> EndpointSlice {
        let service = Object::Service(self.service.clone());
        let mut slice = EndpointSlice {
            metadata: ObjectMeta {
                generate_name: Some(format!("{}-", meta::name(&self.service.metadata))),
                namespace: self.service.metadata.namespace.clone(),
                labels: Some(self.labels.clone()),
                creation_timestamp: self.created.clone(),
                owner_references: Some(vec![meta::controller_reference(&service)]),
                ..ObjectMeta::default()
            },
            address_type: address_type.to_owned(),
            endpoints: Some(content.endpoints).filter(|endpoints| !endpoints.is_empty()),
            ports: Some(content.ports).filter(|ports| !ports.is_empty()),
        };
        trigger::annotate(&mut slice, self.time);
        slice
    }
}

fn remember(stored: Object, layout: &mut Layout) {
    if let Object::EndpointSlice(slice) = stored {
        layout.put(&slice);
    }
}

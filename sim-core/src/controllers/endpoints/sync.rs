//! One sync of one Service.
//!
//! Models pkg/controller/endpoint: syncService.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, ObjectReference, Pod, Service,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::subsets::{self, MAX_CAPACITY, Place};
use super::{Member, ServiceState, endpoint};
use crate::api::{Feature, Kind, ObjectKey, meta, pod};
use crate::apiserver::DeleteOptions;
use crate::controllers::endpointslice::{LABEL_HEADLESS, trigger};
use crate::engine::{Context, ReconcileError};
use crate::store::Store;

/// The label that says who manages an object, and this controller's name in it.
pub(in crate::controllers) const LABEL_MANAGED_BY: (&str, &str) =
    ("endpoints.kubernetes.io/managed-by", "endpoint-controller");
/// The annotation of objects that leave out addresses, and its value.
const OVER_CAPACITY: (&str, &str) = ("endpoints.kubernetes.io/over-capacity", "truncated");

/// Deletes the object of a Service that is gone.
pub(super) fn delete(key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    match context.api.delete(Kind::Endpoints, key, &DeleteOptions::default()) {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}

/// Brings the Service's object up to its pods.
pub(super) fn sync_service(
    service: &Service,
    state: &mut ServiceState,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let namespace = meta::namespace(&service.metadata);
    if std::mem::replace(&mut state.full, false) {
        for pod in context.view.all_in::<Pod>(namespace) {
            if state.selector.matches(meta::labels(&pod.metadata)) {
                state.dirty.insert(meta::name(&pod.metadata).into());
            }
        }
    }
    let dirty = std::mem::take(&mut state.dirty);
    let pod_of = |name: &Arc<str>| {
        let pod = context.view.typed::<Pod>(&ObjectKey::new(namespace, name));
        pod.filter(|pod| state.selector.matches(meta::labels(&pod.metadata)))
    };
    let pods: Vec<(&Arc<str>, Option<&Pod>)> = dirty.iter().map(|name| (name, pod_of(name))).collect();
    let time = state.triggers.advance(service, pods.iter().copied());
    for (name, pod) in pods {
        place(state, name, pod.and_then(|pod| member(pod, service)));
    }
    let mut wanted = subsets_of(state, service, context.view);
    let key = ObjectKey::new(namespace, meta::name(&service.metadata));
    let present = context.view.typed::<Endpoints>(&key);
    if present.is_some_and(|present| is_current(present, &wanted, service)) {
        return Ok(());
    }
    let truncated = subsets::truncate(&mut wanted);
    let mut endpoints = present.cloned().unwrap_or_else(|| Endpoints {
        metadata: ObjectMeta {
            name: service.metadata.name.clone(),
            namespace: service.metadata.namespace.clone(),
            creation_timestamp: endpoint::installed(service, context.now),
            ..ObjectMeta::default()
        },
        subsets: None,
    });
    endpoints.subsets = Some(wanted).filter(|subsets| !subsets.is_empty());
    endpoints.metadata.labels = Some(labels(service, context)).filter(|labels| !labels.is_empty());
    let mut annotations = endpoints.metadata.annotations.take().unwrap_or_default();
    let capacity = truncated.then(|| OVER_CAPACITY.1.to_owned());
    for (name, value) in
        [(trigger::ANNOTATION, time.map(|time| time.to_string())), (OVER_CAPACITY.0, capacity)]
    {
        match value {
            Some(value) => annotations.insert(name.to_owned(), value),
            None => annotations.remove(name),
        };
    }
    endpoints.metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
    if present.is_some() {
        context.api.update(endpoints)?;
        return Ok(());
    }
    let identities = ChaCha8Rng::seed_from_u64(context.random.next_u64());
    match context.api.with_identities(identities, |api| api.create(endpoints)) {
        // Nothing can come into a namespace that goes.
        Err(error) if !error.is_namespace_terminating() => Err(error.into()),
        _ => Ok(()),
    }
}

/// Whether there is nothing to write. An object that left out addresses is always written.
fn is_current(present: &Endpoints, wanted: &[EndpointSubset], service: &Service) -> bool {
    let own = |key: &String| key == LABEL_HEADLESS || key == LABEL_MANAGED_BY.0;
    present.subsets.as_deref().unwrap_or_default() == wanted
        && meta::labels(&present.metadata).iter().filter(|(key, _)| !own(key)).eq(meta::labels(
            &service.metadata,
        )
        .iter()
        .filter(|(key, _)| !own(key)))
        && !meta::annotations(&present.metadata).contains_key(OVER_CAPACITY.0)
}

fn labels(service: &Service, context: &Context<'_>) -> BTreeMap<String, String> {
    let mut labels = meta::labels(&service.metadata).clone();
    labels.remove(LABEL_HEADLESS);
    if context.api.gates.has(Feature::EndpointsDeprecated) {
        labels.insert(LABEL_MANAGED_BY.0.to_owned(), LABEL_MANAGED_BY.1.to_owned());
    }
    if endpoint::is_headless(service) {
        labels.insert(LABEL_HEADLESS.to_owned(), String::new());
    }
    labels
}

/// What the pod offers; `None` when it is not listed.
///
/// Models endpointslice/util: ShouldPodBeInEndpoints, and podToEndpointAddressForService.
fn member(pod: &Pod, service: &Service) -> Option<Member> {
    let spec = service.spec.as_ref()?;
    let publishes = endpoint::publishes_not_ready(service);
    if !endpoint::is_listed(pod) || (meta::is_terminating(&pod.metadata) && !publishes) {
        return None;
    }
    let families = spec.ip_families.as_deref().unwrap_or_default();
    let wants_v6 = families.first().is_some_and(|family| family == "IPv6");
    let ip = endpoint::addresses(pod).into_iter().find(|ip| ip.contains(':') == wants_v6)?.to_owned();
    let service_ports = spec.ports.as_deref().unwrap_or_default();
    let offered = service_ports.iter().filter_map(|port| {
        Some(EndpointPort {
            name: port.name.clone().filter(|name| !name.is_empty()),
            port: endpoint::find_port(pod, port)?,
            protocol: Some(endpoint::protocol(port.protocol.as_deref()).to_owned()),
            app_protocol: port.app_protocol.clone(),
        })
    });
    let ports: Vec<EndpointPort> = offered.collect();
    // Only a headless Service has no ports.
    if ports.is_empty() && !service_ports.is_empty() {
        return None;
    }
    let text = |port: &EndpointPort| format!("{}/{:?}", port.port, port.name);
    Some(Member {
        place: Place {
            ip,
            uid: meta::uid(&pod.metadata).to_owned(),
            pod: meta::name(&pod.metadata).to_owned(),
        },
        ready: publishes || pod::is_ready(pod),
        offer: ports.iter().map(text).collect::<Vec<_>>().join(","),
        ports: ports.into(),
    })
}

/// Takes in what a pod offers now.
fn place(state: &mut ServiceState, name: &Arc<str>, member: Option<Member>) {
    if let Some(old) = state.members.remove(name) {
        let list = if old.ready { &mut state.ready } else { &mut state.not_ready };
        list.remove(&old.place);
        let left = state.offers.get(&old.offer).copied().unwrap_or(0);
        match left {
            0 | 1 => state.offers.remove(&old.offer),
            _ => state.offers.insert(old.offer, left - 1),
        };
    }
    let Some(member) = member else { return };
    let list = if member.ready { &mut state.ready } else { &mut state.not_ready };
    list.insert(member.place.clone());
    *state.offers.entry(member.offer.clone()).or_insert(0) += 1;
    state.members.insert(name.clone(), member);
}

/// The subsets; of one that is too long, enough to see that it is.
fn subsets_of(state: &ServiceState, service: &Service, view: &Store) -> Vec<EndpointSubset> {
    let address = |place: &Place| address_of(place, service, view);
    if state.offers.len() > 1 {
        let offers = state.members.values().map(|member| (&member.place, member.ready, &*member.ports));
        return subsets::repack(offers, address);
    }
    let Some((_, first)) = state.members.get_min() else { return Vec::new() };
    let take = |places: &imbl::OrdSet<Place>| -> Vec<EndpointAddress> {
        places.iter().take(MAX_CAPACITY + 1).filter_map(address).collect()
    };
    vec![subsets::subset(take(&state.ready), take(&state.not_ready), &first.ports)]
}

fn address_of(place: &Place, service: &Service, view: &Store) -> Option<EndpointAddress> {
    let namespace = meta::namespace(&service.metadata);
    let pod = view.typed::<Pod>(&ObjectKey::new(namespace, &place.pod))?;
    Some(EndpointAddress {
        hostname: endpoint::hostname(pod, service),
        ip: place.ip.clone(),
        node_name: pod::node_name(pod).map(str::to_owned),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".to_owned()),
            namespace: pod.metadata.namespace.clone(),
            name: Some(place.pod.clone()),
            uid: Some(place.uid.clone()),
            ..ObjectReference::default()
        }),
    })
}

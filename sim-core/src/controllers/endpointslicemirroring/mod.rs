//! Copies Endpoints that somebody made for a Service without a selector into EndpointSlices, which is
//! where DNS and the proxies look.
//!
//! Models pkg/controller/endpointslicemirroring.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{EndpointAddress, Endpoints, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::endpoints::LABEL_MANAGED_BY as ENDPOINTS_MANAGED_BY;
use super::endpointslice::{LABEL_MANAGED_BY, LABEL_SERVICE_NAME, trigger};
use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta};
use crate::apiserver::{ApiServer, DeleteOptions};
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// Who manages a slice; the value of its `endpointslice.kubernetes.io/managed-by` label.
const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
/// The label of Endpoints that are not to be copied.
pub(crate) const LABEL_SKIP_MIRROR: &str = "endpointslice.kubernetes.io/skip-mirror";
/// The annotation that client-side apply keeps.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// How many addresses of a subset are copied, `--mirroring-max-endpoints-per-subset`.
const MAX_PER_SUBSET: usize = 1000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct EndpointSliceMirroringController;

impl Component for EndpointSliceMirroringController {
    fn name(&self) -> &'static str {
        "endpoint-slice-mirroring-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        let labels = meta::labels(change.object.meta());
        let key = change.reference.key.clone();
        let concerns = match &change.object {
            // What the endpoint controller writes belongs to a Service that has a selector.
            Object::Endpoints(_) => {
                !skips_mirror(change.object.meta())
                    && labels.get(ENDPOINTS_MANAGED_BY.0).is_none_or(|name| name != ENDPOINTS_MANAGED_BY.1)
            }
            Object::Service(service) => match (change.change, &change.previous) {
                (ChangeType::Modified, Some(Object::Service(previous))) => {
                    has_selector(previous) != has_selector(service)
                }
                _ => !has_selector(service),
            },
            Object::EndpointSlice(_) => {
                let name = labels.get(LABEL_SERVICE_NAME).filter(|_| is_ours(&change.object));
                if let Some(name) = name.filter(|_| change.change == ChangeType::Deleted) {
                    wakes.soon(ObjectRef::new(Kind::Endpoints, ObjectKey::new(&key.namespace, name)));
                }
                false
            }
            _ => false,
        };
        if concerns {
            wakes.soon(ObjectRef::new(Kind::Endpoints, key));
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let view = context.view;
        let service = view.typed::<Service>(&key.key).filter(|service| !has_selector(service));
        let endpoints = view.shared::<Endpoints>(&key.key);
        let mirrored = endpoints.filter(|endpoints| !skips_mirror(&endpoints.metadata) && service.is_some());
        let mut wanted = mirrored.map(|endpoints| slices_of(&endpoints)).unwrap_or_default();
        let of_service = |object: &&Object| {
            meta::labels(object.meta()).get(LABEL_SERVICE_NAME).is_some_and(|name| *name == *key.key.name)
        };
        let in_namespace = view.list_in(Kind::EndpointSlice, &key.key.namespace);
        let present: Vec<&EndpointSlice> = in_namespace
            .filter(of_service)
            .filter(|object| is_ours(object))
            .filter_map(|object| object.as_ref())
            .collect();
        let identities = ChaCha8Rng::seed_from_u64(context.random.next_u64());
        context.api.with_identities(identities, |api| write(&mut wanted, present, api))
    }
}

/// Updates a slice of the same ports, or else one that would go; creates what is left of `wanted`.
///
/// Models reconcileByPortMapping and finalize.
fn write(
    wanted: &mut Vec<EndpointSlice>,
    present: Vec<&EndpointSlice>,
    api: &mut ApiServer,
) -> Result<(), ReconcileError> {
    let is_alike =
        |a: &EndpointSlice, b: &EndpointSlice| a.ports == b.ports && a.address_type == b.address_type;
    let (kept, mut spare): (Vec<_>, Vec<_>) =
        present.into_iter().partition(|slice| wanted.iter().any(|wanted| is_alike(wanted, slice)));
    for slice in kept {
        match wanted.iter().position(|wanted| is_alike(wanted, slice)) {
            Some(index) => update(slice, wanted.remove(index), api)?,
            None => spare.push(slice),
        }
    }
    let mut spare = spare.into_iter();
    for slice in wanted.drain(..) {
        // The type of a slice's addresses cannot change.
        match spare.as_slice().first().is_some_and(|old| old.address_type == slice.address_type) {
            true => spare.next().map_or(Ok(()), |old| update(old, slice, api))?,
            false => match api.create(slice) {
                Err(error) if !error.is_namespace_terminating() => return Err(error.into()),
                _ => {}
            },
        }
    }
    for slice in spare {
        let key = Object::from(slice.clone()).key();
        match api.delete(Kind::EndpointSlice, &key, &DeleteOptions::default()) {
            Err(error) if !error.is_not_found() => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn update(present: &EndpointSlice, wanted: EndpointSlice, api: &mut ApiServer) -> Result<(), ReconcileError> {
    let mut slice = present.clone();
    slice.metadata.labels = wanted.metadata.labels;
    slice.metadata.annotations = wanted.metadata.annotations;
    slice.endpoints = wanted.endpoints;
    slice.ports = wanted.ports;
    api.update(slice)?;
    Ok(())
}

/// The slices that say what `endpoints` says: one for each list of ports and kind of address.
fn slices_of(endpoints: &Endpoints) -> Vec<EndpointSlice> {
    let mut slices: Vec<EndpointSlice> = Vec::new();
    for subset in endpoints.subsets.iter().flatten() {
        let port = |port: &k8s_openapi::api::core::v1::EndpointPort| EndpointPort {
            name: Some(port.name.clone().unwrap_or_default()),
            port: Some(port.port),
            protocol: port.protocol.clone(),
            app_protocol: port.app_protocol.clone(),
        };
        let ports: Vec<EndpointPort> = subset.ports.iter().flatten().map(port).collect();
        let ports = Some(ports).filter(|ports| !ports.is_empty());
        let ready = subset.addresses.iter().flatten().map(|address| (address, true));
        let not_ready = subset.not_ready_addresses.iter().flatten().map(|address| (address, false));
        for (address, ready) in ready.chain(not_ready).take(MAX_PER_SUBSET) {
            let Ok(ip) = address.ip.parse::<IpAddr>() else { continue };
            let address_type = if ip.is_ipv6() { "IPv6" } else { "IPv4" };
            let found = slices
                .iter_mut()
                .position(|slice| slice.ports == ports && slice.address_type == address_type);
            let index = found.unwrap_or_else(|| {
                slices.push(new_slice(endpoints, address_type, ports.clone()));
                slices.len() - 1
            });
            slices[index].endpoints.get_or_insert_default().push(endpoint(address, ip, ready));
        }
    }
    slices
}

fn endpoint(address: &EndpointAddress, ip: IpAddr, ready: bool) -> Endpoint {
    Endpoint {
        addresses: vec![ip.to_string()],
        conditions: Some(EndpointConditions { ready: Some(ready), ..EndpointConditions::default() }),
        hostname: address.hostname.clone().filter(|name| !name.is_empty()),
        node_name: address.node_name.clone(),
        target_ref: address.target_ref.clone(),
        ..Endpoint::default()
    }
}

/// Models newEndpointSlice.
fn new_slice(endpoints: &Endpoints, address_type: &str, ports: Option<Vec<EndpointPort>>) -> EndpointSlice {
    let name = meta::name(&endpoints.metadata);
    let mut labels = meta::labels(&endpoints.metadata).clone();
    labels.insert(LABEL_SERVICE_NAME.to_owned(), name.to_owned());
    labels.insert(LABEL_MANAGED_BY.to_owned(), MANAGER.to_owned());
    let mut annotations = meta::annotations(&endpoints.metadata).clone();
    annotations.retain(|key, _| key != trigger::ANNOTATION && key != LAST_APPLIED);
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(format!("{name}-")),
            namespace: endpoints.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
            owner_references: Some(vec![meta::controller_reference(&Object::from(endpoints.clone()))]),
            ..ObjectMeta::default()
        },
        address_type: address_type.to_owned(),
        endpoints: None,
        ports,
    }
}

fn is_ours(object: &Object) -> bool {
    meta::labels(object.meta()).get(LABEL_MANAGED_BY).is_some_and(|manager| manager == MANAGER)
}

fn has_selector(service: &Service) -> bool {
    let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    selector.is_some_and(|selector| !selector.is_empty())
}

fn skips_mirror(metadata: &ObjectMeta) -> bool {
    meta::labels(metadata).get(LABEL_SKIP_MIRROR).is_some_and(|value| value == "true")
        || meta::annotations(metadata).contains_key("control-plane.alpha.kubernetes.io/leader")
}

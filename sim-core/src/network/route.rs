//! Service routing: from an address and a port to the pod behind them, as kube-proxy does it.

use std::collections::BTreeMap;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Service, ServicePort};
use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

use super::answer::slices_of;
use super::http::NetError;
use crate::api::{ObjectKey, SimTime};
use crate::store::Store;

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A pod's address and port.
    Pod {
        /// The pod's IP address.
        ip: String,
        /// The port in the pod.
        port: u16,
    },
    /// No Service has that address: it is a pod's own, or nobody's.
    Direct,
}

/// Which endpoint a client was given, for Services with ClientIP affinity.
#[derive(Clone, Debug, Default)]
pub struct Affinity {
    chosen: OrdMap<(ObjectKey, String), (String, SimTime)>,
}

/// Who connects, and when.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The client's IP address.
    pub ip: &'a str,
    /// Virtual now.
    pub now: SimTime,
}

/// A Service that owns an address, and the port of it that is meant.
struct Owner<'a> {
    service: &'a Service,
    port: &'a ServicePort,
}

/// Routes a connection to a Service's address (cluster IP, external IP or load balancer) and port.
///
/// kube-proxy chooses among the ready endpoints at random; endpoints that are terminating but still
/// serve are used when no other is left (KEP-1669).
///
/// # Errors
/// `Refused` when the Service has no endpoint for that port; `TimedOut` when the address is a Service's
/// and the port is not, since kube-proxy has no rule for it and nothing answers.
pub fn route(
    store: &Store,
    random: &mut ChaCha8Rng,
    affinity: &mut Affinity,
    client: Client<'_>,
    (ip, port): (&str, u16),
) -> Result<Destination, NetError> {
    let mut known = false;
    for service in store.all::<Service>() {
        let Some(spec) = &service.spec else { continue };
        let addresses = spec
            .cluster_ips
            .iter()
            .flatten()
            .chain(&spec.cluster_ip)
            .chain(spec.external_ips.iter().flatten());
        let ingress = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
        let balanced = ingress
            .iter()
            .flat_map(|status| status.ingress.iter().flatten())
            .filter_map(|one| one.ip.as_ref());
        if !addresses.chain(balanced).any(|address| address == ip) {
            continue;
        }
        known = true;
        let wanted = spec.ports.iter().flatten().find(|one| one.port == i32::from(port));
        if let Some(port) = wanted {
            return to_endpoint(store, random, affinity, client, &Owner { service, port });
        }
    }
    if known { Err(NetError::TimedOut) } else { Ok(Destination::Direct) }
}

/// Routes a connection to a node's address: a nodePort, or nothing.
///
/// # Errors
/// `Refused` when no Service has that nodePort or it has no endpoint.
pub fn route_node_port(
    store: &Store,
    random: &mut ChaCha8Rng,
    affinity: &mut Affinity,
    client: Client<'_>,
    node_port: u16,
) -> Result<Destination, NetError> {
    for service in store.all::<Service>() {
        let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
        for port in ports.filter(|port| port.node_port == Some(i32::from(node_port))) {
            return to_endpoint(store, random, affinity, client, &Owner { service, port });
        }
    }
    Err(NetError::Refused)
}

fn to_endpoint(
    store: &Store,
    random: &mut ChaCha8Rng,
    affinity: &mut Affinity,
    client: Client<'_>,
    owner: &Owner<'_>,
) -> Result<Destination, NetError> {
    let endpoints = endpoints(store, owner);
    let spec = owner.service.spec.as_ref();
    let sticky = spec.and_then(|spec| spec.session_affinity.as_deref()) == Some("ClientIP");
    let key = (ObjectKey::of(&owner.service.metadata), client.ip.to_owned());
    if sticky && let Some((ip, at)) = affinity.chosen.get(&key) {
        let config =
            spec.and_then(|spec| spec.session_affinity_config.as_ref()?.client_ip.as_ref()?.timeout_seconds);
        let limit = u64::try_from(config.unwrap_or(10_800)).unwrap_or(0);
        let (ip, fresh) = (ip.clone(), client.now.since(*at).as_secs() < limit);
        if let Some(port) = endpoints.get(&ip).filter(|_| fresh) {
            affinity.chosen.insert(key, (ip.clone(), client.now));
            return Ok(Destination::Pod { ip, port: *port });
        }
    }
    if endpoints.is_empty() {
        return Err(NetError::Refused);
    }
    let index = if endpoints.len() == 1 { 0 } else { (random.next_u64() % endpoints.len() as u64) as usize };
    let Some((ip, port)) = endpoints.into_iter().nth(index) else { return Err(NetError::Refused) };
    if sticky {
        affinity.chosen.insert(key, (ip.clone(), client.now));
    }
    Ok(Destination::Pod { ip, port })
}

/// Addresses and target ports of the endpoints that take connections.
fn endpoints(store: &Store, owner: &Owner<'_>) -> BTreeMap<String, u16> {
    let (mut ready, mut serving) = (BTreeMap::new(), BTreeMap::new());
    let name = owner.port.name.as_deref().unwrap_or_default();
    let protocol = owner.port.protocol.as_deref().unwrap_or("TCP");
    for slice in slices_of(store, owner.service) {
        let port = slice.ports.iter().flatten().find(|port| {
            port.name.as_deref().unwrap_or_default() == name
                && port.protocol.as_deref().unwrap_or("TCP") == protocol
        });
        let Some(port) = port.and_then(|port| u16::try_from(port.port?).ok()) else { continue };
        for endpoint in slice.endpoints.iter().flatten() {
            let Some(address) = endpoint.addresses.first() else { continue };
            let conditions = endpoint.conditions.as_ref();
            if conditions.is_none_or(|conditions| conditions.ready != Some(false)) {
                ready.insert(address.clone(), port);
            } else if conditions.is_some_and(|conditions| {
                conditions.serving == Some(true) && conditions.terminating == Some(true)
            }) {
                serving.insert(address.clone(), port);
            }
        }
    }
    if ready.is_empty() { serving } else { ready }
}

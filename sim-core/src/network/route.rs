//! Service routing: from an address and a port to the pod behind them, as kube-proxy does it.

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Node, Service, ServicePort};

use super::answer::slices_of;
use super::http::NetError;
use crate::api::{ObjectKey, SimTime};
use crate::store::Store;

/// Seconds for which ClientIP affinity holds when the Service does not say: three hours.
const AFFINITY_SECONDS: i32 = 10_800;

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An endpoint of a Service.
    Endpoint {
        /// The pod's IP address.
        ip: String,
        /// The port in the pod.
        port: u16,
    },
    /// No Service has that address: it is a pod's own, or nobody's.
    Direct,
}

/// Who connects, and when.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The client's IP address.
    pub ip: &'a str,
    /// Virtual now.
    pub now: SimTime,
}

/// Routes connections. It takes the endpoints of a Service in turn, where kube-proxy's iptables rules
/// choose at random: a learner sees each of them, and the same steps give the same answers.
#[derive(Clone, Debug, Default)]
pub struct Router {
    routed: u64,
    /// Which endpoint a client was given, for Services with ClientIP affinity.
    chosen: OrdMap<(ObjectKey, String), (String, SimTime)>,
}

impl Router {
    /// Routes a connection to an address: a Service's (cluster, external or load balancer's), or a
    /// node's with a nodePort.
    ///
    /// # Errors
    /// `Refused` when the Service has no endpoint for that port; `TimedOut` when the address is a
    /// Service's and the port is not: kube-proxy has no rule for it, and nothing answers.
    pub fn route(
        &mut self,
        store: &Store,
        client: Client<'_>,
        (ip, port): (&str, u16),
    ) -> Result<Destination, NetError> {
        let mut known = false;
        for service in store.all::<Service>() {
            if !has_address(service, ip) {
                continue;
            }
            known = true;
            if let Some(port) = service_port(service, |known| known.port == i32::from(port)) {
                return self.choose(store, client, service, port);
            }
        }
        if known {
            return Err(NetError::TimedOut);
        }
        if port >= 1_024 && is_node_address(store, ip) {
            for service in store.all::<Service>() {
                if let Some(port) = service_port(service, |known| known.node_port == Some(i32::from(port))) {
                    return self.choose(store, client, service, port);
                }
            }
        }
        Ok(Destination::Direct)
    }

    /// Routes a connection to a port of a Service, whether or not it has an address.
    ///
    /// # Errors
    /// As [`Router::route`].
    pub fn route_to(
        &mut self,
        store: &Store,
        client: Client<'_>,
        service: &Service,
        port: u16,
    ) -> Result<Destination, NetError> {
        let port = service_port(service, |known| known.port == i32::from(port)).ok_or(NetError::TimedOut)?;
        self.choose(store, client, service, port)
    }

    fn choose(
        &mut self,
        store: &Store,
        client: Client<'_>,
        service: &Service,
        port: &ServicePort,
    ) -> Result<Destination, NetError> {
        let endpoints = endpoints(store, service, port);
        let spec = service.spec.as_ref();
        let sticky = spec.and_then(|spec| spec.session_affinity.as_deref()) == Some("ClientIP");
        let key = (ObjectKey::of(&service.metadata), client.ip.to_owned());
        if sticky && let Some((ip, since)) = self.chosen.get(&key) {
            let config = spec.and_then(|spec| spec.session_affinity_config.as_ref()?.client_ip.as_ref());
            let limit = config.and_then(|config| config.timeout_seconds).unwrap_or(AFFINITY_SECONDS);
            let is_fresh = client.now.since(*since).as_secs() < u64::try_from(limit).unwrap_or(0);
            if let Some((ip, port)) = endpoints.iter().find(|(known, _)| is_fresh && known == ip).cloned() {
                self.chosen.insert(key, (ip.clone(), client.now));
                return Ok(Destination::Endpoint { ip, port });
            }
        }
        if endpoints.is_empty() {
            return Err(NetError::Refused);
        }
        self.routed = self.routed.wrapping_add(1);
        let (ip, port) = endpoints[(self.routed % endpoints.len() as u64) as usize].clone();
        if sticky {
            self.chosen.insert(key, (ip.clone(), client.now));
        }
        Ok(Destination::Endpoint { ip, port })
    }
}

/// Whether a Service has an endpoint that takes connections, on its first port.
pub(super) fn is_reached(store: &Store, service: &ObjectKey) -> bool {
    let Some(service) = store.typed::<Service>(service) else { return false };
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    ports.first().is_some_and(|port| !endpoints(store, service, port).is_empty())
}

fn has_address(service: &Service, ip: &str) -> bool {
    let Some(spec) = &service.spec else { return false };
    let own = spec.cluster_ip.iter().chain(spec.cluster_ips.iter().flatten());
    let external = spec.external_ips.iter().flatten();
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let balanced = balancer.iter().flat_map(|status| status.ingress.iter().flatten());
    own.chain(external).chain(balanced.filter_map(|ingress| ingress.ip.as_ref())).any(|known| known == ip)
}

fn service_port(service: &Service, wanted: impl Fn(&ServicePort) -> bool) -> Option<&ServicePort> {
    service.spec.as_ref()?.ports.iter().flatten().find(|port| wanted(port))
}

fn is_node_address(store: &Store, ip: &str) -> bool {
    store.all::<Node>().any(|node| {
        let addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
        addresses.into_iter().any(|known| known.address == ip)
    })
}

/// Addresses and target ports of the endpoints that take connections, by address: those that are ready,
/// or, when there is none, those that are terminating and still serve (KEP-1669).
fn endpoints(store: &Store, service: &Service, port: &ServicePort) -> Vec<(String, u16)> {
    let (mut ready, mut serving) = (Vec::new(), Vec::new());
    let name = port.name.as_deref().unwrap_or_default();
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    for slice in slices_of(store, service) {
        let known = slice.ports.iter().flatten().find(|known| {
            known.name.as_deref().unwrap_or_default() == name
                && known.protocol.as_deref().unwrap_or("TCP") == protocol
        });
        let Some(port) = known.and_then(|port| u16::try_from(port.port?).ok()) else { continue };
        for endpoint in slice.endpoints.iter().flatten() {
            let Some(address) = endpoint.addresses.first() else { continue };
            let conditions = endpoint.conditions.as_ref();
            if conditions.is_none_or(|conditions| conditions.ready != Some(false)) {
                ready.push((address.clone(), port));
            } else if conditions.is_some_and(|conditions| {
                conditions.serving == Some(true) && conditions.terminating == Some(true)
            }) {
                serving.push((address.clone(), port));
            }
        }
    }
    let mut chosen = if ready.is_empty() { serving } else { ready };
    chosen.sort();
    chosen.dedup();
    chosen
}

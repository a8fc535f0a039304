//! Requests between pods, to Services and from outside: the way from an address to a program.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Service, ServicePort};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::Runtime;
use super::program;
use crate::api::{ObjectKey, SimTime, meta};
use crate::network::http::{HttpRequest, HttpResponse, NetError};
use crate::store::Store;

/// The loopback addresses of a pod.
fn is_loopback(ip: &str) -> bool {
    ip == "localhost" || ip.starts_with("127.")
}

impl Runtime {
    /// The pod that has that address.
    pub fn pod_at(&self, ip: &str) -> Option<&ObjectKey> {
        self.by_ip.get(ip)
    }

    /// Sends a request to an address, as something at address `from` would.
    ///
    /// `own` is the pod that loopback addresses mean.
    ///
    /// # Errors
    /// [`NetError`] when nothing answers.
    pub fn request(
        &mut self,
        store: &Store,
        own: Option<&ObjectKey>,
        target: (&str, u16),
        from: &str,
        request: &HttpRequest,
        now: SimTime,
    ) -> Result<(HttpResponse, Duration), NetError> {
        let (pod, port) = self.target(store, own, target)?;
        self.answer(&pod, port, from, request, now)
    }

    /// Opens and closes a connection to an address.
    ///
    /// # Errors
    /// [`NetError`] when nothing listens.
    pub fn connect(
        &mut self,
        store: &Store,
        own: Option<&ObjectKey>,
        target: (&str, u16),
        now: SimTime,
    ) -> Result<(), NetError> {
        let (pod, port) = self.target(store, own, target)?;
        let sandbox = self.sandboxes.get(&pod).ok_or(NetError::NoRoute)?;
        let listens = sandbox.containers.values().any(|container| container.listens_on(port, now));
        if listens { Ok(()) } else { Err(NetError::Refused) }
    }

    /// Sends a request to a pod's port, past all Services.
    ///
    /// # Errors
    /// [`NetError`] when nothing answers.
    pub fn answer(
        &mut self,
        pod: &ObjectKey,
        port: u16,
        from: &str,
        request: &HttpRequest,
        now: SimTime,
    ) -> Result<(HttpResponse, Duration), NetError> {
        let sandbox = self.sandboxes.get(pod).ok_or(NetError::NoRoute)?;
        let found = sandbox.containers.iter().find(|(_, container)| container.listens_on(port, now));
        let name = found.map(|(name, _)| name.clone()).ok_or(NetError::Refused)?;
        let mut files = self.open_files(pod, &name).ok_or(NetError::Refused)?;
        let sandbox = self.sandbox_mut(pod).ok_or(NetError::NoRoute)?;
        let (hostname, ip) = (sandbox.hostname.clone(), sandbox.ip.clone());
        let place = program::Place { hostname: &hostname, ip: &ip };
        let container = sandbox.containers.get_mut(&name).ok_or(NetError::Refused)?;
        let answer = program::answer(container, &mut files, place, from, request, now);
        self.close_files(pod, &name, files);
        answer
    }

    /// Sends a request from outside the cluster, as `minikube service`, `minikube tunnel` or a port of the
    /// node would let through.
    ///
    /// `target` is an address of a pod, a Service or a node, or a Service's name with or without its
    /// namespace (`web`, `web.default`). A headless Service's name leads to one of its ready pods.
    ///
    /// # Errors
    /// [`NetError`] when nothing answers.
    pub fn http_from_user(
        &mut self,
        store: &Store,
        target: &str,
        port: u16,
        request: &HttpRequest,
        now: SimTime,
    ) -> Result<(HttpResponse, Duration), NetError> {
        let (pod, port) = match self.service_named(store, target, port) {
            Some(found) => found?,
            None => match node_port(store, target, port) {
                Some((service, port_name)) => self.endpoint(store, service, &port_name)?,
                None => self.target(store, None, (target, port))?,
            },
        };
        // The node's own address stands for all that comes from outside.
        let bridge = self.sandboxes.get(&pod).map(|sandbox| gateway(&sandbox.ip)).unwrap_or_default();
        self.answer(&pod, port, &bridge, request, now)
    }

    /// The endpoint that a Service's name leads to; `None` when `name` is no Service's.
    fn service_named(
        &mut self,
        store: &Store,
        name: &str,
        port: u16,
    ) -> Option<Result<(ObjectKey, u16), NetError>> {
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            return None;
        }
        let mut labels = name.split('.');
        let (name, namespace) = (labels.next().unwrap_or_default(), labels.next().unwrap_or("default"));
        let service = store.typed::<Service>(&ObjectKey::new(namespace, name))?;
        let known = service_port(service, |known| known.port == i32::from(port));
        Some(known.ok_or(NetError::TimedOut).and_then(|port_name| self.endpoint(store, service, &port_name)))
    }

    /// One of a Service's ready endpoints, in turn.
    fn endpoint(
        &mut self,
        store: &Store,
        service: &Service,
        port_name: &str,
    ) -> Result<(ObjectKey, u16), NetError> {
        let choices = endpoints(store, service, port_name);
        if choices.is_empty() {
            return Err(NetError::Refused);
        }
        self.turn = self.turn.wrapping_add(1);
        let choice = usize::try_from(self.turn).unwrap_or(0) % choices.len();
        let (address, port) = &choices[choice];
        let pod = self.by_ip.get(address.as_str()).ok_or(NetError::NoRoute)?;
        if self.is_reachable(pod) { Ok((pod.clone(), *port)) } else { Err(NetError::TimedOut) }
    }

    /// The pod and port behind an address; a Service's address leads to one of its ready endpoints.
    fn target(
        &mut self,
        store: &Store,
        own: Option<&ObjectKey>,
        (ip, port): (&str, u16),
    ) -> Result<(ObjectKey, u16), NetError> {
        if let Some(own) = own.filter(|_| is_loopback(ip)) {
            return Ok((own.clone(), port));
        }
        if let Some(pod) = self.by_ip.get(ip) {
            return if self.is_reachable(pod) { Ok((pod.clone(), port)) } else { Err(NetError::TimedOut) };
        }
        let service = store
            .all::<Service>()
            .find(|service| {
                service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()).is_some_and(|own| own == ip)
            })
            .ok_or(NetError::NoRoute)?;
        // A cluster address answers only on the Service's ports; other packets are dropped.
        let port_name =
            service_port(service, |known| known.port == i32::from(port)).ok_or(NetError::TimedOut)?;
        self.endpoint(store, service, &port_name)
    }
}

/// The bridge's address in a pod's block.
pub(super) fn gateway(ip: &str) -> String {
    ip.rsplit_once('.').map_or_else(|| "127.0.0.1".to_owned(), |(network, _)| format!("{network}.1"))
}

/// The name of the Service's port for which `wanted` holds; empty for an unnamed one.
fn service_port(service: &Service, wanted: impl Fn(&ServicePort) -> bool) -> Option<String> {
    let mut ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    ports.find(|port| wanted(port)).map(|port| port.name.clone().unwrap_or_default())
}

/// The Service that has `port` open on the node at `address`, and the port's name.
fn node_port<'a>(store: &'a Store, address: &str, port: u16) -> Option<(&'a Service, String)> {
    let is_node = store.all::<Node>().any(|node| {
        let addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
        addresses.into_iter().any(|known| known.address == address)
    });
    let mut services = store.all::<Service>().filter(|_| is_node);
    services.find_map(|service| {
        Some((service, service_port(service, |known| known.node_port == Some(i32::from(port)))?))
    })
}

/// Addresses and ports of the Service's endpoints that are ready, in order.
fn endpoints(store: &Store, service: &Service, port_name: &str) -> Vec<(String, u16)> {
    let name = meta::name(&service.metadata);
    let mut found = Vec::new();
    for slice in store.all_in::<EndpointSlice>(meta::namespace(&service.metadata)) {
        if meta::labels(&slice.metadata).get("kubernetes.io/service-name").map(String::as_str) != Some(name) {
            continue;
        }
        let port = slice
            .ports
            .iter()
            .flatten()
            .find(|port| port.name.as_deref().unwrap_or_default() == port_name)
            .and_then(|port| u16::try_from(port.port?).ok());
        let Some(port) = port else { continue };
        for endpoint in slice.endpoints.iter().flatten() {
            let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true);
            if ready {
                found.extend(endpoint.addresses.iter().map(|address| (address.clone(), port)));
            }
        }
    }
    found.sort();
    found
}

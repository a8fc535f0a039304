//! Requests between pods, to Services and from outside: the way from an address to a program.

use std::net::Ipv4Addr;
use std::time::Duration;

use k8s_openapi::api::core::v1::Service;

use super::program;
use super::{Runtime, Sandbox};
use crate::api::{ObjectKey, SimTime};
use crate::network::http::{HttpRequest, HttpResponse, NetError};
use crate::network::route::{Client, Destination};
use crate::store::Store;

/// The loopback addresses of a pod.
fn is_loopback(ip: &str) -> bool {
    ip == "localhost" || ip.starts_with("127.")
}

impl Runtime {
    /// The pod that has that address.
    pub fn pod_at(&self, ip: Ipv4Addr) -> Option<&ObjectKey> {
        self.by_ip.get(&ip)
    }

    /// How many pods have an address from `first` to `last`.
    pub fn pods_between(&self, first: Ipv4Addr, last: Ipv4Addr) -> usize {
        self.by_ip.range(first..=last).count()
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
        let (pod, port) = self.target(store, own, Client { ip: from, now }, target)?;
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
        let from =
            own.and_then(|own| self.sandbox(own)).map(|sandbox| sandbox.ip.clone()).unwrap_or_default();
        let (pod, port) = self.target(store, own, Client { ip: &from, now }, target)?;
        let sandbox = self.sandboxes.get(&pod).ok_or(NetError::NoRoute)?;
        let local = own == Some(&pod);
        let reaches = |container: &super::container::Container| {
            let hidden =
                container.services.iter().any(|service| service.port == port && service.local && !local);
            container.listens_on(port, now) && !hidden
        };
        let listens = sandbox.containers.values().map(Box::as_ref).any(reaches);
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
        let (name, container) = found.ok_or(NetError::Refused)?;
        if matches!(container.program, super::container::Program::Process(_)) {
            // A server that speaks no HTTP.
            return Err(NetError::TimedOut);
        }
        let name = name.clone();
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
        // All that comes from outside has the node's address for the pods.
        let client = Client { ip: "", now };
        let (pod, port) = match self.service_named(store, client, target, port) {
            Some(found) => found?,
            None => self.target(store, None, client, (target, port))?,
        };
        // The node's own address stands for all that comes from outside.
        let bridge = self.sandboxes.get(&pod).map(|sandbox| gateway(&sandbox.ip)).unwrap_or_default();
        self.answer(&pod, port, &bridge, request, now)
    }

    /// The endpoint that a Service's name leads to; `None` when `name` is no Service's.
    fn service_named(
        &mut self,
        store: &Store,
        client: Client<'_>,
        name: &str,
        port: u16,
    ) -> Option<Result<(ObjectKey, u16), NetError>> {
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            return None;
        }
        let mut labels = name.split('.');
        let (name, namespace) = (labels.next().unwrap_or_default(), labels.next().unwrap_or("default"));
        let service = store.typed::<Service>(&ObjectKey::new(namespace, name))?;
        let routed = self.router.route_to(store, client, service, port);
        Some(routed.and_then(|destination| self.reach(None, destination, (name, port), client.now)))
    }

    /// The pod and port behind an address; a Service's address leads to one of its ready endpoints.
    pub(super) fn target(
        &mut self,
        store: &Store,
        own: Option<&ObjectKey>,
        client: Client<'_>,
        (ip, port): (&str, u16),
    ) -> Result<(ObjectKey, u16), NetError> {
        let is_pods = ip.parse::<Ipv4Addr>().is_ok_and(|ip| self.by_ip.contains_key(&ip))
            || (own.is_some() && is_loopback(ip));
        let destination =
            if is_pods { Destination::Direct } else { self.router.route(store, client, (ip, port))? };
        self.reach(own, destination, (ip, port), client.now)
    }

    /// The pod at a connection's end.
    fn reach(
        &self,
        own: Option<&ObjectKey>,
        destination: Destination,
        (ip, port): (&str, u16),
        now: SimTime,
    ) -> Result<(ObjectKey, u16), NetError> {
        let (ip, port) = match destination {
            Destination::Endpoint { ip, port } => (ip, port),
            Destination::Direct => match own.filter(|_| is_loopback(ip)) {
                Some(own) => return Ok((own.clone(), port)),
                None => (ip.to_owned(), port),
            },
        };
        let known = self.by_ip.get(&ip.parse::<Ipv4Addr>().map_err(|_| NetError::NoRoute)?);
        let pod = known.or_else(|| self.pod_on_host(&ip, port, now)).ok_or(NetError::NoRoute)?;
        if self.is_reachable(pod) { Ok((pod.clone(), port)) } else { Err(NetError::TimedOut) }
    }

    /// Of the pods that have their node's address the one that listens on the port; any of them when none does.
    fn pod_on_host(&self, ip: &str, port: u16, now: SimTime) -> Option<&ObjectKey> {
        let hosted = || self.sandboxes.iter().filter(|(_, sandbox)| sandbox.host_network && sandbox.ip == ip);
        let listens = |sandbox: &Sandbox| sandbox.containers.values().any(|one| one.listens_on(port, now));
        let found = hosted().find(|(_, sandbox)| listens(sandbox)).or_else(|| hosted().next());
        found.map(|(pod, _)| pod)
    }
}

/// The bridge's address in a pod's block.
pub(super) fn gateway(ip: &str) -> String {
    ip.rsplit_once('.').map_or_else(|| "127.0.0.1".to_owned(), |(network, _)| format!("{network}.1"))
}

//! What one pod contributes to one Service.
//!
//! Models k8s.io/endpointslice: podToEndpoint, getEndpointPorts, and the util package's pod rules.

use k8s_openapi::api::core::v1::{Container, Node, ObjectReference, Pod, Service, ServicePort};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::api::selector::Selector;
use crate::api::{SimTime, meta, pod};

/// The label that names a node's zone.
const LABEL_ZONE: &str = "topology.kubernetes.io/zone";

/// By when controllers have seen what a new cluster holds.
const INSTALLED: SimTime = SimTime(50_000_000);

/// The Service's selector; `None` for one whose slices are not this controller's.
pub(in crate::controllers) fn selector_of(service: &Service) -> Option<Selector> {
    let spec = service.spec.as_ref()?;
    if spec.type_.as_deref() == Some("ExternalName") {
        return None;
    }
    spec.selector.as_ref().filter(|labels| !labels.is_empty()).map(Selector::from_map)
}

/// Whether the Service has no cluster IP.
pub(in crate::controllers) fn is_headless(service: &Service) -> bool {
    let ip = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()).unwrap_or_default();
    ip.is_empty() || ip == "None"
}

/// When that which lists the Service's pods was created, if it was there before the clock began, as the
/// Service was.
pub(in crate::controllers) fn installed(service: &Service, now: SimTime) -> Option<Time> {
    let created = service.metadata.creation_timestamp.clone()?;
    (now < INSTALLED && created.0 < SimTime::ZERO.to_time().0).then_some(created)
}

/// The address types that the Service's slices have.
pub(super) fn address_types(service: &Service) -> Vec<&'static str> {
    let families = service.spec.as_ref().and_then(|spec| spec.ip_families.as_deref()).unwrap_or_default();
    let mut types: Vec<&'static str> = families
        .iter()
        .filter_map(|family| match family.as_str() {
            "IPv4" => Some("IPv4"),
            "IPv6" => Some("IPv6"),
            _ => None,
        })
        .collect();
    if types.is_empty() {
        types.push("IPv4");
    }
    types
}

/// Whether the pod's labels, or the name that DNS gives it, have changed.
pub(in crate::controllers) fn membership_matters(previous: &Pod, pod: &Pod) -> bool {
    let domain = |pod: &Pod| {
        let spec = pod.spec.as_ref();
        spec.map(|spec| (spec.hostname.clone(), spec.subdomain.clone())).unwrap_or_default()
    };
    meta::labels(&previous.metadata) != meta::labels(&pod.metadata) || domain(previous) != domain(pod)
}

/// Whether the pod's change can change an endpoint of it.
pub(in crate::controllers) fn pod_matters(previous: &Pod, pod: &Pod) -> bool {
    meta::is_terminating(&pod.metadata)
        || pod::is_ready(previous) != pod::is_ready(pod)
        || addresses(previous) != addresses(pod)
}

/// Whether the pod is listed at all: it has an address and has not ended.
pub(in crate::controllers) fn is_listed(pod: &Pod) -> bool {
    !pod::is_terminal(pod) && !addresses(pod).is_empty()
}

/// The pod's addresses.
pub(in crate::controllers) fn addresses(pod: &Pod) -> Vec<&str> {
    let Some(status) = pod.status.as_ref() else { return Vec::new() };
    match status.pod_ips.as_deref() {
        Some(ips) if !ips.is_empty() => ips.iter().map(|ip| ip.ip.as_str()).collect(),
        _ => status.pod_ip.as_deref().filter(|ip| !ip.is_empty()).into_iter().collect(),
    }
}

/// The pod's endpoint for the Service; `None` when it has no address of that type.
pub(super) fn of_pod(
    pod: &Pod,
    node: Option<&Node>,
    service: &Service,
    address_type: &str,
) -> Option<Endpoint> {
    let wants_v6 = address_type == "IPv6";
    let addresses: Vec<String> =
        addresses(pod).into_iter().filter(|ip| ip.contains(':') == wants_v6).map(str::to_owned).collect();
    if addresses.is_empty() {
        return None;
    }
    let serving = pod::is_ready(pod);
    let terminating = meta::is_terminating(&pod.metadata);
    let ready = publishes_not_ready(service) || (serving && !terminating);
    let zone =
        node.and_then(|node| meta::labels(&node.metadata).get(LABEL_ZONE)).filter(|zone| !zone.is_empty());
    Some(Endpoint {
        addresses,
        conditions: Some(EndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
        }),
        hostname: hostname(pod, service),
        node_name: pod::node_name(pod).map(str::to_owned),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".to_owned()),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        }),
        zone: zone.cloned(),
        ..Endpoint::default()
    })
}

/// Whether the Service lists pods as ready that are not.
pub(in crate::controllers) fn publishes_not_ready(service: &Service) -> bool {
    service.spec.as_ref().and_then(|spec| spec.publish_not_ready_addresses).unwrap_or(false)
}

/// The name that DNS answers under the Service for this pod alone.
pub(in crate::controllers) fn hostname(pod: &Pod, service: &Service) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let hostname = spec.hostname.clone().filter(|name| !name.is_empty())?;
    let in_service =
        spec.subdomain == service.metadata.name && pod.metadata.namespace == service.metadata.namespace;
    in_service.then_some(hostname)
}

/// The Service's ports as this pod serves them; ports that it does not name are left out.
///
/// The order is the Service's. Upstream sorts by a hash of Go's dump of each port, which is not modelled.
pub(super) fn ports_of(pod: &Pod, service: &Service) -> Vec<EndpointPort> {
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    let port = |port: &ServicePort| {
        Some(EndpointPort {
            name: Some(port.name.clone().unwrap_or_default()),
            protocol: Some(protocol(port.protocol.as_deref()).to_owned()),
            port: Some(find_port(pod, port)?),
            app_protocol: port.app_protocol.clone(),
        })
    };
    ports.iter().filter_map(port).collect()
}

/// Models k8s.io/endpointslice: FindPort.
pub(in crate::controllers) fn find_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    let name = match port.target_port.as_ref() {
        None => return Some(port.port),
        Some(IntOrString::Int(number)) => return Some(*number),
        Some(IntOrString::String(name)) => name,
    };
    let spec = pod.spec.as_ref()?;
    let is_sidecar = |container: &&Container| container.restart_policy.as_deref() == Some("Always");
    let sidecars = spec.init_containers.iter().flatten().filter(is_sidecar);
    let mut named =
        spec.containers.iter().chain(sidecars).flat_map(|container| container.ports.iter().flatten());
    named
        .find(|candidate| {
            candidate.name.as_ref() == Some(name)
                && protocol(candidate.protocol.as_deref()) == protocol(port.protocol.as_deref())
        })
        .map(|candidate| candidate.container_port)
}

/// The protocol, or the one that stands for none.
pub(in crate::controllers) fn protocol(written: Option<&str>) -> &str {
    written.filter(|protocol| !protocol.is_empty()).unwrap_or("TCP")
}

/// What tells groups of slices apart: endpoints share a slice when their ports are the same.
pub(super) fn ports_key(ports: &[EndpointPort]) -> String {
    let mut parts: Vec<String> = ports
        .iter()
        .map(|port| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let number = port.port.unwrap_or(0);
            [text(&port.name), text(&port.protocol), number.to_string(), text(&port.app_protocol)].join("/")
        })
        .collect();
    parts.sort();
    parts.join(",")
}

//! Models kubectl pkg/describe: describeService.

use k8s_openapi::api::core::v1::{LoadBalancerIngress, Service, ServicePort};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::containers::port_number;
use super::text::Text;
use super::{Subject, or_empty};
use crate::api::kinds::format::{NONE, UNSET, format_labels};
use crate::api::{Feature, FeatureGates, meta};

pub(super) fn describe(text: &mut Text, service: &Service, subject: &Subject<'_>, gates: FeatureGates) {
    let spec = service.spec.clone().unwrap_or_default();
    let joined = |list: &Option<Vec<String>>| match list.as_deref().unwrap_or_default() {
        [] => NONE.to_owned(),
        list => list.join(","),
    };
    text.field(0, "Name", meta::name(&service.metadata));
    text.field(0, "Namespace", meta::namespace(&service.metadata));
    text.labels("", "Labels", service.metadata.labels.as_ref());
    text.annotations("Annotations", service.metadata.annotations.as_ref());
    text.field(0, "Selector", format_labels(spec.selector.as_ref()));
    text.field(0, "Type", or_empty(&spec.type_));
    text.field_if(0, "IP Family Policy", spec.ip_family_policy.as_deref());
    text.field(0, "IP Families", joined(&spec.ip_families));
    text.field(0, "IP", or_empty(&spec.cluster_ip));
    text.field(0, "IPs", joined(&spec.cluster_ips));
    text.field_if(0, "External IPs", spec.external_ips.as_ref().map(|ips| ips.join(",")).as_deref());
    text.field_if(0, "Desired LoadBalancer IP", spec.load_balancer_ip.as_deref());
    text.field_if(0, "External Name", spec.external_name.as_deref());
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let ingress = balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    let addresses: Vec<String> = ingress.iter().map(ingress_text).collect();
    text.field_if(0, "LoadBalancer Ingress", Some(&addresses.join(", ")));
    let slices = slices_of(service, subject);
    for port in spec.ports.iter().flatten() {
        describe_port(text, port, &slices, gates);
    }
    text.field(0, "Session Affinity", or_empty(&spec.session_affinity));
    text.field_if(0, "External Traffic Policy", spec.external_traffic_policy.as_deref());
    text.field_if(0, "Internal Traffic Policy", spec.internal_traffic_policy.as_deref());
    if let Some(port) = spec.health_check_node_port.filter(|port| *port != 0) {
        text.field(0, "HealthCheck NodePort", port);
    }
    let ranges = spec.load_balancer_source_ranges.as_ref().map(|ranges| ranges.join(","));
    text.field_if(0, "LoadBalancer Source Ranges", ranges.as_deref());
    if gates.has(Feature::DescribeTrafficDistribution) {
        text.field_if(0, "Traffic Distribution", spec.traffic_distribution.as_deref());
    }
}

fn ingress_text(ingress: &LoadBalancerIngress) -> String {
    match (ingress.ip.as_deref(), ingress.ip_mode.as_deref()) {
        (Some(ip), Some(mode)) => format!("{ip} ({mode})"),
        (Some(ip), None) => ip.to_owned(),
        (None, _) => or_empty(&ingress.hostname).to_owned(),
    }
}

fn describe_port(text: &mut Text, port: &ServicePort, slices: &[&EndpointSlice], gates: FeatureGates) {
    let name = port.name.as_deref().filter(|name| !name.is_empty());
    let shown = name.unwrap_or(UNSET);
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    text.field(0, "Port", format_args!("{shown}\t{}/{protocol}", port.port));
    let target = port.target_port.as_ref().map_or_else(|| port.port.to_string(), port_number);
    text.field(0, "TargetPort", format_args!("{target}/{protocol}"));
    if gates.has(Feature::DescribeSaysMore) {
        text.field_if(0, "AppProtocol", port.app_protocol.as_deref());
    }
    if let Some(node_port) = port.node_port.filter(|number| *number != 0) {
        text.field(0, "NodePort", format_args!("{shown}\t{node_port}/{protocol}"));
    }
    text.field(0, "Endpoints", endpoints(slices, name.unwrap_or_default()));
}

/// The EndpointSlices of the Service.
pub(super) fn slices_of<'a>(service: &Service, subject: &Subject<'a>) -> Vec<&'a EndpointSlice> {
    let name = meta::name(&service.metadata);
    let in_namespace = subject.store.all_in::<EndpointSlice>(subject.namespace);
    let label =
        |slice: &EndpointSlice| slice.metadata.labels.as_ref()?.get("kubernetes.io/service-name").cloned();
    in_namespace.filter(|slice| label(slice).as_deref() == Some(name)).collect()
}

/// The first three ready endpoints of the port, `10.244.0.3:80,10.244.0.4:80`.
///
/// Models kubectl pkg/describe: formatEndpointSlices.
pub(super) fn endpoints(slices: &[&EndpointSlice], port_name: &str) -> String {
    if slices.is_empty() {
        return NONE.to_owned();
    }
    let mut all: Vec<String> = Vec::new();
    for slice in slices {
        let ready = slice.endpoints.iter().flatten().filter(|endpoint| {
            endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
        });
        let addresses: Vec<&String> = ready.filter_map(|endpoint| endpoint.addresses.first()).collect();
        let ports = slice.ports.as_deref().unwrap_or_default();
        if ports.is_empty() {
            all.extend(addresses.iter().map(|address| (*address).clone()));
        }
        for port in ports.iter().filter(|port| or_empty(&port.name) == port_name) {
            let number = port.port.unwrap_or(0);
            all.extend(addresses.iter().map(|address| format!("{address}:{number}")));
        }
    }
    match all.len() {
        0..=3 => all.join(","),
        many => format!("{} + {} more...", all[..3].join(","), many - 3),
    }
}

//! Validation of Services and EndpointSlices. Models pkg/apis/core/validation: ValidateService.

use std::collections::BTreeSet;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::{Errors, cluster_ips, endpoints, format, meta, probe};
use crate::api::field::FieldError;
use crate::api::to_value;

/// The longest session affinity, a day.
const MAX_AFFINITY_SECONDS: i32 = 86_400;

pub(super) fn service(errors: &mut Errors, service: &Service) {
    let empty = ServiceSpec::default();
    let spec = service.spec.as_ref().unwrap_or(&empty);
    let service_type = spec.type_.as_deref().unwrap_or_default();
    let headless = cluster_ips::is_headless(spec);
    let ports = spec.ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !headless && service_type != "ExternalName" {
        errors.required("spec.ports", "");
    }
    if service_type == "ExternalName" {
        check_external_name(errors, spec);
    }
    if headless && matches!(service_type, "NodePort" | "LoadBalancer") {
        let why = format!("may not be set to 'None' for {service_type} services");
        errors.invalid("spec.clusterIPs[0]", "None", why);
    }
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        check_port(errors, &format!("spec.ports[{index}]"), port, ports.len() > 1, &mut names);
    }
    meta::labels(errors, "spec.selector", spec.selector.as_ref());
    errors.one_of("spec.sessionAffinity", spec.session_affinity.as_deref(), &["ClientIP", "None"]);
    check_affinity(errors, spec);
    errors.0.extend(cluster_ips::check(spec));
    for (index, address) in spec.external_ips.iter().flatten().enumerate() {
        let path = format!("spec.externalIPs[{index}]");
        if let Some(parsed) = check_address(errors, &path, address) {
            for why in endpoints::special(parsed, address) {
                errors.invalid(&*path, address.as_str(), why);
            }
        }
    }
    let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    errors.one_of("spec.type", spec.type_.as_deref(), &types);
    check_node_ports(errors, service_type, ports);
    check_duplicates(errors, ports);
    check_load_balancer(errors, service_type, spec);
    check_traffic(errors, service_type, spec);
}

fn check_affinity(errors: &mut Errors, spec: &ServiceSpec) {
    let Some(config) = &spec.session_affinity_config else { return };
    if spec.session_affinity.as_deref() == Some("None") {
        let why = "must not be set when session affinity is None";
        errors.forbidden("spec.sessionAffinityConfig", why);
    }
    let seconds = config.client_ip.as_ref().and_then(|client| client.timeout_seconds);
    let is_client = spec.session_affinity.as_deref() == Some("ClientIP");
    if let Some(seconds) =
        seconds.filter(|seconds| is_client && !(1..=MAX_AFFINITY_SECONDS).contains(seconds))
    {
        let why = format!("must be greater than 0 and less than {MAX_AFFINITY_SECONDS}");
        errors.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", seconds, why);
    }
}

fn check_node_ports(errors: &mut Errors, service_type: &str, ports: &[ServicePort]) {
    let given = |port: &ServicePort| port.node_port.filter(|number| *number != 0);
    let mut seen = BTreeSet::new();
    let mut duplicates = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let Some(number) = given(port) else { continue };
        let path = format!("spec.ports[{index}].nodePort");
        if service_type == "ClusterIP" {
            errors.forbidden(path.as_str(), "may not be used when `type` is 'ClusterIP'");
        }
        if !seen.insert((port.protocol.as_deref().unwrap_or_default(), number)) {
            duplicates.push(FieldError::duplicate(path, number));
        }
    }
    errors.0.extend(duplicates);
}

fn check_load_balancer(errors: &mut Errors, service_type: &str, spec: &ServiceSpec) {
    if service_type == "LoadBalancer" {
        if let Some(class) = spec.load_balancer_class.as_deref() {
            errors.invalid_all("spec.loadBalancerClass", class, format::qualified_name(class));
        }
        return;
    }
    let why = "may only be used when `type` is 'LoadBalancer'";
    if spec.load_balancer_source_ranges.as_ref().is_some_and(|ranges| !ranges.is_empty()) {
        errors.forbidden("spec.LoadBalancerSourceRanges", why);
    }
    if spec.allocate_load_balancer_node_ports.is_some() {
        errors.forbidden("spec.allocateLoadBalancerNodePorts", why);
    }
    if spec.load_balancer_class.is_some() {
        errors.forbidden("spec.loadBalancerClass", why);
    }
}

/// Models validateServiceExternalTrafficPolicy, validateServiceInternalTrafficFieldsValue and
/// validateServiceTrafficDistribution.
fn check_traffic(errors: &mut Errors, service_type: &str, spec: &ServiceSpec) {
    let has_external = spec.external_ips.as_ref().is_some_and(|addresses| !addresses.is_empty());
    let is_accessible =
        matches!(service_type, "NodePort" | "LoadBalancer") || service_type == "ClusterIP" && has_external;
    let policies = ["Cluster", "Local"];
    match spec.external_traffic_policy.as_deref().filter(|policy| !policy.is_empty()) {
        Some(policy) if !is_accessible => {
            let why = "may only be set for externally-accessible services";
            errors.invalid("spec.externalTrafficPolicy", policy, why);
        }
        Some(policy) => errors.one_of("spec.externalTrafficPolicy", Some(policy), &policies),
        None => {}
    }
    if let Some(port) = spec.health_check_node_port.filter(|port| *port != 0) {
        if service_type != "LoadBalancer" || spec.external_traffic_policy.as_deref() != Some("Local") {
            let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            errors.invalid("spec.healthCheckNodePort", port, why);
        } else {
            for problem in format::port_number(port) {
                errors.invalid("spec.healthCheckNodePort", port, problem);
            }
        }
    }
    if let Some(policy) = spec.internal_traffic_policy.as_deref().filter(|it| !policies.contains(it)) {
        errors.push(FieldError::not_supported("spec.internalTrafficPolicy", policy, &policies));
    }
    let distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(wanted) = spec.traffic_distribution.as_deref().filter(|it| !distributions.contains(it)) {
        errors.push(FieldError::not_supported("spec.trafficDistribution", wanted, &distributions));
    }
}

fn check_external_name(errors: &mut Errors, spec: &ServiceSpec) {
    let why = "may not be set for ExternalName services";
    if spec.cluster_ips.as_ref().is_some_and(|addresses| !addresses.is_empty()) {
        errors.forbidden("spec.clusterIPs", why);
    }
    if spec.ip_families.as_ref().is_some_and(|families| !families.is_empty()) {
        errors.forbidden("spec.ipFamilies", why);
    }
    if spec.ip_family_policy.is_some() {
        errors.forbidden("spec.ipFamilyPolicy", why);
    }
    let name = spec.external_name.as_deref().unwrap_or_default();
    // A name may say by a dot that it is whole.
    match name.strip_suffix('.').unwrap_or(name) {
        "" => errors.required("spec.externalName", ""),
        name => errors.invalid_all("spec.externalName", name, format::dns_subdomain(name)),
    }
}

fn check_port<'s>(
    errors: &mut Errors,
    path: &str,
    port: &'s ServicePort,
    needs_name: bool,
    names: &mut BTreeSet<&'s str>,
) {
    match port.name.as_deref().unwrap_or_default() {
        "" if needs_name => errors.required(format!("{path}.name"), ""),
        "" => {}
        name => {
            errors.invalid_all(format!("{path}.name"), name, format::dns_label(name));
            if !names.insert(name) {
                errors.push(FieldError::duplicate(format!("{path}.name"), name));
            }
        }
    }
    for problem in format::port_number(port.port) {
        errors.invalid(format!("{path}.port"), port.port, problem);
    }
    errors.one_of(format!("{path}.protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
    if let Some(target) = &port.target_port {
        probe::port(errors, &format!("{path}.targetPort"), target);
    }
    if let Some(protocol) = &port.app_protocol {
        errors.invalid_all(format!("{path}.appProtocol"), protocol, format::qualified_name(protocol));
    }
}

/// The address, when it is one.
pub(super) fn check_address(errors: &mut Errors, path: &str, address: &str) -> Option<IpAddr> {
    format::address(address).map_err(|why| errors.invalid(path, address, why)).ok()
}

fn check_duplicates(errors: &mut Errors, ports: &[ServicePort]) {
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let protocol = port.protocol.as_deref().unwrap_or_default();
        if !seen.insert((protocol, port.port)) {
            let number = port.port;
            let mut error = FieldError::duplicate(format!("spec.ports[{index}]"), to_value(&port));
            error.shown = Some(format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\"NodePort\":0}}",
                to_value(&protocol)
            ));
            errors.push(error);
        }
    }
}

pub(super) fn service_update(errors: &mut Errors, new: &Service, old: &Service) {
    let empty = ServiceSpec::default();
    let (spec, earlier) = (new.spec.as_ref().unwrap_or(&empty), old.spec.as_ref().unwrap_or(&empty));
    cluster_ips::update(errors, spec, earlier);
    if is_balanced(spec) && is_balanced(earlier) && spec.load_balancer_class != earlier.load_balancer_class {
        let value = to_value(&spec.load_balancer_class);
        errors.invalid("spec.loadBalancerClass", value, "may not change once set");
    }
    let needs_check =
        |spec: &ServiceSpec| is_balanced(spec) && spec.external_traffic_policy.as_deref() == Some("Local");
    let ports = (spec.health_check_node_port, earlier.health_check_node_port);
    if needs_check(spec) && needs_check(earlier) && ports.0 != ports.1 {
        errors.forbidden("spec.healthCheckNodePort", "field is immutable");
    }
    service(errors, new);
}

fn is_balanced(spec: &ServiceSpec) -> bool {
    spec.type_.as_deref() == Some("LoadBalancer")
}

pub(super) fn endpoint_slice(errors: &mut Errors, slice: &EndpointSlice) {
    errors.one_of("addressType", Some(&slice.address_type), &["FQDN", "IPv4", "IPv6"]);
}

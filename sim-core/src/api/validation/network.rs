//! Validation of Services and EndpointSlices. Models pkg/apis/core/validation: ValidateService.

use std::collections::BTreeSet;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::json;

use super::{Errors, format, meta, probe};
use crate::api::field::FieldError;

/// The longest session affinity, a day.
const MAX_AFFINITY_SECONDS: i32 = 86_400;

pub(super) fn service(errors: &mut Errors, service: &Service) {
    let empty = ServiceSpec::default();
    let spec = service.spec.as_ref().unwrap_or(&empty);
    let service_type = spec.type_.as_deref().unwrap_or_default();
    let headless = spec.cluster_ip.as_deref() == Some("None");
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
    errors.0.extend(cluster_ips(spec));
    for (index, address) in spec.external_ips.iter().flatten().enumerate() {
        check_address(errors, &format!("spec.externalIPs[{index}]"), address);
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
    if let Some(seconds) = seconds.filter(|seconds| !(1..=MAX_AFFINITY_SECONDS).contains(seconds)) {
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
    match spec.external_name.as_deref().unwrap_or_default().trim_end_matches('.') {
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

fn check_address(errors: &mut Errors, path: &str, address: &str) -> bool {
    let good = address.parse::<IpAddr>().is_ok();
    if !good {
        errors.invalid(path, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
    good
}

fn check_duplicates(errors: &mut Errors, ports: &[ServicePort]) {
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let protocol = port.protocol.as_deref().unwrap_or_default();
        if !seen.insert((protocol, port.port)) {
            let number = port.port;
            let mut error = FieldError::duplicate(format!("spec.ports[{index}]"), json!(port));
            error.shown = Some(format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\"NodePort\":0}}",
                json!(protocol)
            ));
            errors.push(error);
        }
    }
}

/// What is wrong with the cluster IPs. The registry asks before it allocates.
///
/// Models ValidateServiceClusterIPsRelatedFields.
pub(crate) fn cluster_ips(spec: &ServiceSpec) -> Vec<FieldError> {
    let mut errors = Errors::default();
    if spec.type_.as_deref() == Some("ExternalName") {
        return errors.0;
    }
    let addresses = spec.cluster_ips.as_deref().unwrap_or_default();
    if let (Some(first), Some(address)) = (addresses.first(), spec.cluster_ip.as_ref())
        && first != address
    {
        let why = "first value must match `clusterIP`";
        errors.invalid("spec.clusterIPs", json!(addresses), why);
    }
    let mut seen = BTreeSet::new();
    for (index, family) in spec.ip_families.iter().flatten().enumerate() {
        let path = format!("spec.ipFamilies[{index}]");
        errors.one_of(path.as_str(), Some(family), &["IPv4", "IPv6"]);
        if !seen.insert(family) {
            errors.push(FieldError::duplicate(path, family.as_str()));
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if let Some(policy) = spec.ip_family_policy.as_deref().filter(|policy| !policies.contains(policy)) {
        errors.push(FieldError::not_supported("spec.ipFamilyPolicy", policy, &policies));
    }
    for (index, address) in addresses.iter().enumerate() {
        if index == 0 && matches!(address.as_str(), "" | "None") {
            continue;
        }
        check_address(&mut errors, &format!("spec.clusterIPs[{index}]"), address);
    }
    if addresses.len() > 2 {
        let why = "may only hold up to 2 values";
        errors.invalid("spec.clusterIPs", json!(addresses), why);
    }
    errors.0
}

pub(super) fn service_update(errors: &mut Errors, new: &Service, old: &Service) {
    if let (Some(new), Some(old)) = (&new.spec, &old.spec)
        && new.type_.as_deref() != Some("ExternalName")
        && old.type_.as_deref() != Some("ExternalName")
    {
        let first = |spec: &ServiceSpec| spec.cluster_ips.as_ref().and_then(|list| list.first()).cloned();
        if first(old).is_some_and(|address| !address.is_empty()) && first(new) != first(old) {
            let shown = json!(new.cluster_ips.as_deref().unwrap_or_default());
            errors.invalid("spec.clusterIPs[0]", shown, "may not change once set");
        }
    }
    service(errors, new);
}

pub(super) fn endpoint_slice(errors: &mut Errors, slice: &EndpointSlice) {
    errors.one_of("addressType", Some(&slice.address_type), &["FQDN", "IPv4", "IPv6"]);
}

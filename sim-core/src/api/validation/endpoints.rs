//! Validation of Endpoints. Models pkg/apis/core/validation: ValidateEndpoints.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{EndpointAddress, EndpointPort, EndpointSubset, Endpoints};

use super::network::check_address as check_ip;
use super::{Errors, format};

pub(super) fn check(errors: &mut Errors, endpoints: &Endpoints) {
    for (index, subset) in endpoints.subsets.iter().flatten().enumerate() {
        check_subset(errors, &format!("subsets[{index}]"), subset);
    }
}

fn check_subset(errors: &mut Errors, path: &str, subset: &EndpointSubset) {
    let ready = subset.addresses.as_deref().unwrap_or_default();
    let not_ready = subset.not_ready_addresses.as_deref().unwrap_or_default();
    if ready.is_empty() && not_ready.is_empty() {
        errors.required(path, "must specify `addresses` or `notReadyAddresses`");
    }
    for (list, addresses) in [("addresses", ready), ("notReadyAddresses", not_ready)] {
        for (index, address) in addresses.iter().enumerate() {
            check_address(errors, &format!("{path}.{list}[{index}]"), address);
        }
    }
    let ports = subset.ports.as_deref().unwrap_or_default();
    for (index, port) in ports.iter().enumerate() {
        check_port(errors, &format!("{path}.ports[{index}]"), port, ports.len() > 1);
    }
}

fn check_address(errors: &mut Errors, path: &str, address: &EndpointAddress) {
    let ip = format!("{path}.ip");
    let parsed = check_ip(errors, &ip, &address.ip);
    if let Some(hostname) = address.hostname.as_deref().filter(|hostname| !hostname.is_empty()) {
        errors.invalid_all(format!("{path}.hostname"), hostname, format::dns_label(hostname));
    }
    if let Some(node) = &address.node_name {
        errors.invalid_all(format!("{path}.nodeName"), node, format::dns_subdomain(node));
    }
    match parsed {
        Some(parsed) => {
            for why in special(parsed, &address.ip) {
                errors.invalid(ip.as_str(), address.ip.as_str(), why);
            }
        }
        None => errors.invalid(ip, address.ip.as_str(), "must be a valid IP address"),
    }
}

/// Why an address is none to send traffic to.
///
/// Models ValidateNonSpecialIP.
pub(super) fn special(parsed: IpAddr, written: &str) -> Vec<String> {
    let (link_local, link_local_multicast) = match parsed {
        IpAddr::V4(ip) => (ip.is_link_local(), ip.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(ip) => (ip.segments()[0] & 0xffc0 == 0xfe80, ip.segments()[0] & 0xff0f == 0xff02),
    };
    let unspecified = format!("may not be unspecified ({written})");
    [
        (parsed.is_unspecified(), unspecified.as_str()),
        (parsed.is_loopback(), "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (link_local_multicast, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, why)| why.to_owned())
    .collect()
}

fn check_port(errors: &mut Errors, path: &str, port: &EndpointPort, needs_name: bool) {
    match port.name.as_deref().unwrap_or_default() {
        "" if needs_name => errors.required(format!("{path}.name"), ""),
        "" => {}
        name => errors.invalid_all(format!("{path}.name"), name, format::dns_label(name)),
    }
    for problem in format::port_number(port.port) {
        errors.invalid(format!("{path}.port"), port.port, problem);
    }
    errors.one_of(format!("{path}.protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
    if let Some(protocol) = &port.app_protocol {
        errors.invalid_all(format!("{path}.appProtocol"), protocol, format::qualified_name(protocol));
    }
}

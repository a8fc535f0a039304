//! Validation of NetworkPolicies.

use k8s_openapi::api::networking::v1::{IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::cidr::{self, Cidr};
use super::{Errors, format, meta};
use crate::api::field::FieldError;
use crate::api::to_value;

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
const TYPES: [&str; 2] = ["Ingress", "Egress"];

/// Models pkg/apis/networking/validation: ValidateNetworkPolicySpec.
pub(super) fn create(errors: &mut Errors, policy: &NetworkPolicy) {
    let spec = policy.spec.clone().unwrap_or_default();
    if let Some(selector) = &spec.pod_selector {
        meta::selector(errors, "spec.podSelector", selector);
    }
    for (index, rule) in spec.ingress.iter().flatten().enumerate() {
        let path = format!("spec.ingress[{index}]");
        check_rule(errors, &path, rule.ports.as_deref(), "from", rule.from.as_deref());
    }
    for (index, rule) in spec.egress.iter().flatten().enumerate() {
        let path = format!("spec.egress[{index}]");
        check_rule(errors, &path, rule.ports.as_deref(), "to", rule.to.as_deref());
    }
    let types = spec.policy_types.as_deref().unwrap_or_default();
    if types.len() > TYPES.len() {
        return errors.invalid(
            "spec.policyTypes",
            to_value(&types),
            "may not specify more than two policyTypes",
        );
    }
    for (index, one) in types.iter().enumerate().filter(|(_, one)| !TYPES.contains(&one.as_str())) {
        errors.push(FieldError::not_supported(format!("spec.policyTypes[{index}]"), one.as_str(), &TYPES));
    }
}

fn check_rule(
    errors: &mut Errors,
    path: &str,
    ports: Option<&[NetworkPolicyPort]>,
    field: &str,
    peers: Option<&[NetworkPolicyPeer]>,
) {
    for (index, port) in ports.into_iter().flatten().enumerate() {
        check_port(errors, &format!("{path}.ports[{index}]"), port);
    }
    for (index, peer) in peers.into_iter().flatten().enumerate() {
        check_peer(errors, &format!("{path}.{field}[{index}]"), peer);
    }
}

/// Models pkg/apis/networking/validation: ValidateNetworkPolicyPort.
fn check_port(errors: &mut Errors, path: &str, port: &NetworkPolicyPort) {
    if let Some(protocol) = port.protocol.as_deref().filter(|it| !PROTOCOLS.contains(it)) {
        errors.push(FieldError::not_supported(format!("{path}.protocol"), protocol, &PROTOCOLS));
    }
    let (at, end_at) = (format!("{path}.port"), format!("{path}.endPort"));
    match (&port.port, port.end_port) {
        (Some(IntOrString::Int(number)), end) => {
            for why in format::port_number(*number) {
                errors.invalid(at.as_str(), *number, why);
            }
            let Some(end) = end else { return };
            if end < *number {
                // Upstream shows the port, not its end.
                errors.invalid(end_at.as_str(), *number, "must be greater than or equal to `port`");
            }
            for why in format::port_number(end) {
                errors.invalid(end_at.as_str(), end, why);
            }
        }
        (Some(IntOrString::String(name)), end) => {
            if let Some(end) = end {
                errors.invalid(end_at, end, "may not be specified when `port` is non-numeric");
            }
            errors.invalid_all(at, name, format::port_name(name));
        }
        (None, Some(end)) => errors.invalid(end_at, end, "may not be specified when `port` is not specified"),
        (None, None) => {}
    }
}

/// Models pkg/apis/networking/validation: ValidateNetworkPolicyPeer.
fn check_peer(errors: &mut Errors, path: &str, peer: &NetworkPolicyPeer) {
    let selectors = [("podSelector", &peer.pod_selector), ("namespaceSelector", &peer.namespace_selector)];
    let mut selects = false;
    for (field, selector) in selectors {
        if let Some(selector) = selector {
            selects = true;
            meta::selector(errors, &format!("{path}.{field}"), selector);
        }
    }
    match &peer.ip_block {
        Some(block) => {
            check_block(errors, &format!("{path}.ipBlock"), block);
            if selects {
                errors.forbidden(path, "may not specify both ipBlock and another peer");
            }
        }
        None if !selects => errors.required(path, "must specify a peer"),
        None => {}
    }
}

/// Models pkg/apis/networking/validation: ValidateIPBlock.
fn check_block(errors: &mut Errors, path: &str, block: &IPBlock) {
    let at = format!("{path}.cidr");
    if block.cidr.is_empty() {
        return errors.required(at, "");
    }
    let Some(range) = check_cidr(errors, &at, &block.cidr) else { return };
    for (index, text) in block.except.iter().flatten().enumerate() {
        let at = format!("{path}.except[{index}]");
        let Some(except) = check_cidr(errors, &at, text) else { continue };
        if !except.is_strictly_within(&range) {
            errors.invalid(at, text.as_str(), "must be a strict subset of `cidr`");
        }
    }
}

/// The range, where it can be read at all.
fn check_cidr(errors: &mut Errors, path: &str, text: &str) -> Option<Cidr> {
    let range = Cidr::parse(text);
    if let Some(why) = range.as_ref().map_or(Some(cidr::NONE), Cidr::problem) {
        errors.invalid(path, text, why);
    }
    range
}

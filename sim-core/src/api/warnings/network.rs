//! Of Ingresses and NetworkPolicies.

use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy, NetworkPolicyPeer};

use super::Warnings;
use crate::api::meta;
use crate::api::validation::CLASS_ANNOTATION;
use crate::api::validation::cidr::Cidr;

/// Models pkg/registry/networking/ingress: WarningsOnCreate.
pub(super) fn ingress(warnings: &mut Warnings, ingress: &Ingress) {
    let has_class = ingress.spec.as_ref().is_some_and(|spec| spec.ingress_class_name.is_some());
    if !has_class && meta::annotations(&ingress.metadata).contains_key(CLASS_ANNOTATION) {
        warnings.add(format!(
            "annotation \"{CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"
        ));
    }
}

/// Models pkg/registry/networking/networkpolicy: networkPolicyWarnings.
pub(super) fn policy(warnings: &mut Warnings, policy: &NetworkPolicy) {
    let Some(spec) = &policy.spec else { return };
    for (index, rule) in spec.ingress.iter().flatten().enumerate() {
        peers(warnings, &format!("spec.ingress[{index}].from"), rule.from.as_deref());
    }
    for (index, rule) in spec.egress.iter().flatten().enumerate() {
        peers(warnings, &format!("spec.egress[{index}].to"), rule.to.as_deref());
    }
}

fn peers(warnings: &mut Warnings, path: &str, peers: Option<&[NetworkPolicyPeer]>) {
    for (index, peer) in peers.into_iter().flatten().enumerate() {
        let Some(block) = &peer.ip_block else { continue };
        let path = format!("{path}[{index}].ipBlock");
        cidr(warnings, &format!("{path}.cidr"), &block.cidr);
        for (index, except) in block.except.iter().flatten().enumerate() {
            cidr(warnings, &format!("{path}.except[{index}]"), except);
        }
    }
}

fn cidr(warnings: &mut Warnings, path: &str, text: &str) {
    for warning in Cidr::parse(text).iter().flat_map(|range| range.warnings(text)) {
        warnings.add(format!("{path}: {warning}"));
    }
}

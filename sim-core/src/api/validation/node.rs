//! Validation of nodes' taints and of host aliases.
//!
//! Models pkg/apis/core/validation: ValidateHostAliases, validateNodeTaints and ValidateNodeUpdate.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{HostAlias, Node, Taint};

use super::internal::{self, types};
use super::{Errors, format, network};
use crate::api::field::FieldError;
use crate::api::to_value;

pub(super) fn host_aliases(errors: &mut Errors, path: &str, aliases: &[HostAlias]) {
    for (index, alias) in aliases.iter().enumerate() {
        network::check_address(errors, &format!("{path}[{index}].ip"), &alias.ip);
        for (at, name) in alias.hostnames.iter().flatten().enumerate() {
            errors.invalid_all(format!("{path}[{index}].hostnames[{at}]"), name, format::dns_subdomain(name));
        }
    }
}

pub(super) fn node(errors: &mut Errors, node: &Node) {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    for (index, taint) in taints.iter().enumerate() {
        // The API server says it of the metadata.
        let path = format!("metadata.taints[{index}]");
        check_taint(errors, &path, taint);
        if !seen.insert((taint.effect.as_str(), taint.key.as_str())) {
            let value = to_value(&taint);
            let shown = Some(internal::one_line(&value, types::TAINT));
            let detail = "taints must be unique by key and effect pair".to_owned();
            errors.push(FieldError { shown, detail, ..FieldError::duplicate(path, value) });
        }
    }
}

fn check_taint(errors: &mut Errors, path: &str, taint: &Taint) {
    errors.invalid_all(format!("{path}.key"), &taint.key, format::qualified_name(&taint.key));
    let value = taint.value.as_deref().unwrap_or_default();
    let problems = format::label_value(value);
    if !problems.is_empty() {
        errors.invalid(format!("{path}.value"), value, problems.join(";"));
    }
    let supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    errors.one_of(format!("{path}.effect"), Some(&taint.effect), &supported);
}

pub(super) fn node_update(errors: &mut Errors, new: &Node, old: &Node) {
    node(errors, new);
    let field = |node: &Node, of: fn(&k8s_openapi::api::core::v1::NodeSpec) -> Vec<String>| {
        node.spec.as_ref().map(of).unwrap_or_default()
    };
    let cidrs = |spec: &k8s_openapi::api::core::v1::NodeSpec| spec.pod_cidrs.clone().unwrap_or_default();
    let (was, is) = (field(old, cidrs), field(new, cidrs));
    if !was.is_empty() && was != is {
        errors.forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
    }
    let provider = |spec: &k8s_openapi::api::core::v1::NodeSpec| spec.provider_id.iter().cloned().collect();
    let (was, is) = (field(old, provider), field(new, provider));
    if !was.is_empty() && was != is {
        errors
            .forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid");
    }
}

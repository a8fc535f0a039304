//! Validation of what a pod says of its placement: affinity, scheduling gates, topology spread constraints.
//!
//! Models pkg/apis/core/validation: validateAffinity, validateSchedulingGates,
//! validateTopologySpreadConstraints.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{
    NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, PodSpec,
    TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::{Errors, format, meta};
use crate::api::field::FieldError;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn affinity(errors: &mut Errors, path: &str, spec: &PodSpec) {
    let Some(affinity) = &spec.affinity else { return };
    if let Some(wish) = &affinity.node_affinity {
        node_affinity(errors, &format!("{path}.nodeAffinity"), wish);
    }
    let near = affinity.pod_affinity.as_ref().map(|near| {
        (
            "podAffinity",
            &near.required_during_scheduling_ignored_during_execution,
            &near.preferred_during_scheduling_ignored_during_execution,
        )
    });
    let far = affinity.pod_anti_affinity.as_ref().map(|far| {
        (
            "podAntiAffinity",
            &far.required_during_scheduling_ignored_during_execution,
            &far.preferred_during_scheduling_ignored_during_execution,
        )
    });
    for (name, required, preferred) in near.into_iter().chain(far) {
        for (index, term) in required.iter().flatten().enumerate() {
            pod_term(errors, &format!("{path}.{name}.{REQUIRED}[{index}]"), term);
        }
        for (index, term) in preferred.iter().flatten().enumerate() {
            weighted_term(errors, &format!("{path}.{name}.{PREFERRED}[{index}]"), term);
        }
    }
}

fn node_affinity(errors: &mut Errors, path: &str, wish: &NodeAffinity) {
    if let Some(required) = &wish.required_during_scheduling_ignored_during_execution {
        node_selector(errors, &format!("{path}.{REQUIRED}"), required);
    }
    let preferred = wish.preferred_during_scheduling_ignored_during_execution.iter().flatten();
    for (index, term) in preferred.enumerate() {
        let path = format!("{path}.{PREFERRED}[{index}]");
        weight(errors, &path, term.weight);
        node_term(errors, &format!("{path}.preference"), &term.preference, true);
    }
}

/// Models ValidateNodeSelector.
pub(super) fn node_selector(errors: &mut Errors, path: &str, selector: &NodeSelector) {
    let path = format!("{path}.nodeSelectorTerms");
    if selector.node_selector_terms.is_empty() {
        errors.required(path, "must have at least one node selector term");
        return;
    }
    for (index, term) in selector.node_selector_terms.iter().enumerate() {
        node_term(errors, &format!("{path}[{index}]"), term, false);
    }
}

fn node_term(errors: &mut Errors, path: &str, term: &NodeSelectorTerm, any_values: bool) {
    for (index, wanted) in term.match_expressions.iter().flatten().enumerate() {
        node_requirement(errors, &format!("{path}.matchExpressions[{index}]"), wanted, any_values);
    }
    for (index, wanted) in term.match_fields.iter().flatten().enumerate() {
        field_requirement(errors, &format!("{path}.matchFields[{index}]"), wanted);
    }
}

fn node_requirement(errors: &mut Errors, path: &str, wanted: &NodeSelectorRequirement, any_values: bool) {
    let values = wanted.values.as_deref().unwrap_or_default();
    match wanted.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            errors.required(format!("{path}.values"), "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.forbidden(format!("{path}.values"), why);
        }
        "Gt" | "Lt" if values.len() != 1 => {
            let why = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            errors.required(format!("{path}.values"), why);
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        other => errors.invalid(format!("{path}.operator"), other, "not a valid selector operator"),
    }
    errors.invalid_all(format!("{path}.key"), &wanted.key, format::qualified_name(&wanted.key));
    if !any_values {
        for (index, value) in values.iter().enumerate() {
            errors.invalid_all(format!("{path}.values[{index}]"), value, format::label_value(value));
        }
    }
}

fn field_requirement(errors: &mut Errors, path: &str, wanted: &NodeSelectorRequirement) {
    let values = wanted.values.as_deref().unwrap_or_default();
    match wanted.operator.as_str() {
        "In" | "NotIn" if values.len() != 1 => {
            let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(format!("{path}.values"), why);
        }
        "In" | "NotIn" => {}
        other => errors.invalid(format!("{path}.operator"), other, "not a valid selector operator"),
    }
    if wanted.key != "metadata.name" {
        errors.invalid(format!("{path}.key"), wanted.key.as_str(), "not a valid field selector key");
        return;
    }
    for (index, value) in values.iter().enumerate() {
        errors.invalid_all(format!("{path}.values[{index}]"), value, format::dns_subdomain(value));
    }
}

fn weight(errors: &mut Errors, path: &str, weight: i32) {
    if !(1..=100).contains(&weight) {
        errors.invalid(format!("{path}.weight"), weight, "must be in the range 1-100");
    }
}

fn weighted_term(errors: &mut Errors, path: &str, term: &WeightedPodAffinityTerm) {
    weight(errors, path, term.weight);
    pod_term(errors, &format!("{path}.podAffinityTerm"), &term.pod_affinity_term);
}

/// Models validatePodAffinityTerm.
fn pod_term(errors: &mut Errors, path: &str, term: &PodAffinityTerm) {
    let selectors =
        [("labelSelector", &term.label_selector), ("namespaceSelector", &term.namespace_selector)];
    for (name, selector) in selectors {
        if let Some(selector) = selector {
            meta::selector(errors, &format!("{path}.{name}"), selector);
        }
    }
    for name in term.namespaces.iter().flatten() {
        errors.invalid_all(format!("{path}.namespace"), name, format::dns_label(name));
    }
    let (same, other) = (
        term.match_label_keys.as_deref().unwrap_or_default(),
        term.mismatch_label_keys.as_deref().unwrap_or_default(),
    );
    label_keys(errors, &format!("{path}.matchLabelKeys"), same, term.label_selector.as_ref());
    label_keys(errors, &format!("{path}.mismatchLabelKeys"), other, term.label_selector.as_ref());
    for (index, key) in same.iter().enumerate() {
        if said_before(term.label_selector.as_ref(), key) {
            let why = "exists in both matchLabelKeys and labelSelector";
            errors.invalid(format!("{path}[{index}]"), key.as_str(), why);
        }
    }
    for (index, key) in same.iter().enumerate().filter(|(_, key)| other.contains(key)) {
        let why = "exists in both matchLabelKeys and mismatchLabelKeys";
        errors.invalid(format!("{path}.matchLabelKeys[{index}]"), key.as_str(), why);
    }
    if term.topology_key.is_empty() {
        errors.required(format!("{path}.topologyKey"), "can not be empty");
    }
    let key = &term.topology_key;
    errors.invalid_all(format!("{path}.topologyKey"), key, format::qualified_name(key));
}

fn label_keys(errors: &mut Errors, path: &str, keys: &[String], selector: Option<&LabelSelector>) {
    if !keys.is_empty() && selector.is_none() {
        errors.forbidden(path, "must not be specified when labelSelector is not set");
        return;
    }
    for (index, key) in keys.iter().enumerate() {
        errors.invalid_all(format!("{path}[{index}]"), key, format::qualified_name(key));
    }
}

/// Whether the user's selector speaks of the key. A pod's selector has one expression of the key already, which
/// the API server put there.
fn said_before(selector: Option<&LabelSelector>, key: &str) -> bool {
    let Some(selector) = selector else { return false };
    let labelled = selector.match_labels.as_ref().is_some_and(|labels| labels.contains_key(key));
    let expressed = selector.match_expressions.iter().flatten().filter(|expression| expression.key == key);
    usize::from(labelled) + expressed.count() > 1
}

/// Models validateSchedulingGates.
pub(super) fn gates(errors: &mut Errors, path: &str, spec: &PodSpec) {
    let mut seen = BTreeSet::new();
    for (index, gate) in spec.scheduling_gates.iter().flatten().enumerate() {
        let path = format!("{path}[{index}]");
        errors.invalid_all(path.as_str(), &gate.name, format::qualified_name(&gate.name));
        if !seen.insert(&gate.name) {
            errors.push(FieldError::duplicate(path, gate.name.as_str()));
        }
    }
}

/// Models validateTopologySpreadConstraints.
pub(super) fn spread(errors: &mut Errors, path: &str, spec: &PodSpec) {
    let constraints = spec.topology_spread_constraints.as_deref().unwrap_or_default();
    for (index, constraint) in constraints.iter().enumerate() {
        let path = format!("{path}[{index}]");
        spread_constraint(errors, &path, constraint);
        let same = |other: &TopologySpreadConstraint| {
            other.topology_key == constraint.topology_key
                && other.when_unsatisfiable == constraint.when_unsatisfiable
        };
        if constraints.iter().skip(index + 1).any(same) {
            let pair = format!("{{{}, {}}}", constraint.topology_key, constraint.when_unsatisfiable);
            errors.push(FieldError::duplicate(format!("{path}.{{topologyKey, whenUnsatisfiable}}"), pair));
        }
        spread_details(errors, &path, constraint);
    }
}

fn spread_constraint(errors: &mut Errors, path: &str, constraint: &TopologySpreadConstraint) {
    if constraint.max_skew <= 0 {
        errors.invalid(format!("{path}.maxSkew"), constraint.max_skew, "must be greater than zero");
    }
    if constraint.topology_key.is_empty() {
        errors.required(format!("{path}.topologyKey"), "can not be empty");
    }
    let actions = ["DoNotSchedule", "ScheduleAnyway"];
    let action = constraint.when_unsatisfiable.as_str();
    if !actions.contains(&action) {
        errors.push(FieldError::not_supported(format!("{path}.whenUnsatisfiable"), action, &actions));
    }
}

fn spread_details(errors: &mut Errors, path: &str, constraint: &TopologySpreadConstraint) {
    let action = constraint.when_unsatisfiable.as_str();
    if let Some(least) = constraint.min_domains {
        let path = format!("{path}.minDomains");
        if least <= 0 {
            errors.invalid(path.as_str(), least, "must be greater than zero");
        }
        if action != "DoNotSchedule" {
            let why = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
            errors.invalid(path, least, why);
        }
    }
    let policies = [
        ("nodeAffinityPolicy", &constraint.node_affinity_policy),
        ("nodeTaintsPolicy", &constraint.node_taints_policy),
    ];
    for (name, policy) in policies {
        if let Some(policy) = policy {
            errors.one_of(format!("{path}.{name}"), Some(policy), &["Honor", "Ignore"]);
        }
    }
    let keys = constraint.match_label_keys.as_deref().unwrap_or_default();
    let selector = constraint.label_selector.as_ref();
    label_keys(errors, &format!("{path}.matchLabelKeys"), keys, selector);
    for (index, key) in keys.iter().enumerate().filter(|(_, key)| said_before(selector, key)) {
        let why = "exists in both matchLabelKeys and labelSelector";
        errors.invalid(format!("{path}.matchLabelKeys[{index}]"), key.as_str(), why);
    }
    if let Some(selector) = selector {
        meta::selector(errors, &format!("{path}.labelSelector"), selector);
    }
}

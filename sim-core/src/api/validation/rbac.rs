//! Validation of roles and their bindings.
//!
//! Models pkg/apis/rbac/validation.

use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use serde_json::Value;

use super::{Errors, format, meta};
use crate::api::field::FieldError;
use crate::api::rbac::GROUP;
use crate::api::to_value;

/// Models ValidateRole.
pub(super) fn role(errors: &mut Errors, role: &Role) {
    rules(errors, role.rules.as_deref().unwrap_or_default(), true);
}

/// Models ValidateClusterRole.
pub(super) fn cluster_role(errors: &mut Errors, role: &ClusterRole) {
    rules(errors, role.rules.as_deref().unwrap_or_default(), false);
    let Some(aggregation) = &role.aggregation_rule else { return };
    let selectors = aggregation.cluster_role_selectors.as_deref().unwrap_or_default();
    const PATH: &str = "aggregationRule.clusterRoleSelectors";
    if selectors.is_empty() {
        errors.required(PATH, "at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    for (index, selector) in selectors.iter().enumerate() {
        meta::selector(errors, &format!("{PATH}[{index}]"), selector);
    }
}

/// Models ValidateRoleBinding.
pub(super) fn role_binding(errors: &mut Errors, binding: &RoleBinding) {
    role_ref(errors, &binding.role_ref, &["Role", "ClusterRole"]);
    subjects(errors, binding.subjects.as_deref().unwrap_or_default(), true);
}

/// Models ValidateClusterRoleBinding.
pub(super) fn cluster_role_binding(errors: &mut Errors, binding: &ClusterRoleBinding) {
    role_ref(errors, &binding.role_ref, &["ClusterRole"]);
    subjects(errors, binding.subjects.as_deref().unwrap_or_default(), false);
}

/// Models ValidateRoleBindingUpdate.
pub(super) fn role_binding_update(errors: &mut Errors, new: &RoleBinding, old: &RoleBinding) {
    role_binding(errors, new);
    same_role(errors, &new.role_ref, &old.role_ref);
}

/// Models ValidateClusterRoleBindingUpdate.
pub(super) fn cluster_role_binding_update(
    errors: &mut Errors,
    new: &ClusterRoleBinding,
    old: &ClusterRoleBinding,
) {
    cluster_role_binding(errors, new);
    same_role(errors, &new.role_ref, &old.role_ref);
}

fn rules(errors: &mut Errors, rules: &[PolicyRule], is_namespaced: bool) {
    for (index, rule) in rules.iter().enumerate() {
        policy_rule(errors, &format!("rules[{index}]"), rule, is_namespaced);
    }
}

/// Models ValidatePolicyRule.
fn policy_rule(errors: &mut Errors, path: &str, rule: &PolicyRule, is_namespaced: bool) {
    let is_empty = |list: &Option<Vec<String>>| list.as_ref().is_none_or(Vec::is_empty);
    if rule.verbs.is_empty() {
        errors.required(format!("{path}.verbs"), "verbs must contain at least one value");
    }
    if !is_empty(&rule.non_resource_urls) {
        let path = format!("{path}.nonResourceURLs");
        let urls = to_value(&rule.non_resource_urls);
        if is_namespaced {
            errors.invalid(path.as_str(), urls.clone(), "namespaced rules cannot apply to non-resource URLs");
        }
        if [&rule.api_groups, &rule.resources, &rule.resource_names].into_iter().any(|list| !is_empty(list)) {
            let why = "rules cannot apply to both regular resources and non-resource URLs";
            errors.invalid(path, urls, why);
        }
        return;
    }
    if is_empty(&rule.api_groups) {
        errors.required(format!("{path}.apiGroups"), "resource rules must supply at least one api group");
    }
    if is_empty(&rule.resources) {
        errors.required(format!("{path}.resources"), "resource rules must supply at least one resource");
    }
}

fn role_ref(errors: &mut Errors, role: &RoleRef, kinds: &[&str]) {
    let group = role.api_group.as_deref().unwrap_or_default();
    if group != GROUP {
        errors.push(FieldError::not_supported("roleRef.apiGroup", group, &[GROUP]));
    }
    if !kinds.contains(&role.kind.as_str()) {
        errors.push(FieldError::not_supported("roleRef.kind", role.kind.as_str(), kinds));
    }
    match role.name.as_str() {
        "" => errors.required("roleRef.name", ""),
        name => errors.invalid_all("roleRef.name", name, format::path_segment(name)),
    }
}

fn same_role(errors: &mut Errors, new: &RoleRef, old: &RoleRef) {
    if new != old {
        let group = new.api_group.as_deref().unwrap_or_default();
        // The API server's own type has no names for JSON: its fields are shown as Go calls them.
        let text = |text: &str| Value::from(text).to_string();
        let shown = format!(
            "{{\"APIGroup\":{},\"Kind\":{},\"Name\":{}}}",
            text(group),
            text(&new.kind),
            text(&new.name)
        );
        errors.invalid_struct("roleRef", to_value(&new), shown, "cannot change roleRef");
    }
}

fn subjects(errors: &mut Errors, subjects: &[Subject], is_namespaced: bool) {
    for (index, each) in subjects.iter().enumerate() {
        subject(errors, &format!("subjects[{index}]"), each, is_namespaced);
    }
}

/// Models ValidateRoleBindingSubject.
fn subject(errors: &mut Errors, path: &str, subject: &Subject, is_namespaced: bool) {
    let name = subject.name.as_str();
    if name.is_empty() {
        errors.required(format!("{path}.name"), "");
    }
    let group = subject.api_group.as_deref().unwrap_or_default();
    match subject.kind.as_str() {
        "ServiceAccount" => {
            if !name.is_empty() {
                errors.invalid_all(format!("{path}.name"), name, format::dns_subdomain(name));
            }
            if !group.is_empty() {
                errors.push(FieldError::not_supported(format!("{path}.apiGroup"), group, &[""]));
            }
            if !is_namespaced && subject.namespace.as_deref().unwrap_or_default().is_empty() {
                errors.required(format!("{path}.namespace"), "");
            }
        }
        "User" | "Group" => {
            if group != GROUP {
                errors.push(FieldError::not_supported(format!("{path}.apiGroup"), group, &[GROUP]));
            }
        }
        kind => {
            let kinds = ["ServiceAccount", "User", "Group"];
            errors.push(FieldError::not_supported(format!("{path}.kind"), kind, &kinds));
        }
    }
}

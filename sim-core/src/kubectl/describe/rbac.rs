//! Roles and their bindings.

use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::text::Text;
use crate::api::meta;
use crate::kubectl::policy_rules::{self, COLUMNS};

/// Models kubectl pkg/describe: describeRole.
pub(super) fn role(text: &mut Text, role: &Role) {
    policy(text, &role.metadata, role.rules.as_deref().unwrap_or_default());
}

/// Models kubectl pkg/describe: describeClusterRole.
pub(super) fn cluster_role(text: &mut Text, role: &ClusterRole) {
    policy(text, &role.metadata, role.rules.as_deref().unwrap_or_default());
}

/// Models kubectl pkg/describe: describeRoleBinding.
pub(super) fn role_binding(text: &mut Text, binding: &RoleBinding) {
    bound(text, &binding.metadata, &binding.role_ref, binding.subjects.as_deref().unwrap_or_default());
}

/// Models kubectl pkg/describe: describeClusterRoleBinding.
pub(super) fn cluster_role_binding(text: &mut Text, binding: &ClusterRoleBinding) {
    bound(text, &binding.metadata, &binding.role_ref, binding.subjects.as_deref().unwrap_or_default());
}

fn head(text: &mut Text, metadata: &ObjectMeta) {
    text.field(0, "Name", meta::name(metadata));
    text.labels("", "Labels", metadata.labels.as_ref());
    text.annotations("Annotations", metadata.annotations.as_ref());
}

fn policy(text: &mut Text, metadata: &ObjectMeta, rules: &[PolicyRule]) {
    head(text, metadata);
    text.line(0, "PolicyRule:");
    text.line(1, COLUMNS.join("\t"));
    text.line(1, COLUMNS.map(|title| "-".repeat(title.len())).join("\t"));
    for line in policy_rules::lines(rules) {
        text.line(1, line.join("\t"));
    }
}

fn bound(text: &mut Text, metadata: &ObjectMeta, role: &RoleRef, subjects: &[Subject]) {
    head(text, metadata);
    text.line(0, "Role:");
    text.field(1, "Kind", &role.kind);
    text.field(1, "Name", &role.name);
    text.line(0, "Subjects:");
    text.line(1, "Kind\tName\tNamespace");
    text.line(1, "----\t----\t---------");
    for subject in subjects {
        let namespace = subject.namespace.as_deref().unwrap_or_default();
        text.line(1, format_args!("{}\t{}\t{namespace}", subject.kind, subject.name));
    }
}

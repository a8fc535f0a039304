//! Defaults of rbac.authorization.k8s.io/v1.

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding, RoleRef, Subject};

use super::text;
use crate::api::rbac::GROUP;

/// Models pkg/apis/rbac/v1: SetDefaults_RoleBinding.
pub(super) fn set_role_binding(binding: &mut RoleBinding) {
    set_role(&mut binding.role_ref);
    binding.subjects.iter_mut().flatten().for_each(set_subject);
}

/// Models pkg/apis/rbac/v1: SetDefaults_ClusterRoleBinding.
pub(super) fn set_cluster_role_binding(binding: &mut ClusterRoleBinding) {
    set_role(&mut binding.role_ref);
    binding.subjects.iter_mut().flatten().for_each(set_subject);
}

fn set_role(role: &mut RoleRef) {
    text(&mut role.api_group, GROUP);
}

/// Models pkg/apis/rbac/v1: SetDefaults_Subject.
fn set_subject(subject: &mut Subject) {
    if ["User", "Group"].contains(&subject.kind.as_str()) {
        text(&mut subject.api_group, GROUP);
    }
}

//! Validation of roles and their bindings.

use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};

use super::Errors;

pub(super) fn role(_errors: &mut Errors, _role: &Role) {}
pub(super) fn cluster_role(_errors: &mut Errors, _role: &ClusterRole) {}
pub(super) fn role_binding(_errors: &mut Errors, _binding: &RoleBinding) {}
pub(super) fn cluster_role_binding(_errors: &mut Errors, _binding: &ClusterRoleBinding) {}
pub(super) fn role_binding_update(_errors: &mut Errors, _new: &RoleBinding, _old: &RoleBinding) {}
pub(super) fn cluster_role_binding_update(_errors: &mut Errors, _new: &ClusterRoleBinding, _old: &ClusterRoleBinding) {}

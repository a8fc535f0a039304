//! Roles and their bindings.

use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};

use super::text::Text;

pub(super) fn role(_text: &mut Text, _role: &Role) {}
pub(super) fn cluster_role(_text: &mut Text, _role: &ClusterRole) {}
pub(super) fn role_binding(_text: &mut Text, _binding: &RoleBinding) {}
pub(super) fn cluster_role_binding(_text: &mut Text, _binding: &ClusterRoleBinding) {}

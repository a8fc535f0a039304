//! `ClusterRoleBinding`: discovery facts and printer columns.

use k8s_openapi::api::rbac::v1::ClusterRoleBinding;

use super::role_binding::{BINDING_COLUMNS, binding_row};
use super::{Cell, KindInfo, RowContext, STANDARD_VERBS};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::ClusterRoleBinding,
    group: "rbac.authorization.k8s.io",
    version: "v1",
    plural: "clusterrolebindings",
    singular: "clusterrolebinding",
    short_names: &[],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: BINDING_COLUMNS,
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(binding) = object.as_ref::<ClusterRoleBinding>() else { return Vec::new() };
    binding_row(object, &binding.role_ref, binding.subjects.as_deref().unwrap_or_default(), context)
}

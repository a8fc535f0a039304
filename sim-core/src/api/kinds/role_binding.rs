//! `RoleBinding`: discovery facts and printer columns.

use k8s_openapi::api::rbac::v1::{RoleBinding, RoleRef, Subject};

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};
use crate::api::rbac::Subjects;

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::RoleBinding,
    group: "rbac.authorization.k8s.io",
    version: "v1",
    plural: "rolebindings",
    singular: "rolebinding",
    short_names: &[],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: BINDING_COLUMNS,
    row,
};

/// The columns of bindings of either kind.
pub(super) const BINDING_COLUMNS: &[Column] = &[
    Column::normal("Name"),
    Column::normal("Role"),
    Column::normal("Age"),
    Column::wide("Users"),
    Column::wide("Groups"),
    Column::wide("ServiceAccounts"),
];

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(binding) = object.as_ref::<RoleBinding>() else { return Vec::new() };
    binding_row(object, &binding.role_ref, binding.subjects.as_deref().unwrap_or_default(), context)
}

/// The row of a binding of either kind.
pub(super) fn binding_row(
    object: &Object,
    role: &RoleRef,
    subjects: &[Subject],
    context: &RowContext,
) -> Vec<Cell> {
    let subjects = Subjects::of(subjects);
    vec![
        Cell::name(object),
        Cell::text(format!("{}/{}", role.kind, role.name)),
        age(object, context),
        Cell::text(subjects.users.join(", ")),
        Cell::text(subjects.groups.join(", ")),
        Cell::text(subjects.service_accounts.join(", ")),
    ]
}

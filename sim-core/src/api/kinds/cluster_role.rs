//! `ClusterRole`: discovery facts and printer columns.

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, created_at};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::ClusterRole,
    group: "rbac.authorization.k8s.io",
    version: "v1",
    plural: "clusterroles",
    singular: "clusterrole",
    short_names: &[],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Created At")],
    row,
};

fn row(object: &Object, _context: &RowContext) -> Vec<Cell> {
    vec![Cell::name(object), created_at(object)]
}

//! `CSINode`: discovery facts and printer columns.

use k8s_openapi::api::storage::v1::CSINode;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::CSINode,
    group: "storage.k8s.io",
    version: "v1",
    plural: "csinodes",
    singular: "csinode",
    short_names: &[],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Drivers"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(node) = object.as_ref::<CSINode>() else { return Vec::new() };
    vec![Cell::name(object), Cell::number(node.spec.drivers.len()), age(object, context)]
}

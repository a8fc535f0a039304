//! `Pod`: discovery facts and printer columns.

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Pod,
    group: "",
    version: "v1",
    plural: "pods",
    singular: "pod",
    short_names: &["po"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status", "eviction", "exec", "log"],
    counts_generation: true,
    columns: &[Column::normal("Name"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    vec![Cell::name(object), age(object, context)]
}

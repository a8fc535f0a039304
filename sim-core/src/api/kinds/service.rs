//! `Service`: discovery facts and printer columns.

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Service,
    group: "",
    version: "v1",
    plural: "services",
    singular: "service",
    short_names: &["svc"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    vec![Cell::name(object), age(object, context)]
}

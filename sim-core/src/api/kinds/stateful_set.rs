//! `StatefulSet`: discovery facts and printer columns.

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::StatefulSet,
    group: "apps",
    version: "v1",
    plural: "statefulsets",
    singular: "statefulset",
    short_names: &["sts"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status", "scale"],
    counts_generation: true,
    columns: &[Column::normal("Name"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    vec![Cell::name(object), age(object, context)]
}

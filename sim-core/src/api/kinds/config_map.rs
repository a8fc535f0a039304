//! `ConfigMap`: discovery facts and printer columns.

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::ConfigMap,
    group: "",
    version: "v1",
    plural: "configmaps",
    singular: "configmap",
    short_names: &["cm"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    vec![Cell::name(object), age(object, context)]
}

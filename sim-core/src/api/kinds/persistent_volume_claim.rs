//! `PersistentVolumeClaim`: discovery facts and printer columns.

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::PersistentVolumeClaim,
    group: "",
    version: "v1",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short_names: &["pvc"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    vec![Cell::name(object), age(object, context)]
}

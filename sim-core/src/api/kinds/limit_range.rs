//! `LimitRange`: discovery facts and printer columns.

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, created_at};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::LimitRange,
    group: "",
    version: "v1",
    plural: "limitranges",
    singular: "limitrange",
    short_names: &["limits"],
    namespaced: true,
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

//! `LimitRange`: discovery facts and printer columns.

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS};
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
    let created = object.meta().creation_timestamp.as_ref();
    let created = created.map(|time| time.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    vec![Cell::name(object), Cell::text(created.unwrap_or_default())]
}

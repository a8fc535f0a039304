//! `Namespace`: discovery facts and printer columns.

use k8s_openapi::api::core::v1::Namespace;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Namespace,
    group: "",
    version: "v1",
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Status"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(namespace) = object.as_ref::<Namespace>() else { return Vec::new() };
    let phase = namespace.status.as_ref().and_then(|status| status.phase.as_deref());
    vec![Cell::name(object), Cell::text(phase.unwrap_or_default()), age(object, context)]
}

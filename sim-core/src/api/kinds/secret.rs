//! `Secret`: discovery facts and printer columns.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Secret,
    group: "",
    version: "v1",
    plural: "secrets",
    singular: "secret",
    short_names: &[],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Type"), Column::normal("Data"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(secret) = object.as_ref::<Secret>() else { return Vec::new() };
    vec![
        Cell::name(object),
        Cell::text(secret.type_.as_deref().unwrap_or_default()),
        Cell::number(secret.data.as_ref().map_or(0, BTreeMap::len)),
        age(object, context),
    ]
}

//! `ReplicaSet`: discovery facts and printer columns.

use k8s_openapi::api::apps::v1::ReplicaSet;

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, age, containers, format_selector};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::ReplicaSet,
    group: "apps",
    version: "v1",
    plural: "replicasets",
    singular: "replicaset",
    short_names: &["rs"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status", "scale"],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Desired"),
        Column::normal("Current"),
        Column::normal("Ready"),
        Column::normal("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(set) = object.as_ref::<ReplicaSet>() else { return Vec::new() };
    let spec = set.spec.as_ref();
    let status = set.status.clone().unwrap_or_default();
    let template = spec.and_then(|spec| spec.template.as_ref());
    let (names, images) = containers(template.and_then(|template| template.spec.as_ref()));
    vec![
        Cell::name(object),
        Cell::number(spec.and_then(|spec| spec.replicas).unwrap_or(0)),
        Cell::number(status.replicas),
        Cell::number(status.ready_replicas.unwrap_or(0)),
        age(object, context),
        names,
        images,
        Cell::text(spec.map_or_else(|| NONE.to_owned(), |spec| format_selector(&spec.selector))),
    ]
}

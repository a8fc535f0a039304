//! `StatefulSet`: discovery facts and printer columns.

use k8s_openapi::api::apps::v1::StatefulSet;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age, containers};
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
    columns: &[
        Column::normal("Name"),
        Column::normal("Ready"),
        Column::normal("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(set) = object.as_ref::<StatefulSet>() else { return Vec::new() };
    let desired = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
    let ready = set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
    let (names, images) = containers(set.spec.as_ref().and_then(|spec| spec.template.spec.as_ref()));
    vec![Cell::name(object), Cell::text(format!("{ready}/{desired}")), age(object, context), names, images]
}

//! `Deployment`: discovery facts and printer columns.

use k8s_openapi::api::apps::v1::Deployment;

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, age, containers, format_selector};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Deployment,
    group: "apps",
    version: "v1",
    plural: "deployments",
    singular: "deployment",
    short_names: &["deploy"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status", "scale"],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Ready"),
        Column::normal("Up-to-date"),
        Column::normal("Available"),
        Column::normal("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(deployment) = object.as_ref::<Deployment>() else { return Vec::new() };
    let spec = deployment.spec.as_ref();
    let status = deployment.status.clone().unwrap_or_default();
    let desired = spec.and_then(|spec| spec.replicas).unwrap_or(0);
    let (names, images) = containers(spec.and_then(|spec| spec.template.spec.as_ref()));
    vec![
        Cell::name(object),
        Cell::text(format!("{}/{desired}", status.ready_replicas.unwrap_or(0))),
        Cell::number(status.updated_replicas.unwrap_or(0)),
        Cell::number(status.available_replicas.unwrap_or(0)),
        age(object, context),
        names,
        images,
        Cell::text(spec.map_or_else(|| NONE.to_owned(), |spec| format_selector(&spec.selector))),
    ]
}

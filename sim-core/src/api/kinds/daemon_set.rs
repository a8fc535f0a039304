//! `DaemonSet`: discovery facts and printer columns.

use k8s_openapi::api::apps::v1::DaemonSet;

use super::{
    Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age, containers, format_labels, format_selector,
};
use crate::api::object::{Kind, Object};

/// The annotation that counts a DaemonSet's templates.
pub const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::DaemonSet,
    group: "apps",
    version: "v1",
    plural: "daemonsets",
    singular: "daemonset",
    short_names: &["ds"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Desired"),
        Column::normal("Current"),
        Column::normal("Ready"),
        Column::normal("Up-to-date"),
        Column::normal("Available"),
        Column::normal("Node Selector"),
        Column::normal("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ],
    row,
};

/// Models pkg/printers/internalversion: printDaemonSet.
fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(set) = object.as_ref::<DaemonSet>() else { return Vec::new() };
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    let pod = spec.template.spec.as_ref();
    let (names, images) = containers(pod);
    vec![
        Cell::name(object),
        Cell::number(status.desired_number_scheduled),
        Cell::number(status.current_number_scheduled),
        Cell::number(status.number_ready),
        Cell::number(status.updated_number_scheduled.unwrap_or(0)),
        Cell::number(status.number_available.unwrap_or(0)),
        Cell::text(format_labels(pod.and_then(|pod| pod.node_selector.as_ref()))),
        age(object, context),
        names,
        images,
        Cell::text(format_selector(&spec.selector)),
    ]
}

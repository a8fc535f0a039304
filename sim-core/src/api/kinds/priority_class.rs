//! `PriorityClass`: discovery facts and printer columns.

use k8s_openapi::api::scheduling::v1::PriorityClass;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::PriorityClass,
    group: "scheduling.k8s.io",
    version: "v1",
    plural: "priorityclasses",
    singular: "priorityclass",
    short_names: &["pc"],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Value"),
        Column::normal("Global-Default"),
        Column::normal("Age"),
        Column::normal("PreemptionPolicy"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(class) = object.as_ref::<PriorityClass>() else { return Vec::new() };
    vec![
        Cell::name(object),
        Cell::number(class.value.unwrap_or(0)),
        Cell::text(class.global_default.unwrap_or(false).to_string()),
        age(object, context),
        Cell::text(class.preemption_policy.as_deref().unwrap_or_default()),
    ]
}

//! `PodDisruptionBudget`: discovery facts and printer columns.

use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::PodDisruptionBudget,
    group: "policy",
    version: "v1",
    plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    short_names: &["pdb"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Min Available"),
        Column::normal("Max Unavailable"),
        Column::normal("Allowed Disruptions"),
        Column::normal("Age"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(budget) = object.as_ref::<PodDisruptionBudget>() else { return Vec::new() };
    let spec = budget.spec.clone().unwrap_or_default();
    let bound = |value: Option<&IntOrString>| Cell::text(value.map_or_else(|| "N/A".to_owned(), bound_text));
    vec![
        Cell::name(object),
        bound(spec.min_available.as_ref()),
        bound(spec.max_unavailable.as_ref()),
        Cell::number(budget.status.as_ref().and_then(|status| status.disruptions_allowed).unwrap_or(0)),
        age(object, context),
    ]
}

/// A number or a percentage as it was written.
pub fn bound_text(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    }
}

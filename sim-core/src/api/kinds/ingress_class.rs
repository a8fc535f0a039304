//! `IngressClass`: discovery facts and printer columns.

use k8s_openapi::api::networking::v1::{IngressClass, IngressClassParametersReference};

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::IngressClass,
    group: "networking.k8s.io",
    version: "v1",
    plural: "ingressclasses",
    singular: "ingressclass",
    short_names: &[],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Controller"),
        Column::normal("Parameters"),
        Column::normal("Age"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(class) = object.as_ref::<IngressClass>() else { return Vec::new() };
    let spec = class.spec.clone().unwrap_or_default();
    vec![
        Cell::name(object),
        Cell::text(spec.controller.unwrap_or_default()),
        Cell::text(spec.parameters.as_ref().map_or_else(|| NONE.to_owned(), parameters)),
        age(object, context),
    ]
}

fn parameters(reference: &IngressClassParametersReference) -> String {
    let group = reference.api_group.as_ref().map(|group| format!(".{group}")).unwrap_or_default();
    format!("{}{group}/{}", reference.kind, reference.name)
}

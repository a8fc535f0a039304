//! `ControllerRevision`: discovery facts and printer columns.

use k8s_openapi::api::apps::v1::ControllerRevision;

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, age};
use crate::api::meta;
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::ControllerRevision,
    group: "apps",
    version: "v1",
    plural: "controllerrevisions",
    singular: "controllerrevision",
    short_names: &[],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Controller"),
        Column::normal("Revision"),
        Column::normal("Age"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(revision) = object.as_ref::<ControllerRevision>() else { return Vec::new() };
    vec![
        Cell::name(object),
        Cell::text(controller(revision)),
        Cell::number(revision.revision),
        age(object, context),
    ]
}

/// `statefulset.apps/web`, or `<none>`.
fn controller(revision: &ControllerRevision) -> String {
    let Some(owner) = meta::controller_of(&revision.metadata) else { return NONE.to_owned() };
    let group = owner.api_version.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    format!("{}{group}/{}", owner.kind.to_lowercase(), owner.name)
}

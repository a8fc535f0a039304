//! `StorageClass`: discovery facts and printer columns.

use k8s_openapi::api::storage::v1::StorageClass;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::meta;
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::StorageClass,
    group: "storage.k8s.io",
    version: "v1",
    plural: "storageclasses",
    singular: "storageclass",
    short_names: &["sc"],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Provisioner"),
        Column::normal("ReclaimPolicy"),
        Column::normal("VolumeBindingMode"),
        Column::normal("AllowVolumeExpansion"),
        Column::normal("Age"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(class) = object.as_ref::<StorageClass>() else { return Vec::new() };
    let mut name = Cell::name(object);
    if is_default(class) {
        name.0.push_str(" (default)");
    }
    vec![
        name,
        Cell::text(&class.provisioner),
        Cell::text(class.reclaim_policy.as_deref().unwrap_or("Delete")),
        Cell::text(class.volume_binding_mode.as_deref().unwrap_or("Immediate")),
        Cell::text(class.allow_volume_expansion.unwrap_or(false).to_string()),
        age(object, context),
    ]
}

/// Whether claims without a class get this one.
pub fn is_default(class: &StorageClass) -> bool {
    let annotations = meta::annotations(&class.metadata);
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
        .iter()
        .any(|key| annotations.get(*key).is_some_and(|value| value == "true"))
}

//! `PersistentVolume`: discovery facts and printer columns.

use k8s_openapi::api::core::v1::PersistentVolume;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, UNSET, access_modes, age};
use crate::api::meta;
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::PersistentVolume,
    group: "",
    version: "v1",
    plural: "persistentvolumes",
    singular: "persistentvolume",
    short_names: &["pv"],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Capacity"),
        Column::normal("Access Modes"),
        Column::normal("Reclaim Policy"),
        Column::normal("Status"),
        Column::normal("Claim"),
        Column::normal("StorageClass"),
        Column::normal("VolumeAttributesClass"),
        Column::normal("Reason"),
        Column::normal("Age"),
        Column::wide("VolumeMode"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(volume) = object.as_ref::<PersistentVolume>() else { return Vec::new() };
    let spec = volume.spec.clone().unwrap_or_default();
    let status = volume.status.clone().unwrap_or_default();
    let claim = spec.claim_ref.as_ref().map(|claim| {
        format!(
            "{}/{}",
            claim.namespace.as_deref().unwrap_or_default(),
            claim.name.as_deref().unwrap_or_default()
        )
    });
    let phase = if meta::is_terminating(&volume.metadata) {
        "Terminating".to_owned()
    } else {
        status.phase.unwrap_or_default()
    };
    let capacity = spec.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    vec![
        Cell::name(object),
        Cell::text(capacity.map_or("0", |quantity| quantity.0.as_str())),
        Cell::text(access_modes(spec.access_modes.as_deref().unwrap_or_default())),
        Cell::text(spec.persistent_volume_reclaim_policy.as_deref().unwrap_or_default()),
        Cell::text(phase),
        Cell::text(claim.unwrap_or_default()),
        Cell::text(volume_class(volume)),
        Cell::text(spec.volume_attributes_class_name.as_deref().unwrap_or(UNSET)),
        Cell::text(status.reason.as_deref().unwrap_or_default()),
        age(object, context),
        Cell::text(spec.volume_mode.as_deref().unwrap_or(UNSET)),
    ]
}

/// The volume's class: the old annotation, then the field, else empty.
///
/// Models component-helpers storage/volume: GetPersistentVolumeClass.
pub fn volume_class(volume: &PersistentVolume) -> &str {
    meta::annotations(&volume.metadata)
        .get("volume.beta.kubernetes.io/storage-class")
        .or_else(|| volume.spec.as_ref()?.storage_class_name.as_ref())
        .map(String::as_str)
        .unwrap_or_default()
}

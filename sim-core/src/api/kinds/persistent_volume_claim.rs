//! `PersistentVolumeClaim`: discovery facts and printer columns.

use k8s_openapi::api::core::v1::PersistentVolumeClaim;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, UNSET, access_modes, age};
use crate::api::meta;
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::PersistentVolumeClaim,
    group: "",
    version: "v1",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short_names: &["pvc"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Status"),
        Column::normal("Volume"),
        Column::normal("Capacity"),
        Column::normal("Access Modes"),
        Column::normal("StorageClass"),
        Column::normal("VolumeAttributesClass"),
        Column::normal("Age"),
        Column::wide("VolumeMode"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(claim) = object.as_ref::<PersistentVolumeClaim>() else { return Vec::new() };
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    let volume = spec.volume_name.unwrap_or_default();
    let (capacity, modes) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        let capacity = status.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
        let capacity = capacity.map_or("0", |quantity| quantity.0.as_str()).to_owned();
        (capacity, access_modes(status.access_modes.as_deref().unwrap_or_default()))
    };
    let phase = if meta::is_terminating(&claim.metadata) {
        "Terminating".to_owned()
    } else {
        status.phase.unwrap_or_default()
    };
    vec![
        Cell::name(object),
        Cell::text(phase),
        Cell::text(volume),
        Cell::text(capacity),
        Cell::text(modes),
        Cell::text(claim_class(claim)),
        Cell::text(spec.volume_attributes_class_name.as_deref().unwrap_or(UNSET)),
        age(object, context),
        Cell::text(spec.volume_mode.as_deref().unwrap_or(UNSET)),
    ]
}

/// The claim's class: the old annotation, then the field, else empty.
///
/// Models component-helpers storage/volume: GetPersistentVolumeClaimClass.
pub fn claim_class(claim: &PersistentVolumeClaim) -> &str {
    meta::annotations(&claim.metadata)
        .get("volume.beta.kubernetes.io/storage-class")
        .or_else(|| claim.spec.as_ref()?.storage_class_name.as_ref())
        .map(String::as_str)
        .unwrap_or_default()
}

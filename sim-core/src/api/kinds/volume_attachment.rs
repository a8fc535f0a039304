//! `VolumeAttachment`: discovery facts and printer columns.

use k8s_openapi::api::storage::v1::VolumeAttachment;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::VolumeAttachment,
    group: "storage.k8s.io",
    version: "v1",
    plural: "volumeattachments",
    singular: "volumeattachment",
    short_names: &[],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Attacher"),
        Column::normal("PV"),
        Column::normal("Node"),
        Column::normal("Attached"),
        Column::normal("Age"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(attachment) = object.as_ref::<VolumeAttachment>() else { return Vec::new() };
    let volume = attachment.spec.source.persistent_volume_name.as_deref();
    vec![
        Cell::name(object),
        Cell::text(&attachment.spec.attacher),
        Cell::text(volume.unwrap_or_default()),
        Cell::text(&attachment.spec.node_name),
        Cell::text(attachment.status.as_ref().is_some_and(|status| status.attached).to_string()),
        age(object, context),
    ]
}

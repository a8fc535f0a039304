//! `ResourceQuota`: discovery facts and printer columns.

use k8s_openapi::api::core::v1::ResourceQuota;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::ResourceQuota,
    group: "",
    version: "v1",
    plural: "resourcequotas",
    singular: "resourcequota",
    short_names: &["quota"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Request"),
        Column::normal("Limit"),
        Column::normal("Age"),
    ],
    row,
};

/// Models pkg/printers/internalversion: printResourceQuota.
fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(quota) = object.as_ref::<ResourceQuota>() else { return Vec::new() };
    let status = quota.status.clone().unwrap_or_default();
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (name, hard) in status.hard.iter().flatten() {
        let used = status.used.as_ref().and_then(|used| used.get(name));
        let text = format!("{name}: {}/{}", used.map_or("0", |used| used.0.as_str()), hard.0);
        if name.starts_with("limits.") { limits.push(text) } else { requests.push(text) }
    }
    vec![
        Cell::name(object),
        Cell::text(requests.join(", ")),
        Cell::text(limits.join(", ")),
        age(object, context),
    ]
}

//! `Lease`: discovery facts and printer columns.

use k8s_openapi::api::coordination::v1::Lease;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Lease,
    group: "coordination.k8s.io",
    version: "v1",
    plural: "leases",
    singular: "lease",
    short_names: &[],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Holder"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(lease) = object.as_ref::<Lease>() else { return Vec::new() };
    let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref());
    vec![Cell::name(object), Cell::text(holder.unwrap_or_default()), age(object, context)]
}

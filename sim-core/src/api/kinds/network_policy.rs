//! `NetworkPolicy`: discovery facts and printer columns.

use k8s_openapi::api::networking::v1::NetworkPolicy;

use super::format::format_selector;
use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::NetworkPolicy,
    group: "networking.k8s.io",
    version: "v1",
    plural: "networkpolicies",
    singular: "networkpolicy",
    short_names: &["netpol"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: true,
    columns: &[Column::normal("Name"), Column::normal("Pod-Selector"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(policy) = object.as_ref::<NetworkPolicy>() else { return Vec::new() };
    let selector = policy.spec.as_ref().and_then(|spec| spec.pod_selector.clone()).unwrap_or_default();
    vec![Cell::name(object), Cell::text(format_selector(&selector)), age(object, context)]
}

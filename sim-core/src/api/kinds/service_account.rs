//! `ServiceAccount`: discovery facts and printer columns.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::ServiceAccount,
    group: "",
    version: "v1",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short_names: &["sa"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["token"],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Secrets"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(account) = object.as_ref::<ServiceAccount>() else { return Vec::new() };
    let secrets = account.secrets.as_ref().map_or(0, Vec::len);
    vec![Cell::name(object), Cell::number(secrets), age(object, context)]
}

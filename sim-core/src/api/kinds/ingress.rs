//! `Ingress`: discovery facts and printer columns.

use std::collections::BTreeSet;

use k8s_openapi::api::networking::v1::{Ingress, IngressRule, IngressStatus};

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Ingress,
    group: "networking.k8s.io",
    version: "v1",
    plural: "ingresses",
    singular: "ingress",
    short_names: &["ing"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Class"),
        Column::normal("Hosts"),
        Column::normal("Address"),
        Column::normal("Ports"),
        Column::normal("Age"),
    ],
    row,
};

/// How many hosts a row names.
const HOSTS_SHOWN: usize = 3;

/// Models pkg/printers: printIngress.
fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(ingress) = object.as_ref::<Ingress>() else { return Vec::new() };
    let spec = ingress.spec.clone().unwrap_or_default();
    let has_tls = spec.tls.is_some_and(|tls| !tls.is_empty());
    vec![
        Cell::name(object),
        Cell::text(spec.ingress_class_name.unwrap_or_else(|| NONE.to_owned())),
        Cell::text(hosts(spec.rules.as_deref().unwrap_or_default())),
        Cell::text(ingress.status.as_ref().map(address).unwrap_or_default()),
        Cell::text(if has_tls { "80, 443" } else { "80" }),
        age(object, context),
    ]
}

/// Models pkg/printers: formatHosts.
fn hosts(rules: &[IngressRule]) -> String {
    let named = |rule: &&IngressRule| rule.host.as_ref().is_some_and(|host| !host.is_empty());
    let mut shown: Vec<&str> = Vec::new();
    let mut is_cut = false;
    for rule in rules {
        is_cut |= shown.len() == HOSTS_SHOWN;
        if !is_cut && named(&rule) {
            shown.extend(rule.host.as_deref());
        }
    }
    match (shown.is_empty(), is_cut) {
        (true, _) => "*".to_owned(),
        (_, false) => shown.join(","),
        (_, true) => format!("{} + {} more...", shown.join(","), rules.len() - HOSTS_SHOWN),
    }
}

/// Where the load balancer is, as names and addresses sorted.
pub fn address(status: &IngressStatus) -> String {
    let points = status.load_balancer.iter().flat_map(|balancer| balancer.ingress.iter().flatten());
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let places: BTreeSet<String> =
        points.filter_map(|point| given(&point.ip).or(given(&point.hostname))).collect();
    places.into_iter().collect::<Vec<_>>().join(",")
}

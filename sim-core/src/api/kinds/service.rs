//! `Service`: discovery facts and printer columns.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Service, ServicePort};

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, UNKNOWN, age, format_labels};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Service,
    group: "",
    version: "v1",
    plural: "services",
    singular: "service",
    short_names: &["svc"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Type"),
        Column::normal("Cluster-IP"),
        Column::normal("External-IP"),
        Column::normal("Port(s)"),
        Column::normal("Age"),
        Column::wide("Selector"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(service) = object.as_ref::<Service>() else { return Vec::new() };
    let spec = service.spec.clone().unwrap_or_default();
    let address = spec.cluster_ips.as_ref().and_then(|ips| ips.first()).or(spec.cluster_ip.as_ref());
    let address = address.filter(|address| !address.is_empty()).map_or(NONE, String::as_str);
    vec![
        Cell::name(object),
        Cell::text(spec.type_.as_deref().unwrap_or_default()),
        Cell::text(address),
        Cell::text(external_address(service)),
        Cell::text(ports(spec.ports.as_deref().unwrap_or_default())),
        age(object, context),
        Cell::text(format_labels(spec.selector.as_ref())),
    ]
}

/// Models pkg/printers/internalversion: getServiceExternalIP.
fn external_address(service: &Service) -> String {
    let spec = service.spec.clone().unwrap_or_default();
    let external = spec.external_ips.unwrap_or_default();
    match spec.type_.as_deref() {
        Some("ExternalName") => spec.external_name.unwrap_or_default(),
        Some("LoadBalancer") => {
            let mut all = load_balancer_addresses(service);
            all.extend(external);
            if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
        }
        Some("ClusterIP" | "NodePort") if external.is_empty() => NONE.to_owned(),
        Some("ClusterIP" | "NodePort") => external.join(","),
        _ => UNKNOWN.to_owned(),
    }
}

fn load_balancer_addresses(service: &Service) -> Vec<String> {
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let mut all = BTreeSet::new();
    for ingress in balancer.and_then(|balancer| balancer.ingress.as_ref()).into_iter().flatten() {
        let ip = ingress.ip.as_ref().filter(|ip| !ip.is_empty());
        all.extend(ip.or(ingress.hostname.as_ref()).cloned());
    }
    all.into_iter().collect()
}

/// Models pkg/printers/internalversion: makePortString.
fn ports(ports: &[ServicePort]) -> String {
    if ports.is_empty() {
        return NONE.to_owned();
    }
    let shown = ports.iter().map(|port| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        match port.node_port.filter(|number| *number > 0) {
            Some(node_port) => format!("{}:{node_port}/{protocol}", port.port),
            None => format!("{}/{protocol}", port.port),
        }
    });
    shown.collect::<Vec<_>>().join(",")
}

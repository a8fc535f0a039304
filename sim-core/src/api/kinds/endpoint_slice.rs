//! `EndpointSlice`: discovery facts and printer columns.

use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::EndpointSlice,
    group: "discovery.k8s.io",
    version: "v1",
    plural: "endpointslices",
    singular: "endpointslice",
    short_names: &[],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("AddressType"),
        Column::normal("Ports"),
        Column::normal("Endpoints"),
        Column::normal("Age"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(slice) = object.as_ref::<EndpointSlice>() else { return Vec::new() };
    vec![
        Cell::name(object),
        Cell::text(&slice.address_type),
        Cell::text(ports(slice)),
        Cell::text(endpoints(slice)),
        age(object, context),
    ]
}

/// Models pkg/printers/internalversion: formatDiscoveryPorts.
fn ports(slice: &EndpointSlice) -> String {
    let shown = slice.ports.iter().flatten().map(|port| match (port.port, &port.name) {
        (Some(number), _) => number.to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => "*".to_owned(),
    });
    first_three(shown.collect())
}

/// Models pkg/printers/internalversion: formatDiscoveryEndpoints.
fn endpoints(slice: &EndpointSlice) -> String {
    first_three(
        slice.endpoints.iter().flatten().flat_map(|endpoint| endpoint.addresses.iter().cloned()).collect(),
    )
}

fn first_three(all: Vec<String>) -> String {
    match all.len() {
        0 => "<unset>".to_owned(),
        1..=3 => all.join(","),
        many => format!("{} + {} more...", all[..3].join(","), many - 3),
    }
}

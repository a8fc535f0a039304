//! `Endpoints`: discovery facts and printer columns.

use k8s_openapi::api::core::v1::{EndpointSubset, Endpoints};

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Endpoints,
    group: "",
    version: "v1",
    plural: "endpoints",
    singular: "endpoints",
    short_names: &["ep"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[Column::normal("Name"), Column::normal("Endpoints"), Column::normal("Age")],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(endpoints) = object.as_ref::<Endpoints>() else { return Vec::new() };
    let subsets = endpoints.subsets.as_deref().unwrap_or_default();
    vec![Cell::name(object), Cell::text(format_endpoints(subsets)), age(object, context)]
}

/// The first three ready addresses with their ports; an empty text when none is ready.
///
/// Models pkg/printers/internalversion: formatEndpoints.
fn format_endpoints(subsets: &[EndpointSubset]) -> String {
    if subsets.is_empty() {
        return "<none>".to_owned();
    }
    let mut shown: Vec<String> = Vec::new();
    let mut count = 0;
    for subset in subsets {
        let addresses = subset.addresses.as_deref().unwrap_or_default();
        let numbers: Vec<i32> = subset.ports.iter().flatten().map(|port| port.port).collect();
        // A headless Service may have no ports.
        let suffixes = match numbers.as_slice() {
            [] => vec![String::new()],
            numbers => numbers.iter().map(|number| format!(":{number}")).collect(),
        };
        for suffix in suffixes {
            count += addresses.len();
            let room = 3 - shown.len();
            shown.extend(addresses.iter().take(room).map(|address| match address.ip.contains(':') {
                true if !suffix.is_empty() => format!("[{}]{suffix}", address.ip),
                _ => format!("{}{suffix}", address.ip),
            }));
        }
    }
    let list = shown.join(",");
    if count > shown.len() { format!("{list} + {} more...", count - shown.len()) } else { list }
}

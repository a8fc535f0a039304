//! `Node`: discovery facts and printer columns.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Node;

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, age};
use crate::api::object::{Kind, Object};
use crate::api::{Feature, meta};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Node,
    group: "",
    version: "v1",
    plural: "nodes",
    singular: "node",
    short_names: &["no"],
    namespaced: false,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Status"),
        Column::normal("Roles"),
        Column::normal("Age"),
        Column::normal("Version"),
        Column::wide("Internal-IP"),
        Column::wide("External-IP"),
        Column::wide("OS-Image"),
        Column::wide("Kernel-Version"),
        Column::wide("Container-Runtime"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(node) = object.as_ref::<Node>() else { return Vec::new() };
    let status = node.status.clone().unwrap_or_default();
    let info = status.node_info.clone().unwrap_or_default();
    let known = |text: &str| Cell::text(if text.is_empty() { "<unknown>" } else { text });
    let mut kernel = info.kernel_version.clone();
    if context.gates.has(Feature::KernelArchitecture) && !kernel.is_empty() && !info.architecture.is_empty() {
        kernel.push_str(&format!(" ({})", info.architecture));
    }
    vec![
        Cell::name(object),
        Cell::text(condition_text(node)),
        Cell::text(roles(node)),
        age(object, context),
        Cell::text(&info.kubelet_version),
        Cell::text(address(node, "InternalIP").unwrap_or(NONE)),
        Cell::text(address(node, "ExternalIP").unwrap_or(NONE)),
        known(&info.os_image),
        known(&kernel),
        known(&info.container_runtime_version),
    ]
}

fn condition_text(node: &Node) -> String {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let ready = match conditions.iter().find(|condition| condition.type_ == "Ready") {
        Some(condition) if condition.status == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let cordoned = node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false);
    if cordoned { format!("{ready},SchedulingDisabled") } else { ready.to_owned() }
}

/// The node's roles by its labels, sorted and joined, or `<none>`.
///
/// Models pkg/printers/internalversion: findNodeRoles.
pub fn roles(node: &Node) -> String {
    let mut roles = BTreeSet::new();
    for (key, value) in meta::labels(&node.metadata) {
        match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => roles.insert(role),
            None if key == "kubernetes.io/role" && !value.is_empty() => roles.insert(value.as_str()),
            _ => false,
        };
    }
    if roles.is_empty() {
        return NONE.to_owned();
    }
    roles.into_iter().collect::<Vec<_>>().join(",")
}

fn address<'a>(node: &'a Node, address_type: &str) -> Option<&'a str> {
    let addresses = node.status.as_ref()?.addresses.as_ref()?;
    addresses.iter().find(|address| address.type_ == address_type).map(|address| address.address.as_str())
}

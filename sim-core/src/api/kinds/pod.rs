//! `Pod`: discovery facts and printer columns.

use k8s_openapi::api::core::v1::Pod;

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, age, pod_summary, since};
use crate::api::object::{Kind, Object};
use crate::api::pod;

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Pod,
    group: "",
    version: "v1",
    plural: "pods",
    singular: "pod",
    short_names: &["po"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status", "eviction", "exec", "log", "resize"],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Ready"),
        Column::normal("Status"),
        Column::normal("Restarts"),
        Column::normal("Age"),
        Column::wide("IP"),
        Column::wide("Node"),
        Column::wide("Nominated Node"),
        Column::wide("Readiness Gates"),
    ],
    row,
};

/// Models pkg/printers/internalversion: printPod.
fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(pod) = object.as_ref::<Pod>() else { return Vec::new() };
    let summary = pod_summary::summarize(pod);
    let status = pod.status.clone().unwrap_or_default();
    let or_none = |text: Option<&str>| Cell::text(text.filter(|text| !text.is_empty()).unwrap_or(NONE));
    let ip = status.pod_ips.as_ref().and_then(|ips| ips.first()).map(|ip| ip.ip.as_str());
    let restarts = match summary.last_restart {
        Some(time) if summary.restarts != 0 => {
            format!("{} ({} ago)", summary.restarts, since(context.now, time))
        }
        _ => summary.restarts.to_string(),
    };
    vec![
        Cell::name(object),
        Cell::text(format!("{}/{}", summary.ready_containers, summary.total_containers)),
        Cell::text(summary.reason),
        Cell::text(restarts),
        age(object, context),
        or_none(ip.or(status.pod_ip.as_deref())),
        or_none(pod::node_name(pod)),
        or_none(status.nominated_node_name.as_deref()),
        Cell::text(readiness_gates(pod)),
    ]
}

fn readiness_gates(pod: &Pod) -> String {
    let gates = pod.spec.as_ref().and_then(|spec| spec.readiness_gates.as_deref()).unwrap_or_default();
    if gates.is_empty() {
        return NONE.to_owned();
    }
    let is_true = |kind: &str| pod::condition(pod, kind).is_some_and(|condition| condition.status == "True");
    let open = gates.iter().filter(|gate| is_true(&gate.condition_type)).count();
    format!("{open}/{}", gates.len())
}

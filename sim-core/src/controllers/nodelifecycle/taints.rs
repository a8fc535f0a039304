//! The taints that say what is wrong with a node.
//!
//! Models pkg/controller/util/node: SwapNodeControllerTaint, and the tables of pkg/controller/nodelifecycle.

use k8s_openapi::api::core::v1::{Node, Taint};

use crate::api::{ApiResult, ObjectKey, SimTime};
use crate::apiserver::{ApiServer, Subresource};

/// The kubelet reports that the node is not ready.
pub(super) const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The kubelet reports nothing.
pub(super) const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The user cordoned the node.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// Condition, its status, and the NoSchedule taint that comes of it.
const BY_CONDITION: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// The node's taints.
pub(super) fn taints(node: &Node) -> &[Taint] {
    node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
}

/// The status of a condition of the node, if it has the condition.
pub(super) fn condition_status<'a>(node: &'a Node, condition_type: &str) -> Option<&'a str> {
    let conditions = node.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == condition_type).map(|found| found.status.as_str())
}

/// The taints with this effect that the node lacks, and those of the controller's own that it has too many.
///
/// Models pkg/controller/nodelifecycle: doNoScheduleTaintingPass.
pub(super) fn no_schedule_changes(node: &Node) -> (Vec<&'static str>, Vec<&'static str>) {
    let wrong =
        |(condition, status, _): &&(&str, &str, &str)| condition_status(node, condition) == Some(*status);
    let mut wanted: Vec<&'static str> = BY_CONDITION.iter().filter(wrong).map(|(_, _, key)| *key).collect();
    if node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true)) {
        wanted.push(UNSCHEDULABLE);
    }
    let own = BY_CONDITION.iter().map(|(_, _, key)| *key).chain([UNSCHEDULABLE]);
    let extra = own.filter(|key| has(node, key, "NoSchedule") && !wanted.contains(key)).collect();
    wanted.retain(|key| !has(node, key, "NoSchedule"));
    (wanted, extra)
}

/// Whether the node has the taint.
pub(super) fn has(node: &Node, key: &str, effect: &str) -> bool {
    taints(node).iter().any(|taint| taint.key == key && taint.effect == effect)
}

/// Adds and removes taints of one effect in one write.
///
/// # Errors
/// The API server's refusals.
pub(super) fn swap(
    api: &mut ApiServer,
    node: &ObjectKey,
    effect: &str,
    add: &[&str],
    remove: &[&str],
    now: SimTime,
) -> ApiResult<()> {
    api.modify::<Node>(node, Subresource::Main, |node| {
        let taints = node.spec.get_or_insert_default().taints.get_or_insert_default();
        taints.retain(|taint| taint.effect != effect || !remove.contains(&taint.key.as_str()));
        for key in add {
            if !taints.iter().any(|taint| taint.key == **key && taint.effect == effect) {
                taints.push(Taint {
                    key: (*key).to_owned(),
                    effect: effect.to_owned(),
                    value: None,
                    time_added: Some(now.to_time()),
                });
            }
        }
        if taints.is_empty() {
            node.spec.get_or_insert_default().taints = None;
        }
    })?;
    Ok(())
}

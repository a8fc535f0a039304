//! What a kubelet reports about its node.
//!
//! Models pkg/kubelet/nodestatus. A kubelet that is well reports the same every time, so only its first report
//! and the one after a silence are written.

use k8s_openapi::api::core::v1::{Node, NodeCondition, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{ObjectKey, meta};
use crate::apiserver::Subresource;
use crate::engine::{Context, EventType, KubeletKind, ReconcileError};

/// Condition, status, reason, message, and the event that says that it holds again.
const HEALTHY: [(&str, &str, &str, &str, &str); 4] = [
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
        "NodeHasSufficientMemory",
    ),
    (
        "DiskPressure",
        "False",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure",
        "NodeHasNoDiskPressure",
    ),
    (
        "PIDPressure",
        "False",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
        "NodeHasSufficientPID",
    ),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status", "NodeReady"),
];

/// The conditions of a node that is well, since `at`.
pub fn healthy_conditions(kubelet: KubeletKind, at: &Time) -> Vec<NodeCondition> {
    let recorded = kubelet == KubeletKind::Recorder;
    HEALTHY
        .into_iter()
        .map(|(type_, status, reason, message, _)| NodeCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(if recorded && type_ != "Ready" { "ok" } else { message }.to_owned()),
            last_heartbeat_time: Some(at.clone()),
            last_transition_time: Some(at.clone()),
        })
        .collect()
}

/// Reports the node's conditions where the API server knows others.
///
/// # Errors
/// The API server's refusals.
pub(super) fn report(key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    let Some(node) = context.view.shared::<Node>(key) else { return Ok(()) };
    let known = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let now = context.now.to_time();
    let healthy = healthy_conditions(context.config.kubelet, &now);
    let changed: Vec<NodeCondition> = healthy
        .into_iter()
        .filter(|new| known.iter().any(|old| old.type_ == new.type_ && old.status != new.status))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    context.api.modify::<Node>(key, Subresource::Status, |node| {
        let conditions = node.status.iter_mut().flat_map(|status| status.conditions.iter_mut().flatten());
        for condition in conditions {
            if let Some(new) = changed.iter().find(|new| new.type_ == condition.type_) {
                *condition = new.clone();
            }
        }
    })?;
    if context.config.kubelet == KubeletKind::Full {
        for (type_, .., event) in HEALTHY {
            if changed.iter().any(|condition| condition.type_ == type_) {
                record(meta::name(&node.metadata), event, context);
            }
        }
    }
    Ok(())
}

/// Kubelets name their node by its name where others give its uid.
fn record(node: &str, reason: &'static str, context: &mut Context<'_>) {
    let about = ObjectReference {
        kind: Some("Node".to_owned()),
        name: Some(node.to_owned()),
        uid: Some(node.to_owned()),
        ..ObjectReference::default()
    };
    let message = format!("Node {node} status is now: {reason}");
    context.events.event_about(context.api, about, Some(node), EventType::Normal, reason, &message);
}

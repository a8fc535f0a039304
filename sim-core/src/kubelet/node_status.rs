//! What a kubelet reports about its node.
//!
//! Models pkg/kubelet/nodestatus. A kubelet that is well reports the same every time, so only its first report
//! and the one after a silence are written.

use std::time::Duration;

use imbl::OrdSet;
use k8s_openapi::api::core::v1::{Node, NodeCondition, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{Object, ObjectKey, SimTime, meta};
use crate::apiserver::Subresource;
use crate::engine::{Context, EventType, KubeletKind, ReconcileError};
use crate::store::Change;

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

/// From a kubelet's registration of its node to the network that makes it ready.
pub(super) const START_UP: Duration = Duration::from_secs(12);

/// Whether the node was registered by a kubelet that has not reported it ready.
pub(super) fn is_starting(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status != "True")
}

/// The conditions of a node whose network is not up yet.
pub fn starting_conditions(kubelet: KubeletKind, at: &Time) -> Vec<NodeCondition> {
    let mut conditions = healthy_conditions(kubelet, at);
    for condition in conditions.iter_mut().filter(|condition| condition.type_ == "Ready") {
        condition.status = "False".to_owned();
        condition.reason = Some("KubeletNotReady".to_owned());
        condition.message = Some(
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
             message:Network plugin returns error: cni plugin not initialized"
                .to_owned(),
        );
    }
    conditions
}

/// Reports the node's conditions where the API server knows others. `low_on_memory` says that it had to evict.
///
/// # Errors
/// The API server's refusals.
pub(super) fn report(
    key: &ObjectKey,
    low_on_memory: bool,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let Some(node) = context.view.shared::<Node>(key) else { return Ok(()) };
    let known = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let now = context.now.to_time();
    let mut conditions = healthy_conditions(context.config.kubelet, &now);
    for condition in conditions.iter_mut().filter(|one| low_on_memory && one.type_ == "MemoryPressure") {
        condition.status = "True".to_owned();
        condition.reason = Some("KubeletHasInsufficientMemory".to_owned());
        condition.message = Some("kubelet has insufficient memory available".to_owned());
    }
    let changed: Vec<NodeCondition> = conditions
        .into_iter()
        .filter(|new| known.iter().any(|old| old.type_ == new.type_ && old.status != new.status))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    context.api.modify::<Node>(key, Subresource::Status, |node| {
        let conditions = node.status.iter_mut().flat_map(|status| status.conditions.iter_mut().flatten());
        for condition in conditions {
            // A report tells of all of them.
            condition.last_heartbeat_time = Some(now.clone());
            if let Some(new) = changed.iter().find(|new| new.type_ == condition.type_) {
                *condition = new.clone();
            }
        }
    })?;
    if context.config.kubelet == KubeletKind::Full {
        for (type_, .., event) in HEALTHY {
            if changed.iter().any(|condition| condition.type_ == type_) {
                let lacks = low_on_memory && type_ == "MemoryPressure";
                let event = if lacks { "NodeHasInsufficientMemory" } else { event };
                record(meta::name(&node.metadata), event, context);
            }
        }
    }
    Ok(())
}

/// What a kubelet says of itself and its node when it comes up.
pub(super) fn say_started(node: &str, context: &mut Context<'_>) {
    if context.config.kubelet != KubeletKind::Full {
        return;
    }
    tell(node, EventType::Normal, "Starting", "Starting kubelet.", context);
    let limits = "Updated Node Allocatable limit across pods";
    tell(node, EventType::Normal, "NodeAllocatableEnforced", limits, context);
    for (type_, .., event) in HEALTHY {
        if type_ != "Ready" {
            record(node, event, context);
        }
    }
}

/// Records an event about the node. Kubelets name their node by its name where others give its uid.
pub(super) fn tell(
    node: &str,
    event_type: EventType,
    reason: &'static str,
    message: &str,
    context: &mut Context<'_>,
) {
    let about = ObjectReference {
        kind: Some("Node".to_owned()),
        name: Some(node.to_owned()),
        uid: Some(node.to_owned()),
        ..ObjectReference::default()
    };
    context.events.event_about(context.api, about, Some(node), event_type, reason, message);
}

fn record(node: &str, reason: &'static str, context: &mut Context<'_>) {
    let text = format!("Node {node} status is now: {reason}");
    tell(node, EventType::Normal, reason, &text, context);
}

/// How often a kubelet looks at its node (`nodeStatusUpdateFrequency`).
const SYNC: Duration = Duration::from_secs(10);

/// The first look after `time`.
pub(super) fn next_sync(time: SimTime) -> SimTime {
    let looks = time.since_start().as_secs() / SYNC.as_secs() + 1;
    SimTime::ZERO + Duration::from_secs(looks * SYNC.as_secs())
}

fn is_cordoned(node: &Node) -> bool {
    node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true))
}

/// Whether the node was cordoned or uncordoned.
pub(super) fn cordon_changed(change: &Change, node: &Node) -> bool {
    matches!(&change.previous, Some(Object::Node(old)) if is_cordoned(old) != is_cordoned(node))
}

/// Says that the node takes no new pods any more, or takes them again.
///
/// Models pkg/kubelet: recordNodeSchedulableEvent.
pub(super) fn say_whether_cordoned(said: &mut OrdSet<ObjectKey>, key: &ObjectKey, context: &mut Context<'_>) {
    let Some(node) = context.view.shared::<Node>(key) else { return };
    let cordoned = is_cordoned(&node);
    if context.config.kubelet != KubeletKind::Full || said.contains(key) == cordoned {
        return;
    }
    if cordoned {
        said.insert(key.clone());
    } else {
        said.remove(key);
    }
    record(&key.name, if cordoned { "NodeNotSchedulable" } else { "NodeSchedulable" }, context);
}

//! Notices nodes whose kubelets fall silent, and taints nodes by their conditions.
//!
//! Models pkg/controller/nodelifecycle. Upstream a kubelet renews a Lease every 10 s and the controller looks
//! at all nodes every 5 s. Here a heartbeat that arrives is no event: what matters is the moment the node falls
//! silent, and the deadline that follows from it.

mod taints;
#[cfg(test)]
mod tests;
mod zones;

use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Node, NodeCondition, ObjectReference, Pod};

use crate::api::{ApiResult, Feature, Kind, Object, ObjectKey, ObjectRef, Resource, SimTime, meta, pod};
use crate::apiserver::Subresource;
use crate::engine::{ClusterConfig, Component, Context, EventType, KubeletKind, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store, reported};
use taints::{NOT_READY, UNREACHABLE, condition_status};
use zones::Zones;

/// The controller looks at the nodes this often (`--node-monitor-period`).
const MONITOR_PERIOD: Duration = Duration::from_secs(5);
/// Nodes that wait for a NoExecute taint are looked at this often. Models scheduler.NodeEvictionPeriod.
const TAINT_PERIOD: Duration = Duration::from_millis(100);
/// The conditions that a silent kubelet leaves unknown.
const REPORTED: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct NodeLifecycleController {
    /// Since when a node's kubelet has been silent.
    silent: OrdMap<String, SimTime>,
    /// Nodes that wait for their NoExecute taint.
    queued: OrdSet<String>,
    zones: Zones,
    /// Nodes that joined, and when the controller first looks at them.
    joined: OrdMap<String, SimTime>,
    /// Nodes that were deleted, and when the controller finds them missing.
    missing: OrdMap<String, (Arc<Node>, SimTime)>,
}

impl NodeLifecycleController {
    /// The node's kubelet is silent from `now` on. Wake the controller for the node afterwards.
    pub fn fall_silent(&mut self, node: &str, now: SimTime) {
        if !self.silent.contains_key(node) {
            self.silent.insert(node.to_owned(), now);
        }
    }

    /// The node's kubelet is heard again.
    pub fn hear(&mut self, node: &str) {
        self.silent.remove(node);
    }

    /// Silent nodes, in order of name.
    pub fn silent_nodes(&self) -> impl Iterator<Item = &String> {
        self.silent.keys()
    }

    /// When a silent node is given up: at the first look after the grace period.
    fn deadline(&self, node: &str, config: &ClusterConfig) -> Option<SimTime> {
        let since = self.silent.get(node)?;
        let grace = Duration::from_secs(config.node_monitor_grace_period_seconds);
        Some(next_pass(*since + grace, MONITOR_PERIOD))
    }
}

impl Component for NodeLifecycleController {
    fn name(&self) -> &'static str {
        "node-lifecycle-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        let Object::Node(node) = &change.object else { return };
        let key = change.reference.key.clone();
        let gone = change.change == ChangeType::Deleted;
        if self.zones.note(&key.name, (!gone).then_some(node)) {
            // How its neighbours are dealt with may depend on it.
            for name in self.zones.not_ready() {
                wakes.soon(ObjectRef::new(Kind::Node, ObjectKey::cluster(name)));
            }
        }
        // The look of this very moment is over.
        let due = next_pass(change.at + Duration::from_nanos(1), MONITOR_PERIOD);
        if gone {
            self.missing.insert(key.name.to_string(), (node.clone(), due));
            wakes.at(ObjectRef::new(Kind::Node, key.clone()), due, Pace::Progress);
        }
        if change.change == ChangeType::Added && condition_status(node, "Ready") != Some("True") {
            self.joined.insert(key.name.to_string(), due);
            wakes.at(ObjectRef::new(Kind::Node, key.clone()), due, Pace::Progress);
        }
        if gone || needs_attention(node) {
            wakes.soon(ObjectRef::new(Kind::Node, key));
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let name = &key.key.name;
        let Some(node) = context.view.shared::<Node>(&key.key) else {
            self.silent.remove(&**name);
            self.queued.remove(&**name);
            self.joined.remove(&**name);
            self.notice_missing(key, context);
            return Ok(());
        };
        self.missing.remove(&**name);
        match self.joined.get(&**name).copied() {
            Some(due) if due <= context.now => {
                self.joined.remove(&**name);
                let what = format!("Registered Node {name} in Controller");
                record(&node, "RegisteredNode", &format!("Node {name} event: {what}"), context);
            }
            Some(due) => context.wakes.at(key.clone(), due, Pace::Progress),
            None => {}
        }
        if let Some(deadline) = self.deadline(name, context.config) {
            if context.now < deadline {
                context.wakes.at(key.clone(), deadline, Pace::Progress);
            } else if condition_status(&node, "Ready") != Some("Unknown") {
                let since = self.silent.get(&**name).copied().unwrap_or(context.now);
                give_up(&node, &key.key, since, context)?;
                return Ok(());
            }
        }
        let (add, remove) = taints::no_schedule_changes(&node);
        if !add.is_empty() || !remove.is_empty() {
            taints::swap(context.api, &key.key, "NoSchedule", &add, &remove, context.now)?;
            // The change brings the controller back for the rest.
            return Ok(());
        }
        if let Some(seen) = self.unreachable_from(&node, name, context)
            && context.now < seen
        {
            context.wakes.at(key.clone(), seen, Pace::Progress);
            return Ok(());
        }
        self.sync_no_execute(&node, key, context)
    }
}

impl NodeLifecycleController {
    /// When a node that was given up counts as unreachable, for a release that evicts by what it found the node to be,
    /// not by what it then made of it.
    fn unreachable_from(&self, node: &Node, name: &str, context: &Context<'_>) -> Option<SimTime> {
        let is_late = !context.api.gates.has(Feature::TaintsOfOneLook);
        let is_given_up = is_late && condition_status(node, "Ready") == Some("Unknown");
        let deadline = self.deadline(name, context.config).filter(|_| is_given_up)?;
        Some(deadline + MONITOR_PERIOD)
    }

    /// Says that a node is gone, at the look that finds it missing.
    fn notice_missing(&mut self, key: &ObjectRef, context: &mut Context<'_>) {
        let name = &key.key.name;
        match self.missing.get(&**name).cloned() {
            Some((node, due)) if due <= context.now => {
                self.missing.remove(&**name);
                let what = format!("Node {name} event: Removing Node {name} from Controller");
                record(&node, "RemovingNode", &what, context);
            }
            Some((_, due)) => context.wakes.at(key.clone(), due, Pace::Progress),
            None => {}
        }
    }

    /// Lets pods be evicted from a node that is not ready, and stay on one that is.
    ///
    /// Models pkg/controller/nodelifecycle: processTaintBaseEviction, doNoExecuteTaintingPass.
    fn sync_no_execute(
        &mut self,
        node: &Node,
        key: &ObjectRef,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let name = meta::name(&node.metadata);
        let wanted = match condition_status(node, "Ready") {
            _ if self.zones.is_fully_disrupted() => None,
            None | Some("True") => None,
            Some("False") => Some((NOT_READY, UNREACHABLE)),
            Some(_) => Some((UNREACHABLE, NOT_READY)),
        };
        let Some((add, opposite)) = wanted else {
            self.queued.remove(name);
            if taints::has(node, NOT_READY, "NoExecute") || taints::has(node, UNREACHABLE, "NoExecute") {
                let both = [NOT_READY, UNREACHABLE];
                taints::swap(context.api, &key.key, "NoExecute", &[], &both, context.now)?;
            }
            return Ok(());
        };
        if taints::has(node, add, "NoExecute") {
            self.queued.remove(name);
            return Ok(());
        }
        if !taints::has(node, opposite, "NoExecute") {
            let Some(free) = self.zones.next_eviction(node, context.now) else { return Ok(()) };
            let due = next_pass(free, TAINT_PERIOD);
            let fresh = self.queued.insert(name.to_owned()).is_none();
            if fresh || due > context.now {
                context.wakes.at(key.clone(), due, Pace::Progress);
                return Ok(());
            }
            self.zones.spend(node, context.now);
        }
        self.queued.remove(name);
        taints::swap(context.api, &key.key, "NoExecute", &[add], &[opposite], context.now)?;
        Ok(())
    }
}

/// The first pass at or after `time` of something that runs every `period`.
fn next_pass(time: SimTime, period: Duration) -> SimTime {
    let period = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX).max(1);
    SimTime(time.0.div_ceil(period).saturating_mul(period))
}

fn needs_attention(node: &Node) -> bool {
    let (add, remove) = taints::no_schedule_changes(node);
    let unwell = condition_status(node, "Ready").is_some_and(|status| status != "True");
    let evicting = taints::has(node, NOT_READY, "NoExecute") || taints::has(node, UNREACHABLE, "NoExecute");
    !add.is_empty() || !remove.is_empty() || unwell != evicting
}

/// Models pkg/controller/util/node: RecordNodeEvent, RecordNodeStatusChange.
fn record(node: &Node, reason: &'static str, message: &str, context: &mut Context<'_>) {
    if context.config.kubelet != KubeletKind::Full && reason == "RegisteredNode" {
        // The recorded nodes registered before the recording began.
        return;
    }
    context.events.speak_as("node-controller".to_owned());
    let about = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Node".to_owned()),
        name: node.metadata.name.clone(),
        uid: node.metadata.uid.clone(),
        ..ObjectReference::default()
    };
    context.events.event_about(context.api, about, None, EventType::Normal, reason, message);
}

/// The grace period is over: nothing is known of the node any more, and its pods count as not ready.
///
/// Models pkg/controller/nodelifecycle: tryUpdateNodeHealth, monitorNodeHealth.
fn give_up(node: &Node, key: &ObjectKey, since: SimTime, context: &mut Context<'_>) -> ApiResult<()> {
    let was_ready = condition_status(node, "Ready") == Some("True");
    let now = context.now;
    let full = context.config.kubelet == KubeletKind::Full;
    context.api.modify::<Node>(key, Subresource::Status, |node| {
        if full {
            // What the kubelet reported last, before the time of it is out of reach.
            *node = reported(node, since);
        }
        mark_unknown(node, now);
    })?;
    if !was_ready {
        return Ok(());
    }
    let name = meta::name(&node.metadata);
    record(node, "NodeNotReady", &format!("Node {name} status is now: NodeNotReady"), context);
    let view = context.view;
    for pod in view.pods_on(name) {
        mark_not_ready(pod, context)?;
    }
    Ok(())
}

fn mark_unknown(node: &mut Node, now: SimTime) {
    let created = node.metadata.creation_timestamp.clone();
    let conditions = node.status.get_or_insert_default().conditions.get_or_insert_default();
    for reported in REPORTED {
        match conditions.iter_mut().find(|condition| condition.type_ == reported) {
            Some(condition) if condition.status == "Unknown" => {}
            Some(condition) => {
                condition.status = "Unknown".to_owned();
                condition.reason = Some("NodeStatusUnknown".to_owned());
                condition.message = Some("Kubelet stopped posting node status.".to_owned());
                condition.last_transition_time = Some(now.to_time());
            }
            None => conditions.push(NodeCondition {
                type_: reported.to_owned(),
                status: "Unknown".to_owned(),
                reason: Some("NodeStatusNeverUpdated".to_owned()),
                message: Some("Kubelet never posted node status.".to_owned()),
                last_heartbeat_time: created.clone(),
                last_transition_time: Some(now.to_time()),
            }),
        }
    }
}

/// Models pkg/controller/util/node: MarkPodsNotReady.
fn mark_not_ready(pod: &Pod, context: &mut Context<'_>) -> ApiResult<()> {
    if !pod::is_ready(pod) {
        return Ok(());
    }
    let now = context.now;
    let marked = context.api.modify::<Pod>(&pod.key(), Subresource::Status, |pod| {
        let conditions = pod.status.iter_mut().flat_map(|status| status.conditions.iter_mut().flatten());
        for condition in conditions.filter(|condition| condition.type_ == "Ready") {
            condition.status = "False".to_owned();
            condition.last_transition_time = Some(now.to_time());
        }
    });
    match marked {
        Err(error) if error.is_not_found() => return Ok(()),
        other => other?,
    };
    let about = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        name: pod.metadata.name.clone(),
        namespace: pod.metadata.namespace.clone(),
        uid: pod.metadata.uid.clone(),
        ..ObjectReference::default()
    };
    let message = "Node is not ready";
    context.events.event_about(context.api, about, None, EventType::Warning, "NodeNotReady", message);
    Ok(())
}

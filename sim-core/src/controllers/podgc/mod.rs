//! Deletes pods whose node is gone, or is down for good.
//!
//! Models pkg/controller/podgc: gcOrphaned, gcTerminating. Upstream looks at all pods every 20 s; here a node's
//! pods are looked at in the pass that finds them.

#[cfg(test)]
mod tests;

use std::time::Duration;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Node, Pod, PodCondition};

use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, Resource, SimTime, meta, pod};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// How often the controller looks (gcCheckPeriod).
const PERIOD: Duration = Duration::from_secs(20);
/// How long a node must be gone for its pods to be deleted (quarantineTime).
const QUARANTINE: Duration = Duration::from_secs(40);
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct PodGarbageCollector {
    /// When the pods of a node that is gone may be deleted.
    quarantined: OrdMap<ObjectKey, SimTime>,
}

impl Component for PodGarbageCollector {
    fn name(&self) -> &'static str {
        "pod-garbage-collector-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        let next = next_pass(change.at);
        match &change.object {
            Object::Node(_) if change.change == ChangeType::Deleted => {
                // Found missing in one pass, it is out of quarantine in a later one.
                wakes.at(change.reference.clone(), next, Pace::Progress);
            }
            Object::Node(node) if is_out_of_service(node) => {
                wakes.at(change.reference.clone(), next, Pace::Progress);
            }
            Object::Pod(pod) if change.change != ChangeType::Deleted => {
                let Some(name) = pod::node_name(pod) else { return };
                let key = ObjectKey::cluster(name);
                let concerned = match view.typed::<Node>(&key) {
                    Some(node) => meta::is_terminating(&pod.metadata) && is_out_of_service(node),
                    None => true,
                };
                if concerned {
                    wakes.at(ObjectRef::new(Kind::Node, key), next, Pace::Progress);
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let view = context.view.clone();
        let node = view.typed::<Node>(&key.key);
        if node.is_none() && !self.is_over(&key.key, context) {
            return Ok(());
        }
        if node.is_some() {
            self.quarantined.remove(&key.key);
        }
        let lost = match node {
            None => Some("PodGC: node no longer exists"),
            Some(node) if is_out_of_service(node) => None,
            Some(_) => return Ok(()),
        };
        for pod in view.pods_on(&key.key.name) {
            if lost.is_some() || meta::is_terminating(&pod.metadata) {
                fail_and_delete(pod, lost, context)?;
            }
        }
        Ok(())
    }
}

impl PodGarbageCollector {
    /// Whether the missing node has been missed for long enough; begins to count when it has not.
    fn is_over(&mut self, node: &ObjectKey, context: &mut Context<'_>) -> bool {
        if context.view.pods_on(&node.name).next().is_none() {
            self.quarantined.remove(node);
            return false;
        }
        let until = *self.quarantined.entry(node.clone()).or_insert(context.now + QUARANTINE);
        if context.now < until {
            let pass = next_pass(SimTime(until.0.saturating_sub(1)));
            context.wakes.at(ObjectRef::new(Kind::Node, node.clone()), pass, Pace::Progress);
            return false;
        }
        true
    }
}

/// The first pass after `time`.
fn next_pass(time: SimTime) -> SimTime {
    let passes = time.since_start().as_secs() / PERIOD.as_secs() + 1;
    SimTime::ZERO + Duration::from_secs(passes * PERIOD.as_secs())
}

/// Whether the node is not ready and marked as not coming back (KEP-2268).
fn is_out_of_service(node: &Node) -> bool {
    let marked = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let ready = conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True");
    !ready && marked.into_iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

/// Models podgc: markFailedAndDeletePodWithCondition.
fn fail_and_delete(pod: &Pod, why: Option<&str>, context: &mut Context<'_>) -> ApiResult<()> {
    let (key, now) = (pod.key(), context.now);
    let condition = why.map(|why| PodCondition {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: Some("DeletionByPodGC".to_owned()),
        message: Some(why.to_owned()),
        ..PodCondition::default()
    });
    if !pod::is_terminal(pod) {
        let failed = context.api.modify::<Pod>(&key, Subresource::Status, |pod| {
            pod.status.get_or_insert_default().phase = Some("Failed".to_owned());
            if let Some(condition) = condition {
                pod::set_condition(pod, condition, now);
            }
        });
        match failed {
            Err(error) if error.is_not_found() => return Ok(()),
            other => other?,
        };
    }
    let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    match context.api.delete(Kind::Pod, &key, &options) {
        Err(error) if error.is_not_found() => Ok(()),
        other => other.map(drop),
    }
}

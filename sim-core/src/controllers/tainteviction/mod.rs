//! Deletes pods from nodes with NoExecute taints that they do not tolerate, or no longer.
//!
//! Models pkg/controller/tainteviction. What a pod tolerates for a time it tolerates from the moment the
//! controller sees the taint.

#[cfg(test)]
mod tests;

use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Node, ObjectReference, Pod, PodCondition, Taint, Toleration};

use crate::api::{Feature, Kind, Object, ObjectKey, ObjectRef, Resource, SimTime, pod};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::engine::{Component, Context, EventType, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// What is planned for a pod on a tainted node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eviction {
    /// It is deleted then.
    At(SimTime),
    /// Its deletion was asked for.
    Done,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct TaintEvictionController {
    planned: OrdMap<ObjectKey, Eviction>,
    /// Nodes with NoExecute taints.
    tainted: OrdSet<String>,
}

impl Component for TaintEvictionController {
    fn name(&self) -> &'static str {
        "taint-eviction-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Node(node) => self.node_changed(change, node, wakes),
            Object::Pod(pod) => self.pod_changed(change, pod, wakes),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        match key.kind {
            Kind::Node => {
                let view = context.view;
                let Some(node) = view.typed::<Node>(&key.key) else { return Ok(()) };
                for pod in view.pods_on(&key.key.name) {
                    self.consider(pod, node, context)?;
                }
                Ok(())
            }
            _ => self.sync_pod(&key.key, context),
        }
    }
}

impl TaintEvictionController {
    fn node_changed(&mut self, change: &Change, node: &Node, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        let gone = change.change == ChangeType::Deleted;
        let evicts = !gone && no_execute(node).next().is_some();
        let was_tainted = self.tainted.contains(&*key.name);
        if evicts {
            self.tainted.insert(key.name.to_string());
        } else {
            self.tainted.remove(&*key.name);
        }
        let before = match &change.previous {
            Some(Object::Node(before)) => no_execute(before).collect(),
            _ => Vec::new(),
        };
        if !gone && (evicts || was_tainted) && before != no_execute(node).collect::<Vec<_>>() {
            wakes.soon(ObjectRef::new(Kind::Node, key));
        }
    }

    fn pod_changed(&mut self, change: &Change, pod: &Pod, wakes: &mut Wakes) {
        if self.tainted.is_empty() && self.planned.is_empty() {
            return;
        }
        let key = change.reference.key.clone();
        let concerns = match (&change.previous, change.change) {
            (_, ChangeType::Deleted) => self.planned.contains_key(&key),
            (Some(Object::Pod(before)), _) => {
                pod::node_name(before) != pod::node_name(pod) || tolerations(before) != tolerations(pod)
            }
            _ => true,
        };
        let tainted = || pod::node_name(pod).is_some_and(|node| self.tainted.contains(node));
        if concerns && (change.change == ChangeType::Deleted || tainted()) {
            wakes.soon(ObjectRef::new(Kind::Pod, key));
        }
    }

    fn sync_pod(&mut self, key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(pod) = context.view.shared::<Pod>(key) else {
            self.cancel(key, context);
            return Ok(());
        };
        if let Some(Eviction::At(due)) = self.planned.get(key)
            && *due <= context.now
        {
            return self.evict(key, context);
        }
        let node = pod::node_name(&pod).map(ObjectKey::cluster);
        let Some(node) = node.and_then(|node| context.view.shared::<Node>(&node)) else { return Ok(()) };
        self.consider(&pod, &node, context)
    }

    /// Models pkg/controller/tainteviction: processPodOnNode.
    fn consider(&mut self, pod: &Pod, node: &Node, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let key = pod.key();
        let seconds = tolerated_seconds(no_execute(node), tolerations(pod));
        let due = match seconds {
            Tolerated::ForEver => {
                self.cancel(&key, context);
                return Ok(());
            }
            Tolerated::Not => {
                self.cancel(&key, context);
                context.now
            }
            Tolerated::Seconds(seconds) => context.now + Duration::from_secs(seconds),
        };
        if self.planned.contains_key(&key) {
            // What was planned stays, even where a new taint is tolerated for a shorter time.
            return Ok(());
        }
        self.planned.insert(key.clone(), Eviction::At(due));
        if due <= context.now {
            return self.evict(&key, context);
        }
        context.wakes.at(ObjectRef::new(Kind::Pod, key), due, Pace::Progress);
        Ok(())
    }

    /// Forgets what was planned for the pod, and says so when it had not happened yet.
    fn cancel(&mut self, key: &ObjectKey, context: &mut Context<'_>) {
        if let Some(Eviction::At(_)) = self.planned.remove(key) {
            record(key, "Cancelling deletion of Pod", context);
        }
    }

    /// Models pkg/controller/tainteviction: deletePodHandler, addConditionAndDeletePod.
    fn evict(&mut self, key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        record(key, "Marking for deletion Pod", context);
        let now = context.now;
        let condition = PodCondition {
            type_: "DisruptionTarget".to_owned(),
            status: "True".to_owned(),
            reason: Some("DeletionByTaintManager".to_owned()),
            message: Some("Taint manager: deleting due to NoExecute taint".to_owned()),
            ..PodCondition::default()
        };
        let marked = context
            .api
            .modify::<Pod>(key, Subresource::Status, |pod| pod::set_condition(pod, condition, now))
            .and_then(|_| context.api.delete(Kind::Pod, key, &DeleteOptions::default()));
        self.planned.insert(key.clone(), Eviction::Done);
        match marked {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// The event names the pod without its uid, as upstream does; `describe` does not find it for that reason.
fn record(key: &ObjectKey, what: &str, context: &mut Context<'_>) {
    let about = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        name: Some(key.name.to_string()),
        namespace: Some(key.namespace.to_string()),
        ..ObjectReference::default()
    };
    let message = format!("{what} {}/{}", key.namespace, key.name);
    let reason = "TaintManagerEviction";
    if !context.api.gates.has(Feature::SeparateTaintEviction) {
        context.events.speak_as("taint-controller".to_owned());
    }
    context.events.event_about(context.api, about, None, EventType::Normal, reason, &message);
}

fn no_execute(node: &Node) -> impl Iterator<Item = &Taint> {
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    taints.filter(|taint| taint.effect == "NoExecute")
}

fn tolerations(pod: &Pod) -> &[Toleration] {
    pod.spec.as_ref().and_then(|spec| spec.tolerations.as_deref()).unwrap_or_default()
}

/// How long a pod bears a node's taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tolerated {
    Not,
    Seconds(u64),
    ForEver,
}

/// Models pkg/controller/tainteviction: GetMatchingTolerations, getMinTolerationTime.
fn tolerated_seconds<'a>(taints: impl Iterator<Item = &'a Taint>, tolerations: &[Toleration]) -> Tolerated {
    let mut least = Tolerated::ForEver;
    for taint in taints {
        // The first toleration that fits is the one that counts.
        let Some(used) = tolerations.iter().find(|toleration| pod::tolerates(toleration, taint)) else {
            return Tolerated::Not;
        };
        let Some(seconds) = used.toleration_seconds else { continue };
        let seconds = u64::try_from(seconds).unwrap_or(0);
        least = match least {
            Tolerated::Seconds(other) => Tolerated::Seconds(other.min(seconds)),
            _ => Tolerated::Seconds(seconds),
        };
    }
    least
}

//! The binding cycle: volumes first, then the pod.
//!
//! Models pkg/scheduler: bindingCycle, and VolumeBinding's PreBind.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, PodCondition};

use super::Scheduler;
use super::cycle::Place;
use super::plugins::volume_binding;
use crate::api::{ApiResult, Feature, Kind, Object, ObjectKey, ObjectRef, Resource, SimTime, meta};
use crate::apiserver::{ApiServer, Subresource};
use crate::engine::{Context, EventType, Pace, ReconcileError};

/// How often a waiting pod's volumes are looked at. Models volumebinding: BindPodVolumes.
const BIND_CHECK: Duration = Duration::from_secs(1);
/// How long a pod waits for its volumes. Models volumebinding: DefaultBindTimeoutSeconds.
const BIND_TIMEOUT: Duration = Duration::from_secs(600);

/// A pod that has a node and waits for its volumes.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    uid: Arc<str>,
    node: Arc<str>,
    since: SimTime,
    check_at: SimTime,
}

impl Scheduler {
    /// Gives the pod its node: at once, or when its volumes are bound there.
    pub(super) fn place(
        &mut self,
        pod: &Arc<Pod>,
        place: Place,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        if place.volumes.is_empty() {
            return Ok(bind(pod, &place.node, context)?);
        }
        if context.api.gates.has(Feature::NominatedWhileBinding) {
            nominate(context.api, pod, &place.node)?;
        }
        volume_binding::bind_on_node(&place.volumes, &place.node, context.api)?;
        self.nodes.assign(&pod.key(), &place.node, pod);
        let binding = Binding {
            uid: meta::uid(&pod.metadata).into(),
            node: place.node,
            since: context.now,
            check_at: context.now + BIND_CHECK,
        };
        context.wakes.at(pod_ref(pod), binding.check_at, Pace::Progress);
        self.binding.insert(pod.key(), binding);
        Ok(())
    }

    /// Looks whether the volumes of a placed pod are bound by now.
    pub(super) fn continue_binding(
        &mut self,
        pod: &Arc<Pod>,
        mut binding: Binding,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let key = pod.key();
        if *binding.uid != *meta::uid(&pod.metadata) {
            self.forget(&key);
            context.wakes.soon(pod_ref(pod));
            return Ok(());
        }
        if context.now < binding.check_at {
            context.wakes.at(pod_ref(pod), binding.check_at, Pace::Progress);
            return Ok(());
        }
        match volume_binding::are_bound(pod, &binding.node, context.view) {
            Ok(true) => Ok(bind(pod, &binding.node, context)?),
            Ok(false) if context.now.since(binding.since) < BIND_TIMEOUT => {
                binding.check_at = context.now + BIND_CHECK;
                // A volume that does not come is a steady state: `settle` waits for the first seconds only.
                let patient = context.now.since(binding.since) < Duration::from_secs(60);
                let pace = if patient { Pace::Progress } else { Pace::Periodic };
                context.wakes.at(pod_ref(pod), binding.check_at, pace);
                self.binding.insert(key, binding);
                Ok(())
            }
            Ok(false) => self.fail_binding(pod, "context deadline exceeded", context),
            Err(why) => self.fail_binding(pod, &why, context),
        }
    }

    fn fail_binding(
        &mut self,
        pod: &Arc<Pod>,
        why: &str,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        self.forget(&pod.key());
        let message = format!("running PreBind plugin \"VolumeBinding\": binding volumes: {why}");
        let about = Object::from(pod.clone());
        let warning = EventType::Warning;
        context.events.scheduling_event(context.api, &about, warning, "FailedScheduling", &message);
        set_unscheduled(context.api, pod, "SchedulerError", &message, None)?;
        context.wakes.after(pod_ref(pod), BIND_CHECK);
        Ok(())
    }

    fn forget(&mut self, key: &ObjectKey) {
        self.binding.remove(key);
        self.nodes.release(key);
    }
}

fn pod_ref(pod: &Pod) -> ObjectRef {
    ObjectRef::new(Kind::Pod, pod.key())
}

/// Shows where the pod is going to be while its volumes are bound (KEP-5278).
fn nominate(api: &mut ApiServer, pod: &Pod, node: &str) -> ApiResult<()> {
    api.modify::<Pod>(&pod.key(), Subresource::Status, |pod| {
        pod.status.get_or_insert_default().nominated_node_name = Some(node.to_owned());
    })
    .map(drop)
}

/// Binds the pod and says so. Models pkg/registry/core/pod: BindingREST.
fn bind(pod: &Arc<Pod>, node: &str, context: &mut Context<'_>) -> ApiResult<()> {
    let key = pod.key();
    let now = context.now;
    context.api.modify::<Pod>(&key, Subresource::Binding, |pod| {
        pod.spec.get_or_insert_default().node_name = Some(node.to_owned());
        let status = pod.status.get_or_insert_default();
        status.nominated_node_name = None;
        let scheduled = PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "True".to_owned(),
            last_transition_time: Some(now.to_time()),
            ..PodCondition::default()
        };
        set_condition(status.conditions.get_or_insert_default(), scheduled);
    })?;
    let message = format!("Successfully assigned {key} to {node}");
    let about = Object::from(pod.clone());
    context.events.scheduling_event(context.api, &about, EventType::Normal, "Scheduled", &message);
    Ok(())
}

/// Sets PodScheduled to false and the nomination, when any of it is news.
pub(super) fn set_unscheduled(
    api: &mut ApiServer,
    pod: &Pod,
    reason: &str,
    message: &str,
    nominated: Option<&str>,
) -> ApiResult<()> {
    let key = pod.key();
    let Ok(stored) = api.typed::<Pod>(&key) else { return Ok(()) };
    let unscheduled = PodCondition {
        type_: "PodScheduled".to_owned(),
        status: "False".to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        observed_generation: stored.metadata.generation,
        last_transition_time: Some(api.now().to_time()),
        ..PodCondition::default()
    };
    let said = |condition: &PodCondition| {
        *condition
            == PodCondition {
                last_transition_time: condition.last_transition_time.clone(),
                ..unscheduled.clone()
            }
    };
    let known = stored.status.as_ref().is_some_and(|status| {
        status.nominated_node_name.as_deref() == nominated && status.conditions.iter().flatten().any(said)
    });
    if known {
        return Ok(());
    }
    api.modify::<Pod>(&key, Subresource::Status, |pod| {
        let status = pod.status.get_or_insert_default();
        status.nominated_node_name = nominated.map(str::to_owned);
        set_condition(status.conditions.get_or_insert_default(), unscheduled);
    })
    .map(drop)
}

/// Replaces the condition of that type; an unchanged status keeps its time of transition.
///
/// Models pkg/api/v1/pod: UpdatePodCondition.
fn set_condition(conditions: &mut Vec<PodCondition>, mut new: PodCondition) {
    match conditions.iter_mut().find(|old| old.type_ == new.type_) {
        Some(old) => {
            if old.status == new.status {
                new.last_transition_time = old.last_transition_time.clone();
            }
            *old = new;
        }
        None => conditions.push(new),
    }
}

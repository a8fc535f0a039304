//! Pods that are resized while they run: what their containers are given, and when (KEP-1287).
//!
//! Models pkg/kubelet/allocation (handlePodResourcesResize), pkg/kubelet/kuberuntime (doPodResizeAction) and
//! pkg/kubelet/events (podResizeMessage). What the containers have is read from the pod's status, where upstream
//! keeps a checkpoint. A resize that comes while another is carried out takes its place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{
    Container, ContainerStatus, Node, Pod, PodCondition, PodSpec, ResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use serde::Serialize;

use super::start::memory_limit;
use super::worker::{RELIST, Role, Sync};
use crate::api::quantity::Quantity;
use crate::api::{Feature, ObjectKey, SimTime, pod};
use crate::engine::{EventType, Pace};
use crate::scheduler::{admission_check, lacks_capacity};

/// When a resize that had to wait is looked at again, if nothing happened. Upstream: retryDelay.
const RETRY: Duration = Duration::from_secs(3 * 60);
/// The types of the conditions that tell of a resize.
pub(super) const CONDITIONS: [&str; 2] = ["PodResizePending", "PodResizeInProgress"];
const DEFERRED: &str = "Deferred";
const INFEASIBLE: &str = "Infeasible";

type Amounts = BTreeMap<String, ApiQuantity>;

/// Where the resize of a pod stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resize {
    /// The node cannot give what is asked for, now or ever.
    Pending { reason: &'static str, message: String, generation: Option<i64>, since: SimTime, seen: SimTime },
    /// The containers are being given it; at `due` the node looks whether they have it.
    InProgress { generation: Option<i64>, since: SimTime, due: SimTime },
}

impl Resize {
    /// Whether it waits for other pods to go.
    pub(super) fn is_deferred(&self) -> bool {
        matches!(self, Resize::Pending { reason: DEFERRED, .. })
    }
}

/// What the events of a resize tell of a container.
#[derive(Serialize)]
struct Allocation<'a> {
    name: &'a str,
    resources: ResourceRequirements,
}

/// What the events of a resize tell.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    init_containers: Vec<Allocation<'a>>,
    containers: Vec<Allocation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    error: &'a str,
}

impl Sync<'_, '_> {
    /// Takes up what the pod's spec asks for now, or says why the node cannot give it.
    pub(super) fn resize(&mut self) {
        let first = self.pod.metadata.generation.is_none_or(|generation| generation <= 1);
        if first || !self.has(Feature::InPlacePodResize) || pod::mirrored(self.pod).is_some() {
            return;
        }
        if let Some(Resize::InProgress { generation, .. }) = self.worker.resize.as_deref()
            && *generation == self.pod.metadata.generation
        {
            return self.finish_resize();
        }
        let changed: Vec<usize> =
            (0..self.worker.slots.len()).filter(|index| self.is_to_change(*index)).collect();
        if changed.is_empty() {
            self.worker.resize = None;
            return;
        }
        match self.why_not() {
            None => self.begin_resize(&changed),
            Some((reason, message)) => self.wait_to_resize(reason, message),
        }
    }

    fn begin_resize(&mut self, changed: &[usize]) {
        let (now, generation) = (self.now(), self.pod.metadata.generation);
        let due = now + RELIST;
        self.worker.resize = Some(Box::new(Resize::InProgress { generation, since: now, due }));
        if self.has(Feature::ResizeEvents) {
            self.tell(EventType::Normal, "ResizeStarted", "Pod resize started", generation, "");
        }
        for index in changed {
            let slot = &self.worker.slots[*index];
            if !slot.is_running() {
                continue;
            }
            let name = slot.name.clone();
            if self.must_restart(*index) {
                let grace = self.spec.termination_grace_period_seconds.unwrap_or(30);
                self.worker.slots[*index].resizing = true;
                self.stop_container(*index, grace, &format!("Container {name} resize requires restart"));
            } else {
                let limit =
                    self.container_spec(*index).and_then(|spec| memory_limit(spec.resources.as_ref()));
                self.runtime.set_memory_limit(self.key, &name, limit);
            }
        }
        self.wake(due, Pace::Progress);
    }

    /// Notices that the containers have what they were to be given.
    pub(super) fn finish_resize(&mut self) {
        let Some(Resize::InProgress { generation, due, .. }) = self.worker.resize.as_deref() else { return };
        let (generation, due) = (*generation, *due);
        if due > self.now() {
            return self.wake(due, Pace::Progress);
        }
        if self.worker.slots.iter().any(|slot| slot.resizing) {
            return;
        }
        self.worker.resize = None;
        let generation = generation.filter(|_| self.has(Feature::ResizeEvents));
        self.tell(EventType::Normal, "ResizeCompleted", "Pod resize completed", generation, "");
    }

    fn wait_to_resize(&mut self, reason: &'static str, message: String) {
        let (now, generation) = (self.now(), self.pod.metadata.generation);
        let known = match self.worker.resize.as_deref() {
            Some(Resize::Pending { reason: known, message: text, generation: of, since, seen }) => {
                let same = *text == message && *of == generation;
                (*known == reason).then_some((*since, same.then_some(*seen)))
            }
            _ => None,
        };
        let same = known.is_some_and(|(_, seen)| seen.is_some());
        if !same && self.has(Feature::ResizeEvents) {
            let event = if reason == DEFERRED { "ResizeDeferred" } else { "ResizeInfeasible" };
            let prefix = format!("Pod resize {reason}");
            self.tell(EventType::Warning, event, &prefix, generation, &message);
        }
        let since = known.map_or(now, |(since, _)| since);
        let seen = known.and_then(|(_, seen)| seen).unwrap_or(now);
        self.worker.resize = Some(Box::new(Resize::Pending { reason, message, generation, since, seen }));
        if reason == DEFERRED {
            self.wake(now + RETRY, Pace::Periodic);
        }
    }

    /// Why the node does not give what the pod asks for.
    fn why_not(&self) -> Option<(&'static str, String)> {
        let node = self.context.view.shared::<Node>(&ObjectKey::cluster(self.node))?;
        let wanted = Pod { status: None, ..self.pod.clone() };
        if let Some(lack) = lacks_capacity(&wanted, &node) {
            return Some((INFEASIBLE, format!("Node didn't have enough capacity: {lack}")));
        }
        let others = self.context.view.pods_on(self.node);
        let others =
            others.filter(|other| !pod::is_terminal(other) && pod::identity(other) != self.worker.uid);
        let others: Vec<Cow<'_, Pod>> = others.map(as_allocated).collect();
        let refused = admission_check(&wanted, &node, others.iter().map(Cow::as_ref))?;
        Some((DEFERRED, refused.message))
    }

    /// Whether a container is to be given something else than it has.
    fn is_to_change(&self, index: usize) -> bool {
        ["cpu", "memory"].into_iter().any(|name| self.resource_changes(index, name))
    }

    fn resource_changes(&self, index: usize, resource: &str) -> bool {
        let slot = &self.worker.slots[index];
        if slot.role == Role::Ephemeral || (slot.is_init() && !self.is_sidecar(index)) {
            return false;
        }
        let Some(has) = self.reported(index).and_then(|status| status.resources.as_ref()) else {
            return false;
        };
        let wanted = self.container_spec(index).and_then(|spec| spec.resources.as_ref());
        let amount = |list: Option<&Amounts>| list.and_then(|list| list.get(resource)).map(Quantity::of);
        let (requests, limits) = (
            wanted.and_then(|wanted| wanted.requests.as_ref()),
            wanted.and_then(|wanted| wanted.limits.as_ref()),
        );
        amount(requests) != amount(has.requests.as_ref()) || amount(limits) != amount(has.limits.as_ref())
    }

    /// Whether the container's resize policy says so for what changes.
    fn must_restart(&self, index: usize) -> bool {
        let policies = self.container_spec(index).and_then(|spec| spec.resize_policy.as_ref());
        policies.into_iter().flatten().any(|policy| {
            policy.restart_policy == "RestartContainer" && self.resource_changes(index, &policy.resource_name)
        })
    }

    /// The container's status as the API server has it.
    fn reported(&self, index: usize) -> Option<&ContainerStatus> {
        let slot = self.worker.slots.get(index)?;
        let status = self.pod.status.as_ref()?;
        let list = if slot.is_init() { &status.init_container_statuses } else { &status.container_statuses };
        list.iter().flatten().find(|status| status.name == slot.name)
    }

    /// What the container may use: what its spec asks for, or what it had before that.
    pub(super) fn allocated(&self, index: usize) -> Option<&ResourceRequirements> {
        let pending = matches!(self.worker.resize.as_deref(), Some(Resize::Pending { .. }));
        let before = self.reported(index).filter(|_| pending).and_then(|status| status.resources.as_ref());
        before.or_else(|| self.container_spec(index)?.resources.as_ref())
    }

    /// Says of a container whose resize is not done what it has, and what it is given.
    pub(super) fn show_resize(&self, index: usize, status: &mut ContainerStatus) {
        let (Some(resize), Some(before)) = (self.worker.resize.as_deref(), self.reported(index)) else {
            return;
        };
        if !self.is_to_change(index) {
            return;
        }
        status.resources.clone_from(&before.resources);
        if matches!(resize, Resize::Pending { .. }) {
            status.allocated_resources.clone_from(&before.allocated_resources);
        }
    }

    /// The condition that tells of the resize.
    pub(super) fn resize_condition(&self) -> Option<PodCondition> {
        let condition = match self.worker.resize.as_deref()? {
            Resize::Pending { reason, message, generation, since, seen } => PodCondition {
                type_: CONDITIONS[0].to_owned(),
                reason: Some((*reason).to_owned()),
                message: Some(message.clone()),
                observed_generation: *generation,
                last_transition_time: Some(since.to_time()),
                last_probe_time: Some(seen.to_time()),
                ..PodCondition::default()
            },
            Resize::InProgress { generation, since, .. } => PodCondition {
                type_: CONDITIONS[1].to_owned(),
                observed_generation: *generation,
                last_transition_time: Some(since.to_time()),
                last_probe_time: Some(since.to_time()),
                ..PodCondition::default()
            },
        };
        Some(PodCondition { status: "True".to_owned(), ..condition })
    }

    fn tell(
        &mut self,
        event_type: EventType,
        reason: &'static str,
        prefix: &str,
        generation: Option<i64>,
        error: &str,
    ) {
        let init = self.spec.init_containers.as_deref().unwrap_or_default();
        let (init_containers, containers) = (asked(init), asked(&self.spec.containers));
        let summary = Summary { init_containers, containers, generation, error };
        let text = serde_json::to_string(&summary).unwrap_or_default();
        self.event(None, event_type, reason, &format!("{prefix}: {text}"));
    }
}

fn asked(containers: &[Container]) -> Vec<Allocation<'_>> {
    let resources = |container: &Container| container.resources.clone().unwrap_or_default();
    let each = containers.iter();
    each.map(|container| Allocation { name: &container.name, resources: resources(container) }).collect()
}

/// A pod with what its node has given it in the place of what it asks for.
fn as_allocated(asks: &Pod) -> Cow<'_, Pod> {
    if asks.metadata.generation.is_none_or(|generation| generation <= 1) {
        return Cow::Borrowed(asks);
    }
    // What is being carried out counts as it will be.
    let mut given = Pod { status: None, ..asks.clone() };
    if pod::condition(asks, CONDITIONS[0]).is_none() {
        return Cow::Owned(given);
    }
    let status = asks.status.clone().unwrap_or_default();
    let statuses = status.init_container_statuses.into_iter().chain(status.container_statuses);
    let statuses: Vec<ContainerStatus> = statuses.flatten().collect();
    let spec: &mut PodSpec = given.spec.get_or_insert_default();
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        let status = statuses.iter().find(|status| status.name == container.name);
        if let Some(resources) = status.and_then(|status| status.resources.clone()) {
            container.resources = Some(resources);
        }
    }
    Cow::Owned(given)
}

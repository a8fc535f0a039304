//! Binds pods to nodes.
//!
//! Models pkg/scheduler: `cycle` is the scheduling cycle, `plugins` its filters and scores one a file,
//! `cache` the nodes with what is taken of them, `pod_counts` where the pods are that others ask for, `active`
//! the pods whose turn comes, `queue` those that could not be scheduled, `helps` and `hints` what lets them in,
//! `preemption` making room, `bind` the binding cycle, `admission` what nodes ask again.

mod active;
mod admission;
mod bind;
mod budgets;
mod cache;
mod cycle;
mod diagnosis;
mod framework;
mod helps;
mod hints;
mod node_selector;
mod nominated;
mod plugins;
mod pod_counts;
mod pod_terms;
mod preemption;
mod queue;
mod resources;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use admission::{Refused, admission_check, lacks_capacity};
pub(crate) use plugins::node_affinity::is_wanted as wants_node;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Pod;

use crate::api::{Feature, Object, ObjectKey, ObjectRef, meta, pod};
use crate::engine::{ClusterConfig, Component, Context, EventType, Pace, ReconcileError, Span, Wakes};
use crate::store::{Change, ChangeType, Store};
use active::ActivePods;
use bind::Binding;
use cache::NodeCache;
use cycle::Outcome;
use diagnosis::FitError;
use nominated::{Nominated, nominated_node, priority};
use plugins::volume_binding::VolumeIndex;
use preemption::Attempt;
use queue::WaitingPods;
use resources::requests;

/// The scheduler that pods name when they name none.
const DEFAULT_SCHEDULER_NAME: &str = "default-scheduler";
/// An unschedulable pod is tried again after so long even when nothing happened.
///
/// Models pkg/scheduler/backend/queue: DefaultPodMaxInUnschedulablePodsDuration.
const UNSCHEDULABLE_FLUSH: Duration = Duration::from_secs(5 * 60);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    nodes: NodeCache,
    volumes: VolumeIndex,
    active: ActivePods,
    waiting: WaitingPods,
    nominated: Nominated,
    /// Pods that have a node and wait for their volumes to be bound to it.
    binding: OrdMap<ObjectKey, Binding>,
}

impl Component for Scheduler {
    fn name(&self) -> &'static str {
        DEFAULT_SCHEDULER_NAME
    }

    fn latency(&self, config: &ClusterConfig) -> Span {
        config.profile.scheduler
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Pod(pod) => self.pod_changed(change, pod, view, wakes),
            Object::Node(node) => self.node_changed(change, node, view, wakes),
            Object::PersistentVolumeClaim(_) => self.claim_changed(change, wakes),
            Object::PersistentVolume(volume) => self.volume_changed(change, volume, view, wakes),
            Object::StorageClass(_) => self.class_changed(change, view, wakes),
            Object::Namespace(_) => self.namespace_changed(change, view, wakes),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        if let Some(binding) = self.binding.get(&key.key).cloned()
            && let Some(pod) = context.view.shared::<Pod>(&key.key).filter(|pod| is_to_be_scheduled(pod))
        {
            return self.continue_binding(&pod, binding, context);
        }
        let Some(turn) = self.active.turn_of(&key.key) else { return Ok(()) };
        if turn != key.key {
            context.wakes.soon(key.clone());
        }
        let key = &turn;
        let Some(pod) = context.view.shared::<Pod>(key) else { return Ok(()) };
        if !is_to_be_scheduled(&pod) {
            return Ok(());
        }
        let waited_in = self.waiting.remove(key);
        let outcome = cycle::schedule(&pod, self, context);
        let group = match outcome {
            Outcome::Place(place) => {
                self.place(&pod, place, context)?;
                None
            }
            Outcome::Unschedulable(error, attempt) => {
                let group = self.waiting.park(&pod, &error);
                self.report_failure(&pod, &error, &attempt, context)?;
                if let Attempt::Chosen { node, victims } = &attempt {
                    preemption::make_room(&pod, node, victims, self, context)?;
                }
                Some(group)
            }
        };
        // Pods of one group fail alike: only when this one no longer waits there is the next worth a try.
        if let Some(old) = waited_in.filter(|old| Some(old) != group.as_ref())
            && let Some(next) = self.waiting.first_of(&old).cloned()
        {
            self.activate(&next, context.wakes);
        }
        Ok(())
    }
}

impl Scheduler {
    fn pod_changed(&mut self, change: &Change, pod: &Pod, view: &Store, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        let gone = change.change == ChangeType::Deleted;
        if gone {
            self.waiting.remove(&key);
            self.active.remove(&key);
        }
        let old = match &change.previous {
            Some(Object::Pod(old)) => Some(&**old),
            _ => None,
        };
        self.follow_placement(&key, pod, old, gone, view, wakes);
        let waits = !gone && is_to_be_scheduled(pod);
        let nominated = nominated_node(pod).filter(|_| waits && !self.binding.contains_key(&key));
        self.nominated.set(&key, nominated);
        if !waits {
            return;
        }
        let retry = match (old, self.waiting.contains(&key)) {
            (None, _) => true,
            (Some(old), true) => old.spec != pod.spec || old.metadata.labels != pod.metadata.labels,
            (Some(old), false) => !is_to_be_scheduled(old),
        };
        if retry {
            self.active.add(&key, priority(pod));
            wakes.soon(change.reference.clone());
        }
    }

    /// Keeps account of what the pod takes of its node, and wakes those whom that helps.
    fn follow_placement(
        &mut self,
        key: &ObjectKey,
        pod: &Pod,
        old: Option<&Pod>,
        gone: bool,
        view: &Store,
        wakes: &mut Wakes,
    ) {
        let stays = !gone && !pod::is_terminal(pod);
        let relabelled = old.is_some_and(|old| old.metadata.labels != pod.metadata.labels);
        // Pods that are being deleted count no more for those that are spread, and nobody is told of that.
        let begins_to_end = old.is_some_and(|old| {
            old.metadata.deletion_timestamp.is_some() != pod.metadata.deletion_timestamp.is_some()
        });
        match pod::node_name(pod) {
            Some(node) if stays => {
                self.binding.remove(key);
                let before = old.filter(|old| pod::node_name(old).is_some());
                // Few specs change: only then it is asked what the pod takes.
                let may_be_resized = pod.metadata.generation.is_some_and(|generation| generation > 1);
                let resized = before.filter(|old| may_be_resized && requests(old) != requests(pod));
                if resized.is_some() {
                    self.nodes.release(key);
                }
                self.nodes.assign(key, node, pod);
                if let Some(larger) = resized {
                    self.pod_went(larger, Some(node), view, wakes);
                }
                if relabelled || begins_to_end {
                    self.nodes.recount(key, pod);
                }
                if before.is_none() || relabelled {
                    self.pod_came_or_changed(pod, before, view, wakes);
                }
            }
            _ if !gone && self.binding.contains_key(key) => {
                if relabelled || begins_to_end {
                    self.nodes.recount(key, pod);
                }
            }
            node => {
                self.binding.remove(key);
                if self.nodes.release(key) {
                    self.pod_went(pod, node, view, wakes);
                }
            }
        }
    }

    /// Says why the pod cannot be scheduled: an event, and its PodScheduled condition when that is news.
    ///
    /// Models pkg/scheduler: handleSchedulingFailure.
    fn report_failure(
        &mut self,
        pod: &Arc<Pod>,
        error: &FitError,
        attempt: &Attempt,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let mut message = error.to_string();
        if !context.api.gates.has(Feature::DynamicResources) {
            message = diagnosis::without_dynamic_resources(&message, error.nodes);
        }
        let about = Object::from(pod.clone());
        let warning = EventType::Warning;
        context.events.scheduling_event(context.api, &about, warning, "FailedScheduling", &message);
        let nominated = match attempt {
            Attempt::Chosen { node, .. } => Some(&**node),
            Attempt::NoCandidate(_) => None,
            Attempt::Nothing | Attempt::NotEligible(_) => nominated_node(pod),
        };
        bind::set_unscheduled(context.api, pod, "Unschedulable", &message, nominated)?;
        context.wakes.at(about.reference(), context.now + UNSCHEDULABLE_FLUSH, Pace::Periodic);
        Ok(())
    }
}

/// Whether the pod is this scheduler's to place.
fn is_to_be_scheduled(pod: &Pod) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let scheduler = spec.scheduler_name.as_deref().unwrap_or(DEFAULT_SCHEDULER_NAME);
    let gated = spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    pod::node_name(pod).is_none()
        && !pod::is_terminal(pod)
        && !meta::is_terminating(&pod.metadata)
        && !gated
        && scheduler == DEFAULT_SCHEDULER_NAME
}

//! Creating and deleting pods.
//!
//! Models pkg/controller/replicaset: manageReplicas, and pkg/controller: RealPodControl.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::pods::PodCounts;
use super::rank;
use crate::api::{ApiResult, Kind, Object, ObjectKey, SimTime, meta};
use crate::apiserver::DeleteOptions;
use crate::controllers::batches::race;
use crate::engine::{Context, EventType};

/// How many pods one sync creates or deletes at most.
const BURST_REPLICAS: usize = 500;

/// How many pods the set wants.
pub(super) fn wanted_replicas(set: &ReplicaSet) -> usize {
    let replicas = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    usize::try_from(replicas).unwrap_or(0)
}

/// A creation of pods that goes in batches: one, two, four and so on, so that a refusal costs little.
///
/// Models pkg/controller/replicaset: slowStartBatch.
#[derive(Clone, Debug)]
pub(super) struct Creation {
    /// How many pods are still to be created.
    pub left: usize,
    batch: usize,
    /// When the next batch begins: each takes as long as the API server's answer.
    pub due: SimTime,
    /// The pods as they were at the beginning.
    pub counts: PodCounts,
}

impl Creation {
    /// What is to be created for a set with these pods, if anything.
    pub(super) fn needed(set: &ReplicaSet, counts: &PodCounts, now: SimTime) -> Option<Creation> {
        let missing = wanted_replicas(set).checked_sub(counts.active).filter(|missing| *missing > 0)?;
        Some(Creation { left: missing.min(BURST_REPLICAS), batch: 1, due: now, counts: counts.clone() })
    }

    /// Creates one batch.
    ///
    /// # Errors
    /// The first refusal; what is left is not tried now.
    pub(super) fn create_batch(&mut self, set: &Arc<ReplicaSet>, context: &mut Context<'_>) -> ApiResult<()> {
        let count = self.batch.min(self.left);
        create_pods(set, &Object::ReplicaSet(set.clone()), count, context)?;
        self.left -= count;
        self.batch *= 2;
        let answer = context.config.profile.controller;
        self.due = context.now + answer.draw(context.random) + answer.draw(context.random);
        Ok(())
    }
}

/// Deletes what is too much.
///
/// # Errors
/// The first refusal; what was left is tried again later.
pub(super) fn delete_surplus(
    set: &Arc<ReplicaSet>,
    counts: &PodCounts,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    let surplus = counts.active.saturating_sub(wanted_replicas(set)).min(BURST_REPLICAS);
    if surplus == 0 {
        return Ok(());
    }
    delete_pods(set, &Object::ReplicaSet(set.clone()), counts, surplus, context)
}

fn create_pods(
    set: &Arc<ReplicaSet>,
    owner: &Object,
    count: usize,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    let pod = pod_from_template(set, owner);
    let mut refused = None;
    for _ in 0..count {
        match context.api.create(pod.clone()) {
            Ok(created) => {
                let message = format!("Created pod: {}", meta::name(created.meta()));
                context.events.event(context.api, owner, EventType::Normal, "SuccessfulCreate", &message);
            }
            // Whatever is created in a namespace that goes would only go with it.
            Err(error) if error.is_namespace_terminating() => return Ok(()),
            // The requests of a batch go side by side: each is refused for itself.
            Err(error) => {
                let message = format!("Error creating: {error}");
                context.events.event(context.api, owner, EventType::Warning, "FailedCreate", &message);
                refused.get_or_insert(error);
            }
        }
    }
    refused.map_or(Ok(()), Err)
}

/// Models pkg/controller: GetPodFromTemplate.
pub(crate) fn pod_from_template(set: &ReplicaSet, owner: &Object) -> Pod {
    let template = set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    let metadata = template.metadata.unwrap_or_default();
    Pod {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", meta::name(&set.metadata))),
            namespace: set.metadata.namespace.clone(),
            labels: metadata.labels,
            annotations: metadata.annotations,
            finalizers: metadata.finalizers,
            owner_references: Some(vec![meta::controller_reference(owner)]),
            ..ObjectMeta::default()
        },
        spec: template.spec,
        status: None,
    }
}

fn delete_pods(
    set: &ReplicaSet,
    owner: &Object,
    counts: &PodCounts,
    surplus: usize,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    let namespace = meta::namespace(&set.metadata);
    let view = context.view;
    let pods = counts
        .active_names()
        .filter_map(|name| view.typed::<Pod>(&ObjectKey::new(namespace, name)))
        .collect();
    let mut going = rank::by_deletion_order(pods, set, view, context.now);
    going.truncate(surplus);
    race(&mut going, meta::uid(&set.metadata), context.config);
    let mut failed = None;
    for pod in going {
        let key = ObjectKey::of(&pod.metadata);
        match context.api.delete(Kind::Pod, &key, &DeleteOptions::default()) {
            Ok(_) => {
                let message = format!("Deleted pod: {}", key.name);
                context.events.event(context.api, owner, EventType::Normal, "SuccessfulDelete", &message);
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                let message = format!("Error deleting: {error}");
                context.events.event(context.api, owner, EventType::Warning, "FailedDelete", &message);
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

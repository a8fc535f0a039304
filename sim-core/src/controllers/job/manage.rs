//! Creating and deleting pods.
//!
//! Models pkg/controller/job: manageJob.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, ObjectFieldSelector, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::sync::{Sync, count};
use super::{BATCH_PERIOD, FINALIZER, backoff, pods, policy, remove_finalizer};
use crate::api::{ApiResult, Feature, Kind, Object, ObjectKey, meta, pod};
use crate::apiserver::DeleteOptions;
use crate::controllers::batches::{in_batches, race};
use crate::engine::{EventType, Pace};

/// How many pods one sync creates or deletes at most.
const MOST_PER_SYNC: i32 = 500;
/// The environment variable that carries a pod's index.
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";
/// How long a prefix of generated names may be.
const PREFIX_MAX: usize = 58;

impl Sync<'_, '_> {
    /// Brings the number of active pods to what the Job wants now.
    pub(super) fn manage(&mut self) -> ApiResult<()> {
        if self.is_suspended() {
            let surplus = self.surplus(self.active);
            return self.delete_pods(&surplus, true);
        }
        let parallelism = self.spec.parallelism.unwrap_or(1);
        let wanted = match self.spec.completions {
            Some(completions) => (completions - self.succeeded).min(parallelism).max(0),
            None if self.succeeded > 0 => self.active,
            None => parallelism,
        };
        let surplus = self.surplus((self.active - wanted).clamp(0, MOST_PER_SYNC));
        if !surplus.is_empty() {
            return self.delete_pods(&surplus, true);
        }
        let leaving = if pods::replaces_only_failed(&self.spec) { self.terminating } else { 0 };
        let missing = (wanted - leaving - self.active).min(MOST_PER_SYNC);
        if missing > 0 { self.create_pods(missing) } else { Ok(()) }
    }

    /// At least that many active pods that can go, and those whose index is another's or none.
    ///
    /// Models pkg/controller/job: activePodsForRemoval.
    fn surplus(&self, at_least: i32) -> Vec<Arc<Pod>> {
        let mut left = self.active_pods.clone();
        pods::sort_for_removal(&mut left);
        let mut surplus = Vec::new();
        if self.is_indexed() {
            // Of one index the last to go stays.
            let mut taken = BTreeSet::new();
            let (twice, rest): (Vec<_>, Vec<_>) = left
                .into_iter()
                .rev()
                .partition(|pod| self.valid_index(pod).is_none_or(|index| !taken.insert(index)));
            surplus = twice;
            left = rest.into_iter().rev().collect();
        }
        let more = usize::try_from(at_least).unwrap_or(0).saturating_sub(surplus.len());
        surplus.extend(left.into_iter().take(more));
        surplus
    }

    /// Deletes the active pods of a Job that has ended. As long as one is left the end is not declared.
    ///
    /// Models pkg/controller/job: deleteActivePods.
    pub(super) fn end_active_pods(&mut self) -> ApiResult<()> {
        let active = self.active_pods.clone();
        let deleted = self.delete_pods(&active, false);
        if self.active > 0 {
            self.ending = None;
        }
        deleted
    }

    /// Deletes pods; with `at_once` they are not kept until they are counted.
    fn delete_pods(&mut self, surplus: &[Arc<Pod>], at_once: bool) -> ApiResult<()> {
        let mut going = surplus.to_vec();
        race(&mut going, meta::uid(&self.job.metadata), self.context.config);
        let mut failed = None;
        for pod in &going {
            let key = ObjectKey::of(&pod.metadata);
            let freed = if at_once { remove_finalizer(pod, self.context.api) } else { Ok(()) };
            let deleted = freed.and_then(|()| {
                self.context.api.delete(Kind::Pod, &key, &DeleteOptions::default()).map(|_| ())
            });
            match deleted {
                Ok(()) => {
                    let message = format!("Deleted pod: {}", key.name);
                    self.event(EventType::Normal, "SuccessfulDelete", &message);
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    let message = format!("Error deleting: {error}");
                    self.event(EventType::Warning, "FailedDelete", &message);
                    failed.get_or_insert(error);
                    continue;
                }
            }
            self.active -= 1;
            self.terminating += 1;
            self.ready -= i32::from(pod::is_ready(pod));
        }
        failed.map_or(Ok(()), Err)
    }

    fn create_pods(&mut self, missing: i32) -> ApiResult<()> {
        let mut wait = Duration::ZERO;
        if !self.has_limit_per_index() {
            wait = self.backoff.remaining(self.now());
        }
        let mut indexes: Vec<Option<i32>> = vec![None; usize::try_from(missing).unwrap_or(0)];
        if self.is_indexed() && wait.is_zero() {
            let free = self.free_indexes(indexes.len());
            let due: Vec<i32> = free.iter().copied().filter(|index| self.wait_of(*index).is_zero()).collect();
            if due.is_empty() {
                wait = free.iter().map(|index| self.wait_of(*index)).min().unwrap_or_default();
            }
            indexes = due.into_iter().map(Some).collect();
        }
        if !wait.is_zero() {
            // Upstream reports no active pods meanwhile, whatever runs still.
            self.active = 0;
            self.wake_after(wait.max(BATCH_PERIOD), Pace::Progress);
            return Ok(());
        }
        let owner = Object::from(self.job.clone());
        in_batches(indexes, |index| self.create_pod(&owner, index))
    }

    fn create_pod(&mut self, owner: &Object, index: Option<i32>) -> ApiResult<()> {
        match self.context.api.create(self.new_pod(owner, index)) {
            Ok(created) => {
                let message = format!("Created pod: {}", meta::name(created.meta()));
                self.event(EventType::Normal, "SuccessfulCreate", &message);
                self.active += 1;
                Ok(())
            }
            // Whatever is created in a namespace that goes would only go with it.
            Err(error) if error.is_namespace_terminating() => Ok(()),
            Err(error) => {
                let message = format!("Error creating: {error}");
                self.event(EventType::Warning, "FailedCreate", &message);
                Err(error)
            }
        }
    }

    /// The first indexes that neither run nor have ended for good.
    ///
    /// Models pkg/controller/job: firstPendingIndexes.
    fn free_indexes(&self, most: usize) -> Vec<i32> {
        let only_failed = pods::replaces_only_failed(&self.spec);
        let taken =
            self.pods.iter().filter(|pod| pods::is_active(pod) || (only_failed && pods::is_terminating(pod)));
        let taken: BTreeSet<i32> = taken.filter_map(|pod| pods::index_of(pod)).collect();
        let mut busy = self.succeeded_indexes.merged(&taken.into());
        if let Some(failed) = &self.failed_indexes {
            busy = busy.merged(failed);
        }
        busy.first_missing(most, self.spec.completions.unwrap_or(0))
    }

    /// How long the index must wait after its last failure.
    fn wait_of(&self, index: i32) -> Duration {
        let Some(last) = self.kept.get(&index) else { return Duration::ZERO };
        let failures = pods::failures_before(last, true).saturating_add(1);
        backoff::remaining(failures, backoff::finished_at(last), self.now())
    }

    /// Models pkg/controller: GetPodFromTemplate, and what an index adds.
    fn new_pod(&self, owner: &Object, index: Option<i32>) -> Pod {
        let template = self.spec.template.clone();
        let metadata = template.metadata.unwrap_or_default();
        let mut finalizers = metadata.finalizers.unwrap_or_default();
        if !finalizers.iter().any(|name| name == FINALIZER) {
            finalizers.push(FINALIZER.to_owned());
        }
        let name = meta::name(&self.job.metadata);
        let mut pod = Pod {
            metadata: ObjectMeta {
                generate_name: Some(format!("{name}-")),
                namespace: self.job.metadata.namespace.clone(),
                labels: metadata.labels,
                annotations: metadata.annotations,
                finalizers: Some(finalizers),
                owner_references: Some(vec![meta::controller_reference(owner)]),
                ..ObjectMeta::default()
            },
            spec: template.spec,
            status: None,
        };
        if let Some(index) = index {
            self.give_index(&mut pod, index);
        }
        pod
    }

    fn give_index(&self, pod: &mut Pod, index: i32) {
        let name = meta::name(&self.job.metadata);
        let suffix = format!("-{index}-");
        let mut room = PREFIX_MAX.saturating_sub(suffix.len()).min(name.len());
        while !name.is_char_boundary(room) {
            room -= 1;
        }
        pod.metadata.generate_name = Some(format!("{}{suffix}", &name[..room]));
        let has_label = self.context.api.gates.has(Feature::PodIndexLabel);
        if has_label {
            let labels = pod.metadata.labels.get_or_insert_default();
            labels.insert(pods::INDEX.to_owned(), index.to_string());
        }
        let annotations = pod.metadata.annotations.get_or_insert_default();
        annotations.insert(pods::INDEX.to_owned(), index.to_string());
        if self.has_limit_per_index() {
            let (counted, ignored) = self.failures_of(index);
            annotations.insert(pods::FAILURES.to_owned(), counted.to_string());
            if ignored > 0 {
                annotations.insert(pods::IGNORED_FAILURES.to_owned(), ignored.to_string());
            }
        }
        let source = if has_label { "labels" } else { "annotations" };
        let spec = pod.spec.get_or_insert_default();
        spec.hostname = Some(format!("{name}-{index}"));
        for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
            let variables = container.env.get_or_insert_default();
            if !variables.iter().any(|variable| variable.name == INDEX_VARIABLE) {
                let field = ObjectFieldSelector {
                    field_path: format!("metadata.{source}['{}']", pods::INDEX),
                    ..Default::default()
                };
                variables.push(EnvVar {
                    name: INDEX_VARIABLE.to_owned(),
                    value_from: Some(EnvVarSource { field_ref: Some(field), ..Default::default() }),
                    ..Default::default()
                });
            }
        }
    }

    /// The index's failures with that of the pod that is replaced: those that count, and those that do not.
    ///
    /// Models pkg/controller/job: getNewIndexFailureCounts.
    fn failures_of(&self, index: i32) -> (i32, i32) {
        let Some(last) = self.kept.get(&index) else { return (0, 0) };
        let counted = pods::failures_before(last, false);
        let ignored = pods::number(last, pods::IGNORED_FAILURES).unwrap_or(0);
        let counts = policy::verdict(&self.spec, last).counts();
        (counted.saturating_add(count(usize::from(counts))), ignored.saturating_add(i32::from(!counts)))
    }
}

//! Runs Jobs to completion.
//!
//! Models pkg/controller/job. A pod is counted in its Job's status before it loses the finalizer that keeps it,
//! so that none is counted twice or lost. Upstream's expectations are not needed: a sync sees every write that
//! was made before it.

mod backoff;
mod conditions;
mod indexes;
mod manage;
mod pods;
mod policy;
mod sync;
#[cfg(test)]
mod tests;
mod track;

use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;

use super::replicaset::claim;
use crate::api::kinds::job::is_finished;
use crate::api::selector::Selector;
use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, meta};
use crate::apiserver::{ApiServer, Subresource};
use crate::engine::{Component, Context, EventType, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

use backoff::Backoff;
use pods::has_finalizer;
use sync::Sync;

/// Changes of pods and of a Job's status are looked at together after this time.
///
/// Models pkg/controller/job: syncJobBatchPeriod.
const BATCH_PERIOD: Duration = Duration::from_secs(1);

/// The finalizer of pods that are not counted yet.
const FINALIZER: &str = "batch.kubernetes.io/job-tracking";

/// The only value of `managedBy` that means this controller.
const CONTROLLER_NAME: &str = "kubernetes.io/job-controller";

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct JobController {
    backoffs: OrdMap<ObjectKey, Backoff>,
    /// The selectors of Jobs that choose their pods themselves and may adopt some.
    manual: OrdMap<ObjectKey, Arc<Selector>>,
    /// Pods without a controller that a Job may adopt.
    orphans: OrdMap<ObjectKey, OrdSet<ObjectKey>>,
}

impl Component for JobController {
    fn name(&self) -> &'static str {
        "job-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Job(job) => self.observe_job(change, job, view, wakes),
            Object::Pod(pod) => self.observe_pod(change, pod, view, wakes),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        if key.kind == Kind::Pod {
            return free_orphan(&key.key, context);
        }
        match context.view.shared::<Job>(&key.key) {
            Some(job) => self.sync(&key.key, &job, context),
            None => {
                self.backoffs.remove(&key.key);
                Ok(())
            }
        }
    }
}

impl JobController {
    /// Models pkg/controller/job: addJob, updateJob and deleteJob.
    fn observe_job(&mut self, change: &Change, job: &Job, view: &Store, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        let gone = change.change == ChangeType::Deleted;
        let selector = job.spec.as_ref().filter(|spec| spec.manual_selector == Some(true));
        match selector.and_then(|spec| spec.selector.as_ref()).filter(|_| !gone) {
            Some(selector) if !self.manual.contains_key(&key) => {
                let selector = Arc::new(Selector::from_api(selector));
                let orphans = view.all_in::<Pod>(&key.namespace).filter(|pod| {
                    meta::controller_of(&pod.metadata).is_none()
                        && selector.matches(meta::labels(&pod.metadata))
                });
                let orphans = orphans.map(|pod| ObjectKey::of(&pod.metadata)).collect();
                self.orphans.insert(key.clone(), orphans);
                self.manual.insert(key.clone(), selector);
            }
            Some(_) => {}
            None => {
                self.manual.remove(&key);
                self.orphans.remove(&key);
            }
        }
        if gone || is_finished(job) {
            for pod in pods::of_job(job, view).filter(|pod| has_finalizer(pod)) {
                wakes.soon(ObjectRef::new(Kind::Pod, ObjectKey::of(&pod.metadata)));
            }
        }
        let generation = |object: &Object| object.meta().generation;
        let only_status = change
            .previous
            .as_ref()
            .is_some_and(|old| !gone && generation(old) == generation(&change.object));
        let key = ObjectRef::new(Kind::Job, key);
        if only_status { wakes.after(key, BATCH_PERIOD) } else { wakes.soon(key) }
    }

    /// Models pkg/controller/job: addPod, updatePod and deletePod.
    fn observe_pod(&mut self, change: &Change, pod: &Pod, view: &Store, wakes: &mut Wakes) {
        let owner = controlling_job(pod);
        let previous = change.previous.as_ref().and_then(Object::as_ref::<Pod>).and_then(controlling_job);
        let key = ObjectKey::of(&pod.metadata);
        let known = |owner: &(ObjectKey, Arc<str>)| {
            view.typed::<Job>(&owner.0).filter(|job| meta::uid(&job.metadata) == &*owner.1).is_some()
        };
        for owner in previous.iter().filter(|old| Some(*old) != owner.as_ref()).chain(&owner) {
            if known(owner) {
                wakes.after(ObjectRef::new(Kind::Job, owner.0.clone()), BATCH_PERIOD);
            }
        }
        if change.change == ChangeType::Deleted {
            return;
        }
        let is_orphan = match &owner {
            Some(owner) => {
                let job = view.typed::<Job>(&owner.0);
                !known(owner) || job.is_some_and(is_finished)
            }
            None => meta::controller_of(&pod.metadata).is_none(),
        };
        if is_orphan && has_finalizer(pod) {
            wakes.soon(ObjectRef::new(Kind::Pod, key.clone()));
        }
        if meta::controller_of(&pod.metadata).is_none() && !self.manual.is_empty() {
            let labels = meta::labels(&pod.metadata);
            for (job, _) in self
                .manual
                .iter()
                .filter(|(job, selector)| job.namespace == key.namespace && selector.matches(labels))
            {
                self.orphans.entry(job.clone()).or_default().insert(key.clone());
                wakes.after(ObjectRef::new(Kind::Job, job.clone()), BATCH_PERIOD);
            }
        }
    }

    /// Models pkg/controller/job: syncJob.
    fn sync(
        &mut self,
        key: &ObjectKey,
        job: &Arc<Job>,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        if job
            .spec
            .as_ref()
            .is_some_and(|spec| spec.managed_by.as_deref().is_some_and(|manager| manager != CONTROLLER_NAME))
        {
            return Ok(());
        }
        if is_finished(job) {
            self.backoffs.remove(key);
            return Ok(());
        }
        if self.adopt(key, job, context)? {
            // The caches do not show the new pods yet; they wake the Job when they do.
            return Ok(());
        }
        let earlier = self.backoffs.get(key).cloned().unwrap_or_default();
        let mut sync = Sync::new(job, earlier, context);
        let managed = sync.decide();
        let flushed = sync.track();
        if sync.counted {
            self.backoffs.insert(key.clone(), sync.backoff.clone());
        }
        flushed?;
        managed.map_err(ReconcileError::from)
    }

    /// Adopts pods without a controller that a Job with a selector of its own picks; whether there were any.
    fn adopt(
        &mut self,
        key: &ObjectKey,
        job: &Arc<Job>,
        context: &mut Context<'_>,
    ) -> Result<bool, ReconcileError> {
        let (Some(selector), Some(orphans)) =
            (self.manual.get(key), self.orphans.get_mut(key).map(std::mem::take))
        else {
            return Ok(false);
        };
        let mut adopted = false;
        let owner = Object::Job(job.clone());
        for orphan in &orphans {
            let Some(pod) = context.view.get(Kind::Pod, orphan) else { continue };
            if claim::claim(pod, &owner, selector, context.api)? {
                adopted = true;
                context.api.modify::<Pod>(orphan, Subresource::Main, |pod| {
                    let finalizers = pod.metadata.finalizers.get_or_insert_default();
                    if !finalizers.iter().any(|name| name == FINALIZER) {
                        finalizers.push(FINALIZER.to_owned());
                    }
                })?;
            }
        }
        Ok(adopted)
    }
}

/// Lets go of a pod that no unfinished Job will count.
///
/// Models pkg/controller/job: syncOrphanPod.
fn free_orphan(key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    let Some(pod) = context.view.shared::<Pod>(key) else { return Ok(()) };
    if meta::controller_of(&pod.metadata).is_some() {
        let Some((job, uid)) = controlling_job(&pod) else { return Ok(()) };
        let job = context.view.typed::<Job>(&job).filter(|job| meta::uid(&job.metadata) == &*uid);
        if job.is_some_and(|job| !is_finished(job)) {
            return Ok(());
        }
    }
    remove_finalizer(&pod, context.api)?;
    Ok(())
}

/// Takes the tracking finalizer from a pod; a pod that is gone has none.
fn remove_finalizer(pod: &Pod, api: &mut ApiServer) -> ApiResult<()> {
    if !has_finalizer(pod) {
        return Ok(());
    }
    let removed = api.modify::<Pod>(&ObjectKey::of(&pod.metadata), Subresource::Main, |pod| {
        if let Some(finalizers) = &mut pod.metadata.finalizers {
            finalizers.retain(|name| name != FINALIZER);
        }
        pod.metadata.finalizers = pod.metadata.finalizers.take().filter(|list| !list.is_empty());
    });
    match removed {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// The Job that controls the pod: its key and uid.
fn controlling_job(pod: &Pod) -> Option<(ObjectKey, Arc<str>)> {
    let owner = meta::controller_of(&pod.metadata)?;
    (meta::owner_kind(owner) == Some(Kind::Job))
        .then(|| (ObjectKey::new(meta::namespace(&pod.metadata), &owner.name), owner.uid.as_str().into()))
}

/// Records an event about the Job.
fn event(job: &Job, context: &mut Context<'_>, event_type: EventType, reason: &'static str, message: &str) {
    let about = Object::from(job.clone());
    context.events.event(context.api, &about, event_type, reason, message);
}

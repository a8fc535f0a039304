//! [`Sync`]: one look at one Job.
//!
//! Models pkg/controller/job: syncJob.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::batch::v1::{Job, JobCondition, JobSpec, JobStatus};
use k8s_openapi::api::core::v1::Pod;

use super::backoff::{self, Backoff};
use super::indexes::Indexes;
use super::policy::{self, Verdict};
use super::{conditions, event, pods};
use crate::api::{ApiResult, Feature, Kind, ObjectKey, ObjectRef, SimTime, meta, pod};
use crate::engine::{Context, EventType, Pace};

/// What one sync works with.
pub(super) struct Sync<'a, 'b> {
    /// The Job as it becomes.
    pub job: Job,
    pub spec: JobSpec,
    pub pods: Vec<Arc<Pod>>,
    pub active_pods: Vec<Arc<Pod>>,
    /// Pods that are active when this sync is over.
    pub active: i32,
    pub ready: i32,
    pub terminating: i32,
    pub succeeded: i32,
    failed: i32,
    /// The indexes that had succeeded before.
    pub earlier_indexes: Indexes,
    pub succeeded_indexes: Indexes,
    /// The indexes that have failed, when they have limits of their own.
    pub failed_indexes: Option<Indexes>,
    /// Failed pods that are kept until there is another one of their index, which counts on from them.
    pub kept: BTreeMap<i32, Arc<Pod>>,
    pub backoff: Backoff,
    /// How the Job ends, once that is known.
    pub ending: Option<JobCondition>,
    /// Whether the status has to be written whatever the pods do.
    pub must_write: bool,
    /// Whether the new failures were written into the status.
    pub counted: bool,
    pub context: &'a mut Context<'b>,
}

impl<'a, 'b> Sync<'a, 'b> {
    /// A sync of `job`, which had failed so often before.
    pub(super) fn new(job: &Arc<Job>, earlier: Backoff, context: &'a mut Context<'b>) -> Self {
        let job = Job::clone(job);
        let spec = job.spec.clone().unwrap_or_default();
        let all: Vec<Arc<Pod>> = pods::of_job(&job, context.view).collect();
        let active_pods: Vec<Arc<Pod>> = all.iter().filter(|pod| pods::is_active(pod)).cloned().collect();
        let mut sync = Sync {
            active: count(active_pods.len()),
            ready: count(active_pods.iter().filter(|found| pod::is_ready(found)).count()),
            terminating: count(all.iter().filter(|pod| pods::is_terminating(pod)).count()),
            succeeded: 0,
            failed: 0,
            earlier_indexes: Indexes::default(),
            succeeded_indexes: Indexes::default(),
            failed_indexes: None,
            kept: BTreeMap::new(),
            backoff: Backoff::default(),
            ending: None,
            must_write: false,
            counted: false,
            pods: all,
            active_pods,
            job,
            spec,
            context,
        };
        sync.count_ended(&earlier);
        sync
    }

    pub(super) fn now(&self) -> SimTime {
        self.context.now
    }

    pub(super) fn status(&mut self) -> &mut JobStatus {
        self.job.status.get_or_insert_default()
    }

    pub(super) fn is_indexed(&self) -> bool {
        self.spec.completion_mode.as_deref() == Some("Indexed")
    }

    /// Whether every index has a limit of failures of its own.
    pub(super) fn has_limit_per_index(&self) -> bool {
        self.is_indexed() && self.spec.backoff_limit_per_index.is_some()
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.spec.suspend == Some(true)
    }

    /// Whether the Job says how it is going to end before it has ended.
    pub(super) fn ends_in_steps(&self) -> bool {
        self.context.api.gates.has(Feature::JobEndsInSteps)
    }

    /// The pod's index, if it is one of the Job's.
    pub(super) fn valid_index(&self, pod: &Pod) -> Option<i32> {
        pods::index_of(pod).filter(|index| *index < self.spec.completions.unwrap_or(0))
    }

    pub(super) fn event(&mut self, event_type: EventType, reason: &'static str, message: &str) {
        event(&self.job, self.context, event_type, reason, message);
    }

    /// Asks to look at the Job again after `delay`.
    pub(super) fn wake_after(&mut self, delay: Duration, pace: Pace) {
        let key = ObjectRef::new(Kind::Job, ObjectKey::of(&self.job.metadata));
        let time = self.now() + delay;
        self.context.wakes.at(key, time, pace);
    }

    /// Counts what has ended, with what was counted before.
    fn count_ended(&mut self, earlier: &Backoff) {
        let status = self.job.status.clone().unwrap_or_default();
        let uncounted = status.uncounted_terminated_pods.clone().unwrap_or_default();
        let (was_succeeded, was_failed) =
            (uncounted.succeeded.unwrap_or_default(), uncounted.failed.unwrap_or_default());
        let is_new = |sync: &Self, pod: &Pod, counted: &[String]| {
            pods::has_finalizer(pod)
                && !counted.iter().any(|uid| uid == meta::uid(&pod.metadata))
                && (!sync.is_indexed() || sync.valid_index(pod).is_some())
        };
        let succeeded: Vec<Arc<Pod>> = self
            .pods
            .iter()
            .filter(|pod| pods::has_succeeded(pod) && is_new(self, pod, &was_succeeded))
            .cloned()
            .collect();
        let failed: Vec<Arc<Pod>> = self
            .pods
            .iter()
            .filter(|pod| pods::has_failed(pod, &self.spec) && is_new(self, pod, &was_failed))
            .cloned()
            .collect();
        let counting = failed.iter().filter(|pod| policy::verdict(&self.spec, pod).counts()).count();
        self.succeeded = status.succeeded.unwrap_or(0) + count(succeeded.len()) + count(was_succeeded.len());
        self.failed = status.failed.unwrap_or(0) + count(counting) + count(was_failed.len());
        self.backoff = earlier.after(&succeeded, &failed);
        self.status().uncounted_terminated_pods.get_or_insert_default();
    }

    /// Decides whether the Job is over, and otherwise creates or deletes pods.
    ///
    /// # Errors
    /// The first refusal of a write to a pod; the status is to be written all the same.
    pub(super) fn decide(&mut self) -> ApiResult<()> {
        let now = self.now();
        if !self.is_suspended() {
            self.status().start_time.get_or_insert_with(|| now.to_time());
        }
        self.ending = self.known_ending();
        if self.ending.is_none() {
            self.ending = self.limit_exceeded();
        }
        if self.is_indexed() {
            self.judge_indexes();
        }
        if self.ending.is_some() {
            return self.end_active_pods();
        }
        let mut managed = Ok(());
        let may_manage = !meta::is_terminating(&self.job.metadata);
        if may_manage {
            managed = self.manage();
        }
        let enough = match self.spec.completions {
            Some(wanted) => self.succeeded >= wanted,
            None => self.succeeded > 0,
        };
        if enough && self.active == 0 {
            let (type_, reason, message) = if self.ends_in_steps() {
                ("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods")
            } else {
                ("Complete", "", "")
            };
            self.ending = Some(conditions::new(type_, "True", reason, message, now));
        } else if may_manage {
            self.note_suspension();
        }
        managed
    }

    /// The ending that was decided before, or that a failed pod decides.
    fn known_ending(&self) -> Option<JobCondition> {
        let now = self.now();
        if let Some(met) = conditions::find(&self.job, "SuccessCriteriaMet") {
            return Some(met.clone());
        }
        if let Some(target) = conditions::find(&self.job, "FailureTarget") {
            return Some(conditions::as_type(target, "Failed", now));
        }
        let why = policy::fails_job(&self.spec, self.pods.iter().map(Arc::as_ref))?;
        Some(conditions::new("FailureTarget", "True", "PodFailurePolicy", &why, now))
    }

    fn limit_exceeded(&mut self) -> Option<JobCondition> {
        let now = self.now();
        let type_ = if self.ends_in_steps() { "FailureTarget" } else { "Failed" };
        let failure =
            |reason: &str, message: &str| Some(conditions::new(type_, "True", reason, message, now));
        let limit = self.spec.backoff_limit.unwrap_or(6);
        if self.failed > limit || self.restarts_exceed(limit) {
            return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }
        let seconds = self.spec.active_deadline_seconds.filter(|_| !self.is_suspended())?;
        let allowed = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        let start = self.job.status.as_ref()?.start_time.clone()?;
        let passed = now.age_of(&start);
        if passed >= allowed {
            return failure("DeadlineExceeded", "Job was active longer than specified deadline");
        }
        // `settle` does not wait for it: a Job that ends before leaves this wake behind.
        self.wake_after(allowed - passed, Pace::Periodic);
        None
    }

    /// Models pkg/controller/job: pastBackoffLimitOnFailure.
    fn restarts_exceed(&self, limit: i32) -> bool {
        let template = self.spec.template.spec.as_ref();
        if template.and_then(|spec| spec.restart_policy.as_deref()) != Some("OnFailure") {
            return false;
        }
        let running = self.pods.iter().filter(|found| matches!(pod::phase(found), "Running" | "Pending"));
        let statuses = running.filter_map(|pod| pod.status.as_ref()).flat_map(|status| {
            status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten())
        });
        let restarts: i32 = statuses.map(|status| status.restart_count).sum();
        if limit == 0 { restarts > 0 } else { restarts >= limit }
    }

    fn judge_indexes(&mut self) {
        let completions = self.spec.completions.unwrap_or(0);
        let status = self.job.status.clone().unwrap_or_default();
        self.earlier_indexes =
            Indexes::parse(status.completed_indexes.as_deref().unwrap_or_default(), completions);
        let new: BTreeSet<i32> = self
            .pods
            .iter()
            .filter(|pod| pods::has_succeeded(pod) && pods::has_finalizer(pod))
            .filter_map(|pod| self.valid_index(pod))
            .collect();
        self.succeeded_indexes = self.earlier_indexes.merged(&new.into());
        self.succeeded = self.succeeded_indexes.count();
        if self.has_limit_per_index() {
            let before = status.failed_indexes.as_deref().unwrap_or_default();
            self.judge_failed_indexes(&Indexes::parse(before, completions), completions);
        }
        if self.ending.is_none()
            && let Some(why) = policy::succeeds(&self.spec, &self.succeeded_indexes)
        {
            let met = conditions::new("SuccessCriteriaMet", "True", "SuccessPolicy", &why, self.now());
            self.ending = Some(met);
        }
    }

    /// Models pkg/controller/job: calculateFailedIndexes and getPodsWithDelayedDeletionPerIndex.
    fn judge_failed_indexes(&mut self, before: &Indexes, completions: i32) {
        let limit = self.spec.backoff_limit_per_index.unwrap_or(0);
        let fails_index = |pod: &Pod| {
            pods::has_failed(pod, &self.spec)
                && match policy::verdict(&self.spec, pod) {
                    Verdict::FailsIndex => true,
                    Verdict::Ignored => false,
                    _ => pods::failures_before(pod, false) >= limit,
                }
        };
        let new: BTreeSet<i32> = self
            .pods
            .iter()
            .filter(|pod| pods::has_finalizer(pod) && fails_index(pod))
            .filter_map(|pod| self.valid_index(pod))
            .collect();
        let failed = before.merged(&new.into());
        let now = self.now();
        if self.ending.is_none() {
            let failure = |reason: &str, message: &str| {
                Some(conditions::new("FailureTarget", "True", reason, message, now))
            };
            if self.spec.max_failed_indexes.is_some_and(|most| failed.count() > most) {
                let message = "Job has exceeded the specified maximal number of failed indexes";
                self.ending = failure("MaxFailedIndexesExceeded", message);
            } else if failed.count() > 0 && failed.count() + self.succeeded_indexes.count() >= completions {
                self.ending = failure("FailedIndexes", "Job has failed indexes");
            }
        }
        let active: BTreeSet<i32> = self.active_pods.iter().filter_map(|pod| pods::index_of(pod)).collect();
        let mut kept: BTreeMap<i32, Arc<Pod>> = BTreeMap::new();
        for pod in
            self.pods.iter().filter(|pod| pods::has_finalizer(pod) && pods::has_failed(pod, &self.spec))
        {
            let Some(index) = self.valid_index(pod) else { continue };
            if self.succeeded_indexes.has(index) || failed.has(index) || active.contains(&index) {
                continue;
            }
            let rank = |pod: &Pod| (pods::failures_before(pod, true), backoff::finished_at(pod));
            let is_later = |old: &Arc<Pod>| {
                let (old, new) = (rank(old), rank(pod));
                old.0 <= new.0 && old.1 <= new.1
            };
            if kept.get(&index).is_none_or(is_later) {
                kept.insert(index, pod.clone());
            }
        }
        self.kept = kept;
        self.failed_indexes = Some(failed);
    }

    /// Says in the status and in an event that the Job was suspended or resumed.
    fn note_suspension(&mut self) {
        let now = self.now();
        let (status, reason, message, word) = if self.is_suspended() {
            ("True", "JobSuspended", "Job suspended", "Suspended")
        } else {
            ("False", "JobResumed", "Job resumed", "Resumed")
        };
        let condition = conditions::new("Suspended", status, reason, message, now);
        if !conditions::ensure(self.status(), condition) {
            return;
        }
        self.must_write = true;
        self.event(EventType::Normal, word, message);
        // The deadline counts the time since the Job last began to run.
        if !self.is_suspended() {
            self.status().start_time = Some(now.to_time());
        } else if self.context.api.gates.has(Feature::JobForgetsStart) {
            self.status().start_time = None;
        }
    }
}

/// A count as the API writes it.
pub(super) fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

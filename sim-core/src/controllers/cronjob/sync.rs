//! [`Sync`]: one look at one CronJob.
//!
//! Models pkg/controller/cronjob: syncCronJob and cleanupFinishedJobs.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, CronJobStatus, Job};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use super::due;
use crate::api::cron::{CronSchedule, check_zone};
use crate::api::kinds::job::{has_condition, is_finished};
use crate::api::{ApiError, ApiResult, Feature, Kind, Object, ObjectKey, Resource, SimTime, meta};
use crate::apiserver::DeleteOptions;
use crate::engine::{Context, EventType, reference};

/// The annotation that carries the time for which a Job was created.
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// What one sync works with.
pub(super) struct Sync<'a, 'b> {
    /// The CronJob as it becomes.
    cron: CronJob,
    spec: CronJobSpec,
    changed: bool,
    jobs: Vec<Arc<Job>>,
    context: &'a mut Context<'b>,
}

impl<'a, 'b> Sync<'a, 'b> {
    pub(super) fn new(cron: &Arc<CronJob>, context: &'a mut Context<'b>) -> Self {
        let uid = meta::uid(&cron.metadata);
        let jobs = context
            .view
            .owned_by_of_kind(uid, Kind::Job)
            .filter(|job| meta::is_controlled_by(job.meta(), uid))
            .filter_map(Job::from_object)
            .collect();
        let spec = cron.spec.clone();
        Sync { cron: CronJob::clone(cron), spec, changed: false, jobs, context }
    }

    fn status(&mut self) -> &mut CronJobStatus {
        self.cron.status.get_or_insert_default()
    }

    fn event(&mut self, event_type: EventType, reason: &'static str, message: &str) {
        let about = Object::from(self.cron.clone());
        self.context.events.event(self.context.api, &about, event_type, reason, message);
    }

    /// Writes what has changed.
    pub(super) fn write_status(&mut self) -> ApiResult<()> {
        if self.changed {
            self.context.api.update_status(self.cron.clone())?;
        }
        Ok(())
    }

    /// Deletes the oldest finished Jobs beyond the limits of history.
    pub(super) fn clean_up(&mut self) {
        for (ending, limit) in [
            ("Complete", self.spec.successful_jobs_history_limit),
            ("Failed", self.spec.failed_jobs_history_limit),
        ] {
            let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else { continue };
            let ended = self.jobs.iter().filter(|job| has_condition(job, ending));
            let mut ended: Vec<Arc<Job>> = ended.cloned().collect();
            ended.sort_by_key(|job| {
                let start = job.status.as_ref().and_then(|status| status.start_time.as_ref());
                (start.is_none(), start.map(|time| time.0), meta::name(&job.metadata).to_owned())
            });
            let surplus = ended.len().saturating_sub(limit);
            for job in &ended[..surplus] {
                self.delete(job);
            }
        }
    }

    /// Deletes a Job and forgets that it is active; false when it cannot be deleted.
    fn delete(&mut self, job: &Job) -> bool {
        let key = ObjectKey::of(&job.metadata);
        if let Err(error) = self.context.api.delete(Kind::Job, &key, &DeleteOptions::default()) {
            self.event(EventType::Warning, "FailedDelete", &format!("Deleted job: {error}"));
            return false;
        }
        self.forget(meta::uid(&job.metadata));
        self.event(EventType::Normal, "SuccessfulDelete", &format!("Deleted job {}", key.name));
        true
    }

    fn forget(&mut self, uid: &str) {
        let status = self.status();
        let active = status.active.take().unwrap_or_default();
        let left: Vec<ObjectReference> =
            active.into_iter().filter(|active| active.uid.as_deref() != Some(uid)).collect();
        status.active = Some(left).filter(|left| !left.is_empty());
        self.changed = true;
    }

    fn active(&self) -> Vec<ObjectReference> {
        self.cron.status.as_ref().and_then(|status| status.active.clone()).unwrap_or_default()
    }

    /// Looks at the Jobs that there are and starts one that is due; answers when to look again.
    ///
    /// # Errors
    /// A Job could not be created or replaced.
    pub(super) fn run(&mut self) -> ApiResult<Option<SimTime>> {
        self.note_jobs();
        self.note_missing();
        if meta::is_terminating(&self.cron.metadata) {
            return Ok(None);
        }
        if let Some(zone) = self.spec.time_zone.clone()
            && let Err(why) = check_zone(&zone)
        {
            let message = format!("invalid timeZone: \"{zone}\": {why}");
            self.event(EventType::Warning, "UnknownTimeZone", &message);
            return Ok(None);
        }
        if self.spec.suspend == Some(true) {
            return Ok(None);
        }
        let schedule = match CronSchedule::parse_in(&self.spec.schedule, self.spec.time_zone.as_deref()) {
            Ok(schedule) => schedule,
            Err(why) => {
                let message = format!("unparseable schedule: \"{}\" : {why}", self.spec.schedule);
                self.event(EventType::Warning, "UnparseableSchedule", &message);
                return Ok(None);
            }
        };
        if let Some(time) = self.due(&schedule) {
            self.start(time)?;
        }
        Ok(due::next_look(&self.cron, &schedule, self.context.now))
    }

    /// The time for which a Job is to be started now, if there is one.
    fn due(&mut self, schedule: &CronSchedule) -> Option<Timestamp> {
        let now = self.context.now;
        let past = match due::past(&self.cron, schedule, now, true) {
            Ok(past) => past,
            Err(why) => {
                let message = format!("invalid schedule: {} : {why}", self.spec.schedule);
                self.event(EventType::Warning, "InvalidSchedule", &message);
                return None;
            }
        };
        let time = past.newest?;
        if past.has_missed_many() {
            let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            self.event(EventType::Warning, "TooManyMissedTimes", message);
        }
        let deadline = self.spec.starting_deadline_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let latest = deadline.and_then(|seconds| time.checked_add(Duration::from_secs(seconds)).ok());
        if latest.is_some_and(|latest| latest < now.timestamp()) {
            let when = time.strftime("%a, %d %b %Y %H:%M:%S +0000");
            let message = format!("Missed scheduled time to start a job: {when}");
            self.event(EventType::Warning, "MissSchedule", &message);
            return None;
        }
        let name = self.job_name(time);
        let active = self.active();
        let last = self.cron.status.as_ref().and_then(|status| status.last_schedule_time.as_ref());
        if active.iter().any(|job| job.name.as_ref() == Some(&name))
            || last.is_some_and(|last| last.0 == time)
        {
            return None;
        }
        if self.spec.concurrency_policy.as_deref() == Some("Forbid") && !active.is_empty() {
            let message =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            self.event(EventType::Normal, "JobAlreadyActive", message);
            return None;
        }
        Some(time)
    }

    /// Tells of Jobs that came from elsewhere, and of those that have ended.
    fn note_jobs(&mut self) {
        for job in self.jobs.clone() {
            let uid = meta::uid(&job.metadata).to_owned();
            let name = meta::name(&job.metadata).to_owned();
            let known = self.active().iter().any(|active| active.uid.as_ref() == Some(&uid));
            let finished = is_finished(&job);
            if !known && !finished {
                let message = format!("Saw a job that the controller did not create or forgot: {name}");
                self.event(EventType::Warning, "UnexpectedJob", &message);
            } else if known && finished {
                let ending = if has_condition(&job, "Complete") { "Complete" } else { "Failed" };
                self.forget(&uid);
                let sees_condition = self.context.api.gates.has(Feature::CronJobSeesCondition);
                let word = if sees_condition { "condition" } else { "status" };
                let message = format!("Saw completed job: {name}, {word}: {ending}");
                self.event(EventType::Normal, "SawCompletedJob", &message);
            }
            if has_condition(&job, "Complete") {
                self.note_success(&job);
            }
        }
    }

    fn note_success(&mut self, job: &Job) {
        let Some(ended) = job.status.as_ref().and_then(|status| status.completion_time.clone()) else {
            return;
        };
        let status = self.status();
        if status.last_successful_time.as_ref().is_none_or(|last| ended.0 > last.0) {
            status.last_successful_time = Some(ended);
            self.changed = true;
        }
    }

    /// Forgets active Jobs that somebody has deleted.
    fn note_missing(&mut self) {
        for active in self.active() {
            let uid = active.uid.unwrap_or_default();
            let name = active.name.unwrap_or_default();
            let namespace = meta::namespace(&self.cron.metadata);
            let key = ObjectKey::new(namespace, &name);
            let is_known = self.jobs.iter().any(|job| meta::uid(&job.metadata) == uid);
            if !is_known && self.context.api.get(Kind::Job, &key).is_err() {
                self.event(EventType::Normal, "MissingJob", &format!("Active job went missing: {name}"));
                self.forget(&uid);
            }
        }
    }

    fn job_name(&self, time: Timestamp) -> String {
        format!("{}-{}", meta::name(&self.cron.metadata), time.as_second() / 60)
    }

    fn start(&mut self, time: Timestamp) -> ApiResult<()> {
        if self.spec.concurrency_policy.as_deref() == Some("Replace") {
            self.replace_active()?;
        }
        let job = self.new_job(time);
        let key = job.key();
        let stored = match self.context.api.create(job) {
            Ok(stored) => {
                self.event(EventType::Normal, "SuccessfulCreate", &format!("Created job {}", key.name));
                stored
            }
            Err(error) if error.is_already_exists() => {
                let found = self.context.api.get(Kind::Job, &key)?.clone();
                if !meta::is_controlled_by(found.meta(), meta::uid(&self.cron.metadata)) {
                    return Ok(());
                }
                found
            }
            Err(error) => {
                if !error.is_namespace_terminating() {
                    let message = format!("Error creating job: {error}");
                    self.event(EventType::Warning, "FailedCreate", &message);
                }
                return Err(error);
            }
        };
        let status = self.status();
        status.active.get_or_insert_default().push(reference(&stored));
        status.last_schedule_time = Some(Time(time));
        self.changed = true;
        Ok(())
    }

    fn replace_active(&mut self) -> ApiResult<()> {
        for active in self.active() {
            let namespace = meta::namespace(&self.cron.metadata);
            let key = ObjectKey::new(namespace, active.name.as_deref().unwrap_or_default());
            let job = match self.context.api.typed::<Job>(&key) {
                Ok(job) => job.clone(),
                Err(error) => {
                    self.event(EventType::Warning, "FailedGet", &format!("Get job: {error}"));
                    return Err(error);
                }
            };
            if !self.delete(&job) {
                return Err(ApiError::bad_request(format!("could not replace job {key}")));
            }
        }
        Ok(())
    }

    /// Models pkg/controller/cronjob: getJobFromTemplate2.
    fn new_job(&self, time: Timestamp) -> Job {
        let template = self.spec.job_template.clone();
        let metadata = template.metadata.unwrap_or_default();
        let mut annotations = metadata.annotations.unwrap_or_default();
        if self.context.api.gates.has(Feature::CronJobScheduledTime) {
            annotations.insert(SCHEDULED.to_owned(), time.to_string());
        }
        let owner = Object::from(self.cron.clone());
        Job {
            metadata: ObjectMeta {
                name: Some(self.job_name(time)),
                namespace: self.cron.metadata.namespace.clone(),
                labels: metadata.labels,
                annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
                owner_references: Some(vec![meta::controller_reference(&owner)]),
                ..ObjectMeta::default()
            },
            spec: template.spec,
            status: None,
        }
    }
}

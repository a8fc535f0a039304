//! Counting pods that have ended, and declaring the Job's end.
//!
//! Models pkg/controller/job: trackJobStatusAndRemoveFinalizers. A pod's uid is written into the status first,
//! then the pod loses its finalizer, then the uid becomes a number: at any moment every pod is counted once.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::batch::v1::{Job, JobStatus};
use k8s_openapi::api::core::v1::Pod;

use super::sync::Sync;
use super::{conditions, pods, policy, remove_finalizer};
use crate::api::{ApiResult, Feature, Resource, meta};
use crate::engine::EventType;

/// How many uids the status holds at most.
const UNCOUNTED_MOST: usize = 500;

impl Sync<'_, '_> {
    /// Writes the status, before and after the finalizers of counted pods are removed.
    pub(super) fn track(&mut self) -> ApiResult<()> {
        let (active, ready) = (self.active, self.ready);
        let tells = self.context.api.gates.has(Feature::JobPolicies);
        let terminating = Some(self.terminating).filter(|_| tells);
        let status = self.status();
        let mut must_write = status.active.unwrap_or(0) != active
            || status.ready != Some(ready)
            || status.terminating != terminating;
        status.active = Some(active).filter(|active| *active != 0);
        status.ready = Some(ready);
        status.terminating = terminating;
        must_write |= self.must_write;
        let mut kept_back: BTreeSet<String> = self
            .pods
            .iter()
            .filter(|pod| pods::has_finalizer(pod))
            .map(|pod| meta::uid(&pod.metadata).to_owned())
            .collect();
        must_write |= count_freed(self.status(), &kept_back);
        let (freed, wrote, all) = self.list_ended();
        must_write |= wrote;
        must_write |= self.write_indexes();
        must_write |= self.declare_ending();
        if must_write {
            self.write_status()?;
            self.counted = true;
        }
        let mut failed = None;
        for pod in &freed {
            match remove_finalizer(pod, self.context.api) {
                Ok(()) => {
                    kept_back.remove(meta::uid(&pod.metadata));
                }
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        let mut must_write = count_freed(self.status(), &kept_back);
        if let Some(error) = failed {
            if must_write {
                self.write_status()?;
            }
            return Err(error);
        }
        let finished = all && self.finish();
        must_write |= finished;
        if must_write {
            self.write_status()?;
        }
        if finished {
            self.tell_ending();
        }
        Ok(())
    }

    fn write_status(&mut self) -> ApiResult<()> {
        let stored = self.context.api.update_status(self.job.clone())?;
        if let Some(job) = Job::from_ref(&stored) {
            self.job = job.clone();
        }
        Ok(())
    }

    /// The pods that are to lose their finalizers, their uids listed in the status; whether that changed it, and
    /// whether there was room for all.
    fn list_ended(&mut self) -> (Vec<Arc<Pod>>, bool, bool) {
        let mut ended = self.pods.clone();
        if self.is_indexed() {
            ended.sort_by_key(|pod| pods::index_of(pod));
        }
        let ends_badly = self.ending.as_ref().is_some_and(|ending| ending.type_ != "SuccessCriteriaMet");
        let (mut freed, mut changed) = (Vec::new(), false);
        let mut new_indexes = BTreeSet::new();
        for pod in ended.into_iter().filter(|pod| pods::has_finalizer(pod)) {
            let has_failed = pods::has_failed(&pod, &self.spec);
            if !self.can_free(&pod, has_failed) {
                continue;
            }
            let index = self.valid_index(&pod);
            let indexed = self.is_indexed();
            let uid = meta::uid(&pod.metadata).to_owned();
            let mut uncounted = self.status().uncounted_terminated_pods.take().unwrap_or_default();
            let failed_before = uncounted.failed.as_ref().is_some_and(|uids| uids.contains(&uid));
            if pods::has_succeeded(&pod) && !failed_before {
                let uids = uncounted.succeeded.get_or_insert_default();
                if let Some(index) = index.filter(|index| indexed && !self.earlier_indexes.has(*index)) {
                    changed |= new_indexes.insert(index);
                } else if !indexed && !uids.contains(&uid) {
                    uids.push(uid);
                    changed = true;
                }
            } else if (has_failed || ends_badly)
                && !failed_before
                && (!indexed || index.is_some())
                && policy::verdict(&self.spec, &pod).counts()
            {
                uncounted.failed.get_or_insert_default().push(uid);
                changed = true;
            }
            let length = |uids: &Option<Vec<String>>| uids.as_ref().map_or(0, Vec::len);
            let listed = new_indexes.len() + length(&uncounted.succeeded) + length(&uncounted.failed);
            uncounted.succeeded = uncounted.succeeded.filter(|uids| !uids.is_empty());
            self.status().uncounted_terminated_pods = Some(uncounted);
            freed.push(pod);
            if listed >= UNCOUNTED_MOST {
                return (freed, changed, false);
            }
        }
        (freed, changed, true)
    }

    /// Models pkg/controller/job: canRemoveFinalizer.
    fn can_free(&self, pod: &Pod, has_failed: bool) -> bool {
        if meta::is_terminating(&self.job.metadata) || self.ending.is_some() || pods::has_succeeded(pod) {
            return true;
        }
        let kept = self.valid_index(pod).and_then(|index| self.kept.get(&index));
        has_failed && kept.is_none_or(|kept| meta::uid(&kept.metadata) != meta::uid(&pod.metadata))
    }

    fn write_indexes(&mut self) -> bool {
        if !self.is_indexed() {
            return false;
        }
        let text = self.succeeded_indexes.to_string();
        let (succeeded, failed) =
            (self.succeeded_indexes.count(), self.failed_indexes.as_ref().map(ToString::to_string));
        let status = self.status();
        let completed = Some(text).filter(|text| !text.is_empty());
        let changed = status.completed_indexes != completed || status.failed_indexes != failed;
        status.completed_indexes = completed;
        status.succeeded = Some(succeeded).filter(|count| *count != 0);
        status.failed_indexes = failed;
        changed
    }

    /// Says how the Job is going to end, before its pods are let go.
    fn declare_ending(&mut self) -> bool {
        let now = self.now();
        let Some(ending) = self.ending.clone() else { return false };
        let (declares, last) = match ending.type_.as_str() {
            "FailureTarget" => (true, "Failed"),
            "SuccessCriteriaMet" => (conditions::find(&self.job, "SuccessCriteriaMet").is_none(), "Complete"),
            _ => return false,
        };
        self.ending = Some(conditions::as_type(&ending, last, now));
        if declares {
            self.status().conditions.get_or_insert_default().push(ending);
        }
        declares
    }

    /// Says that the Job has ended, once all its pods are counted and none is terminating.
    ///
    /// Models pkg/controller/job: enactJobFinished.
    fn finish(&mut self) -> bool {
        let Some(ending) = self.ending.clone() else { return false };
        let waits = self.ends_in_steps() && self.terminating > 0;
        let status = self.status();
        let uncounted = status.uncounted_terminated_pods.as_ref();
        let has_uncounted = uncounted.is_some_and(|pods| pods.succeeded.is_some() || pods.failed.is_some());
        if has_uncounted || waits {
            return false;
        }
        if ending.type_ == "Complete" {
            status.completion_time = ending.last_transition_time.clone();
        }
        conditions::ensure(status, ending);
        true
    }

    /// Models pkg/controller/job: recordJobFinished.
    fn tell_ending(&mut self) {
        let Some(ending) = self.ending.clone() else { return };
        if ending.type_ == "Complete" {
            let succeeded = self.status().succeeded.unwrap_or(0);
            if self.spec.completions.is_some_and(|wanted| succeeded > wanted) {
                let message = "Too many succeeded pods running after completion count reached";
                self.event(EventType::Warning, "TooManySucceededPods", message);
            }
            self.event(EventType::Normal, "Completed", "Job completed");
            return;
        }
        let reasons = [
            "BackoffLimitExceeded",
            "DeadlineExceeded",
            "PodFailurePolicy",
            "MaxFailedIndexesExceeded",
            "FailedIndexes",
        ];
        let given = ending.reason.unwrap_or_default();
        if let Some(reason) = reasons.into_iter().find(|reason| *reason == given) {
            self.event(EventType::Warning, reason, ending.message.as_deref().unwrap_or_default());
        }
    }
}

/// Turns the uids of pods that have lost their finalizers into numbers; whether there were any.
///
/// Models pkg/controller/job: cleanUncountedPodsWithoutFinalizers.
fn count_freed(status: &mut JobStatus, kept_back: &BTreeSet<String>) -> bool {
    let uncounted = status.uncounted_terminated_pods.get_or_insert_default();
    let mut changed = false;
    for (uids, number) in
        [(&mut uncounted.succeeded, &mut status.succeeded), (&mut uncounted.failed, &mut status.failed)]
    {
        let Some(listed) = uids.take() else { continue };
        let before = listed.len();
        let left: Vec<String> = listed.into_iter().filter(|uid| kept_back.contains(uid)).collect();
        let freed = super::sync::count(before - left.len());
        if freed > 0 {
            *number = Some(number.unwrap_or(0) + freed);
            changed = true;
        }
        *uids = Some(left).filter(|left| !left.is_empty());
    }
    changed
}

//! Whether a rollout moves, is done, or is stuck.
//!
//! Models pkg/controller/deployment: syncRolloutStatus, and its util: DeploymentComplete,
//! DeploymentProgressing and DeploymentTimedOut.

use std::time::Duration;

use k8s_openapi::api::apps::v1::{DeploymentCondition, DeploymentStatus};

use super::rollout::{Rollout, Split};
use super::{conditions, strategy};
use crate::api::{Kind, ObjectKey, ObjectRef, SimTime, meta};
use crate::engine::{Pace, ReconcileError};

impl Rollout<'_, '_> {
    /// Writes the status with what it says of the rollout; asks to look again when the deadline passes.
    pub(super) fn sync_rollout_status(&mut self, split: &Split) -> Result<(), ReconcileError> {
        let mut status = self.calculate_status(split);
        let has_deadline = conditions::progress_deadline_seconds(&self.deployment).is_some();
        if has_deadline {
            self.judge_progress(&mut status, split);
        } else {
            conditions::remove(&mut status, conditions::PROGRESSING);
        }
        match replica_failure(split) {
            Some(failure) => conditions::set(&mut status, failure),
            None => conditions::remove(&mut status, conditions::REPLICA_FAILURE),
        }
        if status == self.status() {
            self.wake_at_deadline(&status);
            return Ok(());
        }
        self.deployment.status = Some(status);
        self.write_status()?;
        Ok(())
    }

    fn judge_progress(&self, status: &mut DeploymentStatus, split: &Split) {
        let current = self.status();
        let was_done = conditions::progress_reason_is(&current, conditions::NEW_REPLICA_SET_AVAILABLE);
        if was_done && status.replicas == status.updated_replicas {
            return;
        }
        let subject = match &split.new {
            Some(set) => format!("ReplicaSet \"{}\"", meta::name(&set.metadata)),
            None => format!("Deployment \"{}\"", meta::name(&self.deployment.metadata)),
        };
        if self.is_complete(status) {
            let message = format!("{subject} has successfully progressed.");
            self.put_progress(status, "True", conditions::NEW_REPLICA_SET_AVAILABLE, message);
        } else if has_progressed(&current, status) {
            let message = format!("{subject} is progressing.");
            let mut condition = self.progress("True", conditions::REPLICA_SET_UPDATED, message);
            let before = conditions::get(&current, conditions::PROGRESSING);
            if let Some(before) = before.filter(|before| before.status == "True") {
                condition.last_transition_time = before.last_transition_time.clone();
            }
            // Taken away first, because the time of the last progress counts even for the same reason.
            conditions::remove(status, conditions::PROGRESSING);
            conditions::set(status, condition);
        } else if self.has_timed_out(status) {
            let message = format!("{subject} has timed out progressing.");
            self.put_progress(status, "False", conditions::PROGRESS_DEADLINE_EXCEEDED, message);
        }
    }

    /// Sets the Progressing condition.
    pub(super) fn put_progress(
        &self,
        status: &mut DeploymentStatus,
        truth: &str,
        reason: &str,
        message: String,
    ) {
        conditions::set(status, self.progress(truth, reason, message));
    }

    fn progress(&self, truth: &str, reason: &str, message: String) -> DeploymentCondition {
        conditions::new(conditions::PROGRESSING, truth, reason, message, self.context.now)
    }

    /// Whether all pods are new and available, and no old one is left.
    pub(super) fn is_complete(&self, status: &DeploymentStatus) -> bool {
        let wanted = strategy::replicas(&self.deployment);
        status.updated_replicas.unwrap_or(0) == wanted
            && status.replicas.unwrap_or(0) == wanted
            && status.available_replicas.unwrap_or(0) == wanted
            && status.observed_generation.unwrap_or(0) >= self.deployment.metadata.generation.unwrap_or(0)
    }

    fn has_timed_out(&self, status: &DeploymentStatus) -> bool {
        if conditions::progress_reason_is(status, conditions::NEW_REPLICA_SET_AVAILABLE) {
            return false;
        }
        conditions::progress_reason_is(status, conditions::PROGRESS_DEADLINE_EXCEEDED)
            || self.deadline(status).is_some_and(|deadline| deadline < self.context.now)
    }

    /// When a rollout has not moved for too long.
    fn deadline(&self, status: &DeploymentStatus) -> Option<SimTime> {
        let seconds = conditions::progress_deadline_seconds(&self.deployment)?;
        let updated = conditions::get(status, conditions::PROGRESSING)?.last_update_time.as_ref()?;
        let since_update = self.context.now.age_of(updated);
        let allowed = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        Some(SimTime(self.context.now.0.saturating_sub(nanos(since_update)).saturating_add(nanos(allowed))))
    }

    /// Models pkg/controller/deployment: requeueStuckDeployment.
    ///
    /// `settle` does not wait for it: a rollout that goes on in the meantime leaves this wake behind.
    fn wake_at_deadline(&mut self, status: &DeploymentStatus) {
        let is_over = self.is_complete(status)
            || conditions::progress_reason_is(status, conditions::PROGRESS_DEADLINE_EXCEEDED);
        if let Some(deadline) = self.deadline(status).filter(|_| !is_over) {
            let key = ObjectRef::new(Kind::Deployment, ObjectKey::of(&self.deployment.metadata));
            let time = deadline.max(self.context.now) + Duration::from_secs(1);
            self.context.wakes.at(key, time, Pace::Periodic);
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn has_progressed(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let updated = |status: &DeploymentStatus| status.updated_replicas.unwrap_or(0);
    let outdated = |status: &DeploymentStatus| status.replicas.unwrap_or(0) - updated(status);
    updated(new) > updated(old)
        || outdated(new) < outdated(old)
        || new.ready_replicas > old.ready_replicas
        || new.available_replicas > old.available_replicas
}

/// The new set's failure, or else an old one's, as the Deployment's.
///
/// Models pkg/controller/deployment: getReplicaFailures.
fn replica_failure(split: &Split) -> Option<DeploymentCondition> {
    let mut conditions = split
        .new
        .iter()
        .chain(&split.old)
        .filter_map(|set| set.status.as_ref()?.conditions.as_ref())
        .flatten();
    let failure = conditions.find(|condition| condition.type_ == conditions::REPLICA_FAILURE)?;
    Some(DeploymentCondition {
        type_: conditions::REPLICA_FAILURE.to_owned(),
        status: failure.status.clone(),
        last_transition_time: failure.last_transition_time.clone(),
        last_update_time: failure.last_transition_time.clone(),
        reason: failure.reason.clone(),
        message: failure.message.clone(),
    })
}

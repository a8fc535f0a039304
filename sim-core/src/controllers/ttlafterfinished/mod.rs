//! Deletes Jobs some time after they have ended.
//!
//! Models pkg/controller/ttlafterfinished.

use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;

use crate::api::kinds::job::is_finished;
use crate::api::{Kind, Object, ObjectRef, SimTime, meta};
use crate::apiserver::{DeleteOptions, Preconditions, Propagation};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct TtlAfterFinishedController;

impl Component for TtlAfterFinishedController {
    fn name(&self) -> &'static str {
        "ttl-after-finished-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        if let Object::Job(job) = &change.object
            && change.change != ChangeType::Deleted
            && !meta::is_terminating(&job.metadata)
            && ttl(job).is_some()
        {
            wakes.soon(change.reference.clone());
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(job) = context.view.shared::<Job>(&key.key) else { return Ok(()) };
        let Some(left) = ttl(&job).and_then(|ttl| left(&job, ttl, context.now)) else { return Ok(()) };
        if meta::is_terminating(&job.metadata) {
            return Ok(());
        }
        if !left.is_zero() {
            context.wakes.at(key.clone(), context.now + left, Pace::Progress);
            return Ok(());
        }
        let uid = job.metadata.uid.clone();
        let options = DeleteOptions {
            propagation: Propagation::Foreground,
            preconditions: Preconditions { uid, resource_version: None },
            ..DeleteOptions::default()
        };
        match context.api.delete(Kind::Job, &key.key, &options) {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// How long the Job is kept, when it has ended and says so.
fn ttl(job: &Job) -> Option<Duration> {
    let seconds = job.spec.as_ref()?.ttl_seconds_after_finished.filter(|_| is_finished(job))?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// How much of that is left.
fn left(job: &Job, ttl: Duration, now: SimTime) -> Option<Duration> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    let ended = conditions.iter().find(|condition| {
        matches!(condition.type_.as_str(), "Complete" | "Failed") && condition.status == "True"
    })?;
    Some(ttl.saturating_sub(now.age_of(ended.last_transition_time.as_ref()?)))
}

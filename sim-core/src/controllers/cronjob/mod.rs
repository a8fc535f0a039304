//! Creates Jobs on a schedule.
//!
//! Models pkg/controller/cronjob: ControllerV2.

mod due;
mod sync;
#[cfg(test)]
mod tests;

use k8s_openapi::api::batch::v1::{CronJob, Job};

use crate::api::cron::CronSchedule;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, SimTime, meta};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

use sync::Sync;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct CronJobController;

impl Component for CronJobController {
    fn name(&self) -> &'static str {
        "cronjob-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::CronJob(_) if change.change == ChangeType::Deleted => {}
            Object::CronJob(cron) => {
                let previous = change.previous.as_ref().and_then(Object::as_ref::<CronJob>);
                observe_cron_job(cron, previous, change.at, wakes);
            }
            Object::Job(job) => {
                let previous = change.previous.as_ref().and_then(Object::as_ref::<Job>);
                for owner in [Some(job.as_ref()), previous].into_iter().flatten().filter_map(controlling) {
                    wakes.soon(ObjectRef::new(Kind::CronJob, owner));
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(cron) = context.view.shared::<CronJob>(&key.key) else { return Ok(()) };
        let mut sync = Sync::new(&cron, context);
        sync.clean_up();
        let synced = sync.run();
        let next = sync.write_status().and(synced)?;
        if let Some(time) = next {
            // A schedule repeats for ever; `settle` does not wait for it.
            context.wakes.at(key.clone(), time, Pace::Periodic);
        }
        Ok(())
    }
}

/// A new schedule counts from now: it is looked at when its next time has come.
///
/// Models pkg/controller/cronjob: updateCronJob.
fn observe_cron_job(cron: &CronJob, previous: Option<&CronJob>, now: SimTime, wakes: &mut Wakes) {
    let key = ObjectRef::new(Kind::CronJob, ObjectKey::of(&cron.metadata));
    let times = |cron: &CronJob| (cron.spec.schedule.clone(), cron.spec.time_zone.clone());
    if previous.is_none_or(|old| times(old) == times(cron)) {
        wakes.soon(key);
        return;
    }
    let schedule = CronSchedule::parse_in(&cron.spec.schedule, cron.spec.time_zone.as_deref()).ok();
    if let Some(time) = schedule.and_then(|schedule| due::next_look(cron, &schedule, now)) {
        wakes.at(key, time, Pace::Periodic);
    }
}

fn controlling(job: &Job) -> Option<ObjectKey> {
    let owner = meta::controller_of(&job.metadata)?;
    (meta::owner_kind(owner) == Some(Kind::CronJob))
        .then(|| ObjectKey::new(meta::namespace(&job.metadata), &owner.name))
}

//! A Job's conditions.
//!
//! Models pkg/controller/job: newCondition and ensureJobConditionStatus.

use k8s_openapi::api::batch::v1::{Job, JobCondition, JobStatus};

use crate::api::SimTime;

/// A condition as of `now`.
pub(super) fn new(type_: &str, status: &str, reason: &str, message: &str, now: SimTime) -> JobCondition {
    JobCondition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        last_probe_time: Some(now.to_time()),
        last_transition_time: Some(now.to_time()),
        reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
        message: Some(message.to_owned()).filter(|message| !message.is_empty()),
    }
}

/// The condition of that type, if it is true.
pub(super) fn find<'a>(job: &'a Job, type_: &str) -> Option<&'a JobCondition> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == type_ && condition.status == "True")
}

/// The condition with another type, as of `now`.
pub(super) fn as_type(condition: &JobCondition, type_: &str, now: SimTime) -> JobCondition {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    new(type_, "True", &text(&condition.reason), &text(&condition.message), now)
}

/// Puts the condition in; returns whether that changed anything. One that is false is not added.
pub(super) fn ensure(status: &mut JobStatus, condition: JobCondition) -> bool {
    let conditions = status.conditions.get_or_insert_default();
    let same = |old: &JobCondition| {
        old.status == condition.status && old.reason == condition.reason && old.message == condition.message
    };
    let changed = match conditions.iter_mut().find(|old| old.type_ == condition.type_) {
        Some(old) if same(old) => false,
        Some(old) => {
            *old = condition;
            true
        }
        None if condition.status == "False" => false,
        None => {
            conditions.push(condition);
            true
        }
    };
    status.conditions = status.conditions.take().filter(|list| !list.is_empty());
    changed
}

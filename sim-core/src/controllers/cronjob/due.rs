//! Which of a schedule's times is due, and when the next is.
//!
//! Models pkg/controller/cronjob: mostRecentScheduleTime, nextScheduleTime and nextScheduleTimeDuration.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::CronJob;

use crate::api::SimTime;
use crate::api::cron::CronSchedule;

/// So long after its time a schedule is looked at.
const DELTA: Duration = Duration::from_millis(100);
/// More times than these are said to be too many to have missed.
const MANY: i64 = 100;

/// What the past of a schedule holds.
pub(super) struct Past {
    /// Since when times count.
    earliest: Timestamp,
    /// The newest time that has come.
    pub newest: Option<Timestamp>,
    missed: i64,
}

impl Past {
    /// Whether so many times were missed that something must be wrong.
    pub(super) fn has_missed_many(&self) -> bool {
        self.missed > MANY
    }
}

/// The schedule's past; with `within_deadline` only as far back as a Job may still be started.
///
/// # Errors
/// The schedule names no times, or times that are no second apart.
pub(super) fn past(
    cron: &CronJob,
    schedule: &CronSchedule,
    now: SimTime,
    within_deadline: bool,
) -> Result<Past, String> {
    let now = now.timestamp();
    let created = cron.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let last = cron.status.as_ref().and_then(|status| status.last_schedule_time.as_ref()).map(|time| time.0);
    let mut earliest = last.or(created).unwrap_or(now);
    let deadline = cron.spec.starting_deadline_seconds;
    if let Some(seconds) = deadline.filter(|_| within_deadline) {
        let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        earliest = earliest.max(now.checked_sub(seconds).unwrap_or(earliest));
    }
    let none = Past { earliest, newest: None, missed: 0 };
    let Some(first) = schedule.next(earliest).filter(|first| *first <= now) else { return Ok(none) };
    let too_near = || "time difference between two schedules is less than 1 second".to_owned();
    let second = schedule.next(first).ok_or_else(too_near)?;
    if now < second {
        return Ok(Past { newest: Some(first), ..none });
    }
    let apart = second.as_second() - first.as_second();
    if apart < 1 {
        return Err(too_near());
    }
    let missed = (now.as_second() - first.as_second()) / apart + 1;
    // One step further back than even steps would lead, for schedules whose steps are uneven.
    let mut at = Timestamp::from_second(first.as_second() + (missed - 2) * apart).unwrap_or(first);
    let mut newest = None;
    while let Some(next) = schedule.next(at).filter(|next| *next <= now) {
        newest = Some(next);
        at = next;
    }
    Ok(Past { earliest, newest, missed })
}

/// When to look at the schedule again.
pub(super) fn next_look(cron: &CronJob, schedule: &CronSchedule, now: SimTime) -> Option<SimTime> {
    let from = match past(cron, schedule, now, false) {
        Ok(Past { newest: Some(newest), .. }) => newest,
        Ok(Past { earliest, missed: 0, .. }) => earliest,
        _ => now.timestamp(),
    };
    let next = schedule.next(from)?;
    let nanos = next.as_nanosecond() - SimTime::ZERO.timestamp().as_nanosecond();
    Some((SimTime(u64::try_from(nanos).unwrap_or(0)) + DELTA).max(now))
}

//! Validation of CronJobs.
//!
//! Models pkg/apis/batch/validation: ValidateCronJobCreate and ValidateCronJobUpdate.

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec};

use super::{Errors, batch};
use crate::api::cron::{CronSchedule, check_zone};
use crate::api::field::FieldError;
use crate::api::{meta, to_value};

/// Room for the time that a Job's name carries.
const NAME_MAX: usize = 52;

pub(super) fn create(errors: &mut Errors, cron: &CronJob) {
    check(errors, cron, false);
    let name = meta::name(&cron.metadata);
    if name.len() > NAME_MAX {
        let why = format!("must be no more than {NAME_MAX} characters");
        errors.invalid("metadata.name", name, why);
    }
}

/// A zone in the schedule is let through when it was there before.
pub(super) fn update(errors: &mut Errors, new: &CronJob, old: &CronJob) {
    check(errors, new, old.spec.schedule.contains("TZ"));
}

fn check(errors: &mut Errors, cron: &CronJob, zone_allowed: bool) {
    let spec = &cron.spec;
    if spec.schedule.is_empty() {
        errors.required("spec.schedule", "");
    } else {
        schedule(errors, spec, zone_allowed);
    }
    errors.not_negative("spec.startingDeadlineSeconds", spec.starting_deadline_seconds);
    if let Some(zone) = &spec.time_zone {
        time_zone(errors, zone);
    }
    let policies = ["Allow", "Forbid", "Replace"];
    errors.one_of("spec.concurrencyPolicy", spec.concurrency_policy.as_deref(), &policies);
    let path = "spec.jobTemplate.spec";
    let job = spec.job_template.spec.clone().unwrap_or_default();
    batch::job_spec(errors, path, &job);
    if let Some(selector) = &job.selector {
        let why = "`selector` will be auto-generated";
        errors.invalid(format!("{path}.selector"), to_value(&selector), why);
    }
    if job.manual_selector == Some(true) {
        let supported = ["nil", "false"];
        errors.push(FieldError::not_supported(format!("{path}.manualSelector"), true, &supported));
    }
    errors.not_negative("spec.successfulJobsHistoryLimit", spec.successful_jobs_history_limit);
    errors.not_negative("spec.failedJobsHistoryLimit", spec.failed_jobs_history_limit);
}

/// Models validateScheduleFormat.
fn schedule(errors: &mut Errors, spec: &CronJobSpec, zone_allowed: bool) {
    let path = "spec.schedule";
    let schedule = spec.schedule.as_str();
    if let Err(why) = CronSchedule::parse(schedule) {
        errors.invalid(path, schedule, why);
    }
    if !schedule.contains("TZ") {
        return;
    }
    if !zone_allowed {
        let why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        errors.invalid(path, schedule, why);
    } else if spec.time_zone.is_some() {
        errors.invalid(path, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
    }
}

/// Models validateTimeZone.
fn time_zone(errors: &mut Errors, zone: &str) {
    let path = "spec.timeZone";
    if zone.is_empty() {
        errors.invalid(path, zone, "timeZone must be nil or non-empty string");
    } else if zone.eq_ignore_ascii_case("local") {
        let why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        errors.invalid(path, zone, why);
    } else if let Err(why) = check_zone(zone) {
        errors.invalid(path, zone, why);
    }
}

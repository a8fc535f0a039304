//! Models kubectl pkg/describe: describeCronJob.

use k8s_openapi::api::batch::v1::CronJob;

use super::text::Text;
use super::{bool_text, or_empty, template, time_text};
use crate::api::kinds::format::{NONE, UNSET};
use crate::api::selector::Selector;
use crate::api::{Feature, FeatureGates, meta};

pub(super) fn describe(text: &mut Text, cron: &CronJob, gates: FeatureGates) {
    let spec = cron.spec.clone();
    let status = cron.status.clone().unwrap_or_default();
    let number = |number: Option<i32>| number.map_or_else(|| UNSET.to_owned(), |number| number.to_string());
    text.field(0, "Name", meta::name(&cron.metadata));
    text.field(0, "Namespace", meta::namespace(&cron.metadata));
    text.labels("", "Labels", cron.metadata.labels.as_ref());
    text.annotations("Annotations", cron.metadata.annotations.as_ref());
    text.field(0, "Schedule", &spec.schedule);
    text.field(0, "Concurrency Policy", or_empty(&spec.concurrency_policy));
    text.field(0, "Suspend", spec.suspend.map_or(UNSET, bool_text));
    if gates.has(Feature::DescribeSaysMore) {
        text.field(0, "Time Zone", spec.time_zone.as_deref().unwrap_or(UNSET));
    }
    text.field(0, "Successful Job History Limit", number(spec.successful_jobs_history_limit));
    text.field(0, "Failed Job History Limit", number(spec.failed_jobs_history_limit));
    let seconds = spec.starting_deadline_seconds.map(|seconds| format!("{seconds}s"));
    text.field(0, "Starting Deadline Seconds", seconds.as_deref().unwrap_or(UNSET));
    let job = spec.job_template.spec.unwrap_or_default();
    let selector = job.selector.as_ref().map(|selector| Selector::from_api(selector).to_string());
    text.field(0, "Selector", selector.as_deref().unwrap_or(UNSET));
    text.field(0, "Parallelism", number(job.parallelism));
    text.field(0, "Completions", number(job.completions));
    if let Some(seconds) = job.active_deadline_seconds {
        text.field(0, "Active Deadline Seconds", format_args!("{seconds}s"));
    }
    template::describe(text, Some(&job.template));
    let last = status.last_schedule_time.as_ref().map(|time| time_text(Some(time)));
    text.field(0, "Last Schedule Time", last.as_deref().unwrap_or(UNSET));
    let active: Vec<&str> =
        status.active.iter().flatten().filter_map(|active| active.name.as_deref()).collect();
    text.field(0, "Active Jobs", if active.is_empty() { NONE.to_owned() } else { active.join(", ") });
}

//! Models kubectl pkg/describe: describeJob.

use k8s_openapi::api::batch::v1::Job;

use super::text::Text;
use super::{or_empty, template, time_text};
use crate::api::kinds::job::lasted;
use crate::api::selector::Selector;
use crate::api::{SimTime, meta};

/// The longest list of indexes that is shown whole, in bytes.
const INDEXES_SHOWN: usize = 50;

pub(super) fn describe(text: &mut Text, job: &Job) {
    let spec = job.spec.clone().unwrap_or_default();
    let status = job.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&job.metadata));
    text.field(0, "Namespace", meta::namespace(&job.metadata));
    text.field(0, "Selector", Selector::from_api(&spec.selector.unwrap_or_default()));
    text.labels("", "Labels", job.metadata.labels.as_ref());
    text.annotations("Annotations", job.metadata.annotations.as_ref());
    if let Some(owner) = meta::controller_of(&job.metadata) {
        text.field(0, "Controlled By", format_args!("{}/{}", owner.kind, owner.name));
    }
    let number = |number: i32| number.to_string();
    text.field_if(0, "Parallelism", spec.parallelism.map(number).as_deref());
    text.field(0, "Completions", spec.completions.map_or_else(|| "<unset>".to_owned(), number));
    text.field_if(0, "Completion Mode", spec.completion_mode.as_deref());
    text.field_if(0, "Suspend", spec.suspend.map(|suspend| suspend.to_string()).as_deref());
    text.field_if(0, "Backoff Limit", spec.backoff_limit.map(number).as_deref());
    let ttl = spec.ttl_seconds_after_finished.map(number);
    text.field_if(0, "TTL Seconds After Finished", ttl.as_deref());
    if status.start_time.is_some() {
        text.field(0, "Start Time", time_text(status.start_time.as_ref()));
    }
    if status.completion_time.is_some() {
        text.field(0, "Completed At", time_text(status.completion_time.as_ref()));
        text.field_if(0, "Duration", lasted(job, SimTime::ZERO).as_deref());
    }
    if let Some(seconds) = spec.active_deadline_seconds {
        text.field(0, "Active Deadline Seconds", format_args!("{seconds}s"));
    }
    let ready = status.ready.map(|ready| format!(" ({ready} Ready)")).unwrap_or_default();
    let (active, succeeded) = (status.active.unwrap_or(0), status.succeeded.unwrap_or(0));
    let failed = status.failed.unwrap_or(0);
    let statuses = format!("{active} Active{ready} / {succeeded} Succeeded / {failed} Failed");
    text.field(0, "Pods Statuses", statuses);
    if spec.completion_mode.as_deref() == Some("Indexed") {
        text.field(0, "Completed Indexes", shown_indexes(or_empty(&status.completed_indexes)));
    }
    template::describe(text, Some(&spec.template));
}

/// Models kubectl pkg/describe: capIndexesListOrNone.
fn shown_indexes(indexes: &str) -> String {
    let cut = indexes.get(INDEXES_SHOWN..).and_then(|rest| rest.find(','));
    match cut {
        _ if indexes.is_empty() => "<none>".to_owned(),
        Some(at) => format!("{}...", &indexes[..=INDEXES_SHOWN + at]),
        None => indexes.to_owned(),
    }
}

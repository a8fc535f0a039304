//! `Job`: discovery facts, printer columns and what is known of its state.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{
    Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, age, containers, format_selector, since,
};
use crate::api::meta;
use crate::api::object::{Kind, Object};
use crate::api::time::SimTime;

/// The label that carries the uid of a pod's Job.
pub const CONTROLLER_UID: &str = "batch.kubernetes.io/controller-uid";
/// The label that carries the name of a pod's Job.
pub const JOB_NAME: &str = "batch.kubernetes.io/job-name";

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Job,
    group: "batch",
    version: "v1",
    plural: "jobs",
    singular: "job",
    short_names: &[],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Status"),
        Column::normal("Completions"),
        Column::normal("Duration"),
        Column::normal("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ],
    row,
};

/// Models pkg/printers/internalversion: printJob.
fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(job) = object.as_ref::<Job>() else { return Vec::new() };
    let spec = job.spec.clone().unwrap_or_default();
    let succeeded = job.status.as_ref().and_then(|status| status.succeeded).unwrap_or(0);
    let parallelism = spec.parallelism.unwrap_or(0);
    let completions = match spec.completions {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        None => format!("{succeeded}/1"),
    };
    let (names, images) = containers(spec.template.spec.as_ref());
    vec![
        Cell::name(object),
        Cell::text(state(job)),
        Cell::text(completions),
        Cell::text(lasted(job, context.now).unwrap_or_default()),
        age(object, context),
        names,
        images,
        Cell::text(spec.selector.as_ref().map_or_else(|| NONE.to_owned(), format_selector)),
    ]
}

fn state(job: &Job) -> &'static str {
    let going = if meta::is_terminating(&job.metadata) { "Terminating" } else { "Running" };
    let ended = ["Complete", "Failed"].into_iter().find(|name| has_condition(job, name));
    let on_the_way = || {
        let known = ["Suspended", "FailureTarget", "SuccessCriteriaMet"];
        known.into_iter().find(|name| has_condition(job, name)).filter(|_| going == "Running")
    };
    ended.or_else(on_the_way).unwrap_or(going)
}

/// Whether the job's condition of that type is true.
pub fn has_condition(job: &Job, name: &str) -> bool {
    let conditions = job.status.as_ref().and_then(|status| status.conditions.as_deref());
    conditions
        .unwrap_or_default()
        .iter()
        .any(|condition| condition.type_ == name && condition.status == "True")
}

/// Whether the job has completed or failed.
pub fn is_finished(job: &Job) -> bool {
    has_condition(job, "Complete") || has_condition(job, "Failed")
}

/// How long the job took, or has taken so far; nothing before its start.
pub fn lasted(job: &Job, now: SimTime) -> Option<String> {
    let status = job.status.as_ref()?;
    let start = status.start_time.as_ref()?.0;
    Some(match &status.completion_time {
        Some(Time(end)) => {
            let nanos = u64::try_from(end.as_nanosecond() - start.as_nanosecond()).unwrap_or(0);
            super::human_duration(std::time::Duration::from_nanos(nanos))
        }
        None => since(now, start),
    })
}

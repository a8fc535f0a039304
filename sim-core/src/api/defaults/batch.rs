//! Defaults of `batch/v1`. Models pkg/apis/batch/v1: defaults.go.

use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec};

use super::pod;

pub(super) fn set_job(job: &mut Job) {
    let spec = job.spec.get_or_insert_default();
    set_spec(spec);
    // A new Job gets its template's labels after those that select its pods were added to them.
    let labels = spec.template.metadata.as_ref().and_then(|metadata| metadata.labels.clone());
    if job.metadata.uid.is_some() && job.metadata.labels.as_ref().is_none_or(|own| own.is_empty()) {
        job.metadata.labels = labels.filter(|labels| !labels.is_empty());
    }
    job.status.get_or_insert_default();
}

/// The Job that a CronJob describes gets a Job's defaults when it is created.
pub(super) fn set_cron_job(cron: &mut CronJob) {
    let spec = &mut cron.spec;
    super::text(&mut spec.concurrency_policy, "Allow");
    spec.suspend.get_or_insert(false);
    spec.successful_jobs_history_limit.get_or_insert(3);
    spec.failed_jobs_history_limit.get_or_insert(1);
    spec.job_template.metadata.get_or_insert_default();
    pod::set_template(&mut spec.job_template.spec.get_or_insert_default().template);
    cron.status.get_or_insert_default();
}

fn set_spec(spec: &mut JobSpec) {
    pod::set_template(&mut spec.template);
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    let limit = if spec.backoff_limit_per_index.is_some() { i32::MAX } else { 6 };
    spec.backoff_limit.get_or_insert(limit);
    spec.completion_mode.get_or_insert_with(|| "NonIndexed".to_owned());
    spec.suspend.get_or_insert(false);
    spec.manual_selector.get_or_insert(false);
    let rules = spec.pod_failure_policy.iter_mut().flat_map(|policy| &mut policy.rules);
    for pattern in rules.flat_map(|rule| rule.on_pod_conditions.iter_mut().flatten()) {
        super::text(&mut pattern.status, "True");
    }
    let replaces = if spec.pod_failure_policy.is_some() { "Failed" } else { "TerminatingOrFailed" };
    spec.pod_replacement_policy.get_or_insert_with(|| replaces.to_owned());
}

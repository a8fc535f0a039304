//! Questions about a Job's pods.

use std::cmp::Reverse;
use std::sync::Arc;

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::Pod;

use super::FINALIZER;
use crate::api::{Kind, Object, Resource, meta, pod};
use crate::store::Store;

/// The annotation and label that carry a pod's completion index.
pub(super) const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// The annotation that counts the failures of an index before this pod.
pub(super) const FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
/// The annotation that counts the failures of an index that do not count towards its limit.
pub(super) const IGNORED_FAILURES: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

/// The pods that the Job controls, by name.
pub(super) fn of_job<'a>(job: &'a Job, view: &'a Store) -> impl Iterator<Item = Arc<Pod>> + 'a {
    let uid = meta::uid(&job.metadata);
    view.owned_by_of_kind(uid, Kind::Pod)
        .filter(move |object: &&Object| meta::is_controlled_by(object.meta(), uid))
        .filter_map(Pod::from_object)
}

/// Whether the pod is kept until it is counted.
pub(super) fn has_finalizer(pod: &Pod) -> bool {
    meta::finalizers(&pod.metadata).iter().any(|name| name == FINALIZER)
}

/// Whether the pod runs or will run.
pub(super) fn is_active(pod: &Pod) -> bool {
    !pod::is_terminal(pod) && !meta::is_terminating(&pod.metadata)
}

/// Whether the pod is being deleted and has not ended.
pub(super) fn is_terminating(pod: &Pod) -> bool {
    !pod::is_terminal(pod) && meta::is_terminating(&pod.metadata)
}

/// Whether the pod has ended well.
pub(super) fn has_succeeded(pod: &Pod) -> bool {
    pod::phase(pod) == "Succeeded"
}

/// Whether the pod counts as failed: one that is being deleted does too, unless its end is waited for.
///
/// Models pkg/controller/job: isPodFailed.
pub(super) fn has_failed(pod: &Pod, spec: &JobSpec) -> bool {
    match pod::phase(pod) {
        "Failed" => true,
        "Succeeded" => false,
        _ => !replaces_only_failed(spec) && meta::is_terminating(&pod.metadata),
    }
}

/// Whether a pod is replaced only once it has ended.
pub(super) fn replaces_only_failed(spec: &JobSpec) -> bool {
    spec.pod_replacement_policy.as_deref() == Some("Failed") || spec.pod_failure_policy.is_some()
}

/// The pod's completion index.
pub(super) fn index_of(pod: &Pod) -> Option<i32> {
    number(pod, INDEX)
}

/// How many pods of the index failed before this one, those that were ignored included or not.
pub(super) fn failures_before(pod: &Pod, with_ignored: bool) -> i32 {
    let ignored = if with_ignored { number(pod, IGNORED_FAILURES).unwrap_or(0) } else { 0 };
    number(pod, FAILURES).unwrap_or(0).saturating_add(ignored)
}

pub(super) fn number(pod: &Pod, annotation: &str) -> Option<i32> {
    let number = meta::annotations(&pod.metadata).get(annotation)?.parse().ok();
    number.filter(|number| *number >= 0)
}

/// The order in which active pods go: those that have come the least far first.
///
/// Models pkg/controller: ActivePods.
pub(super) fn sort_for_removal(pods: &mut [Arc<Pod>]) {
    pods.sort_by_cached_key(|pod| {
        let ready = pod::condition(pod, "Ready").filter(|condition| condition.status == "True");
        let phase = match pod::phase(pod) {
            "Running" => 2,
            "Unknown" => 1,
            _ => 0,
        };
        let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
        let restarts = statuses.map(|status| status.restart_count).max().unwrap_or(0);
        (
            pod::node_name(pod).is_some(),
            phase,
            ready.is_some(),
            Reverse(ready.and_then(|ready| ready.last_transition_time.as_ref().map(|time| time.0))),
            Reverse(restarts),
            Reverse(pod.metadata.creation_timestamp.as_ref().map(|time| time.0)),
            meta::name(&pod.metadata).to_owned(),
        )
    });
}

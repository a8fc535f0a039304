//! What a failed pod means for its Job, and when enough indexes have succeeded.
//!
//! Models pkg/controller/job: pod_failure_policy and success_policy.

use k8s_openapi::api::batch::v1::{JobSpec, PodFailurePolicyOnExitCodesRequirement};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use super::indexes::Indexes;
use super::pods;
use crate::api::meta;

/// What a rule says of a failed pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts towards the limit.
    Counts,
    /// It does not count.
    Ignored,
    /// Its index has failed.
    FailsIndex,
    /// The Job has failed, for this reason.
    FailsJob(String),
}

impl Verdict {
    /// Whether the failure counts.
    pub(super) fn counts(&self) -> bool {
        *self != Verdict::Ignored
    }
}

/// The verdict of the first rule that fits the pod.
///
/// Models pkg/controller/job: matchPodFailurePolicy.
pub(super) fn verdict(spec: &JobSpec, pod: &Pod) -> Verdict {
    let rules = spec.pod_failure_policy.iter().flat_map(|policy| &policy.rules);
    for (index, rule) in rules.enumerate() {
        let name = format!("{}/{}", meta::namespace(&pod.metadata), meta::name(&pod.metadata));
        let action = rule.action.as_str();
        let what = if let Some(codes) = &rule.on_exit_codes {
            fitting_container(pod, codes).map(|(container, code)| {
                format!("Container {container} for pod {name} failed with exit code {code}")
            })
        } else {
            let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
            let patterns = rule.on_pod_conditions.as_deref().unwrap_or_default();
            let mut fitting = conditions.filter(|condition| {
                patterns.iter().any(|pattern| {
                    pattern.type_ == condition.type_ && pattern.status.as_deref() == Some(&*condition.status)
                })
            });
            fitting.next().map(|condition| format!("Pod {name} has condition {}", condition.type_))
        };
        let Some(what) = what else { continue };
        return match action {
            "Ignore" => Verdict::Ignored,
            "FailIndex" => Verdict::FailsIndex,
            "FailJob" => Verdict::FailsJob(format!("{what} matching {action} rule at index {index}")),
            _ => Verdict::Counts,
        };
    }
    Verdict::Counts
}

fn fitting_container(pod: &Pod, codes: &PodFailurePolicyOnExitCodesRequirement) -> Option<(String, i32)> {
    let status = pod.status.as_ref()?;
    let fits = |container: &ContainerStatus| {
        let code = container.state.as_ref()?.terminated.as_ref()?.exit_code;
        let named = codes.container_name.as_ref().is_none_or(|name| *name == container.name);
        let listed = codes.values.contains(&code);
        let wanted = if codes.operator == "In" { listed } else { !listed };
        (named && code != 0 && wanted).then(|| (container.name.clone(), code))
    };
    let init = status.init_container_statuses.iter().flatten();
    status.container_statuses.iter().flatten().chain(init).find_map(fits)
}

/// Why the Job has failed, if a failed pod says so.
pub(super) fn fails_job<'a>(spec: &JobSpec, mut pods: impl Iterator<Item = &'a Pod>) -> Option<String> {
    spec.pod_failure_policy.as_ref()?;
    pods.find_map(|pod| match pods::has_failed(pod, spec).then(|| verdict(spec, pod)) {
        Some(Verdict::FailsJob(why)) => Some(why),
        _ => None,
    })
}

/// Which rule says that enough indexes have succeeded.
///
/// Models pkg/controller/job: matchSuccessPolicy.
pub(super) fn succeeds(spec: &JobSpec, succeeded: &Indexes) -> Option<String> {
    if succeeded.count() == 0 {
        return None;
    }
    let completions = spec.completions.unwrap_or(0);
    let rules = &spec.success_policy.as_ref()?.rules;
    let met = rules.iter().position(|rule| match &rule.succeeded_indexes {
        Some(text) => {
            let wanted = Indexes::parse(text, completions);
            let have = wanted.in_common(succeeded);
            wanted.count() > 0
                && (have == wanted.count() || rule.succeeded_count.is_some_and(|count| have >= count))
        }
        None => rule.succeeded_count.is_some_and(|count| succeeded.count() >= count),
    })?;
    Some(format!("Matched rules at index {met}"))
}

//! Questions about a pod that controllers and printers share.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, EphemeralContainer, Pod, PodCondition, Taint, Toleration};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::SimTime;
use super::quantity::Quantity;

/// The pod's phase, empty before the API server set one.
pub fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// The node the pod is bound to.
pub fn node_name(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref().filter(|name| !name.is_empty())
}

/// The condition of that type.
pub fn condition<'a>(pod: &'a Pod, condition_type: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == condition_type)
}

/// Marks the pod by which the API server shows a static pod of a node; its value is the hash of the manifest there.
pub const MIRROR: &str = "kubernetes.io/config.mirror";

/// The hash of the manifest, for a pod that mirrors a static one.
pub fn mirrored(pod: &Pod) -> Option<&str> {
    super::meta::annotations(&pod.metadata).get(MIRROR).map(String::as_str)
}

/// What its node tells a pod by: the uid, or the hash of a static pod's manifest, which outlives its mirrors.
pub fn identity(pod: &Pod) -> &str {
    mirrored(pod).unwrap_or_else(|| super::meta::uid(&pod.metadata))
}

/// Whether the Ready condition is true.
pub fn is_ready(pod: &Pod) -> bool {
    condition(pod, "Ready").is_some_and(|condition| condition.status == "True")
}

/// Whether the pod has been ready for `min_ready_seconds`.
pub fn is_available(pod: &Pod, min_ready_seconds: i32, now: SimTime) -> bool {
    available_at(pod, min_ready_seconds).is_some_and(|at| at <= now.timestamp())
}

/// When the pod is or becomes available, if it stays ready; `None` while it is not ready.
pub fn available_at(pod: &Pod, min_ready_seconds: i32) -> Option<jiff::Timestamp> {
    let ready = condition(pod, "Ready").filter(|condition| condition.status == "True")?;
    if min_ready_seconds <= 0 {
        return Some(jiff::Timestamp::MIN);
    }
    let since = ready.last_transition_time.as_ref()?.0;
    let wait = Duration::from_secs(u64::try_from(min_ready_seconds).unwrap_or(0));
    since.checked_add(wait).ok()
}

/// An ephemeral container as the container that a node runs: all but the name of its target.
pub fn as_container(ephemeral: &EphemeralContainer) -> Container {
    let ephemeral = ephemeral.clone();
    Container {
        args: ephemeral.args,
        command: ephemeral.command,
        env: ephemeral.env,
        env_from: ephemeral.env_from,
        image: ephemeral.image,
        image_pull_policy: ephemeral.image_pull_policy,
        lifecycle: ephemeral.lifecycle,
        liveness_probe: ephemeral.liveness_probe,
        name: ephemeral.name,
        ports: ephemeral.ports,
        readiness_probe: ephemeral.readiness_probe,
        resize_policy: ephemeral.resize_policy,
        resources: ephemeral.resources,
        restart_policy: ephemeral.restart_policy,
        restart_policy_rules: ephemeral.restart_policy_rules,
        security_context: ephemeral.security_context,
        startup_probe: ephemeral.startup_probe,
        stdin: ephemeral.stdin,
        stdin_once: ephemeral.stdin_once,
        termination_message_path: ephemeral.termination_message_path,
        termination_message_policy: ephemeral.termination_message_policy,
        tty: ephemeral.tty,
        volume_devices: ephemeral.volume_devices,
        volume_mounts: ephemeral.volume_mounts,
        working_dir: ephemeral.working_dir,
    }
}

/// Whether the pod has ended and will not run again.
pub fn is_terminal(pod: &Pod) -> bool {
    matches!(phase(pod), "Failed" | "Succeeded")
}

/// Sets a condition as of now: one whose status stays keeps its time of transition.
///
/// Models pkg/api/v1/pod: UpdatePodCondition.
pub fn set_condition(pod: &mut Pod, mut new: PodCondition, now: SimTime) {
    new.observed_generation = pod.metadata.generation;
    new.last_transition_time = Some(now.to_time());
    let conditions = pod.status.get_or_insert_default().conditions.get_or_insert_default();
    match conditions.iter_mut().find(|old| old.type_ == new.type_) {
        Some(old) => {
            if old.status == new.status {
                new.last_transition_time = old.last_transition_time.clone();
            }
            *old = new;
        }
        None => conditions.push(new),
    }
}

/// Whether the toleration bears the taint. Models core/v1: Toleration.ToleratesTaint.
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let same = |field: &Option<String>, value: &str| {
        field.as_deref().is_none_or(|field| field.is_empty() || field == value)
    };
    let value = toleration.value.as_deref().unwrap_or_default();
    let exists = toleration.operator.as_deref() == Some("Exists");
    same(&toleration.effect, &taint.effect)
        && same(&toleration.key, &taint.key)
        && (exists || value == taint.value.as_deref().unwrap_or_default())
}

/// The pod's quality-of-service class: `Guaranteed`, `Burstable` or `BestEffort`.
///
/// Models pkg/apis/core/v1/helper/qos: ComputePodQOS, which looks at CPU and memory only.
pub fn qos_class(pod: &Pod) -> &'static str {
    let Some(spec) = &pod.spec else { return "BestEffort" };
    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    // What the pod as a whole asks for counts instead of what its containers do (KEP-2837).
    let whole = spec.resources.as_ref().filter(|whole| whole.requests.is_some() || whole.limits.is_some());
    let each = containers.filter(|_| whole.is_none()).map(|container| container.resources.as_ref());
    let (mut any, mut guaranteed) = (false, true);
    for resources in whole.map(Some).into_iter().chain(each) {
        for name in ["cpu", "memory"] {
            let amount = |list: Option<&BTreeMap<String, ApiQuantity>>| {
                list.and_then(|list| list.get(name)).map(Quantity::of).filter(|amount| !amount.is_zero())
            };
            let limit = amount(resources.and_then(|resources| resources.limits.as_ref()));
            let request = amount(resources.and_then(|resources| resources.requests.as_ref()));
            any |= limit.is_some() || request.is_some();
            guaranteed &= limit.is_some() && request.is_none_or(|request| Some(request) == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

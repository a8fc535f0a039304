//! Questions about a pod that controllers and printers share.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, PodCondition};

use super::SimTime;

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

/// Whether the pod has ended and will not run again.
pub fn is_terminal(pod: &Pod) -> bool {
    matches!(phase(pod), "Failed" | "Succeeded")
}

//! Pods that their node does not take: those that were put there past the scheduler, where there is no room.
//!
//! Models pkg/kubelet: canAdmitPod and rejectPod, and pkg/kubelet/eviction: Admit. Critical pods are taken; that
//! nodes end others to make room for them is not modelled.

use k8s_openapi::api::core::v1::{Node, Pod, Taint};

use crate::api::{Kind, ObjectKey, meta, pod};
use crate::apiserver::Subresource;
use crate::engine::{Context, EventType, ReconcileError};
use crate::scheduler::{Refused, admission_check};

/// The priority from which on pods are critical (scheduling: SystemCriticalPriority).
const CRITICAL: i32 = 2_000_000_000;

/// Why the node refuses a pod that it sees for the first time. `runs` tells whether it runs
/// another.
pub(super) fn refusal(
    pod: &Pod,
    node: &str,
    short_of_memory: bool,
    runs: impl Fn(&ObjectKey) -> bool,
    context: &Context<'_>,
) -> Option<Refused> {
    let spec = pod.spec.as_ref()?;
    // The scheduler has asked the same.
    if was_scheduled(pod) || spec.priority.is_some_and(|priority| priority >= CRITICAL) {
        return None;
    }
    let node = context.view.shared::<Node>(&ObjectKey::cluster(node))?;
    // A node that does not say what it has is no kubelet's.
    node.status.as_ref()?.allocatable.as_ref()?;
    if short_of_memory && pod::qos_class(pod) == "BestEffort" && !bears_pressure(pod) {
        let message = "The node had condition: [MemoryPressure]. ".to_owned();
        return Some(Refused { reason: "Evicted", message });
    }
    let others = context.view.pods_on(meta::name(&node.metadata)).filter(|other| runs(&key_of(other)));
    admission_check(pod, &node, others)
}

/// Says that the pod fails, without it having been begun.
///
/// # Errors
/// The API server's refusals.
pub(super) fn reject(
    key: &ObjectKey,
    node: &str,
    refused: Refused,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let Some(about) = context.view.get(Kind::Pod, key).cloned() else { return Ok(()) };
    let Refused { reason, message } = refused;
    context.events.kubelet_event(context.api, &about, None, node, EventType::Warning, reason, &message);
    let now = context.now.to_time();
    context.api.modify::<Pod>(key, Subresource::Status, |pod| {
        let generation = pod.metadata.generation;
        let status = pod.status.get_or_insert_default();
        status.observed_generation = generation;
        status.phase = Some("Failed".to_owned());
        status.reason = Some(reason.to_owned());
        status.message = Some(format!("Pod was rejected: {message}"));
        status.start_time.get_or_insert(now);
    })?;
    Ok(())
}

fn key_of(pod: &Pod) -> ObjectKey {
    ObjectKey::new(meta::namespace(&pod.metadata), meta::name(&pod.metadata))
}

fn was_scheduled(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.into_iter().flatten().any(|known| known.type_ == "PodScheduled" && known.status == "True")
}

fn bears_pressure(pod: &Pod) -> bool {
    let taint = Taint {
        key: "node.kubernetes.io/memory-pressure".to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    };
    let tolerations = pod.spec.iter().flat_map(|spec| spec.tolerations.iter().flatten());
    tolerations.into_iter().any(|toleration| pod::tolerates(toleration, &taint))
}

//! Pods that their node ends: for its memory, or for their deadline.
//!
//! Models pkg/kubelet/eviction (evictPod, evictionMessage) and pkg/kubelet: activeDeadlineHandler.

use k8s_openapi::api::core::v1::PodCondition;

use super::environment::milli_units;
use super::node_status;
use super::worker::Sync;
use crate::engine::{EventType, Pace};

/// Why a node ended a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub reason: &'static str,
    pub message: String,
}

/// What is left of the node's memory when it evicts, below the hard threshold of 100Mi.
const AVAILABLE: &str = "74628Ki";
/// What a container uses beyond its request when it is evicted, in MiB.
const OVERUSE: u128 = 48;

impl Sync<'_, '_> {
    /// The failure that stands for this pod: it ends all containers at once.
    pub(super) fn fail_if_due(&mut self) {
        if self.worker.failure.is_some() {
            return;
        }
        if self.worker.evict {
            let message = self.eviction_message();
            let (reason, reclaims) = ("EvictionThresholdMet", "Attempting to reclaim memory");
            node_status::tell(self.node, EventType::Warning, reason, reclaims, self.context);
            self.event(None, EventType::Warning, "Evicted", &message);
            self.worker.failure = Some(Failure { reason: "Evicted", message });
            return;
        }
        let Some(deadline) = self.spec.active_deadline_seconds.and_then(|s| u64::try_from(s).ok()) else {
            return;
        };
        let due = self.worker.started_at + std::time::Duration::from_secs(deadline);
        if due > self.now() {
            return self.wake(due, Pace::Periodic);
        }
        let message = "Pod was active on the node longer than the specified deadline".to_owned();
        self.event(None, EventType::Normal, "DeadlineExceeded", &message);
        self.worker.failure = Some(Failure { reason: "DeadlineExceeded", message });
    }

    fn eviction_message(&self) -> String {
        let mut text = format!(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: {AVAILABLE}. "
        );
        for container in &self.spec.containers {
            let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
            let request = requests.and_then(|requests| requests.get("memory"));
            let mib = request.and_then(|request| milli_units(&request.0)).unwrap_or(0) / 1_000 / (1 << 20);
            let shown = request.map_or("0", |request| request.0.as_str());
            text.push_str(&format!(
                "Container {} was using {}Mi, request is {shown}, has larger consumption of memory. ",
                container.name,
                mib + OVERUSE
            ));
        }
        text
    }

    /// The condition that tells of an eviction.
    pub(super) fn disruption(&self) -> Option<PodCondition> {
        let failure = self.worker.failure.as_ref().filter(|failure| failure.reason == "Evicted")?;
        Some(PodCondition {
            type_: "DisruptionTarget".to_owned(),
            status: "True".to_owned(),
            reason: Some("TerminationByKubelet".to_owned()),
            message: Some(failure.message.clone()),
            observed_generation: self.pod.metadata.generation,
            last_transition_time: Some(self.context.now.to_time()),
            last_probe_time: None,
        })
    }

    /// Ends every container of a pod that failed; true when none runs any more.
    pub(super) fn end_failed(&mut self) -> bool {
        let evicted = self.worker.evict;
        let grace = if evicted { 0 } else { self.spec.termination_grace_period_seconds.unwrap_or(30) };
        self.stop_running(grace)
    }
}

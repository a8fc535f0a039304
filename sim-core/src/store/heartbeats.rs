//! Heartbeats: what a node's kubelet repeats for ever, and nothing stores.
//!
//! A kubelet renews its node's Lease every 10 s and reports the node's conditions every 5 minutes even when nothing
//! changed; the parts of the control plane renew theirs. Here that is no event: a reader sees the time of the last
//! one that there was.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};

use super::Store;
use crate::api::{Object, SimTime, meta};

/// How often a kubelet renews its lease: a quarter of the lease's 40 s.
const RENEWAL: Duration = Duration::from_secs(10);
/// How often it reports a node that has not changed (`nodeStatusReportFrequency`).
const REPORT: Duration = Duration::from_secs(5 * 60);
/// Where the nodes' leases are.
const LEASES: &str = "kube-node-lease";
/// Where those of the control plane are.
const SYSTEM: &str = "kube-system";
/// How often a leader renews its lease (`--leader-elect-retry-period`).
const LEADERS_RENEWAL: Duration = Duration::from_secs(2);

impl Store {
    /// Since when nothing is heard of the node, if it is silent.
    pub fn silent_since(&self, node: &str) -> Option<SimTime> {
        self.silent.get(node).copied()
    }

    /// The node's kubelet is silent since then, or is heard again.
    pub(crate) fn set_silent(&mut self, node: &str, since: Option<SimTime>) {
        match since {
            Some(since) => self.silent.insert(Arc::from(node), since),
            None => self.silent.remove(node),
        };
    }

    /// The object as a reader sees it at `now`: with the heartbeats since it was stored.
    pub fn seen(&self, object: Object, now: SimTime) -> Object {
        match &object {
            Object::Lease(lease) if meta::namespace(&lease.metadata) == LEASES => {
                let last = self.silent_since(meta::name(&lease.metadata)).unwrap_or(now);
                Object::from(renewed(lease, RENEWAL, last))
            }
            Object::Lease(lease) if meta::namespace(&lease.metadata) == SYSTEM => {
                match meta::name(&lease.metadata) {
                    "kube-controller-manager" | "kube-scheduler" => {
                        Object::from(renewed(lease, LEADERS_RENEWAL, now))
                    }
                    name if name.starts_with("apiserver-") => Object::from(renewed(lease, RENEWAL, now)),
                    _ => object,
                }
            }
            Object::Node(node) if is_reported(node) => {
                let last = self.silent_since(meta::name(&node.metadata)).unwrap_or(now);
                Object::from(reported(node, last))
            }
            _ => object,
        }
    }
}

fn renewed(lease: &Lease, period: Duration, last: SimTime) -> Lease {
    let mut lease = lease.clone();
    if let Some(time) = lease.spec.as_mut().and_then(|spec| spec.renew_time.as_mut()) {
        *time = MicroTime(repeated(time.0, period, last));
    }
    lease
}

/// Whether a kubelet reports the node: the recorded nodes were reported once.
fn is_reported(node: &Node) -> bool {
    node.status.as_ref().is_some_and(|status| status.daemon_endpoints.is_some())
}

/// The node with its conditions as last reported; what the control plane made of a silent node stays.
pub(crate) fn reported(node: &Node, last: SimTime) -> Node {
    let mut node = node.clone();
    let conditions = node.status.iter_mut().flat_map(|status| status.conditions.iter_mut().flatten());
    for condition in conditions.filter(|condition| condition.status != "Unknown") {
        if let Some(time) = &mut condition.last_heartbeat_time {
            *time = Time(repeated(time.0, REPORT, last));
        }
    }
    node
}

/// The last time that is a whole number of periods after `first` and not after `last`.
fn repeated(first: jiff::Timestamp, period: Duration, last: SimTime) -> jiff::Timestamp {
    let passed = last.timestamp().as_second().saturating_sub(first.as_second());
    let period = i64::try_from(period.as_secs()).unwrap_or(1);
    let later = u64::try_from(passed / period * period).unwrap_or(0);
    first.checked_add(Duration::from_secs(later)).unwrap_or(first)
}

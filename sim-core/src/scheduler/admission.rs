//! [`admission_check`]: the rules that a node asks again before it runs a pod.
//!
//! Models pkg/scheduler: AdmissionCheck, and pkg/kubelet/lifecycle: predicateAdmitHandler.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, Taint};

use super::cache::{NodeInfo, Share, host_ports};
use super::plugins::{node_affinity, node_ports, node_resources, taint_toleration};
use super::resources::{Resources, requests};
use crate::api::meta;

/// What nodes say of taints; the scheduler's words for them are others.
const TAINTED: &str = "node(s) had taints that the pod didn't tolerate";

/// Why a node does not run a pod: the first rule that speaks against it.
pub(crate) struct Refused {
    /// Such as `OutOfcpu` or `NodeAffinity`.
    pub reason: &'static str,
    pub message: String,
}

/// What `node` could not give `pod` even if it ran nothing else, as the kubelet says it.
///
/// Models pkg/kubelet/allocation: canResizePod.
pub(crate) fn lacks_capacity(pod: &Pod, node: &Node) -> Option<String> {
    let wanted = requests(pod);
    let has = Resources::of(node.status.as_ref().and_then(|status| status.allocatable.as_ref()));
    let lack = [("memory", wanted.memory, has.memory), ("cpu", wanted.milli_cpu, has.milli_cpu)];
    let (name, wanted, has) = lack.into_iter().find(|(_, wanted, has)| wanted > has)?;
    Some(format!("{name}, requested: {wanted}, capacity: {has}"))
}

/// Whether `node`, which runs the pods `others`, refuses `pod`.
pub(crate) fn admission_check<'a>(
    pod: &Pod,
    node: &Arc<Node>,
    others: impl Iterator<Item = &'a Pod>,
) -> Option<Refused> {
    let mut info = NodeInfo::of(node);
    for other in others {
        info.add(&Share::of(other, meta::name(&node.metadata)));
    }
    // Devices are for their plugins to refuse, which is not modelled.
    let wanted = Resources { others: BTreeMap::new(), ..requests(pod) };
    if let Some(lack) = node_resources::insufficient(&wanted, &info).into_iter().next() {
        let reason = match lack.name {
            "cpu" => "OutOfcpu",
            "memory" => "OutOfmemory",
            "ephemeral-storage" => "OutOfephemeral-storage",
            _ => "OutOfpods",
        };
        let message = format!(
            "Node didn't have enough resource: {}, requested: {}, used: {}, capacity: {}",
            lack.name, lack.wanted, lack.used, lack.has
        );
        return Some(Refused { reason, message });
    }
    let lasts = |taint: &Taint| taint.effect == "NoExecute";
    let (rule, why) = if !node_affinity::is_wanted(pod, node) {
        ("NodeAffinity", node_affinity::REASON)
    } else if node_ports::are_taken(&host_ports(pod), &info) {
        ("NodePorts", node_ports::REASON)
    } else if taint_toleration::untolerated(pod, node, lasts) > 0 {
        ("TaintToleration", TAINTED)
    } else {
        return None;
    };
    Some(Refused { reason: rule, message: format!("Predicate {rule} failed: {why}") })
}

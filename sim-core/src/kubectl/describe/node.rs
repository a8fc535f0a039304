//! Models kubectl pkg/describe: describeNode.

use std::collections::BTreeMap;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};

use super::text::Text;
use super::{Subject, or_empty, time_text};
use crate::api::kinds::format::{UNSET, since};
use crate::api::kinds::node::roles;
use crate::api::quantity::Quantity;
use crate::api::{ApiError, Kind, ObjectKey, meta, pod};

pub(super) fn describe(text: &mut Text, node: &Node, subject: &Subject<'_>) {
    let spec = node.spec.clone().unwrap_or_default();
    let status = node.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&node.metadata));
    text.field(0, "Roles", roles(node));
    text.labels("", "Labels", node.metadata.labels.as_ref());
    text.annotations("Annotations", node.metadata.annotations.as_ref());
    text.field(0, "CreationTimestamp", time_text(node.metadata.creation_timestamp.as_ref()));
    taints(text, node);
    text.field(0, "Unschedulable", spec.unschedulable.unwrap_or(false));
    lease(text, node, subject);
    conditions(text, node);
    text.line(0, "Addresses:");
    for address in status.addresses.iter().flatten() {
        text.field(1, &address.type_, &address.address);
    }
    for (title, amounts) in [("Capacity", &status.capacity), ("Allocatable", &status.allocatable)] {
        let Some(amounts) = amounts.as_ref().filter(|amounts| !amounts.is_empty()) else { continue };
        text.line(0, format_args!("{title}:"));
        for (name, amount) in amounts {
            text.field(1, name, &amount.0);
        }
    }
    let info = status.node_info.unwrap_or_default();
    text.line(0, "System Info:");
    for (name, value) in [
        ("Machine ID", &info.machine_id),
        ("System UUID", &info.system_uuid),
        ("Boot ID", &info.boot_id),
        ("Kernel Version", &info.kernel_version),
        ("OS Image", &info.os_image),
        ("Operating System", &info.operating_system),
        ("Architecture", &info.architecture),
        ("Container Runtime Version", &info.container_runtime_version),
        ("Kubelet Version", &info.kubelet_version),
    ] {
        text.field(1, name, value);
    }
    text.field_if(1, "Kube-Proxy Version", Some(&info.kube_proxy_version));
    text.field_if(0, "PodCIDR", spec.pod_cidr.as_deref());
    text.field_if(0, "PodCIDRs", spec.pod_cidrs.as_ref().map(|ranges| ranges.join(",")).as_deref());
    text.field_if(0, "ProviderID", spec.provider_id.as_deref());
    pods(text, node, &status.allocatable.unwrap_or_default(), subject);
}

fn taints(text: &mut Text, node: &Node) {
    let mut taints: Vec<_> = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten()).collect();
    taints.sort_by_key(|taint| format!("{},{}", taint.effect, taint.key));
    let lines: Vec<String> = taints
        .into_iter()
        .map(|taint| match or_empty(&taint.value) {
            "" => format!("{}:{}", taint.key, taint.effect),
            value => format!("{}={value}:{}", taint.key, taint.effect),
        })
        .collect();
    text.several("", "Taints", &lines);
}

/// The lease that the node's kubelet holds.
fn lease(text: &mut Text, node: &Node, subject: &Subject<'_>) {
    let name = meta::name(&node.metadata);
    let stored = subject.store.get(Kind::Lease, &ObjectKey::new("kube-node-lease", name));
    let seen = stored.map(|lease| subject.store.seen(lease.clone(), subject.now));
    let Some(lease) = seen.as_ref().and_then(|seen| seen.as_ref::<Lease>()) else {
        let error = ApiError::not_found(Kind::Lease, name);
        text.field(0, "Lease", format_args!("Failed to get lease: {error}"));
        return;
    };
    let spec = lease.spec.clone().unwrap_or_default();
    text.line(0, "Lease:");
    text.field(1, "HolderIdentity", spec.holder_identity.as_deref().unwrap_or(UNSET));
    let time = |time: Option<MicroTime>| {
        time.map_or_else(|| UNSET.to_owned(), |time| time_text(Some(&Time(time.0))))
    };
    text.field(1, "AcquireTime", time(spec.acquire_time));
    text.field(1, "RenewTime", time(spec.renew_time));
}

fn conditions(text: &mut Text, node: &Node) {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
        text.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    }
    for condition in conditions {
        text.line(
            1,
            format_args!(
                "{} \t{} \t{} \t{} \t{} \t{}",
                condition.type_,
                condition.status,
                time_text(condition.last_heartbeat_time.as_ref()),
                time_text(condition.last_transition_time.as_ref()),
                or_empty(&condition.reason),
                or_empty(&condition.message)
            ),
        );
    }
}

/// Resources that are not extended ones; the first three are always shown.
const STANDARD: &[&str] = &["cpu", "memory", "ephemeral-storage", "pods"];

type Amounts = BTreeMap<String, ApiQuantity>;

/// What a pod asks for, or is limited to: its containers together, or its largest init container.
///
/// Models component-helpers resource: PodRequests and PodLimits.
fn pod_amount(pod: &Pod, name: &str, limits: bool) -> Quantity {
    let Some(spec) = &pod.spec else { return Quantity::ZERO };
    let amount = |container: &k8s_openapi::api::core::v1::Container| {
        let resources = container.resources.as_ref();
        let amounts = resources.and_then(|r| if limits { r.limits.as_ref() } else { r.requests.as_ref() });
        amounts.and_then(|amounts| amounts.get(name)).map_or(Quantity::ZERO, Quantity::of)
    };
    // What the pod as a whole asks for counts instead of what its containers do (KEP-2837).
    let whole = spec.resources.as_ref();
    let whole = whole.and_then(|whole| if limits { whole.limits.as_ref() } else { whole.requests.as_ref() });
    if let Some(amount) = whole.and_then(|amounts| amounts.get(name)) {
        return Quantity::of(amount);
    }
    let mut total = sum(spec.containers.iter().map(amount));
    let mut sidecars = Quantity::ZERO;
    let mut largest = Quantity::ZERO;
    for container in spec.init_containers.iter().flatten() {
        if container.restart_policy.as_deref() == Some("Always") {
            sidecars = add(sidecars, amount(container));
            largest = largest.max(sidecars);
        } else {
            largest = largest.max(add(sidecars, amount(container)));
        }
    }
    total = add(total, sidecars);
    total.max(largest)
}

/// The sum, in the format of the side that is something.
fn add(a: Quantity, b: Quantity) -> Quantity {
    if a.is_zero() { b } else { a.plus(b) }
}

fn sum(amounts: impl Iterator<Item = Quantity>) -> Quantity {
    amounts.fold(Quantity::ZERO, add)
}

/// `100m (2%)`; the share is rounded down as Go rounds a float.
fn share(amount: Quantity, allocatable: &Amounts, name: &str) -> String {
    let all = allocatable.get(name).map_or(Quantity::ZERO, Quantity::of);
    let (part, whole) = match name {
        "cpu" => (amount.milli_value(), all.milli_value()),
        _ => (amount.value(), all.value()),
    };
    let percent = if whole == 0 { 0 } else { (part as f64 / whole as f64 * 100.0) as i64 };
    format!("{} ({percent}%)", amount.to_api().0)
}

fn pods(text: &mut Text, node: &Node, allocatable: &Amounts, subject: &Subject<'_>) {
    let running: Vec<&Pod> =
        subject.store.pods_on(meta::name(&node.metadata)).filter(|pod| !pod::is_terminal(pod)).collect();
    text.field(0, "Non-terminated Pods", format_args!("({} in total)", running.len()));
    text.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    text.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    for pod in &running {
        let cell = |name: &str, limits: bool| share(pod_amount(pod, name, limits), allocatable, name);
        let age = pod.metadata.creation_timestamp.as_ref().map(|time| since(subject.now, time.0));
        text.line(
            1,
            format_args!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                meta::namespace(&pod.metadata),
                meta::name(&pod.metadata),
                cell("cpu", false),
                cell("cpu", true),
                cell("memory", false),
                cell("memory", true),
                age.unwrap_or_else(|| "<unknown>".to_owned())
            ),
        );
    }
    text.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
    text.line(1, "Resource\tRequests\tLimits");
    text.line(1, "--------\t--------\t------");
    let total = |name: &str, limits: bool| sum(running.iter().map(|pod| pod_amount(pod, name, limits)));
    let is_huge = |name: &&str| name.starts_with("hugepages-");
    let huge = allocatable.keys().map(String::as_str).filter(is_huge);
    for name in STANDARD.iter().copied().take(3).chain(huge) {
        let (requests, limits) = (total(name, false), total(name, true));
        let shares = (share(requests, allocatable, name), share(limits, allocatable, name));
        text.line(1, format_args!("{name}\t{}\t{}", shares.0, shares.1));
    }
    let others =
        allocatable.keys().map(String::as_str).filter(|name| !is_huge(name) && !STANDARD.contains(name));
    for name in others {
        let (requests, limits) = (total(name, false).to_api().0, total(name, true).to_api().0);
        text.line(1, format_args!("{name}\t{requests}\t{limits}"));
    }
}

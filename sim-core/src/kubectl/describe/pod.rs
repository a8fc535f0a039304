//! Models kubectl pkg/describe: describePod.

use k8s_openapi::api::core::v1::Pod;

use super::containers::{self, Place};
use super::text::Text;
use super::{Subject, or_empty, template, time_text, volumes};
use crate::api::kinds::format::since;
use crate::api::{meta, pod};

pub(super) fn describe(text: &mut Text, pod: &Pod, subject: &Subject<'_>) {
    let spec = pod.spec.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&pod.metadata));
    text.field(0, "Namespace", meta::namespace(&pod.metadata));
    if let Some(priority) = spec.priority {
        text.field(0, "Priority", priority);
    }
    text.field_if(0, "Priority Class Name", spec.priority_class_name.as_deref());
    text.field_if(0, "Runtime Class Name", spec.runtime_class_name.as_deref());
    text.field_if(0, "Service Account", spec.service_account_name.as_deref());
    head(text, pod, subject);
    if spec.resources.is_some() {
        text.line(0, "Resources:");
        containers::resources(text, spec.resources.as_ref(), 1);
    }
    all_containers(text, pod);
    conditions(text, pod);
    volumes::describe(text, spec.volumes.as_deref().unwrap_or_default(), "");
    text.field(0, "QoS Class", qos_class(pod));
    text.labels("", "Node-Selectors", spec.node_selector.as_ref());
    template::tolerations(text, spec.tolerations.as_deref().unwrap_or_default(), "");
    template::spread(text, spec.topology_spread_constraints.as_deref().unwrap_or_default(), "");
}

/// From the node to the controller.
fn head(text: &mut Text, pod: &Pod, subject: &Subject<'_>) {
    let status = pod.status.clone().unwrap_or_default();
    match pod::node_name(pod) {
        None => text.field(0, "Node", "<none>"),
        Some(node) => text.field(0, "Node", format_args!("{node}/{}", or_empty(&status.host_ip))),
    }
    if status.start_time.is_some() {
        text.field(0, "Start Time", time_text(status.start_time.as_ref()));
    }
    text.labels("", "Labels", pod.metadata.labels.as_ref());
    text.annotations("Annotations", pod.metadata.annotations.as_ref());
    match &pod.metadata.deletion_timestamp {
        Some(time) if !pod::is_terminal(pod) => {
            let lasts = since(subject.now, time.0);
            text.field(0, "Status", format_args!("Terminating (lasts {lasts})"));
            let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
            text.field(0, "Termination Grace Period", format_args!("{grace}s"));
        }
        _ => text.field(0, "Status", pod::phase(pod)),
    }
    text.field_if(0, "Reason", status.reason.as_deref());
    text.field_if(0, "Message", status.message.as_deref());
    let context = pod.spec.as_ref().and_then(|spec| spec.security_context.as_ref());
    if let Some(profile) = context.and_then(|context| context.seccomp_profile.as_ref()) {
        text.field(0, "SeccompProfile", &profile.type_);
        text.field_if(0, "LocalhostProfile", profile.localhost_profile.as_deref());
    }
    text.field(0, "IP", or_empty(&status.pod_ip));
    let ips = status.pod_ips.as_deref().unwrap_or_default();
    text.line(0, if ips.is_empty() { "IPs:\t<none>" } else { "IPs:" });
    for ip in ips {
        text.field(1, "IP", &ip.ip);
    }
    if let Some(owner) = meta::controller_of(&pod.metadata) {
        text.field(0, "Controlled By", format_args!("{}/{}", owner.kind, owner.name));
    }
    text.field_if(0, "NominatedNodeName", status.nominated_node_name.as_deref());
}

fn all_containers(text: &mut Text, pod: &Pod) {
    let spec = pod.spec.clone().unwrap_or_default();
    let status = pod.status.clone().unwrap_or_default();
    let place = |statuses| Place { pod: Some(pod), statuses, space: "" };
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    if !init_containers.is_empty() {
        let statuses = status.init_container_statuses.as_deref().unwrap_or_default();
        containers::describe(text, "Init Containers", init_containers, place(statuses));
    }
    let statuses = status.container_statuses.as_deref().unwrap_or_default();
    containers::describe(text, "Containers", &spec.containers, place(statuses));
    let ephemeral: Vec<_> = spec.ephemeral_containers.iter().flatten().map(pod::as_container).collect();
    if !ephemeral.is_empty() {
        let statuses = status.ephemeral_container_statuses.as_deref().unwrap_or_default();
        containers::describe(text, "Ephemeral Containers", &ephemeral, place(statuses));
    }
}

fn conditions(text: &mut Text, pod: &Pod) {
    let gates = pod.spec.as_ref().and_then(|spec| spec.readiness_gates.as_deref()).unwrap_or_default();
    if !gates.is_empty() {
        text.line(0, "Readiness Gates:\n  Type\tStatus");
    }
    for gate in gates {
        let status =
            pod::condition(pod, &gate.condition_type).map_or("<none>", |found| found.status.as_str());
        text.line(1, format_args!("{} \t{status} ", gate.condition_type));
    }
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:\n  Type\tStatus");
    }
    for condition in conditions {
        text.line(1, format_args!("{} \t{} ", condition.type_, condition.status));
    }
}

/// The class that the API server gave, which every stored pod has.
fn qos_class(pod: &Pod) -> &str {
    let class = pod.status.as_ref().and_then(|status| status.qos_class.as_deref());
    class.filter(|class| !class.is_empty()).unwrap_or("BestEffort")
}

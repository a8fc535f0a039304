//! Validation of pods and pod templates. Models pkg/apis/core/validation: ValidatePodSpec.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Pod, PodSpec, PodTemplateSpec, Toleration};

use super::container::Inside;
use super::{Errors, container, dns, ephemeral, format, meta, node, placement, priority, security, volume};
use crate::api::pod;

pub(super) fn create(errors: &mut Errors, pod: &Pod) {
    let empty = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&empty);
    whole(errors, pod, spec);
    if spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
        errors.forbidden("spec.ephemeralContainers", "cannot be set on create");
    }
    if pod::node_name(pod).is_some() && is_gated(spec) {
        errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
    }
}

/// Models validatePodMetadataAndSpec.
pub(super) fn whole(errors: &mut Errors, pod: &Pod, spec: &PodSpec) {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    check_spec(errors, "spec", spec, &[], Some(name));
    ephemeral::check(errors, pod);
    check_pod_alone(errors, spec);
}

/// A template; mounts may name the claims in `claims` beside the template's own volumes.
pub(super) fn template(errors: &mut Errors, path: &str, template: &PodTemplateSpec, claims: &[&str]) {
    if let Some(metadata) = &template.metadata {
        meta::labels(errors, &format!("{path}.labels"), metadata.labels.as_ref());
        meta::annotations(errors, &format!("{path}.annotations"), metadata.annotations.as_ref());
    }
    let empty = PodSpec::default();
    let spec = template.spec.as_ref().unwrap_or(&empty);
    check_spec(errors, &format!("{path}.spec"), spec, claims, None);
    if spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
        let why = "ephemeral containers not allowed in pod template";
        errors.forbidden(format!("{path}.spec.ephemeralContainers"), why);
    }
}

/// What only a pod itself must be like, and no template.
///
/// Models validatePodMetadataAndSpec, validateContainersOnlyForPod.
fn check_pod_alone(errors: &mut Errors, spec: &PodSpec) {
    if spec.service_account_name.as_deref().unwrap_or_default().is_empty() {
        for (index, volume) in spec.volumes.iter().flatten().enumerate() {
            let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
            for (at, _) in sources.enumerate().filter(|(_, source)| source.service_account_token.is_some()) {
                let path = format!("spec.volumes[{index}].projected.sources[{at}].serviceAccountToken");
                errors.forbidden(path, "must not be specified when serviceAccountName is not set");
            }
        }
    }
    container::check_images(errors, "spec.containers", &spec.containers);
    let init = spec.init_containers.as_deref().unwrap_or_default();
    container::check_images(errors, "spec.initContainers", init);
}

/// Models ValidatePodSpec; a pod has a name, and a template none.
fn check_spec(errors: &mut Errors, path: &str, spec: &PodSpec, claims: &[&str], pod: Option<&str>) {
    let list = spec.volumes.as_deref().unwrap_or_default();
    let mut volumes = volume::of_pod(errors, &format!("{path}.volumes"), list, pod);
    volumes.extend(claims.iter().map(|name| (*name, true)));
    let mut names = BTreeSet::new();
    if spec.containers.is_empty() {
        errors.required(format!("{path}.containers"), "");
    }
    let inside = Inside {
        volumes: &volumes,
        grace: spec.termination_grace_period_seconds,
        host_users: spec.host_users != Some(false),
        restart_policy: spec.restart_policy.as_deref(),
    };
    container::check_all(errors, &format!("{path}.containers"), &spec.containers, inside, &mut names);
    let init = spec.init_containers.as_deref().unwrap_or_default();
    container::check_init(errors, &format!("{path}.initContainers"), init, inside, &mut names);
    security::host_network(errors, path, spec, pod.is_some());
    let restart = spec.restart_policy.as_deref();
    errors.one_of(format!("{path}.restartPolicy"), restart, &["Always", "OnFailure", "Never"]);
    errors.one_of(
        format!("{path}.dnsPolicy"),
        spec.dns_policy.as_deref(),
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
    );
    meta::labels(errors, &format!("{path}.nodeSelector"), spec.node_selector.as_ref());
    security::of_pod(errors, path, spec);
    placement::affinity(errors, &format!("{path}.affinity"), spec);
    dns::config(errors, &format!("{path}.dnsConfig"), spec);
    for (index, gate) in spec.readiness_gates.iter().flatten().enumerate() {
        let path = format!("{path}.readinessGates[{index}].conditionType");
        errors.invalid_all(path, &gate.condition_type, format::qualified_name(&gate.condition_type));
    }
    placement::gates(errors, &format!("{path}.schedulingGates"), spec);
    placement::spread(errors, &format!("{path}.topologySpreadConstraints"), spec);
    if spec.host_users == Some(false) {
        let hosts =
            [("hostNetwork", spec.host_network), ("HostPID", spec.host_pid), ("HostIPC", spec.host_ipc)];
        for (field, _) in hosts.into_iter().filter(|(_, is_set)| *is_set == Some(true)) {
            errors.forbidden(format!("{path}.{field}"), "when `pod.Spec.HostUsers` is false");
        }
    }
    if let Some(name) = spec.service_account_name.as_deref().filter(|name| !name.is_empty()) {
        errors.invalid_all(format!("{path}.serviceAccountName"), name, format::dns_subdomain(name));
    }
    if let Some(name) = spec.node_name.as_deref().filter(|name| !name.is_empty()) {
        errors.invalid_all(format!("{path}.nodeName"), name, format::dns_subdomain(name));
    }
    if let Some(seconds) = spec.active_deadline_seconds.filter(|s| !(1..=i64::from(i32::MAX)).contains(s)) {
        let why = "must be between 1 and 2147483647, inclusive";
        errors.invalid(format!("{path}.activeDeadlineSeconds"), seconds, why);
    }
    for (field, value) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            errors.invalid_all(format!("{path}.{field}"), value, format::dns_label(value));
        }
    }
    check_tolerations_of(errors, &format!("{path}.tolerations"), spec);
    let aliases = spec.host_aliases.as_deref().unwrap_or_default();
    node::host_aliases(errors, &format!("{path}.hostAliases"), aliases);
    if let Some(class) = spec.priority_class_name.as_deref().filter(|class| !class.is_empty()) {
        errors.invalid_all(format!("{path}.priorityClassName"), class, format::dns_subdomain(class));
    }
    if let Some(class) = spec.runtime_class_name.as_deref() {
        errors.invalid_all(format!("{path}.runtimeClassName"), class, format::dns_subdomain(class));
    }
    let policy = spec.preemption_policy.as_deref();
    priority::preemption_policy(errors, &format!("{path}.preemptionPolicy"), policy);
}

/// Models ValidateTolerations.
pub(super) fn check_tolerations_of(errors: &mut Errors, path: &str, spec: &PodSpec) {
    for (index, toleration) in spec.tolerations.iter().flatten().enumerate() {
        check_toleration(errors, &format!("{path}[{index}]"), toleration);
    }
}

fn check_toleration(errors: &mut Errors, path: &str, toleration: &Toleration) {
    let key = toleration.key.as_deref().unwrap_or_default();
    let operator = toleration.operator.as_deref().unwrap_or_default();
    let effect = toleration.effect.as_deref().unwrap_or_default();
    if !key.is_empty() {
        errors.invalid_all(format!("{path}.key"), key, format::qualified_name(key));
    }
    if key.is_empty() && operator != "Exists" {
        let why =
            "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        errors.invalid(format!("{path}.operator"), operator, why);
    }
    if let Some(seconds) = toleration.toleration_seconds.filter(|_| effect != "NoExecute") {
        let _ = seconds;
        let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        errors.invalid(format!("{path}.effect"), effect, why);
    }
    let value = toleration.value.as_deref().unwrap_or_default();
    match operator {
        "" | "Equal" => {
            let problems = format::label_value(value);
            if !problems.is_empty() {
                errors.invalid(format!("{path}.operator"), value, problems.join(";"));
            }
        }
        "Exists" if !value.is_empty() => {
            let why = "value must be empty when `operator` is 'Exists'";
            errors.invalid(format!("{path}.operator"), value, why);
        }
        "Exists" => {}
        other => errors.one_of(format!("{path}.operator"), Some(other), &["Equal", "Exists"]),
    }
    if !effect.is_empty() {
        let supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        errors.one_of(format!("{path}.effect"), Some(effect), &supported);
    }
}

pub(super) fn is_gated(spec: &PodSpec) -> bool {
    spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty())
}

//! Validation of pods and pod templates. Models pkg/apis/core/validation: ValidatePodSpec and ValidatePodUpdate.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, PodTemplateSpec, Toleration};
use serde_json::json;

use super::container::Inside;
use super::{
    Errors, container, dns, ephemeral, format, internal, meta, node, placement, priority, security, volume,
};
use crate::api::pod;

/// Which fields of a pod's spec an update may change, as the refusal says it.
const UPDATABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

pub(super) fn create(errors: &mut Errors, pod: &Pod) {
    match &pod.spec {
        Some(spec) => {
            check_spec(errors, "spec", spec, &[], true);
            ephemeral::check(errors, pod);
            check_pod_alone(errors, spec);
            if spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
                errors.forbidden("spec.ephemeralContainers", "cannot be set on create");
            }
        }
        None => check_spec(errors, "spec", &PodSpec::default(), &[], true),
    }
    if pod::node_name(pod).is_some() && is_gated(pod.spec.as_ref()) {
        errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
    }
}

/// A template; mounts may name the claims in `claims` beside the template's own volumes.
pub(super) fn template(errors: &mut Errors, path: &str, template: &PodTemplateSpec, claims: &[&str]) {
    if let Some(metadata) = &template.metadata {
        meta::labels(errors, &format!("{path}.labels"), metadata.labels.as_ref());
        meta::annotations(errors, &format!("{path}.annotations"), metadata.annotations.as_ref());
    }
    let empty = PodSpec::default();
    check_spec(errors, &format!("{path}.spec"), template.spec.as_ref().unwrap_or(&empty), claims, false);
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

/// Models ValidatePodSpec; `is_pod` tells a pod from a template.
fn check_spec(errors: &mut Errors, path: &str, spec: &PodSpec, claims: &[&str], is_pod: bool) {
    let mut volumes =
        volume::of_pod(errors, &format!("{path}.volumes"), spec.volumes.as_deref().unwrap_or_default());
    volumes.extend(claims.iter().map(|name| (*name, true)));
    let mut names = BTreeSet::new();
    if spec.containers.is_empty() {
        errors.required(format!("{path}.containers"), "");
    }
    let inside = Inside { volumes: &volumes, grace: spec.termination_grace_period_seconds };
    container::check_all(errors, &format!("{path}.containers"), &spec.containers, inside, &mut names);
    let init = spec.init_containers.as_deref().unwrap_or_default();
    container::check_init(errors, &format!("{path}.initContainers"), init, inside, &mut names);
    security::host_network(errors, path, spec, is_pod);
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
fn check_tolerations_of(errors: &mut Errors, path: &str, spec: &PodSpec) {
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

pub(super) fn update(errors: &mut Errors, new: &Pod, old: &Pod) {
    let empty = PodSpec::default();
    let (new, old) = (new.spec.as_ref().unwrap_or(&empty), old.spec.as_ref().unwrap_or(&empty));
    if new == old {
        return;
    }
    if new.containers.len() != old.containers.len() {
        errors.forbidden("spec.containers", "pod updates may not add or remove containers");
    }
    let init = |spec: &PodSpec| spec.init_containers.as_ref().map_or(0, Vec::len);
    if init(new) != init(old) {
        errors.forbidden("spec.initContainers", "pod updates may not add or remove containers");
    }
    if !errors.0.is_empty() {
        return;
    }
    for (index, container) in new.containers.iter().enumerate() {
        if container.image.as_deref().unwrap_or_default().is_empty() {
            errors.required(format!("spec.containers[{index}].image"), "");
        }
    }
    check_deadline(errors, new.active_deadline_seconds, old.active_deadline_seconds);
    check_tolerations(errors, new, old);
    let kept = old.scheduling_gates.as_deref().unwrap_or_default();
    for (index, gate) in new.scheduling_gates.iter().flatten().enumerate() {
        if !kept.contains(gate) {
            let why = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            errors.forbidden(format!("spec.schedulingGates[{index}].name"), why);
        }
    }
    let mut munged = new.clone();
    munged.scheduling_gates = old.scheduling_gates.clone();
    if is_gated(Some(old)) {
        take_tightened_placement(errors, &mut munged, old);
    }
    take_images(&mut munged.containers, &old.containers);
    let earlier = old.init_containers.as_deref().unwrap_or_default();
    take_images(munged.init_containers.as_deref_mut().unwrap_or_default(), earlier);
    munged.active_deadline_seconds = old.active_deadline_seconds;
    munged.tolerations = old.tolerations.clone();
    let negative = old.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0);
    if negative && new.termination_grace_period_seconds == Some(1) {
        munged.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    if munged != *old {
        let shown = internal::pod_spec_diff(&json!(old), &json!(munged));
        errors.forbidden("spec", format!("{UPDATABLE}\n{shown}"));
    }
}

fn is_gated(spec: Option<&PodSpec>) -> bool {
    spec.is_some_and(|spec| spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()))
}

/// A pod that waits for its gates may be given fewer nodes to choose from (KEP-3838).
fn take_tightened_placement(errors: &mut Errors, munged: &mut PodSpec, old: &PodSpec) {
    let now = munged.node_selector.clone().unwrap_or_default();
    for (key, value) in old.node_selector.iter().flatten() {
        if now.get(key) != Some(value) {
            let path = format!("spec.nodeSelector[{key}]");
            errors.invalid(path, json!(now.get(key)), "cannot be modified or deleted");
        }
    }
    munged.node_selector = old.node_selector.clone();
    let wish = old.affinity.as_ref().and_then(|affinity| affinity.node_affinity.clone());
    match &mut munged.affinity {
        Some(affinity) if old.affinity.is_some() => affinity.node_affinity = wish,
        Some(affinity) if affinity.pod_affinity.is_none() && affinity.pod_anti_affinity.is_none() => {
            munged.affinity = None;
        }
        _ => {}
    }
}

fn take_images(new: &mut [Container], old: &[Container]) {
    for (new, old) in new.iter_mut().zip(old) {
        new.image = old.image.clone();
    }
}

fn check_deadline(errors: &mut Errors, new: Option<i64>, old: Option<i64>) {
    const PATH: &str = "spec.activeDeadlineSeconds";
    match (new, old) {
        (Some(new), _) if !(1..=i64::from(i32::MAX)).contains(&new) => {
            errors.invalid(PATH, new, "must be between 1 and 2147483647, inclusive");
        }
        (Some(new), Some(old)) if new > old => {
            errors.invalid(PATH, new, "must be less than or equal to previous value");
        }
        (None, Some(_)) => {
            errors.invalid(PATH, json!(null), "must not update from a positive integer to nil value");
        }
        _ => {}
    }
}

/// Models validateOnlyAddedTolerations.
fn check_tolerations(errors: &mut Errors, new: &PodSpec, old: &PodSpec) {
    let bare = |toleration: &Toleration| Toleration { toleration_seconds: None, ..toleration.clone() };
    let now: Vec<Toleration> = new.tolerations.iter().flatten().map(bare).collect();
    let missing = old.tolerations.iter().flatten().any(|toleration| !now.contains(&bare(toleration)));
    if missing {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden("spec.tolerations", why);
        return;
    }
    check_tolerations_of(errors, "spec.tolerations", new);
}

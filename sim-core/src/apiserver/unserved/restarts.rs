//! What older releases make of containers' own restart policies and rules (KEP-5307, KEP-5532).

use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::api::template::{pod_spec, pod_spec_mut, pod_spec_path};
use crate::api::{Feature, FeatureGates, FieldError, KubernetesVersion, Object};

/// The fields that strict decoding refuses, because the release's API does not have them.
pub(super) fn unknown(object: &Object, gates: FeatureGates) -> Vec<String> {
    if gates.version() >= KubernetesVersion::V1_34 {
        return Vec::new();
    }
    let Some(spec) = pod_spec(object) else { return Vec::new() };
    let prefix = pod_spec_path(object.kind());
    let mut fields = Vec::new();
    for (list, containers) in lists(spec) {
        for (index, container) in containers.iter().enumerate() {
            let path = format!("{prefix}.{list}[{index}]");
            if container.restart_policy.is_some() && !gates.has(Feature::SidecarContainers) {
                fields.push(format!("unknown field \"{path}.restartPolicy\""));
            }
            if container.restart_policy_rules.is_some() {
                fields.push(format!("unknown field \"{path}.restartPolicyRules\""));
            }
        }
    }
    fields
}

/// The values that validation refuses there, though the newest release knows them.
pub(super) fn refused(object: &Object, gates: FeatureGates) -> Vec<FieldError> {
    if gates.has(Feature::RestartAllContainers) {
        return Vec::new();
    }
    let Some(spec) = pod_spec(object) else { return Vec::new() };
    let prefix = pod_spec_path(object.kind());
    let mut errors = Vec::new();
    for (list, containers) in lists(spec) {
        for (index, container) in containers.iter().enumerate() {
            let path = format!("{prefix}.{list}[{index}]");
            let own = container.restart_policy.as_deref();
            if !gates.has(Feature::ContainerRestartRules) && list == "containers" && own.is_some() {
                let why = "may not be set for non-init containers";
                errors.push(FieldError::forbidden(format!("{path}.restartPolicy"), why));
            }
            if let Some(own) = own.filter(|own| list == "initContainers" && *own != "Always")
                && !gates.has(Feature::ContainerRestartRules)
            {
                errors.push(FieldError::not_supported(format!("{path}.restartPolicy"), own, &["Always"]));
            }
            for (number, rule) in container.restart_policy_rules.iter().flatten().enumerate() {
                if rule.action == "RestartAllContainers" {
                    let path = format!("{path}.restartPolicyRules[{number}].action");
                    errors.push(FieldError::not_supported(path, rule.action.as_str(), &["Restart"]));
                }
            }
        }
    }
    errors
}

/// Drops what a release that has the fields, but does not use them, leaves out.
///
/// Models pkg/api/pod: dropContainerRestartRules.
pub(super) fn drop_rules(object: &mut Object, gates: FeatureGates) {
    let known = gates.version() >= KubernetesVersion::V1_34;
    if !known || gates.has(Feature::ContainerRestartRules) {
        return;
    }
    let uses = |spec: &PodSpec| {
        lists(spec).into_iter().any(|(list, containers)| {
            containers.iter().any(|container| {
                container.restart_policy_rules.is_some()
                    || container
                        .restart_policy
                        .as_deref()
                        .is_some_and(|own| list == "containers" || own != "Always")
            })
        })
    };
    if !pod_spec(object).is_some_and(uses) {
        return;
    }
    let Some(spec) = pod_spec_mut(object) else { return };
    for container in spec.init_containers.iter_mut().flatten() {
        container.restart_policy = container.restart_policy.take().filter(|own| own == "Always");
        container.restart_policy_rules = None;
    }
    for container in &mut spec.containers {
        (container.restart_policy, container.restart_policy_rules) = (None, None);
    }
}

fn lists(spec: &PodSpec) -> [(&'static str, &[Container]); 2] {
    let init = spec.init_containers.as_deref().unwrap_or_default();
    [("initContainers", init), ("containers", spec.containers.as_slice())]
}

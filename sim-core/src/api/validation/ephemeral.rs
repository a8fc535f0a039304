//! Validation of ephemeral containers. Models pkg/apis/core/validation: validateEphemeralContainers.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{EphemeralContainer, Pod, PodSpec};

use super::container::{self, Inside};
use super::{Errors, internal, volume};
use crate::api::field::FieldError;
use crate::api::pod::as_container;
use crate::api::to_value;

/// Why fields that only lasting containers may have are refused.
const NOT_HERE: &str = "cannot be set for an Ephemeral Container";

fn list(pod: &Pod) -> &[EphemeralContainer] {
    pod.spec.as_ref().and_then(|spec| spec.ephemeral_containers.as_deref()).unwrap_or_default()
}

/// The pod's ephemeral containers, beside its other ones.
pub(super) fn check(errors: &mut Errors, pod: &Pod) {
    const PATH: &str = "spec.ephemeralContainers";
    if list(pod).is_empty() {
        return;
    }
    let empty = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&empty);
    let others = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let others: BTreeSet<String> = others.map(|container| container.name.clone()).collect();
    let mut names = others.clone();
    // What is wrong with the volumes themselves was said with the pod.
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    let volumes = volume::of_pod(&mut Errors::default(), "spec.volumes", volumes, None);
    let inside = Inside {
        volumes: &volumes,
        grace: None,
        host_users: spec.host_users != Some(false),
        restart_policy: None,
    };
    for (index, ephemeral) in list(pod).iter().enumerate() {
        let path = format!("{PATH}[{index}]");
        let container = as_container(ephemeral);
        container::check(errors, &path, &container, inside);
        if !container.name.is_empty() && !names.insert(container.name.clone()) {
            errors.push(FieldError::duplicate(format!("{path}.name"), container.name.as_str()));
        }
        let target = ephemeral.target_container_name.as_deref().unwrap_or_default();
        if !target.is_empty() && !others.contains(target) {
            errors.push(FieldError::not_found(format!("{path}.targetContainerName"), target));
        }
        check_fields(errors, &path, ephemeral);
    }
}

fn check_fields(errors: &mut Errors, path: &str, container: &EphemeralContainer) {
    let resources = container.resources.clone().unwrap_or_default();
    for (field, is_set) in [
        ("ports", container.ports.as_ref().is_some_and(|ports| !ports.is_empty())),
        ("resources", resources != Default::default()),
        ("resizePolicy", container.resize_policy.as_ref().is_some_and(|policy| !policy.is_empty())),
        ("restartPolicy", container.restart_policy.is_some()),
        (
            "restartPolicyRules",
            container.restart_policy_rules.as_ref().is_some_and(|rules| !rules.is_empty()),
        ),
        ("livenessProbe", container.liveness_probe.is_some()),
        ("readinessProbe", container.readiness_probe.is_some()),
        ("startupProbe", container.startup_probe.is_some()),
        ("lifecycle", container.lifecycle.is_some()),
    ] {
        if is_set {
            errors.forbidden(format!("{path}.{field}"), NOT_HERE);
        }
    }
    for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
        for (field, value) in [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)] {
            if value.as_deref().is_some_and(|value| !value.is_empty()) {
                errors.forbidden(format!("{path}.volumeMounts[{index}].{field}"), NOT_HERE);
            }
        }
    }
}

/// Ephemeral containers may be added, but neither changed nor removed.
pub(super) fn update(errors: &mut Errors, new: &Pod, old: &Pod) {
    const PATH: &str = "spec.ephemeralContainers";
    for earlier in list(old) {
        let name = &earlier.name;
        match list(new).iter().find(|container| container.name == *name) {
            None => {
                errors.forbidden(
                    PATH,
                    format!("existing ephemeral containers \"{name}\" may not be removed\n"),
                );
            }
            Some(container) if container != earlier => {
                let shown = internal::ephemeral_diff(&to_value(&earlier), &to_value(&container));
                let why = format!("existing ephemeral containers \"{name}\" may not be changed\n{shown}");
                errors.forbidden(PATH, why);
            }
            Some(_) => {}
        }
    }
}

//! Validation of containers. Models pkg/apis/core/validation: validateContainers and what it calls.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, EnvVar, ResourceRequirements, VolumeMount};

use super::{Errors, format, probe, security};
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;

/// The fields that `fieldRef` may name in an environment variable.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The volumes that mounts may name, each with whether it is a claim.
pub(super) type Volumes<'v> = BTreeMap<&'v str, bool>;

pub(super) fn check_all(
    errors: &mut Errors,
    path: &str,
    containers: &[Container],
    volumes: &Volumes<'_>,
    names: &mut BTreeSet<String>,
) {
    for (index, container) in containers.iter().enumerate() {
        let path = format!("{path}[{index}]");
        check(errors, &path, container, volumes);
        if !container.name.is_empty() && !names.insert(container.name.clone()) {
            errors.push(FieldError::duplicate(format!("{path}.name"), container.name.as_str()));
        }
        probe::of_container(errors, &path, container);
        security::of_container(errors, &path, container);
    }
    security::check_host_ports(errors, path, containers);
}

pub(super) fn check(errors: &mut Errors, path: &str, container: &Container, volumes: &Volumes<'_>) {
    match container.name.as_str() {
        "" => errors.required(format!("{path}.name"), ""),
        name => errors.invalid_all(format!("{path}.name"), name, format::dns_label(name)),
    }
    let image = container.image.as_deref().unwrap_or_default();
    if image.is_empty() {
        errors.required(format!("{path}.image"), "");
    } else if image.trim() != image {
        errors.invalid(format!("{path}.image"), image, "must not have leading or trailing whitespace");
    }
    errors.one_of(
        format!("{path}.terminationMessagePolicy"),
        container.termination_message_policy.as_deref(),
        &["FallbackToLogsOnError", "File"],
    );
    check_ports(errors, path, container);
    for (index, variable) in container.env.iter().flatten().enumerate() {
        check_env(errors, &format!("{path}.env[{index}]"), variable);
    }
    check_mounts(errors, path, container.volume_mounts.as_deref().unwrap_or_default(), volumes);
    errors.one_of(
        format!("{path}.imagePullPolicy"),
        container.image_pull_policy.as_deref(),
        &["Always", "IfNotPresent", "Never"],
    );
    if let Some(resources) = &container.resources {
        check_resources(errors, &format!("{path}.resources"), resources);
    }
}

fn check_ports(errors: &mut Errors, path: &str, container: &Container) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (index, port) in container.ports.iter().flatten().enumerate() {
        let path = format!("{path}.ports[{index}]");
        if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let problems = format::port_name(name);
            if problems.is_empty() && !names.insert(name) {
                errors.push(FieldError::duplicate(format!("{path}.name"), name));
            }
            errors.invalid_all(format!("{path}.name"), name, problems);
        }
        if port.container_port == 0 {
            errors.required(format!("{path}.containerPort"), "");
        } else {
            for problem in format::port_number(port.container_port) {
                errors.invalid(format!("{path}.containerPort"), port.container_port, problem);
            }
        }
        if let Some(host_port) = port.host_port.filter(|host_port| *host_port != 0) {
            for problem in format::port_number(host_port) {
                errors.invalid(format!("{path}.hostPort"), host_port, problem);
            }
        }
        errors.one_of(format!("{path}.protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
    }
}

fn check_env(errors: &mut Errors, path: &str, variable: &EnvVar) {
    match variable.name.as_str() {
        "" => errors.required(format!("{path}.name"), ""),
        name => errors.invalid_all(format!("{path}.name"), name, format::env_name(name)),
    }
    let Some(source) = &variable.value_from else { return };
    let path = format!("{path}.valueFrom");
    let mut count = 0;
    if let Some(field) = &source.field_ref {
        count += 1;
        let path = format!("{path}.fieldRef.fieldPath");
        match field.field_path.as_str() {
            "" => errors.required(path, ""),
            name if ENV_FIELDS.contains(&name) => {}
            name if name.starts_with("metadata.labels['") || name.starts_with("metadata.annotations['") => {}
            name => errors.push(FieldError::not_supported(path, name, &ENV_FIELDS)),
        }
    }
    if let Some(field) = &source.resource_field_ref {
        count += 1;
        if field.resource.is_empty() {
            errors.required(format!("{path}.resourceFieldRef.resource"), "");
        }
    }
    if let Some(reference) = &source.config_map_key_ref {
        count += 1;
        check_key_ref(errors, &format!("{path}.configMapKeyRef"), &reference.name, &reference.key);
    }
    if let Some(reference) = &source.secret_key_ref {
        count += 1;
        check_key_ref(errors, &format!("{path}.secretKeyRef"), &reference.name, &reference.key);
    }
    let has_value = variable.value.as_deref().is_some_and(|value| !value.is_empty());
    match count {
        0 => errors.invalid(
            path,
            "",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`",
        ),
        _ if has_value => errors.invalid(path, "", "may not be specified when `value` is not empty"),
        1 => {}
        _ => errors.invalid(path, "", "may not have more than one field specified at a time"),
    }
}

fn check_key_ref(errors: &mut Errors, path: &str, name: &str, key: &str) {
    if name.is_empty() {
        errors.required(format!("{path}.name"), "");
    }
    match key {
        "" => errors.required(format!("{path}.key"), ""),
        key => errors.invalid_all(format!("{path}.key"), key, format::config_key(key)),
    }
}

fn check_mounts(errors: &mut Errors, path: &str, mounts: &[VolumeMount], volumes: &Volumes<'_>) {
    let mut places: BTreeSet<&str> = BTreeSet::new();
    for (index, mount) in mounts.iter().enumerate() {
        let path = format!("{path}.volumeMounts[{index}]");
        if mount.name.is_empty() {
            errors.required(format!("{path}.name"), "");
        }
        if !volumes.contains_key(mount.name.as_str()) {
            errors.push(FieldError::not_found(format!("{path}.name"), mount.name.as_str()));
        }
        if mount.mount_path.is_empty() {
            errors.required(format!("{path}.mountPath"), "");
        }
        if !places.insert(&mount.mount_path) {
            errors.invalid(format!("{path}.mountPath"), mount.mount_path.as_str(), "must be unique");
        }
        if let Some(sub_path) = mount.sub_path.as_deref().filter(|sub_path| !sub_path.is_empty()) {
            if sub_path.starts_with('/') {
                errors.invalid(format!("{path}.subPath"), sub_path, "must be a relative path");
            }
            if sub_path.split('/').any(|part| part == "..") {
                errors.invalid(format!("{path}.subPath"), sub_path, "must not contain '..'");
            }
        }
    }
}

/// Models ValidateContainerResourceRequirements.
fn check_resources(errors: &mut Errors, path: &str, resources: &ResourceRequirements) {
    let limits = resources.limits.iter().flatten();
    for (name, quantity) in limits {
        check_amount(errors, &format!("{path}.limits[{name}]"), name, Quantity::of(quantity));
    }
    for (name, quantity) in resources.requests.iter().flatten() {
        let amount = Quantity::of(quantity);
        check_amount(errors, &format!("{path}.requests[{name}]"), name, amount);
        let limit = resources.limits.as_ref().and_then(|limits| limits.get(name)).map(Quantity::of);
        if let Some(limit) = limit.filter(|limit| amount > *limit) {
            let why = format!("must be less than or equal to {name} limit of {limit}");
            errors.invalid(format!("{path}.requests"), amount.to_string(), why);
        }
    }
}

fn check_amount(errors: &mut Errors, path: &str, name: &str, amount: Quantity) {
    if name.contains('/') {
        errors.invalid_all(path, name, format::qualified_name(name));
    } else if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !name.starts_with("hugepages-") {
        errors.invalid(path, name, "must be a standard resource type or fully qualified");
        errors.invalid(path, name, "must be a standard resource for containers");
    }
    if amount.sign() < 0 {
        errors.invalid(path, amount.to_string(), "must be greater than or equal to 0");
    }
    if name.contains('/') && !amount.is_whole() {
        errors.invalid(path, amount.to_string(), "must be an integer");
    }
}

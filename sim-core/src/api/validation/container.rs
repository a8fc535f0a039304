//! Validation of containers. Models pkg/apis/core/validation: validateContainers and what it calls.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, ResourceRequirements, VolumeMount};

use super::{Errors, environment, format, probe, resize, resources, restart, security};
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;

/// The volumes that mounts may name, each with whether it is a claim.
pub(super) type Volumes<'v> = BTreeMap<&'v str, bool>;

/// What containers may refer to in their pod.
#[derive(Clone, Copy)]
pub(super) struct Inside<'v> {
    /// Its volumes.
    pub volumes: &'v Volumes<'v>,
    /// How long it is given to end.
    pub grace: Option<i64>,
    /// Whether it has the users of its node.
    pub host_users: bool,
    /// Its restart policy.
    pub restart_policy: Option<&'v str>,
}

/// Models validateContainers.
pub(super) fn check_all(
    errors: &mut Errors,
    path: &str,
    containers: &[Container],
    inside: Inside<'_>,
    names: &mut BTreeSet<String>,
) {
    for (index, container) in containers.iter().enumerate() {
        let path = format!("{path}[{index}]");
        check(errors, &path, container, inside);
        if !container.name.is_empty() && !names.insert(container.name.clone()) {
            errors.push(FieldError::duplicate(format!("{path}.name"), container.name.as_str()));
        }
        probe::of_container(errors, &path, container, inside.grace);
        restart::check(errors, &path, container);
        resize::policies(errors, &path, container, inside.restart_policy);
    }
    security::check_host_ports(errors, path, containers);
}

/// Models validateInitContainers.
pub(super) fn check_init(
    errors: &mut Errors,
    list: &str,
    containers: &[Container],
    inside: Inside<'_>,
    names: &mut BTreeSet<String>,
) {
    for (index, container) in containers.iter().enumerate() {
        let path = format!("{list}[{index}]");
        check(errors, &path, container, inside);
        let policy = container.restart_policy.as_deref();
        restart::check(errors, &path, container);
        resize::init_policies(errors, &path, container, inside.restart_policy);
        if !container.name.is_empty() && !names.insert(container.name.clone()) {
            errors.push(FieldError::duplicate(format!("{path}.name"), container.name.as_str()));
        }
        // They run one after the other, so each may have the same ports.
        security::check_host_ports(errors, list, std::slice::from_ref(container));
        if policy == Some("Always") {
            probe::of_container(errors, &path, container, inside.grace);
            continue;
        }
        for (field, is_set) in [
            ("lifecycle", container.lifecycle.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("startupProbe", container.startup_probe.is_some()),
        ] {
            if is_set {
                let why = "may not be set for init containers without restartPolicy=Always";
                errors.forbidden(format!("{path}.{field}"), why);
            }
        }
    }
}

/// Models validateContainerOnlyForPod.
pub(super) fn check_images(errors: &mut Errors, path: &str, containers: &[Container]) {
    for (index, container) in containers.iter().enumerate() {
        let image = container.image.as_deref().unwrap_or_default();
        if image.trim() != image {
            let why = "must not have leading or trailing whitespace";
            errors.invalid(format!("{path}[{index}].image"), image, why);
        }
    }
}

/// Models validateContainerCommon.
pub(super) fn check(errors: &mut Errors, path: &str, container: &Container, inside: Inside<'_>) {
    match container.name.as_str() {
        "" => errors.required(format!("{path}.name"), ""),
        name => errors.invalid_all(format!("{path}.name"), name, format::dns_label(name)),
    }
    if container.image.as_deref().unwrap_or_default().is_empty() {
        errors.required(format!("{path}.image"), "");
    }
    errors.one_of(
        format!("{path}.terminationMessagePolicy"),
        container.termination_message_policy.as_deref(),
        &["File", "FallbackToLogsOnError"],
    );
    check_ports(errors, path, container);
    environment::check(errors, path, container);
    check_mounts(errors, path, container, inside.volumes);
    check_devices(errors, path, container, inside.volumes);
    errors.one_of(
        format!("{path}.imagePullPolicy"),
        container.image_pull_policy.as_deref(),
        &["Always", "IfNotPresent", "Never"],
    );
    if let Some(resources) = &container.resources {
        check_resources(errors, &format!("{path}.resources"), resources);
    }
    security::of_container(errors, path, container, inside.host_users);
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

/// Models ValidateVolumeMounts.
fn check_mounts(errors: &mut Errors, path: &str, container: &Container, volumes: &Volumes<'_>) {
    let devices = container.volume_devices.as_deref().unwrap_or_default();
    let mut places: BTreeSet<&str> = BTreeSet::new();
    let list = format!("{path}.volumeMounts");
    for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
        let path = format!("{list}[{index}]");
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
        if devices.iter().any(|device| device.name == mount.name) {
            let why = "must not already exist in volumeDevices";
            errors.invalid(format!("{path}.name"), mount.name.as_str(), why);
        }
        if devices.iter().any(|device| device.device_path == mount.mount_path) {
            let why = "must not already exist as a path in volumeDevices";
            errors.invalid(format!("{path}.mountPath"), mount.mount_path.as_str(), why);
        }
        check_sub_paths(errors, &list, &path, mount);
    }
}

/// What is wrong with a part of a volume is said of the list, and not of the mount.
fn check_sub_paths(errors: &mut Errors, list: &str, path: &str, mount: &VolumeMount) {
    let sub_path = mount.sub_path.as_deref().unwrap_or_default();
    let expression = mount.sub_path_expr.as_deref().unwrap_or_default();
    if !sub_path.is_empty() {
        descending(errors, &format!("{list}.subPath"), sub_path);
    }
    if !expression.is_empty() {
        if !sub_path.is_empty() {
            let why = "subPathExpr and subPath are mutually exclusive";
            errors.invalid(format!("{path}.subPathExpr"), expression, why);
        }
        descending(errors, &format!("{list}.subPathExpr"), expression);
    }
}

/// Models validateLocalDescendingPath.
fn descending(errors: &mut Errors, path: &str, value: &str) {
    if value.starts_with('/') {
        errors.invalid(path, value, "must be a relative path");
    }
    if value.split('/').any(|part| part == "..") {
        errors.invalid(path, value, "must not contain '..'");
    }
}

/// Models ValidateVolumeDevices.
fn check_devices(errors: &mut Errors, path: &str, container: &Container, volumes: &Volumes<'_>) {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    let (mut names, mut places) = (BTreeSet::new(), BTreeSet::new());
    for (index, device) in container.volume_devices.iter().flatten().enumerate() {
        let path = format!("{path}.volumeDevices[{index}]");
        let (name, place) = (device.name.as_str(), device.device_path.as_str());
        if name.is_empty() {
            errors.required(format!("{path}.name"), "");
        } else if !names.insert(name) {
            errors.invalid(format!("{path}.name"), name, "must be unique");
        }
        match volumes.get(name) {
            None => errors.push(FieldError::not_found(format!("{path}.name"), name)),
            Some(false) => {
                let why =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.invalid(format!("{path}.name"), name, why);
            }
            Some(true) => {}
        }
        if place.is_empty() {
            errors.required(format!("{path}.devicePath"), "");
        }
        if places.contains(place) {
            errors.invalid(format!("{path}.devicePath"), place, "must be unique");
        }
        if place.split('/').any(|part| part == "..") {
            errors.invalid(format!("{path}.devicePath"), place, "can not contain backsteps ('..')");
        } else {
            places.insert(place);
        }
        if mounts.iter().any(|mount| mount.name == name) {
            errors.invalid(format!("{path}.name"), name, "must not already exist in volumeMounts");
        }
        if mounts.iter().any(|mount| mount.mount_path == place) {
            let why = "must not already exist as a path in volumeMounts";
            errors.invalid(format!("{path}.devicePath"), place, why);
        }
    }
}

/// Models validateResourceRequirements.
fn check_resources(errors: &mut Errors, path: &str, requirements: &ResourceRequirements) {
    let limits = format!("{path}.limits");
    for (name, quantity) in requirements.limits.iter().flatten() {
        check_amount(errors, &limits, name, Quantity::of(quantity));
        resources::pages(errors, &format!("{limits}[{name}]"), name, Quantity::of(quantity));
    }
    let requests = format!("{path}.requests");
    for (name, quantity) in requirements.requests.iter().flatten() {
        let amount = Quantity::of(quantity);
        check_amount(errors, &requests, name, amount);
        let more = resources::is_overcommit_allowed(name);
        match requirements.limits.as_ref().and_then(|limits| limits.get(name)).map(Quantity::of) {
            Some(limit) if amount != limit && !more => {
                let why = format!("must be equal to {name} limit of {limit}");
                errors.invalid(&*requests, amount.to_string(), why);
            }
            Some(limit) if amount > limit => {
                let why = format!("must be less than or equal to {name} limit of {limit}");
                errors.invalid(&*requests, amount.to_string(), why);
            }
            None if !more => {
                errors.required(&*limits, "Limit must be set for non overcommitable resources");
            }
            _ => {}
        }
        resources::pages(errors, &format!("{requests}[{name}]"), name, amount);
    }
    let all =
        || [&requirements.limits, &requirements.requests].into_iter().flatten().flat_map(|list| list.keys());
    if all().any(|name| resources::is_huge_pages(name))
        && !all().any(|name| name == "cpu" || name == "memory")
    {
        errors.forbidden(path, "HugePages require cpu or memory");
    }
}

fn check_amount(errors: &mut Errors, list: &str, name: &str, amount: Quantity) {
    let path = format!("{list}[{name}]");
    resources::container_name(errors, &path, name);
    resources::amount(errors, &path, name, amount);
}

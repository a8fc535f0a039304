//! Validation of security contexts and host ports.
//!
//! Models pkg/apis/core/validation: ValidateSecurityContext, ValidatePodSecurityContext, checkHostPortConflicts.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, PodSpec, SeccompProfile, SecurityContext};
use serde_json::json;

use super::{Errors, internal};
use crate::api::field::FieldError;

const ID_RANGE: &str = "must be between 0 and 2147483647, inclusive";

pub(super) fn of_container(errors: &mut Errors, path: &str, container: &Container) {
    let Some(context) = &container.security_context else { return };
    let path = format!("{path}.securityContext");
    check_id(errors, &path, "runAsUser", context.run_as_user);
    check_id(errors, &path, "runAsGroup", context.run_as_group);
    check_seccomp(errors, &path, context.seccomp_profile.as_ref());
    if context.allow_privilege_escalation == Some(false) {
        let mut refuse = |why: &str| errors.push(whole(&path, context, why));
        if context.privileged == Some(true) {
            refuse("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        let added = context.capabilities.iter().flat_map(|all| all.add.iter().flatten());
        for _ in added.filter(|name| *name == "CAP_SYS_ADMIN") {
            refuse("cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }
}

/// A complaint about a context, which is shown as the API server's own structure.
fn whole(path: &str, context: &SecurityContext, why: &str) -> FieldError {
    let value = json!(context);
    FieldError { shown: Some(internal::security_context(&value)), ..FieldError::invalid(path, value, why) }
}

fn check_id(errors: &mut Errors, path: &str, field: &str, id: Option<i64>) {
    if let Some(id) = id.filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
        errors.invalid(format!("{path}.{field}"), id, ID_RANGE);
    }
}

/// Models validateSeccompProfileField.
fn check_seccomp(errors: &mut Errors, path: &str, profile: Option<&SeccompProfile>) {
    let Some(profile) = profile else { return };
    let path = format!("{path}.seccompProfile");
    match profile.type_.as_str() {
        "" => errors.required(format!("{path}.type"), "type is required when seccompProfile is set"),
        other => {
            errors.one_of(format!("{path}.type"), Some(other), &["Localhost", "RuntimeDefault", "Unconfined"])
        }
    }
    let field = format!("{path}.localhostProfile");
    match (&profile.localhost_profile, profile.type_ == "Localhost") {
        (None, true) => errors.required(field, "must be set when seccomp type is Localhost"),
        (Some(_), false) => {
            let value = json!(profile);
            let shown = Some(internal::seccomp_profile(&value));
            let why = "can only be set when seccomp type is Localhost";
            errors.push(FieldError { shown, ..FieldError::invalid(field, value, why) });
        }
        (Some(name), true) if name.starts_with('/') => {
            errors.invalid(field, name.as_str(), "must be a relative path");
        }
        (Some(name), true) if name.split('/').any(|part| part == "..") => {
            errors.invalid(field, name.as_str(), "must not contain '..'");
        }
        _ => {}
    }
}

pub(super) fn of_pod(errors: &mut Errors, path: &str, spec: &PodSpec) {
    let at = format!("{path}.securityContext");
    if spec.share_process_namespace == Some(true) && spec.host_pid == Some(true) {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(format!("{at}.shareProcessNamespace"), true, why);
    }
    let Some(context) = &spec.security_context else { return };
    check_id(errors, &at, "fsGroup", context.fs_group);
    check_id(errors, &at, "runAsUser", context.run_as_user);
    check_id(errors, &at, "runAsGroup", context.run_as_group);
    for (index, group) in context.supplemental_groups.iter().flatten().enumerate() {
        check_id(errors, &at, &format!("supplementalGroups[{index}]"), Some(*group));
    }
    if let Some(policy) = &context.fs_group_change_policy {
        errors.one_of(format!("{at}.fsGroupChangePolicy"), Some(policy), &["Always", "OnRootMismatch"]);
    }
    check_seccomp(errors, &at, context.seccomp_profile.as_ref());
}

/// Models validatePodHostNetworkDeps: a template may leave the host's ports to the pods' defaults.
pub(super) fn host_network(errors: &mut Errors, path: &str, spec: &PodSpec, is_pod: bool) {
    if spec.host_network != Some(true) {
        return;
    }
    for (at, container) in spec.containers.iter().enumerate() {
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let host_port = port.host_port.unwrap_or(0);
            if (is_pod || host_port != 0) && host_port != port.container_port {
                let field = format!("{path}.containers[{at}].ports[{index}].hostPort");
                let why = "must match `containerPort` when `hostNetwork` is true";
                errors.invalid(field, host_port, why);
            }
        }
    }
}

/// A host port is there once, for each protocol and address.
pub(super) fn check_host_ports(errors: &mut Errors, path: &str, containers: &[Container]) {
    let mut taken = BTreeSet::new();
    for (container, at) in containers.iter().zip(0..) {
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let Some(host_port) = port.host_port.filter(|port| *port != 0) else { continue };
            let protocol = port.protocol.as_deref().unwrap_or_default();
            let place = format!("{protocol}/{}/{host_port}", port.host_ip.as_deref().unwrap_or_default());
            if !taken.insert(place.clone()) {
                errors.push(FieldError::duplicate(format!("{path}[{at}].ports[{index}].hostPort"), place));
            }
        }
    }
}

//! Validation of security contexts and host ports.
//!
//! Models pkg/apis/core/validation: ValidateSecurityContext, ValidatePodSecurityContext, checkHostPortConflicts.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{AppArmorProfile, Container, PodSecurityContext, PodSpec, SeccompProfile};

use super::Errors;
use super::internal::{self, types};
use crate::api::field::FieldError;
use crate::api::to_value;

const ID_RANGE: &str = "must be between 0 and 2147483647, inclusive";

/// `host_users` tells whether the pod has the users of its node.
pub(super) fn of_container(errors: &mut Errors, path: &str, container: &Container, host_users: bool) {
    let Some(context) = &container.security_context else { return };
    let path = format!("{path}.securityContext");
    check_id(errors, &path, "runAsUser", context.run_as_user);
    check_id(errors, &path, "runAsGroup", context.run_as_group);
    if let Some(mount) = context.proc_mount.as_deref() {
        let field = format!("{path}.procMount");
        let supported = ["Default", "Unmasked"];
        if !supported.contains(&mount) {
            errors.push(FieldError::not_supported(&*field, mount, &supported));
        }
        if mount == "Unmasked" && host_users {
            errors.invalid(field, mount, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    check_seccomp(errors, &path, context.seccomp_profile.as_ref());
    if context.allow_privilege_escalation == Some(false) {
        let value = to_value(&context);
        let shown = internal::one_line(&value, types::SECURITY);
        let mut refuse = |why: &str| errors.invalid_struct(&*path, value.clone(), shown.clone(), why);
        if context.privileged == Some(true) {
            refuse("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        let added = context.capabilities.iter().flat_map(|all| all.add.iter().flatten());
        for _ in added.filter(|name| *name == "CAP_SYS_ADMIN") {
            refuse("cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }
    check_app_armor(errors, &path, context.app_armor_profile.as_ref());
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
            let value = to_value(&profile);
            let shown = internal::one_line(&value, types::PROFILE);
            errors.invalid_struct(field, value, shown, "can only be set when seccomp type is Localhost");
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

/// Models ValidateAppArmorProfileField.
fn check_app_armor(errors: &mut Errors, path: &str, profile: Option<&AppArmorProfile>) {
    let Some(profile) = profile else { return };
    let path = format!("{path}.appArmorProfile");
    let field = format!("{path}.localhostProfile");
    let name = profile.localhost_profile.as_deref();
    match profile.type_.as_str() {
        "Localhost" => match name {
            None => errors.required(field, "must be set when AppArmor type is Localhost"),
            Some(name) => {
                let trimmed = name.trim();
                if trimmed != name {
                    errors.invalid(&*field, name, "must not be padded with whitespace");
                } else if trimmed.is_empty() {
                    errors.required(&*field, "must be set when AppArmor type is Localhost");
                }
                const MAX: usize = 4095;
                if name.len() > MAX {
                    errors.push(FieldError::too_long(field, MAX));
                }
            }
        },
        "RuntimeDefault" | "Unconfined" => {
            if let Some(name) = name {
                errors.invalid(field, name, "can only be set when AppArmor type is Localhost");
            }
        }
        "" => errors.required(format!("{path}.type"), "type is required when appArmorProfile is set"),
        other => {
            let supported = ["Localhost", "RuntimeDefault", "Unconfined"];
            errors.push(FieldError::not_supported(format!("{path}.type"), other, &supported));
        }
    }
}

/// Models validatePodSpecSecurityContext.
pub(super) fn of_pod(errors: &mut Errors, path: &str, spec: &PodSpec) {
    let at = format!("{path}.securityContext");
    let empty = PodSecurityContext::default();
    let context = spec.security_context.as_ref().unwrap_or(&empty);
    check_id(errors, &at, "fsGroup", context.fs_group);
    check_id(errors, &at, "runAsUser", context.run_as_user);
    check_id(errors, &at, "runAsGroup", context.run_as_group);
    for (index, group) in context.supplemental_groups.iter().flatten().enumerate() {
        check_id(errors, &at, &format!("supplementalGroups[{index}]"), Some(*group));
    }
    if spec.share_process_namespace == Some(true) && spec.host_pid == Some(true) {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(format!("{at}.shareProcessNamespace"), true, why);
    }
    check_sysctls(errors, &format!("{at}.sysctls"), context);
    let one_of = |errors: &mut Errors, field: &str, policy: &Option<String>, supported: &[&str]| {
        if let Some(policy) = policy.as_deref().filter(|policy| !supported.contains(policy)) {
            errors.push(FieldError::not_supported(format!("{at}.{field}"), policy, supported));
        }
    };
    let policy = &context.fs_group_change_policy;
    one_of(errors, "fsGroupChangePolicy", policy, &["Always", "OnRootMismatch"]);
    check_seccomp(errors, &at, context.seccomp_profile.as_ref());
    check_app_armor(errors, &at, context.app_armor_profile.as_ref());
    let policy = &context.supplemental_groups_policy;
    one_of(errors, "supplementalGroupsPolicy", policy, &["Merge", "Strict"]);
    one_of(errors, "seLinuxChangePolicy", &context.se_linux_change_policy, &["MountOption", "Recursive"]);
}

/// Models validateSysctls.
fn check_sysctls(errors: &mut Errors, path: &str, context: &PodSecurityContext) {
    const MAX: usize = 253;
    const FORM: &str = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
    let mut seen = BTreeSet::new();
    for (index, sysctl) in context.sysctls.iter().flatten().enumerate() {
        let field = format!("{path}[{index}].name");
        let name = sysctl.name.as_str();
        if name.is_empty() {
            errors.required(field, "");
        } else if name.len() > MAX || !name.split(['.', '/']).all(is_sysctl_segment) {
            errors.invalid(field, name, format!("must have at most {MAX} characters and match regex {FORM}"));
        } else if seen.contains(name) {
            errors.push(FieldError::duplicate(field, name));
        }
        seen.insert(name);
    }
}

fn is_sysctl_segment(segment: &str) -> bool {
    let is_end = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    segment.starts_with(is_end)
        && segment.ends_with(is_end)
        && segment.chars().all(|letter| is_end(letter) || matches!(letter, '-' | '_'))
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

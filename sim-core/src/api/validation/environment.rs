//! Validation of containers' environment. Models pkg/apis/core/validation: ValidateEnv and ValidateEnvFrom.

use k8s_openapi::api::core::v1::{
    Container, EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector,
};

use super::{Errors, format};
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;

/// The fields of its pod that a variable may show.
const FIELDS: [&str; 9] = [
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

/// Fields that the server knows besides, and that no variable may show.
const OTHER_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase"];

/// The amounts that a variable may show.
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

pub(super) fn check(errors: &mut Errors, path: &str, container: &Container) {
    for (index, variable) in container.env.iter().flatten().enumerate() {
        check_variable(errors, &format!("{path}.env[{index}]"), variable);
    }
    for (index, source) in container.env_from.iter().flatten().enumerate() {
        check_from(errors, &format!("{path}.envFrom"), index, source);
    }
}

fn check_variable(errors: &mut Errors, path: &str, variable: &EnvVar) {
    match variable.name.as_str() {
        "" => errors.required(format!("{path}.name"), ""),
        name => errors.invalid_all(format!("{path}.name"), name, format::env_name(name)),
    }
    let Some(source) = &variable.value_from else { return };
    let path = format!("{path}.valueFrom");
    let mut count = 0;
    if let Some(field) = &source.field_ref {
        count += 1;
        check_field(errors, &format!("{path}.fieldRef"), field, &FIELDS);
    }
    if let Some(field) = &source.resource_field_ref {
        count += 1;
        check_resource(errors, &format!("{path}.resourceFieldRef"), field, false);
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

/// Models validateObjectFieldSelector, and pkg/apis/core/pods: ConvertDownwardAPIFieldLabel.
pub(super) fn check_field(errors: &mut Errors, path: &str, field: &ObjectFieldSelector, supported: &[&str]) {
    let name = field.field_path.as_str();
    let at = format!("{path}.fieldPath");
    let unknown = |errors: &mut Errors, why: String| {
        errors.invalid(format!("{path}.fieldPath"), name, format!("error converting fieldPath: {why}"));
    };
    match field.api_version.as_deref().unwrap_or("v1") {
        "" => return errors.required(format!("{path}.apiVersion"), ""),
        _ if name.is_empty() => return errors.required(at, ""),
        "v1" => {}
        version => return unknown(errors, format!("unsupported pod version: {version}")),
    }
    if let Some((field, key)) = name.strip_suffix("']").and_then(|name| name.split_once("['")) {
        match field {
            "metadata.annotations" => {
                let key = key.to_lowercase();
                errors.invalid_all(path, &key, format::qualified_name(&key));
            }
            "metadata.labels" => errors.invalid_all(path, key, format::qualified_name(key)),
            _ => unknown(errors, format!("field label does not support subscript: {name}")),
        }
        return;
    }
    match name {
        name if supported.contains(&name) => {}
        // It is another word for the name of the node.
        "spec.host" if supported.contains(&"spec.nodeName") => {}
        name if FIELDS.contains(&name) || OTHER_FIELDS.contains(&name) => {
            errors.push(FieldError::not_supported(at, name, supported));
        }
        name => unknown(errors, format!("field label not supported: {name}")),
    }
}

/// Models validateContainerResourceFieldSelector.
pub(super) fn check_resource(
    errors: &mut Errors,
    path: &str,
    field: &ResourceFieldSelector,
    needs_container: bool,
) {
    let name = field.resource.as_str();
    let is_huge = ["requests.hugepages-", "limits.hugepages-"].iter().any(|start| name.starts_with(start));
    if needs_container && field.container_name.as_deref().unwrap_or_default().is_empty() {
        errors.required(format!("{path}.containerName"), "");
    } else if name.is_empty() {
        errors.required(format!("{path}.resource"), "");
    } else if !RESOURCES.contains(&name) && !is_huge {
        errors.push(FieldError::not_supported(format!("{path}.resource"), name, &RESOURCES));
    }
    let Some(divisor) = field.divisor.as_ref().map(Quantity::of).filter(|divisor| divisor.sign() != 0) else {
        return;
    };
    let divisor = divisor.to_string();
    const SIZES: &str = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";
    let (known, supported, what) = match name {
        "limits.cpu" | "requests.cpu" => (["1m", "1"].contains(&divisor.as_str()), "1m and 1", "cpu"),
        "limits.memory" | "requests.memory" => {
            (SIZES.split(", ").any(|size| size == divisor), SIZES, "memory")
        }
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            (SIZES.split(", ").any(|size| size == divisor), SIZES, "local ephemeral storage")
        }
        _ if is_huge => (SIZES.split(", ").any(|size| size == divisor), SIZES, "hugepages"),
        _ => return,
    };
    if !known {
        let why = format!("only divisor's values {supported} are supported with the {what} resource");
        errors.invalid(format!("{path}.divisor"), name, why);
    }
}

fn check_key_ref(errors: &mut Errors, path: &str, name: &str, key: &str) {
    errors.invalid_all(format!("{path}.name"), name, format::dns_subdomain(name));
    match key {
        "" => errors.required(format!("{path}.key"), ""),
        key => errors.invalid_all(format!("{path}.key"), key, format::config_key(key)),
    }
}

/// Models ValidateEnvFrom, which says of the whole list how many sources there are.
fn check_from(errors: &mut Errors, list: &str, index: usize, from: &EnvFromSource) {
    let path = format!("{list}[{index}]");
    if let Some(prefix) = from.prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
        errors.invalid_all(format!("{path}.prefix"), prefix, format::env_name(prefix));
    }
    let sources = [
        ("configMapRef", from.config_map_ref.as_ref().map(|source| &source.name)),
        ("secretRef", from.secret_ref.as_ref().map(|source| &source.name)),
    ];
    let mut count = 0;
    for (field, name) in sources {
        let Some(name) = name else { continue };
        count += 1;
        match name.as_str() {
            "" => errors.required(format!("{path}.{field}.name"), ""),
            // It may be the beginning of a name.
            name => {
                let whole = name.strip_suffix('-').map_or(name.to_owned(), |start| format!("{start}a"));
                errors.invalid_all(format!("{path}.{field}.name"), name, format::dns_subdomain(&whole));
            }
        }
    }
    match count {
        0 => errors.invalid(list, "", "must specify one of: `configMapRef` or `secretRef`"),
        1 => {}
        _ => errors.invalid(list, "", "may not have more than one field specified at a time"),
    }
}

//! What the references of environment variables stand for, as `set env --list --resolve` shows it.
//!
//! Models kubectl pkg/cmd/set/env: GetEnvVarRefValue.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVarSource};

use crate::api::quantity::Quantity;
use crate::api::{ApiError, Kind, Object, ObjectKey, meta};
use crate::kubectl::describe::resource_field;
use crate::store::Store;

/// The value, as far as it can be known without a running pod.
///
/// # Errors
/// Why it cannot.
pub(super) fn value(
    source: &EnvVarSource,
    object: &Object,
    container: &Container,
    store: &Store,
) -> Result<String, String> {
    let namespace = meta::namespace(object.meta());
    let find = |kind: Kind, name: &str| {
        let found = store.get(kind, &ObjectKey::new(namespace, name));
        found.ok_or_else(|| ApiError::not_found(kind, name).to_string())
    };
    if let Some(wanted) = &source.secret_key_ref {
        let found = match find(Kind::Secret, &wanted.name)? {
            Object::Secret(secret) => secret.data.as_ref().and_then(|data| data.get(&wanted.key)),
            _ => None,
        };
        let text = found.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned());
        return text.ok_or_else(|| format!("key {} not found in secret {}", wanted.key, wanted.name));
    }
    if let Some(wanted) = &source.config_map_key_ref {
        let found = match find(Kind::ConfigMap, &wanted.name)? {
            Object::ConfigMap(map) => map.data.as_ref().and_then(|data| data.get(&wanted.key)),
            _ => None,
        };
        return found
            .cloned()
            .ok_or_else(|| format!("key {} not found in config map {}", wanted.key, wanted.name));
    }
    if let Some(wanted) = &source.field_ref {
        return field(&wanted.field_path, object);
    }
    if let Some(wanted) = &source.resource_field_ref {
        let divisor = wanted.divisor.as_ref().map(Quantity::of);
        return Ok(resource_field(container, &wanted.resource, divisor));
    }
    Err("invalid valueFrom".to_owned())
}

/// Models kubectl pkg/cmd/set/env: extractFieldPathAsString.
fn field(path: &str, object: &Object) -> Result<String, String> {
    let of = object.meta();
    if let Some((map, key)) = path.strip_suffix("']").and_then(|rest| rest.split_once("['")) {
        return match map {
            "metadata.annotations" => Ok(meta::annotations(of).get(key).cloned().unwrap_or_default()),
            "metadata.labels" => Ok(meta::labels(of).get(key).cloned().unwrap_or_default()),
            _ => Err(format!("fieldPath \"{path}\" does not support subscript")),
        };
    }
    let lines = |map: &BTreeMap<String, String>| {
        let lines: Vec<String> = map.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
        lines.join("\n")
    };
    match path {
        "metadata.annotations" => Ok(lines(meta::annotations(of))),
        "metadata.labels" => Ok(lines(meta::labels(of))),
        "metadata.name" => Ok(meta::name(of).to_owned()),
        "metadata.namespace" => Ok(meta::namespace(of).to_owned()),
        "metadata.uid" => Ok(object.uid().to_owned()),
        _ => Err(format!("unsupported fieldPath: {path}")),
    }
}

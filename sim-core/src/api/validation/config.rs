//! Validation of ConfigMaps and Secrets. Models pkg/apis/core/validation: ValidateConfigMap, ValidateSecret.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use serde_json::Value;

use super::{Errors, format, meta};
use crate::api::field::FieldError;
use crate::api::patch::{not_of_type, parse_json};
use crate::api::to_value;

/// How much a ConfigMap or a Secret may hold, in bytes.
const DATA_MAX: usize = 1024 * 1024;

pub(super) fn config_map(errors: &mut Errors, map: &ConfigMap) {
    let mut size = 0;
    for (key, text) in map.data.iter().flatten() {
        errors.invalid_all(format!("data[{key}]"), key, format::config_key(key));
        if map.binary_data.as_ref().is_some_and(|binary| binary.contains_key(key)) {
            errors.invalid(format!("data[{key}]"), key.as_str(), "duplicate of key present in binaryData");
        }
        size += text.len();
    }
    for (key, bytes) in map.binary_data.iter().flatten() {
        errors.invalid_all(format!("binaryData[{key}]"), key, format::config_key(key));
        size += bytes.0.len();
    }
    if size > DATA_MAX {
        errors.push(FieldError::too_long("", DATA_MAX));
    }
}

pub(super) fn config_map_update(errors: &mut Errors, new: &ConfigMap, old: &ConfigMap) {
    if old.immutable == Some(true) {
        let why = "field is immutable when `immutable` is set";
        if new.immutable != Some(true) {
            errors.forbidden("immutable", why);
        }
        if new.data != old.data {
            errors.forbidden("data", why);
        }
        if new.binary_data != old.binary_data {
            errors.forbidden("binaryData", why);
        }
    }
    config_map(errors, new);
}

pub(super) fn secret(errors: &mut Errors, secret: &Secret) {
    let mut size = 0;
    for (key, bytes) in secret.data.iter().flatten() {
        errors.invalid_all(format!("data[{key}]"), key, format::config_key(key));
        size += bytes.0.len();
    }
    if size > DATA_MAX {
        errors.push(FieldError::too_long("data", DATA_MAX));
    }
    secret_type(errors, secret);
}

/// What the type of a Secret asks of its keys.
fn secret_type(errors: &mut Errors, secret: &Secret) {
    let get = |key: &str| secret.data.as_ref().and_then(|data| data.get(key));
    let mut needed = |key: &str| errors.required(format!("data[{key}]"), "");
    match secret.type_.as_deref().unwrap_or_default() {
        "kubernetes.io/service-account-token" => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            let account = secret.metadata.annotations.as_ref().and_then(|all| all.get(ACCOUNT));
            if account.is_none_or(String::is_empty) {
                errors.required(format!("metadata.annotations[{ACCOUNT}]"), "");
            }
        }
        "kubernetes.io/dockercfg" => docker(errors, ".dockercfg", get(".dockercfg")),
        "kubernetes.io/dockerconfigjson" => docker(errors, ".dockerconfigjson", get(".dockerconfigjson")),
        "kubernetes.io/basic-auth" if get("username").is_none() && get("password").is_none() => {
            needed("username");
            needed("password");
        }
        "kubernetes.io/ssh-auth" if get("ssh-privatekey").is_none_or(|key| key.0.is_empty()) => {
            needed("ssh-privatekey");
        }
        "kubernetes.io/tls" => {
            ["tls.crt", "tls.key"].into_iter().filter(|key| get(key).is_none()).for_each(needed)
        }
        _ => {}
    }
}

/// Credentials for registries are a JSON object.
fn docker(errors: &mut Errors, key: &str, content: Option<&ByteString>) {
    let path = format!("data[{key}]");
    let Some(content) = content else { return errors.required(path, "") };
    let why = match parse_json(&String::from_utf8_lossy(&content.0)) {
        Ok(Value::Object(_) | Value::Null) => return,
        Ok(other) => not_of_type(&other, "map[string]interface {}"),
        Err(why) => why,
    };
    errors.invalid(path, "<secret contents redacted>", why);
}

pub(super) fn secret_update(errors: &mut Errors, new: &Secret, old: &Secret) {
    meta::immutable(errors, "type", to_value(&new.type_), &to_value(&old.type_));
    if old.immutable == Some(true) {
        let why = "field is immutable when `immutable` is set";
        if new.immutable != Some(true) {
            errors.forbidden("immutable", why);
        }
        if new.data != old.data {
            errors.forbidden("data", why);
        }
    }
    secret(errors, new);
}

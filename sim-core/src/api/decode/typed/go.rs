//! What Go calls things, and what it leaves out.

use serde_json::{Number, Value};

/// Optional texts that Go holds by pointer, so that empty ones are kept. All other empty values are dropped,
/// as Go's `omitempty` drops them from what it stores and prints.
pub(super) const EMPTY_STRINGS_KEPT: [&str; 4] =
    ["storageClassName", "volumeAttributesClassName", "loadBalancerClass", "ipFamilyPolicy"];
/// Optional booleans that Go holds by value.
pub(super) const FALSE_DROPPED: [&str; 10] = [
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "paused",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
    "unschedulable",
];
/// Optional numbers that Go holds by value.
pub(super) const ZERO_DROPPED: [&str; 16] = [
    "currentReplicas",
    "failureThreshold",
    "fullyLabeledReplicas",
    "generation",
    "healthCheckNodePort",
    "hostPort",
    "initialDelaySeconds",
    "minReadySeconds",
    "nodePort",
    "observedGeneration",
    "periodSeconds",
    "readyReplicas",
    "successThreshold",
    "timeoutSeconds",
    "unavailableReplicas",
    "updatedReplicas",
];

/// What Go calls a JSON value of the wrong type.
pub(super) fn go_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The Go type that a Rust type stands for, `[]v1.Container` for a `Vec<Container>`.
pub(super) fn go_type(rust: &str) -> String {
    let generic = |name: &str| rust.strip_prefix(name).and_then(|rest| rest.strip_suffix('>'));
    if let Some(item) = generic("alloc::vec::Vec<") {
        return format!("[]{}", go_type(item));
    }
    if let Some(entry) = generic("alloc::collections::btree::map::BTreeMap<alloc::string::String, ") {
        return match go_type(entry).as_str() {
            "resource.Quantity" => "v1.ResourceList".to_owned(),
            entry => format!("map[string]{entry}"),
        };
    }
    if let Some(inner) = generic("core::option::Option<") {
        return go_type(inner);
    }
    match rust.rsplit("::").next().unwrap_or(rust) {
        "String" => "string".to_owned(),
        "i32" => "int32".to_owned(),
        "i64" => "int64".to_owned(),
        "ByteString" => "[]uint8".to_owned(),
        "Quantity" => "resource.Quantity".to_owned(),
        name => format!("v1.{name}"),
    }
}

/// Go prints whole floats without a fraction.
pub(super) fn plain_number(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

//! The container that `debug` makes, or makes something else of.
//!
//! Models kubectl pkg/cmd/debug: generateDebugContainer and the profiles.

use serde_json::{Value, json};

use crate::api::{Feature, to_value};
use crate::kubectl::args::Args;

/// What a debugging container may do, as asked for or as the release has it by default.
pub(super) fn profile(args: &Args) -> &str {
    let default = if args.gates.has(Feature::DebugProfileGeneral) { "general" } else { "legacy" };
    args.text("profile").unwrap_or(default)
}

/// A debugging container that has nothing yet.
pub(super) fn new_container(name: &str) -> Value {
    json!({"name": name, "terminationMessagePolicy": "File"})
}

/// Makes of a container what the flags say.
pub(super) fn change(args: &Args, container: &mut Value) {
    let words = args.after_dashes.clone().unwrap_or_default();
    let variables: Vec<Value> = args
        .list("env")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let Some(fields) = container.as_object_mut() else { return };
    if !words.is_empty() {
        if args.flag("arguments-only") {
            fields.insert("args".to_owned(), to_value(&words));
        } else {
            fields.insert("command".to_owned(), to_value(&words));
            fields.remove("args");
        }
    }
    if !variables.is_empty() {
        fields.insert("env".to_owned(), Value::from(variables));
    }
    for (flag, field) in [("image", "image"), ("image-pull-policy", "imagePullPolicy")] {
        if let Some(value) = args.text(flag).filter(|value| !value.is_empty()) {
            fields.insert(field.to_owned(), to_value(&value));
        }
    }
    for field in ["stdin", "tty"] {
        fields.remove(field);
        if args.flag(field) {
            fields.insert(field.to_owned(), json!(true));
        }
    }
}

/// Lets the container do what the profile says.
///
/// Models kubectl pkg/cmd/debug: ProfileApplier.
pub(super) fn apply_profile(args: &Args, container: &mut Value, is_node: bool) {
    let profile = profile(args);
    let Some(fields) = container.as_object_mut() else { return };
    if matches!(profile, "baseline" | "restricted") || profile == "general" && is_node {
        fields.remove("securityContext");
    }
    let adds: &[&str] = match profile {
        "general" if !is_node => &["SYS_PTRACE"],
        "netadmin" => &["NET_ADMIN", "NET_RAW"],
        "sysadmin" => {
            fields.entry("securityContext").or_insert_with(|| json!({}))["privileged"] = json!(true);
            &[]
        }
        "restricted" => {
            let context = json!({
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
                "runAsNonRoot": true,
                "seccompProfile": {"type": "RuntimeDefault"},
            });
            fields.insert("securityContext".to_owned(), context);
            &[]
        }
        _ => &[],
    };
    if adds.is_empty() {
        return;
    }
    let context = fields.entry("securityContext").or_insert_with(|| json!({}));
    if !context["capabilities"]["add"].is_array() {
        context["capabilities"]["add"] = json!([]);
    }
    if let Some(added) = context["capabilities"]["add"].as_array_mut() {
        added.extend(adds.iter().map(|name| to_value(&name)));
    }
}

//! `--local`: manifests are changed and printed, and no server is asked.

use serde_json::{Map, Value, json};

use super::args::Args;
use super::builder::Info;
use super::error::CliError;
use super::{Env, manifests, template};
use crate::api::{Kind, Object, decode};

/// Whether the command is to leave the cluster alone.
pub fn is_asked(args: &Args) -> bool {
    args.flag("local")
}

/// Complains of a dry run at the server that is not to be asked.
///
/// Models kubectl pkg/cmd/util: the checks of `--local` that each command makes for itself.
///
/// # Errors
/// Both are asked for.
pub fn check_dry_run(args: &Args) -> Result<(), CliError> {
    if is_asked(args) && args.text("dry-run") == Some("server") {
        return Err(CliError::plain(
            "cannot specify --local and --dry-run=server - did you mean --dry-run=client?",
        ));
    }
    Ok(())
}

/// The objects of the manifests.
///
/// # Errors
/// What cannot be read.
pub fn select(args: &Args, env: &mut Env<'_>) -> Result<Vec<Info>, CliError> {
    let found = manifests::read(args, env, false)?;
    match CliError::aggregate(found.errors) {
        Some(error) => Err(error),
        None => Ok(found.infos),
    }
}

/// The object that the manifest describes, without defaults. All that kubectl's types have is there.
///
/// # Errors
/// The decoder's.
pub fn object(info: &Info) -> Result<Object, CliError> {
    let manifest = info.manifest.clone().unwrap_or_default();
    let mut object = decode::lenient(info.kind, manifest).map_err(|why| {
        let source = info.source.as_deref().unwrap_or_default();
        CliError::plain(format!("unable to decode \"{source}\": {why}"))
    })?;
    template::complete(&mut object);
    Ok(object)
}

/// The object as Go writes the types that kubectl is built with: structs stand there even when they are empty.
pub fn typed(object: &Object) -> Value {
    let mut value = object.to_value();
    let kind = object.kind();
    fill(&mut value, &always_there(kind));
    let spec = match kind {
        Kind::Pod => "/spec",
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    for list in ["containers", "initContainers"] {
        let containers = value.pointer_mut(&format!("{spec}/{list}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            fill(container, &json!({"resources": {}}));
        }
    }
    // A claim's template is a claim without a type of its own.
    let claims = value.pointer_mut("/spec/volumeClaimTemplates").and_then(Value::as_array_mut);
    for claim in claims.into_iter().flatten().filter_map(Value::as_object_mut) {
        claim.remove("apiVersion");
        claim.remove("kind");
        claim.entry("status").or_insert_with(|| json!({}));
    }
    for port in value.pointer_mut("/spec/ports").and_then(Value::as_array_mut).into_iter().flatten() {
        fill(port, &json!({"targetPort": 0}));
    }
    value
}

fn always_there(kind: Kind) -> Value {
    let template = json!({"metadata": {}});
    match kind {
        Kind::Deployment => json!({"spec": {"strategy": {}, "template": template}, "status": {}}),
        Kind::StatefulSet => json!({
            "spec": {"serviceName": "", "updateStrategy": {}, "template": template},
            "status": {"availableReplicas": 0, "replicas": 0},
        }),
        Kind::DaemonSet => json!({
            "spec": {"updateStrategy": {}, "template": template},
            "status": {
                "currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0,
            },
        }),
        Kind::ReplicaSet => json!({"spec": {"template": template}, "status": {"replicas": 0}}),
        Kind::Job => json!({"spec": {"template": template}, "status": {}}),
        Kind::CronJob => json!({
            "spec": {"jobTemplate": {"metadata": {}, "spec": {"template": template}}},
            "status": {},
        }),
        Kind::Pod => json!({"status": {}}),
        Kind::Service => json!({"status": {"loadBalancer": {}}}),
        _ => json!({}),
    }
}

/// Adds what `value` lacks of `wanted`.
fn fill(value: &mut Value, wanted: &Value) {
    let (Some(map), Some(wanted)) = (value.as_object_mut(), wanted.as_object()) else { return };
    for (key, inner) in wanted {
        let slot = map.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
        if slot.as_object().is_some_and(Map::is_empty) && !inner.is_object() {
            *slot = inner.clone();
        }
        fill(slot, inner);
    }
}

//! `get --subresource=scale`; the status is the whole object, and so is the resize.

use k8s_openapi::api::autoscaling::v1::Scale;
use serde_json::{Value, json};

use crate::api::ObjectKey;
use crate::api::kinds::format::since;
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::printer::{Printer, is_table, list_of};
use crate::kubectl::resources::ResourceArgs;
use crate::kubectl::table::TabWriter;
use crate::kubectl::{Env, Flow};

/// Prints the scale of each object that was named.
pub(super) fn get(
    args: &Args,
    env: &mut Env<'_>,
    resources: &ResourceArgs,
    name: &str,
) -> Result<Flow, CliError> {
    let ResourceArgs::Named { targets, .. } = resources else { return Ok(Flow::OK) };
    let mut values: Vec<Value> = Vec::new();
    for target in targets {
        let namespace = if target.kind.info().namespaced { env.namespace } else { "" };
        let key = ObjectKey::new(namespace, &target.name);
        if name != "scale" {
            env.cluster.api().get(target.kind, &key)?;
            let why = "the server could not find the requested resource";
            return Err(CliError::Verbatim(format!("Error from server (NotFound): {why}")));
        }
        values.push(scale_value(env.cluster.api().scale(target.kind, &key)?));
    }
    let output = args.output();
    let text = if is_table(output) {
        table(args, env, &values)
    } else {
        let value = if values.len() == 1 { values.remove(0) } else { list_of(values) };
        Printer::new(output, args, env.files)?.print(&value)?
    };
    env.out.out(text);
    Ok(Flow::OK)
}

/// A scale as the API server sends it.
pub(in crate::kubectl::verbs) fn scale_value(scale: Scale) -> Value {
    let mut value = json!({
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": scale.metadata,
        "spec": {"replicas": scale.spec.and_then(|spec| spec.replicas).unwrap_or(0)},
    });
    if let Some(status) = scale.status {
        value["status"] =
            json!({"replicas": status.replicas, "selector": status.selector.unwrap_or_default()});
    }
    value
}

/// Models Kubernetes pkg/printers/internalversion: printScale.
fn table(args: &Args, env: &Env<'_>, values: &[Value]) -> String {
    let mut table = TabWriter::for_tables();
    if !args.flag("no-headers") {
        table.row(["NAME", "DESIRED", "AVAILABLE", "AGE"]);
    }
    for value in values {
        let created = value.pointer("/metadata/creationTimestamp").and_then(Value::as_str);
        let age = created.and_then(|text| text.parse().ok()).map(|time| since(env.cluster.now(), time));
        let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let (wanted, present) =
            (value["spec"]["replicas"].to_string(), value["status"]["replicas"].to_string());
        table.row([name, &wanted, &present, &age.unwrap_or_default()]);
    }
    table.flush()
}

//! Simulated images in manifests: documents of `apiVersion: sts-sim/v1`, `kind: Image`.
//!
//! They are no API objects: `apply` and `create` hand them to the runtime, and nothing else knows them.

use serde_json::Value;

use super::Env;
use super::error::CliError;
use super::result::Results;
use crate::runtime::image_from_value;

/// Hands every document to the runtime and says so; returns what went wrong.
pub fn register_all(documents: &[Value], results: &Results, env: &mut Env<'_>) -> Vec<CliError> {
    let mut errors = Vec::new();
    for document in documents {
        let name = document.pointer("/metadata/name").or_else(|| document.get("name"));
        let name = name.and_then(Value::as_str).unwrap_or_default();
        if results.dry_run().is_dry() {
            env.out.line(format!("image.sts-sim/{name} configured{}", results.dry_run().suffix()));
            continue;
        }
        match register(document, env) {
            Ok(()) => env.out.line(format!("image.sts-sim/{name} configured")),
            Err(why) => {
                errors.push(CliError::plain(format!("error when registering image \"{name}\": {why}")))
            }
        }
    }
    errors
}

/// The one hook into the runtime.
fn register(document: &Value, env: &mut Env<'_>) -> Result<(), String> {
    let spec = image_from_value(document).map_err(|error| error.why)?;
    let (runtime, _) = env.cluster.runtime_mut();
    runtime.registry.add(spec);
    Ok(())
}

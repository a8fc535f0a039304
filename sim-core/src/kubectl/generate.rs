//! What the verbs that make objects from flags share: `create KIND`, `expose`, `run`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Env;
use super::apply;
use super::args::{Args, Flag, Takes};
use super::builder::Info;
use super::error::CliError;
use super::manifests::{self, VALIDATE};
use super::result::{DRY_RUN, DryRun, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use super::verbs::SAVE_CONFIG;
use crate::api::patch::Patch;
use crate::api::{Kind, encode, meta, to_value, wire};
use crate::apiserver::WriteOptions;

/// `--overrides`
pub const OVERRIDES: Flag = Flag::new("overrides", Takes::Text, "JSON that is merged into the object");
/// `--override-type`
pub const OVERRIDE_TYPE: Flag =
    Flag::new("override-type", Takes::Text, "json, merge (the default) or strategic");

/// Flags of every `create KIND` without flags of its own.
pub const FLAGS: &[Flag] = &[OUTPUT, DRY_RUN, FIELD_MANAGER, SHOW_MANAGED, SAVE_CONFIG, VALIDATE];

/// Creates the object that `manifest` describes in the namespace and says `created` or another word.
///
/// `failing` is what is said before the server's complaint; without it the complaint stands by itself.
///
/// # Errors
/// The server's complaint.
pub fn create(
    args: &Args,
    env: &mut Env<'_>,
    manifest: Value,
    operation: &str,
    failing: Option<&str>,
) -> Result<(), CliError> {
    let mut results = Results::parse(args, env.files)?;
    create_with(args, env, manifest, operation, failing, &mut results)
}

/// [`create`] with results that were read before.
///
/// # Errors
/// As [`create`].
pub fn create_with(
    args: &Args,
    env: &mut Env<'_>,
    mut manifest: Value,
    operation: &str,
    failing: Option<&str>,
    results: &mut Results,
) -> Result<(), CliError> {
    let text =
        |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    let Some(kind) = Kind::from_api(&api_version, &kind) else {
        return Err(CliError::plain(format!("no matches for kind \"{kind}\" in version \"{api_version}\"")));
    };
    let namespace = if kind.info().namespaced { env.namespace.to_owned() } else { String::new() };
    let dry = results.dry_run();
    // `run` and `expose` note what they made before they say where it goes, and only when they send it.
    let notes_early = ["run ", "expose "].iter().any(|verb| args.command().starts_with(verb));
    let notes = args.flag("save-config") && !(notes_early && dry == DryRun::Client);
    if notes && notes_early {
        note(&mut manifest);
    }
    if !namespace.is_empty() && (dry != DryRun::Client || args.has("namespace")) {
        manifest["metadata"]["namespace"] = Value::from(namespace.clone());
    }
    if notes && !notes_early {
        note(&mut manifest);
    }
    let info = Info { kind, namespace, name, source: None, manifest: None, asked: None };
    if dry == DryRun::Client {
        wire::say_null_creation(&mut manifest, args.gates);
        return results.print_manifest(operation, &info, &manifest, true, env.out);
    }
    let options = WriteOptions { dry_run: dry == DryRun::Server };
    let created = apply::decoded(manifest)
        .and_then(|object| env.cluster.act(args.command(), |api| api.create_with(object, options)));
    let created = created.map_err(|error| match failing {
        Some(failing) => CliError::plain(format!("{failing} {error}")),
        None => error.into(),
    })?;
    results.print(operation, &created, env.cluster.api(), env.out)
}

/// Keeps the manifest in its annotation.
fn note(manifest: &mut Value) {
    let text = super::json::compact_by_struct(manifest) + "\n";
    manifest["metadata"]["annotations"][apply::LAST_APPLIED] = Value::from(text);
}

/// The manifest with `--overrides` merged into it.
///
/// Models kubectl pkg/cmd/util: Merge, StrategicMerge and JSONPatch, through which fields that the kind lacks go.
///
/// # Errors
/// The overrides are no JSON, of another type than the three, or do not fit.
pub fn overridden(args: &Args, kind: Kind, manifest: Value) -> Result<Value, CliError> {
    let Some(text) = args.text("overrides").filter(|text| !text.is_empty()) else { return Ok(manifest) };
    let parse = || serde_json::from_str(text).map_err(|_| CliError::plain("Invalid JSON Patch"));
    let patch = match args.text("override-type").unwrap_or("merge") {
        "json" => Patch::Json(parse()?),
        "strategic" => Patch::Strategic(parse()?),
        "merge" => Patch::Merge(parse()?),
        other => return Err(CliError::plain(format!("invalid override type: {other}"))),
    };
    let mut overridden = patch.apply(kind, &manifest)?;
    manifests::drop_unknown(kind, &mut overridden);
    Ok(overridden)
}

/// The one NAME of `create KIND NAME`.
///
/// # Errors
/// kubectl's complaint about another number of words.
pub fn name<'a>(verb: &str, args: &'a Args) -> Result<&'a str, CliError> {
    match args.words.as_slice() {
        [name] => Ok(name),
        words => Err(CliError::misuse(verb, format!("exactly one NAME is required, got {}", words.len()))),
    }
}

/// Reads `a=1,b=2`.
///
/// # Errors
/// kubectl's complaint about a part that is no pair.
pub fn parse_labels(text: &str) -> Result<BTreeMap<String, String>, CliError> {
    let mut labels = BTreeMap::new();
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let pieces: Vec<&str> = part.split('=').collect();
        let [key, value] = pieces.as_slice() else {
            return Err(CliError::plain(format!("unexpected label spec: {part}")));
        };
        if key.is_empty() {
            return Err(CliError::plain("unexpected empty label key"));
        }
        labels.insert((*key).to_owned(), (*value).to_owned());
    }
    Ok(labels)
}

/// The spec of a pod with one container, as `create job` and `create cronjob` make it.
pub fn one_container(name: &str, image: &str, command: &[String], restart_policy: &str) -> Value {
    let mut container = json!({"image": image, "name": name, "resources": {}});
    if !command.is_empty() {
        container["command"] = to_value(&command);
    }
    json!({"containers": [container], "restartPolicy": restart_policy})
}

/// The labels of an object as a JSON map.
pub fn labels_of(object: &crate::api::Object) -> Value {
    encode::to_value(meta::labels(object.meta()))
}

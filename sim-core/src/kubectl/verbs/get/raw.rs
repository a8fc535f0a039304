//! `get --raw`: what the API server answers at a path.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::{Kind, ObjectKey};
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::printer;
use crate::kubectl::{Env, Flow, gojson};

/// Answers paths of objects and lists, of discovery and of health.
pub(super) fn get(args: &Args, env: &mut Env<'_>, path: &str) -> Result<Flow, CliError> {
    let formats = args.flag("watch") || args.flag("watch-only") || args.has("output");
    if !args.words.is_empty() || formats || args.has("selector") || args.has("filename") {
        return Err(CliError::plain("arguments may not be passed when --raw is specified"));
    }
    if !path.starts_with('/') || path.contains(' ') {
        return Err(CliError::plain(format!(
            "--raw must be a valid URL path: parse \"{path}\": invalid URI for request"
        )));
    }
    let path = path.split('?').next().unwrap_or_default();
    let text = match path {
        "/healthz" | "/livez" | "/readyz" => "ok".to_owned(),
        "/version" => {
            let version = env.cluster.api().gates.version();
            let told = json!({"gitVersion": version.server(), "major": "1", "minor": version.minor()});
            crate::kubectl::json::indented(&told, 2) + "\n"
        }
        path => gojson::encode(&answer(env, path)?) + "\n",
    };
    env.out.out(text);
    Ok(Flow::OK)
}

fn answer(env: &Env<'_>, path: &str) -> Result<Value, CliError> {
    let missing = || {
        let why = "the server could not find the requested resource";
        CliError::Verbatim(format!("Error from server (NotFound): {why}"))
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api"] => return Ok(json!({"kind": "APIVersions", "versions": ["v1"]})),
        ["apis"] => return Ok(groups()),
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(missing()),
    };
    let served = |kind: &&Kind| kind.info().group == group && kind.info().version == version;
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let Some((resource, names)) = rest.split_first() else {
        return if Kind::ALL.iter().any(|kind| served(&kind)) {
            Ok(resources(group, version))
        } else {
            Err(missing())
        };
    };
    let kind =
        Kind::ALL.iter().filter(served).find(|kind| kind.info().plural == *resource).ok_or_else(missing)?;
    match names {
        [] => Ok(list(env, *kind, namespace)),
        [name] => {
            let key = ObjectKey::new(namespace.unwrap_or_default(), name);
            let api = env.cluster.api();
            Ok(printer::served(api.get(*kind, &key)?, api.gates))
        }
        [name, "status"] => {
            let key = ObjectKey::new(namespace.unwrap_or_default(), name);
            let api = env.cluster.api();
            Ok(printer::served(api.get(*kind, &key)?, api.gates))
        }
        _ => Err(missing()),
    }
}

fn list(env: &Env<'_>, kind: Kind, namespace: Option<&str>) -> Value {
    let (store, gates) = (env.cluster.store(), env.cluster.api().gates);
    let without_type = |object: &crate::api::Object| {
        let mut value = printer::served(object, gates);
        if let Some(fields) = value.as_object_mut() {
            fields.remove("apiVersion");
            fields.remove("kind");
        }
        value
    };
    let items: Vec<Value> = match namespace {
        Some(namespace) => store.list_in(kind, namespace).map(without_type).collect(),
        None => store.list(kind).map(without_type).collect(),
    };
    json!({
        "kind": format!("{}List", kind.name()),
        "apiVersion": kind.info().api_version(),
        "metadata": {"resourceVersion": store.revision().to_string()},
        "items": items,
    })
}

/// The groups in order of the alphabet; the core group is not among them.
fn groups() -> Value {
    let served: BTreeSet<(&str, &str)> =
        Kind::ALL.iter().map(|kind| (kind.info().group, kind.info().version)).collect();
    let listed: Vec<Value> = served
        .into_iter()
        .filter(|(group, _)| !group.is_empty())
        .map(|(group, version)| {
            let version = json!({"groupVersion": format!("{group}/{version}"), "version": version});
            json!({"name": group, "versions": [version], "preferredVersion": version})
        })
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": listed})
}

fn resources(group: &str, version: &str) -> Value {
    let served = Kind::ALL
        .iter()
        .map(|kind| kind.info())
        .filter(|info| info.group == group && info.version == version);
    let listed: Vec<Value> = served
        .map(|info| {
            let mut told = json!({
                "name": info.plural,
                "singularName": info.singular,
                "namespaced": info.namespaced,
                "kind": info.kind.name(),
                "verbs": info.verbs,
            });
            for (name, words) in [("shortNames", info.short_names), ("categories", info.categories)] {
                if !words.is_empty() {
                    told[name] = json!(words);
                }
            }
            told
        })
        .collect();
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed})
}

//! `create configmap` and the reading of keys that it shares with `create secret generic`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::api::to_value;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::kustomize::content_hash;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, FileError, Flow, generate, gojson};

/// `--from-literal`
pub const FROM_LITERAL: Flag = Flag::new("from-literal", Takes::Array, "KEY=VALUE");
/// `--from-file`
pub const FROM_FILE: Flag = Flag::new("from-file", Takes::List, "[KEY=]FILE");
/// `--from-env-file`
pub const FROM_ENV_FILE: Flag = Flag::new("from-env-file", Takes::List, "A file of KEY=VALUE lines");

/// `--append-hash`
pub const APPEND_HASH: Flag =
    Flag::new("append-hash", Takes::Bool, "Put a hash of the content behind the name");

/// `create configmap`
pub static VERB: Verb = Verb {
    name: "create configmap",
    about: "Create a config map based on a file, directory, or specified literal value.",
    usage: "create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] \
            [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        FROM_LITERAL,
        FROM_FILE,
        FROM_ENV_FILE,
        APPEND_HASH,
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create configmap", args)?;
    let data = data(args, env, Some(name))?;
    let mut manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    if !data.is_empty() {
        manifest["data"] = to_value(&data);
    }
    append_hash(args, &mut manifest);
    generate::create(args, env, manifest, "created", Some("failed to create configmap:"))?;
    Ok(Flow::OK)
}

/// Puts a hash of the object behind its name if that is asked for.
///
/// Models kubectl pkg/util/hash.
pub fn append_hash(args: &Args, manifest: &mut Value) {
    if !args.flag("append-hash") {
        return;
    }
    let (kind, name) = (manifest["kind"].clone(), manifest["metadata"]["name"].clone());
    let mut content = json!({"data": manifest.get("data").cloned().unwrap_or_else(|| json!({})), "kind": kind, "name": name});
    if kind == "Secret" {
        content["type"] = manifest.get("type").cloned().unwrap_or_else(|| json!(""));
    }
    let hash = content_hash(&gojson::encode(&content));
    manifest["metadata"]["name"] = Value::from(format!("{}-{hash}", name.as_str().unwrap_or_default()));
}

/// The keys and texts that the `--from-...` flags give; `config_map` is the name of
/// the ConfigMap, if it is one that they are for.
///
/// # Errors
/// kubectl's complaint about a source that cannot be read or a key that stands twice.
pub fn data(
    args: &Args,
    env: &Env<'_>,
    config_map: Option<&str>,
) -> Result<BTreeMap<String, String>, CliError> {
    if args.has("from-env-file") && (args.has("from-file") || args.has("from-literal")) {
        return Err(CliError::plain("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut data = BTreeMap::new();
    for literal in args.list("from-literal") {
        let pair = literal.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) = pair.ok_or_else(|| {
            CliError::plain(format!("invalid literal source {literal}, expected key=value"))
        })?;
        add(&mut data, key, unquoted(value).to_owned(), config_map)?;
    }
    for source in args.list("from-file") {
        let (key, path) = match source.split_once('=') {
            Some(("", path)) => {
                return Err(CliError::plain(format!("key name for file path {path} missing")));
            }
            Some((key, "")) => {
                return Err(CliError::plain(format!("file path for key name {key} missing")));
            }
            Some((_, path)) if path.contains('=') => {
                return Err(CliError::plain("key names or file paths cannot contain '='"));
            }
            Some((key, path)) => (Some(key), path),
            None => (None, source.as_str()),
        };
        if key.is_some() && env.files.is_folder(path) {
            return Err(CliError::plain("cannot give a key name for a directory path"));
        }
        for (file, text) in read(path, env)? {
            let base = file.rsplit('/').next().unwrap_or_default();
            add(&mut data, key.unwrap_or(base), text, config_map)?;
        }
    }
    for path in args.list("from-env-file") {
        if env.files.is_folder(path) {
            return Err(CliError::plain("env config file cannot be a directory"));
        }
        for line in read(path, env)?.iter().flat_map(|(_, text)| text.lines()) {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let starts = !key.starts_with(|first: char| first.is_ascii_digit());
            if key.is_empty() || !starts || !key.chars().all(is_key_letter) {
                return Err(CliError::plain(format!(
                    "\"{key}\" is not a valid key name: a valid environment variable name must consist of alphabetic \
                     characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or \
                     'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')"
                )));
            }
            add(&mut data, key, value.to_owned(), config_map)?;
        }
    }
    Ok(data)
}

/// A value loses one pair of quotes, as kubectl takes them off.
fn unquoted(value: &str) -> &str {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

fn read(path: &str, env: &Env<'_>) -> Result<Vec<(String, String)>, CliError> {
    if path == "/dev/stdin" {
        return Ok(vec![("stdin".to_owned(), env.stdin.unwrap_or_default().to_owned())]);
    }
    let found = if env.files.is_folder(path) {
        // The files of the folder itself, whatever they are.
        let below = |file: &str| file.strip_prefix(path).map(|rest| rest.trim_start_matches('/').to_owned());
        env.files.read_tree(path).map(|files| {
            let direct = |(file, _): &(String, String)| below(file).is_some_and(|rest| !rest.contains('/'));
            files.into_iter().filter(direct).collect()
        })
    } else {
        env.files.read(path, false)
    };
    found.map_err(|error| {
        CliError::plain(match error {
            FileError::NotFound => format!("error reading {path}: no such file or directory"),
            FileError::Other(why) => format!("error reading {path}: {why}"),
        })
    })
}

fn is_key_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')
}

fn add(
    data: &mut BTreeMap<String, String>,
    key: &str,
    text: String,
    config_map: Option<&str>,
) -> Result<(), CliError> {
    if key.is_empty() || !key.chars().all(is_key_letter) {
        return Err(CliError::plain(format!(
            "\"{key}\" is not a valid key name for a ConfigMap: a valid config key must consist of alphanumeric \
             characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for \
             validation is '[-._a-zA-Z0-9]+')"
        )));
    }
    if data.contains_key(key) {
        return Err(CliError::plain(match config_map {
            Some(name) => format!(
                "cannot add key \"{key}\", another key by that name already exists in Data for ConfigMap \"{name}\""
            ),
            None => format!("cannot add key {key}, another key by that name already exists"),
        }));
    }
    data.insert(key.to_owned(), text);
    Ok(())
}

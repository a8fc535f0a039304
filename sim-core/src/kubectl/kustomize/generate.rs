//! `configMapGenerator` and `secretGenerator`, and the hashes in the names of what they make.
//!
//! Models kustomize's ConfigMapGenerator, SecretGenerator and hasher.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Resource, join, objects, read, texts};
use crate::kubectl::error::CliError;
use crate::kubectl::{Files, gojson};

/// Letters of a hash in a name.
const HASH_LEN: usize = 10;

/// Makes what the kustomization generates.
///
/// # Errors
/// A source that cannot be read, or an object to merge into that is not there.
pub fn generate(
    plan: &Value,
    folder: &str,
    files: &dyn Files,
    resources: &mut Vec<Resource>,
) -> Result<(), CliError> {
    for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        for source in objects(plan, field) {
            let made = one(plan, source, kind, &data(source, folder, files)?);
            place(made, source, resources)?;
        }
    }
    Ok(())
}

/// Keys and texts, in order of their keys.
fn data(source: &Value, folder: &str, files: &dyn Files) -> Result<Map<String, Value>, CliError> {
    let mut data = Map::new();
    for literal in texts(source, "literals") {
        let Some((key, value)) = literal.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(CliError::plain(format!("invalid literal source {literal}, expected key=value")));
        };
        data.insert(key.to_owned(), Value::from(value.trim_matches(['\'', '"'])));
    }
    for file in texts(source, "files") {
        let (key, path) = file.split_once('=').unwrap_or((file.rsplit('/').next().unwrap_or(file), file));
        data.insert(key.to_owned(), Value::from(read(&join(folder, path), files)?));
    }
    let single = source.get("env").and_then(Value::as_str);
    for path in texts(source, "envs").chain(single) {
        let text = read(&join(folder, path), files)?;
        for line in
            text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            data.insert(key.to_owned(), Value::from(value));
        }
    }
    Ok(data)
}

fn one(plan: &Value, source: &Value, kind: &str, data: &Map<String, Value>) -> Resource {
    let is_secret = kind == "Secret";
    let data: Map<String, Value> = data
        .iter()
        .map(|(key, value)| {
            let text = value.as_str().unwrap_or_default();
            (key.clone(), Value::from(if is_secret { STANDARD.encode(text) } else { text.to_owned() }))
        })
        .collect();
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), source["name"].clone());
    if let Some(namespace) = source.get("namespace") {
        metadata.insert("namespace".to_owned(), namespace.clone());
    }
    for field in ["labels", "annotations"] {
        let mut all = Map::new();
        for options in [plan.get("generatorOptions"), source.get("options")].into_iter().flatten() {
            all.extend(options[field].as_object().cloned().unwrap_or_default());
        }
        if !all.is_empty() {
            metadata.insert(field.to_owned(), Value::Object(all));
        }
    }
    let mut value = json!({"apiVersion": "v1", "kind": kind, "metadata": metadata});
    if !data.is_empty() {
        value["data"] = Value::Object(data);
    }
    if is_secret {
        value["type"] = source.get("type").cloned().unwrap_or_else(|| json!("Opaque"));
    }
    let option = |name: &str| {
        let own = source.pointer(&format!("/options/{name}")).and_then(Value::as_bool);
        own.or_else(|| plan.pointer(&format!("/generatorOptions/{name}")).and_then(Value::as_bool))
    };
    if option("immutable") == Some(true) {
        value["immutable"] = json!(true);
    }
    let mut resource = Resource::new(value);
    resource.hashed = option("disableNameSuffixHash") != Some(true);
    resource
}

/// Adds the object, or merges it into the one of its name.
fn place(made: Resource, source: &Value, resources: &mut Vec<Resource>) -> Result<(), CliError> {
    let behavior = source.get("behavior").and_then(Value::as_str).unwrap_or("create");
    let known = resources.iter_mut().find(|known| known.kind() == made.kind() && known.was(made.name()));
    match (behavior, known) {
        ("merge" | "replace", None) => Err(CliError::plain(format!(
            "merging from generator: id {} does not exist; cannot merge or replace",
            made.name()
        ))),
        ("merge", Some(known)) => {
            let added = made.value["data"].as_object().cloned().unwrap_or_default();
            if let Some(data) = known.value["data"].as_object_mut() {
                data.extend(added);
            } else {
                known.value["data"] = Value::Object(added);
            }
            Ok(())
        }
        ("replace", Some(known)) => {
            known.value["data"] = made.value["data"].clone();
            Ok(())
        }
        (_, Some(_)) => Err(CliError::plain(format!(
            "merging from generator: id {} exists; behavior must be merge or replace",
            made.name()
        ))),
        (_, None) => {
            resources.push(made);
            Ok(())
        }
    }
}

/// Puts the hash of its content behind the name of each object that was made here.
pub fn add_hashes(resources: &mut [Resource]) {
    for resource in resources.iter_mut().filter(|resource| resource.hashed) {
        let name = format!("{}-{}", resource.name(), hash(resource));
        resource.rename(name);
    }
}

fn hash(resource: &Resource) -> String {
    let mut content = json!({
        "data": resource.value.get("data").cloned().unwrap_or_else(|| json!("")),
        "kind": resource.kind(),
        // kustomize leaves the name out, so that equal content has an equal hash.
        "name": "",
    });
    if resource.kind() == "Secret" {
        content["type"] = resource.value["type"].clone();
    }
    content_hash(&gojson::encode(&content))
}

/// The hash of a content as names carry it.
///
/// Models kubectl pkg/util/hash: encodeHash.
pub fn content_hash(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let letters = digest.chars().take(HASH_LEN).map(|letter| match letter {
        // No vowels, so that no words arise, and no digits that look like letters.
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    });
    letters.collect()
}

//! Manifests in: YAML 1.1 or JSON text to JSON values as kubectl reads them, and values to objects.

mod scalar;
mod stream;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod tests;
pub(crate) mod typed;
mod yaml;

use std::sync::Arc;

use serde_json::Value;

use super::object::Object;
pub use stream::{Document, Stream, stream};

/// How many unknown fields one refusal names at most, as `sigs.k8s.io/json` limits them.
const UNKNOWN_FIELDS_MAX: usize = 100;

/// The documents of `text`, each as JSON; empty ones are skipped. Of a key that stands twice in a mapping the
/// last one counts.
///
/// # Errors
/// The first complaint, `error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'`.
pub fn documents(text: &str) -> Result<Vec<Value>, String> {
    let stream = stream(text);
    match stream.broken {
        Some(why) => Err(why),
        None => Ok(stream.documents.into_iter().map(|document| document.value).collect()),
    }
}

/// Why a value is no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The simulator serves no such kind.
    NoMatch {
        /// The manifest's apiVersion.
        api_version: String,
        /// The manifest's kind.
        kind: String,
    },
    /// The API server's complaint: a field of the wrong type, an unknown field, a bad quantity.
    Bad(String),
}

/// Decodes a manifest as clients do, which take no notice of fields that they do not know.
///
/// # Errors
/// The decoder's complaint alone.
pub fn lenient(kind: super::Kind, value: Value) -> Result<Object, String> {
    Object::from_value(kind, value, &mut |_| {}).map_err(|error| error.to_string())
}

/// Decodes a manifest strictly: unknown fields are errors.
///
/// # Errors
/// [`DecodeError`].
pub fn object(value: Value) -> Result<Object, DecodeError> {
    let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let Some(known) = super::Kind::from_api(&api_version, &kind) else {
        return Err(DecodeError::NoMatch { api_version, kind });
    };
    let empty_selector = value.pointer("/spec/selector").is_some_and(|it| it == &serde_json::json!({}));
    let bad = |why: String| {
        let version = known.info().version;
        DecodeError::Bad(format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {why}"))
    };
    let mut unknown: Vec<String> = Vec::new();
    let mut collect = |path: String| {
        if unknown.len() < UNKNOWN_FIELDS_MAX {
            unknown.push(format!("unknown field \"{path}\""));
        }
    };
    let object = Object::from_value(known, value, &mut collect).map_err(|error| bad(error.to_string()))?;
    if !unknown.is_empty() {
        return Err(bad(format!("strict decoding error: {}", unknown.join(", "))));
    }
    let mut object = object;
    if empty_selector {
        mark_empty_selector(&mut object);
    }
    if object.meta().creation_timestamp.is_some() {
        // The server's to say; manifests that were exported carry it.
        object.meta_mut().creation_timestamp = None;
    }
    Ok(object)
}

/// The types of the apps group cannot tell an absent selector from `{}`; an empty map stands for the latter.
fn mark_empty_selector(object: &mut Object) {
    let selector = match object {
        Object::StatefulSet(set) => Arc::make_mut(set).spec.as_mut().map(|spec| &mut spec.selector),
        Object::Deployment(set) => Arc::make_mut(set).spec.as_mut().map(|spec| &mut spec.selector),
        Object::ReplicaSet(set) => Arc::make_mut(set).spec.as_mut().map(|spec| &mut spec.selector),
        Object::DaemonSet(set) => Arc::make_mut(set).spec.as_mut().map(|spec| &mut spec.selector),
        _ => None,
    };
    if let Some(selector) = selector {
        selector.match_labels.get_or_insert_default();
    }
}

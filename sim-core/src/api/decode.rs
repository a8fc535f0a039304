//! Manifests in: YAML 1.1 or JSON text to JSON values as kubectl reads them, and values to objects.

use serde_json::Value;

use super::object::Object;

/// Splits `text` into its documents, each as JSON; empty documents are skipped.
///
/// # Errors
/// The parser's complaint, `error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'`.
pub fn documents(_text: &str) -> Result<Vec<Value>, String> {
    Ok(Vec::new())
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

/// Decodes a manifest strictly: unknown and duplicate fields are errors.
///
/// # Errors
/// [`DecodeError`].
pub fn object(value: Value) -> Result<Object, DecodeError> {
    let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let Some(known) = super::Kind::from_api(&api_version, &kind) else {
        return Err(DecodeError::NoMatch { api_version, kind });
    };
    Object::from_value(known, value, &mut |_| {}).map_err(|error| DecodeError::Bad(error.to_string()))
}

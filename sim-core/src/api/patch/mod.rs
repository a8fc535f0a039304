//! Patches: strategic merge, merge (RFC 7386) and JSON patch (RFC 6902), and the patch that apply computes.

mod diff;
mod json;
mod schema;
mod strategic;
mod syntax;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::error::{ApiError, ApiResult};
use super::object::Kind;
use schema::Schema;
use strategic::{Into, Merger};

pub use syntax::{JsonError, json_value_end, parse_json};

/// A patch.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// Strategic merge: lists of objects merge by the API's merge keys.
    Strategic(Value),
    /// RFC 7386.
    Merge(Value),
    /// RFC 6902.
    Json(Value),
}

/// Which kind of patch a request carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatchType {
    /// `application/strategic-merge-patch+json`
    #[default]
    Strategic,
    /// `application/merge-patch+json`
    Merge,
    /// `application/json-patch+json`
    Json,
}

impl Patch {
    /// Reads a patch from a request's text.
    ///
    /// # Errors
    /// BadRequest with the complaint of Go's JSON decoder.
    pub fn parse(patch_type: PatchType, text: &str) -> ApiResult<Patch> {
        let value = parse_json(text);
        match patch_type {
            PatchType::Strategic => value.map(Patch::Strategic).map_err(ApiError::bad_request),
            PatchType::Merge => value
                .map(Patch::Merge)
                .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}"))),
            PatchType::Json => value.map(Patch::Json).map_err(ApiError::bad_request),
        }
    }

    /// The patched document.
    ///
    /// # Errors
    /// BadRequest or Invalid, as the API server words it.
    pub fn apply(&self, kind: Kind, current: &Value) -> ApiResult<Value> {
        if let Patch::Strategic(patch) | Patch::Merge(patch) = self {
            to_map(patch)?;
        }
        self.apply_here(kind, current).map_err(|why| match self {
            Patch::Json(Value::Array(_)) => ApiError::unprocessable(),
            Patch::Json(_) => ApiError::bad_request(why),
            _ => ApiError::unexplained(why),
        })
    }

    /// [`Patch::apply`], without a server.
    ///
    /// # Errors
    /// The complaint of the library that applies it.
    pub fn apply_here(&self, kind: Kind, current: &Value) -> Result<Value, String> {
        match self {
            Patch::Strategic(patch) => {
                let invalid = |_| "invalid JSON document".to_owned();
                let (original, patch) = (to_map(current).map_err(invalid)?, to_map(patch).map_err(invalid)?);
                Merger::new(Into::Document).map(original, patch, Schema::of(kind)).map(Value::Object)
            }
            Patch::Merge(patch) => {
                to_map(patch).map_err(|_| "Invalid JSON Patch".to_owned())?;
                let mut patched = current.clone();
                json_patch::merge(&mut patched, patch);
                Ok(patched)
            }
            Patch::Json(Value::Array(operations)) => json::apply(operations, current),
            Patch::Json(Value::Null) => Ok(current.clone()),
            Patch::Json(other) => Err(not_of_type(other, "jsonpatch.Patch")),
        }
    }
}

/// What Go's decoder says of a value that is not of the type.
pub fn not_of_type(value: &Value, go_type: &str) -> String {
    format!("json: cannot unmarshal {} into Go value of type {go_type}", found(value))
}

/// What Go's decoder calls the value.
pub fn found(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::Null => "null",
    }
}

/// Whether the text of a JSON patch is a list of operations.
///
/// Models apiserver pkg/endpoints/handlers: applyJSPatch, which decodes the patch once to learn that.
///
/// # Errors
/// The complaint of Go's decoder.
pub fn check_operations(patch: &Value) -> Result<(), String> {
    let Some(operations) = patch.as_array() else {
        return if patch.is_null() { Ok(()) } else { Err(not_of_type(patch, "[]handlers.jsonPatchOp")) };
    };
    for operation in operations.iter().filter(|operation| !operation.is_null()) {
        let Some(fields) = operation.as_object() else {
            return Err(not_of_type(operation, "handlers.jsonPatchOp"));
        };
        for (field, value) in
            fields.iter().filter(|(field, _)| matches!(field.as_str(), "op" | "path" | "from"))
        {
            if !value.is_string() && !value.is_null() {
                let found = found(value);
                return Err(format!(
                    "json: cannot unmarshal {found} into Go struct field jsonPatchOp.{field} of type string"
                ));
            }
        }
    }
    Ok(())
}

fn to_map(value: &Value) -> ApiResult<Map<String, Value>> {
    match value {
        Value::Object(map) => Ok(map.clone()),
        Value::Null => Ok(Map::new()),
        other => Err(ApiError::bad_request(not_of_type(other, "map[string]interface {}"))),
    }
}

/// The strategic merge patch that turns `current` into what apply wants: `modified` is the manifest now,
/// `original` the manifest applied last time; fields that left the manifest are removed.
///
/// Models apimachinery pkg/util/strategicpatch: CreateThreeWayMergePatch with overwrite.
///
/// # Errors
/// BadRequest when a merge list lacks its keys.
pub fn three_way(kind: Kind, original: &Value, modified: &Value, current: &Value) -> ApiResult<Value> {
    let (original, modified, current) = (to_map(original)?, to_map(modified)?, to_map(current)?);
    let schema = Schema::of(kind);
    let changes = diff::maps(&current, &modified, schema, diff::Half::Changes, false);
    let deletions = diff::maps(&original, &modified, schema, diff::Half::Deletions, false);
    changes
        .and_then(|changes| Merger::new(Into::Patch).map(deletions?, changes, schema))
        .map(Value::Object)
        .map_err(ApiError::bad_request)
}

/// A value as Go's `%v` prints it, `map[spec:map[replicas:x]]`.
pub(crate) fn go_print(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_print).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", go_print(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
        other => other.to_string(),
    }
}

//! Patches: strategic merge, merge (RFC 7386) and JSON patch (RFC 6902), and the patch that apply computes.

use serde_json::Value;

use super::error::ApiResult;
use super::object::Kind;

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

impl Patch {
    /// The patched document.
    ///
    /// # Errors
    /// BadRequest or Invalid, as the API server words it.
    pub fn apply(&self, _kind: Kind, current: &Value) -> ApiResult<Value> {
        Ok(current.clone())
    }
}

/// The strategic merge patch that turns `current` into what apply wants: `modified` is the manifest now,
/// `original` the manifest applied last time; fields that left the manifest are removed.
///
/// # Errors
/// BadRequest when a merge list lacks its keys.
pub fn three_way(_kind: Kind, _original: &Value, _modified: &Value, _current: &Value) -> ApiResult<Value> {
    Ok(Value::Object(serde_json::Map::new()))
}

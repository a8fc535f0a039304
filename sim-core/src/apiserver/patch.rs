//! Patch: apply a patch to the newest version of an object.

use serde_json::Value;

use super::{ApiServer, Subresource, WriteOptions};
use crate::api::decode::typed::TypeError;
use crate::api::patch::{Patch, go_print};
use crate::api::{ApiError, ApiResult, FieldError, Kind, Object, ObjectKey};

/// What becomes of fields that the kind lacks.
enum Unknown<'a> {
    /// They are dropped; where somebody listens, their paths are told.
    Dropped(Option<&'a mut Vec<String>>),
    /// They are an error.
    Refused,
}

impl ApiServer {
    /// Patches the object and returns it as stored. Fields that the kind lacks are dropped.
    ///
    /// # Errors
    /// NotFound, Invalid, or BadRequest when the patch cannot be applied.
    pub fn patch(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: &Patch,
        subresource: Subresource,
        options: WriteOptions,
    ) -> ApiResult<Object> {
        self.patch_with(kind, key, patch, subresource, options, Unknown::Dropped(None))
    }

    /// [`ApiServer::patch`], which tells the paths of the fields that the kind lacks (`fieldValidation=Warn`).
    ///
    /// # Errors
    /// As [`ApiServer::patch`].
    pub fn patch_telling(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: &Patch,
        subresource: Subresource,
        options: WriteOptions,
        unknown: &mut Vec<String>,
    ) -> ApiResult<Object> {
        self.patch_with(kind, key, patch, subresource, options, Unknown::Dropped(Some(unknown)))
    }

    /// [`ApiServer::patch`] as apply asks for it (`fieldValidation=Strict`): fields that the kind lacks are an
    /// error.
    ///
    /// # Errors
    /// As [`ApiServer::patch`].
    pub fn patch_strictly(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: &Patch,
        options: WriteOptions,
    ) -> ApiResult<Object> {
        self.patch_with(kind, key, patch, Subresource::Main, options, Unknown::Refused)
    }

    fn patch_with(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: &Patch,
        subresource: Subresource,
        options: WriteOptions,
        directive: Unknown<'_>,
    ) -> ApiResult<Object> {
        let current = self.get(kind, key)?.to_value();
        let patched = patch.apply(kind, &current)?;
        let mut unknown = Vec::new();
        let object = Object::from_value(kind, patched.clone(), &mut |path| unknown.push(path))
            .map_err(|error| undecodable(patch, &patched, type_error(patch, &error)))?;
        match directive {
            Unknown::Dropped(Some(told)) => told.append(&mut unknown),
            Unknown::Refused if !unknown.is_empty() => {
                let fields: Vec<String> =
                    unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
                let why = format!("strict decoding error: {}", fields.join(", "));
                return Err(undecodable(patch, &patched, why));
            }
            _ => {}
        }
        check_identity(key, &object)?;
        let uid = object.meta().uid.as_deref().unwrap_or_default();
        if !uid.is_empty() && uid != self.get(kind, key)?.uid() {
            let error = FieldError::invalid("metadata.uid", uid, "field is immutable");
            return Err(ApiError::invalid(kind, &key.name, &[error]));
        }
        self.update_with(object, subresource, options)
    }
}

/// Whether what a request carries is the object that the request is about.
///
/// Models apiserver pkg/endpoints/handlers: checkName, and pkg/registry/rest:
/// EnsureObjectNamespaceMatchesRequestNamespace.
pub(super) fn check_identity(key: &ObjectKey, object: &Object) -> ApiResult<()> {
    let is = object.key();
    if is.namespace != key.namespace && !is.namespace.is_empty() {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(ApiError::bad_request(why));
    }
    if is.name != key.name {
        let why =
            format!("the name of the object ({}) does not match the name on the URL ({})", is.name, key.name);
        return Err(ApiError::bad_request(why));
    }
    Ok(())
}

/// What the patch made is no object: the refusal shows a strategic patch, and of others what they made.
///
/// Models apiserver pkg/endpoints/handlers: applyPatchToObject, and jsonPatcher.applyPatchToCurrentObject.
fn undecodable(patch: &Patch, patched: &Value, why: String) -> ApiError {
    match patch {
        Patch::Strategic(patch) => ApiError::invalid_patch(go_print(patch), why),
        Patch::Merge(_) | Patch::Json(_) => ApiError::invalid_patch(patched.to_string(), why),
    }
}

/// Strategic merges go through Go's converter from maps, the others through its decoder.
fn type_error(patch: &Patch, error: &TypeError) -> String {
    let converted = if matches!(patch, Patch::Strategic(_)) { error.unstructured() } else { None };
    converted.unwrap_or_else(|| error.to_string())
}

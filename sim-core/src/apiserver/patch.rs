//! Patch: apply a patch to the newest version of an object.

use super::{ApiServer, Subresource, WriteOptions};
use crate::api::decode::typed::TypeError;
use crate::api::patch::{Patch, go_print};
use crate::api::{ApiError, ApiResult, FieldError, Kind, Object, ObjectKey};

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
        self.patch_with(kind, key, patch, subresource, options, false)
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
        self.patch_with(kind, key, patch, Subresource::Main, options, true)
    }

    fn patch_with(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: &Patch,
        subresource: Subresource,
        options: WriteOptions,
        strict: bool,
    ) -> ApiResult<Object> {
        let current = self.get(kind, key)?.to_value();
        let patched = patch.apply(kind, &current)?;
        let mut unknown = Vec::new();
        let object = Object::from_value(kind, patched, &mut |path| unknown.push(path))
            .map_err(|error| undecodable(kind, patch, &error))?;
        if strict && !unknown.is_empty() {
            let fields: Vec<String> =
                unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
            return Err(ApiError::bad_request(format!("strict decoding error: {}", fields.join(", "))));
        }
        for (field, was, is) in [
            ("metadata.name", &*key.name, &*object.key().name),
            ("metadata.namespace", &*key.namespace, &*object.key().namespace),
        ] {
            if was != is {
                let error = FieldError::invalid(field, is, "field is immutable");
                return Err(ApiError::invalid(kind, &key.name, &[error]));
            }
        }
        self.update_with(object, subresource, options)
    }
}

/// What the patch made is no object. Models apiserver pkg/endpoints/handlers: applyPatchToObject.
fn undecodable(kind: Kind, patch: &Patch, error: &TypeError) -> ApiError {
    match patch {
        Patch::Strategic(value) => {
            let why = error.unstructured().unwrap_or_else(|| error.to_string());
            ApiError::invalid_patch(go_print(value), why)
        }
        _ => {
            let (name, version) = (kind.name(), kind.info().version);
            let why = format!("{name} in version \"{version}\" cannot be handled as a {name}: {error}");
            ApiError::bad_request(why)
        }
    }
}

//! Validation, with upstream's field paths and messages. One file per kind or shared type.

use super::field::FieldError;
use super::object::Object;

/// What is wrong with a new object; empty when nothing is.
pub fn validate_create(_object: &Object) -> Vec<FieldError> {
    Vec::new()
}

/// What is wrong with replacing `old` by `new`; empty when nothing is.
pub fn validate_update(_new: &Object, _old: &Object) -> Vec<FieldError> {
    Vec::new()
}

//! Admission: what the built-in admission plugins change or refuse at creation.

use crate::api::{ApiResult, Object};
use crate::store::Store;

/// Changes `object` as the default admission plugins do.
///
/// # Errors
/// Forbidden, in a plugin's words.
pub fn admit_create(_object: &mut Object, _store: &Store) -> ApiResult<()> {
    Ok(())
}

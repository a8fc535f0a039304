//! Defaulting: what the API server fills in before it validates. One file per API group.

use super::object::Object;

/// Fills in the defaults of `object` as API version v1.36 does. Idempotent.
pub fn apply(_object: &mut Object) {}

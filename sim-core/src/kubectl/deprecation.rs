//! The API server's warnings of deprecated APIs, as kubectl prints them: each once a command.
//!
//! Models k8s.io/apiserver pkg/endpoints/deprecation, and client-go's warning writer.

use super::Output;
use crate::api::{Feature, FeatureGates, Kind};

/// What the server says to every request for Endpoints (KEP-4974).
const ENDPOINTS: &str =
    "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

/// Prints what the server warns of when it is asked for something of `kind`.
pub fn warn(kind: Kind, gates: FeatureGates, out: &mut Output) {
    if kind == Kind::Endpoints && gates.has(Feature::EndpointsDeprecated) {
        out.err_line_once(ENDPOINTS);
    }
}

//! Validation of NetworkPolicies.

use k8s_openapi::api::networking::v1::NetworkPolicy;

use super::Errors;

/// Models pkg/apis/networking/validation: ValidateNetworkPolicy.
pub(super) fn create(_errors: &mut Errors, _policy: &NetworkPolicy) {}

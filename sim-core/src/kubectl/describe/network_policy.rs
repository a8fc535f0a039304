//! NetworkPolicies.

use k8s_openapi::api::networking::v1::NetworkPolicy;

use super::text::Text;

/// Models kubectl pkg/describe: describeNetworkPolicy.
pub(super) fn describe(_text: &mut Text, _policy: &NetworkPolicy) {}

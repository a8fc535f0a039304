//! Validation of PodDisruptionBudgets.
//!
//! Models pkg/apis/policy/validation: ValidatePodDisruptionBudgetSpec.

use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use super::internal::{self, types};
use super::{Errors, apps, meta};
use crate::api::field::FieldError;
use crate::api::to_value;

pub(super) fn budget(errors: &mut Errors, budget: &PodDisruptionBudget) {
    let spec = budget.spec.clone().unwrap_or_default();
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        let why = "minAvailable and maxUnavailable cannot be both set";
        let value = to_value(&spec);
        let shown = internal::one_line(&value, types::BUDGET);
        errors.invalid_struct("spec", value, shown, why);
    }
    let bounds = [("minAvailable", &spec.min_available), ("maxUnavailable", &spec.max_unavailable)];
    for (field, bound) in bounds {
        let Some(bound) = bound else { continue };
        let path = format!("spec.{field}");
        apps::int_or_percent(errors, &path, bound);
        apps::at_most_all(errors, &path, bound);
    }
    if let Some(selector) = &spec.selector {
        meta::selector(errors, "spec.selector", selector);
    }
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    if let Some(policy) =
        spec.unhealthy_pod_eviction_policy.filter(|policy| !policies.contains(&policy.as_str()))
    {
        errors.push(FieldError::not_supported("spec.unhealthyPodEvictionPolicy", policy, &policies));
    }
}

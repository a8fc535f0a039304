//! Validation of ResourceQuotas and LimitRanges.
//!
//! Models pkg/apis/core/validation: ValidateResourceQuotaSpec, ValidateLimitRange.

use k8s_openapi::api::core::v1::{LimitRange, ResourceQuota};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use serde_json::json;

use super::Errors;
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;

/// Scopes that a quota may have, and those that exclude them.
const SCOPES: [(&str, &str); 7] = [
    ("Terminating", "NotTerminating"),
    ("NotTerminating", "Terminating"),
    ("BestEffort", "NotBestEffort"),
    ("NotBestEffort", "BestEffort"),
    ("PriorityClass", ""),
    ("CrossNamespacePodAffinity", ""),
    ("VolumeAttributesClass", ""),
];

pub(super) fn quota(errors: &mut Errors, quota: &ResourceQuota) {
    let spec = quota.spec.clone().unwrap_or_default();
    for (name, amount) in spec.hard.iter().flatten() {
        let path = format!("spec.hard[{name}]");
        let size = Quantity::of(amount);
        if size.sign() < 0 {
            errors.invalid(&*path, json!(amount.0), "must be greater than or equal to 0");
        }
        if is_count(name) && !size.is_whole() {
            errors.invalid(&*path, json!(amount.0), "must be an integer");
        }
    }
    let Some(scopes) = spec.scopes.filter(|scopes| !scopes.is_empty()) else { return };
    for scope in &scopes {
        match SCOPES.iter().find(|(known, _)| known == scope) {
            None => errors.invalid("spec.scopes", json!(scopes), "unsupported scope"),
            Some((known, other)) if known < other && scopes.iter().any(|scope| scope == other) => {
                errors.invalid("spec.scopes", json!(scopes), "conflicting scopes");
            }
            Some(_) => {}
        }
    }
}

pub(super) fn quota_update(errors: &mut Errors, new: &ResourceQuota, old: &ResourceQuota) {
    quota(errors, new);
    let scopes = |quota: &ResourceQuota| {
        let scopes = quota.spec.as_ref().and_then(|spec| spec.scopes.clone()).unwrap_or_default();
        scopes.into_iter().collect::<std::collections::BTreeSet<_>>()
    };
    if scopes(new) != scopes(old) {
        errors.invalid("spec.scopes", json!(scopes(new)), "field is immutable");
    }
}

fn is_count(name: &str) -> bool {
    const COUNTS: [&str; 8] = [
        "pods",
        "services",
        "services.nodeports",
        "services.loadbalancers",
        "persistentvolumeclaims",
        "configmaps",
        "secrets",
        "resourcequotas",
    ];
    COUNTS.contains(&name) || name.starts_with("count/")
}

pub(super) fn limit_range(errors: &mut Errors, range: &LimitRange) {
    let items = range.spec.iter().flat_map(|spec| &spec.limits).enumerate();
    let mut seen: Vec<&str> = Vec::new();
    for (index, item) in items {
        let at = format!("spec.limits[{index}]");
        if seen.contains(&item.type_.as_str()) {
            errors.push(FieldError::duplicate(format!("{at}.type"), item.type_.as_str()));
        }
        seen.push(&item.type_);
        if item.type_ == "Pod" {
            for (field, list) in [("default", &item.default), ("defaultRequest", &item.default_request)] {
                if list.as_ref().is_some_and(|list| !list.is_empty()) {
                    let why = "may not be specified when `type` is 'Pod'";
                    errors.push(FieldError::forbidden(format!("{at}.{field}"), why));
                }
            }
        }
        let lists =
            [&item.min, &item.max, &item.default_request, &item.default, &item.max_limit_request_ratio];
        let mut names: Vec<&String> =
            lists.iter().flat_map(|list| list.iter().flatten().map(|(name, _)| name)).collect();
        names.sort();
        names.dedup();
        if item.type_ == "PersistentVolumeClaim" && item.min.is_none() && item.max.is_none() {
            let why = "either minimum or maximum storage value is required, but neither was provided";
            errors.push(FieldError::required(format!("{at}.limits"), why));
        }
        for name in names {
            let [min, max, request, default, ratio] =
                lists.map(|list| list.as_ref().and_then(|list| list.get(name)));
            let mut ordered = |low: Option<&ApiQuantity>,
                               high: Option<&ApiQuantity>,
                               field: &str,
                               shown: bool,
                               words: [&str; 2]| {
                let (Some(low), Some(high)) = (low, high) else { return };
                if Quantity::of(low) > Quantity::of(high) {
                    let why =
                        format!("{} value {} is greater than {} value {}", words[0], low.0, words[1], high.0);
                    let value = if shown { low } else { high };
                    errors.invalid(format!("{at}.{field}[{name}]"), json!(value.0), why);
                }
            };
            ordered(min, max, "min", true, ["min", "max"]);
            ordered(min, request, "defaultRequest", false, ["min", "default request"]);
            ordered(request, max, "defaultRequest", true, ["default request", "max"]);
            ordered(request, default, "defaultRequest", true, ["default request", "default limit"]);
            ordered(min, default, "default", true, ["min", "default"]);
            ordered(default, max, "default", false, ["default", "max"]);
            if let Some(ratio) = ratio.filter(|ratio| Quantity::of(ratio) < Quantity::units(1)) {
                let why = format!("ratio {} is less than 1", ratio.0);
                errors.invalid(format!("{at}.maxLimitRequestRatio[{name}]"), json!(ratio.0), why);
            }
        }
    }
}

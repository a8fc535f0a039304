//! Validation of ResourceQuotas and LimitRanges.
//!
//! Models pkg/apis/core/validation: ValidateResourceQuotaSpec, ValidateLimitRange.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{LimitRange, LimitRangeItem, ResourceQuota, ResourceQuotaSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use serde_json::Value;

use super::internal::{self, types};
use super::{Errors, format, resources};
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;
use crate::api::to_value;

/// Scopes of pods, and the pairs of them that exclude one another.
const OF_PODS: [&str; 6] = [
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
];
const OPPOSITES: [(&str, &str); 2] = [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")];
const OF_CLAIMS: &str = "VolumeAttributesClass";

pub(super) fn quota(errors: &mut Errors, quota: &ResourceQuota) {
    let spec = quota.spec.clone().unwrap_or_default();
    for (name, quantity) in spec.hard.iter().flatten() {
        let path = format!("spec.hard[{name}]");
        resources::quota_name(errors, &path, name);
        resources::amount(errors, &path, name, Quantity::of(quantity));
    }
    scopes(errors, &spec);
    scope_selector(errors, &spec);
}

/// Models validateResourceQuotaScopes.
fn scopes(errors: &mut Errors, spec: &ResourceQuotaSpec) {
    let all: Vec<&str> = spec.scopes.iter().flatten().map(String::as_str).collect();
    let mut refuse = |why: &str| errors.invalid("spec.scopes", to_value(&all), why);
    for scope in &all {
        if !is_scope(scope) {
            refuse("unsupported scope");
        }
        for _ in unfit(scope, spec) {
            refuse("unsupported scope applied to resource");
        }
    }
    for (one, other) in OPPOSITES {
        if all.contains(&one) && all.contains(&other) {
            refuse("conflicting scopes");
        }
    }
}

fn is_scope(scope: &str) -> bool {
    OF_PODS.contains(&scope) || scope == OF_CLAIMS
}

/// The resources of the quota that the scope says nothing about.
///
/// Models pkg/apis/core/helper: IsResourceQuotaScopeValidForResource.
fn unfit<'s>(scope: &str, spec: &'s ResourceQuotaSpec) -> impl Iterator<Item = &'s String> + use<'s> {
    const OF_CONTAINERS: [&str; 6] =
        ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];
    let (fits_pods, fits_containers) =
        (OF_PODS.contains(&scope), OF_PODS.contains(&scope) && scope != "BestEffort");
    let fits_claims = scope == OF_CLAIMS;
    let any = !fits_pods && !fits_claims;
    spec.hard.iter().flatten().map(|(name, _)| name).filter(move |name| {
        let name = name.as_str();
        let fits = any
            || fits_pods && name == "pods"
            || fits_containers && OF_CONTAINERS.contains(&name)
            || fits_claims && ["persistentvolumeclaims", "requests.storage"].contains(&name);
        resources::is_quota_name(name) && !fits
    })
}

/// Models validateScopedResourceSelectorRequirement.
fn scope_selector(errors: &mut Errors, spec: &ResourceQuotaSpec) {
    const PATH: &str = "spec.scopeSelector.matchExpressions";
    let Some(selector) = &spec.scope_selector else { return };
    let mut seen = BTreeSet::new();
    for wanted in selector.match_expressions.iter().flatten() {
        let scope = wanted.scope_name.as_str();
        if !is_scope(scope) {
            errors.invalid(format!("{PATH}.scopeName"), scope, "unsupported scope");
        }
        for _ in unfit(scope, spec) {
            let value = to_value(&selector);
            let shown = internal::one_line(&value, types::SCOPE_SELECTOR);
            errors.invalid_struct(PATH, value, shown, "unsupported scope applied to resource");
        }
        if OF_PODS.contains(&scope) && scope != "PriorityClass" && wanted.operator != "Exists" {
            let why = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
            errors.invalid(format!("{PATH}.operator"), wanted.operator.as_str(), why);
        }
        let values = wanted.values.as_deref().unwrap_or_default();
        match wanted.operator.as_str() {
            "In" | "NotIn" if values.is_empty() => {
                let why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                errors.required(format!("{PATH}.values"), why);
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                errors.invalid(format!("{PATH}.values"), to_value(&values), why);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => errors.invalid(format!("{PATH}.operator"), other, "not a valid selector operator"),
        }
        seen.insert(scope);
    }
    for (one, other) in OPPOSITES {
        if seen.contains(one) && seen.contains(other) {
            errors.invalid("spec.scopes", to_value(&spec.scopes), "conflicting scopes");
        }
    }
}

pub(super) fn quota_update(errors: &mut Errors, new: &ResourceQuota, old: &ResourceQuota) {
    quota(errors, new);
    let scopes = |quota: &ResourceQuota| quota.spec.as_ref().and_then(|spec| spec.scopes.clone());
    let set = |scopes: Option<Vec<String>>| scopes.unwrap_or_default().into_iter().collect::<BTreeSet<_>>();
    if set(scopes(new)) != set(scopes(old)) {
        errors.invalid("spec.scopes", to_value(&scopes(new)), "field is immutable");
    }
}

pub(super) fn limit_range(errors: &mut Errors, range: &LimitRange) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, item) in range.spec.iter().flat_map(|spec| &spec.limits).enumerate() {
        let path = format!("spec.limits[{index}]");
        limit_type(errors, &format!("{path}.type"), &item.type_);
        if seen.contains(&item.type_.as_str()) {
            errors.push(FieldError::duplicate(format!("{path}.type"), item.type_.as_str()));
        }
        seen.push(&item.type_);
        limit_names(errors, &path, item);
        limit_amounts(errors, &path, item);
    }
}

/// Models validateLimitRangeTypeName.
fn limit_type(errors: &mut Errors, path: &str, name: &str) {
    let problems = format::qualified_name(name);
    if !problems.is_empty() {
        errors.invalid_all(path, name, problems);
    } else if !name.contains('/') && !["Container", "PersistentVolumeClaim", "Pod"].contains(&name) {
        errors.invalid(path, name, "must be a standard limit type or fully qualified");
    }
}

type Amounts = Option<BTreeMap<String, ApiQuantity>>;

fn limit_names(errors: &mut Errors, path: &str, item: &LimitRangeItem) {
    let check = |errors: &mut Errors, field: &str, list: &Amounts| {
        for name in list.iter().flat_map(BTreeMap::keys) {
            let path = format!("{path}.{field}[{name}]");
            match item.type_.as_str() {
                "Pod" | "Container" => resources::container_name(errors, &path, name),
                _ => resources::name(errors, &path, name),
            }
        }
    };
    check(errors, "max", &item.max);
    check(errors, "min", &item.min);
    for (field, list) in [("default", &item.default), ("defaultRequest", &item.default_request)] {
        if item.type_ != "Pod" {
            check(errors, field, list);
        } else if list.as_ref().is_some_and(|list| !list.is_empty()) {
            errors.forbidden(format!("{path}.{field}"), "may not be specified when `type` is 'Pod'");
        }
    }
    let bounds = |list: &Amounts| list.as_ref().is_some_and(|list| list.contains_key("storage"));
    if item.type_ == "PersistentVolumeClaim" && !bounds(&item.min) && !bounds(&item.max) {
        let why = "either minimum or maximum storage value is required, but neither was provided";
        errors.required(format!("{path}.limits"), why);
    }
    check(errors, "maxLimitRequestRatio", &item.max_limit_request_ratio);
}

/// How the amounts of a resource must lie to one another.
fn limit_amounts(errors: &mut Errors, path: &str, item: &LimitRangeItem) {
    let none = None;
    let (default, request) = match item.type_.as_str() {
        "Pod" => (&none, &none),
        _ => (&item.default, &item.default_request),
    };
    let lists = [&item.min, &item.max, request, default, &item.max_limit_request_ratio];
    let names: BTreeSet<&String> =
        lists.iter().flat_map(|list| list.iter().flat_map(BTreeMap::keys)).collect();
    for name in names {
        let [min, max, request, default, ratio] =
            lists.map(|list| list.as_ref().and_then(|list| list.get(name)).map(Quantity::of));
        let mut refuse = |field: &str, value: Quantity, why: String| {
            errors.invalid(format!("{path}.{field}[{name}]"), Value::from(value.to_string()), why);
        };
        let mut ordered = |low: Option<Quantity>,
                           high: Option<Quantity>,
                           field: &str,
                           shows_low: bool,
                           words: [&str; 2]| {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                let why = format!("{} value {low} is greater than {} value {high}", words[0], words[1]);
                refuse(field, if shows_low { low } else { high }, why);
            }
        };
        ordered(min, max, "min", true, ["min", "max"]);
        ordered(min, request, "defaultRequest", false, ["min", "default request"]);
        ordered(request, max, "defaultRequest", true, ["default request", "max"]);
        ordered(request, default, "defaultRequest", true, ["default request", "default limit"]);
        ordered(min, default, "default", true, ["min", "default"]);
        ordered(default, max, "default", false, ["default", "max"]);
        if let Some(ratio) = ratio.filter(|ratio| *ratio < Quantity::units(1)) {
            refuse("maxLimitRequestRatio", ratio, format!("ratio {ratio} is less than 1"));
        }
        if let (Some(ratio), Some(min), Some(max)) = (ratio, min, max) {
            let most = max.milli_value() as f64 / min.milli_value() as f64;
            if ratio.milli_value() as f64 / 1000.0 > most {
                let why = format!("ratio {ratio} is greater than max/min = {most:.6}");
                refuse("maxLimitRequestRatio", ratio, why);
            }
        }
        if let (Some(default), Some(request)) = (default, request)
            && !resources::is_overcommit_allowed(name)
            && default != request
        {
            let why =
                format!("default value {default} must equal to defaultRequest value {request} in {name}");
            refuse("defaultRequest", request, why);
        }
    }
}

//! Names of resources and their amounts, as containers, quotas and limit ranges may give them.
//!
//! Models pkg/apis/core/helper, and pkg/apis/core/validation: validateResourceName and what it serves.

use super::{Errors, format};
use crate::api::quantity::Quantity;
use crate::api::to_value;

/// What a container may ask for, beside huge pages and what nodes offer besides.
const OF_CONTAINERS: [&str; 3] = ["cpu", "ephemeral-storage", "memory"];

/// What a quota may bound, beside huge pages.
const OF_QUOTAS: [&str; 19] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// What comes in whole units.
const COUNTED: [&str; 9] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

const NOT_STANDARD: &str = "must be a standard resource type or fully qualified";

/// Whether a quota knows the resource by itself.
pub(super) fn is_quota_name(name: &str) -> bool {
    OF_QUOTAS.contains(&name) || is_huge_pages(name) || name.starts_with("requests.hugepages-")
}

/// Whether it is memory in huge pages.
pub(super) fn is_huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && format::qualified_name(&format!("requests.{name}")).is_empty()
}

/// Whether more may be promised than there is.
pub(super) fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !is_huge_pages(name)
}

/// Models validateResourceName.
pub(super) fn name(errors: &mut Errors, path: &str, name: &str) {
    let problems = format::qualified_name(name);
    if !problems.is_empty() {
        errors.invalid_all(path, name, problems);
    } else if !name.contains('/') && name != "storage" && !is_quota_name(name) {
        errors.invalid(path, name, NOT_STANDARD);
    }
}

/// Models validateContainerResourceName.
pub(super) fn container_name(errors: &mut Errors, path: &str, resource: &str) {
    name(errors, path, resource);
    if !resource.contains('/') {
        if !OF_CONTAINERS.contains(&resource) && !is_huge_pages(resource) {
            errors.invalid(path, resource, "must be a standard resource for containers");
        }
    } else if !is_native(resource) && !is_extended(resource) {
        errors.invalid(path, resource, "doesn't follow extended resource name standard");
    }
}

/// Models ValidateResourceQuotaResourceName.
pub(super) fn quota_name(errors: &mut Errors, path: &str, resource: &str) {
    name(errors, path, resource);
    if !resource.contains('/') && !is_quota_name(resource) {
        errors.invalid(path, resource, "must be a standard resource for quota");
    }
}

/// Models ValidateResourceQuantityValue.
pub(super) fn amount(errors: &mut Errors, path: &str, name: &str, amount: Quantity) {
    if amount.sign() < 0 {
        errors.invalid(path, amount.to_string(), "must be greater than or equal to 0");
    }
    if (COUNTED.contains(&name) || is_extended(name)) && !amount.is_whole() {
        errors.invalid(path, to_value(&amount.to_string()), "must be an integer");
    }
}

/// Huge pages come in whole pages.
pub(super) fn pages(errors: &mut Errors, path: &str, name: &str, amount: Quantity) {
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    let size = Quantity::parse(size).map_or(0, Quantity::value);
    if size > 0 && (amount.sign() <= 0 || amount.value() % size != 0) {
        let why = format!("{amount} is not positive integer multiple of {name}");
        errors.invalid(path, amount.to_string(), why);
    }
}

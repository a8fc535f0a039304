//! Validation of PriorityClasses. Models pkg/apis/scheduling/validation.

use k8s_openapi::api::scheduling::v1::PriorityClass;

use super::{Errors, meta};
use crate::api::meta::name;
use crate::api::to_value;

/// The highest value that a class may have which is not the system's.
const HIGHEST: i32 = 1_000_000_000;
const SYSTEM_PREFIX: &str = "system-";
/// The classes that every cluster has, with their values.
pub(crate) const SYSTEM_CLASSES: [(&str, i32); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

pub(super) fn class(errors: &mut Errors, class: &PriorityClass) {
    let name = name(&class.metadata);
    if name.starts_with(SYSTEM_PREFIX) {
        if let Some(why) = not_the_systems(class, name) {
            errors.forbidden(
                "metadata.name",
                format!(
                    "priority class names with '{SYSTEM_PREFIX}' prefix are reserved for system use only. error: {why}"
                ),
            );
        }
    } else if class.value.unwrap_or(0) > HIGHEST {
        let why = format!("maximum allowed value of a user defined priority is {HIGHEST}");
        errors.forbidden("value", why);
    }
    preemption_policy(errors, "preemptionPolicy", class.preemption_policy.as_deref());
}

/// Models pkg/apis/scheduling/v1: IsKnownSystemPriorityClass.
fn not_the_systems(class: &PriorityClass, name: &str) -> Option<String> {
    let Some((_, value)) = SYSTEM_CLASSES.iter().find(|(known, _)| *known == name) else {
        return Some(format!("{name} is not a known system priority class"));
    };
    if class.value != Some(*value) {
        return Some(format!("value of {name} PriorityClass must be {value}"));
    }
    let is_default = class.global_default == Some(true);
    is_default.then(|| format!("globalDefault of {name} PriorityClass must be false"))
}

/// Models pkg/apis/core/validation: ValidatePreemptionPolicy.
pub(super) fn preemption_policy(errors: &mut Errors, path: &str, policy: Option<&str>) {
    if let Some(policy) = policy {
        errors.one_of(path, Some(policy), &["PreemptLowerPriority", "Never"]);
    }
}

pub(super) fn class_update(errors: &mut Errors, new: &PriorityClass, old: &PriorityClass) {
    if new.value != old.value {
        errors.forbidden("value", "may not be changed in an update.");
    }
    let old_policy = to_value(&old.preemption_policy);
    meta::immutable(errors, "preemptionPolicy", to_value(&new.preemption_policy), &old_policy);
}

//! Validation of DaemonSets.
//!
//! Models pkg/apis/apps/validation: ValidateDaemonSetSpec.

use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet};
use serde_json::json;

use super::internal::{self, types};
use super::{Errors, apps, meta, pod};
use crate::api::field::FieldError;
use crate::api::to_value;

pub(super) fn create(errors: &mut Errors, set: &DaemonSet) {
    let empty = DaemonSetSpec::default();
    let spec = set.spec.as_ref().unwrap_or(&empty);
    let before = errors.0.len();
    meta::selector(errors, "spec.selector", &spec.selector);
    if errors.0.len() == before && !apps::selects(&spec.selector, &spec.template) {
        apps::unfit_labels(errors, &spec.template);
    }
    if meta::is_declared_empty(&spec.selector) {
        errors.invalid("spec.selector", json!({}), "empty selector is invalid for daemonset");
    }
    pod::template(errors, "spec.template", &spec.template, &[]);
    apps::check_lasting(errors, &spec.template, "DaemonSet");
    errors.not_negative("spec.minReadySeconds", spec.min_ready_seconds);
    let none = DaemonSetUpdateStrategy::default();
    strategy(errors, spec.update_strategy.as_ref().unwrap_or(&none));
    errors.not_negative("spec.revisionHistoryLimit", spec.revision_history_limit);
}

fn strategy(errors: &mut Errors, strategy: &DaemonSetUpdateStrategy) {
    let path = "spec.updateStrategy";
    match (strategy.type_.as_deref().unwrap_or_default(), &strategy.rolling_update) {
        ("OnDelete", _) => {}
        ("RollingUpdate", Some(rolling)) => rolling_update(errors, rolling),
        ("RollingUpdate", None) => errors.required(format!("{path}.rollingUpdate"), ""),
        _ => {
            let value = to_value(&strategy);
            let shown = Some(internal::one_line(&value, types::STRATEGY));
            let supported = ["RollingUpdate", "OnDelete"];
            errors.push(FieldError { shown, ..FieldError::not_supported(path, value, &supported) });
        }
    }
}

/// Models ValidateRollingUpdateDaemonSet: exactly one of the two limits is not zero.
fn rolling_update(errors: &mut Errors, rolling: &RollingUpdateDaemonSet) {
    let path = "spec.updateStrategy.rollingUpdate";
    let limits = [("maxUnavailable", &rolling.max_unavailable), ("maxSurge", &rolling.max_surge)];
    for (field, value) in limits {
        let Some(value) = value else { continue };
        apps::int_or_percent(errors, &format!("{path}.{field}"), value);
    }
    for (field, value) in limits {
        let Some(value) = value else { continue };
        apps::at_most_all(errors, &format!("{path}.{field}"), value);
    }
    let is_set = |value: &Option<_>| value.as_ref().is_some_and(|value| apps::number(value) != 0);
    match (is_set(&rolling.max_unavailable), is_set(&rolling.max_surge)) {
        (true, true) => {
            let why = "may not be set when maxUnavailable is non-zero";
            errors.invalid(format!("{path}.maxSurge"), to_value(&rolling.max_surge), why);
        }
        (false, false) => {
            errors.required(format!("{path}.maxUnavailable"), "cannot be 0 when maxSurge is 0");
        }
        _ => {}
    }
}

pub(super) fn update(errors: &mut Errors, new: &DaemonSet, old: &DaemonSet) {
    create(errors, new);
    if let (Some(new), Some(old)) = (&new.spec, &old.spec) {
        meta::immutable(errors, "spec.selector", to_value(&new.selector), &to_value(&old.selector));
    }
}

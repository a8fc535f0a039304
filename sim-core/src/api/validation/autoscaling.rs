//! Validation of `autoscaling/v2`. Models pkg/apis/autoscaling/validation.

use k8s_openapi::api::autoscaling::v2::{HPAScalingRules, HorizontalPodAutoscaler, MetricSpec, MetricTarget};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use serde_json::json;

use super::Errors;
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;

/// The longest period of a policy, in seconds.
const PERIOD_MAX: i32 = 1800;
/// The longest stabilization window, in seconds.
const WINDOW_MAX: i32 = 3600;

pub(super) fn autoscaler(errors: &mut Errors, scaler: &HorizontalPodAutoscaler) {
    let spec = &scaler.spec;
    if let Some(least) = spec.min_replicas.filter(|least| *least < 1) {
        errors.invalid("spec.minReplicas", least, "must be greater than or equal to 1");
    }
    if spec.max_replicas < 1 {
        errors.invalid("spec.maxReplicas", spec.max_replicas, "must be greater than 0");
    }
    if spec.min_replicas.is_some_and(|least| spec.max_replicas < least) {
        let why = "must be greater than or equal to `minReplicas`";
        errors.invalid("spec.maxReplicas", spec.max_replicas, why);
    }
    for (field, value) in [("kind", &spec.scale_target_ref.kind), ("name", &spec.scale_target_ref.name)] {
        if value.is_empty() {
            errors.required(format!("spec.scaleTargetRef.{field}"), "");
        }
    }
    for (index, metric) in spec.metrics.iter().flatten().enumerate() {
        metric_spec(errors, &format!("spec.metrics[{index}]"), metric);
    }
    if let Some(behavior) = &spec.behavior {
        for (field, rules) in [("scaleUp", &behavior.scale_up), ("scaleDown", &behavior.scale_down)] {
            if let Some(rules) = rules {
                scaling_rules(errors, &format!("spec.behavior.{field}"), rules);
            }
        }
    }
}

fn metric_spec(errors: &mut Errors, path: &str, metric: &MetricSpec) {
    let sources = [
        (
            "ContainerResource",
            "containerResource",
            metric.container_resource.as_ref().map(|source| &source.target),
        ),
        ("External", "external", metric.external.as_ref().map(|source| &source.target)),
        ("Object", "object", metric.object.as_ref().map(|source| &source.target)),
        ("Pods", "pods", metric.pods.as_ref().map(|source| &source.target)),
        ("Resource", "resource", metric.resource.as_ref().map(|source| &source.target)),
    ];
    if metric.type_.is_empty() {
        errors.required(format!("{path}.type"), "must specify a metric source type");
        return;
    }
    let Some((_, field, target)) = sources.iter().find(|(name, _, _)| *name == metric.type_) else {
        let supported = sources.map(|(name, _, _)| name);
        errors.push(FieldError::not_supported(format!("{path}.type"), metric.type_.as_str(), &supported));
        return;
    };
    for (_, other, _) in sources.iter().filter(|(name, _, found)| *name != metric.type_ && found.is_some()) {
        let why = "must populate the given metric source only";
        errors.forbidden(format!("{path}.{other}"), why);
    }
    let path = format!("{path}.{field}");
    let Some(target) = target else {
        errors.required(path, "must populate information for the given metric source");
        return;
    };
    let name = match (&metric.resource, &metric.container_resource) {
        (Some(source), _) if metric.type_ == "Resource" => Some(&source.name),
        (_, Some(source)) if metric.type_ == "ContainerResource" => Some(&source.name),
        _ => None,
    };
    if name.is_some_and(String::is_empty) {
        errors.required(format!("{path}.name"), "must specify a resource name");
    }
    metric_target(errors, &format!("{path}.target"), target, name.is_some());
}

fn metric_target(errors: &mut Errors, path: &str, target: &MetricTarget, of_resource: bool) {
    if target.type_.is_empty() {
        errors.required(format!("{path}.type"), "must specify a metric target type");
    }
    if !matches!(target.type_.as_str(), "Utilization" | "Value" | "AverageValue") {
        let why = "must be either Utilization, Value, or AverageValue";
        errors.invalid(format!("{path}.type"), target.type_.as_str(), why);
    }
    let values: [(&str, &Option<ApiQuantity>); 2] =
        [("value", &target.value), ("averageValue", &target.average_value)];
    for (field, value) in values {
        if let Some(value) = value.as_ref().filter(|value| Quantity::of(value).sign() != 1) {
            errors.invalid(format!("{path}.{field}"), json!(value), "must be positive");
        }
    }
    if let Some(percent) = target.average_utilization.filter(|percent| *percent < 1) {
        errors.invalid(format!("{path}.averageUtilization"), percent, "must be greater than 0");
    }
    match (target.average_utilization.is_some(), target.average_value.is_some()) {
        (false, false) if of_resource => {
            let why = "must set either a target raw value or a target utilization";
            errors.required(format!("{path}.averageUtilization"), why);
        }
        (true, true) if of_resource => {
            let why = "may not set both a target raw value and a target utilization";
            errors.forbidden(format!("{path}.averageValue"), why);
        }
        _ => {}
    }
}

fn scaling_rules(errors: &mut Errors, path: &str, rules: &HPAScalingRules) {
    if let Some(seconds) = rules.stabilization_window_seconds {
        let path = format!("{path}.stabilizationWindowSeconds");
        if seconds < 0 {
            errors.invalid(path, seconds, "must be greater than or equal to zero");
        } else if seconds > WINDOW_MAX {
            errors.invalid(path, seconds, format!("must be less than or equal to {WINDOW_MAX}"));
        }
    }
    if let Some(policy) = &rules.select_policy {
        errors.one_of(format!("{path}.selectPolicy"), Some(policy), &["Disabled", "Max", "Min"]);
    }
    let policies = rules.policies.as_deref().unwrap_or_default();
    if policies.is_empty() {
        errors.required(format!("{path}.policies"), "must specify at least one Policy");
    }
    for (index, policy) in policies.iter().enumerate() {
        let path = format!("{path}.policies[{index}]");
        if !matches!(policy.type_.as_str(), "Pods" | "Percent") {
            let supported = ["Percent", "Pods"];
            errors.push(FieldError::not_supported(format!("{path}.type"), policy.type_.as_str(), &supported));
        }
        if policy.value <= 0 {
            errors.invalid(format!("{path}.value"), policy.value, "must be greater than zero");
        }
        let seconds = policy.period_seconds;
        if seconds <= 0 {
            errors.invalid(format!("{path}.periodSeconds"), seconds, "must be greater than zero");
        } else if seconds > PERIOD_MAX {
            let why = format!("must be less than or equal to {PERIOD_MAX}");
            errors.invalid(format!("{path}.periodSeconds"), seconds, why);
        }
    }
}

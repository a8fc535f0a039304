//! Validation of `autoscaling/v2`. Models pkg/apis/autoscaling/validation.

use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HPAScalingRules, HorizontalPodAutoscaler, MetricIdentifier, MetricSpec,
    MetricTarget,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::{Errors, format};
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;
use crate::api::to_value;

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
    reference(errors, "spec.scaleTargetRef", &spec.scale_target_ref);
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

/// What a metric may be of, in the order in which the API server looks: its type, and its field.
const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];

/// Models validateMetricSpec.
fn metric_spec(errors: &mut Errors, path: &str, metric: &MetricSpec) {
    const SUPPORTED: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];
    if metric.type_.is_empty() {
        errors.required(format!("{path}.type"), "must specify a metric source type");
    }
    if !SUPPORTED.contains(&metric.type_.as_str()) {
        let kind = metric.type_.as_str();
        errors.push(FieldError::not_supported(format!("{path}.type"), kind, &SUPPORTED));
    }
    let is_there = |field: &str| match field {
        "object" => metric.object.is_some(),
        "external" => metric.external.is_some(),
        "pods" => metric.pods.is_some(),
        "resource" => metric.resource.is_some(),
        _ => metric.container_resource.is_some(),
    };
    let there: Vec<&str> =
        SOURCES.into_iter().map(|(_, field)| field).filter(|field| is_there(field)).collect();
    if let Some(first) = there.first() {
        metric_source(errors, &format!("{path}.{first}"), first, metric);
    }
    let expected = SOURCES.into_iter().find(|(name, _)| *name == metric.type_).map(|(_, field)| field);
    if let Some(field) = expected.filter(|field| !is_there(field)) {
        errors.required(format!("{path}.{field}"), "must populate information for the given metric source");
    }
    if there.len() > 1 {
        for other in there.into_iter().filter(|field| Some(*field) != expected) {
            errors.forbidden(format!("{path}.{other}"), "must populate the given metric source only");
        }
    }
}

fn metric_source(errors: &mut Errors, path: &str, field: &str, metric: &MetricSpec) {
    let value = |target: &MetricTarget| target.value.is_some() || target.average_value.is_some();
    let average = format!("{path}.target.averageValue");
    match field {
        "object" => metric.object.iter().for_each(|source| {
            reference(errors, &format!("{path}.describedObject"), &source.described_object);
            identifier(errors, path, &source.metric);
            metric_target(errors, &format!("{path}.target"), &source.target);
            if !value(&source.target) {
                errors.required(&*average, "must set either a target value or averageValue");
            }
        }),
        "external" => metric.external.iter().for_each(|source| {
            identifier(errors, path, &source.metric);
            metric_target(errors, &format!("{path}.target"), &source.target);
            if !value(&source.target) {
                let why = "must set either a target value for metric or a per-pod target";
                errors.required(&*average, why);
            }
            if source.target.value.is_some() && source.target.average_value.is_some() {
                let why = "may not set both a target value for metric and a per-pod target";
                errors.forbidden(format!("{path}.target.value"), why);
            }
        }),
        "pods" => metric.pods.iter().for_each(|source| {
            identifier(errors, path, &source.metric);
            metric_target(errors, &format!("{path}.target"), &source.target);
            if source.target.average_value.is_none() {
                errors.required(&*average, "must specify a positive target averageValue");
            }
        }),
        "resource" => metric.resource.iter().for_each(|source| {
            resource(errors, path, &source.name, None, &source.target);
        }),
        _ => metric.container_resource.iter().for_each(|source| {
            resource(errors, path, &source.name, Some(&source.container), &source.target);
        }),
    }
}

fn resource(errors: &mut Errors, path: &str, name: &str, container: Option<&str>, target: &MetricTarget) {
    if name.is_empty() {
        errors.required(format!("{path}.name"), "must specify a resource name");
    }
    if container == Some("") {
        errors.required(format!("{path}.container"), "must specify a container");
    }
    metric_target(errors, &format!("{path}.target"), target);
    match (target.average_utilization.is_some(), target.average_value.is_some()) {
        (false, false) => {
            let why = "must set either a target raw value or a target utilization";
            errors.required(format!("{path}.target.averageUtilization"), why);
        }
        (true, true) => {
            let why = "may not set both a target raw value and a target utilization";
            errors.forbidden(format!("{path}.target.averageValue"), why);
        }
        _ => {}
    }
}

/// Models validateMetricIdentifier.
fn identifier(errors: &mut Errors, path: &str, metric: &MetricIdentifier) {
    let path = format!("{path}.metric.name");
    match metric.name.as_str() {
        "" => errors.required(path, "must specify a metric name"),
        name => errors.invalid_all(path, name, format::path_segment(name)),
    }
}

/// Models ValidateCrossVersionObjectReference.
fn reference(errors: &mut Errors, path: &str, target: &CrossVersionObjectReference) {
    for (field, value) in [("kind", &target.kind), ("name", &target.name)] {
        let path = format!("{path}.{field}");
        match value.as_str() {
            "" => errors.required(path, ""),
            value => errors.invalid_all(path, value, format::path_segment(value)),
        }
    }
}

fn metric_target(errors: &mut Errors, path: &str, target: &MetricTarget) {
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
            errors.invalid(format!("{path}.{field}"), to_value(&value), "must be positive");
        }
    }
    if let Some(percent) = target.average_utilization.filter(|percent| *percent < 1) {
        errors.invalid(format!("{path}.averageUtilization"), percent, "must be greater than 0");
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
        let supported = ["Disabled", "Max", "Min"];
        if !supported.contains(&policy.as_str()) {
            errors.push(FieldError::not_supported(
                format!("{path}.selectPolicy"),
                policy.as_str(),
                &supported,
            ));
        }
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

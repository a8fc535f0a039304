//! Models kubectl pkg/describe: describeHorizontalPodAutoscalerV2.

use k8s_openapi::api::autoscaling::v2::{
    HPAScalingRules, HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::text::Text;
use super::{or_empty, time_text};
use crate::api::kinds::format::{UNKNOWN, UNSET};
use crate::api::meta;

pub(super) fn describe(text: &mut Text, scaler: &HorizontalPodAutoscaler) {
    let spec = scaler.spec.clone();
    let status = scaler.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&scaler.metadata));
    text.field(0, "Namespace", meta::namespace(&scaler.metadata));
    text.labels("", "Labels", scaler.metadata.labels.as_ref());
    text.annotations("Annotations", scaler.metadata.annotations.as_ref());
    text.field(0, "CreationTimestamp", time_text(scaler.metadata.creation_timestamp.as_ref()));
    let target = &spec.scale_target_ref;
    text.field(0, "Reference", format_args!("{}/{}", target.kind, target.name));
    text.field(0, "Metrics", "( current / target )");
    let current = status.current_metrics.as_deref().unwrap_or_default();
    for (index, spec) in spec.metrics.iter().flatten().enumerate() {
        text.line(1, metric(spec, current.get(index)));
    }
    let least = spec.min_replicas.map_or_else(|| UNSET.to_owned(), |least| least.to_string());
    text.field(0, "Min replicas", least);
    text.field(0, "Max replicas", spec.max_replicas);
    if let Some(behavior) = &spec.behavior {
        text.line(0, "Behavior:");
        rules(text, "Scale Up", behavior.scale_up.as_ref());
        rules(text, "Scale Down", behavior.scale_down.as_ref());
    }
    let (now, wanted) = (status.current_replicas.unwrap_or(0), status.desired_replicas);
    text.field(0, &format!("{} pods", target.kind), format_args!("{now} current / {wanted} desired"));
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus\tReason\tMessage");
        text.line(1, "----\t------\t------\t-------");
    }
    for found in conditions {
        let (reason, message) = (or_empty(&found.reason), or_empty(&found.message));
        text.line(1, format_args!("{}\t{}\t{reason}\t{message}", found.type_, found.status));
    }
}

fn metric(spec: &MetricSpec, status: Option<&MetricStatus>) -> String {
    let current = |pick: fn(&MetricStatus) -> Option<&MetricValueStatus>| status.and_then(pick);
    if let Some(source) = &spec.resource {
        let current = current(|status| status.resource.as_ref().map(|found| &found.current));
        return of_resource(&format!("resource {} on pods", source.name), &source.target, current);
    }
    if let Some(source) = &spec.container_resource {
        let current = current(|status| status.container_resource.as_ref().map(|found| &found.current));
        let subject = format!("resource {} of container \"{}\" on pods", source.name, source.container);
        return of_resource(&subject, &source.target, current);
    }
    if let Some(source) = &spec.pods {
        let current = current(|status| status.pods.as_ref().map(|found| &found.current));
        let now = average(current);
        return format!(
            "\"{}\" on pods:\t{now} / {}",
            source.metric.name,
            shown(source.target.average_value.as_ref())
        );
    }
    let (subject, target, current) = if let Some(source) = &spec.object {
        let object = &source.described_object;
        let subject = format!("\"{}\" on {}/{}", source.metric.name, object.kind, object.name);
        (subject, &source.target, current(|status| status.object.as_ref().map(|found| &found.current)))
    } else if let Some(source) = &spec.external {
        let current = current(|status| status.external.as_ref().map(|found| &found.current));
        (format!("\"{}\"", source.metric.name), &source.target, current)
    } else {
        return format!("<unknown metric type \"{}\">", spec.type_);
    };
    match &target.average_value {
        Some(wanted) => format!("{subject} (target average value):\t{} / {}", average(current), wanted.0),
        None => {
            let now = shown(current.and_then(|current| current.value.as_ref()));
            format!("{subject} (target value):\t{now} / {}", shown(target.value.as_ref()))
        }
    }
}

fn of_resource(subject: &str, target: &MetricTarget, current: Option<&MetricValueStatus>) -> String {
    if let Some(wanted) = &target.average_value {
        return format!("{subject}:\t{} / {}", average(current), wanted.0);
    }
    let percent = current.and_then(|current| current.average_utilization);
    let now =
        percent.map_or_else(|| UNKNOWN.to_owned(), |percent| format!("{percent}% ({})", average(current)));
    let wanted =
        target.average_utilization.map_or_else(|| "<auto>".to_owned(), |percent| format!("{percent}%"));
    format!("{subject}  (as a percentage of request):\t{now} / {wanted}")
}

fn average(current: Option<&MetricValueStatus>) -> String {
    shown(current.and_then(|current| current.average_value.as_ref()))
}

fn shown(value: Option<&ApiQuantity>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| value.0.clone())
}

/// Models kubectl pkg/describe: printDirectionBehavior.
fn rules(text: &mut Text, direction: &str, rules: Option<&HPAScalingRules>) {
    let Some(rules) = rules else { return };
    text.line(1, format_args!("{direction}:"));
    if let Some(seconds) = rules.stabilization_window_seconds {
        text.line(2, format_args!("Stabilization Window: {seconds} seconds"));
    }
    let policies = rules.policies.as_deref().unwrap_or_default();
    if policies.is_empty() {
        return;
    }
    text.line(2, format_args!("Select Policy: {}", rules.select_policy.as_deref().unwrap_or("Max")));
    text.line(2, "Policies:");
    for policy in policies {
        let (type_, value, seconds) = (&policy.type_, policy.value, policy.period_seconds);
        text.line(3, format_args!("- Type: {type_}\tValue: {value}\tPeriod: {seconds} seconds"));
    }
}

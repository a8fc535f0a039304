//! Objects in the versions that the store does not keep them in: `autoscaling/v1` and `events.k8s.io/v1`.

use serde_json::{Map, Value, json};

use super::json::compact;
use crate::api::{Kind, to_value};

/// A version that is served besides the one that objects are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherVersion {
    /// `autoscaling/v1`
    FirstAutoscaling,
    /// `events.k8s.io/v1`
    Events,
}

/// The first version of autoscaling.
pub const FIRST_AUTOSCALING: &str = "autoscaling/v1";
const EVENTS: &str = "events.k8s.io/v1";

impl OtherVersion {
    /// The version that a word of the command line asks for, `hpa.v1.autoscaling`.
    pub fn of_word(word: &str) -> Option<OtherVersion> {
        let word = word.split('/').next().unwrap_or_default();
        match word.split_once('.')?.1 {
            "v1.autoscaling" => Some(OtherVersion::FirstAutoscaling),
            "v1.events.k8s.io" | "events.k8s.io" => Some(OtherVersion::Events),
            _ => None,
        }
    }

    /// The object in that version; objects of other kinds stay as they are.
    pub fn convert(self, value: Value) -> Value {
        match (self, value["kind"].as_str()) {
            (OtherVersion::FirstAutoscaling, Some("HorizontalPodAutoscaler")) => to_first_autoscaling(value),
            (OtherVersion::Events, Some("Event")) => to_events(value),
            _ => value,
        }
    }
}

/// Models pkg/apis/events/v1: Convert_core_Event_To_v1_Event.
fn to_events(mut value: Value) -> Value {
    let Some(fields) = value.as_object_mut() else { return value };
    fields.insert("apiVersion".to_owned(), to_value(&EVENTS));
    for (old, new) in [
        ("involvedObject", "regarding"),
        ("message", "note"),
        ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"),
        ("count", "deprecatedCount"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
    ] {
        if let Some(field) = fields.remove(old) {
            fields.insert(new.to_owned(), field);
        }
    }
    value
}

/// Says in `autoscaling/v2` what a manifest says in `autoscaling/v1`. The API server converts the same way.
///
/// Models pkg/apis/autoscaling/v1: Convert_v1_HorizontalPodAutoscalerSpec_To_autoscaling_HorizontalPodAutoscalerSpec.
pub fn to_second_autoscaling(value: &mut Value) {
    value["apiVersion"] = Value::from(Kind::HorizontalPodAutoscaler.info().api_version());
    let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if let Some(percentage) = spec.remove("targetCPUUtilizationPercentage") {
        let target = json!({"type": "Utilization", "averageUtilization": percentage});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        spec.insert("metrics".to_owned(), json!([metric]));
    }
}

/// Says in `autoscaling/v1` what the API server keeps in `autoscaling/v2`: what has no field there goes into
/// annotations.
///
/// Models pkg/apis/autoscaling/v1: Convert_autoscaling_HorizontalPodAutoscaler_To_v1_HorizontalPodAutoscaler.
fn to_first_autoscaling(mut value: Value) -> Value {
    value["apiVersion"] = to_value(&FIRST_AUTOSCALING);
    let metrics = take_list(&mut value, "spec", "metrics");
    let behavior = take(&mut value, "spec", "behavior");
    let current = take_list(&mut value, "status", "currentMetrics");
    let conditions = take_list(&mut value, "status", "conditions");
    let is_cpu = |metric: &&Value| metric["resource"]["name"] == "cpu";
    let percent = |metric: &Value| metric["resource"]["target"]["averageUtilization"].clone();
    if let Some(target) = metrics.iter().find(is_cpu).map(percent).filter(|target| !target.is_null()) {
        value["spec"]["targetCPUUtilizationPercentage"] = target;
    }
    if let Some(cpu) = current.iter().rfind(is_cpu)
        && let utilization @ Value::Number(_) = &cpu["resource"]["current"]["averageUtilization"]
    {
        value["status"]["currentCPUUtilizationPercentage"] = utilization.clone();
    }
    if !value["status"]["currentReplicas"].is_number() && value["status"].is_object() {
        value["status"]["currentReplicas"] = json!(0);
    }
    let others = metrics.iter().filter(|metric| !is_cpu(metric) || percent(metric).is_null());
    let others: Vec<String> = others.map(metric_spec).collect();
    let mut notes: Vec<(&str, String)> = Vec::new();
    if !others.is_empty() {
        notes.push(("metrics", list(&others)));
    }
    if !current.is_empty() {
        notes.push(("current-metrics", list(&current.iter().map(metric_status).collect::<Vec<_>>())));
    }
    if !conditions.is_empty() {
        notes.push(("conditions", list(&conditions.iter().map(condition).collect::<Vec<_>>())));
    }
    if !behavior.is_null() {
        let of = |rules: &Value| if rules.is_null() { "null".to_owned() } else { scaling_rules(rules) };
        let (up, down) = (of(&behavior["scaleUp"]), of(&behavior["scaleDown"]));
        notes.push(("behavior", format!("{{\"ScaleUp\":{up},\"ScaleDown\":{down}}}")));
    }
    for (name, text) in notes {
        value["metadata"]["annotations"][format!("autoscaling.alpha.kubernetes.io/{name}")] = to_value(&text);
    }
    value
}

fn take(value: &mut Value, part: &str, field: &str) -> Value {
    value.get_mut(part).and_then(Value::as_object_mut).and_then(|part| part.remove(field)).unwrap_or_default()
}

fn take_list(value: &mut Value, part: &str, field: &str) -> Vec<Value> {
    match take(value, part, field) {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// An object of the fields that there are, in this order.
fn object(fields: &[(&str, &Value)]) -> String {
    let there = fields.iter().filter(|(_, value)| !value.is_null());
    let told: Vec<String> = there.map(|(name, value)| format!("\"{name}\":{}", compact(value))).collect();
    format!("{{{}}}", told.join(","))
}

/// An object of that type, with what the type has in a field of its name.
fn of_type(metric: &Value, field: &str, inner: &str) -> String {
    format!("{{\"type\":{},\"{field}\":{inner}}}", compact(&metric["type"]))
}

fn metric_spec(metric: &Value) -> String {
    let kinds: Map<String, Value> = metric.as_object().cloned().unwrap_or_default();
    let Some((field, of)) = kinds.iter().find(|(_, of)| of.is_object()) else {
        return format!("{{\"type\":{}}}", compact(&metric["type"]));
    };
    let target = &of["target"];
    let (name, selector) = (&of["metric"]["name"], &of["metric"]["selector"]);
    let zero = json!("0");
    let inner = match field.as_str() {
        "resource" | "containerResource" => object(&[
            ("name", &of["name"]),
            ("targetAverageUtilization", &target["averageUtilization"]),
            ("targetAverageValue", &target["averageValue"]),
            ("container", &of["container"]),
        ]),
        "pods" => object(&[
            ("metricName", name),
            ("targetAverageValue", &target["averageValue"]),
            ("selector", selector),
        ]),
        "object" => {
            let value = if target["value"].is_null() { &zero } else { &target["value"] };
            let about = &of["describedObject"];
            let reference = object(&[
                ("kind", &about["kind"]),
                ("name", &about["name"]),
                ("apiVersion", &about["apiVersion"]),
            ]);
            let rest = object(&[
                ("metricName", name),
                ("targetValue", value),
                ("selector", selector),
                ("averageValue", &target["averageValue"]),
            ]);
            format!("{{\"target\":{reference},{}", &rest[1..])
        }
        _ => object(&[
            ("metricName", name),
            ("metricSelector", selector),
            ("targetValue", &target["value"]),
            ("targetAverageValue", &target["averageValue"]),
        ]),
    };
    of_type(metric, field, &inner)
}

/// Only resources have a status: there are no other metrics.
fn metric_status(metric: &Value) -> String {
    let fields = ["resource", "containerResource"];
    let Some(field) = fields.into_iter().find(|field| metric[*field].is_object()) else {
        return object(&[("type", &metric["type"])]);
    };
    let of = &metric[field];
    let inner = object(&[
        ("name", &of["name"]),
        ("currentAverageUtilization", &of["current"]["averageUtilization"]),
        ("currentAverageValue", &of["current"]["averageValue"]),
        ("container", &of["container"]),
    ]);
    of_type(metric, field, &inner)
}

fn condition(of: &Value) -> String {
    let names = ["type", "status", "lastTransitionTime", "reason", "message"];
    object(&names.map(|name| (name, &of[name])))
}

/// Rules as Go's internal type writes them, which names its fields in capitals and leaves none out.
fn scaling_rules(rules: &Value) -> String {
    let policies = rules["policies"].as_array().into_iter().flatten().map(|policy| {
        object(&[
            ("Type", &policy["type"]),
            ("Value", &policy["value"]),
            ("PeriodSeconds", &policy["periodSeconds"]),
        ])
    });
    format!(
        "{{\"StabilizationWindowSeconds\":{},\"SelectPolicy\":{},\"Policies\":{},\"Tolerance\":{}}}",
        compact(&rules["stabilizationWindowSeconds"]),
        compact(&rules["selectPolicy"]),
        list(&policies.collect::<Vec<_>>()),
        compact(&rules["tolerance"])
    )
}

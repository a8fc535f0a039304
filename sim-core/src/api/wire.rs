//! An object as the API server sends it: what Go's encoder always writes, though it is empty.

use serde_json::{Map, Value, json};

use crate::api::{Feature, FeatureGates, Kind, Object};

/// The object as JSON, without the field managers, which kubectl hides.
pub fn value(object: &Object) -> Value {
    let mut value = object.to_value();
    if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("managedFields");
    }
    let Some(top) = value.as_object_mut() else { return value };
    match object.kind() {
        Kind::Pod => {
            pod_spec(top.get_mut("spec"));
            pod_status(field(top, "status"));
        }
        Kind::StatefulSet | Kind::DaemonSet | Kind::Deployment | Kind::ReplicaSet | Kind::Job => {
            workload(top)
        }
        Kind::HorizontalPodAutoscaler => {
            let status = field(top, "status");
            status.entry("currentMetrics").or_insert(Value::Null);
            status.entry("desiredReplicas").or_insert_with(|| Value::from(0));
        }
        Kind::CronJob => {
            field(top, "status");
            let template =
                top.get_mut("spec").and_then(|spec| spec.pointer_mut("/jobTemplate/spec/template"));
            pod_spec(template.and_then(|template| template.get_mut("spec")));
        }
        Kind::Event => event(top),
        Kind::EndpointSlice => {
            null_if_empty(top, "endpoints");
            null_if_empty(top, "ports");
        }
        Kind::Service => {
            field(field(top, "status"), "loadBalancer");
        }
        Kind::PersistentVolumeClaim => {
            for condition in list(field(top, "status").get_mut("conditions")) {
                set_missing(condition, "lastProbeTime", Value::Null);
                set_missing(condition, "lastTransitionTime", Value::Null);
            }
        }
        Kind::PersistentVolume | Kind::Namespace | Kind::Node => {
            field(top, "spec");
            field(top, "status");
        }
        _ => {}
    }
    value
}

/// Adds `creationTimestamp: null` where Go wrote a time that there is not, for a release that does so: to an object
/// that was never sent, and to templates.
pub fn say_null_creation(value: &mut Value, gates: FeatureGates) {
    if gates.has(Feature::NoNullCreation) {
        return;
    }
    null_creation(value);
    for path in ["/spec/template", "/spec/jobTemplate", "/spec/jobTemplate/spec/template"] {
        value.pointer_mut(path).into_iter().for_each(null_creation);
    }
    list(value.pointer_mut("/spec/volumeClaimTemplates")).for_each(null_creation);
}

fn null_creation(value: &mut Value) {
    if let Some(meta) = field_of(value, "metadata") {
        meta.entry("creationTimestamp").or_insert(Value::Null);
    }
}

fn workload(top: &mut Map<String, Value>) {
    field(top, "status");
    if let Some(template) = top.get_mut("spec").and_then(|spec| spec.get_mut("template")) {
        pod_spec(template.get_mut("spec"));
    }
}

fn pod_spec(spec: Option<&mut Value>) {
    let Some(spec) = spec.and_then(Value::as_object_mut) else { return };
    for name in ["initContainers", "containers"] {
        for container in list(spec.get_mut(name)) {
            set_missing(container, "resources", json!({}));
        }
    }
}

fn pod_status(status: &mut Map<String, Value>) {
    for condition in list(status.get_mut("conditions")) {
        set_missing(condition, "lastProbeTime", Value::Null);
        set_missing(condition, "lastTransitionTime", Value::Null);
    }
    for name in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
        for container in list(status.get_mut(name)) {
            for state in ["state", "lastState"] {
                let Some(state) = field_of(container, state) else { continue };
                for (phase, times) in [
                    ("running", ["startedAt"].as_slice()),
                    ("terminated", ["startedAt", "finishedAt"].as_slice()),
                ] {
                    let Some(phase) = state.get_mut(phase) else { continue };
                    times.iter().for_each(|time| set_missing(phase, time, Value::Null));
                }
            }
        }
    }
}

fn event(top: &mut Map<String, Value>) {
    for time in ["eventTime", "firstTimestamp", "lastTimestamp"] {
        top.entry(time).or_insert(Value::Null);
    }
    for text in ["reportingComponent", "reportingInstance"] {
        top.entry(text).or_insert_with(|| json!(""));
    }
    field(top, "source");
}

/// The map at `name`, made if it is not there.
fn field<'a>(map: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(name).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(map) => map,
        // It was made an object above.
        _ => unreachable!("the field is an object"),
    }
}

fn field_of<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    value.as_object_mut().map(|map| field(map, name))
}

fn list(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

fn set_missing(value: &mut Value, name: &str, default: Value) {
    if let Some(map) = value.as_object_mut() {
        map.entry(name).or_insert(default);
    }
}

fn null_if_empty(map: &mut Map<String, Value>, name: &str) {
    let is_empty = map.get(name).is_none_or(|value| value.as_array().is_some_and(Vec::is_empty));
    if is_empty {
        map.insert(name.to_owned(), Value::Null);
    }
}

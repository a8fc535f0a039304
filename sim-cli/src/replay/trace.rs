//! What the recorder's watches would have noted of a change: the fields that matter, by kind.

use serde_json::{Map, Value, json};
use sim_core::api::Kind;
use sim_core::store::{Change, ChangeType};

/// One entry of a trace.
pub fn entry(change: &Change) -> Value {
    let object = change.object.to_value();
    let kind = change.object.kind();
    let mut entry = Map::new();
    let seconds = change.at.since_start().as_millis();
    entry.insert("t".to_owned(), json!(seconds));
    entry.insert("type".to_owned(), json!(change.change.as_str()));
    entry.insert("kind".to_owned(), json!(kind.name()));
    entry.insert("name".to_owned(), object["metadata"]["name"].clone());
    common(&object, &mut entry);
    details(kind, &object, &mut entry);
    debug_assert!(matches!(change.change, ChangeType::Added | ChangeType::Modified | ChangeType::Deleted));
    Value::Object(entry)
}

fn put(entry: &mut Map<String, Value>, name: &str, value: &Value) {
    if !value.is_null() {
        entry.insert(name.to_owned(), value.clone());
    }
}

fn common(object: &Value, entry: &mut Map<String, Value>) {
    let meta = &object["metadata"];
    if let Some(owners) = meta["ownerReferences"].as_array() {
        let owner = |owner: &Value| {
            let star = if owner["controller"] == json!(true) { "*" } else { "" };
            json!(format!("{}/{}{star}", text(&owner["kind"]), text(&owner["name"])))
        };
        entry.insert("owners".to_owned(), owners.iter().map(owner).collect());
    }
    put(entry, "finalizers", &meta["finalizers"]);
    if !meta["deletionTimestamp"].is_null() {
        entry.insert("deleting".to_owned(), json!(true));
    }
}

fn details(kind: Kind, object: &Value, entry: &mut Map<String, Value>) {
    let (meta, spec, status) = (&object["metadata"], &object["spec"], &object["status"]);
    match kind {
        Kind::Pod => {
            put(entry, "deletionGracePeriodSeconds", &meta["deletionGracePeriodSeconds"]);
            put(entry, "node", &spec["nodeName"]);
            put(entry, "phase", &status["phase"]);
            put(entry, "conditions", &conditions(status));
            put(entry, "labels", &meta["labels"]);
        }
        Kind::StatefulSet | Kind::Deployment | Kind::ReplicaSet => {
            put(entry, "generation", &meta["generation"]);
            put(entry, "replicas", &spec["replicas"]);
            let mut shown = status.clone();
            if let Some(fields) = shown.as_object_mut() {
                fields.remove("conditions");
            }
            // The recordings leave out what is empty.
            if shown.as_object().is_some_and(|fields| !fields.is_empty()) {
                put(entry, "status", &shown);
            }
            put(entry, "image", &images(&spec["template"]));
            if kind == Kind::Deployment {
                put(entry, "conditions", &conditions(status));
            }
        }
        Kind::ControllerRevision => {
            put(entry, "revision", &object["revision"]);
            put(entry, "image", &images(&object["data"]["spec"]["template"]));
        }
        Kind::PersistentVolumeClaim => {
            put(entry, "phase", &status["phase"]);
            put(entry, "class_", &spec["storageClassName"]);
            entry.insert("bound".to_owned(), json!(!spec["volumeName"].is_null()));
            put(entry, "labels", &meta["labels"]);
        }
        Kind::PersistentVolume => {
            put(entry, "phase", &status["phase"]);
            put(entry, "claim", &spec["claimRef"]["name"]);
            put(entry, "policy", &spec["persistentVolumeReclaimPolicy"]);
        }
        Kind::Service => {
            let ip = if spec["clusterIP"] == json!("None") { "None" } else { "<ip>" };
            entry.insert("clusterIP".to_owned(), json!(ip));
        }
        Kind::EndpointSlice => endpoints(object, entry),
        Kind::Node => node(object, entry),
        Kind::PodDisruptionBudget => {
            let mut shown = status.clone();
            if let Some(fields) = shown.as_object_mut() {
                fields.remove("conditions");
            }
            put(entry, "status", &shown);
        }
        Kind::Event => event(object, entry),
        _ => {}
    }
}

fn conditions(status: &Value) -> Value {
    let Some(list) = status["conditions"].as_array() else { return Value::Null };
    let mut conditions = Map::new();
    for condition in list {
        let mut shown = text(&condition["status"]).to_owned();
        if let Some(reason) = condition["reason"].as_str() {
            shown = format!("{shown}/{reason}");
        }
        conditions.insert(text(&condition["type"]).to_owned(), json!(shown));
    }
    Value::Object(conditions)
}

fn images(template: &Value) -> Value {
    let containers = template["spec"]["containers"].as_array();
    containers.map_or(Value::Null, |list| list.iter().map(|container| container["image"].clone()).collect())
}

fn endpoints(object: &Value, entry: &mut Map<String, Value>) {
    let Some(list) = object["endpoints"].as_array().filter(|list| !list.is_empty()) else { return };
    let shown = |endpoint: &Value| {
        let conditions = &endpoint["conditions"];
        let mut shown = Map::new();
        put(&mut shown, "pod", &endpoint["targetRef"]["name"]);
        shown.insert("hostname".to_owned(), endpoint["hostname"].clone());
        for name in ["ready", "serving", "terminating"] {
            put(&mut shown, name, &conditions[name]);
        }
        Value::Object(shown)
    };
    entry.insert("endpoints".to_owned(), list.iter().map(shown).collect());
}

fn node(object: &Value, entry: &mut Map<String, Value>) {
    let taints = object["spec"]["taints"].as_array();
    if let Some(taints) = taints.filter(|taints| !taints.is_empty()) {
        let shown = |taint: &Value| json!(format!("{}:{}", text(&taint["key"]), text(&taint["effect"])));
        entry.insert("taints".to_owned(), taints.iter().map(shown).collect());
    }
    put(entry, "unschedulable", &object["spec"]["unschedulable"]);
    let all = conditions(&object["status"]);
    entry.insert("conditions".to_owned(), json!({ "Ready": all["Ready"] }));
}

fn event(object: &Value, entry: &mut Map<String, Value>) {
    let about = &object["involvedObject"];
    entry.insert("about".to_owned(), json!(format!("{}/{}", text(&about["kind"]), text(&about["name"]))));
    put(entry, "severity", &object["type"]);
    for name in ["reason", "message", "count"] {
        put(entry, name, &object[name]);
    }
    let source = object["source"]["component"].as_str().filter(|source| !source.is_empty());
    let source = source.or(object["reportingComponent"].as_str()).unwrap_or_default();
    entry.insert("source".to_owned(), json!(source));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! Patches, namespaces, names, labels, annotations, replicas and images, in kustomize's order.
//!
//! Models kustomize's KustTarget.runTransformers.

use serde_json::{Map, Value, json};

use super::names::each;
use super::{Resource, join, objects, read, texts};
use crate::api::patch::Patch;
use crate::api::selector::Selector;
use crate::api::{Kind, decode, to_value};
use crate::kubectl::Files;
use crate::kubectl::error::CliError;

/// Changes the objects as the kustomization says.
///
/// # Errors
/// A patch that cannot be read or applied.
pub fn transform(
    plan: &Value,
    folder: &str,
    files: &dyn Files,
    resources: &mut Vec<Resource>,
) -> Result<(), CliError> {
    patches(plan, folder, files, resources)?;
    let text = |field: &str| plan.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let namespace = text("namespace");
    if !namespace.is_empty() {
        for resource in resources.iter_mut() {
            if resource.kind() == "Namespace" {
                resource.rename(namespace.clone());
            } else if is_namespaced(resource) {
                resource.value["metadata"]["namespace"] = to_value(&namespace);
            }
        }
    }
    let (prefix, suffix) = (text("namePrefix"), text("nameSuffix"));
    for resource in resources.iter_mut() {
        if !matches!(resource.kind(), "Namespace" | "CustomResourceDefinition" | "APIService") {
            let name = format!("{prefix}{}{suffix}", resource.name());
            resource.rename(name);
        }
    }
    super::names::follow(resources);
    labels(plan, resources);
    if let Some(pairs) = plan.get("commonAnnotations").and_then(Value::as_object) {
        for resource in resources.iter_mut() {
            add(&mut resource.value, "metadata/annotations", pairs);
            for template in TEMPLATES {
                add_within(&mut resource.value, template, "metadata/annotations", pairs);
            }
        }
    }
    for wanted in objects(plan, "replicas") {
        let name = wanted["name"].as_str().unwrap_or_default();
        for resource in resources.iter_mut().filter(|resource| resource.was(name)) {
            if matches!(
                resource.kind(),
                "Deployment" | "ReplicaSet" | "StatefulSet" | "ReplicationController"
            ) {
                resource.value["spec"]["replicas"] = wanted["count"].clone();
            }
        }
    }
    images(plan, resources);
    Ok(())
}

/// Where kinds have the template of their pods.
const TEMPLATES: &[&str] = &["spec/template", "spec/jobTemplate/spec/template"];

fn is_namespaced(resource: &Resource) -> bool {
    let kind = Kind::from_api(resource.text("/apiVersion"), resource.kind());
    kind.is_none_or(|kind| kind.info().namespaced)
}

/// Adds pairs to the map at `path`, which is made where it is absent.
fn add(value: &mut Value, path: &str, pairs: &Map<String, Value>) {
    let mut place = value;
    for field in path.split('/') {
        if !place[field].is_object() {
            place[field] = json!({});
        }
        place = &mut place[field];
    }
    if let Some(map) = place.as_object_mut() {
        map.extend(pairs.clone());
    }
}

/// [`add`] below each value at `place` that is there.
fn add_within(value: &mut Value, place: &str, path: &str, pairs: &Map<String, Value>) {
    each(value, place, &mut |found| add(found, path, pairs));
}

fn labels(plan: &Value, resources: &mut [Resource]) {
    for entry in objects(plan, "labels") {
        let Some(pairs) = entry["pairs"].as_object() else { continue };
        let (selects, templates) = (entry["includeSelectors"] == true, entry["includeTemplates"] == true);
        resources.iter_mut().for_each(|resource| label(resource, pairs, selects, templates || selects));
    }
    if let Some(pairs) = plan.get("commonLabels").and_then(Value::as_object) {
        resources.iter_mut().for_each(|resource| label(resource, pairs, true, true));
    }
}

/// Where a NetworkPolicy selects pods of its own namespace, by labels that are there.
const POLICY_SELECTORS: [&str; 3] = [
    "spec/podSelector/matchLabels",
    "spec/ingress/*/from/*/podSelector/matchLabels",
    "spec/egress/*/to/*/podSelector/matchLabels",
];

/// Models kustomize's builtinpluginconsts: commonlabels.
fn label(resource: &mut Resource, pairs: &Map<String, Value>, selects: bool, templates: bool) {
    let kind = resource.kind().to_owned();
    let value = &mut resource.value;
    add(value, "metadata/labels", pairs);
    if templates {
        for template in TEMPLATES {
            add_within(value, template, "metadata/labels", pairs);
        }
        add_within(value, "spec/volumeClaimTemplates/*", "metadata/labels", pairs);
    }
    if !selects {
        return;
    }
    match kind.as_str() {
        "Service" | "ReplicationController" => {
            // A Service without a selector gets none: its endpoints are somebody else's.
            if value.pointer("/spec/selector").is_some() {
                add(value, "spec/selector", pairs);
            }
        }
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" => {
            add(value, "spec/selector/matchLabels", pairs)
        }
        "NetworkPolicy" => {
            for place in POLICY_SELECTORS {
                each(value, place, &mut |found| {
                    found.as_object_mut().into_iter().for_each(|labels| labels.extend(pairs.clone()));
                });
            }
        }
        _ => add_within(value, "spec/selector/matchLabels", "", &Map::new()),
    }
    if matches!(kind.as_str(), "PodDisruptionBudget" | "Job")
        && let Some(Value::Object(matching)) = value.pointer_mut("/spec/selector/matchLabels")
    {
        matching.extend(pairs.clone());
    }
}

fn images(plan: &Value, resources: &mut [Resource]) {
    for wanted in objects(plan, "images") {
        let text = |field: &str| wanted.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(name) = text("name") else { continue };
        for resource in resources.iter_mut() {
            for spec in ["spec", "spec/template/spec", "spec/jobTemplate/spec/template/spec"] {
                for list in ["containers", "initContainers", "ephemeralContainers"] {
                    each(&mut resource.value, &format!("{spec}/{list}/*/image"), &mut |image| {
                        let Some(old) = image.as_str() else { return };
                        let (old_name, rest) = split_image(old);
                        if old_name != name {
                            return;
                        }
                        let rest = match (text("digest"), text("newTag")) {
                            (Some(digest), _) => format!("@{digest}"),
                            (None, Some(tag)) => format!(":{tag}"),
                            (None, None) => rest.to_owned(),
                        };
                        *image = Value::from(format!("{}{rest}", text("newName").unwrap_or(old_name)));
                    });
                }
            }
        }
    }
}

/// An image's name, and its tag or digest with the mark before it.
fn split_image(image: &str) -> (&str, &str) {
    if let Some(at) = image.find('@') {
        return image.split_at(at);
    }
    let path = image.rfind('/').map_or(0, |at| at + 1);
    match image[path..].rfind(':') {
        Some(at) => image.split_at(path + at),
        None => (image, ""),
    }
}

fn patches(
    plan: &Value,
    folder: &str,
    files: &dyn Files,
    resources: &mut Vec<Resource>,
) -> Result<(), CliError> {
    for source in texts(plan, "patchesStrategicMerge") {
        let inline = source.contains('\n');
        let text = if inline { source.to_owned() } else { read(&join(folder, source), files)? };
        patch(&text, None, resources)?;
    }
    for entry in objects(plan, "patches").chain(objects(plan, "patchesJson6902")) {
        let text = match (entry["patch"].as_str(), entry["path"].as_str()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(path)) => read(&join(folder, path), files)?,
            (None, None) => {
                return Err(CliError::plain("must specify one of patch and path in PatchTransformer"));
            }
        };
        patch(&text, entry.get("target"), resources)?;
    }
    Ok(())
}

fn patch(text: &str, target: Option<&Value>, resources: &mut Vec<Resource>) -> Result<(), CliError> {
    let documents = decode::documents(text)
        .map_err(|why| CliError::plain(format!("unable to parse SM or JSON patch from [{text}]: {why}")))?;
    for document in documents {
        let is_json = document.is_array();
        let matching: Vec<usize> = (0..resources.len())
            .filter(|at| match target {
                Some(target) => is_target(&resources[*at], target),
                None => is_same(&resources[*at], &document),
            })
            .collect();
        if matching.is_empty() && target.is_none() {
            let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            return Err(CliError::plain(format!(
                "no resource matches strategic merge patch \"{}.v1.apps/{}.[noNs]\": no matches for Id {}.v1.apps/{}.\
                 [noNs]; failed to find unique target for patch",
                text("/kind"),
                text("/metadata/name"),
                text("/kind"),
                text("/metadata/name"),
            )));
        }
        for at in matching.into_iter().rev() {
            if document["$patch"] == "delete" {
                resources.remove(at);
                continue;
            }
            let resource = &mut resources[at];
            resource.value = patched(resource, &document, is_json)?;
        }
    }
    Ok(())
}

fn patched(resource: &Resource, document: &Value, is_json: bool) -> Result<Value, CliError> {
    let kind = Kind::from_api(resource.text("/apiVersion"), resource.kind());
    let patch = match (is_json, kind) {
        (true, _) => Patch::Json(document.clone()),
        (false, Some(_)) => Patch::Strategic(without_names(document)),
        (false, None) => Patch::Merge(without_names(document)),
    };
    // JSON and merge patches do not ask which kind it is.
    Ok(patch.apply(kind.unwrap_or(Kind::ConfigMap), &resource.value)?)
}

/// The patch without what only says which object it is for.
fn without_names(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
        if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
            metadata.remove("name");
            metadata.remove("namespace");
        }
    }
    document
}

fn is_same(resource: &Resource, document: &Value) -> bool {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    resource.kind() == text("/kind")
        && resource.text("/apiVersion") == text("/apiVersion")
        && resource.was(text("/metadata/name"))
}

fn is_target(resource: &Resource, target: &Value) -> bool {
    let text = |field: &str| target.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (group, version) = match resource.text("/apiVersion").split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", resource.text("/apiVersion")),
    };
    let whole = |wanted: Option<&str>, found: &str| {
        wanted.is_none_or(|wanted| {
            let pattern = regex_lite::Regex::new(&format!("^(?:{wanted})$"));
            pattern.map_or(wanted == found, |pattern| pattern.is_match(found))
        })
    };
    let selects = |field: &str, pointer: &str| {
        text(field).is_none_or(|selector| {
            let labels = resource.value.pointer(pointer).and_then(Value::as_object);
            let labels = labels.into_iter().flatten();
            let labels =
                labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()));
            Selector::parse(selector).is_ok_and(|selector| selector.matches(&labels.collect()))
        })
    };
    let names: Vec<&str> = resource.former.iter().map(String::as_str).chain([resource.name()]).collect();
    whole(text("kind"), resource.kind())
        && whole(text("group"), group)
        && whole(text("version"), version)
        && names.iter().any(|name| whole(text("name"), name))
        && whole(text("namespace"), resource.text("/metadata/namespace"))
        && selects("labelSelector", "/metadata/labels")
        && selects("annotationSelector", "/metadata/annotations")
}

//! Kustomizations: manifests made of others, with the fields that are used most.
//!
//! Models sigs.k8s.io/kustomize/api: KustTarget.

mod generate;
mod names;
mod transform;

pub use generate::content_hash;

use serde_json::Value;

use super::error::CliError;
use super::{Files, gojson, yaml};
use crate::api::decode;

/// How deep kustomizations may stand on each other.
const DEEPEST: usize = 20;

/// The names that the file may have.
const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The fields that are understood.
const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "images",
    "replicas",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "sortOptions",
];

/// Fields of older kustomizations, and what to write in their place.
const DEPRECATED: &[(&str, &str)] = &[
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
];

/// An object on its way through the kustomizations.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// The object.
    value: Value,
    /// The names that it has had, the first first.
    former: Vec<String>,
    /// Whether its name is to get the hash of its content.
    hashed: bool,
}

impl Resource {
    fn new(value: Value) -> Resource {
        Resource { value, former: Vec::new(), hashed: false }
    }

    fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn kind(&self) -> &str {
        self.text("/kind")
    }

    fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Gives the object another name; its old one is remembered, for what refers to it.
    fn rename(&mut self, name: String) {
        if name != self.name() {
            self.former.push(self.name().to_owned());
            self.value["metadata"]["name"] = Value::from(name);
        }
    }

    /// Whether the object is called `name` now or was before.
    fn was(&self, name: &str) -> bool {
        self.name() == name || self.former.iter().any(|former| former == name)
    }
}

/// What is made of the kustomization in a folder, and what kubectl warns of.
///
/// # Errors
/// kustomize's complaint.
pub fn build(folder: &str, files: &dyn Files) -> Result<(String, Vec<String>), CliError> {
    let mut warnings = Vec::new();
    let mut resources = Builder { files, warnings: &mut warnings }.folder(folder, 0)?;
    generate::add_hashes(&mut resources);
    names::follow(&mut resources);
    resources.sort_by_cached_key(order);
    let documents: Vec<String> = resources.iter().map(|resource| yaml::document(&resource.value)).collect();
    Ok((documents.join("---\n"), warnings))
}

/// Objects that others need come first.
///
/// Models kustomize's SortOrderTransformer: the legacy order.
fn order(resource: &Resource) -> (usize, String, String, String) {
    const FIRST: &[&str] = &[
        "Namespace",
        "ResourceQuota",
        "StorageClass",
        "CustomResourceDefinition",
        "ServiceAccount",
        "PodSecurityPolicy",
        "Role",
        "ClusterRole",
        "RoleBinding",
        "ClusterRoleBinding",
        "ConfigMap",
        "Secret",
        "Endpoints",
        "Service",
        "LimitRange",
        "PriorityClass",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Deployment",
        "StatefulSet",
        "CronJob",
        "PodDisruptionBudget",
    ];
    let place = FIRST.iter().position(|kind| *kind == resource.kind()).unwrap_or(FIRST.len());
    let api = format!("{} {}", resource.text("/apiVersion"), resource.kind());
    (place, api, resource.text("/metadata/namespace").to_owned(), resource.name().to_owned())
}

struct Builder<'a> {
    files: &'a dyn Files,
    warnings: &'a mut Vec<String>,
}

impl Builder<'_> {
    fn folder(&mut self, folder: &str, depth: usize) -> Result<Vec<Resource>, CliError> {
        let folder = folder.trim_end_matches('/');
        if depth > DEEPEST {
            return Err(CliError::plain(format!("the kustomization in '{folder}' stands on itself")));
        }
        let found = NAMES.iter().find_map(|name| self.files.read(&format!("{folder}/{name}"), false).ok());
        let Some(text) = found.and_then(|files| Some(files.into_iter().next()?.1)) else {
            return Err(CliError::plain(if self.files.is_folder(folder) {
                format!(
                    "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory \
                     '{folder}'"
                )
            } else {
                format!(
                    "must build at directory: not a valid directory: evalsymlink failure on '{folder}' : lstat \
                     {folder}: no such file or directory"
                )
            }));
        };
        let plan = plan(&text)?;
        self.warn(&plan);
        let mut resources = Vec::new();
        for path in texts(&plan, "resources").chain(texts(&plan, "bases")) {
            resources.extend(self.resource(&join(folder, path), path, depth)?);
        }
        generate::generate(&plan, folder, self.files, &mut resources)?;
        transform::transform(&plan, folder, self.files, &mut resources)?;
        Ok(resources)
    }

    fn warn(&mut self, plan: &Value) {
        for (field, instead) in DEPRECATED.iter().filter(|(field, _)| plan.get(*field).is_some()) {
            self.warnings.push(format!(
                "# Warning: '{field}' is deprecated. Please use '{instead}' instead. Run 'kustomize edit fix' to update \
                 your Kustomization automatically."
            ));
        }
    }

    fn resource(&mut self, place: &str, path: &str, depth: usize) -> Result<Vec<Resource>, CliError> {
        if self.files.is_folder(place) {
            return self.folder(place, depth + 1);
        }
        let text = read(place, self.files).map_err(|_| {
            CliError::plain(format!(
                "accumulating resources: accumulation err='accumulating resources from '{path}': open {place}: no such \
                 file or directory': must build at directory: not a valid directory: evalsymlink failure on '{place}' : \
                 lstat {place}: no such file or directory"
            ))
        })?;
        let documents = decode::documents(&text).map_err(|why| {
            let why = why.strip_prefix("error converting YAML to JSON: ").unwrap_or(&why).to_owned();
            CliError::plain(format!(
                "accumulating resources: accumulation err='accumulating resources from '{path}': MalformedYAMLError: \
                 {why} in File: {path}'"
            ))
        })?;
        Ok(documents.into_iter().flat_map(items).map(Resource::new).collect())
    }
}

/// The objects of a list, or the object.
fn items(mut document: Value) -> Vec<Value> {
    let is_list = document["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
    match document.get_mut("items") {
        Some(Value::Array(items)) if is_list => std::mem::take(items),
        _ => vec![document],
    }
}

/// The kustomization that a file holds.
fn plan(text: &str) -> Result<Value, CliError> {
    let invalid = |why: &str| CliError::plain(format!("invalid Kustomization: {why}"));
    let mut documents = decode::documents(text).map_err(|why| invalid(&why))?;
    let plan = if documents.is_empty() { Value::Null } else { documents.swap_remove(0) };
    let Some(fields) = plan.as_object() else {
        return Err(CliError::plain("kustomization.yaml is empty"));
    };
    if let Some(unknown) = fields.keys().find(|field| !FIELDS.contains(&field.as_str())) {
        return Err(invalid(&format!(
            "json: unknown field {}",
            gojson::encode(&Value::from(unknown.as_str()))
        )));
    }
    Ok(plan)
}

fn texts<'a>(plan: &'a Value, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    plan.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The objects of a list field.
fn objects<'a>(plan: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    plan.get(field).and_then(Value::as_array).into_iter().flatten()
}

/// `path` seen from `folder`.
fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = if folder == "." { Vec::new() } else { folder.split('/').collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

fn read(path: &str, files: &dyn Files) -> Result<String, CliError> {
    let found = files.read(path, false);
    let missing = |_| CliError::plain(format!("open {path}: no such file or directory"));
    Ok(found.map_err(missing)?.into_iter().next().map(|(_, text)| text).unwrap_or_default())
}

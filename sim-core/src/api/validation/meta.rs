//! Validation of metadata and label selectors. Models apimachinery pkg/api/validation: objectmeta.go.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use serde_json::Value;

use super::{Errors, format};
use crate::api::field::FieldError;
use crate::api::{Kind, Object, meta, to_value};

/// How large all annotations together may be, in bytes.
const ANNOTATIONS_MAX: usize = 256 * 1024;

/// Finalizers that need no domain.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

pub(super) fn create(errors: &mut Errors, object: &Object) {
    let kind = object.kind();
    let metadata = object.meta();
    let check = name_check(kind);
    if let Some(prefix) = metadata.generate_name.as_deref().filter(|prefix| !prefix.is_empty()) {
        // What follows the prefix ends in a letter or digit.
        let probe = format!("{}a", prefix.trim_end_matches('-'));
        let problems = check(if prefix.ends_with('-') { &probe } else { prefix });
        errors.invalid_all("metadata.generateName", prefix, problems);
    }
    match meta::name(metadata) {
        "" => errors.required("metadata.name", "name or generateName is required"),
        name => errors.invalid_all("metadata.name", name, check(name)),
    }
    if kind.info().namespaced {
        match meta::namespace(metadata) {
            "" => errors.required("metadata.namespace", ""),
            namespace => errors.invalid_all("metadata.namespace", namespace, format::dns_label(namespace)),
        }
    }
    common(errors, metadata);
}

/// An Event's name, which need only be a part of a path.
pub(super) fn event(errors: &mut Errors, metadata: &ObjectMeta) {
    const PATH: &str = "metadata.name";
    match meta::name(metadata) {
        "" => errors.required(PATH, "name or generateName is required"),
        name => errors.invalid_all(PATH, name, format::path_segment(name)),
    }
}

pub(super) fn update(errors: &mut Errors, new: &Object, old: &Object) {
    let (metadata, earlier) = (new.meta(), old.meta());
    if meta::is_terminating(earlier) {
        let kept = meta::finalizers(earlier);
        let added: Vec<&String> =
            meta::finalizers(metadata).iter().filter(|name| !kept.contains(name)).collect();
        if !added.is_empty() {
            let list: Vec<String> = added.iter().map(|name| format!("{name:?}")).collect();
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                list.join(", ")
            );
            errors.forbidden("metadata.finalizers", why);
        }
    }
    common(errors, metadata);
}

fn common(errors: &mut Errors, metadata: &ObjectMeta) {
    labels(errors, "metadata.labels", metadata.labels.as_ref());
    annotations(errors, "metadata.annotations", metadata.annotations.as_ref());
    owners(errors, meta::owners(metadata));
    let finalizers = meta::finalizers(metadata);
    for name in finalizers {
        errors.invalid_all("metadata.finalizers", name, format::qualified_name(name));
    }
    let has = |wanted: &str| finalizers.iter().any(|name| name == wanted);
    if has("orphan") && has("foregroundDeletion") {
        let why = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.invalid("metadata.finalizers", to_value(&finalizers), why);
    }
    for (index, name) in finalizers.iter().enumerate() {
        if !name.contains('/') && !STANDARD_FINALIZERS.contains(&name.as_str()) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(format!("metadata.finalizers[{index}]"), name.as_str(), why);
        }
    }
}

fn name_check(kind: Kind) -> fn(&str) -> format::Problems {
    match kind {
        Kind::StatefulSet | Kind::Service | Kind::Namespace => format::dns_label,
        // Models pkg/apis/rbac/validation: ValidateRBACName.
        Kind::ClusterRole | Kind::ClusterRoleBinding | Kind::Role | Kind::RoleBinding => format::path_segment,
        _ => format::dns_subdomain,
    }
}

pub(super) fn labels(errors: &mut Errors, path: &str, labels: Option<&BTreeMap<String, String>>) {
    for (key, value) in labels.into_iter().flatten() {
        errors.invalid_all(path, key, format::qualified_name(key));
        errors.invalid_all(path, value, format::label_value(value));
    }
}

pub(super) fn annotations(errors: &mut Errors, path: &str, annotations: Option<&BTreeMap<String, String>>) {
    let mut size = 0;
    for (key, value) in annotations.into_iter().flatten() {
        errors.invalid_all(path, key, format::qualified_name(&key.to_lowercase()));
        size += key.len() + value.len();
    }
    if size > ANNOTATIONS_MAX {
        errors.push(FieldError::too_long(path, ANNOTATIONS_MAX));
    }
}

fn owners(errors: &mut Errors, owners: &[OwnerReference]) {
    const PATH: &str = "metadata.ownerReferences";
    let mut controller = None;
    for owner in owners {
        check_owner(errors, PATH, owner);
        if owner.controller != Some(true) {
            continue;
        }
        let this = format!("{}/{}", owner.kind, owner.name);
        match &controller {
            None => controller = Some(this),
            Some(first) => {
                let why = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                );
                errors.invalid(PATH, to_value(&owners), why);
            }
        }
    }
}

/// Models validateOwnerReference.
fn check_owner(errors: &mut Errors, path: &str, owner: &OwnerReference) {
    if matches!(owner.api_version.as_str(), "" | "/") || owner.api_version.matches('/').count() > 1 {
        let why = "version must not be empty";
        errors.invalid(format!("{path}.apiVersion"), owner.api_version.as_str(), why);
    }
    for (field, value) in [("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)] {
        if value.is_empty() {
            errors.invalid(format!("{path}.{field}"), "", "must not be empty");
        }
    }
    if owner.api_version == "v1" && owner.kind == "Event" {
        errors.invalid(path, to_value(&owner), "/v1, Kind=Event is disallowed from being an owner");
    }
}

/// Whether the selector says nothing; the API types do not tell an absent one from an empty one.
/// Whether the manifest says `selector: {}`, which decoding tells from no selector at all.
pub(super) fn is_declared_empty(selector: &LabelSelector) -> bool {
    is_empty_selector(selector) && selector.match_labels.is_some()
}

pub(super) fn is_empty_selector(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

pub(super) fn selector(errors: &mut Errors, path: &str, selector: &LabelSelector) {
    labels(errors, &format!("{path}.matchLabels"), selector.match_labels.as_ref());
    for (index, expression) in selector.match_expressions.iter().flatten().enumerate() {
        let path = format!("{path}.matchExpressions[{index}]");
        let has_values = expression.values.as_ref().is_some_and(|values| !values.is_empty());
        match expression.operator.as_str() {
            "In" | "NotIn" if !has_values => {
                errors.required(
                    format!("{path}.values"),
                    "must be specified when `operator` is 'In' or 'NotIn'",
                );
            }
            "In" | "NotIn" => {}
            "Exists" | "DoesNotExist" if has_values => {
                errors.forbidden(
                    format!("{path}.values"),
                    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                );
            }
            "Exists" | "DoesNotExist" => {}
            other => errors.invalid(format!("{path}.operator"), other, "not a valid selector operator"),
        }
        errors.invalid_all(format!("{path}.key"), &expression.key, format::qualified_name(&expression.key));
        for (at, value) in expression.values.iter().flatten().enumerate() {
            errors.invalid_all(format!("{path}.values[{at}]"), value, format::label_value(value));
        }
    }
}

/// A field that no update may change.
pub(super) fn immutable(errors: &mut Errors, path: &str, new: Value, old: &Value) {
    if new != *old {
        errors.invalid(path, new, "field is immutable");
    }
}

//! Validation of claims, volumes, storage classes, ConfigMaps and Secrets.
//!
//! Models pkg/apis/core/validation and pkg/apis/storage/validation.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    ConfigMap, PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeSpec,
    Secret, TopologySelectorTerm,
};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use serde_json::{Value, json};

use super::{Errors, format, internal, meta, placement};
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];
/// How much a ConfigMap or a Secret may hold, in bytes.
const DATA_MAX: usize = 1024 * 1024;

pub(super) fn claim(errors: &mut Errors, claim: &PersistentVolumeClaim) {
    let empty = PersistentVolumeClaimSpec::default();
    claim_spec(errors, "spec", claim.spec.as_ref().unwrap_or(&empty));
}

pub(super) fn claim_spec(errors: &mut Errors, path: &str, spec: &PersistentVolumeClaimSpec) {
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        errors.required(format!("{path}.accessModes"), "at least 1 access mode is required");
    }
    if let Some(selector) = &spec.selector {
        meta::selector(errors, &format!("{path}.selector"), selector);
    }
    access_modes(errors, &format!("{path}.accessModes"), modes);
    let requests = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    match requests.and_then(|requests| requests.get("storage")) {
        None => errors.required(format!("{path}.resources[storage]"), ""),
        Some(quantity) => positive(errors, &format!("{path}.resources[storage]"), quantity),
    }
    if let Some(name) = spec.storage_class_name.as_deref().filter(|name| !name.is_empty()) {
        errors.invalid_all(format!("{path}.storageClassName"), name, format::dns_subdomain(name));
    }
    if let Some(mode) = spec.volume_mode.as_deref() {
        errors.one_of(format!("{path}.volumeMode"), Some(mode), &VOLUME_MODES);
    }
}

fn access_modes(errors: &mut Errors, path: &str, modes: &[String]) {
    for mode in modes.iter().filter(|mode| !ACCESS_MODES.contains(&mode.as_str())) {
        errors.push(FieldError::not_supported(path, mode.as_str(), &ACCESS_MODES));
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        errors.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

fn positive(errors: &mut Errors, path: &str, quantity: &ApiQuantity) {
    let amount = Quantity::of(quantity);
    if amount.sign() <= 0 {
        errors.invalid(path, amount.to_string(), "must be greater than zero");
    }
}

pub(super) fn claim_update(errors: &mut Errors, new: &PersistentVolumeClaim, old: &PersistentVolumeClaim) {
    claim(errors, new);
    let (Some(new_spec), Some(old_spec)) = (&new.spec, &old.spec) else { return };
    if new_spec == old_spec {
        return;
    }
    let mut munged = new_spec.clone();
    let bound = new.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound");
    let old_size = storage_of(old_spec.resources.as_ref().and_then(|resources| resources.requests.as_ref()));
    let new_size = storage_of(new_spec.resources.as_ref().and_then(|resources| resources.requests.as_ref()));
    if bound
        && let Some(requests) = munged.resources.as_mut().and_then(|resources| resources.requests.as_mut())
        && let Some(old_size) = old_size
    {
        requests.insert("storage".to_owned(), old_size.clone());
        munged.volume_attributes_class_name = old_spec.volume_attributes_class_name.clone();
    }
    if old_spec.volume_name.as_deref().unwrap_or_default().is_empty() {
        munged.volume_name = old_spec.volume_name.clone();
    }
    // The default class may be given later to a claim that named none.
    if old_spec.storage_class_name.is_none() {
        munged.storage_class_name = None;
    }
    if munged != *old_spec {
        let text = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        let shown = internal::claim_spec_diff(&json!(old_spec), &json!(munged));
        errors.forbidden("spec", format!("{text}\n{shown}"));
    }
    let capacity = storage_of(new.status.as_ref().and_then(|status| status.capacity.as_ref()));
    if let (Some(new_size), Some(old_size)) = (new_size, old_size)
        && Quantity::of(new_size) < Quantity::of(old_size)
        && capacity.is_none_or(|capacity| Quantity::of(new_size) <= Quantity::of(capacity))
    {
        let why = "field can not be less than status.capacity";
        errors.forbidden("spec.resources.requests.storage", why);
    }
}

fn storage_of(list: Option<&BTreeMap<String, ApiQuantity>>) -> Option<&ApiQuantity> {
    list?.get("storage")
}

pub(super) fn volume(errors: &mut Errors, volume: &PersistentVolume) {
    let empty = PersistentVolumeSpec::default();
    let spec = volume.spec.as_ref().unwrap_or(&empty);
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        errors.required("spec.accessModes", "");
    }
    access_modes(errors, "spec.accessModes", modes);
    match spec.capacity.as_ref().filter(|capacity| !capacity.is_empty()) {
        None => errors.required("spec.capacity", ""),
        Some(capacity) if !capacity.contains_key("storage") || capacity.len() > 1 => {
            errors.push(FieldError::not_supported("spec.capacity", json!(capacity), &["storage"]));
        }
        Some(capacity) => {
            if let Some(quantity) = capacity.get("storage") {
                positive(errors, "spec.capacity[storage]", quantity);
            }
        }
    }
    errors.one_of(
        "spec.persistentVolumeReclaimPolicy",
        spec.persistent_volume_reclaim_policy.as_deref(),
        &["Delete", "Recycle", "Retain"],
    );
    let sources = source_of(spec);
    for (index, name) in sources.keys().enumerate() {
        if index > 0 {
            errors.forbidden(format!("spec.{name}"), "may not specify more than 1 volume type");
        }
    }
    if sources.is_empty() {
        errors.required("spec", "must specify a volume type");
    }
    if let Some(name) = spec.storage_class_name.as_deref().filter(|name| !name.is_empty()) {
        errors.invalid_all("spec.storageClassName", name, format::dns_subdomain(name));
    }
    if let Some(mode) = spec.volume_mode.as_deref() {
        errors.one_of("spec.volumeMode", Some(mode), &VOLUME_MODES);
    }
    volume_node_affinity(errors, spec);
}

/// Models validateVolumeNodeAffinity.
fn volume_node_affinity(errors: &mut Errors, spec: &PersistentVolumeSpec) {
    match &spec.node_affinity {
        None if spec.local.is_some() => {
            errors.required("metadata.annotations", "Local volume requires node affinity");
        }
        None => {}
        Some(affinity) => match &affinity.required {
            None => errors.required("spec.nodeAffinity.required", "must specify required node constraints"),
            Some(required) => placement::node_selector(errors, "spec.nodeAffinity.required", required),
        },
    }
}

/// The part of a volume's spec that says where its bytes are.
fn source_of(spec: &PersistentVolumeSpec) -> BTreeMap<String, Value> {
    const OTHERS: [&str; 9] = [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    ];
    let Value::Object(fields) = json!(spec) else { return BTreeMap::new() };
    fields.into_iter().filter(|(name, _)| !OTHERS.contains(&name.as_str())).collect()
}

pub(super) fn volume_update(errors: &mut Errors, new: &PersistentVolume, old: &PersistentVolume) {
    if new.spec == old.spec {
        return;
    }
    volume(errors, new);
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let (source, earlier) = (json!(source_of(new)), json!(source_of(old)));
    if source != earlier {
        let text = "spec.persistentvolumesource is immutable after creation";
        let why = format!("{text}\n{}", internal::volume_source_diff(&earlier, &source));
        errors.forbidden("spec.persistentvolumesource", why);
    }
    if old.node_affinity.is_some() {
        meta::immutable(errors, "nodeAffinity", json!(new.node_affinity), &json!(old.node_affinity));
    }
    meta::immutable(errors, "spec.volumeMode", json!(new.volume_mode), &json!(old.volume_mode));
}

pub(super) fn class(errors: &mut Errors, class: &StorageClass) {
    match class.provisioner.as_str() {
        "" => errors.required("provisioner", ""),
        name => errors.invalid_all("provisioner", name, format::qualified_name(&name.to_lowercase())),
    }
    if let Some(policy) = class.reclaim_policy.as_deref() {
        errors.one_of("reclaimPolicy", Some(policy), &["Delete", "Retain"]);
    }
    let modes = ["Immediate", "WaitForFirstConsumer"];
    errors.one_of("volumeBindingMode", class.volume_binding_mode.as_deref(), &modes);
    for (index, term) in class.allowed_topologies.iter().flatten().enumerate() {
        topology_term(errors, &format!("allowedTopologies[{index}].matchLabelExpressions"), term);
    }
}

/// Models pkg/apis/core/validation: ValidateTopologySelectorTerm.
fn topology_term(errors: &mut Errors, path: &str, term: &TopologySelectorTerm) {
    let mut keys = BTreeSet::new();
    for (index, wanted) in term.match_label_expressions.iter().flatten().enumerate() {
        let path = format!("{path}[{index}]");
        if wanted.values.is_empty() {
            errors.required(format!("{path}.values"), "");
        }
        let mut seen = BTreeSet::new();
        for (at, value) in wanted.values.iter().enumerate().filter(|(_, value)| !seen.insert(*value)) {
            errors.push(FieldError::duplicate(format!("{path}.values[{at}]"), value.as_str()));
        }
        errors.invalid_all(format!("{path}.key"), &wanted.key, format::qualified_name(&wanted.key));
        if !keys.insert(&wanted.key) {
            errors.push(FieldError::duplicate(format!("{path}.key"), wanted.key.as_str()));
        }
    }
}

pub(super) fn class_update(errors: &mut Errors, new: &StorageClass, old: &StorageClass) {
    class(errors, new);
    if new.parameters != old.parameters {
        errors.forbidden("parameters", "updates to parameters are forbidden.");
    }
    if new.provisioner != old.provisioner {
        errors.forbidden("provisioner", "updates to provisioner are forbidden.");
    }
    if new.reclaim_policy != old.reclaim_policy {
        errors.forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden.");
    }
    let old_mode = json!(old.volume_binding_mode);
    meta::immutable(errors, "volumeBindingMode", json!(new.volume_binding_mode), &old_mode);
}

pub(super) fn config_map(errors: &mut Errors, map: &ConfigMap) {
    let mut size = 0;
    for (key, text) in map.data.iter().flatten() {
        errors.invalid_all(format!("data[{key}]"), key, format::config_key(key));
        if map.binary_data.as_ref().is_some_and(|binary| binary.contains_key(key)) {
            errors.invalid(format!("data[{key}]"), key.as_str(), "duplicate of key present in binaryData");
        }
        size += text.len();
    }
    for (key, bytes) in map.binary_data.iter().flatten() {
        errors.invalid_all(format!("binaryData[{key}]"), key, format::config_key(key));
        size += bytes.0.len();
    }
    if size > DATA_MAX {
        errors.push(FieldError::too_long("", DATA_MAX));
    }
}

pub(super) fn config_map_update(errors: &mut Errors, new: &ConfigMap, old: &ConfigMap) {
    if old.immutable == Some(true) {
        let why = "field is immutable when `immutable` is set";
        if new.immutable != Some(true) {
            errors.forbidden("immutable", why);
        }
        if new.data != old.data {
            errors.forbidden("data", why);
        }
        if new.binary_data != old.binary_data {
            errors.forbidden("binaryData", why);
        }
    }
    config_map(errors, new);
}

pub(super) fn secret(errors: &mut Errors, secret: &Secret) {
    let mut size = 0;
    for (key, bytes) in secret.data.iter().flatten() {
        errors.invalid_all(format!("data[{key}]"), key, format::config_key(key));
        size += bytes.0.len();
    }
    if size > DATA_MAX {
        errors.push(FieldError::too_long("data", DATA_MAX));
    }
    let needed: &[&str] = match secret.type_.as_deref().unwrap_or_default() {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => &[],
    };
    for key in needed {
        if !secret.data.as_ref().is_some_and(|data| data.contains_key(*key)) {
            errors.required(format!("data[{key}]"), "");
        }
    }
}

pub(super) fn secret_update(errors: &mut Errors, new: &Secret, old: &Secret) {
    meta::immutable(errors, "type", json!(new.type_), &json!(old.type_));
    if old.immutable == Some(true) {
        let why = "field is immutable when `immutable` is set";
        if new.immutable != Some(true) {
            errors.forbidden("immutable", why);
        }
        if new.data != old.data {
            errors.forbidden("data", why);
        }
    }
    secret(errors, new);
}

//! Validation of claims and storage classes.
//!
//! Models pkg/apis/core/validation and pkg/apis/storage/validation.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, TopologySelectorTerm};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::{Errors, format, internal, meta};
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;
use crate::api::to_value;

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
pub(super) const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];

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
    class_name(errors, &format!("{path}.storageClassName"), spec.storage_class_name.as_deref());
    if let Some(mode) = spec.volume_mode.as_deref().filter(|mode| !VOLUME_MODES.contains(mode)) {
        errors.push(FieldError::not_supported(format!("{path}.volumeMode"), mode, &VOLUME_MODES));
    }
    data_sources(errors, path, spec);
    let class = spec.volume_attributes_class_name.as_deref();
    class_name(errors, &format!("{path}.volumeAttributesClassName"), class);
}

/// Models validateDataSource and validateDataSourceRef.
fn data_sources(errors: &mut Errors, path: &str, spec: &PersistentVolumeClaimSpec) {
    let first = spec.data_source.as_ref().map(|source| (&source.api_group, &source.kind, &source.name));
    let second = spec.data_source_ref.as_ref().map(|source| (&source.api_group, &source.kind, &source.name));
    for (field, source) in [("dataSource", first), ("dataSourceRef", second)] {
        let Some((group, kind, name)) = source else { continue };
        let path = format!("{path}.{field}");
        for (field, value) in [("name", name), ("kind", kind)] {
            if value.is_empty() {
                errors.required(format!("{path}.{field}"), "");
            }
        }
        match group.as_deref().unwrap_or_default() {
            "" if kind != "PersistentVolumeClaim" => {
                let why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
                errors.invalid(path, kind.as_str(), why);
            }
            "" => {}
            group => errors.invalid_all(format!("{path}.apiGroup"), group, format::dns_subdomain(group)),
        }
    }
    let namespace = spec.data_source_ref.as_ref().and_then(|source| source.namespace.as_deref());
    match namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => {
            let field = format!("{path}.dataSourceRef.namespace");
            errors.invalid_all(field, namespace, format::dns_label(namespace));
            if first.is_some() {
                let why = "may not be specified when dataSourceRef.namespace is specified";
                errors.invalid(path, format!("{path}.dataSource"), why);
            }
        }
        None if first.is_some() && second.is_some() && first != second => {
            errors.invalid(path, format!("{path}.dataSource"), "must match dataSourceRef");
        }
        None => {}
    }
}

pub(super) fn class_name(errors: &mut Errors, path: &str, name: Option<&str>) {
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        errors.invalid_all(path, name, format::dns_subdomain(name));
    }
}

pub(super) fn access_modes(errors: &mut Errors, path: &str, modes: &[String]) {
    for mode in modes.iter().filter(|mode| !ACCESS_MODES.contains(&mode.as_str())) {
        errors.push(FieldError::not_supported(path, mode.as_str(), &ACCESS_MODES));
    }
    let is_single = |mode: &&String| mode.as_str() == "ReadWriteOncePod";
    let others = modes.iter().filter(|mode| ACCESS_MODES.contains(&mode.as_str()) && !is_single(mode));
    if modes.iter().any(|mode| is_single(&mode)) && others.count() > 0 {
        errors.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

pub(super) fn positive(errors: &mut Errors, path: &str, quantity: &ApiQuantity) {
    let amount = Quantity::of(quantity);
    if amount.sign() <= 0 {
        errors.invalid(path, amount.to_string(), "must be greater than zero");
    }
}

/// Models ValidatePersistentVolumeClaimUpdate.
pub(super) fn claim_update(errors: &mut Errors, new: &PersistentVolumeClaim, old: &PersistentVolumeClaim) {
    claim(errors, new);
    let (Some(new_spec), Some(old_spec)) = (&new.spec, &old.spec) else { return };
    if new_spec == old_spec {
        return;
    }
    immutable_claim(errors, new, new_spec, old_spec);
    let requests = |spec: &'_ PersistentVolumeClaimSpec| {
        let list = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        storage_of(list).map_or(Quantity::units(0), Quantity::of)
    };
    let capacity = storage_of(old.status.as_ref().and_then(|status| status.capacity.as_ref()));
    let capacity = capacity.map_or(Quantity::units(0), Quantity::of);
    if requests(new_spec) < requests(old_spec) && requests(new_spec) <= capacity {
        errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
    }
    meta::immutable(errors, "volumeMode", to_value(&new_spec.volume_mode), &to_value(&old_spec.volume_mode));
    if old_spec.volume_attributes_class_name.is_some() {
        let path = "spec.volumeAttributesClassName";
        match new_spec.volume_attributes_class_name.as_deref() {
            None => errors.forbidden(path, "update from non-nil value to nil is forbidden"),
            Some("") => errors.forbidden(path, "update from non-nil value to an empty string is forbidden"),
            Some(_) => {}
        }
    }
}

/// Of a claim's spec little may change, and most of that only once it is bound.
fn immutable_claim(
    errors: &mut Errors,
    new: &PersistentVolumeClaim,
    new_spec: &PersistentVolumeClaimSpec,
    old_spec: &PersistentVolumeClaimSpec,
) {
    let (mut munged, mut earlier) = (new_spec.clone(), old_spec.clone());
    if earlier.volume_name.as_deref().unwrap_or_default().is_empty() {
        earlier.volume_name.clone_from(&munged.volume_name);
    }
    // The default class may be given later to a claim that named none.
    if earlier.storage_class_name.is_none() {
        munged.storage_class_name = None;
    }
    if new.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound") {
        let old_size =
            storage_of(earlier.resources.as_ref().and_then(|resources| resources.requests.as_ref()));
        if let Some(requests) = munged.resources.as_mut().and_then(|resources| resources.requests.as_mut())
            && let Some(old_size) = old_size
        {
            requests.insert("storage".to_owned(), old_size.clone());
        }
        if munged.volume_attributes_class_name.is_some() {
            munged.volume_attributes_class_name.clone_from(&earlier.volume_attributes_class_name);
        }
    }
    if munged != earlier {
        let text = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        let shown = internal::claim_spec_diff(&to_value(&earlier), &to_value(&munged));
        errors.forbidden("spec", format!("{text}\n{shown}"));
    }
}

fn storage_of(list: Option<&BTreeMap<String, ApiQuantity>>) -> Option<&ApiQuantity> {
    list?.get("storage")
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
    let old_mode = to_value(&old.volume_binding_mode);
    meta::immutable(errors, "volumeBindingMode", to_value(&new.volume_binding_mode), &old_mode);
}

//! Validation of PersistentVolumes.
//!
//! Models pkg/apis/core/validation: ValidatePersistentVolumeSpec, ValidatePersistentVolumeUpdate.

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeSpec};
use serde_json::{Map, Value};

use super::internal::{self, types};
use super::storage::{VOLUME_MODES, access_modes, class_name, positive};
use super::{Errors, meta, placement, volume};
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;
use crate::api::storage::ABOUT_VOLUMES;
use crate::api::to_value;

pub(super) fn create(errors: &mut Errors, volume: &PersistentVolume) {
    let empty = PersistentVolumeSpec::default();
    let spec = volume.spec.as_ref().unwrap_or(&empty);
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        errors.required("spec.accessModes", "");
    }
    access_modes(errors, "spec.accessModes", modes);
    capacity(errors, spec);
    let policies = ["Delete", "Recycle", "Retain"];
    let policy = spec.persistent_volume_reclaim_policy.as_deref().filter(|policy| !policy.is_empty());
    if policy.is_some() {
        errors.one_of("spec.persistentVolumeReclaimPolicy", policy, &policies);
    }
    match spec.node_affinity.as_ref().map(|affinity| &affinity.required) {
        None => {}
        Some(None) => errors.required("spec.nodeAffinity.required", "must specify required node constraints"),
        Some(Some(required)) => placement::node_selector(errors, "spec.nodeAffinity.required", required),
    }
    sources(errors, spec);
    if spec.host_path.as_ref().is_some_and(|host| is_root(&host.path)) && policy == Some("Recycle") {
        let why = "may not be 'recycle' for a hostPath mount of '/'";
        errors.forbidden("spec.persistentVolumeReclaimPolicy", why);
    }
    class_name(errors, "spec.storageClassName", spec.storage_class_name.as_deref());
    if let Some(mode) = spec.volume_mode.as_deref().filter(|mode| !VOLUME_MODES.contains(mode)) {
        errors.push(FieldError::not_supported("spec.volumeMode", mode, &VOLUME_MODES));
    }
    if let Some(class) = spec.volume_attributes_class_name.as_deref() {
        if class.is_empty() {
            errors.required("spec.volumeAttributesClassName", "an empty string is disallowed");
        }
        class_name(errors, "spec.volumeAttributesClassName", Some(class));
        if spec.csi.is_none() {
            errors.required("spec.csi", "has to be specified when using volumeAttributesClassName");
        }
    }
}

fn capacity(errors: &mut Errors, spec: &PersistentVolumeSpec) {
    let capacity = spec.capacity.as_ref().filter(|capacity| !capacity.is_empty());
    if capacity.is_none() {
        errors.required("spec.capacity", "");
    }
    if capacity.is_none_or(|capacity| !capacity.contains_key("storage") || capacity.len() > 1) {
        errors.push(FieldError::not_supported("spec.capacity", to_value(&spec.capacity), &["storage"]));
    }
    for (name, quantity) in capacity.into_iter().flatten() {
        let path = format!("spec.capacity[{name}]");
        let units = Quantity::of(quantity).value();
        if units < 0 {
            errors.invalid(&*path, units, "must be a valid resource quantity");
        }
        positive(errors, &path, quantity);
    }
}

fn is_root(path: &str) -> bool {
    path.starts_with('/') && path.split('/').all(|part| matches!(part, "" | "."))
}

/// The volume's source, of which there is one.
fn sources(errors: &mut Errors, spec: &PersistentVolumeSpec) {
    let value = to_value(&source_of(spec));
    let found = volume::SOURCES.iter().filter(|(name, ..)| value.get(name).is_some());
    let mut count = 0;
    for (name, shown, _) in found {
        count += 1;
        if count > 1 {
            errors.forbidden(format!("spec.{shown}"), "may not specify more than 1 volume type");
        } else if let Some(local) = spec.local.as_ref().filter(|_| *name == "local") {
            local_path(errors, &local.path);
            if spec.node_affinity.is_none() {
                errors.required("spec.nodeAffinity", "Local volume requires node affinity");
            }
        } else if let Some(csi) = spec.csi.as_ref().filter(|_| *name == "csi") {
            volume::driver(errors, "spec.csi.driver", &csi.driver);
            if csi.volume_handle.is_empty() {
                errors.required("spec.csi.volumeHandle", "");
            }
        } else if let Some(host) = spec.host_path.as_ref().filter(|_| *name == "hostPath") {
            volume::host_path(errors, "spec.hostPath", host);
        } else if let Some(nfs) = spec.nfs.as_ref().filter(|_| *name == "nfs") {
            volume::nfs(errors, "spec.nfs", nfs);
        } else {
            volume::remote(errors, "spec", name, &value[*name]);
        }
    }
    if count == 0 {
        errors.required("spec", "must specify a volume type");
    }
}

/// Models validateLocalVolumeSource.
fn local_path(errors: &mut Errors, path: &str) {
    const PATH: &str = "spec.local.path";
    if path.is_empty() {
        errors.required(PATH, "");
    } else if path.split('/').any(|part| part == "..") {
        errors.invalid(PATH, path, "must not contain '..'");
    }
}

/// The part of a volume's spec that says where its bytes are.
fn source_of(spec: &PersistentVolumeSpec) -> Map<String, Value> {
    let Value::Object(fields) = to_value(&spec) else { return Map::new() };
    fields.into_iter().filter(|(name, _)| !ABOUT_VOLUMES.contains(&name.as_str())).collect()
}

pub(super) fn update(errors: &mut Errors, new: &PersistentVolume, old: &PersistentVolume) {
    if new.spec == old.spec {
        return;
    }
    create(errors, new);
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let (source, earlier) = (to_value(&source_of(new)), to_value(&source_of(old)));
    if source != earlier {
        let text = "spec.persistentvolumesource is immutable after creation";
        let why = format!("{text}\n{}", internal::volume_source_diff(&earlier, &source));
        errors.forbidden("spec.persistentvolumesource", why);
    }
    meta::immutable(errors, "volumeMode", to_value(&new.volume_mode), &to_value(&old.volume_mode));
    if old.node_affinity.is_some() && new.node_affinity != old.node_affinity {
        let value = to_value(&new.node_affinity);
        let shown = internal::one_line(&value, types::VOLUME_AFFINITY);
        let why = "field is immutable, except for updating from beta label to GA";
        errors.invalid_struct("nodeAffinity", value, shown, why);
    }
    if old.volume_attributes_class_name.is_some() && new.volume_attributes_class_name.is_none() {
        let why = "update from non-nil value to nil is forbidden";
        errors.forbidden("spec.volumeAttributesClassName", why);
    }
}

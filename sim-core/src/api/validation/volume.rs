//! Validation of a pod's volumes. Models pkg/apis/core/validation: ValidateVolumes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, HostPathVolumeSource, KeyToPath, NFSVolumeSource, PersistentVolumeClaimTemplate,
    Volume,
};
use serde_json::Value;

use super::{Errors, environment, format, meta};
use crate::api::encode;
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;

mod projected;

/// What a path on a node may be asked to be; nothing asks nothing.
const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// The fields of its pod that a file may hold.
const FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// What is said of a mode that is none.
const MODES: &str = "must be a number between 0 and 0777 (octal), both inclusive";

/// Sources of volumes in the order in which the API server asks for them: each with how the complaint about a
/// second one calls it, and for those that nothing here serves the path and the fields that they need.
pub(super) const SOURCES: [(&str, &str, Remote); 31] = [
    ("emptyDir", "emptyDir", HERE),
    ("hostPath", "hostPath", HERE),
    ("gitRepo", "gitRepo", ("gitRepo", &["repository"])),
    ("gcePersistentDisk", "gcePersistentDisk", ("persistentDisk", &["pdName"])),
    ("awsElasticBlockStore", "awsElasticBlockStore", ("awsElasticBlockStore", &["volumeID"])),
    ("secret", "secret", HERE),
    ("nfs", "nfs", HERE),
    ("iscsi", "iscsi", ("iscsi", &["targetPortal", "iqn"])),
    ("glusterfs", "glusterfs", ("glusterfs", &["endpoints", "path"])),
    ("flocker", "flocker", HERE),
    ("persistentVolumeClaim", "persistentVolumeClaim", HERE),
    ("rbd", "rbd", ("rbd", &["monitors", "image"])),
    ("cinder", "cinder", ("cinder", &["volumeID"])),
    ("cephfs", "cephFS", ("cephfs", &["monitors"])),
    ("quobyte", "quobyte", ("quobyte", &["volume"])),
    ("downwardAPI", "downwarAPI", HERE),
    ("fc", "fc", HERE),
    ("flexVolume", "flexVolume", ("flexVolume", &["driver"])),
    ("configMap", "configMap", HERE),
    ("azureFile", "azureFile", ("azureFile", &["secretName", "shareName"])),
    ("vsphereVolume", "vsphereVolume", ("vsphereVolume", &["volumePath"])),
    ("photonPersistentDisk", "photonPersistentDisk", ("photonPersistentDisk", &["pdID"])),
    ("portworxVolume", "portworxVolume", ("portworxVolume", &["volumeID"])),
    ("azureDisk", "azureDisk", ("azureDisk", &["diskName", "diskURI"])),
    ("local", "local", HERE),
    ("storageos", "storageos", ("storageos", &["volumeName"])),
    ("projected", "projected", HERE),
    ("scaleIO", "scaleIO", ("scaleIO", &["gateway", "system", "volumeName"])),
    ("csi", "csi", HERE),
    ("ephemeral", "ephemeral", HERE),
    ("image", "image", HERE),
];

/// A path, and the fields below it that must be there.
type Remote = (&'static str, &'static [&'static str]);

const HERE: Remote = ("", &[]);

/// Complains about volumes and returns those that mounts may name, each with whether it is a claim. `pod` is the
/// pod's name, where there is a pod.
pub(super) fn of_pod<'v>(
    errors: &mut Errors,
    path: &str,
    volumes: &'v [Volume],
    pod: Option<&str>,
) -> BTreeMap<&'v str, bool> {
    let mut names = BTreeMap::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let before = errors.0.len();
        check_source(errors, &path, volume, pod);
        let name_path = format!("{path}.name");
        match volume.name.as_str() {
            "" => errors.required(&*name_path, ""),
            name => errors.invalid_all(&*name_path, name, format::dns_label(name)),
        }
        if names.contains_key(volume.name.as_str()) {
            errors.push(FieldError::duplicate(name_path, volume.name.as_str()));
        }
        if errors.0.len() == before {
            let is_claim = volume.persistent_volume_claim.is_some() || volume.ephemeral.is_some();
            names.insert(volume.name.as_str(), is_claim);
        }
        let claim = volume.persistent_volume_claim.as_ref().map(|source| source.claim_name.as_str());
        let made = |other: &Volume| {
            let name = pod.map(|pod| format!("{pod}-{}", other.name));
            other.ephemeral.is_some() && name.as_deref() == claim
        };
        if let Some(claim) = claim.filter(|_| volumes.iter().any(made)) {
            let why = "must not reference a PVC that gets created for an ephemeral volume";
            errors.invalid(format!("{path}.persistentVolumeClaim.claimName"), claim, why);
        }
    }
    names
}

/// Whether the volume names the source.
fn has(volume: &Volume, source: &str) -> bool {
    match source {
        "awsElasticBlockStore" => volume.aws_elastic_block_store.is_some(),
        "azureDisk" => volume.azure_disk.is_some(),
        "azureFile" => volume.azure_file.is_some(),
        "cephfs" => volume.cephfs.is_some(),
        "cinder" => volume.cinder.is_some(),
        "configMap" => volume.config_map.is_some(),
        "csi" => volume.csi.is_some(),
        "downwardAPI" => volume.downward_api.is_some(),
        "emptyDir" => volume.empty_dir.is_some(),
        "ephemeral" => volume.ephemeral.is_some(),
        "fc" => volume.fc.is_some(),
        "flexVolume" => volume.flex_volume.is_some(),
        "flocker" => volume.flocker.is_some(),
        "gcePersistentDisk" => volume.gce_persistent_disk.is_some(),
        "gitRepo" => volume.git_repo.is_some(),
        "glusterfs" => volume.glusterfs.is_some(),
        "hostPath" => volume.host_path.is_some(),
        "image" => volume.image.is_some(),
        "iscsi" => volume.iscsi.is_some(),
        "nfs" => volume.nfs.is_some(),
        "persistentVolumeClaim" => volume.persistent_volume_claim.is_some(),
        "photonPersistentDisk" => volume.photon_persistent_disk.is_some(),
        "portworxVolume" => volume.portworx_volume.is_some(),
        "projected" => volume.projected.is_some(),
        "quobyte" => volume.quobyte.is_some(),
        "rbd" => volume.rbd.is_some(),
        "scaleIO" => volume.scale_io.is_some(),
        "secret" => volume.secret.is_some(),
        "storageos" => volume.storageos.is_some(),
        "vsphereVolume" => volume.vsphere_volume.is_some(),
        _ => false,
    }
}

/// Models validateVolumeSource: there is one, and only the first that is found is looked into.
fn check_source(errors: &mut Errors, path: &str, volume: &Volume, pod: Option<&str>) {
    let mut found = SOURCES.iter().filter(|(name, ..)| has(volume, name));
    let Some((first, ..)) = found.next() else {
        return errors.required(path, "must specify a volume type");
    };
    check_first(errors, path, volume, first, pod);
    for (_, source, _) in found {
        errors.forbidden(format!("{path}.{source}"), "may not specify more than 1 volume type");
    }
}

fn check_first(errors: &mut Errors, path: &str, volume: &Volume, first: &str, pod: Option<&str>) {
    if let Some(limit) = volume.empty_dir.as_ref().and_then(|source| source.size_limit.as_ref())
        && Quantity::of(limit).sign() < 0
    {
        let why = "SizeLimit field must be a valid resource quantity";
        errors.forbidden(format!("{path}.emptyDir.sizeLimit"), why);
    }
    let at = format!("{path}.{first}");
    match first {
        "emptyDir" => {}
        "hostPath" => volume.host_path.iter().for_each(|source| host_path(errors, &at, source)),
        "secret" => volume.secret.iter().for_each(|source| {
            if source.secret_name.as_deref().unwrap_or_default().is_empty() {
                errors.required(format!("{at}.secretName"), "");
            }
            mode(errors, &at, source.default_mode);
            items(errors, &format!("{at}.items"), source.items.as_deref());
        }),
        "nfs" => volume.nfs.iter().for_each(|source| nfs(errors, &at, source)),
        "persistentVolumeClaim" => {
            if volume.persistent_volume_claim.iter().any(|source| source.claim_name.is_empty()) {
                errors.required(format!("{at}.claimName"), "");
            }
        }
        "downwardAPI" => volume.downward_api.iter().for_each(|source| {
            mode(errors, &at, source.default_mode);
            for file in source.items.iter().flatten() {
                check_file(errors, &at, file);
            }
        }),
        "configMap" => volume.config_map.iter().for_each(|source| {
            if source.name.is_empty() {
                errors.required(format!("{at}.name"), "");
            }
            mode(errors, &at, source.default_mode);
            items(errors, &format!("{at}.items"), source.items.as_deref());
        }),
        "projected" => volume.projected.iter().for_each(|source| projected::check(errors, &at, source)),
        "csi" => volume.csi.iter().for_each(|source| driver(errors, &format!("{at}.driver"), &source.driver)),
        "ephemeral" => volume.ephemeral.iter().for_each(|source| match &source.volume_claim_template {
            None => errors.required(format!("{at}.volumeClaimTemplate"), ""),
            Some(template) => claim_template(errors, &format!("{at}.volumeClaimTemplate"), template),
        }),
        "image" => {
            let reference = volume.image.iter().find_map(|source| source.reference.as_deref());
            if pod.is_some() && reference.unwrap_or_default().is_empty() {
                errors.required(format!("{at}.reference"), "");
            }
        }
        _ => remote(errors, path, first, &encode::to_value(volume)[first]),
    }
    if let Some(pod) = pod.filter(|_| first == "ephemeral" && !volume.name.is_empty()) {
        let claim = format!("{pod}-{}", volume.name);
        for problem in format::dns_subdomain(&claim) {
            let why = format!("PVC name {claim:?}: {problem}");
            errors.invalid(format!("{path}.name"), volume.name.as_str(), why);
        }
    }
}

/// A source that nothing here serves, and its fields that must be there.
pub(super) fn remote(errors: &mut Errors, path: &str, name: &str, value: &Value) {
    let needs = SOURCES.iter().find(|(source, ..)| *source == name).map_or(HERE, |(.., needs)| *needs);
    for field in needs.1 {
        let is_empty = match &value[*field] {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        if is_empty {
            errors.required(format!("{path}.{}.{field}", needs.0), "");
        }
    }
}

pub(super) fn host_path(errors: &mut Errors, path: &str, source: &HostPathVolumeSource) {
    if source.path.is_empty() {
        return errors.required(format!("{path}.path"), "");
    }
    if source.path.split('/').any(|part| part == "..") {
        errors.invalid(format!("{path}.path"), source.path.as_str(), "must not contain '..'");
    }
    if let Some(sort) = source.type_.as_deref().filter(|sort| !HOST_PATH_TYPES.contains(sort)) {
        errors.push(FieldError::not_supported(format!("{path}.type"), sort, &HOST_PATH_TYPES));
    }
}

pub(super) fn nfs(errors: &mut Errors, path: &str, source: &NFSVolumeSource) {
    for (field, value) in [("server", &source.server), ("path", &source.path)] {
        if value.is_empty() {
            errors.required(format!("{path}.{field}"), "");
        }
    }
    if !source.path.starts_with('/') {
        errors.invalid(format!("{path}.path"), source.path.as_str(), "must be an absolute path");
    }
}

/// Models ValidateCSIDriverName.
pub(super) fn driver(errors: &mut Errors, path: &str, name: &str) {
    const MAX: usize = 63;
    if name.is_empty() {
        errors.required(path, "");
    }
    if name.len() > MAX {
        errors.push(FieldError::too_long(path, MAX));
    }
    errors.invalid_all(path, name, format::dns_subdomain(&name.to_lowercase()));
}

/// Models ValidatePersistentVolumeClaimTemplate: of its metadata only labels and annotations are anything.
fn claim_template(errors: &mut Errors, path: &str, template: &PersistentVolumeClaimTemplate) {
    if let Some(metadata) = &template.metadata {
        meta::annotations(errors, &format!("{path}.metadata.annotations"), metadata.annotations.as_ref());
        meta::labels(errors, &format!("{path}.metadata.labels"), metadata.labels.as_ref());
    }
    super::storage::claim_spec(errors, &format!("{path}.spec"), &template.spec);
}

fn mode(errors: &mut Errors, path: &str, mode: Option<i32>) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        errors.invalid(format!("{path}.defaultMode"), mode, MODES);
    }
}

/// Models validateKeyToPath.
fn items(errors: &mut Errors, path: &str, items: Option<&[KeyToPath]>) {
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let path = format!("{path}[{index}]");
        if item.key.is_empty() {
            errors.required(format!("{path}.key"), "");
        }
        place(errors, &format!("{path}.path"), &item.path);
        if let Some(mode) = item.mode.filter(|mode| !(0..=0o777).contains(mode)) {
            errors.invalid(format!("{path}.mode"), mode, MODES);
        }
    }
}

/// Models validateDownwardAPIVolumeFile.
fn check_file(errors: &mut Errors, path: &str, file: &DownwardAPIVolumeFile) {
    place(errors, &format!("{path}.path"), &file.path);
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(field), other) => {
            environment::check_field(errors, &format!("{path}.fieldRef"), field, &FIELDS);
            if other.is_some() {
                let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.invalid(path, "resource", why);
            }
        }
        (None, Some(field)) => {
            environment::check_resource(errors, &format!("{path}.resourceFieldRef"), field, true);
        }
        (None, None) => errors.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    if let Some(mode) = file.mode.filter(|mode| !(0..=0o777).contains(mode)) {
        errors.invalid(format!("{path}.mode"), mode, MODES);
    }
}

/// A path below the volume. Models validateLocalNonReservedPath.
fn place(errors: &mut Errors, path: &str, target: &str) {
    if target.is_empty() {
        return errors.required(path, "");
    }
    if target.starts_with('/') {
        errors.invalid(path, target, "must be a relative path");
    }
    if target.split('/').any(|part| part == "..") {
        errors.invalid(path, target, "must not contain '..'");
    }
    if target.starts_with("..") && !target.starts_with("../") {
        errors.invalid(path, target, "must not start with '..'");
    }
}

//! Validation of a pod's volumes. Models pkg/apis/core/validation: ValidateVolumes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume};

use super::{Errors, format};
use crate::api::encode;
use crate::api::field::FieldError;
use crate::api::quantity::Quantity;

/// What a path on a node may be asked to be; nothing asks nothing.
const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// What is said of a mode that is none.
const MODES: &str = "must be a number between 0 and 0777 (octal), both inclusive";

/// Complains about volumes and returns those that mounts may name, each with whether it is a claim.
pub(super) fn of_pod<'v>(errors: &mut Errors, path: &str, volumes: &'v [Volume]) -> BTreeMap<&'v str, bool> {
    let mut names = BTreeMap::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let before = errors.0.len();
        check_source(errors, &path, volume);
        let name_path = format!("{path}.name");
        if volume.name.is_empty() {
            errors.required(name_path, "");
        } else {
            let problems = format::dns_label(&volume.name);
            let good = problems.is_empty();
            errors.invalid_all(name_path.as_str(), &volume.name, problems);
            if good && names.contains_key(volume.name.as_str()) {
                errors.push(FieldError::duplicate(name_path, volume.name.as_str()));
            }
        }
        if errors.0.len() == before {
            names.insert(volume.name.as_str(), volume.persistent_volume_claim.is_some());
        }
    }
    names
}

/// The sources that the volume names, in the order of their names.
fn sources(volume: &Volume) -> impl Iterator<Item = &'static str> {
    let all = [
        ("awsElasticBlockStore", volume.aws_elastic_block_store.is_some()),
        ("azureDisk", volume.azure_disk.is_some()),
        ("azureFile", volume.azure_file.is_some()),
        ("cephfs", volume.cephfs.is_some()),
        ("cinder", volume.cinder.is_some()),
        ("configMap", volume.config_map.is_some()),
        ("csi", volume.csi.is_some()),
        ("downwardAPI", volume.downward_api.is_some()),
        ("emptyDir", volume.empty_dir.is_some()),
        ("ephemeral", volume.ephemeral.is_some()),
        ("fc", volume.fc.is_some()),
        ("flexVolume", volume.flex_volume.is_some()),
        ("flocker", volume.flocker.is_some()),
        ("gcePersistentDisk", volume.gce_persistent_disk.is_some()),
        ("gitRepo", volume.git_repo.is_some()),
        ("glusterfs", volume.glusterfs.is_some()),
        ("hostPath", volume.host_path.is_some()),
        ("image", volume.image.is_some()),
        ("iscsi", volume.iscsi.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("persistentVolumeClaim", volume.persistent_volume_claim.is_some()),
        ("photonPersistentDisk", volume.photon_persistent_disk.is_some()),
        ("portworxVolume", volume.portworx_volume.is_some()),
        ("projected", volume.projected.is_some()),
        ("quobyte", volume.quobyte.is_some()),
        ("rbd", volume.rbd.is_some()),
        ("scaleIO", volume.scale_io.is_some()),
        ("secret", volume.secret.is_some()),
        ("storageos", volume.storageos.is_some()),
        ("vsphereVolume", volume.vsphere_volume.is_some()),
    ];
    all.into_iter().filter_map(|(name, is_given)| is_given.then_some(name))
}

fn check_source(errors: &mut Errors, path: &str, volume: &Volume) {
    for source in sources(volume).skip(1) {
        errors.forbidden(format!("{path}.{source}"), "may not specify more than 1 volume type");
    }
    if let Some(source) = &volume.persistent_volume_claim
        && source.claim_name.is_empty()
    {
        errors.required(format!("{path}.persistentVolumeClaim.claimName"), "");
    }
    if let Some(source) = &volume.config_map {
        if source.name.is_empty() {
            errors.required(format!("{path}.configMap.name"), "");
        }
        mode(errors, &format!("{path}.configMap"), source.default_mode);
        items(errors, &format!("{path}.configMap.items"), source.items.as_deref());
    }
    if let Some(source) = &volume.secret {
        if source.secret_name.as_deref().unwrap_or_default().is_empty() {
            errors.required(format!("{path}.secret.secretName"), "");
        }
        mode(errors, &format!("{path}.secret"), source.default_mode);
        items(errors, &format!("{path}.secret.items"), source.items.as_deref());
    }
    if let Some(source) = &volume.host_path {
        let path = format!("{path}.hostPath");
        if source.path.is_empty() {
            errors.required(format!("{path}.path"), "");
        } else if source.path.split('/').any(|part| part == "..") {
            errors.invalid(format!("{path}.path"), source.path.as_str(), "must not contain '..'");
        }
        if let Some(sort) = source.type_.as_deref().filter(|sort| !HOST_PATH_TYPES.contains(sort)) {
            errors.push(FieldError::not_supported(format!("{path}.type"), sort, &HOST_PATH_TYPES));
        }
    }
    if let Some(limit) = volume.empty_dir.as_ref().and_then(|source| source.size_limit.as_ref())
        && Quantity::of(limit).sign() < 0
    {
        let why = "SizeLimit field must be a valid resource quantity";
        errors.forbidden(format!("{path}.emptyDir.sizeLimit"), why);
    }
    if let Some(source) = &volume.nfs {
        if source.server.is_empty() {
            errors.required(format!("{path}.nfs.server"), "");
        }
        if source.path.is_empty() {
            errors.required(format!("{path}.nfs.path"), "");
        } else if !source.path.starts_with('/') {
            errors.invalid(format!("{path}.nfs.path"), source.path.as_str(), "must be an absolute path");
        }
    }
    if let Some(source) = &volume.csi
        && source.driver.is_empty()
    {
        errors.required(format!("{path}.csi.driver"), "");
    }
    if let Some(source) = &volume.downward_api {
        mode(errors, &format!("{path}.downwardAPI"), source.default_mode);
        files(errors, &format!("{path}.downwardAPI"), source.items.as_deref());
    }
    if let Some(source) = &volume.projected {
        projected(errors, &format!("{path}.projected"), source);
    }
    if let Some(source) = &volume.ephemeral {
        match &source.volume_claim_template {
            None => errors.required(format!("{path}.ephemeral.volumeClaimTemplate"), ""),
            Some(template) => {
                let path = format!("{path}.ephemeral.volumeClaimTemplate.spec");
                super::storage::claim_spec(errors, &path, &template.spec);
            }
        }
    }
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
fn files(errors: &mut Errors, path: &str, files: Option<&[DownwardAPIVolumeFile]>) {
    for file in files.unwrap_or_default() {
        place(errors, &format!("{path}.path"), &file.path);
        match (&file.field_ref, &file.resource_field_ref) {
            (Some(_), Some(_)) => {
                let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.invalid(path, "resource", why);
            }
            (None, None) => {
                errors.required(path, "one of fieldRef and resourceFieldRef is required");
            }
            _ => {}
        }
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

/// Models validateProjectedVolumeSource.
fn projected(errors: &mut Errors, path: &str, source: &ProjectedVolumeSource) {
    mode(errors, path, source.default_mode);
    for (index, part) in source.sources.iter().flatten().enumerate() {
        let path = format!("{path}.sources[{index}]");
        if encode::to_value(part).as_object().is_some_and(|map| map.len() > 1) {
            errors.forbidden(path.as_str(), "may not specify more than 1 volume type per source");
        }
        for (field, name, list) in [
            (
                "secret",
                part.secret.as_ref().map(|part| &part.name),
                part.secret.as_ref().map(|part| &part.items),
            ),
            (
                "configMap",
                part.config_map.as_ref().map(|part| &part.name),
                part.config_map.as_ref().map(|part| &part.items),
            ),
        ] {
            let (Some(name), Some(list)) = (name, list) else { continue };
            if name.is_empty() {
                errors.required(format!("{path}.{field}.name"), "");
            }
            items(errors, &format!("{path}.{field}.items"), list.as_deref());
        }
        if let Some(part) = &part.downward_api {
            files(errors, &format!("{path}.downwardAPI"), part.items.as_deref());
        }
        if let Some(part) = &part.service_account_token {
            let field = format!("{path}.serviceAccountToken");
            let seconds = part.expiration_seconds.unwrap_or(3600);
            if seconds < 600 {
                let why = "may not specify a duration less than 10 minutes";
                errors.invalid(format!("{field}.expirationSeconds"), seconds, why);
            }
            if seconds > 1 << 32 {
                let why = "may not specify a duration larger than 2^32 seconds";
                errors.invalid(format!("{field}.expirationSeconds"), seconds, why);
            }
            place(errors, &format!("{field}.path"), &part.path);
        }
    }
}

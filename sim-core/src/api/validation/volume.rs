//! Validation of a pod's volumes. Models pkg/apis/core/validation: ValidateVolumes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Volume;

use super::{Errors, format};
use crate::api::encode;
use crate::api::field::FieldError;

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

fn check_source(errors: &mut Errors, path: &str, volume: &Volume) {
    let value = encode::to_value(volume);
    let sources = value.as_object().into_iter().flatten().filter(|(key, _)| *key != "name");
    for (index, (source, _)) in sources.enumerate() {
        if index > 0 {
            errors.forbidden(format!("{path}.{source}"), "may not specify more than 1 volume type");
        }
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
    }
    if let Some(source) = &volume.secret {
        if source.secret_name.as_deref().unwrap_or_default().is_empty() {
            errors.required(format!("{path}.secret.secretName"), "");
        }
        mode(errors, &format!("{path}.secret"), source.default_mode);
    }
    if let Some(source) = &volume.host_path
        && source.path.is_empty()
    {
        errors.required(format!("{path}.hostPath.path"), "");
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
        let why = "must be a number between 0 and 0777 (octal), both inclusive";
        errors.invalid(format!("{path}.defaultMode"), mode, why);
    }
}

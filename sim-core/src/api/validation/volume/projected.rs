//! Validation of projected volumes. Models pkg/apis/core/validation: validateProjectionSources.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{KeyToPath, ProjectedVolumeSource, ServiceAccountTokenProjection};

use super::super::Errors;
use super::{check_file, items, mode, place};

pub(super) fn check(errors: &mut Errors, path: &str, volume: &ProjectedVolumeSource) {
    mode(errors, path, volume.default_mode);
    let mut paths = BTreeSet::new();
    for (index, source) in volume.sources.iter().flatten().enumerate() {
        let at = format!("{path}.sources[{index}]");
        let mut count = 0;
        if let Some(part) = &source.secret {
            count += 1;
            keys(errors, path, &format!("{at}.secret"), &part.name, part.items.as_deref(), &mut paths);
        }
        if let Some(part) = &source.config_map {
            count += 1;
            keys(errors, path, &format!("{at}.configMap"), &part.name, part.items.as_deref(), &mut paths);
        }
        if let Some(part) = &source.downward_api {
            count += 1;
            for file in part.items.iter().flatten() {
                check_file(errors, &format!("{at}.downwardAPI"), file);
                taken(errors, path, &file.path, &file.path, &mut paths);
            }
        }
        if let Some(part) = &source.service_account_token {
            count += 1;
            token(errors, path, &format!("{at}.serviceAccountToken"), part);
        }
        if source.cluster_trust_bundle.is_some() {
            count += 1;
        }
        if count > 1 {
            errors.forbidden(at, "may not specify more than 1 volume type per source");
        }
    }
}

/// Keys of a ConfigMap or a Secret, each in a place of its own.
fn keys<'v>(
    errors: &mut Errors,
    volume: &str,
    path: &str,
    name: &str,
    list: Option<&'v [KeyToPath]>,
    paths: &mut BTreeSet<&'v str>,
) {
    if name.is_empty() {
        errors.required(format!("{path}.name"), "");
    }
    items(errors, &format!("{path}.items"), list);
    for item in list.unwrap_or_default() {
        taken(errors, volume, &item.path, name, paths);
    }
}

fn taken<'v>(errors: &mut Errors, volume: &str, path: &'v str, shown: &str, paths: &mut BTreeSet<&'v str>) {
    if !path.is_empty() && !paths.insert(path) {
        errors.invalid(volume, shown, "conflicting duplicate paths");
    }
}

/// What is wrong with the token's path is said of the volume's.
fn token(errors: &mut Errors, volume: &str, path: &str, token: &ServiceAccountTokenProjection) {
    let seconds = token.expiration_seconds.unwrap_or(3600);
    if seconds < 600 {
        let why = "may not specify a duration less than 10 minutes";
        errors.invalid(format!("{path}.expirationSeconds"), seconds, why);
    }
    if seconds > 1 << 32 {
        let why = "may not specify a duration larger than 2^32 seconds";
        errors.invalid(format!("{path}.expirationSeconds"), seconds, why);
    }
    place(errors, &format!("{volume}.path"), &token.path);
}

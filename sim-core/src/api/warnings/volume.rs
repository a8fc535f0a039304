//! Of claims and volumes. Models pkg/api/persistentvolumeclaim and pkg/api/persistentvolume.

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, VolumeResourceRequirements};

use super::{Warnings, deprecated_label};
use crate::api::meta;

const CLASS: &str = "volume.beta.kubernetes.io/storage-class";
const MOUNT_OPTIONS: &str = "volume.beta.kubernetes.io/mount-options";

pub(super) fn claim(warnings: &mut Warnings, claim: &PersistentVolumeClaim) {
    class(warnings, meta::annotations(&claim.metadata).contains_key(CLASS));
    storage(warnings, "spec", claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()));
}

/// Of what a claim's spec at `path` asks for.
pub(super) fn storage(warnings: &mut Warnings, path: &str, resources: Option<&VolumeResourceRequirements>) {
    let Some(resources) = resources else { return };
    for (name, map) in [("requests", &resources.requests), ("limits", &resources.limits)] {
        let asked = map.as_ref().and_then(|map| map.get("storage"));
        warnings.whole_bytes(&format!("{path}.resources.{name}[storage]"), asked);
    }
}

pub(super) fn volume(warnings: &mut Warnings, volume: &PersistentVolume) {
    let annotations = meta::annotations(&volume.metadata);
    class(warnings, annotations.contains_key(CLASS));
    if annotations.contains_key(MOUNT_OPTIONS) {
        let why = "deprecated since v1.31; use \"mountOptions\" attribute instead";
        warnings.add(format!("metadata.annotations[{MOUNT_OPTIONS}]: {why}"));
    }
    let Some(spec) = &volume.spec else { return };
    if spec.persistent_volume_reclaim_policy.as_deref() == Some("Recycle") {
        warnings.add(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended \
             approach is to use dynamic provisioning."
                .to_owned(),
        );
    }
    let required = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let terms = required.iter().flat_map(|selector| &selector.node_selector_terms);
    for (index, term) in terms.enumerate() {
        for (place, expression) in term.match_expressions.iter().flatten().enumerate() {
            if let Some(why) = deprecated_label(&expression.key) {
                warnings.add(format!(
                    "spec.nodeAffinity.required.nodeSelectorTerms[{index}].matchExpressions[{place}].key: {} is {why}",
                    expression.key
                ));
            }
        }
    }
    let size = spec.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    warnings.whole_bytes("spec.capacity[storage]", size);
}

fn class(warnings: &mut Warnings, is_there: bool) {
    if is_there {
        let why = "deprecated since v1.8; use \"storageClassName\" attribute instead";
        warnings.add(format!("metadata.annotations[{CLASS}]: {why}"));
    }
}

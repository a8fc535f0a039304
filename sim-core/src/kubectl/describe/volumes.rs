//! Volumes of pods and templates, and what persistent volumes are made of.
//!
//! Models kubectl pkg/describe: describeVolumes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    CSIPersistentVolumeSource, CSIVolumeSource, DownwardAPIVolumeFile, EphemeralVolumeSource,
    HostPathVolumeSource, NFSVolumeSource, PersistentVolumeClaim, PersistentVolumeSpec,
    ProjectedVolumeSource, Volume,
};

use super::text::Text;
use super::{or_empty, persistent_volume_claim};
use crate::api::quantity::Quantity;

/// Adds the volumes of a pod, or of a template with two blanks for `space`.
pub(super) fn describe(text: &mut Text, volumes: &[Volume], space: &str) {
    if volumes.is_empty() {
        text.line(0, format_args!("{space}Volumes:\t<none>"));
        return;
    }
    text.line(0, format_args!("{space}Volumes:"));
    let name_indent = if space.is_empty() { "" } else { " " };
    for volume in volumes {
        text.line(1, format_args!("{name_indent}{}:", volume.name));
        source(text, volume);
    }
}

fn source(text: &mut Text, volume: &Volume) {
    if let Some(path) = &volume.host_path {
        host_path(text, path);
    } else if let Some(dir) = &volume.empty_dir {
        let limit = dir.size_limit.as_ref().filter(|limit| Quantity::of(limit).sign() > 0);
        text.field(2, "Type", "EmptyDir (a temporary directory that shares a pod's lifetime)");
        text.field(2, "Medium", or_empty(&dir.medium));
        text.field(2, "SizeLimit", limit.map_or("<unset>", |limit| limit.0.as_str()));
    } else if let Some(secret) = &volume.secret {
        text.field(2, "Type", "Secret (a volume populated by a Secret)");
        text.field(2, "SecretName", or_empty(&secret.secret_name));
        text.field(2, "Optional", secret.optional.unwrap_or(false));
    } else if let Some(map) = &volume.config_map {
        text.field(2, "Type", "ConfigMap (a volume populated by a ConfigMap)");
        text.field(2, "Name", &map.name);
        text.field(2, "Optional", map.optional.unwrap_or(false));
    } else if let Some(claim) = &volume.persistent_volume_claim {
        text.field(
            2,
            "Type",
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        );
        text.field(2, "ClaimName", &claim.claim_name);
        text.field(2, "ReadOnly", claim.read_only.unwrap_or(false));
    } else if let Some(ephemeral) = &volume.ephemeral {
        ephemeral_volume(text, ephemeral);
    } else if let Some(source) = &volume.downward_api {
        text.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
        text.line(2, "Items:");
        source.items.iter().flatten().for_each(|item| downward_item(text, item));
    } else if let Some(projected) = &volume.projected {
        projected_volume(text, projected);
    } else if let Some(nfs) = &volume.nfs {
        nfs_volume(text, nfs);
    } else if let Some(csi) = &volume.csi {
        csi_volume(text, csi);
    } else if let Some(image) = &volume.image {
        text.field(2, "Type", "Image (a container image or OCI artifact)");
        text.field(2, "Reference", or_empty(&image.reference));
        text.field(2, "PullPolicy", or_empty(&image.pull_policy));
    } else {
        text.line(1, "<unknown>");
    }
}

/// Adds what a persistent volume is made of.
pub(super) fn persistent(text: &mut Text, spec: &PersistentVolumeSpec) {
    if let Some(path) = &spec.host_path {
        host_path(text, path);
    } else if let Some(nfs) = &spec.nfs {
        nfs_volume(text, nfs);
    } else if let Some(local) = &spec.local {
        text.field(2, "Type", "LocalVolume (a persistent volume backed by local storage on a node)");
        text.field(2, "Path", &local.path);
    } else if let Some(csi) = &spec.csi {
        csi_persistent(text, csi);
    } else {
        text.line(1, "<unknown>");
    }
}

fn host_path(text: &mut Text, path: &HostPathVolumeSource) {
    text.field(2, "Type", "HostPath (bare host directory volume)");
    text.field(2, "Path", &path.path);
    text.field(2, "HostPathType", path.type_.as_deref().unwrap_or("<none>"));
}

fn nfs_volume(text: &mut Text, nfs: &NFSVolumeSource) {
    text.field(2, "Type", "NFS (an NFS mount that lasts the lifetime of a pod)");
    text.field(2, "Server", &nfs.server);
    text.field(2, "Path", &nfs.path);
    text.field(2, "ReadOnly", nfs.read_only.unwrap_or(false));
}

const CSI_TYPE: &str = "CSI (a Container Storage Interface (CSI) volume source)";

fn csi_volume(text: &mut Text, csi: &CSIVolumeSource) {
    text.field(2, "Type", CSI_TYPE);
    text.field(2, "Driver", &csi.driver);
    text.field(2, "FSType", or_empty(&csi.fs_type));
    text.field(2, "ReadOnly", csi.read_only.unwrap_or(false));
    attributes(text, csi.volume_attributes.as_ref());
}

fn csi_persistent(text: &mut Text, csi: &CSIPersistentVolumeSource) {
    text.field(2, "Type", CSI_TYPE);
    text.field(2, "Driver", &csi.driver);
    text.field(2, "FSType", or_empty(&csi.fs_type));
    text.field(2, "VolumeHandle", &csi.volume_handle);
    text.field(2, "ReadOnly", csi.read_only.unwrap_or(false));
    attributes(text, csi.volume_attributes.as_ref());
}

fn attributes(text: &mut Text, attributes: Option<&BTreeMap<String, String>>) {
    text.raw("    VolumeAttributes:\t");
    if attributes.is_none_or(BTreeMap::is_empty) {
        text.raw("<none>\n");
    }
    for (index, (key, value)) in attributes.into_iter().flatten().enumerate() {
        // The writer indents each piece by itself, and so the value too.
        let indent = if index == 0 { "    " } else { "        \t    " };
        text.raw(&format!("{indent}{key}={value}\n"));
    }
}

fn ephemeral_volume(text: &mut Text, ephemeral: &EphemeralVolumeSource) {
    text.field(
        2,
        "Type",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
    );
    let Some(template) = &ephemeral.volume_claim_template else { return };
    let claim = PersistentVolumeClaim {
        metadata: template.metadata.clone().unwrap_or_default(),
        spec: Some(template.spec.clone()),
        status: None,
    };
    let mut nested = Text::default();
    persistent_volume_claim::body(&mut nested, &claim, None);
    for line in nested.unaligned().lines() {
        // The writer indents each piece of a list by itself, and so the values too.
        match line.split_once('\t') {
            Some((title @ ("" | "Labels:" | "Annotations:"), value)) => {
                text.line(2, format_args!("{title}\t    {value}"));
            }
            _ => text.line(2, line),
        }
    }
}

fn downward_item(text: &mut Text, item: &DownwardAPIVolumeFile) {
    if let Some(field) = &item.field_ref {
        text.line(3, format_args!("{} -> {}", field.field_path, item.path));
    }
    if let Some(resource) = &item.resource_field_ref {
        text.line(3, format_args!("{} -> {}", resource.resource, item.path));
    }
}

fn projected_volume(text: &mut Text, projected: &ProjectedVolumeSource) {
    text.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
    for source in projected.sources.iter().flatten() {
        if let Some(secret) = &source.secret {
            text.field(2, "SecretName", &secret.name);
            text.field(2, "Optional", secret.optional.unwrap_or(false));
        } else if source.downward_api.is_some() {
            text.field(2, "DownwardAPI", true);
        } else if let Some(map) = &source.config_map {
            text.field(2, "ConfigMapName", &map.name);
            text.field(2, "Optional", map.optional.unwrap_or(false));
        } else if let Some(token) = &source.service_account_token {
            text.field(2, "TokenExpirationSeconds", token.expiration_seconds.unwrap_or(3607));
        }
    }
}

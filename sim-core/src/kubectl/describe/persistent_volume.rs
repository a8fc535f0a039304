//! Models kubectl pkg/describe: describePersistentVolume.

use k8s_openapi::api::core::v1::{NodeSelectorRequirement, PersistentVolume, VolumeNodeAffinity};

use super::text::Text;
use super::{Subject, list_text, or_empty, volumes};
use crate::api::kinds::format::{access_modes, since};
use crate::api::kinds::persistent_volume::volume_class;
use crate::api::meta;

pub(super) fn describe(text: &mut Text, volume: &PersistentVolume, subject: &Subject<'_>) {
    let meta = &volume.metadata;
    let spec = volume.spec.clone().unwrap_or_default();
    let status = volume.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(meta));
    text.labels("", "Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    text.field(0, "Finalizers", list_text(meta::finalizers(meta)));
    text.field(0, "StorageClass", volume_class(volume));
    match &meta.deletion_timestamp {
        Some(time) => {
            let lasts = since(subject.now, time.0);
            text.field(0, "Status", format_args!("Terminating (lasts {lasts})"));
        }
        None => text.field(0, "Status", or_empty(&status.phase)),
    }
    let claim = spec
        .claim_ref
        .as_ref()
        .map(|claim| format!("{}/{}", or_empty(&claim.namespace), or_empty(&claim.name)));
    text.field(0, "Claim", claim.unwrap_or_default());
    text.field(0, "Reclaim Policy", or_empty(&spec.persistent_volume_reclaim_policy));
    text.field(0, "Access Modes", access_modes(spec.access_modes.as_deref().unwrap_or_default()));
    text.field_if(0, "VolumeMode", spec.volume_mode.as_deref());
    let capacity = spec.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    text.field(0, "Capacity", capacity.map_or("0", |amount| amount.0.as_str()));
    node_affinity(text, spec.node_affinity.as_ref());
    text.field(0, "Message", or_empty(&status.message));
    text.line(0, "Source:");
    volumes::persistent(text, &spec);
}

fn node_affinity(text: &mut Text, affinity: Option<&VolumeNodeAffinity>) {
    let Some(required) = affinity.and_then(|affinity| affinity.required.as_ref()) else {
        text.field(0, "Node Affinity", "<none>");
        return;
    };
    text.field(0, "Node Affinity", "");
    let terms = &required.node_selector_terms;
    text.field(1, "Required Terms", if terms.is_empty() { "<none>" } else { "" });
    for (index, term) in terms.iter().enumerate() {
        let lines: Vec<String> = term.match_expressions.iter().flatten().map(requirement_text).collect();
        text.several("    ", &format!("Term {index}"), &lines);
    }
}

fn requirement_text(requirement: &NodeSelectorRequirement) -> String {
    let operator = requirement.operator.to_lowercase();
    let values = requirement.values.as_deref().unwrap_or_default();
    if values.is_empty() {
        return format!("{} {operator}", requirement.key);
    }
    format!("{} {operator} [{}]", requirement.key, values.join(", "))
}

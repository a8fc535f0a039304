//! Models kubectl pkg/describe: describePersistentVolumeClaim.

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};

use super::text::Text;
use super::{Subject, list_text, or_empty, time_text};
use crate::api::kinds::format::{access_modes, since};
use crate::api::kinds::persistent_volume_claim::claim_class;
use crate::api::meta;

pub(super) fn describe(text: &mut Text, claim: &PersistentVolumeClaim, subject: &Subject<'_>) {
    body(text, claim, Some(subject));
    let pods: Vec<String> = subject
        .store
        .all_in::<Pod>(subject.namespace)
        .filter(|pod| uses(pod, claim))
        .map(|pod| meta::name(&pod.metadata).to_owned())
        .collect();
    text.several("", "Used By", &pods);
    let conditions =
        claim.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage");
        text.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    }
    for condition in conditions {
        text.line(
            1,
            format_args!(
                "{} \t{} \t{} \t{} \t{} \t{}",
                condition.type_,
                condition.status,
                time_text(condition.last_probe_time.as_ref()),
                time_text(condition.last_transition_time.as_ref()),
                or_empty(&condition.reason),
                or_empty(&condition.message)
            ),
        );
    }
}

/// The claim itself; without `subject` it is a claim template, of which less is shown.
pub(super) fn body(text: &mut Text, claim: &PersistentVolumeClaim, subject: Option<&Subject<'_>>) {
    let meta = &claim.metadata;
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    if subject.is_some() {
        text.field(0, "Name", meta::name(meta));
        text.field(0, "Namespace", meta::namespace(meta));
    }
    text.field(0, "StorageClass", claim_class(claim));
    if let Some(subject) = subject {
        match &meta.deletion_timestamp {
            Some(time) => {
                let lasts = since(subject.now, time.0);
                text.field(0, "Status", format_args!("Terminating (lasts {lasts})"));
            }
            None => text.field(0, "Status", or_empty(&status.phase)),
        }
    }
    let volume = or_empty(&spec.volume_name);
    text.field(0, "Volume", volume);
    text.labels("", "Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    if subject.is_some() {
        text.field(0, "Finalizers", list_text(meta::finalizers(meta)));
    }
    let (capacity, modes) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        let amount = status.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
        let capacity = amount.map_or("0", |amount| amount.0.as_str()).to_owned();
        (capacity, access_modes(status.access_modes.as_deref().unwrap_or_default()))
    };
    text.field(0, "Capacity", capacity);
    text.field(0, "Access Modes", modes);
    text.field_if(0, "VolumeMode", spec.volume_mode.as_deref());
    if let Some(source) = &spec.data_source {
        text.line(0, "DataSource:");
        text.field_if(1, "APIGroup", source.api_group.as_deref());
        text.field(1, "Kind", &source.kind);
        text.field(1, "Name", &source.name);
    }
}

fn uses(pod: &Pod, claim: &PersistentVolumeClaim) -> bool {
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
    let named = volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref());
    let owns = || meta::owners(&claim.metadata).iter().any(|owner| owner.uid == meta::uid(&pod.metadata));
    named.into_iter().any(|source| source.claim_name == meta::name(&claim.metadata)) || owns()
}

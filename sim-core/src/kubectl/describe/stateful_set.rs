//! Models kubectl pkg/describe: describeStatefulSet.

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

use super::containers::port_number;
use super::text::Text;
use super::{Subject, or_empty, template, time_text, workload};
use crate::api::kinds::format::format_selector;
use crate::api::kinds::persistent_volume_claim::claim_class;
use crate::api::meta;

pub(super) fn describe(text: &mut Text, set: &StatefulSet, subject: &Subject<'_>) {
    let spec = set.spec.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&set.metadata));
    text.field(0, "Namespace", meta::namespace(&set.metadata));
    text.field(0, "CreationTimestamp", time_text(set.metadata.creation_timestamp.as_ref()));
    text.field(0, "Selector", format_selector(&spec.selector));
    text.labels("", "Labels", set.metadata.labels.as_ref());
    text.annotations("Annotations", set.metadata.annotations.as_ref());
    let total = set.status.as_ref().map_or(0, |status| status.replicas);
    text.field(0, "Replicas", format_args!("{} desired | {total} total", spec.replicas.unwrap_or(0)));
    strategy(text, &spec);
    text.field(0, "Pods Status", workload::pods_status(subject.store, meta::uid(&set.metadata)));
    template::describe(text, Some(&spec.template));
    claims(text, spec.volume_claim_templates.as_deref().unwrap_or_default());
}

fn strategy(text: &mut Text, spec: &StatefulSetSpec) {
    let strategy = spec.update_strategy.clone().unwrap_or_default();
    text.field(0, "Update Strategy", or_empty(&strategy.type_));
    let Some(rolling) = strategy.rolling_update else { return };
    if let Some(partition) = rolling.partition {
        text.field(1, "Partition", partition);
        if let Some(most) = &rolling.max_unavailable {
            text.field(1, "MaxUnavailable", port_number(most));
        }
    }
}

/// Models kubectl pkg/describe: describeVolumeClaimTemplates.
fn claims(text: &mut Text, templates: &[PersistentVolumeClaim]) {
    if templates.is_empty() {
        text.field(0, "Volume Claims", "<none>");
        return;
    }
    text.line(0, "Volume Claims:");
    for claim in templates {
        let spec = claim.spec.clone().unwrap_or_default();
        text.field(1, "Name", meta::name(&claim.metadata));
        text.field(1, "StorageClass", claim_class(claim));
        text.labels("  ", "Labels", claim.metadata.labels.as_ref());
        text.labels("  ", "Annotations", claim.metadata.annotations.as_ref());
        let requests = spec.resources.and_then(|resources| resources.requests).unwrap_or_default();
        text.field(1, "Capacity", requests.get("storage").map_or("<default>", |amount| amount.0.as_str()));
        let modes = spec.access_modes.unwrap_or_default().join(" ");
        text.field(1, "Access Modes", format_args!("[{modes}]"));
    }
}

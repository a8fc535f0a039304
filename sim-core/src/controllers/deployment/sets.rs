//! Questions about ReplicaSets.
//!
//! Models pkg/controller/deployment/util.

use std::cmp::Ordering;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, ReplicaSetStatus};
use k8s_openapi::api::core::v1::PodTemplateSpec;

use super::{annotations, hash};
use crate::api::meta;

/// The replicas that the set wants.
pub(super) fn replicas(set: &ReplicaSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

/// A number of the set's status.
pub(super) fn status(set: &ReplicaSet, field: impl Fn(&ReplicaSetStatus) -> Option<i32>) -> i32 {
    set.status.as_ref().and_then(field).unwrap_or(0)
}

/// How many pods of the set are available.
pub(super) fn available(set: &ReplicaSet) -> i32 {
    status(set, |status| status.available_replicas)
}

/// The sum of what the sets want.
pub(super) fn total_replicas<'a>(sets: impl IntoIterator<Item = &'a ReplicaSet>) -> i32 {
    sets.into_iter().map(replicas).fold(0, i32::saturating_add)
}

/// The sum of a number of the sets' statuses.
pub(super) fn total_status<'a>(
    sets: impl IntoIterator<Item = &'a ReplicaSet>,
    field: impl Fn(&ReplicaSetStatus) -> Option<i32>,
) -> i32 {
    sets.into_iter().map(|set| status(set, &field)).fold(0, i32::saturating_add)
}

/// Older first; of one age by name.
pub(super) fn by_creation(a: &ReplicaSet, b: &ReplicaSet) -> Ordering {
    let created = |set: &ReplicaSet| set.metadata.creation_timestamp.as_ref().map(|time| time.0);
    created(a).cmp(&created(b)).then_with(|| meta::name(&a.metadata).cmp(meta::name(&b.metadata)))
}

/// Lower revisions first.
pub(super) fn by_revision(a: &ReplicaSet, b: &ReplicaSet) -> Ordering {
    annotations::revision_of(a).cmp(&annotations::revision_of(b)).then_with(|| by_creation(a, b))
}

/// Whether the set's template is the Deployment's, the hash label aside.
///
/// Models pkg/controller/deployment/util: EqualIgnoreHash.
pub(super) fn has_template_of(set: &ReplicaSet, deployment: &Deployment) -> bool {
    let theirs = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
    let ours = deployment.spec.as_ref().map(|spec| &spec.template);
    match (theirs, ours) {
        (Some(theirs), Some(ours)) => theirs.spec == ours.spec && without_hash(theirs) == without_hash(ours),
        _ => false,
    }
}

fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut metadata = template.metadata.clone().unwrap_or_default();
    if let Some(labels) = &mut metadata.labels {
        labels.remove(hash::LABEL);
    }
    metadata.labels = metadata.labels.filter(|labels| !labels.is_empty());
    PodTemplateSpec { metadata: Some(metadata), spec: None }
}

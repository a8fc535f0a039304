//! A set's pods: what each is made of, and whether it still has its identity and storage.
//!
//! Models pkg/controller/statefulset: stateful_set_utils.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaimVolumeSource, Pod, PodTemplateSpec, Volume};

use super::claims;
use super::index::REVISION_LABEL;
use crate::api::{Feature, FeatureGates, Object, meta};

/// The label that carries a pod's own name.
pub const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";
/// The label that carries a pod's ordinal (KEP-4017).
pub const POD_INDEX_LABEL: &str = "apps.kubernetes.io/pod-index";

/// The pod of `ordinal`, made from `template`, which is that of `revision`.
///
/// Models pkg/controller/statefulset: newStatefulSetPod, setPodRevision.
pub fn new_pod(
    set: &Arc<StatefulSet>,
    template: &PodTemplateSpec,
    revision: &str,
    ordinal: i32,
    gates: FeatureGates,
) -> Pod {
    let owner = Object::from(set.clone());
    let name = format!("{}-{ordinal}", meta::name(&set.metadata));
    let mut pod = Pod { spec: template.spec.clone(), ..Pod::default() };
    if let Some(template) = &template.metadata {
        pod.metadata.labels = template.labels.clone();
        pod.metadata.annotations = template.annotations.clone().filter(|map| !map.is_empty());
        pod.metadata.finalizers = template.finalizers.clone().filter(|list| !list.is_empty());
    }
    pod.metadata.generate_name = Some(format!("{}-", meta::name(&set.metadata)));
    pod.metadata.name = Some(name.clone());
    pod.metadata.namespace = set.metadata.namespace.clone();
    pod.metadata.owner_references = Some(vec![meta::controller_reference(&owner)]);
    let labels = pod.metadata.labels.get_or_insert_default();
    identify(labels, &name, ordinal, gates);
    labels.insert(REVISION_LABEL.to_owned(), revision.to_owned());
    let spec = pod.spec.get_or_insert_default();
    spec.hostname = Some(name);
    let service = set.spec.as_ref().and_then(|spec| spec.service_name.clone());
    spec.subdomain = service.filter(|name| !name.is_empty());
    store(set, &mut pod, ordinal);
    pod
}

/// Whether the pod of `ordinal` carries its own name as a label.
///
/// Models pkg/controller/statefulset: identityMatches.
pub fn identity_matches(pod: &Pod) -> bool {
    meta::labels(&pod.metadata).get(POD_NAME_LABEL).map(String::as_str) == pod.metadata.name.as_deref()
}

/// Whether the pod's volumes are the claims of its ordinal.
///
/// Models pkg/controller/statefulset: storageMatches.
pub fn storage_matches(set: &StatefulSet, pod: &Pod, ordinal: i32) -> bool {
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
    claims::templates(set).iter().all(|template| {
        let volume = volumes.iter().rfind(|volume| volume.name == meta::name(&template.metadata));
        let claim = volume.and_then(|volume| volume.persistent_volume_claim.as_ref());
        claim.is_some_and(|claim| claim.claim_name == claims::claim_name(set, template, ordinal))
    })
}

/// Gives the pod of `ordinal` its labels and volumes again.
///
/// Models pkg/controller/statefulset: updateIdentity, updateStorage.
pub fn restore(set: &StatefulSet, pod: &mut Pod, ordinal: i32, gates: FeatureGates) {
    if !identity_matches(pod) {
        let name = meta::name(&pod.metadata).to_owned();
        identify(pod.metadata.labels.get_or_insert_default(), &name, ordinal, gates);
    }
    if !storage_matches(set, pod, ordinal) {
        store(set, pod, ordinal);
    }
}

fn identify(labels: &mut BTreeMap<String, String>, name: &str, ordinal: i32, gates: FeatureGates) {
    labels.insert(POD_NAME_LABEL.to_owned(), name.to_owned());
    if gates.has(Feature::PodIndexLabel) {
        labels.insert(POD_INDEX_LABEL.to_owned(), ordinal.to_string());
    }
}

/// Puts the claims' volumes first; a template's volume of the same name gives way.
fn store(set: &StatefulSet, pod: &mut Pod, ordinal: i32) {
    let templates = claims::templates(set);
    let mut volumes: Vec<Volume> = templates
        .iter()
        .map(|template| Volume {
            name: meta::name(&template.metadata).to_owned(),
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: claims::claim_name(set, template, ordinal),
                read_only: None,
            }),
            ..Volume::default()
        })
        .collect();
    let spec = pod.spec.get_or_insert_default();
    let replaced =
        |volume: &Volume| templates.iter().any(|template| meta::name(&template.metadata) == volume.name);
    volumes.extend(spec.volumes.take().into_iter().flatten().filter(|volume| !replaced(volume)));
    spec.volumes = Some(volumes).filter(|volumes| !volumes.is_empty());
}

//! The volumes that the provisioners make, each as its own does.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    CSIPersistentVolumeSource, HostPathVolumeSource, Node, NodeSelector, NodeSelectorRequirement,
    NodeSelectorTerm, PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec, VolumeNodeAffinity,
};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use rand_core::Rng;

use crate::api::storage::annotation;
use crate::api::{Object, ObjectKey, meta};
use crate::engine::{ClusterConfig, reference, stream};
use crate::store::Store;

/// The simple provisioner of the recordings.
pub(super) const RECORDED_PROVISIONER: &str = "example.com/fake";
const MINIKUBE: &str = "k8s.io/minikube-hostpath";
const LOCAL_PATH: &str = "rancher.io/local-path";

/// The name of a claim's volume. A repeat makes the same one, so no claim gets two.
pub(super) fn name_for(claim: &PersistentVolumeClaim) -> String {
    format!("pvc-{}", meta::uid(&claim.metadata))
}

/// The volume for `claim`.
pub(super) fn compose(
    claim: &PersistentVolumeClaim,
    class: &StorageClass,
    view: &Store,
    config: &ClusterConfig,
) -> PersistentVolume {
    let name = name_for(claim);
    let wanted = claim.spec.clone().unwrap_or_default();
    let requests = wanted.resources.and_then(|resources| resources.requests).unwrap_or_default();
    let mut spec = PersistentVolumeSpec {
        access_modes: wanted.access_modes,
        capacity: Some(requests.into_iter().filter(|(resource, _)| resource == "storage").collect()),
        claim_ref: Some(reference(&Object::from(claim.clone()))),
        mount_options: class.mount_options.clone(),
        persistent_volume_reclaim_policy: class.reclaim_policy.clone().or(Some("Delete".to_owned())),
        storage_class_name: class.metadata.name.clone(),
        volume_mode: wanted.volume_mode.or(Some("Filesystem".to_owned())),
        ..PersistentVolumeSpec::default()
    };
    let mut annotations =
        BTreeMap::from([(annotation::PROVISIONED_BY.to_owned(), class.provisioner.clone())]);
    place(&mut spec, &mut annotations, claim, &name, &class.provisioner, view, config);
    PersistentVolume {
        metadata: ObjectMeta { name: Some(name), annotations: Some(annotations), ..ObjectMeta::default() },
        spec: Some(spec),
        status: None,
    }
}

/// Says where the volume lies, in the way of its provisioner.
fn place(
    spec: &mut PersistentVolumeSpec,
    annotations: &mut BTreeMap<String, String>,
    claim: &PersistentVolumeClaim,
    name: &str,
    provisioner: &str,
    view: &Store,
    config: &ClusterConfig,
) {
    let selected = meta::annotations(&claim.metadata).get(annotation::SELECTED_NODE).map(String::as_str);
    let (namespace, claim_name) = (meta::namespace(&claim.metadata), meta::name(&claim.metadata));
    match provisioner {
        MINIKUBE => {
            annotations.insert("hostPathProvisionerIdentity".to_owned(), identity(provisioner, config));
            let path = format!("/tmp/hostpath-provisioner/{namespace}/{claim_name}");
            spec.host_path = Some(HostPathVolumeSource { path, type_: Some(String::new()) });
        }
        LOCAL_PATH => {
            let path = format!("/var/local-path-provisioner/{name}_{namespace}_{claim_name}");
            let type_ = Some("DirectoryOrCreate".to_owned());
            spec.host_path = Some(HostPathVolumeSource { path, type_ });
            if let Some(node) = selected {
                annotations.insert("local.path.provisioner/selected-node".to_owned(), node.to_owned());
                spec.node_affinity = Some(only_where("kubernetes.io/hostname", node));
            }
        }
        RECORDED_PROVISIONER => {
            let path = format!("/fake/{name}");
            spec.host_path = Some(HostPathVolumeSource { path, type_: Some(String::new()) });
        }
        driver => {
            spec.csi = Some(CSIPersistentVolumeSource {
                driver: driver.to_owned(),
                fs_type: Some("ext4".to_owned()),
                volume_handle: volume_handle(claim),
                ..CSIPersistentVolumeSource::default()
            });
            let node = selected.and_then(|node| view.typed::<Node>(&ObjectKey::cluster(node)));
            let zone = node.and_then(|node| meta::labels(&node.metadata).get("topology.kubernetes.io/zone"));
            spec.node_affinity = zone.map(|zone| only_where("topology.kubernetes.io/zone", zone));
        }
    }
}

/// An affinity to the nodes with that label.
fn only_where(label: &str, value: &str) -> VolumeNodeAffinity {
    let expression = NodeSelectorRequirement {
        key: label.to_owned(),
        operator: "In".to_owned(),
        values: Some(vec![value.to_owned()]),
    };
    let term = NodeSelectorTerm { match_expressions: Some(vec![expression]), match_fields: None };
    VolumeNodeAffinity { required: Some(NodeSelector { node_selector_terms: vec![term] }) }
}

/// A cloud disk's id, `vol-` and 17 hexadecimal digits, from the claim's uid.
fn volume_handle(claim: &PersistentVolumeClaim) -> String {
    let digits: String =
        meta::uid(&claim.metadata).chars().filter(char::is_ascii_hexdigit).take(16).collect();
    format!("vol-0{digits}")
}

/// Who an event of the provisioner is from: its name, its host and its own uid.
pub(super) fn event_source(provisioner: &str, config: &ClusterConfig) -> String {
    let host = match provisioner {
        MINIKUBE => config.nodes.first().map_or("minikube", |node| node.name.as_str()),
        LOCAL_PATH => "local-path-provisioner-7dc846544d-8xw2h",
        _ => "csi-controller-0",
    };
    format!("{provisioner}_{host}_{}", identity(provisioner, config))
}

/// The provisioner's own uid, the same for the whole life of the cluster.
fn identity(provisioner: &str, config: &ClusterConfig) -> String {
    let mut random = stream(config.seed, provisioner);
    let (high, low) = (random.next_u64(), random.next_u64());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

//! What a kubelet keeps beside its Node: its Lease and its CSINode.
//!
//! Models pkg/kubelet/nodelease and pkg/volume/csi/nodeinfomanager.

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::api::storage::v1::{CSINode, CSINodeDriver, CSINodeSpec, VolumeNodeResources};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, OwnerReference, Time};

use super::meta;
use crate::api::ObjectKey;
use crate::apiserver::ApiServer;
use crate::engine::{ClusterConfig, KubeletKind};

/// How long a node's lease lasts (`nodeLeaseDurationSeconds`).
const LEASE_SECONDS: i32 = 40;
/// The driver of the cloud, and how many of its volumes a machine takes.
const EBS: (&str, i32) = ("ebs.csi.aws.com", 26);

/// Creates them for a node that is there. The recorded nodes had no CSINode.
pub(super) fn create(api: &mut ApiServer, config: &ClusterConfig, node: &str, created: &Time) {
    let Ok(owner) = api.typed::<Node>(&ObjectKey::cluster(node)) else { return };
    let owner = OwnerReference {
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        name: node.to_owned(),
        uid: owner.metadata.uid.clone().unwrap_or_default(),
        ..OwnerReference::default()
    };
    let mut lease_meta = meta(node, Some("kube-node-lease"), created);
    lease_meta.owner_references = Some(vec![owner.clone()]);
    let _ = api.create(Lease {
        metadata: lease_meta,
        spec: Some(LeaseSpec {
            holder_identity: Some(node.to_owned()),
            lease_duration_seconds: Some(LEASE_SECONDS),
            renew_time: Some(MicroTime(created.0)),
            ..LeaseSpec::default()
        }),
    });
    if config.kubelet != KubeletKind::Full {
        return;
    }
    let mut csi_meta = meta(node, None, created);
    csi_meta.owner_references = Some(vec![owner]);
    let _ = api.create(CSINode { metadata: csi_meta, spec: CSINodeSpec { drivers: drivers(config, node) } });
}

fn drivers(config: &ClusterConfig, node: &str) -> Vec<CSINodeDriver> {
    let (name, count) = EBS;
    if !config.storage_classes.iter().any(|class| class.provisioner == name) {
        return Vec::new();
    }
    let keys = ["kubernetes.io/os", "topology.ebs.csi.aws.com/zone", "topology.kubernetes.io/zone"];
    vec![CSINodeDriver {
        name: name.to_owned(),
        node_id: node.to_owned(),
        allocatable: Some(VolumeNodeResources { count: Some(count) }),
        topology_keys: Some(keys.map(str::to_owned).to_vec()),
    }]
}

//! A cloud's volumes follow the pods that use them, seen through a whole cluster.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Node, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::storage::v1::VolumeAttachment;
use serde_json::json;

use crate::api::{Kind, ObjectKey, decode, meta, pod};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::cluster::{Cluster, Fault};
use crate::engine::{ClusterConfig, StorageClassConfig, TimingProfile};

/// Three nodes in one zone, and a cloud's disks.
pub(crate) fn cloud() -> Cluster {
    let profile = TimingProfile::named("instant").expect("a profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_nodes("n", 3);
    config.storage_classes = vec![StorageClassConfig {
        name: "ebs".to_owned(),
        provisioner: "ebs.csi.aws.com".to_owned(),
        default: true,
        wait_for_first_consumer: true,
    }];
    Cluster::new(config)
}

pub(crate) fn create(cluster: &mut Cluster, manifest: serde_json::Value) {
    let object = decode::object(manifest).expect("a manifest");
    cluster.act("create", |api| api.create(object)).expect("it is new");
}

pub(crate) fn create_claim(cluster: &mut Cluster, name: &str) {
    create(
        cluster,
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
    );
}

pub(crate) fn create_pod(cluster: &mut Cluster, name: &str, claim: &str, node: &str) {
    create(
        cluster,
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"nodeSelector": {"kubernetes.io/hostname": node},
            "terminationGracePeriodSeconds": 1,
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}],
            "containers": [{"name": "app", "image": "nginx",
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}}),
    );
}

fn is_ready(cluster: &Cluster, name: &str) -> bool {
    cluster.store().typed::<Pod>(&ObjectKey::new("default", name)).is_some_and(pod::is_ready)
}

fn attached_to(cluster: &Cluster) -> Vec<String> {
    cluster.store().all::<VolumeAttachment>().map(|found| found.spec.node_name.clone()).collect()
}

fn in_use(cluster: &Cluster, node: &str) -> usize {
    let node = cluster.store().typed::<Node>(&ObjectKey::cluster(node)).expect("the node");
    node.status.as_ref().and_then(|status| status.volumes_in_use.as_ref()).map_or(0, Vec::len)
}

/// Reasons and messages of the events about the pod, the volume's name shortened.
fn said(cluster: &Cluster, pod: &str, reason: &str) -> Vec<String> {
    let events = cluster.store().all::<Event>().filter(|event| {
        event.involved_object.name.as_deref() == Some(pod) && event.reason.as_deref() == Some(reason)
    });
    let text = |message: &str| match message.split_once("pvc-") {
        Some((before, after)) => format!("{before}PV{}", after.get(36..).unwrap_or_default()),
        None => message.to_owned(),
    };
    events.filter_map(|event| event.message.as_deref().map(text)).collect()
}

fn settle(cluster: &mut Cluster) {
    assert!(cluster.settle(Duration::from_secs(3_600)));
}

#[test]
fn a_volume_is_attached_for_its_pod_and_detached_after_it() {
    let mut cluster = cloud();
    create_claim(&mut cluster, "data");
    create_pod(&mut cluster, "a", "data", "n-1");
    settle(&mut cluster);
    assert!(is_ready(&cluster, "a"));
    assert_eq!((attached_to(&cluster), in_use(&cluster, "n-1")), (vec!["n-1".to_owned()], 1));
    assert_eq!(
        said(&cluster, "a", "SuccessfulAttachVolume"),
        ["AttachVolume.Attach succeeded for volume \"PV\" "]
    );
    let options = DeleteOptions::default();
    cluster
        .act("delete", |api| api.delete(Kind::Pod, &ObjectKey::new("default", "a"), &options))
        .expect("there");
    settle(&mut cluster);
    assert_eq!((attached_to(&cluster).len(), in_use(&cluster, "n-1")), (0, 0));
    let claim = ObjectKey::new("default", "data");
    cluster.act("delete", |api| api.delete(Kind::PersistentVolumeClaim, &claim, &options)).expect("there");
    settle(&mut cluster);
    assert_eq!(cluster.store().all::<PersistentVolume>().count(), 0);
}

#[test]
fn a_second_node_does_not_get_a_volume_that_is_in_use() {
    let mut cluster = cloud();
    create_claim(&mut cluster, "data");
    create_pod(&mut cluster, "a", "data", "n-1");
    settle(&mut cluster);
    create_pod(&mut cluster, "b", "data", "n-2");
    cluster.advance(Duration::from_secs(300));
    assert!(!is_ready(&cluster, "b"));
    assert_eq!(
        said(&cluster, "b", "FailedAttachVolume"),
        ["Multi-Attach error for volume \"PV\" Volume is already used by pod(s) a"]
    );
    // What the kubelet waits for in vain it tells its log alone.
    assert_eq!(said(&cluster, "b", "FailedMount"), Vec::<String>::new());
    let options = DeleteOptions::default();
    cluster
        .act("delete", |api| api.delete(Kind::Pod, &ObjectKey::new("default", "a"), &options))
        .expect("there");
    cluster.advance(Duration::from_secs(60));
    assert!(is_ready(&cluster, "b"));
    assert_eq!(attached_to(&cluster), ["n-2"]);
}

/// A pod on a dead node was deleted by force, and another one on a live node wants its volume.
fn bereaved() -> Cluster {
    let mut cluster = cloud();
    create_claim(&mut cluster, "data");
    create_pod(&mut cluster, "a", "data", "n-1");
    settle(&mut cluster);
    cluster.fault(Fault::StopNode { node: "n-1".to_owned() }).expect("a node");
    cluster.advance(Duration::from_secs(60));
    let force = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    cluster
        .act("force", |api| api.delete(Kind::Pod, &ObjectKey::new("default", "a"), &force))
        .expect("there");
    create_pod(&mut cluster, "b", "data", "n-2");
    cluster
}

#[test]
fn a_dead_nodes_volume_is_taken_away_after_six_minutes() {
    let mut cluster = bereaved();
    cluster.advance(Duration::from_secs(355));
    assert_eq!(attached_to(&cluster), ["n-1"]);
    assert_eq!(
        said(&cluster, "b", "FailedAttachVolume"),
        [
            "Multi-Attach error for volume \"PV\" Volume is already exclusively attached to one node and can't be attached to another"
        ]
    );
    cluster.advance(Duration::from_secs(65));
    assert!(is_ready(&cluster, "b"));
    assert_eq!(attached_to(&cluster), ["n-2"]);
}

#[test]
fn a_node_out_of_service_loses_its_volumes_at_once() {
    let mut cluster = bereaved();
    cluster.advance(Duration::from_secs(5));
    assert!(!is_ready(&cluster, "b"));
    let taint =
        json!({"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"});
    cluster
        .act("taint", |api| {
            api.modify::<Node>(&ObjectKey::cluster("n-1"), Subresource::Main, |node| {
                let taint = serde_json::from_value(taint).expect("a taint");
                node.spec.get_or_insert_default().taints.get_or_insert_default().push(taint);
            })
        })
        .expect("a node");
    cluster.advance(Duration::from_secs(30));
    assert!(is_ready(&cluster, "b"));
}

#[test]
fn a_node_takes_as_many_volumes_as_its_driver_says() {
    let mut cluster = cloud();
    cluster
        .act("limit", |api| {
            api.modify::<k8s_openapi::api::storage::v1::CSINode>(
                &ObjectKey::cluster("n-1"),
                Subresource::Main,
                |node| {
                    let limit = node.spec.drivers.iter_mut().filter_map(|driver| driver.allocatable.as_mut());
                    limit.for_each(|allocatable| allocatable.count = Some(1));
                },
            )
        })
        .expect("there");
    for name in ["a", "b"] {
        create_claim(&mut cluster, name);
        create_pod(&mut cluster, name, name, "n-1");
        settle(&mut cluster);
    }
    assert!(is_ready(&cluster, "a") && !is_ready(&cluster, "b"));
    let found = said(&cluster, "b", "FailedScheduling");
    assert!(found.iter().any(|text| text.starts_with(
        "0/3 nodes are available: 1 node(s) exceed max volume count, 2 node(s) didn't match Pod's node affinity/selector."
    )), "{found:?}");
    let claim =
        cluster.store().typed::<PersistentVolumeClaim>(&ObjectKey::new("default", "b")).expect("there");
    assert!(meta::annotations(&claim.metadata).is_empty());
}

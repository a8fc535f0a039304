//! Pods whose node is gone, or is down for good.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Pod, Taint};
use serde_json::json;

use crate::api::{Kind, ObjectKey, decode, meta, pod};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::cluster::{Cluster, Fault};
use crate::engine::{ClusterConfig, TimingProfile};

fn cluster() -> Cluster {
    let profile = TimingProfile::named("instant").expect("a profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_nodes("n", 2);
    let mut cluster = Cluster::new(config);
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": 2, "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "nginx"}]}}}});
    let set = decode::object(set).expect("a manifest");
    cluster.act("create", |api| api.create(set)).expect("it is new");
    cluster.settle(Duration::from_secs(120));
    cluster
}

fn pods_on(cluster: &Cluster, node: &str) -> Vec<String> {
    cluster.store().pods_on(node).map(|pod| meta::name(&pod.metadata).to_owned()).collect()
}

fn ready(cluster: &Cluster) -> usize {
    cluster.store().all::<Pod>().filter(|pod| pod::is_ready(pod)).count()
}

#[test]
fn pods_of_a_node_that_was_deleted_go_after_a_while_and_come_back_elsewhere() {
    let mut cluster = cluster();
    let lost = pods_on(&cluster, "n-2");
    assert_eq!(lost.len(), 1);
    cluster.fault(Fault::StopNode { node: "n-2".to_owned() }).expect("a node");
    let options = DeleteOptions::default();
    cluster.act("delete", |api| api.delete(Kind::Node, &ObjectKey::cluster("n-2"), &options)).expect("there");
    cluster.advance(Duration::from_secs(39));
    assert_eq!(pods_on(&cluster, "n-2"), lost);
    cluster.advance(Duration::from_secs(45));
    assert!(pods_on(&cluster, "n-2").is_empty());
    cluster.settle(Duration::from_secs(60));
    assert_eq!((pods_on(&cluster, "n-1").len(), ready(&cluster)), (2, 2));
}

#[test]
fn a_node_out_of_service_gives_its_pods_up() {
    let mut cluster = cluster();
    cluster.fault(Fault::StopNode { node: "n-2".to_owned() }).expect("a node");
    cluster.advance(Duration::from_secs(70));
    let taint = Taint {
        key: "node.kubernetes.io/out-of-service".to_owned(),
        value: Some("nodeshutdown".to_owned()),
        effect: "NoExecute".to_owned(),
        ..Taint::default()
    };
    let mark = |node: &mut Node| node.spec.get_or_insert_default().taints.get_or_insert_default().push(taint);
    cluster
        .act("taint", |api| api.modify::<Node>(&ObjectKey::cluster("n-2"), Subresource::Main, mark))
        .expect("a node");
    cluster.advance(Duration::from_secs(45));
    assert!(pods_on(&cluster, "n-2").is_empty());
    assert_eq!((pods_on(&cluster, "n-1").len(), ready(&cluster)), (2, 2));
}

#[test]
fn a_machine_that_joins_is_ready_a_little_later_and_takes_pods() {
    let mut cluster = cluster();
    cluster.fault(Fault::JoinNode { node: "n-3".to_owned() }).expect("a new name");
    let taints = |cluster: &Cluster| {
        let node = cluster.store().typed::<Node>(&ObjectKey::cluster("n-3")).expect("the node");
        node.spec.as_ref().and_then(|spec| spec.taints.as_ref()).map_or(0, Vec::len)
    };
    cluster.advance(Duration::from_secs(1));
    assert!(taints(&cluster) > 0);
    assert!(cluster.fault(Fault::JoinNode { node: "n-3".to_owned() }).is_err());
    cluster.settle(Duration::from_secs(60));
    assert_eq!(taints(&cluster), 0);
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "new", "namespace": "default"},
        "spec": {"nodeSelector": {"kubernetes.io/hostname": "n-3"},
            "containers": [{"name": "app", "image": "nginx"}]}});
    let pod = decode::object(pod).expect("a manifest");
    cluster.act("create", |api| api.create(pod)).expect("it is new");
    cluster.settle(Duration::from_secs(60));
    assert_eq!((pods_on(&cluster, "n-3").len(), ready(&cluster)), (1, 3));
}

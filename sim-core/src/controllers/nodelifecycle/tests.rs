//! Nodes that fall silent and come back, seen through a whole cluster.

use std::time::Duration;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use serde_json::json;

use super::taints;
use crate::api::{Kind, ObjectKey, decode, meta, pod};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::cluster::{Cluster, Fault};
use crate::engine::{ClusterConfig, TimingProfile};

fn cluster(nodes: u32) -> Cluster {
    let profile = TimingProfile::named("instant").expect("a profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_nodes("n", nodes);
    let mut cluster = Cluster::new(config);
    let spread = json!([{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}]);
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": nodes, "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"topologySpreadConstraints": spread,
                    "containers": [{"name": "app", "image": "nginx"}]}}}});
    let set = decode::object(set).expect("a manifest");
    cluster.act("create", |api| api.create(set)).expect("it is new");
    assert!(cluster.settle(Duration::from_secs(120)));
    cluster
}

fn node(cluster: &Cluster, name: &str) -> Node {
    cluster.store().typed::<Node>(&ObjectKey::cluster(name)).cloned().expect("the node")
}

fn taints_of(cluster: &Cluster, name: &str) -> Vec<String> {
    let node = node(cluster, name);
    taints::taints(&node).iter().map(|taint| format!("{}:{}", taint.key, taint.effect)).collect()
}

fn pod_on(cluster: &Cluster, node: &str) -> Option<Pod> {
    cluster.store().pods_on(node).next().cloned()
}

#[test]
fn a_node_that_falls_silent_is_given_up_after_its_grace_period_and_its_pods_after_theirs() {
    let mut cluster = cluster(3);
    let pod = pod_on(&cluster, "n-2").expect("a pod");
    cluster.fault(Fault::StopNode { node: "n-2".to_owned() }).expect("a node");
    cluster.advance(Duration::from_secs(49));
    assert!(taints_of(&cluster, "n-2").is_empty());
    cluster.advance(Duration::from_secs(8));
    let conditions = node(&cluster, "n-2").status.and_then(|status| status.conditions).unwrap_or_default();
    assert!(conditions.iter().all(|condition| condition.status == "Unknown"
        && condition.message.as_deref() == Some("Kubelet stopped posting node status.")));
    assert_eq!(
        taints_of(&cluster, "n-2"),
        ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]
    );
    let left = pod_on(&cluster, "n-2").expect("the pod stays");
    assert!(!pod::is_ready(&left) && !meta::is_terminating(&left.metadata));

    cluster.advance(Duration::from_secs(300));
    let left = pod_on(&cluster, "n-2").expect("nobody ends the pod");
    assert!(meta::is_terminating(&left.metadata));
    assert_eq!(pod::condition(&left, "DisruptionTarget").map(|c| c.status.as_str()), Some("True"));
    let reasons: Vec<_> = cluster.store().all::<Event>().filter_map(|event| event.reason.clone()).collect();
    assert!(reasons.iter().any(|reason| reason == "TaintManagerEviction"));

    // The set keeps waiting for it: two pods of one name must never run.
    assert!(cluster.settle(Duration::from_secs(3_600)));
    assert_eq!(pod_on(&cluster, "n-2").map(|left| left.metadata.uid), Some(pod.metadata.uid.clone()));

    let force = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    let key = ObjectKey::new("default", meta::name(&pod.metadata));
    cluster.act("force", |api| api.delete(Kind::Pod, &key, &force)).expect("it is there");
    cluster.settle(Duration::from_secs(60));
    let new = cluster.store().typed::<Pod>(&key).expect("a new pod");
    assert!(pod::node_name(new).is_none_or(|node| node != "n-2"));
}

#[test]
fn a_node_that_comes_back_is_ready_untainted_and_ends_what_was_deleted() {
    let mut cluster = cluster(3);
    let pod = pod_on(&cluster, "n-2").expect("a pod");
    cluster.fault(Fault::StopNode { node: "n-2".to_owned() }).expect("a node");
    cluster.advance(Duration::from_secs(400));
    cluster.fault(Fault::StartNode { node: "n-2".to_owned() }).expect("a node");
    assert!(cluster.settle(Duration::from_secs(120)));
    assert!(taints_of(&cluster, "n-2").is_empty());
    assert_eq!(taints::condition_status(&node(&cluster, "n-2"), "Ready"), Some("True"));
    let new = pod_on(&cluster, "n-2").expect("a new pod");
    assert!(new.metadata.uid != pod.metadata.uid && pod::is_ready(&new));
}

#[test]
fn a_short_silence_goes_unnoticed() {
    let mut cluster = cluster(3);
    // Its kubelet tells of the images that it has pulled.
    cluster.advance(Duration::from_secs(10));
    let before = node(&cluster, "n-1");
    cluster.fault(Fault::StopNode { node: "n-1".to_owned() }).expect("a node");
    cluster.advance(Duration::from_secs(30));
    cluster.fault(Fault::StartNode { node: "n-1".to_owned() }).expect("a node");
    cluster.settle(Duration::from_secs(600));
    assert_eq!(node(&cluster, "n-1"), before);
}

#[test]
fn pods_stay_when_no_node_at_all_answers() {
    let mut cluster = cluster(1);
    cluster.fault(Fault::StopNode { node: "n-1".to_owned() }).expect("a node");
    assert!(cluster.settle(Duration::from_secs(3_600)));
    assert_eq!(taints_of(&cluster, "n-1"), ["node.kubernetes.io/unreachable:NoSchedule"]);
    let left = pod_on(&cluster, "n-1").expect("the pod stays");
    assert!(!pod::is_ready(&left) && !meta::is_terminating(&left.metadata));
    let set = cluster.store().typed::<StatefulSet>(&ObjectKey::new("default", "web")).expect("the set");
    assert_eq!(set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0), 0);
}

#[test]
fn a_cordoned_node_is_tainted_until_it_is_uncordoned() {
    let mut cluster = cluster(2);
    let key = ObjectKey::cluster("n-1");
    let cordon = |cluster: &mut Cluster, desired: Option<bool>| {
        let change = |node: &mut Node| node.spec.get_or_insert_default().unschedulable = desired;
        cluster.act("cordon", |api| api.modify::<Node>(&key, Subresource::Main, change)).expect("a node");
        cluster.settle(Duration::from_secs(10));
        taints_of(cluster, "n-1")
    };
    assert_eq!(cordon(&mut cluster, Some(true)), ["node.kubernetes.io/unschedulable:NoSchedule"]);
    assert!(cordon(&mut cluster, None).is_empty());
}

#[test]
fn the_controller_says_at_its_next_look_that_a_node_is_gone() {
    let mut cluster = cluster(2);
    let options = DeleteOptions::default();
    cluster.act("delete", |api| api.delete(Kind::Node, &ObjectKey::cluster("n-2"), &options)).expect("there");
    let said = |cluster: &Cluster| {
        let mut events = cluster.store().all::<Event>();
        let event = events.find(|event| event.reason.as_deref() == Some("RemovingNode"));
        event.and_then(|event| event.message.clone())
    };
    assert_eq!(said(&cluster), None);
    cluster.advance(Duration::from_secs(5));
    assert_eq!(said(&cluster).as_deref(), Some("Node n-2 event: Removing Node n-2 from Controller"));
}

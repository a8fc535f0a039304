//! Pods that are put on a node past the scheduler.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bound_pod, create, delete, events, get, instant, key};
use crate::api::pod;
use crate::cluster::{Cluster, Fault};

/// A node of one CPU for three pods, with a taint.
fn with_small_node() -> Cluster {
    let mut cluster = instant();
    create(
        &mut cluster,
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "small", "labels": {"disk": "hdd"}},
            "spec": {"taints": [{"key": "repairs", "effect": "NoExecute"}]},
            "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "3"},
                "addresses": [{"type": "InternalIP", "address": "192.168.49.9"}]}}),
    );
    settle(&mut cluster);
    cluster
}

fn settle(cluster: &mut Cluster) {
    assert!(cluster.settle(Duration::from_secs(60)));
}

/// A pod for the small node that bears its taint.
fn pod_with(container: Value, more: Value) -> Value {
    let mut spec = json!({"tolerations": [{"key": "repairs", "operator": "Exists"}],
        "containers": [{"name": "app", "image": "nginx:1.27"}]});
    let fill = |to: &mut Value, from: Value| {
        for (name, value) in from.as_object().into_iter().flatten() {
            to[name] = value.clone();
        }
    };
    fill(&mut spec["containers"][0], container);
    fill(&mut spec, more);
    spec
}

/// Phase, reason and message of a pod.
fn outcome(cluster: &Cluster, name: &str) -> String {
    let status = get(cluster, name).and_then(|pod| pod.status).unwrap_or_default();
    let text = |field: Option<String>| field.unwrap_or_default();
    let said = format!("{}|{}|{}", text(status.phase), text(status.reason), text(status.message));
    said.trim_end_matches('|').to_owned()
}

#[test]
fn a_node_without_room_rejects_a_pod() {
    let mut cluster = with_small_node();
    let from = cluster.now();
    let asks = |cpu: &str| pod_with(json!({"resources": {"requests": {"cpu": cpu}}}), json!({}));
    bound_pod(&mut cluster, "first", "small", asks("600m"));
    settle(&mut cluster);
    bound_pod(&mut cluster, "second", "small", asks("500m"));
    settle(&mut cluster);
    assert_eq!(outcome(&cluster, "first"), "Running");
    assert_snapshot!(outcome(&cluster, "second"), @"Failed|OutOfcpu|Pod was rejected: Node didn't have enough resource: cpu, requested: 500, used: 600, capacity: 1000");
    assert_snapshot!(events(&cluster, "second", from), @"0 OutOfcpu Node didn't have enough resource: cpu, requested: 500, used: 600, capacity: 1000");
    let status = get(&cluster, "second").and_then(|pod| pod.status).unwrap_or_default();
    assert_eq!((status.conditions, status.container_statuses), (None, None));
    assert!(status.start_time.is_some());
    // It does not hold what it was refused, and goes at once.
    bound_pod(&mut cluster, "third", "small", asks("400m"));
    delete(&mut cluster, "second", None);
    settle(&mut cluster);
    assert_eq!(outcome(&cluster, "third"), "Running");
    assert_eq!(get(&cluster, "second"), None);
    bound_pod(&mut cluster, "small-one", "small", pod_with(json!({}), json!({})));
    settle(&mut cluster);
    bound_pod(&mut cluster, "fifth", "small", pod_with(json!({}), json!({})));
    settle(&mut cluster);
    assert_snapshot!(outcome(&cluster, "fifth"), @"Failed|OutOfpods|Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3");
}

#[test]
fn a_node_rejects_what_does_not_want_it_or_what_it_does_not_want() {
    let mut cluster = with_small_node();
    let port = json!({"ports": [{"containerPort": 80, "hostPort": 80}]});
    bound_pod(&mut cluster, "web", "small", pod_with(port.clone(), json!({})));
    settle(&mut cluster);
    bound_pod(&mut cluster, "web-2", "small", pod_with(port, json!({})));
    bound_pod(&mut cluster, "fast", "small", pod_with(json!({}), json!({"nodeSelector": {"disk": "ssd"}})));
    bound_pod(&mut cluster, "frail", "small", pod_with(json!({}), json!({"tolerations": []})));
    settle(&mut cluster);
    assert_snapshot!(["web", "web-2", "fast", "frail"].map(|name| outcome(&cluster, name)).join("\n"), @r"
    Running
    Failed|NodePorts|Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports
    Failed|NodeAffinity|Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector
    Failed|TaintToleration|Pod was rejected: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate
    ");
}

#[test]
fn a_node_low_on_memory_rejects_pods_that_ask_for_nothing() {
    let mut cluster = with_small_node();
    bound_pod(&mut cluster, "hog", "small", pod_with(json!({}), json!({})));
    settle(&mut cluster);
    cluster.fault(Fault::Evict { pod: key("hog") }).expect("it runs");
    settle(&mut cluster);
    bound_pod(&mut cluster, "guest", "small", pod_with(json!({}), json!({})));
    let asks = json!({"resources": {"requests": {"memory": "64Mi"}}});
    bound_pod(&mut cluster, "payer", "small", pod_with(asks, json!({})));
    settle(&mut cluster);
    assert_eq!(
        outcome(&cluster, "guest"),
        "Failed|Evicted|Pod was rejected: The node had condition: [MemoryPressure]. "
    );
    assert_eq!(outcome(&cluster, "payer"), "Running");
}

#[test]
fn no_kubelet_runs_the_pods_of_a_node_that_is_not_there() {
    let mut cluster = instant();
    bound_pod(&mut cluster, "lost", "ghost", pod_with(json!({}), json!({})));
    cluster.advance(Duration::from_secs(5));
    let lost = get(&cluster, "lost").expect("it is there");
    assert_eq!(pod::phase(&lost), "Pending");
    assert_eq!(lost.status.and_then(|status| status.container_statuses), None);
}

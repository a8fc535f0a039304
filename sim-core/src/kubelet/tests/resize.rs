use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::{bound_pod, delete, events, get, instant, key};
use crate::apiserver::Subresource;
use crate::cluster::Cluster;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A cluster whose node has two CPUs, and the pods `web-0` and `web-1` on it with half of one each.
fn crowded() -> Cluster {
    let mut cluster = instant();
    let node = crate::api::ObjectKey::cluster("minikube");
    let amounts = json!({"cpu": "2", "memory": "1Gi", "pods": "10"});
    let status = json!({"allocatable": amounts, "capacity": amounts});
    let status = serde_json::from_value(status).expect("a status");
    cluster
        .act("grow", |api| {
            api.modify::<k8s_openapi::api::core::v1::Node>(&node, Subresource::Status, |node| {
                node.status = Some(status);
            })
        })
        .expect("the node is there");
    for name in ["web-0", "web-1"] {
        bound_pod(&mut cluster, name, "minikube", spec(json!({})));
    }
    cluster.advance(secs(2));
    cluster
}

fn spec(more: Value) -> Value {
    let mut container = json!({"name": "app", "image": "busybox", "command": ["sleep", "600"],
        "resources": {"requests": {"cpu": "500m"}}});
    for (field, value) in more.as_object().into_iter().flatten() {
        container[field] = value.clone();
    }
    json!({"terminationGracePeriodSeconds": 1, "containers": [container]})
}

fn ask(cluster: &mut Cluster, name: &str, cpu: &str) {
    let wanted = serde_json::from_value(json!({"requests": {"cpu": cpu}})).expect("resources");
    cluster
        .act("resize", |api| {
            api.modify::<Pod>(&key(name), Subresource::Resize, |pod| {
                let spec = pod.spec.get_or_insert_default();
                spec.containers[0].resources = Some(wanted);
            })
        })
        .expect("it is allowed");
}

/// What the pod's status says of its CPU, and of its resize.
fn shown(cluster: &Cluster, name: &str) -> String {
    let status = serde_json::to_value(get(cluster, name).and_then(|pod| pod.status)).expect("a status");
    let container = &status["containerStatuses"][0];
    let first = &status["conditions"][0];
    format!(
        "has {}, given {}, {} restarts, {} {}",
        container["resources"]["requests"]["cpu"],
        container["allocatedResources"]["cpu"],
        container["restartCount"],
        first["type"],
        first["reason"]
    )
}

#[test]
fn a_resize_is_begun_at_once_and_done_a_second_later() {
    let mut cluster = crowded();
    let from = cluster.now();
    ask(&mut cluster, "web-0", "700m");
    cluster.advance(Duration::from_millis(500));
    assert_snapshot!(shown(&cluster, "web-0"), @r#"has "500m", given "700m", 0 restarts, "PodResizeInProgress" null"#);
    cluster.advance(secs(1));
    assert_snapshot!(shown(&cluster, "web-0"), @r#"has "700m", given "700m", 0 restarts, "PodReadyToStartContainers" null"#);
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 ResizeStarted Pod resize started: {"containers":[{"name":"app","resources":{"requests":{"cpu":"700m"}}}],"generation":2}
    1 ResizeCompleted Pod resize completed: {"containers":[{"name":"app","resources":{"requests":{"cpu":"700m"}}}],"generation":2}
    "#);
}

#[test]
fn a_resize_that_comes_while_another_is_carried_out_takes_its_place() {
    let mut cluster = crowded();
    let from = cluster.now();
    ask(&mut cluster, "web-0", "700m");
    cluster.advance(Duration::from_millis(500));
    ask(&mut cluster, "web-0", "800m");
    cluster.advance(secs(5));
    assert_snapshot!(shown(&cluster, "web-0"), @r#"has "800m", given "800m", 0 restarts, "PodReadyToStartContainers" null"#);
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 ResizeStarted Pod resize started: {"containers":[{"name":"app","resources":{"requests":{"cpu":"700m"}}}],"generation":2}
    0 ResizeStarted Pod resize started: {"containers":[{"name":"app","resources":{"requests":{"cpu":"800m"}}}],"generation":3}
    1 ResizeCompleted Pod resize completed: {"containers":[{"name":"app","resources":{"requests":{"cpu":"800m"}}}],"generation":3}
    "#);
}

#[test]
fn a_resize_waits_for_room_that_another_pod_leaves_or_gives_back() {
    let mut cluster = crowded();
    ask(&mut cluster, "web-0", "1600m");
    cluster.advance(secs(5));
    assert_snapshot!(shown(&cluster, "web-0"), @r#"has "500m", given "500m", 0 restarts, "PodResizePending" "Deferred""#);
    ask(&mut cluster, "web-1", "400m");
    cluster.advance(secs(5));
    assert_snapshot!(shown(&cluster, "web-0"), @r#"has "1600m", given "1600m", 0 restarts, "PodReadyToStartContainers" null"#);
    ask(&mut cluster, "web-1", "600m");
    ask(&mut cluster, "web-0", "500m");
    cluster.advance(secs(5));
    assert_snapshot!(shown(&cluster, "web-0") + "\n" + &shown(&cluster, "web-1"), @r#"
    has "500m", given "500m", 0 restarts, "PodReadyToStartContainers" null
    has "600m", given "600m", 0 restarts, "PodReadyToStartContainers" null
    "#);
    ask(&mut cluster, "web-0", "1800m");
    cluster.advance(secs(5));
    delete(&mut cluster, "web-1", None);
    cluster.advance(secs(5));
    assert_snapshot!(shown(&cluster, "web-0"), @r#"has "1800m", given "1800m", 0 restarts, "PodReadyToStartContainers" null"#);
}

#[test]
fn a_container_that_must_restart_for_a_resize_does_so_whatever_its_policy_says() {
    let mut cluster = crowded();
    let policy = json!([{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]);
    let mut spec =
        spec(json!({"resizePolicy": policy, "command": ["sh", "-c", "trap 'exit 0' TERM; sleep 600"]}));
    spec["restartPolicy"] = json!("OnFailure");
    bound_pod(&mut cluster, "web-2", "minikube", spec);
    cluster.advance(secs(2));
    let from = cluster.now();
    ask(&mut cluster, "web-2", "600m");
    cluster.advance(secs(5));
    assert_snapshot!(shown(&cluster, "web-2"), @r#"has "600m", given "600m", 1 restarts, "PodReadyToStartContainers" null"#);
    assert_snapshot!(events(&cluster, "web-2", from), @r#"
    0 ResizeStarted Pod resize started: {"containers":[{"name":"app","resources":{"requests":{"cpu":"600m"}}}],"generation":2}
    0 Killing Container app resize requires restart
    1 Pulling Pulling image "busybox"
    1 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    1 Created Container created
    1 Started Container started
    1 ResizeCompleted Pod resize completed: {"containers":[{"name":"app","resources":{"requests":{"cpu":"600m"}}}],"generation":2}
    "#);
}

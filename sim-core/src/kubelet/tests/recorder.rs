use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bound_pod, cluster, delete, get, history, key};
use crate::api::SimTime;
use crate::cluster::{Cluster, Fault};
use crate::engine::ClusterConfig;
use crate::kubelet::RecorderMode;

fn app(image: &str) -> Value {
    json!({"containers": [{"name": "app", "image": image}], "terminationGracePeriodSeconds": 5})
}

fn started(image: &str) -> (Cluster, SimTime) {
    let mut cluster = cluster(ClusterConfig::recorder(1));
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "node-1", app(image));
    cluster.advance(Duration::from_secs(5));
    (cluster, from)
}

fn last_line(cluster: &Cluster, from: SimTime) -> String {
    history(cluster, "web-0", from).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_pod_runs_is_ready_and_goes_as_recorded() {
    let (mut cluster, from) = started("app:1.0");
    delete(&mut cluster, "web-0", None);
    cluster.advance(Duration::from_secs(5));
    let text = history(&cluster, "web-0", from);
    assert!(text.contains("0.600 modified Running - app=runningx0"), "{text}");
    assert!(text.contains("1.000 modified Running ready app=runningx0"), "{text}");
    assert!(text.contains("5.000 terminating(5) Running ready app=runningx0"), "{text}");
    assert!(text.ends_with("5.400 gone Running ready app=runningx0"), "{text}");
}

#[test]
fn the_status_is_the_recorded_one() {
    let (cluster, _) = started("app:1.0");
    let status = serde_json::to_value(get(&cluster, "web-0").and_then(|pod| pod.status)).unwrap_or_default();
    let conditions: Vec<String> = status["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| format!("{}={}/{}/{}", c["type"], c["status"], c["reason"], c["message"]))
        .collect();
    assert_snapshot!(conditions[..4].join("\n"), @r#"
    "PodReadyToStartContainers"="True"/null/null
    "Initialized"="True"/null/null
    "Ready"="True"/"ContainersNotReady"/"containers with unready status: [app]"
    "ContainersReady"="True"/"ContainersNotReady"/"containers with unready status: [app]"
    "#);
    assert_snapshot!(status["containerStatuses"][0]["imageID"], @r#""fake://app:1.0""#);
    assert_eq!(status["observedGeneration"], 1);
    assert_eq!(status["hostIP"], "192.168.49.2");
}

#[test]
fn tags_and_modes_say_how_a_pod_behaves() {
    let (bad, from) = started("app:bad");
    assert_snapshot!(last_line(&bad, from), @"0.600 modified Pending - app=ImagePullBackOffx0");
    let (crash, from) = started("app:crash");
    assert_snapshot!(last_line(&crash, from), @"0.600 modified Running - app=CrashLoopBackOffx0");
    let (notready, from) = started("app:notready");
    assert_snapshot!(last_line(&notready, from), @"0.600 modified Running - app=runningx0");
    let (slow, from) = started("app:slow");
    assert_snapshot!(last_line(&slow, from), @"4.000 modified Running ready app=runningx0");

    let mut cluster = cluster(ClusterConfig::recorder(1));
    let fault = Fault::RecorderMode { pod: "web-0".to_owned(), mode: RecorderMode::named("notready") };
    cluster.fault(fault).expect("any pod name will do");
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "node-1", app("app:1.0"));
    cluster.advance(Duration::from_secs(5));
    assert_snapshot!(last_line(&cluster, from), @"0.600 modified Running - app=runningx0");
    cluster.fault(Fault::RecorderReady { pod: key("web-0"), ready: true }).expect("the pod runs");
    cluster.advance(Duration::from_secs(1));
    assert_snapshot!(last_line(&cluster, from), @"5.000 modified Running ready app=runningx0");
    cluster.fault(Fault::RecorderPhase { pod: key("web-0"), phase: "Failed".to_owned() }).expect("it runs");
    cluster.advance(Duration::from_secs(1));
    assert_snapshot!(last_line(&cluster, from), @"6.000 modified Failed - app=Error/1x0");
}

#[test]
fn a_dead_node_does_nothing_until_it_is_back() {
    let (mut cluster, from) = started("app:1.0");
    cluster.fault(Fault::RecorderDead { node: "node-1".to_owned() }).expect("a node");
    delete(&mut cluster, "web-0", None);
    cluster.advance(Duration::from_secs(60));
    assert!(get(&cluster, "web-0").is_some());
    cluster.fault(Fault::RecorderAlive).expect("always");
    cluster.advance(Duration::from_secs(1));
    assert!(last_line(&cluster, from).starts_with("65.400 gone"));
}

#[test]
fn a_forced_delete_takes_the_pod_at_once_and_its_successor_starts_anew() {
    let (mut cluster, _) = started("app:1.0");
    delete(&mut cluster, "web-0", Some(0));
    assert!(get(&cluster, "web-0").is_none());
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "node-1", app("app:1.0"));
    cluster.advance(Duration::from_secs(2));
    assert!(last_line(&cluster, from).starts_with("1.000 modified Running ready"));
    let missing = cluster.fault(Fault::RecorderReady { pod: key("web-7"), ready: true });
    assert_snapshot!(missing.expect_err("no such pod"), @"no node runs a pod default/web-7");
}

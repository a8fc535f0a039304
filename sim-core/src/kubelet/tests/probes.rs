use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bound_pod, events, get, history, instant, key};
use crate::api::pod::is_ready;
use crate::cluster::{Cluster, Fault};
use crate::kubelet::ProbeKind;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn probed(image: &str, probes: Value) -> Value {
    let mut container = json!({"name": "app", "image": image});
    for (name, probe) in probes.as_object().expect("probes by name") {
        container[name] = probe.clone();
    }
    json!({"containers": [container], "terminationGracePeriodSeconds": 5})
}

fn ready(cluster: &Cluster) -> bool {
    get(cluster, "web-0").is_some_and(|pod| is_ready(&pod))
}

fn restarts(cluster: &Cluster) -> i32 {
    let status = get(cluster, "web-0").and_then(|pod| pod.status);
    status.and_then(|status| status.container_statuses).map_or(0, |list| list[0].restart_count)
}

#[test]
fn a_readiness_probe_waits_for_the_program() {
    let mut cluster = instant();
    let from = cluster.now();
    let probe = json!({"readinessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 5,
        "initialDelaySeconds": 2}});
    bound_pod(&mut cluster, "web-0", "minikube", probed("slow-starter", probe));
    assert!(cluster.settle(secs(120)));
    assert!(ready(&cluster));
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "slow-starter"
    0 Pulled Successfully pulled image "slow-starter" in 0s (0s including waiting). Image size: 52428800 bytes.
    0 Created Container created
    0 Started Container started
    2 Unhealthy Readiness probe failed: Get "http://10.244.0.2:8080/health": dial tcp 10.244.0.2:8080: connect: connection refused
    7 Unhealthy Readiness probe failed: Get "http://10.244.0.2:8080/health": dial tcp 10.244.0.2:8080: connect: connection refused
    12 Unhealthy Readiness probe failed: Get "http://10.244.0.2:8080/health": dial tcp 10.244.0.2:8080: connect: connection refused
    17 Unhealthy Readiness probe failed: Get "http://10.244.0.2:8080/health": dial tcp 10.244.0.2:8080: connect: connection refused
    "#);
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 added Pending -
    0.000 modified Running - app=runningx0
    22.000 modified Running ready app=runningx0
    ");
}

#[test]
fn a_failing_status_code_is_reported_and_readiness_follows_the_program() {
    let mut cluster = instant();
    let from = cluster.now();
    let probe =
        json!({"readinessProbe": {"httpGet": {"path": "/absent", "port": 80}, "failureThreshold": 2}});
    bound_pod(&mut cluster, "web-0", "minikube", probed("nginx", probe));
    assert!(cluster.settle(secs(120)), "a probe that always fails is a steady state");
    assert!(!ready(&cluster));
    assert!(
        events(&cluster, "web-0", from)
            .contains("Readiness probe failed: HTTP probe failed with statuscode: 404")
    );
}

#[test]
fn a_failing_liveness_probe_restarts_the_container() {
    let mut cluster = instant();
    let from = cluster.now();
    let probe = json!({"livenessProbe": {"tcpSocket": {"port": 9999}, "periodSeconds": 3, "failureThreshold": 2,
        "initialDelaySeconds": 4}});
    bound_pod(&mut cluster, "web-0", "minikube", probed("nginx", probe));
    cluster.advance(secs(11));
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "nginx"
    0 Pulled Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 72324501 bytes.
    0 Created Container created
    0 Started Container started
    4 Unhealthy Liveness probe failed: dial tcp 10.244.0.2:9999: connect: connection refused
    7 Unhealthy Liveness probe failed: dial tcp 10.244.0.2:9999: connect: connection refused
    7 Killing Container app failed liveness probe, will be restarted
    8 Pulling Pulling image "nginx"
    8 Pulled Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 72324501 bytes.
    8 Created Container created
    8 Started Container started
    "#);
    assert_eq!(restarts(&cluster), 1);
}

#[test]
fn a_startup_probe_gates_the_others() {
    let mut cluster = instant();
    let from = cluster.now();
    let probes = json!({
        "startupProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 10, "failureThreshold": 5},
        "livenessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 1},
    });
    bound_pod(&mut cluster, "web-0", "minikube", probed("slow-starter", probes));
    assert!(cluster.settle(secs(120)));
    assert!(ready(&cluster));
    assert_eq!(restarts(&cluster), 0);
    let text = events(&cluster, "web-0", from);
    assert!(
        text.contains("Startup probe failed: dial tcp 10.244.0.2:8080: connect: connection refused"),
        "{text}"
    );
    assert!(!text.contains("Liveness"), "{text}");
}

#[test]
fn an_exec_probe_looks_at_the_containers_files() {
    let mut cluster = instant();
    let from = cluster.now();
    let probe =
        json!({"readinessProbe": {"exec": {"command": ["cat", "/tmp/healthy"]}, "failureThreshold": 1}});
    bound_pod(&mut cluster, "web-0", "minikube", probed("nginx", probe));
    cluster.advance(secs(3));
    assert!(!ready(&cluster));
    let text = events(&cluster, "web-0", from);
    assert!(text.contains("Readiness probe failed: cat: "), "{text}");
}

#[test]
fn probes_that_hit_the_counter_count_as_visits() {
    let mut cluster = instant();
    let probe = json!({"livenessProbe": {"httpGet": {"path": "/", "port": 5000}, "periodSeconds": 10}});
    bound_pod(&mut cluster, "web-0", "minikube", probed("python-app", probe));
    cluster.advance(secs(35));
    let files = cluster.runtime().files(&key("web-0"), "app").expect("it runs");
    let visits = crate::runtime::fs::FileSystem::read(&files, "/config/visits.txt").expect("it was visited");
    assert_eq!(&*visits, b"4");
    assert!(cluster.settle(secs(60)), "passing probes are a steady state");
}

#[test]
fn a_forced_probe_fails_until_it_is_let_go() {
    let mut cluster = instant();
    let probe = json!({"readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5}});
    bound_pod(&mut cluster, "web-0", "minikube", probed("nginx", probe));
    cluster.advance(secs(10));
    assert!(ready(&cluster));
    let fault = |outcome| Fault::Probe { pod: key("web-0"), kind: ProbeKind::Readiness, outcome };
    cluster.fault(fault(Some(false))).expect("the pod runs");
    let absent = Fault::Probe { pod: key("web-0"), kind: ProbeKind::Startup, outcome: Some(false) };
    let error = cluster.fault(absent).expect_err("it has no such probe");
    assert_eq!(error.to_string(), "pod default/web-0 has no startup probe");
    assert!(cluster.settle(secs(60)));
    assert!(!ready(&cluster), "settle waits for three failures");
    cluster.fault(fault(None)).expect("the pod runs");
    assert!(cluster.settle(secs(60)));
    assert!(ready(&cluster));
}

#[test]
fn a_stopped_node_stands_still_and_a_crash_restarts() {
    let mut cluster = instant();
    bound_pod(&mut cluster, "web-0", "minikube", probed("nginx", json!({})));
    cluster.advance(secs(5));
    cluster.fault(Fault::StopNode { node: "minikube".to_owned() }).expect("a node");
    cluster.fault(Fault::Crash { pod: key("web-0"), container: None, exit_code: 3 }).expect("it runs");
    cluster.advance(secs(30));
    assert!(ready(&cluster), "nobody looks");
    cluster.fault(Fault::StartNode { node: "minikube".to_owned() }).expect("a node");
    cluster.advance(secs(60));
    assert_eq!(restarts(&cluster), 1);
    cluster.fault(Fault::OomKill { pod: key("web-0"), container: None }).expect("it runs");
    cluster.advance(Duration::from_millis(500));
    let status = serde_json::to_value(get(&cluster, "web-0").and_then(|pod| pod.status)).unwrap_or_default();
    assert_eq!(status["containerStatuses"][0]["state"]["terminated"]["reason"], "OOMKilled");
    let missing = cluster.fault(Fault::StopNode { node: "elsewhere".to_owned() });
    assert_snapshot!(missing.expect_err("no such node"), @"there is no node elsewhere");
}

#[test]
fn a_grpc_probe_passes_where_the_program_may_speak_it() {
    let probe = |port: u16| json!({"readinessProbe": {"grpc": {"port": port}, "periodSeconds": 5}});
    let mut cluster = instant();
    let mut spec = probed("example.com/rpc:1", probe(9000));
    spec["containers"][0]["ports"] = json!([{"containerPort": 9000}]);
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.settle(secs(60));
    assert!(ready(&cluster));
    let mut cluster = instant();
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", probed("nginx", probe(80)));
    cluster.settle(secs(60));
    assert!(!ready(&cluster));
    let last = events(&cluster, "web-0", from).lines().last().unwrap_or_default().to_owned();
    assert_snapshot!(last.split_once(' ').map_or("", |(_, text)| text), @r#"Unhealthy Readiness probe failed: timeout: failed to connect service "10.244.0.2:80" within 1s: context deadline exceeded"#);
}

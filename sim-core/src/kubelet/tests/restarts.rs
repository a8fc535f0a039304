use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bound_pod, cluster, events, get, history, instant};
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, TimingProfile};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn shell(name: &str, script: &str, own: Value) -> Value {
    let mut container = json!({"name": name, "image": "busybox", "command": ["sh", "-c", script]});
    for (field, value) in own.as_object().into_iter().flatten() {
        container[field] = value.clone();
    }
    container
}

fn rule(action: &str, operator: &str, codes: &[i32]) -> Value {
    json!([{"action": action, "exitCodes": {"operator": operator, "values": codes}}])
}

fn condition(cluster: &Cluster, name: &str) -> Value {
    let status = serde_json::to_value(get(cluster, name).and_then(|pod| pod.status)).expect("a status");
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    conditions.into_iter().find(|known| known["type"] == "AllContainersRestarting").unwrap_or_default()
}

#[test]
fn a_containers_own_policy_goes_before_the_pods() {
    let mut cluster = instant();
    let from = cluster.now();
    let spec = json!({"restartPolicy": "Never", "containers": [
        shell("always", "sleep 2", json!({"restartPolicy": "Always"})),
        shell("failure", "sleep 2; exit 1", json!({"restartPolicy": "OnFailure"})),
        shell("plain", "sleep 2; exit 1", json!({})),
    ]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(9));
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 added Pending -
    0.000 modified Running ready always=runningx0 failure=runningx0 plain=runningx0
    2.000 modified Running - always=Completed/0x0 failure=Error/1x0 plain=Error/1x0
    3.000 modified Running - always=runningx1 failure=runningx1 plain=Error/1x0
    5.000 modified Running - always=Completed/0x1 failure=Error/1x1 plain=Error/1x0
    6.000 modified Running - always=CrashLoopBackOffx1 failure=CrashLoopBackOffx1 plain=Error/1x0
    ");
    let spec = json!({"restartPolicy": "Always", "containers": [
        shell("never", "sleep 2; exit 1", json!({"restartPolicy": "Never"})),
        shell("failure", "sleep 2", json!({"restartPolicy": "OnFailure"})),
    ]});
    bound_pod(&mut cluster, "web-1", "minikube", spec);
    let from = cluster.now();
    cluster.advance(secs(9));
    assert_snapshot!(history(&cluster, "web-1", from), @"
    0.000 added Pending -
    0.000 modified Running ready failure=runningx0 never=runningx0
    2.000 modified Failed - failure=Completed/0x0 never=Error/1x0
    ");
}

#[test]
fn a_rule_goes_before_the_policy_and_is_held_back_as_any_restart_is() {
    let mut cluster = instant();
    let from = cluster.now();
    let own = json!({"restartPolicy": "Never", "restartPolicyRules": rule("Restart", "In", &[3, 42])});
    let script = "echo x >> /data/runs; sleep 2; test $(wc -l < /data/runs) -gt 2 && exit 7; exit 42";
    let mut work = shell("work", script, own);
    work["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    let spec = json!({"restartPolicy": "Never", "containers": [work], "volumes": [{"name": "data", "emptyDir": {}}]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(60));
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 added Pending -
    0.000 modified Running ready work=runningx0
    2.000 modified Running - work=Error/42x0
    3.000 modified Running ready work=runningx1
    5.000 modified Running - work=Error/42x1
    6.000 modified Running - work=CrashLoopBackOffx1
    15.000 modified Running ready work=runningx2
    17.000 modified Failed - work=Error/7x2
    ");
    assert_eq!(condition(&cluster, "web-0"), Value::Null);
    let own = json!({"restartPolicy": "OnFailure", "restartPolicyRules": rule("Restart", "NotIn", &[1])});
    let from = cluster.now();
    bound_pod(&mut cluster, "web-1", "minikube", json!({"containers": [shell("work", "sleep 2", own)]}));
    cluster.advance(secs(4));
    assert_snapshot!(history(&cluster, "web-1", from), @"
    0.000 added Pending -
    0.000 modified Running ready work=runningx0
    2.000 modified Running - work=Completed/0x0
    3.000 modified Running ready work=runningx1
    ");
}

#[test]
fn an_init_containers_own_policy_decides_whether_the_pod_fails() {
    let mut cluster = instant();
    let from = cluster.now();
    let init = |own: Value| shell("init", "sleep 2; exit 1", own);
    let main = shell("app", "sleep 600", json!({}));
    let spec = |own: Value| json!({"initContainers": [init(own)], "containers": [main.clone()]});
    bound_pod(&mut cluster, "web-0", "minikube", spec(json!({"restartPolicy": "Never"})));
    let mut never = spec(json!({"restartPolicy": "OnFailure"}));
    never["restartPolicy"] = json!("Never");
    bound_pod(&mut cluster, "web-1", "minikube", never);
    cluster.advance(secs(4));
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 added Pending -
    0.000 modified Pending - app=PodInitializingx0
    2.000 modified Failed - app=PodInitializingx0
    ");
    assert_snapshot!(history(&cluster, "web-1", from), @"
    0.000 added Pending -
    0.000 modified Pending - app=PodInitializingx0
    2.000 modified Pending - app=PodInitializingx0
    3.000 modified Pending - app=PodInitializingx0
    ");
}

#[test]
fn a_rule_for_all_containers_ends_them_and_creates_them_anew() {
    let mut cluster = instant();
    let from = cluster.now();
    let own = json!({"restartPolicy": "Always",
        "restartPolicyRules": rule("RestartAllContainers", "In", &[1])});
    let mut main = shell("main", "sleep 3600", json!({}));
    main["lifecycle"] = json!({"preStop": {"exec": {"command": ["sleep", "9"]}}});
    let init = shell("init", "sleep 1", json!({}));
    let trigger = shell("trigger", "sleep 5; exit 1", own);
    let spec = json!({"restartPolicy": "Never", "initContainers": [init], "containers": [main, trigger]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(5));
    let before = condition(&cluster, "web-0");
    assert_eq!([&before["status"], &before["observedGeneration"]], [&json!("False"), &Value::Null]);
    cluster.advance(secs(2));
    let during = condition(&cluster, "web-0");
    assert_eq!(
        [&during["status"], &during["reason"], &during["message"]],
        ["True", "RestartAllContainersStarted", "container exited with restart policy rule"]
    );
    cluster.advance(secs(11));
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 added Pending -
    0.000 modified Pending - main=PodInitializingx0 trigger=PodInitializingx0
    1.000 modified Running ready main=runningx0 trigger=runningx0
    6.000 modified Running - main=runningx0 trigger=Error/1x0
    7.000 modified Running - main=runningx0 trigger=Error/1x0
    9.000 modified Running - main=RestartingAllContainersx1 trigger=RestartingAllContainersx1
    9.000 modified Pending - main=RestartingAllContainersx1 trigger=RestartingAllContainersx1
    10.000 modified Running ready main=runningx1 trigger=runningx1
    15.000 modified Running - main=runningx1 trigger=Error/1x1
    16.000 modified Running - main=runningx1 trigger=Error/1x1
    18.000 modified Running - main=RestartingAllContainersx2 trigger=RestartingAllContainersx2
    18.000 modified Pending - main=RestartingAllContainersx2 trigger=RestartingAllContainersx2
    ");
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "busybox"
    0 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    0 Created Container created
    0 Started Container started
    1 Pulling Pulling image "busybox"
    1 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    1 Created Container created
    1 Started Container started
    1 Pulling Pulling image "busybox"
    1 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    1 Created Container created
    1 Started Container started
    7 Killing Stopping container main
    9 Pulling Pulling image "busybox"
    9 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    9 Created Container created
    9 Started Container started
    10 Pulling Pulling image "busybox"
    10 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    10 Created Container created
    10 Started Container started
    10 Pulling Pulling image "busybox"
    10 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    10 Created Container created
    10 Started Container started
    "#);
    let status = serde_json::to_value(get(&cluster, "web-0").and_then(|pod| pod.status)).expect("a status");
    assert_eq!(
        status["containerStatuses"][0]["lastState"],
        json!({"terminated": {"exitCode": 137, "reason": "RestartingAllContainers",
            "message": "The container is removed because RestartAllContainers in place"}})
    );
}

#[test]
fn a_pod_of_one_container_that_restarts_all_does_not_end() {
    let profile = TimingProfile::named("kind").expect("a profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_nodes("minikube", 1);
    let mut cluster = cluster(config);
    let own = json!({"restartPolicy": "Never",
        "restartPolicyRules": rule("RestartAllContainers", "NotIn", &[0])});
    let from = cluster.now();
    let spec = json!({"restartPolicy": "Never", "containers": [shell("app", "sleep 10; exit 5", own)]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(40));
    let text = history(&cluster, "web-0", from);
    assert!(text.contains("Running - app=RestartingAllContainersx1"), "{text}");
    assert!(!text.contains("Failed") && !text.contains("CrashLoopBackOff"), "{text}");
}

#[test]
fn what_ends_at_once_and_restarts_all_does_so_once_a_second() {
    let mut cluster = instant();
    let own = json!({"restartPolicy": "Never",
        "restartPolicyRules": rule("RestartAllContainers", "In", &[1])});
    bound_pod(&mut cluster, "web-0", "minikube", json!({"containers": [shell("app", "exit 1", own)]}));
    cluster.advance(secs(10));
    let status = serde_json::to_value(get(&cluster, "web-0").and_then(|pod| pod.status)).expect("a status");
    assert_eq!(status["containerStatuses"][0]["restartCount"], json!(10));
}

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bound_pod, cluster, create, delete, events, get, history, instant, key};
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, TimingProfile};

fn pod_of(image: &str) -> Value {
    json!({"containers": [{"name": "app", "image": image}], "terminationGracePeriodSeconds": 30})
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn status(cluster: &Cluster, name: &str) -> Value {
    serde_json::to_value(get(cluster, name).and_then(|pod| pod.status)).unwrap_or_default()
}

#[test]
fn a_pod_is_pulled_created_started_and_ready() {
    let mut cluster = instant();
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", pod_of("nginx:1.27"));
    assert!(cluster.settle(secs(60)));
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "nginx:1.27"
    0 Pulled Successfully pulled image "nginx:1.27" in 0s (0s including waiting). Image size: 72324501 bytes.
    0 Created Container created
    0 Started Container started
    "#);
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 added Pending -
    0.000 modified Running ready app=runningx0
    ");
    assert_snapshot!(serde_json::to_string_pretty(&status(&cluster, "web-0")).unwrap_or_default(), @r#"
    {
      "conditions": [
        {
          "lastTransitionTime": "2026-11-23T12:00:00Z",
          "observedGeneration": 1,
          "status": "True",
          "type": "PodReadyToStartContainers"
        },
        {
          "lastTransitionTime": "2026-11-23T12:00:00Z",
          "observedGeneration": 1,
          "status": "True",
          "type": "Initialized"
        },
        {
          "lastTransitionTime": "2026-11-23T12:00:00Z",
          "observedGeneration": 1,
          "status": "True",
          "type": "Ready"
        },
        {
          "lastTransitionTime": "2026-11-23T12:00:00Z",
          "observedGeneration": 1,
          "status": "True",
          "type": "ContainersReady"
        },
        {
          "lastTransitionTime": "2026-11-23T12:00:00Z",
          "observedGeneration": 1,
          "status": "True",
          "type": "PodScheduled"
        }
      ],
      "containerStatuses": [
        {
          "containerID": "docker://0a87b4b38d3b00f3176d88aa70045d626b2939814298257b1c21ab9ddae42843",
          "image": "nginx:1.27",
          "imageID": "docker-pullable://nginx@sha256:ea049535ed26794bc7f31d44515737a57fec15d3a03d0d97156d26a8f624bd77",
          "lastState": {},
          "name": "app",
          "ready": true,
          "resources": {},
          "restartCount": 0,
          "started": true,
          "state": {
            "running": {
              "startedAt": "2026-11-23T12:00:00Z"
            }
          },
          "volumeMounts": [
            {
              "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
              "name": "kube-api-access-lgdcm",
              "readOnly": true,
              "recursiveReadOnly": "Disabled"
            }
          ]
        }
      ],
      "hostIP": "192.168.49.2",
      "hostIPs": [
        {
          "ip": "192.168.49.2"
        }
      ],
      "observedGeneration": 1,
      "phase": "Running",
      "podIP": "10.244.0.2",
      "podIPs": [
        {
          "ip": "10.244.0.2"
        }
      ],
      "qosClass": "BestEffort",
      "startTime": "2026-11-23T12:00:00Z"
    }
    "#);
}

#[test]
fn a_labs_pod_is_up_three_seconds_after_its_creation() {
    let profile = TimingProfile::named("minikube").expect("a profile");
    for seed in 0..5 {
        let mut cluster = cluster(ClusterConfig::for_profile(profile.clone(), seed));
        let from = cluster.now();
        bound_pod(&mut cluster, "python-app-0", "minikube", pod_of("python-app:1.0"));
        assert!(cluster.settle(secs(60)));
        let took = cluster.now().since(from).as_millis();
        assert!((2_000..=3_200).contains(&took), "{took}");
        assert!(events(&cluster, "python-app-0", from).contains("already present on machine"));
    }
}

#[test]
fn an_image_that_is_not_there_backs_off() {
    let mut cluster = instant();
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", pod_of("nginx:bad"));
    assert!(cluster.settle(secs(60)), "a pull that keeps failing is a steady state");
    cluster.advance(secs(240));
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "nginx:bad"
    0 Failed Failed to pull image "nginx:bad": Error response from daemon: manifest for nginx:bad not found: manifest unknown: manifest unknown
    0 Failed Error: ErrImagePull
    1 BackOff Back-off pulling image "nginx:bad"
    1 Failed Error: ImagePullBackOff
    10 Pulling Pulling image "nginx:bad"
    10 Failed Failed to pull image "nginx:bad": Error response from daemon: manifest for nginx:bad not found: manifest unknown: manifest unknown
    10 Failed Error: ErrImagePull
    11 BackOff Back-off pulling image "nginx:bad"
    11 Failed Error: ImagePullBackOff
    30 Pulling Pulling image "nginx:bad"
    30 Failed Failed to pull image "nginx:bad": Error response from daemon: manifest for nginx:bad not found: manifest unknown: manifest unknown
    30 Failed Error: ErrImagePull
    31 BackOff Back-off pulling image "nginx:bad"
    31 Failed Error: ImagePullBackOff
    70 Pulling Pulling image "nginx:bad"
    70 Failed Failed to pull image "nginx:bad": Error response from daemon: manifest for nginx:bad not found: manifest unknown: manifest unknown
    70 Failed Error: ErrImagePull
    71 BackOff Back-off pulling image "nginx:bad"
    71 Failed Error: ImagePullBackOff
    147 BackOff Back-off pulling image "nginx:bad"
    147 Failed Error: ImagePullBackOff
    150 Pulling Pulling image "nginx:bad"
    150 Failed Failed to pull image "nginx:bad": Error response from daemon: manifest for nginx:bad not found: manifest unknown: manifest unknown
    150 Failed Error: ErrImagePull
    "#);
    assert_snapshot!(status(&cluster, "web-0")["containerStatuses"][0]["state"]["waiting"], @r#"{"message":"Back-off pulling image \"nginx:bad\": ErrImagePull: Error response from daemon: manifest for nginx:bad not found: manifest unknown: manifest unknown","reason":"ImagePullBackOff"}"#);
}

#[test]
fn a_crash_loop_waits_ten_seconds_and_then_twice_as_long() {
    let mut cluster = instant();
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", pod_of("crash-looper"));
    cluster.advance(secs(1_000));
    let all = events(&cluster, "web-0", from);
    let past = history(&cluster, "web-0", from);
    let starts: Vec<&str> = past.lines().filter(|line| line.contains("app=running")).collect();
    assert_snapshot!(starts.join("\n"), @"
    0.000 modified Running ready app=runningx0
    2.000 modified Running ready app=runningx1
    13.000 modified Running ready app=runningx2
    34.000 modified Running ready app=runningx3
    75.000 modified Running ready app=runningx4
    156.000 modified Running ready app=runningx5
    317.000 modified Running ready app=runningx6
    618.000 modified Running ready app=runningx7
    919.000 modified Running ready app=runningx8
    ");
    assert_eq!(all.lines().count(), 28, "25 at once and then one in five minutes:\n{all}");
    assert!(
        all.contains("BackOff Back-off restarting failed container app in pod web-0_default(UID)"),
        "{all}"
    );
    assert_snapshot!(status(&cluster, "web-0")["containerStatuses"][0]["state"]["waiting"]["message"]
        .as_str().unwrap_or_default().split('(').next().unwrap_or_default(), @"back-off 5m0s restarting failed container=app pod=web-0_default");
    assert_snapshot!(history(&cluster, "web-0", from).lines().take(14).collect::<Vec<_>>().join("\n"), @"
    0.000 added Pending -
    0.000 modified Running ready app=runningx0
    1.000 modified Running - app=Error/1x0
    2.000 modified Running ready app=runningx1
    3.000 modified Running - app=Error/1x1
    4.000 modified Running - app=CrashLoopBackOffx1
    13.000 modified Running ready app=runningx2
    14.000 modified Running - app=Error/1x2
    15.000 modified Running - app=CrashLoopBackOffx2
    34.000 modified Running ready app=runningx3
    35.000 modified Running - app=Error/1x3
    36.000 modified Running - app=CrashLoopBackOffx3
    75.000 modified Running ready app=runningx4
    76.000 modified Running - app=Error/1x4
    ");
}

#[test]
fn a_deleted_pod_is_asked_to_end_and_goes() {
    let mut cluster = instant();
    bound_pod(&mut cluster, "web-0", "minikube", pod_of("nginx"));
    cluster.settle(secs(60));
    let from = cluster.now();
    delete(&mut cluster, "web-0", None);
    assert!(cluster.settle(secs(60)));
    assert!(get(&cluster, "web-0").is_none());
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "nginx"
    0 Pulled Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 72324501 bytes.
    0 Created Container created
    0 Started Container started
    0 Killing Stopping container app
    "#);
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 added Pending -
    0.000 modified Running ready app=runningx0
    0.000 terminating(30) Running ready app=runningx0
    0.000 terminating(30) Succeeded - app=Completed/0x0
    0.000 terminating(0) Succeeded - app=Completed/0x0
    0.000 gone Succeeded - app=Completed/0x0
    ");
    assert!(cluster.runtime().sandbox(&key("web-0")).is_none());
}

#[test]
fn a_program_that_ignores_sigterm_is_killed_at_the_end_of_the_grace_period() {
    let mut cluster = instant();
    let spec = json!({"containers": [{"name": "app", "image": "busybox", "command": ["sleep", "3600"]}],
        "terminationGracePeriodSeconds": 7});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(10));
    let from = cluster.now();
    delete(&mut cluster, "web-0", None);
    cluster.advance(secs(60));
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 terminating(7) Running ready app=runningx0
    7.000 terminating(7) Failed - app=Error/137x0
    7.000 terminating(0) Failed - app=Error/137x0
    7.000 gone Failed - app=Error/137x0
    ");
}

#[test]
fn restart_policies_decide_what_follows_an_end() {
    let mut cluster = instant();
    for (name, policy, image) in [
        ("always", "Always", "busybox"),
        ("onfailure", "OnFailure", "busybox"),
        ("never", "Never", "crash-looper"),
        ("never-good", "Never", "busybox"),
    ] {
        let mut spec = pod_of(image);
        spec["restartPolicy"] = json!(policy);
        bound_pod(&mut cluster, name, "minikube", spec);
    }
    cluster.advance(secs(300));
    let text: Vec<String> = ["always", "onfailure", "never", "never-good"]
        .iter()
        .map(|name| {
            let status = status(&cluster, name);
            let container = &status["containerStatuses"][0];
            format!("{name}: {} {} {}", status["phase"], container["state"], container["restartCount"])
        })
        .collect();
    for (line, words) in text.iter().zip(["CrashLoopBackOff", "Completed", "Error", "Completed"]) {
        assert!(line.contains(words), "{line}");
    }
    assert!(text[1].contains("\"Succeeded\"") && text[2].contains("\"Failed\""), "{text:?}");
}

#[test]
fn init_containers_run_first_and_in_order() {
    let mut cluster = instant();
    let from = cluster.now();
    let spec = json!({
        "initContainers": [
            {"name": "first", "image": "busybox", "command": ["sleep", "5"]},
            {"name": "second", "image": "busybox", "command": ["true"]},
        ],
        "containers": [{"name": "app", "image": "nginx"}],
    });
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(3));
    assert_snapshot!(status(&cluster, "web-0")["conditions"][1]["message"], @r#""containers with incomplete status: [first second]""#);
    cluster.advance(secs(10));
    let all = events(&cluster, "web-0", from);
    let starts: Vec<&str> = all.lines().filter(|line| line.contains(" Started ")).collect();
    assert_eq!(starts.len(), 3, "{all}");
    assert_eq!(status(&cluster, "web-0")["phase"], "Running");
    assert_eq!(
        status(&cluster, "web-0")["initContainerStatuses"][1]["state"]["terminated"]["reason"],
        "Completed"
    );
}

#[test]
fn a_volume_that_lacks_its_source_holds_the_pod() {
    let mut cluster = instant();
    let from = cluster.now();
    let mut spec = pod_of("nginx");
    spec["volumes"] = json!([{"name": "settings", "configMap": {"name": "missing"}}]);
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(5));
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 FailedMount MountVolume.SetUp failed for volume "settings" : configmap "missing" not found
    0 FailedMount MountVolume.SetUp failed for volume "settings" : configmap "missing" not found
    1 FailedMount MountVolume.SetUp failed for volume "settings" : configmap "missing" not found
    3 FailedMount MountVolume.SetUp failed for volume "settings" : configmap "missing" not found
    "#);
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "missing", "namespace": "default"}, "data": {"a": "1"}});
    create(&mut cluster, map);
    cluster.advance(secs(10));
    assert_eq!(status(&cluster, "web-0")["phase"], "Running");
}

#[test]
fn an_environment_that_lacks_its_source_holds_the_container() {
    let mut cluster = instant();
    let spec = json!({"containers": [{"name": "app", "image": "nginx",
        "envFrom": [{"secretRef": {"name": "db-secrets"}}]}]});
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(5));
    let text = events(&cluster, "web-0", from);
    assert!(text.contains("Failed Error: secret \"db-secrets\" not found"), "{text}");
    assert_eq!(
        status(&cluster, "web-0")["containerStatuses"][0]["state"]["waiting"]["reason"],
        "CreateContainerConfigError"
    );
}

#[test]
fn addresses_come_from_the_nodes_block_and_are_not_used_again_at_once() {
    let mut cluster = instant();
    bound_pod(&mut cluster, "a", "minikube", pod_of("nginx"));
    bound_pod(&mut cluster, "b", "minikube", pod_of("nginx"));
    cluster.settle(secs(60));
    delete(&mut cluster, "a", Some(0));
    cluster.settle(secs(60));
    bound_pod(&mut cluster, "c", "minikube", pod_of("nginx"));
    cluster.settle(secs(60));
    let ip = |name: &str| status(&cluster, name)["podIP"].clone();
    assert_eq!((ip("b"), ip("c")), (json!("10.244.0.3"), json!("10.244.0.4")));
}

#[test]
fn names_that_no_runtime_accepts_are_refused() {
    let mut cluster = instant();
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", pod_of("Nginx:1.0"));
    cluster.advance(secs(5));
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 InspectFailed Failed to apply default image tag "Nginx:1.0": couldn't parse image name "Nginx:1.0": invalid reference format: repository name must be lowercase
    0 Failed Error: InvalidImageName
    "#);
}

#[test]
fn a_command_that_is_not_there_cannot_be_started() {
    let mut cluster = instant();
    let from = cluster.now();
    let spec = json!({"containers": [{"name": "app", "image": "nginx", "command": ["nonsense"]}]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    let id = |container: &Value| {
        container["lastState"]["terminated"]["containerID"].as_str().unwrap()[9..].to_owned()
    };
    cluster.advance(secs(0));
    let first = status(&cluster, "web-0")["containerStatuses"][0].clone();
    let state = serde_json::to_string_pretty(&first["state"]).unwrap();
    assert_snapshot!(state.replace(&id(&first), "ID"), @r#"
    {
      "waiting": {
        "message": "failed to start container \"ID\": Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"nonsense\": executable file not found in $PATH: unknown",
        "reason": "RunContainerError"
      }
    }
    "#);
    cluster.advance(secs(5));
    let container = status(&cluster, "web-0")["containerStatuses"][0].clone();
    assert_eq!(container["state"]["waiting"]["reason"], "CrashLoopBackOff");
    let last = serde_json::to_string_pretty(&container["lastState"]).unwrap();
    assert_snapshot!(last.replace(&id(&container), "ID"), @r#"
    {
      "terminated": {
        "containerID": "docker://ID",
        "exitCode": 127,
        "finishedAt": "2026-11-23T12:00:01Z",
        "message": "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"nonsense\": executable file not found in $PATH: unknown",
        "reason": "ContainerCannotRun",
        "startedAt": "2026-11-23T12:00:01Z"
      }
    }
    "#);
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "nginx"
    0 Pulled Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 72324501 bytes.
    0 Created Container created
    0 Failed Error: failed to start container "app": Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nonsense": executable file not found in $PATH: unknown
    1 Pulling Pulling image "nginx"
    1 Pulled Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 72324501 bytes.
    1 Created Container created
    1 Failed Error: failed to start container "app": Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nonsense": executable file not found in $PATH: unknown
    2 BackOff Back-off restarting failed container app in pod web-0_default(UID)
    "#);
}

#[test]
fn a_pod_that_only_sleeps_is_settled() {
    let mut cluster = instant();
    let spec = json!({"containers": [{"name": "app", "image": "busybox", "command": ["sleep", "3600"]}]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    let from = cluster.now();
    assert!(cluster.settle(secs(60)));
    assert_eq!(cluster.now(), from);
    assert_eq!(status(&cluster, "web-0")["phase"], "Running");
}

#[test]
fn a_script_is_a_container_program_too() {
    let mut cluster = instant();
    let script = "echo up; trap 'echo bye; exit 3' TERM; while true; do sleep 1; done";
    let spec =
        json!({"containers": [{"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", script]}]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    assert!(cluster.settle(secs(120)), "a loop is a steady state after a minute");
    let from = cluster.now();
    delete(&mut cluster, "web-0", None);
    cluster.advance(secs(60));
    let text = history(&cluster, "web-0", from);
    assert!(text.contains("Error/3"), "its own handler ends it: {text}");
}

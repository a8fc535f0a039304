use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::{bound_pod, delete, events, get, instant, key};
use crate::api::{ApiResult, Object};
use crate::apiserver::{Subresource, WriteOptions};
use crate::cluster::Cluster;
use crate::runtime::ExecRequest;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn debug(cluster: &mut Cluster, containers: Value) -> ApiResult<Object> {
    let mut pod = get(cluster, "web-0").expect("the pod is there");
    let list = serde_json::from_value(containers).expect("ephemeral containers");
    pod.spec.as_mut().expect("a spec").ephemeral_containers = Some(list);
    // What else the caller changes is dropped.
    pod.metadata.labels = None;
    let write = |api: &mut crate::apiserver::ApiServer| {
        api.update_with(pod, Subresource::EphemeralContainers, WriteOptions::default())
    };
    cluster.act("debug", write)
}

fn statuses(cluster: &Cluster) -> Value {
    let status = get(cluster, "web-0").and_then(|pod: Pod| pod.status);
    json!(status.and_then(|status| status.ephemeral_container_statuses))
}

#[test]
fn an_ephemeral_container_joins_a_running_pod_and_ends_with_it() {
    let mut cluster = instant();
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", json!({"containers": [{"name": "app", "image": "nginx"}]}));
    cluster.settle(secs(60));
    let debugger = json!([{"name": "debugger", "image": "busybox", "command": ["sleep", "1d"],
        "targetContainerName": "app"}]);
    debug(&mut cluster, debugger).expect("it is taken");
    cluster.settle(secs(60));
    let pod = get(&cluster, "web-0").expect("the pod is there");
    assert_eq!(pod.metadata.generation, Some(2));
    assert!(pod.metadata.labels.is_some(), "nothing else changes");
    let status = &statuses(&cluster)[0];
    assert_eq!(status["name"], json!("debugger"));
    assert!(status["state"]["running"].is_object(), "{status}");
    let request = ExecRequest {
        container: Some("debugger".to_owned()),
        argv: vec!["ps".to_owned()],
        ..ExecRequest::default()
    };
    let (now, store) = (cluster.now(), cluster.store().clone());
    let id = cluster.runtime_mut().0.exec(&key("web-0"), request, &store, now).expect("it runs");
    let output = cluster.runtime_mut().0.exec_poll(&id).expect("it ran").output;
    let text: String = output.into_iter().map(|(_, text)| text).collect();
    assert!(text.contains("1 root      0:00 nginx") && text.contains("sleep 1d"), "{text}");
    delete(&mut cluster, "web-0", Some(1));
    cluster.settle(secs(60));
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "nginx"
    0 Pulled Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 72324501 bytes.
    0 Created Container created
    0 Started Container started
    0 Pulling Pulling image "busybox"
    0 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    0 Created Container created
    0 Started Container started
    0 Killing Stopping container app
    0 Killing Stopping container debugger
    "#);
}

#[test]
fn one_that_ended_stays_ended_and_the_pod_stays_ready() {
    let mut cluster = instant();
    bound_pod(&mut cluster, "web-0", "minikube", json!({"containers": [{"name": "app", "image": "nginx"}]}));
    cluster.settle(secs(60));
    debug(&mut cluster, json!([{"name": "once", "image": "busybox", "command": ["sh", "-c", "exit 3"]}]))
        .expect("it is taken");
    cluster.advance(secs(60));
    assert_eq!(statuses(&cluster)[0]["state"]["terminated"]["exitCode"], json!(3));
    assert_eq!(statuses(&cluster)[0]["restartCount"], json!(0));
    assert!(crate::api::pod::is_ready(&get(&cluster, "web-0").expect("the pod is there")));
}

#[test]
fn what_the_api_server_refuses_is_refused_in_its_words() {
    let mut cluster = instant();
    bound_pod(&mut cluster, "web-0", "minikube", json!({"containers": [{"name": "app", "image": "nginx"}]}));
    let one = json!({"name": "one", "image": "busybox"});
    debug(&mut cluster, json!([one])).expect("it is taken");
    let mut refusal = |containers| debug(&mut cluster, containers).expect_err("it is refused").to_string();
    assert_snapshot!(refusal(json!([])), @r#"Pod "web-0" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "one" may not be removed"#);
    assert_snapshot!(refusal(json!([{"name": "one", "image": "alpine"}])), @r#"
    Pod "web-0" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "one" may not be changed
    @@ -1,6 +1,6 @@
     {
      "Name": "one",
    - "Image": "busybox",
    + "Image": "alpine",
      "Command": null,
      "Args": null,
      "WorkingDir": "",
    "#);
    assert_snapshot!(refusal(json!([one, {"name": "app", "image": "alpine", "targetContainerName": "db",
        "ports": [{"containerPort": 80}]}])), @r#"Pod "web-0" is invalid: [spec.ephemeralContainers[1].name: Duplicate value: "app", spec.ephemeralContainers[1].targetContainerName: Not found: "db", spec.ephemeralContainers[1].ports: Forbidden: cannot be set for an Ephemeral Container]"#);
}

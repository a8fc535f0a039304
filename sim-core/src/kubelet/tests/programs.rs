use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bound_pod, create, delete, get, instant, key};
use crate::api::{Kind, ObjectKey};
use crate::apiserver::DeleteOptions;
use crate::cluster::{Cluster, Fault};
use crate::engine::CauseKind;
use crate::network::http::{HttpRequest, NetError};
use crate::runtime::{ExecError, ExecRequest, image_from_value};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A volume and a claim that are bound to each other.
fn bound_claim(cluster: &mut Cluster) {
    create(
        cluster,
        json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-1"},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "none",
                "hostPath": {"path": "/tmp/pv-1"},
                "claimRef": {"namespace": "default", "name": "data"}}}),
    );
    create(
        cluster,
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": "default"},
            "spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "pv-1", "storageClassName": "none",
                "resources": {"requests": {"storage": "1Gi"}}}}),
    );
    cluster.settle(secs(60));
}

fn counter() -> Value {
    json!({
        "containers": [{"name": "app", "image": "python-app:1.0",
            "volumeMounts": [{"name": "data", "mountPath": "/config"}]}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    })
}

fn visit(cluster: &mut Cluster, pod: &str, path: &str) -> Result<String, NetError> {
    let now = cluster.now();
    let ip = get(cluster, pod).and_then(|pod| pod.status?.pod_ip).unwrap_or_default();
    let store = cluster.store().clone();
    let (runtime, _) = cluster.runtime_mut();
    let port = if path == "/x" { 1 } else { 5000 };
    let answer = runtime.http_from_user(&store, &ip, port, &HttpRequest::get(path), now);
    answer.map(|(response, _)| format!("{} {}", response.status, response.body.trim_end()))
}

fn exec(cluster: &mut Cluster, argv: &[&str]) -> Result<String, ExecError> {
    let now = cluster.now();
    let store = cluster.store().clone();
    let request =
        ExecRequest { argv: argv.iter().map(|word| (*word).to_owned()).collect(), ..ExecRequest::default() };
    let id = cluster.runtime_mut().0.exec(&key("web-0"), request, &store, now)?;
    cluster.poke_kubelet(key("web-0"), CauseKind::Command("exec".to_owned()));
    let mut text = String::new();
    for _ in 0..20 {
        let Some(status) = cluster.runtime_mut().0.exec_poll(&id) else { break };
        text.extend(status.output.into_iter().map(|(_, piece)| piece));
        if let Some(code) = status.exit {
            text.push_str(&format!("[{code}]"));
            break;
        }
        cluster.advance(secs(1));
    }
    Ok(text)
}

#[test]
fn a_volumes_bytes_outlive_the_pod_and_end_with_the_volume() {
    let mut cluster = instant();
    bound_claim(&mut cluster);
    bound_pod(&mut cluster, "web-0", "minikube", counter());
    cluster.settle(secs(60));
    assert!(visit(&mut cluster, "web-0", "/").is_ok_and(|text| text.contains("Visits: 1")));
    assert!(visit(&mut cluster, "web-0", "/").is_ok_and(|text| text.contains("Visits: 2")));
    assert_eq!(visit(&mut cluster, "web-0", "/visits"), Ok("200 2".to_owned()));
    assert_eq!(visit(&mut cluster, "web-0", "/x"), Err(NetError::Refused));
    delete(&mut cluster, "web-0", None);
    cluster.settle(secs(60));
    bound_pod(&mut cluster, "web-0", "minikube", counter());
    cluster.settle(secs(60));
    assert_eq!(visit(&mut cluster, "web-0", "/visits"), Ok("200 2".to_owned()));
    assert_eq!(exec(&mut cluster, &["cat", "/config/visits.txt"]), Ok("2[0]".to_owned()));
    cluster.fault(Fault::LoseVolume { volume: "pv-1".to_owned() }).expect("it holds bytes");
    assert_eq!(visit(&mut cluster, "web-0", "/visits"), Ok("200 0".to_owned()));
    visit(&mut cluster, "web-0", "/").expect("it answers");
    let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    for (kind, key) in [(Kind::Pod, key("web-0")), (Kind::PersistentVolumeClaim, key("data"))] {
        cluster.act("delete", |api| api.delete(kind, &key, &options)).expect("it is there");
        cluster.settle(secs(60));
    }
    let _ = cluster
        .act("delete", |api| api.delete(Kind::PersistentVolume, &ObjectKey::cluster("pv-1"), &options));
    cluster.settle(secs(60));
    assert!(cluster.runtime().volume("pv-1").is_none());
}

#[test]
fn commands_run_in_containers() {
    let mut cluster = instant();
    bound_pod(&mut cluster, "web-0", "minikube", json!({"containers": [{"name": "app", "image": "nginx"}]}));
    cluster.settle(secs(60));
    assert_eq!(exec(&mut cluster, &["echo", "hello"]), Ok("hello\n[0]".to_owned()));
    assert_eq!(exec(&mut cluster, &["sleep", "3"]), Ok("[0]".to_owned()));
    let from = cluster.now();
    assert_eq!(exec(&mut cluster, &["cat", "/etc/hostname"]), Ok("web-0\n[0]".to_owned()));
    assert_eq!(cluster.now(), from, "no time passes for what needs none");
    let error = exec(&mut cluster, &["frobnicate"]).expect_err("no such program");
    assert_eq!(error.exit_code(), 127);
    assert_snapshot!(error, @r#"OCI runtime exec failed: exec failed: unable to start container process: exec: "frobnicate": executable file not found in $PATH: unknown"#);
    let now = cluster.now();
    let store = cluster.store().clone();
    let request = ExecRequest { container: Some("other".to_owned()), ..ExecRequest::default() };
    let error = cluster.runtime_mut().0.exec(&key("web-0"), request, &store, now).expect_err("no container");
    assert_snapshot!(error, @r#"unable to upgrade connection: container not found ("other")"#);
}

#[test]
fn an_exec_ends_with_its_container() {
    let mut cluster = instant();
    bound_pod(&mut cluster, "web-0", "minikube", json!({"containers": [{"name": "app", "image": "nginx"}]}));
    cluster.settle(secs(60));
    let (now, store) = (cluster.now(), cluster.store().clone());
    let argv = vec!["sleep".to_owned(), "100".to_owned()];
    let request = ExecRequest { argv, ..ExecRequest::default() };
    let id = cluster.runtime_mut().0.exec(&key("web-0"), request, &store, now).expect("it starts");
    cluster.fault(Fault::Crash { pod: key("web-0"), container: None, exit_code: 1 }).expect("it runs");
    cluster.advance(secs(1));
    assert_eq!(cluster.runtime_mut().0.exec_poll(&id).and_then(|status| status.exit), Some(137));
}

#[test]
fn the_environment_and_the_volumes_hold_what_the_pod_asks_for() {
    let mut cluster = instant();
    create(
        &mut cluster,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"},
            "data": {"mode": "fast", "page.html": "<p>hi</p>"}}),
    );
    create(
        &mut cluster,
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "my-db", "namespace": "default"},
            "spec": {"clusterIP": "10.96.7.7", "ports": [{"name": "sql", "port": 5432}]}}),
    );
    let spec = json!({
        "containers": [{
            "name": "app", "image": "nginx",
            "env": [
                {"name": "WHO", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "GREETING", "value": "hello $(WHO) at $(MY_DB_SERVICE_HOST), $$(WHO) $(NOBODY)"},
                {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}},
                {"name": "MEMORY", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
            ],
            "resources": {"limits": {"memory": "64Mi"}},
            "volumeMounts": [
                {"name": "settings", "mountPath": "/usr/share/nginx/html/index.html", "subPath": "page.html"},
                {"name": "scratch", "mountPath": "/scratch"},
                {"name": "about", "mountPath": "/about"},
            ],
        }],
        "volumes": [
            {"name": "settings", "configMap": {"name": "settings"}},
            {"name": "scratch", "emptyDir": {}},
            {"name": "about", "downwardAPI": {"items": [
                {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
        ],
    });
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.settle(secs(60));
    let container = cluster.runtime().container(&key("web-0"), "app").expect("it runs");
    let value = |name: &str| {
        let found = container.config.env.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or("-").to_owned()
    };
    let names = [
        "WHO",
        "GREETING",
        "MODE",
        "MEMORY",
        "KUBERNETES_SERVICE_HOST",
        "MY_DB_PORT",
        "MY_DB_SERVICE_PORT_SQL",
    ];
    assert_snapshot!(names.map(|name| format!("{name}={}", value(name))).join("\n"), @"
    WHO=web-0
    GREETING=hello web-0 at 10.96.7.7, $(WHO) $(NOBODY)
    MODE=fast
    MEMORY=64
    KUBERNETES_SERVICE_HOST=10.96.0.1
    MY_DB_PORT=tcp://10.96.7.7:5432
    MY_DB_SERVICE_PORT_SQL=5432
    ");
    assert_eq!(exec(&mut cluster, &["cat", "/about/labels"]), Ok("app=\"web\"[0]".to_owned()));
    assert_eq!(
        exec(&mut cluster, &["cat", "/usr/share/nginx/html/index.html"]),
        Ok("<p>hi</p>[0]".to_owned())
    );
    assert_snapshot!(exec(&mut cluster, &["cat", "/etc/resolv.conf"]).unwrap_or_default(), @"
    nameserver 10.96.0.10
    search default.svc.cluster.local svc.cluster.local cluster.local
    options ndots:5
    [0]
    ");
}

#[test]
fn logs_are_kept_of_this_run_and_the_one_before() {
    let mut cluster = instant();
    let spec = json!({"containers": [{"name": "app", "image": "crash-looper"}]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(Duration::from_millis(2_500));
    let log = |previous| {
        let log = cluster.runtime().logs(&key("web-0"), "app", previous).expect("it ran");
        log.lines().map(|line| line.text.to_string()).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(log(true), @"
    starting
    fatal: cannot read configuration, giving up
    ");
    assert_snapshot!(log(false), @"starting");
}

#[test]
fn a_users_image_is_a_document() {
    let mut cluster = instant();
    let document = json!({
        "apiVersion": "sts-sim/v1", "kind": "Image", "name": "greeter", "startupSeconds": 3, "ports": [8000],
        "routes": [
            {"path": "/", "body": "hello from {{hostname}}, {{env WHO}}, visit {{count /data/n}}"},
            {"path": "/slow", "status": 503, "latencyMs": 1500},
        ],
        "files": {"/data/n": "41"}, "env": {"WHO": "a friend"}, "log": ["up on {{port}}"],
    });
    let image = image_from_value(&document).expect("a valid image");
    cluster.runtime_mut().0.registry.add(image);
    bound_pod(
        &mut cluster,
        "web-0",
        "minikube",
        json!({"containers": [{"name": "app", "image": "greeter:any"}]}),
    );
    cluster.advance(secs(1));
    let ask = |cluster: &mut Cluster, path: &str| {
        let (now, store) = (cluster.now(), cluster.store().clone());
        let request = HttpRequest::get(path);
        let answer = cluster.runtime_mut().0.http_from_user(&store, "10.244.0.2", 8000, &request, now);
        answer.map(|(response, latency)| (response.status, response.body, latency))
    };
    assert_eq!(ask(&mut cluster, "/"), Err(NetError::Refused), "it is still starting");
    cluster.advance(secs(3));
    assert_eq!(
        ask(&mut cluster, "/"),
        Ok((200, "hello from web-0, a friend, visit 42".to_owned(), Duration::ZERO))
    );
    assert_eq!(
        ask(&mut cluster, "/slow").map(|(status, _, latency)| (status, latency)),
        Ok((503, Duration::from_millis(1500)))
    );
    let wrong = image_from_value(&json!({"name": "Bad Name", "routes": []})).expect_err("a bad name");
    assert_snapshot!(wrong, @r#"image "Bad Name" is not valid: invalid reference format: repository name must be lowercase"#);
    let wrong = image_from_value(&json!({"name": "x", "portz": [1]})).expect_err("an unknown field");
    assert!(wrong.why.contains("unknown field `portz`"), "{wrong}");
}

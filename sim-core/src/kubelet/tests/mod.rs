//! Tests of the kubelets on a real cluster: pods are bound by hand, so no scheduler is needed.

mod admission;
mod cluster;
mod companions;
mod ephemeral;
mod lifecycle;
mod probes;
mod programs;
mod recorder;
mod resize;
mod restarts;

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::api::{Kind, Object, ObjectKey, SimTime, decode, pod};
use crate::apiserver::DeleteOptions;
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, TimingProfile};
use crate::store::ChangeType;

/// A cluster with a default namespace and the nodes that `config` names, at rest.
pub(super) fn cluster(config: ClusterConfig) -> Cluster {
    let mut cluster = Cluster::new(config);
    let nodes = cluster.engine().config().nodes.clone();
    create(&mut cluster, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}));
    for (number, node) in nodes.iter().enumerate() {
        let cidr = format!("10.244.{number}.0/24");
        let address = json!({"type": "InternalIP", "address": format!("192.168.49.{}", number + 2)});
        create(
            &mut cluster,
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name},
                "spec": {"podCIDR": cidr}, "status": {"addresses": [address]}}),
        );
    }
    cluster.settle(Duration::from_secs(60));
    cluster
}

/// Creates an object; one that is there already stays as it is.
pub(super) fn create(cluster: &mut Cluster, value: Value) {
    let object = decode::object(value).expect("a manifest");
    let result = cluster.act("create", |api| api.create(object));
    assert!(result.as_ref().is_ok_and(|_| true) || result.as_ref().is_err_and(|e| e.is_already_exists()));
}

/// Creates a pod that is bound to a node from the start.
pub(super) fn bound_pod(cluster: &mut Cluster, name: &str, node: &str, mut spec: Value) {
    spec["nodeName"] = json!(node);
    let meta = json!({"name": name, "namespace": "default", "labels": {"app": "web"}});
    create(cluster, json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}));
}

/// A key in the default namespace.
pub(super) fn key(name: &str) -> ObjectKey {
    ObjectKey::new("default", name)
}

/// The pod of that name.
pub(super) fn get(cluster: &Cluster, name: &str) -> Option<Pod> {
    cluster.store().typed::<Pod>(&key(name)).cloned()
}

/// Asks for a pod's deletion.
pub(super) fn delete(cluster: &mut Cluster, name: &str, grace: Option<i64>) {
    let options = DeleteOptions { grace_period_seconds: grace, ..DeleteOptions::default() };
    cluster.act("delete", |api| api.delete(Kind::Pod, &key(name), &options)).expect("the pod is there");
}

/// The pod's changes since the start, one a line: seconds, type, phase, readiness, container state.
pub(super) fn history(cluster: &Cluster, name: &str, from: SimTime) -> String {
    let mut lines = Vec::new();
    for change in cluster.store().log().since(0) {
        let Object::Pod(pod) = &change.object else { continue };
        if pod.metadata.name.as_deref() != Some(name) || change.at < from {
            continue;
        }
        let verb = match (change.change, pod.metadata.deletion_grace_period_seconds) {
            (ChangeType::Added, _) => "added".to_owned(),
            (ChangeType::Deleted, _) => "gone".to_owned(),
            (_, Some(grace)) => format!("terminating({grace})"),
            _ => "modified".to_owned(),
        };
        let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
        let states: Vec<String> = statuses
            .map(|status| {
                let state = status.state.clone().unwrap_or_default();
                let text = match (state.waiting, state.terminated) {
                    (Some(waiting), _) => waiting.reason.unwrap_or_default(),
                    (_, Some(ended)) => format!("{}/{}", ended.reason.unwrap_or_default(), ended.exit_code),
                    _ => "running".to_owned(),
                };
                format!("{}={text}x{}", status.name, status.restart_count)
            })
            .collect();
        let ready = if pod::is_ready(pod) { "ready" } else { "-" };
        let millis = change.at.since(from).as_millis();
        lines.push(format!(
            "{}.{:03} {verb} {} {ready} {}",
            millis / 1000,
            millis % 1000,
            pod::phase(pod),
            states.join(" ")
        ));
    }
    lines.dedup();
    lines.iter().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A cluster whose pods start at once on one node called `minikube`.
pub(super) fn instant() -> Cluster {
    let profile = TimingProfile::named("instant").expect("a profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_nodes("minikube", 1);
    cluster(config)
}

/// The kubelet's events about a pod, in order of their first time: seconds, count, reason, message.
pub(super) fn events(cluster: &Cluster, name: &str, from: SimTime) -> String {
    let mut rows: Vec<(SimTime, String)> = Vec::new();
    for change in cluster.store().log().since(0) {
        let Object::Event(event) = &change.object else { continue };
        let kubelet = event.reporting_component.as_deref() == Some("kubelet");
        if event.involved_object.name.as_deref() != Some(name) || !kubelet || change.at < from {
            continue;
        }
        let uid = event.involved_object.uid.clone().unwrap_or_default();
        let text = event.message.clone().unwrap_or_default().replace(&uid, "UID");
        let seconds = change.at.since(from).as_secs();
        rows.push((change.at, format!("{seconds} {} {text}", event.reason.as_deref().unwrap_or_default())));
    }
    rows.iter().map(|(_, row)| row.as_str()).collect::<Vec<_>>().join("\n")
}

/// A StatefulSet with a claim a pod, as the lab has it.
pub(super) fn lab_set(replicas: u32, parallel: bool) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "python-app", "namespace": "default"},
        "spec": {"serviceName": "python-app", "replicas": replicas,
            "podManagementPolicy": if parallel { "Parallel" } else { "OrderedReady" },
            "selector": {"matchLabels": {"app": "python-app"}},
            "template": {"metadata": {"labels": {"app": "python-app"}}, "spec": {"containers": [{
                "name": "python-app", "image": "python-app:1.0",
                "ports": [{"containerPort": 5000}],
                "livenessProbe": {"httpGet": {"path": "/health", "port": 5000}},
                "readinessProbe": {"httpGet": {"path": "/health", "port": 5000}},
                "volumeMounts": [{"name": "data", "mountPath": "/config"}]}]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}})
}

//! Pods get nodes as recorded, and never more than a node holds.

mod hints;
mod neighbours;
mod preemption;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ContainerImage, Node, Pod, Taint};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::resources::requests;
use crate::api::{Kind, ObjectKey, meta, pod};
use crate::apiserver::Subresource;
use crate::controllers::persistentvolume::harness::Bench;
use crate::engine::{ClusterConfig, NodeConfig, TimingProfile};

fn bench_with_nodes(count: u32, cpu: &str, pods: u32) -> Bench {
    let mut config = ClusterConfig::for_profile(TimingProfile::named("instant").expect("built in"), 1);
    config.nodes = (1..=count)
        .map(|number| NodeConfig {
            name: format!("node-{number}"),
            zone: Some(format!("zone-{number}")),
            cpu: cpu.to_owned(),
            memory: "8Gi".to_owned(),
            pods,
        })
        .collect();
    Bench::new(config)
}

fn wants(cpu: &str) -> Value {
    json!({"containers": [{"name": "app", "image": "app:1.0", "resources": {"requests": {"cpu": cpu}}}]})
}

fn node_of(bench: &Bench, name: &str) -> Option<String> {
    bench.pod(name).and_then(pod::node_name).map(str::to_owned)
}

fn message(bench: &Bench, name: &str) -> String {
    let condition = bench.pod(name).and_then(|pod| pod::condition(pod, "PodScheduled"));
    condition.and_then(|condition| condition.message.clone()).unwrap_or_default()
}

fn change_node(bench: &mut Bench, name: &str, change: impl FnOnce(&mut Node)) {
    bench
        .act(|api| api.modify::<Node>(&ObjectKey::cluster(name), Subresource::Main, change))
        .expect("modified");
}

/// A pod of a set, so that pods of it form a group.
fn create_replica(bench: &mut Bench, name: &str, extra: Value) {
    let mut manifest = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default",
            "labels": {"controller-revision-hash": "web-1"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "u-web",
                "controller": true}]},
        "spec": {"containers": [{"name": "app", "image": "app:1.0"}]},
        "status": {"phase": "Pending"}});
    json_patch::merge(&mut manifest["spec"], &extra);
    bench.create(manifest);
}

#[test]
fn a_pod_waits_for_its_immediate_claim_as_recorded() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "standard", "1Gi");
    bench.create_pod("web-0", &["data"], None);
    bench.settle();
    let changes = bench.changes();
    let about_pod: Vec<&str> = changes.lines().filter(|line| line.contains("Pod")).collect();
    let node = node_of(&bench, "web-0").expect("placed");
    insta::assert_snapshot!(about_pod.join("\n").replace(&node, "NODE"), @r"
    ADDED Pod web-0 node=- scheduled=-
    ADDED Event Pod/web-0 Warning FailedScheduling x1 0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found
    MODIFIED Pod web-0 node=- scheduled=False/Unschedulable
    ADDED Event Pod/web-0 Warning FailedScheduling x1 0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found
    MODIFIED Pod web-0 node=NODE scheduled=True/
    ADDED Event Pod/web-0 Normal Scheduled x1 Successfully assigned default/web-0 to NODE
    ");
}

#[test]
fn a_pod_with_a_waiting_claim_is_nominated_and_bound_a_second_later() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "wait", "1Gi");
    bench.create_pod("web-0", &["data"], None);
    bench.settle();
    let node = node_of(&bench, "web-0").expect("placed");
    insta::assert_snapshot!(bench.changes().replace(&node, "NODE"), @r"
    ADDED PersistentVolumeClaim data Pending volume=-
    ADDED Pod web-0 node=- scheduled=-
    ADDED Event PersistentVolumeClaim/data Normal WaitForFirstConsumer x1 waiting for first consumer to be created before binding
    MODIFIED Pod web-0 node=- scheduled=- nominated=NODE
    MODIFIED PersistentVolumeClaim data Pending volume=- [selected-node]
    MODIFIED PersistentVolumeClaim data Pending volume=- [selected-node storage-provisioner]
    ADDED Event PersistentVolumeClaim/data Normal ExternalProvisioning x1 Waiting for a volume to be created either by the external provisioner 'example.com/fake' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.
    MODIFIED Event PersistentVolumeClaim/data Normal ExternalProvisioning x2 Waiting for a volume to be created either by the external provisioner 'example.com/fake' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.
    ADDED PersistentVolume pvc-UID Pending claim=default/data
    MODIFIED PersistentVolume pvc-UID Bound claim=default/data
    MODIFIED PersistentVolumeClaim data Pending volume=pvc-UID [bind-completed bound-by-controller selected-node storage-provisioner]
    MODIFIED PersistentVolumeClaim data Bound volume=pvc-UID [bind-completed bound-by-controller selected-node storage-provisioner]
    MODIFIED Pod web-0 node=NODE scheduled=True/
    ADDED Event Pod/web-0 Normal Scheduled x1 Successfully assigned default/web-0 to NODE
    ");
    assert_eq!(bench.now().since_start().as_secs(), 1);
}

#[test]
fn an_event_says_what_the_scheduler_was_about() {
    let mut bench = Bench::recorder();
    bench.create_pod_with("placed", &[], json!({}));
    bench.create_pod_with("waits", &[], json!({"nodeSelector": {"disk": "ssd"}}));
    bench.settle();
    let mut actions: Vec<String> = bench
        .api()
        .store()
        .all::<k8s_openapi::api::core::v1::Event>()
        .filter_map(|event| Some(format!("{} {}", event.reason.as_deref()?, event.action.as_deref()?)))
        .collect();
    actions.sort();
    assert_eq!(actions, ["FailedScheduling Scheduling", "Scheduled Binding"]);
}

#[test]
fn a_missing_claim_is_named() {
    let mut bench = Bench::recorder();
    bench.create_pod("web-0", &["data"], None);
    bench.settle();
    insta::assert_snapshot!(message(&bench, "web-0"), @r#"
    0/3 nodes are available: persistentvolumeclaim "data" not found. not found
    "#);
}

#[test]
fn a_node_selector_waits_for_a_label() {
    let mut bench = Bench::recorder();
    bench.create_pod_with("web-0", &[], json!({"nodeSelector": {"disk": "ssd"}}));
    bench.settle();
    insta::assert_snapshot!(message(&bench, "web-0"), @r"
    0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.
    ");
    change_node(&mut bench, "node-2", |node| {
        let labels = node.metadata.labels.get_or_insert_default();
        labels.insert("disk".to_owned(), "ssd".to_owned());
    });
    bench.settle();
    assert_eq!(node_of(&bench, "web-0").as_deref(), Some("node-2"));
    let labels = bench.pod("web-0").map(|pod| meta::labels(&pod.metadata).clone()).unwrap_or_default();
    assert_eq!(labels.get("topology.kubernetes.io/zone").map(String::as_str), Some("zone-2"));
}

#[test]
fn every_node_says_why_it_does_not_fit() {
    let mut bench = bench_with_nodes(4, "2", 110);
    change_node(&mut bench, "node-1", |node| {
        node.spec.get_or_insert_default().unschedulable = Some(true);
    });
    change_node(&mut bench, "node-2", |node| {
        let taint = Taint { key: "only".to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() };
        node.spec.get_or_insert_default().taints = Some(vec![taint]);
    });
    for name in ["a", "b"] {
        bench.create_pod_with(name, &[], wants("1500m"));
    }
    bench.settle();
    bench.create_pod_with("late", &[], wants("1"));
    bench.create_pod_with("huge", &[], wants("64"));
    bench.settle();
    insta::assert_snapshot!(message(&bench, "late"), @r"
    0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.
    ");
    insta::assert_snapshot!(message(&bench, "huge"), @r"
    0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.
    ");
}

#[test]
fn host_ports_are_taken_once() {
    let mut bench = bench_with_nodes(1, "4", 110);
    let port = json!({"containers": [{"name": "app", "image": "app:1.0",
        "ports": [{"containerPort": 80, "hostPort": 80}]}]});
    bench.create_pod_with("first", &[], port.clone());
    bench.settle();
    bench.create_pod_with("second", &[], port);
    bench.settle();
    insta::assert_snapshot!(message(&bench, "second"), @r"
    0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.
    ");
    bench.delete_now(Kind::Pod, "first");
    bench.settle();
    assert!(node_of(&bench, "second").is_some());
}

#[test]
fn replicas_spread_over_the_nodes() {
    let mut bench = bench_with_nodes(3, "4", 110);
    for number in 0..9 {
        create_replica(&mut bench, &format!("web-{number}"), json!({}));
        bench.settle();
    }
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for number in 0..9 {
        *counts.entry(node_of(&bench, &format!("web-{number}")).expect("placed")).or_default() += 1;
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [3, 3, 3]);
}

#[test]
fn a_large_image_draws_pods_that_call_it_by_its_name() {
    let mut bench = bench_with_nodes(3, "4", 110);
    let held = json!([{"names": ["registry.local/model:latest"], "sizeBytes": 3_000_000_000_u64}]);
    let held: Vec<ContainerImage> = serde_json::from_value(held).expect("images");
    bench
        .act(|api| {
            api.modify::<Node>(&ObjectKey::cluster("node-2"), Subresource::Status, |node| {
                node.status.get_or_insert_default().images = Some(held);
            })
        })
        .expect("modified");
    bench.settle();
    let mut places = BTreeMap::<&str, BTreeSet<String>>::new();
    for (number, image) in ["registry.local/model", "model"].into_iter().cycle().take(12).enumerate() {
        let name = format!("p-{number}");
        bench.create(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [{"name": "app", "image": image}]}, "status": {"phase": "Pending"}}),
        );
        bench.settle();
        places.entry(image).or_default().insert(node_of(&bench, &name).expect("placed"));
    }
    assert_eq!(places["registry.local/model"], BTreeSet::from(["node-2".to_owned()]));
    assert_eq!(places["model"], BTreeSet::from(["node-1".to_owned(), "node-3".to_owned()]));
}

#[test]
fn freed_room_wakes_one_pod_of_a_group_and_not_all() {
    let mut bench = bench_with_nodes(1, "4", 10);
    for number in 0..60 {
        create_replica(&mut bench, &format!("web-{number:02}"), json!({}));
    }
    bench.settle();
    let before = bench.steps();
    bench.delete_now(Kind::Pod, "web-03");
    bench.delete_now(Kind::Pod, "web-04");
    bench.settle();
    let placed = (0..60).filter(|number| node_of(&bench, &format!("web-{number:02}")).is_some()).count();
    assert_eq!(placed, 10);
    assert!(bench.steps() - before < 12, "{} steps", bench.steps() - before);
}

#[test]
fn a_volume_of_one_node_keeps_its_pod_there() {
    let mut bench = Bench::recorder();
    let affinity = json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions":
        [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-3"]}]}]}}}});
    bench.create_volume("local", "wait", "5Gi", affinity);
    bench.settle();
    bench.create_claim("data", "wait", "1Gi");
    bench.create_pod("web-0", &["data"], None);
    bench.settle();
    // A volume that is there is taken before one is made, where the pod can reach it.
    let node = node_of(&bench, "web-0").expect("placed");
    let volume = bench.bound_volume("data").expect("bound");
    assert_eq!(volume == "local", node == "node-3");
    bench.create_pod_with("web-1", &["data"], json!({"nodeSelector": {"kubernetes.io/hostname": "node-1"}}));
    bench.settle();
    if volume == "local" {
        assert!(message(&bench, "web-1").contains("didn't match PersistentVolume's node affinity"));
    }
}

#[test]
fn an_unschedulable_pod_is_tried_again_after_five_minutes_without_news() {
    let mut bench = Bench::recorder();
    bench.create_pod_with("web-0", &[], json!({"nodeSelector": {"disk": "ssd"}}));
    bench.advance(Duration::from_secs(650));
    let events = bench.changes();
    let failures: Vec<&str> = events.lines().filter(|line| line.contains("FailedScheduling")).collect();
    // The first regards the new pod, the second the pod with its condition, the third repeats the second.
    assert_eq!(failures.len(), 3, "{failures:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_node_is_ever_overcommitted(
        steps in proptest::collection::vec((0..3u8, 0..12u8, 1..9u8), 1..60),
    ) {
        let mut bench = bench_with_nodes(3, "2", 4);
        for (action, name, size) in steps {
            let name = format!("p{name}");
            match action {
                0 | 1 if bench.pod(&name).is_none() => {
                    bench.create_pod_with(&name, &[], wants(&format!("{}m", u32::from(size) * 150)));
                }
                2 if bench.pod(&name).is_some() => bench.delete_now(Kind::Pod, &name),
                _ => {}
            }
            if size > 5 {
                bench.settle();
            }
        }
        bench.settle();
        let mut used: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        let mut waiting = Vec::new();
        for pod in bench.api().store().all::<Pod>() {
            let cpu = requests(pod).milli_cpu;
            match pod::node_name(pod) {
                Some(node) => {
                    let entry = used.entry(node.to_owned()).or_default();
                    *entry = (entry.0 + 1, entry.1 + cpu);
                }
                None => waiting.push(cpu),
            }
        }
        prop_assert!(used.values().all(|(pods, cpu)| *pods <= 4 && *cpu <= 2_000));
        // Nothing waits that would fit.
        for cpu in waiting {
            for number in 1..=3 {
                let (pods, taken) = used.get(&format!("node-{number}")).copied().unwrap_or_default();
                prop_assert!(pods == 4 || taken + cpu > 2_000, "{cpu}m fits on node-{number}");
            }
        }
    }
}

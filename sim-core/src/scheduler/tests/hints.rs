//! A waiting pod is tried again when a change may help it, and not otherwise.

use k8s_openapi::api::core::v1::{Event, Node, PersistentVolume, Pod, Taint};
use serde_json::{Value, json};

use super::{bench_with_nodes, change_node, create_replica, message, node_of, wants};
use crate::api::{Kind, ObjectKey, decode};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::controllers::persistentvolume::harness::Bench;

/// How often the scheduler said that it failed, repeats of an event included.
fn failures(bench: &Bench, pod: &str) -> i32 {
    let about = |event: &&Event| {
        event.involved_object.name.as_deref() == Some(pod)
            && event.reason.as_deref() == Some("FailedScheduling")
    };
    let events = bench.api().store().all::<Event>().filter(about);
    events.map(|event| event.series.as_ref().and_then(|series| series.count).unwrap_or(1)).sum()
}

fn label(bench: &mut Bench, node: &str, key: &str, value: &str) {
    change_node(bench, node, |node| {
        node.metadata.labels.get_or_insert_default().insert(key.to_owned(), value.to_owned());
    });
    bench.settle();
}

fn relabel_pod(bench: &mut Bench, name: &str, value: &str) {
    let key = ObjectKey::new("default", name);
    let change = |pod: &mut Pod| {
        pod.metadata.labels.get_or_insert_default().insert("app".to_owned(), value.to_owned());
    };
    bench.act(|api| api.modify::<Pod>(&key, Subresource::Main, change)).expect("modified");
    bench.settle();
}

fn labelled(bench: &mut Bench, name: &str, app: &str, extra: Value) {
    let mut manifest = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
        "spec": {"containers": [{"name": "app", "image": "app:1.0"}]}});
    json_patch::merge(&mut manifest["spec"], &extra);
    bench.create(manifest);
    bench.settle();
}

#[test]
fn a_label_that_is_not_asked_for_tries_nobody() {
    let mut bench = bench_with_nodes(3, "4", 110);
    bench.create_pod_with("ssd", &[], json!({"nodeSelector": {"disk": "ssd"}}));
    bench.create_pod_with("huge", &[], wants("64"));
    bench.settle();
    label(&mut bench, "node-1", "rack", "r1");
    label(&mut bench, "node-1", "disk", "hdd");
    change_node(&mut bench, "node-2", |node| {
        let taint = Taint { key: "only".to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() };
        node.spec.get_or_insert_default().taints = Some(vec![taint]);
    });
    bench.settle();
    assert_eq!((failures(&bench, "ssd"), failures(&bench, "huge")), (1, 1));
    label(&mut bench, "node-3", "disk", "ssd");
    assert_eq!(node_of(&bench, "ssd").as_deref(), Some("node-3"));
}

#[test]
fn more_room_tries_those_who_would_have_enough_of_it() {
    let mut bench = bench_with_nodes(1, "1", 110);
    bench.create_pod_with("large", &[], wants("2"));
    bench.create_pod_with("huge", &[], wants("64"));
    bench.settle();
    let resize = |bench: &mut Bench, resource: &str, amount: &str| {
        let (resource, amount) = (resource.to_owned(), amount.to_owned());
        let change = |node: &mut Node| {
            let status = node.status.get_or_insert_default();
            let quantity = k8s_openapi::apimachinery::pkg::api::resource::Quantity(amount);
            status.allocatable.get_or_insert_default().insert(resource, quantity);
        };
        let key = ObjectKey::cluster("node-1");
        bench.act(|api| api.modify::<Node>(&key, Subresource::Status, change)).expect("modified");
        bench.settle();
    };
    resize(&mut bench, "memory", "64Gi");
    assert_eq!((failures(&bench, "large"), failures(&bench, "huge")), (1, 1));
    resize(&mut bench, "cpu", "4");
    assert!(node_of(&bench, "large").is_some());
    assert_eq!(failures(&bench, "huge"), 1);
}

#[test]
fn all_of_a_few_pods_that_wait_alike_are_tried_and_say_so() {
    let mut bench = bench_with_nodes(2, "1", 110);
    change_node(&mut bench, "node-2", |node| {
        node.spec.get_or_insert_default().unschedulable = Some(true);
    });
    for number in 0..4 {
        create_replica(&mut bench, &format!("web-{number}"), wants("1"));
        bench.settle();
    }
    assert_eq!(failures(&bench, "web-3"), 1);
    change_node(&mut bench, "node-2", |node| {
        node.spec.get_or_insert_default().unschedulable = None;
    });
    bench.settle();
    // Those who waited longest go first.
    assert_eq!(node_of(&bench, "web-1").as_deref(), Some("node-2"));
    assert_eq!((failures(&bench, "web-2"), failures(&bench, "web-3")), (2, 2));
    insta::assert_snapshot!(message(&bench, "web-3"), @"0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.");
}

#[test]
fn a_port_that_becomes_free_matters_to_those_who_want_it() {
    let port = |port: u16| {
        json!({"containers": [{"name": "app", "image": "app:1.0",
            "ports": [{"containerPort": 80, "hostPort": port}]}]})
    };
    let mut bench = bench_with_nodes(1, "4", 110);
    for (name, number) in [("a", 80), ("b", 81), ("waits", 80)] {
        bench.create_pod_with(name, &[], port(number));
        bench.settle();
    }
    bench.delete_now(Kind::Pod, "b");
    bench.settle();
    assert_eq!(failures(&bench, "waits"), 1);
    bench.delete_now(Kind::Pod, "a");
    bench.settle();
    assert!(node_of(&bench, "waits").is_some());
}

#[test]
fn neighbours_matter_as_the_terms_say() {
    let term = |app: &str| json!([{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}}]);
    let wish = |kind: &str, app: &str| json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": term(app)}}});
    let mut bench = bench_with_nodes(1, "4", 110);
    labelled(&mut bench, "web", "web", json!({}));
    labelled(&mut bench, "far", "far", wish("podAntiAffinity", "web"));
    labelled(&mut bench, "near", "near", wish("podAffinity", "cache"));
    labelled(&mut bench, "other", "other", json!({}));
    bench.delete_now(Kind::Pod, "other");
    bench.settle();
    assert_eq!((failures(&bench, "far"), failures(&bench, "near")), (1, 1));
    relabel_pod(&mut bench, "web", "cache");
    assert!(node_of(&bench, "far").is_some() && node_of(&bench, "near").is_some());
}

#[test]
fn that_its_only_peer_is_gone_is_news_to_nobody_but_the_five_minutes() {
    let mut bench = bench_with_nodes(2, "4", 110);
    let near = json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}]}}});
    labelled(&mut bench, "first", "web", near.clone());
    let node = node_of(&bench, "first").expect("placed");
    change_node(&mut bench, &node, |node| {
        node.spec.get_or_insert_default().unschedulable = Some(true);
    });
    labelled(&mut bench, "second", "web", near);
    bench.delete_now(Kind::Pod, "first");
    bench.settle();
    assert_eq!((node_of(&bench, "second"), failures(&bench, "second")), (None, 1));
    bench.advance(std::time::Duration::from_secs(301));
    assert!(node_of(&bench, "second").is_some_and(|other| other != node));
}

#[test]
fn a_volume_is_news_to_all_of_a_few_that_wait_for_volumes() {
    let mut bench = Bench::recorder();
    bench.create_claim("none", "", "1Gi");
    bench.create_pod("waits", &["none"], None);
    bench.settle();
    let before = failures(&bench, "waits");
    bench.create_volume("other", "manual", "1Gi", json!({}));
    bench.settle();
    assert_eq!(failures(&bench, "waits"), before + 1);
    let change = |volume: &mut PersistentVolume| {
        volume.metadata.labels.get_or_insert_default().insert("tier".to_owned(), "gold".to_owned());
    };
    let key = ObjectKey::cluster("other");
    bench.act(|api| api.modify::<PersistentVolume>(&key, Subresource::Main, change)).expect("modified");
    bench.settle();
    assert_eq!(failures(&bench, "waits"), before + 2);
}

#[test]
fn a_claim_whose_volume_is_gone_is_missed_by_the_volumes_name_until_it_is_lost() {
    let mut bench = Bench::recorder();
    bench.create_volume("gone", "manual", "1Gi", json!({}));
    bench.create_claim("data", "manual", "1Gi");
    bench.settle();
    bench.changes();
    let key = ObjectKey::cluster("gone");
    bench.act(|api| {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "namespace": "default"},
            "spec": {"containers": [{"name": "app", "image": "app:1.0"}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}});
        api.create(decode::object(pod).expect("a manifest")).expect("created");
        let release = |volume: &mut PersistentVolume| volume.metadata.finalizers = None;
        api.modify::<PersistentVolume>(&key, Subresource::Main, release).expect("modified");
        api.delete(Kind::PersistentVolume, &key, &DeleteOptions::default()).expect("deleted");
    });
    bench.settle();
    let changes = bench.changes();
    let said = changes.lines().filter_map(|line| Some(line.split_once("available: ")?.1));
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @r#"
    persistentvolume "gone" not found. not found
    persistentvolumeclaim "data" bound to non-existent persistentvolume "gone". not found
    "#);
}

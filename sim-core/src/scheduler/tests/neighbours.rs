//! Pods that want to be near others, far from them, or spread.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{bench_with_nodes, change_node, message, node_of};
use crate::api::{Kind, ObjectKey, pod};
use crate::controllers::persistentvolume::harness::Bench;

fn labelled(bench: &mut Bench, name: &str, app: &str, extra: Value) {
    let mut manifest = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
        "spec": {"containers": [{"name": "app", "image": "app:1.0"}]}});
    json_patch::merge(&mut manifest["spec"], &extra);
    bench.create(manifest);
}

fn term(app: &str, key: &str) -> Value {
    json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}})
}

fn far_from(app: &str, key: &str) -> Value {
    json!({"affinity": {"podAntiAffinity":
        {"requiredDuringSchedulingIgnoredDuringExecution": [term(app, key)]}}})
}

fn near(app: &str, key: &str) -> Value {
    json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term(app, key)]}}})
}

const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

#[test]
fn replicas_that_want_a_node_each_get_one_and_the_next_waits() {
    let mut bench = bench_with_nodes(3, "4", 110);
    for number in 0..4 {
        labelled(&mut bench, &format!("db-{number}"), "db", far_from("db", HOST));
        bench.settle();
    }
    let mut nodes: Vec<_> = (0..3).map(|number| node_of(&bench, &format!("db-{number}"))).collect();
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), 3);
    insta::assert_snapshot!(message(&bench, "db-3"), @"0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.");
    let freed = node_of(&bench, "db-1");
    bench.delete_now(Kind::Pod, "db-1");
    bench.settle();
    assert_eq!(node_of(&bench, "db-3"), freed);
}

#[test]
fn a_pod_on_a_node_keeps_those_away_that_it_does_not_want() {
    let mut bench = bench_with_nodes(1, "4", 110);
    labelled(&mut bench, "quiet", "quiet", far_from("noisy", HOST));
    bench.settle();
    labelled(&mut bench, "noisy", "noisy", json!({}));
    bench.settle();
    insta::assert_snapshot!(message(&bench, "noisy"), @"0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
    bench.delete_now(Kind::Pod, "quiet");
    bench.settle();
    assert!(node_of(&bench, "noisy").is_some());
}

#[test]
fn a_pod_follows_another_into_its_zone_and_waits_for_it() {
    let mut bench = bench_with_nodes(3, "4", 110);
    labelled(&mut bench, "cache", "cache", near("web", ZONE));
    bench.settle();
    insta::assert_snapshot!(message(&bench, "cache"), @"0/3 nodes are available: 3 node(s) didn't match pod affinity rules. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
    labelled(&mut bench, "web", "web", json!({"nodeSelector": {HOST: "node-2"}}));
    bench.settle();
    assert_eq!(node_of(&bench, "cache").as_deref(), Some("node-2"));
}

#[test]
fn the_first_of_pods_that_want_each_other_may_go_anywhere() {
    let mut bench = bench_with_nodes(3, "4", 110);
    for number in 0..3 {
        labelled(&mut bench, &format!("peer-{number}"), "peer", near("peer", ZONE));
        bench.settle();
    }
    let first = node_of(&bench, "peer-0");
    assert!(first.is_some() && (1..3).all(|number| node_of(&bench, &format!("peer-{number}")) == first));
}

#[test]
fn a_term_speaks_of_the_namespaces_whose_labels_it_asks_for() {
    let mut bench = bench_with_nodes(2, "4", 110);
    bench.create(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "other", "labels": {"team": "a"}}}));
    bench.create(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "other", "labels": {"app": "web"}},
        "spec": {"nodeSelector": {HOST: "node-2"}, "containers": [{"name": "app", "image": "app:1.0"}]}}));
    bench.settle();
    labelled(&mut bench, "own", "own", near("web", HOST));
    let mut wish = near("web", HOST);
    wish["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]["namespaceSelector"] =
        json!({"matchLabels": {"team": "a"}});
    labelled(&mut bench, "across", "across", wish);
    bench.settle();
    assert_eq!(node_of(&bench, "own"), None);
    assert_eq!(node_of(&bench, "across").as_deref(), Some("node-2"));
}

#[test]
fn preferences_decide_among_nodes_that_fit() {
    let mut bench = bench_with_nodes(3, "4", 110);
    labelled(&mut bench, "web", "web", json!({"nodeSelector": {HOST: "node-3"}}));
    bench.settle();
    for (name, wish) in [("near", "podAffinity"), ("far", "podAntiAffinity")] {
        let preferred = json!([{"weight": 100, "podAffinityTerm": term("web", HOST)}]);
        let extra =
            json!({"affinity": {wish: {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}});
        labelled(&mut bench, name, name, extra);
        bench.settle();
    }
    assert_eq!(node_of(&bench, "near").as_deref(), Some("node-3"));
    assert_ne!(node_of(&bench, "far").as_deref(), Some("node-3"));
}

fn spread(app: &str, key: &str, extra: Value) -> Value {
    let mut constraint = json!({"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": app}}});
    json_patch::merge(&mut constraint, &extra);
    json!({"topologySpreadConstraints": [constraint]})
}

#[test]
fn a_constraint_that_cannot_be_kept_makes_the_pod_wait() {
    let mut bench = bench_with_nodes(2, "1", 110);
    let wish = |number: u32| {
        let mut spec = spread("web", HOST, json!({}));
        spec["containers"] = json!([{"name": "app", "image": "app:1.0", "resources":
            {"requests": {"cpu": if number == 0 { "1" } else { "300m" }}}}]);
        spec
    };
    for number in 0..4 {
        labelled(&mut bench, &format!("web-{number}"), "web", wish(number));
        bench.settle();
    }
    insta::assert_snapshot!(message(&bench, "web-3"), @"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.");
}

#[test]
fn too_few_domains_count_as_one_without_pods() {
    let mut bench = bench_with_nodes(2, "4", 110);
    for number in 0..3 {
        labelled(&mut bench, &format!("web-{number}"), "web", spread("web", ZONE, json!({"minDomains": 3})));
        bench.settle();
    }
    assert_eq!(node_of(&bench, "web-2"), None);
    change_node(&mut bench, "node-2", |node| {
        node.metadata.labels.get_or_insert_default().remove(ZONE);
    });
    bench.settle();
    insta::assert_snapshot!(message(&bench, "web-2"), @"0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label). no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.");
}

#[test]
fn a_pod_that_names_its_node_waits_for_that_one() {
    let mut bench = bench_with_nodes(3, "1", 110);
    let named = json!({"containers": [{"name": "app", "image": "app:1.0", "resources": {"requests": {"cpu": "1"}}}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-2"]}]}]}}}});
    for name in ["a", "b"] {
        labelled(&mut bench, name, "agent", named.clone());
        bench.settle();
    }
    assert_eq!(node_of(&bench, "a").as_deref(), Some("node-2"));
    insta::assert_snapshot!(message(&bench, "b"), @"0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.");
}

#[test]
fn a_claim_for_one_pod_is_used_by_one_pod() {
    let mut bench = Bench::recorder();
    bench.create(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOncePod"], "storageClassName": "standard",
            "resources": {"requests": {"storage": "1Gi"}}}}));
    bench.settle();
    bench.create_pod("first", &["data"], None);
    bench.settle();
    bench.create_pod("second", &["data"], None);
    bench.settle();
    insta::assert_snapshot!(message(&bench, "second"), @"0/3 nodes are available: 3 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.");
    bench.delete_now(Kind::Pod, "first");
    bench.settle();
    assert!(node_of(&bench, "second").is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Counted pod by pod or all at once, a constraint is kept at every placement.
    #[test]
    fn a_hard_constraint_is_never_broken(steps in proptest::collection::vec((0..4u8, 0..8u8), 1..40)) {
        let mut bench = bench_with_nodes(3, "4", 110);
        let mut placed = 0;
        for (action, name) in steps {
            let name = format!("web-{name}");
            let before = (1..=3).map(|number| count(&bench, number)).collect::<Vec<_>>();
            match action {
                3 if bench.pod(&name).is_some() => bench.delete_now(Kind::Pod, &name),
                0..=2 if bench.pod(&name).is_none() => {
                    labelled(&mut bench, &name, "web", spread("web", HOST, json!({})));
                    bench.settle();
                    let node = node_of(&bench, &name).expect("one of the nodes has the fewest");
                    let number = node.trim_start_matches("node-").parse::<usize>().expect("a number");
                    prop_assert_eq!(before.get(number - 1), before.iter().min());
                    placed += 1;
                }
                _ => {}
            }
            bench.settle();
        }
        prop_assert!(placed > 0 || bench.api().store().count(Kind::Pod) == 0);
    }
}

fn count(bench: &Bench, node: u32) -> usize {
    let name = format!("node-{node}");
    let store = bench.api().store();
    assert!(store.get(Kind::Node, &ObjectKey::cluster(&name)).is_some());
    store.pods_on(&name).filter(|pod| pod::node_name(pod) == Some(&name)).count()
}

//! Pods of higher priority make others leave.

use serde_json::json;

use super::{bench_with_nodes, message, node_of};
use crate::api::{Kind, meta, pod};
use crate::controllers::persistentvolume::harness::Bench;

fn class(bench: &mut Bench, name: &str, value: i32, policy: &str) {
    bench.create(json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
        "metadata": {"name": name}, "value": value, "preemptionPolicy": policy}));
}

fn pod_of(bench: &mut Bench, name: &str, class: &str, cpu: &str) {
    bench.create(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {"priorityClassName": class, "containers": [{"name": "app", "image": "app:1.0",
            "resources": {"requests": {"cpu": cpu}}}]}}));
}

fn nominated(bench: &Bench, name: &str) -> Option<String> {
    bench.pod(name)?.status.as_ref()?.nominated_node_name.clone()
}

fn is_leaving(bench: &Bench, name: &str) -> bool {
    bench.pod(name).is_some_and(|pod| meta::is_terminating(&pod.metadata))
}

#[test]
fn a_pod_of_higher_priority_makes_the_least_important_leave_and_waits_for_it() {
    let mut bench = bench_with_nodes(1, "2", 110);
    class(&mut bench, "low", 10, "PreemptLowerPriority");
    class(&mut bench, "middle", 100, "PreemptLowerPriority");
    class(&mut bench, "high", 1000, "PreemptLowerPriority");
    pod_of(&mut bench, "a", "middle", "1");
    pod_of(&mut bench, "b", "low", "1");
    bench.settle();
    bench.changes();
    pod_of(&mut bench, "c", "high", "1");
    bench.settle();
    let uid = meta::uid(&bench.pod("c").expect("there").metadata).to_owned();
    insta::assert_snapshot!(bench.changes().replace(&uid, "UID-OF-C"), @r"
    ADDED Pod c node=- scheduled=-
    ADDED Event Pod/c Warning FailedScheduling x1 0/1 nodes are available: 1 Insufficient cpu.
    MODIFIED Pod c node=- scheduled=False/Unschedulable nominated=node-1
    MODIFIED Pod b node=node-1 scheduled=True/
    MODIFIED Pod b node=node-1 scheduled=True/ deleting
    ADDED Event Pod/b Normal Preempted x1 Preempted by pod UID-OF-C on node node-1
    ");
    assert!(is_leaving(&bench, "b") && !is_leaving(&bench, "a"));
    let target = bench.pod("b").and_then(|pod| pod::condition(pod, "DisruptionTarget")).expect("said");
    assert_eq!(target.reason.as_deref(), Some("PreemptionByScheduler"));
    assert_eq!(
        target.message.as_deref(),
        Some("default-scheduler: preempting to accommodate a higher priority pod")
    );
    // Until it is gone nobody else has to leave, and no weaker pod gets the room.
    pod_of(&mut bench, "d", "low", "1");
    bench.settle();
    assert_eq!(nominated(&bench, "c").as_deref(), Some("node-1"));
    bench.delete_now(Kind::Pod, "b");
    bench.settle();
    assert_eq!(node_of(&bench, "c").as_deref(), Some("node-1"));
    assert_eq!((nominated(&bench, "c"), node_of(&bench, "d")), (None, None));
}

#[test]
fn a_policy_of_never_only_goes_ahead_in_the_queue() {
    let mut bench = bench_with_nodes(1, "1", 110);
    class(&mut bench, "low", 10, "PreemptLowerPriority");
    class(&mut bench, "patient", 1000, "Never");
    pod_of(&mut bench, "a", "low", "1");
    bench.settle();
    pod_of(&mut bench, "b", "patient", "1");
    bench.settle();
    insta::assert_snapshot!(message(&bench, "b"), @"0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.");
    assert!(!is_leaving(&bench, "a"));
}

#[test]
fn a_node_without_protected_pods_is_preferred() {
    for (protected, goes) in [("a", "b"), ("b", "a")] {
        let mut bench = bench_with_nodes(2, "1", 110);
        class(&mut bench, "high", 1000, "PreemptLowerPriority");
        for name in ["a", "b"] {
            pod_of(&mut bench, name, "", "1");
            bench.settle();
        }
        bench.create(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": "keep", "namespace": "default"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": protected}}}}));
        pod_of(&mut bench, "c", "high", "1");
        bench.settle();
        assert!(is_leaving(&bench, goes) && !is_leaving(&bench, protected), "{protected}");
    }
}

#[test]
fn pods_that_could_not_help_stay() {
    let mut bench = bench_with_nodes(1, "2", 110);
    class(&mut bench, "high", 1000, "PreemptLowerPriority");
    pod_of(&mut bench, "strong", "high", "1500m");
    bench.settle();
    pod_of(&mut bench, "weak", "", "500m");
    bench.settle();
    pod_of(&mut bench, "late", "high", "1");
    bench.settle();
    insta::assert_snapshot!(message(&bench, "late"), @"0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Insufficient cpu.");
    assert!(!is_leaving(&bench, "weak"));
}

#[test]
fn anti_affinity_is_a_reason_to_make_others_leave() {
    let mut bench = bench_with_nodes(1, "4", 110);
    class(&mut bench, "high", 1000, "PreemptLowerPriority");
    pod_of(&mut bench, "noisy", "", "1");
    pod_of(&mut bench, "still", "", "1");
    bench.settle();
    bench.create(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "quiet", "namespace": "default"},
        "spec": {"priorityClassName": "high", "containers": [{"name": "app", "image": "app:1.0"}],
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "noisy"}}}]}}}}));
    bench.settle();
    assert!(is_leaving(&bench, "noisy") && !is_leaving(&bench, "still"));
    bench.delete_now(Kind::Pod, "noisy");
    bench.settle();
    assert!(node_of(&bench, "quiet").is_some());
}

#[test]
fn of_many_that_wait_for_room_the_most_important_gets_it() {
    let mut bench = bench_with_nodes(1, "1", 110);
    class(&mut bench, "low", 10, "Never");
    class(&mut bench, "high", 1000, "Never");
    pod_of(&mut bench, "first", "high", "1");
    bench.settle();
    // They fail for the same reason, but none is like another: each is tried when there is room.
    for name in ["a", "b", "c", "d"] {
        pod_of(&mut bench, name, "low", "1");
    }
    pod_of(&mut bench, "important", "high", "1");
    for name in ["e", "f", "g", "h"] {
        pod_of(&mut bench, name, "low", "1");
    }
    bench.settle();
    bench.delete_now(Kind::Pod, "first");
    bench.settle();
    assert_eq!(node_of(&bench, "important").as_deref(), Some("node-1"));
    assert_eq!(node_of(&bench, "a"), None);
    bench.delete_now(Kind::Pod, "important");
    bench.settle();
    let placed = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| node_of(&bench, name).is_some());
    assert_eq!(placed.iter().filter(|placed| **placed).count(), 1, "the others had their turn too");
}

//! The set's statuses, one after the other, against those of a real control plane.

use k8s_openapi::api::apps::v1::ControllerRevision;
use serde_json::{Value, json};

use super::harness::{Bench, is_written_by_the_controller, status_line, web};
use crate::api::Resource;

macro_rules! recording {
    ($name:literal) => {
        [
            include_str!(concat!("../../../../../tests/recordings/", $name, ".json")),
            include_str!(concat!("../../../../../tests/recordings/", $name, ".2.json")),
        ]
    };
}

/// The statuses of the set in a recording, repeats folded.
fn statuses(recording: &str) -> Vec<String> {
    let recording: Value = serde_json::from_str(recording).expect("a recording");
    let mut lines: Vec<String> = Vec::new();
    for entry in recording["trace"].as_array().expect("a trace") {
        if entry["kind"] == "StatefulSet" {
            let line = status_line(&entry["status"]);
            if is_written_by_the_controller(&entry["status"]) && lines.last() != Some(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

/// Asserts that the bench's statuses are those of one of the two runs.
#[track_caller]
fn assert_as_recorded(bench: &Bench, runs: [&str; 2]) {
    let ours = bench.status_history();
    let [first, second] = runs.map(statuses);
    if ours != second {
        assert_eq!(ours.join("\n"), first.join("\n"));
    }
}

fn started(replicas: i32) -> Bench {
    let mut bench = Bench::with(web(replicas));
    bench.settle();
    bench
}

#[test]
fn ordered_start() {
    assert_as_recorded(&started(4), recording!("ordered-start"));
}

#[test]
fn rolling_update_and_undo() {
    let mut bench = started(3);
    bench.set_image("app:2.0");
    bench.settle();
    bench.set_image("app:1.0");
    bench.settle();
    assert_as_recorded(&bench, recording!("rolling-update"));
}

#[test]
fn scaling_up_and_down_in_order() {
    let mut bench = started(1);
    bench.scale(4);
    bench.settle();
    bench.scale(1);
    bench.settle();
    bench.scale(2);
    bench.settle();
    assert_as_recorded(&bench, recording!("ordered-scale"));
}

#[test]
fn scaling_down_goes_on_beside_a_pod_that_is_not_ready_until_its_turn() {
    let mut bench = started(4);
    bench.make_ready("web-1", false);
    bench.run(1_000);
    bench.scale(1);
    bench.settle();
    assert_as_recorded(&bench, recording!("ordered-scale-down-blocked"));
}

#[test]
fn partition() {
    let mut set = web(4);
    set["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 2.into();
    let mut bench = Bench::with(set);
    bench.settle();
    bench.set_image("app:2.0");
    bench.settle();
    assert_eq!(bench.revisions(), "4d5d 4d5d d78c d78c");
    assert_eq!(bench.blocked(), "pods with an ordinal below partition 2 keep their revision");
    bench.delete_pod("web-0");
    bench.run(30);
    bench.delete_pod("web-3");
    bench.settle();
    assert_eq!(bench.revisions(), "4d5d 4d5d d78c d78c");
    bench.set_partition(0);
    bench.settle();
    assert_eq!(bench.revisions(), "d78c d78c d78c d78c");
    assert_as_recorded(&bench, recording!("partition"));
}

#[test]
fn on_delete() {
    let mut set = web(2);
    set["spec"]["updateStrategy"] = json!({"type": "OnDelete"});
    let mut bench = Bench::with(set);
    bench.settle();
    bench.set_image("app:2.0");
    bench.settle();
    assert_eq!(bench.blocked(), "pods keep their revision until they are deleted by hand");
    bench.delete_pod("web-1");
    bench.settle();
    assert_eq!(bench.revisions(), "4d5d d78c");
    assert_as_recorded(&bench, recording!("on-delete"));
}

#[test]
fn a_broken_rollout_waits_for_a_deletion_by_hand() {
    let mut bench = started(3);
    bench.plane.kubelet.never_ready.insert("web-2".to_owned(), true);
    bench.set_image("app:bad");
    bench.settle();
    assert_eq!(bench.blocked(), "waiting for pod web-2 to be running and ready");
    bench.set_image("app:1.0");
    bench.settle();
    assert_eq!(bench.blocked(), "pod web-2 has an older revision and is not ready; delete it by hand");
    bench.plane.kubelet.never_ready.clear();
    bench.delete_pod("web-2");
    bench.settle();
    assert_eq!(bench.blocked(), "");
    assert_as_recorded(&bench, recording!("broken-rollout-needs-manual-delete"));
}

#[test]
fn a_broken_rollout_of_a_parallel_set_is_undone() {
    let mut set = web(3);
    set["spec"]["podManagementPolicy"] = "Parallel".into();
    let mut bench = Bench::with(set);
    bench.settle();
    bench.plane.kubelet.never_ready.insert("web-2".to_owned(), true);
    bench.set_image("app:bad");
    bench.settle();
    bench.plane.kubelet.never_ready.clear();
    bench.set_image("app:1.0");
    bench.settle();
    assert_eq!(bench.revisions(), "4d5d 4d5d 4d5d");
    // How many of three pods a status finds ready while they start side by side is open.
    let recorded = statuses(recording!("broken-rollout-parallel")[0]);
    let from_rollout = |lines: &[String]| {
        let rollout = lines.iter().skip_while(|line| !line.starts_with("seen 2 ")).cloned();
        rollout.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(from_rollout(&bench.status_history()), from_rollout(&recorded));
}

#[test]
fn failed_and_succeeded_pods_are_replaced() {
    let mut bench = started(2);
    bench.set_phase("web-0", "Failed");
    bench.settle();
    bench.set_phase("web-1", "Succeeded");
    bench.settle();
    assert_as_recorded(&bench, recording!("failed-pod-recreated"));
}

#[test]
fn max_unavailable_is_ignored() {
    let mut set = web(5);
    set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] = 2.into();
    let mut bench = Bench::with(set);
    bench.settle();
    bench.set_image("app:2.0");
    bench.settle();
    assert_as_recorded(&bench, recording!("max-unavailable"));
}

#[test]
fn ordinals_start() {
    let mut set = web(3);
    set["spec"]["ordinals"] = json!({"start": 5});
    let mut bench = Bench::with(set);
    bench.settle();
    assert_eq!(bench.pods(), "web-5 web-6 web-7");
    assert_as_recorded(&bench, recording!("ordinals-start"));
}

#[test]
fn history_limit() {
    let mut set = web(1);
    set["spec"]["revisionHistoryLimit"] = 2.into();
    let mut bench = Bench::with(set);
    bench.settle();
    for image in ["app:2.0", "app:3.0", "app:4.0", "app:5.0", "app:6.0", "app:4.0"] {
        bench.set_image(image);
        bench.settle();
    }
    assert_as_recorded(&bench, recording!("history-limit"));
    let recorded: Value = serde_json::from_str(recording!("history-limit")[0]).expect("a recording");
    let describe = |entry: &Value| format!("{} {} {}", entry["type"], entry["name"], entry["revision"]);
    let trace = recorded["trace"].as_array().expect("a trace").iter();
    let theirs: Vec<String> =
        trace.filter(|entry| entry["kind"] == "ControllerRevision").map(describe).collect();
    let ours: Vec<String> = bench
        .store()
        .log()
        .since(0)
        .filter_map(|change| {
            let revision = ControllerRevision::from_ref(&change.object)?;
            let (kind, name) = (change.change.as_str(), &revision.metadata.name);
            Some(describe(&json!({"type": kind, "name": name, "revision": revision.revision})))
        })
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn min_ready_seconds() {
    let mut set = web(3);
    set["spec"]["minReadySeconds"] = 4.into();
    let mut bench = Bench::with(set);
    bench.settle();
    assert_as_recorded(&bench, recording!("min-ready-seconds"));
}

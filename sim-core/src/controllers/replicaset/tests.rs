use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;

use super::ReplicaSetController;
use crate::api::{Kind, Object, meta};
use crate::apiserver::Propagation;
use crate::controllers::resourcequota::ResourceQuotaController;
use crate::controllers::testing::Bench;
use crate::store::Change;

fn bench(replicas: i32, more: &str) -> Bench {
    let mut bench = Bench::new(vec![Box::new(ReplicaSetController::default())]);
    bench.create(&format!(
        "{{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: web}},
           spec: {{replicas: {replicas}, {more} selector: {{matchLabels: {{app: web}}}},
             template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: app, image: app}}]}}}}}}}}"
    ));
    bench.settle();
    bench
}

fn pods(bench: &Bench) -> Vec<String> {
    bench.store().all_in::<Pod>("default").map(|pod| meta::name(&pod.metadata).to_owned()).collect()
}

fn active_pods(bench: &Bench) -> Vec<String> {
    let is_active = |pod: &&Pod| !meta::is_terminating(&pod.metadata);
    let pods = bench.store().all_in::<Pod>("default").filter(is_active);
    pods.map(|pod| meta::name(&pod.metadata).to_owned()).collect()
}

fn status(bench: &Bench) -> String {
    serde_json::to_string(&bench.get::<ReplicaSet>("web").status).unwrap()
}

/// The set's statuses as they were written.
fn status_line(change: &Change) -> String {
    match &change.object {
        Object::ReplicaSet(set) => serde_json::to_string(&set.status).unwrap(),
        Object::Pod(_) => format!("{} Pod", change.change.as_str()),
        _ => String::new(),
    }
}

#[test]
fn a_new_set_creates_its_pods_and_counts_them_afterwards() {
    let mut bench = bench(2, "");
    assert_snapshot!(bench.changes(status_line), @r#"
    {"replicas":0}
    ADDED Pod
    ADDED Pod
    {"observedGeneration":1,"replicas":0,"terminatingReplicas":0}
    {"fullyLabeledReplicas":2,"observedGeneration":1,"replicas":2,"terminatingReplicas":0}
    "#);
    let names = pods(&bench);
    assert!(names.iter().all(|name| name.starts_with("web-") && name.len() == 9), "{names:?}");
    let expected: Vec<String> =
        names.iter().map(|name| format!("Normal SuccessfulCreate Created pod: {name}")).collect();
    let mut messages: Vec<String> = bench.messages("web").lines().map(str::to_owned).collect();
    messages.sort();
    assert_eq!(messages, expected);
}

#[test]
fn readiness_and_termination_are_counted() {
    let mut bench = bench(2, "");
    let names = pods(&bench);
    bench.run_pod(&names[0], "node-1", "10.0.0.1", true);
    bench.run_pod(&names[1], "node-1", "10.0.0.2", false);
    bench.settle();
    assert_snapshot!(status(&bench), @r#"{"availableReplicas":1,"fullyLabeledReplicas":2,"observedGeneration":1,"readyReplicas":1,"replicas":2,"terminatingReplicas":0}"#);
    bench.delete(Kind::Pod, &names[0], Propagation::Background);
    bench.settle();
    assert_snapshot!(status(&bench), @r#"{"fullyLabeledReplicas":2,"observedGeneration":1,"replicas":2,"terminatingReplicas":1}"#);
    bench.finish_pod(&names[0]);
    bench.settle();
    assert_snapshot!(status(&bench), @r#"{"fullyLabeledReplicas":2,"observedGeneration":1,"replicas":2,"terminatingReplicas":0}"#);
}

#[test]
fn min_ready_seconds_delay_availability_and_wake_by_themselves() {
    let mut bench = bench(1, "minReadySeconds: 10,");
    let name = pods(&bench).remove(0);
    bench.run_pod(&name, "node-1", "10.0.0.1", true);
    bench.settle();
    assert_eq!(bench.get::<ReplicaSet>("web").status.as_ref().unwrap().available_replicas, None);
    bench.advance(Duration::from_secs(9));
    assert_eq!(bench.get::<ReplicaSet>("web").status.as_ref().unwrap().available_replicas, None);
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.get::<ReplicaSet>("web").status.as_ref().unwrap().available_replicas, Some(1));
}

#[test]
fn a_pod_that_ended_is_replaced_and_stays() {
    let mut bench = bench(1, "");
    let name = pods(&bench).remove(0);
    bench.modify_status::<Pod>(&name, |pod| {
        pod.status.get_or_insert_default().phase = Some("Failed".to_owned())
    });
    bench.settle();
    assert_eq!(pods(&bench).len(), 2);
    assert_eq!(bench.get::<ReplicaSet>("web").status.as_ref().unwrap().replicas, 1);
}

#[test]
fn pods_without_a_controller_are_adopted_and_those_whose_labels_left_are_released() {
    let mut bench = Bench::new(vec![Box::new(ReplicaSetController::default())]);
    bench.create("{apiVersion: v1, kind: Pod, metadata: {name: lone, labels: {app: web}}, spec: {containers: [{name: app, image: app}]}}");
    bench.create(
        "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web},
          spec: {replicas: 1, selector: {matchLabels: {app: web}},
            template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: app}]}}}}",
    );
    bench.settle();
    assert_eq!(active_pods(&bench), ["lone"]);
    let kept = active_pods(&bench).remove(0);
    bench.modify::<Pod>(&kept, |pod| {
        pod.metadata.labels.as_mut().unwrap().insert("app".to_owned(), "debug".to_owned());
    });
    bench.settle();
    assert!(meta::controller_of(&bench.get::<Pod>(&kept).metadata).is_none());
    assert_eq!(active_pods(&bench).len(), 2);
}

#[test]
fn shrinking_takes_pods_in_upstreams_order() {
    let mut bench = bench(6, "");
    let names = pods(&bench);
    // In this order they go: unassigned, not ready, cheap, on the crowded node, younger in readiness.
    bench.run_pod(&names[1], "node-1", "10.0.0.1", false);
    bench.advance(Duration::from_secs(1));
    bench.run_pod(&names[5], "node-2", "10.0.0.5", true);
    bench.advance(Duration::from_secs(100));
    for index in [2, 3, 4] {
        bench.run_pod(&names[index], &format!("node-{}", index + 3), &format!("10.0.0.{index}"), true);
    }
    bench.modify::<Pod>(&names[2], |pod| {
        let cost = ("controller.kubernetes.io/pod-deletion-cost".to_owned(), "-5".to_owned());
        pod.metadata.annotations = Some([cost].into());
    });
    bench.advance(Duration::from_secs(1));
    let mut left = vec![active_pods(&bench)];
    for replicas in (1..6).rev() {
        bench.modify::<ReplicaSet>("web", |set| set.spec.as_mut().unwrap().replicas = Some(replicas));
        bench.settle();
        left.push(active_pods(&bench));
    }
    let gone = left.windows(2).map(|pair| pair[0].iter().find(|name| !pair[1].contains(name)).unwrap());
    let gone: Vec<usize> = gone.map(|gone| names.iter().position(|name| name == gone).unwrap()).collect();
    assert_eq!(gone[..3], [0, 1, 2]);
    assert_eq!(active_pods(&bench), [names[5].clone()]);
}

#[test]
fn a_sync_creates_at_most_a_burst_and_goes_on() {
    let mut bench = bench(1200, "");
    assert_eq!(pods(&bench).len(), 1200);
    assert_eq!(bench.get::<ReplicaSet>("web").status.as_ref().unwrap().replicas, 1200);
    bench.settle();
}

#[test]
fn each_request_of_a_batch_is_refused_for_itself() {
    let mut bench =
        Bench::new(vec![Box::new(ReplicaSetController::default()), Box::new(ResourceQuotaController)]);
    bench.create("{apiVersion: v1, kind: ResourceQuota, metadata: {name: few}, spec: {hard: {pods: '1'}}}");
    bench.settle();
    bench.create(
        "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web},
           spec: {replicas: 9, selector: {matchLabels: {app: web}},
             template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: app}]}}}}",
    );
    bench.settle();
    let messages = bench.messages("web");
    let reasons: Vec<&str> = messages.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    // One pod, then two side by side that are both refused; the other six are not asked for.
    assert_eq!(reasons, ["SuccessfulCreate", "FailedCreate", "FailedCreate"]);
}

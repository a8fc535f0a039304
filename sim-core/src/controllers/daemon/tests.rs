//! DaemonSets on a bench: nodes are made by hand, pods run where their affinity says.

use std::collections::BTreeMap;
use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet};
use k8s_openapi::api::core::v1::{Node, Pod, Taint};

use super::nodes::{HASH_LABEL, target_of};
use super::{DaemonSetController, nodes};
use crate::api::{Kind, Object, meta, pod};
use crate::apiserver::Propagation;
use crate::controllers::garbagecollector::GarbageCollector;
use crate::controllers::testing::Bench;

fn bench(nodes: usize, spec: &str) -> Bench {
    let mut bench =
        Bench::new(vec![Box::new(DaemonSetController::default()), Box::new(GarbageCollector::default())]);
    for number in 1..=nodes {
        add_node(&mut bench, &format!("node-{number}"));
    }
    bench.create(&format!(
        "{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: agent}}, spec: {{{spec}
           selector: {{matchLabels: {{app: agent}}}}, template: {{metadata: {{labels: {{app: agent}}}},
             spec: {{containers: [{{name: app, image: 'app:1'}}]}}}}}}}}"
    ));
    bench.settle();
    bench
}

fn add_node(bench: &mut Bench, name: &str) {
    bench.create(&format!(
        "{{apiVersion: v1, kind: Node, metadata: {{name: {name}, labels: {{kind: big}}}}}}"
    ));
}

/// `node-1: app:1 ready`, a line for each pod.
fn placed(bench: &Bench) -> String {
    let mut lines: Vec<String> = bench
        .store()
        .all_in::<Pod>("default")
        .map(|daemon| {
            let image = daemon.spec.as_ref().unwrap().containers[0].image.clone().unwrap();
            let ready = if pod::is_ready(daemon) { " ready" } else { "" };
            let going = if meta::is_terminating(&daemon.metadata) { " going" } else { "" };
            format!("{}: {image}{ready}{going}", target_of(daemon).unwrap())
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

/// Does what scheduler and kubelets do; only so many pods become ready.
fn run_pods(bench: &mut Bench, most: usize) -> bool {
    let pods: Vec<Pod> = bench.store().all_in::<Pod>("default").cloned().collect();
    let mut left = most;
    for (number, daemon) in pods.iter().enumerate() {
        let name = meta::name(&daemon.metadata);
        if meta::is_terminating(&daemon.metadata) {
            bench.finish_pod(name);
        } else if !pod::is_ready(daemon) && left > 0 {
            left -= 1;
            bench.run_pod(name, target_of(daemon).unwrap(), &format!("10.0.0.{number}"), true);
        } else {
            continue;
        }
        bench.settle();
    }
    left < most || pods.iter().any(|daemon| meta::is_terminating(&daemon.metadata))
}

fn set_image(bench: &mut Bench, image: &str) {
    bench.modify::<DaemonSet>("agent", |set| {
        let spec = set.spec.as_mut().unwrap().template.spec.as_mut().unwrap();
        spec.containers[0].image = Some(image.to_owned());
    });
    bench.settle();
}

fn status(bench: &Bench) -> String {
    let set = bench.get::<DaemonSet>("agent");
    let status = set.status.clone().unwrap();
    format!(
        "desired {} current {} ready {} updated {} available {} misscheduled {}",
        status.desired_number_scheduled,
        status.current_number_scheduled,
        status.number_ready,
        status.updated_number_scheduled.unwrap_or(0),
        status.number_available.unwrap_or(0),
        status.number_misscheduled,
    )
}

fn taint(bench: &mut Bench, node: &str, effect: Option<&str>) {
    bench.modify::<Node>(node, |node| {
        node.spec.get_or_insert_default().taints = effect.map(|effect| {
            vec![Taint { key: "busy".to_owned(), effect: effect.to_owned(), ..Taint::default() }]
        });
    });
    bench.settle();
}

#[test]
fn every_node_gets_one_pod_that_bears_its_troubles() {
    let mut bench = bench(2, "");
    while run_pods(&mut bench, 9) {}
    assert_snapshot!(placed(&bench), @r"
    node-1: app:1 ready
    node-2: app:1 ready
    ");
    assert_snapshot!(status(&bench), @"desired 2 current 2 ready 2 updated 2 available 2 misscheduled 0");
    let daemon = bench.store().all_in::<Pod>("default").next().unwrap();
    let tolerations = daemon.spec.as_ref().unwrap().tolerations.as_ref().unwrap();
    let tolerations: Vec<String> = tolerations
        .iter()
        .map(|toleration| {
            format!("{} {}", toleration.key.as_ref().unwrap(), toleration.effect.as_ref().unwrap())
        })
        .collect();
    assert_snapshot!(tolerations.join("\n"), @r"
    node.kubernetes.io/not-ready NoExecute
    node.kubernetes.io/unreachable NoExecute
    node.kubernetes.io/disk-pressure NoSchedule
    node.kubernetes.io/memory-pressure NoSchedule
    node.kubernetes.io/pid-pressure NoSchedule
    node.kubernetes.io/unschedulable NoSchedule
    ");
    let labels = meta::labels(&daemon.metadata);
    assert_eq!(labels["pod-template-generation"], "1");
    let revision = bench.store().all_in::<ControllerRevision>("default").next().unwrap();
    assert_eq!(revision.metadata.name.as_deref(), Some(format!("agent-{}", labels[HASH_LABEL]).as_str()));
    assert!(bench.messages("agent").starts_with("Normal SuccessfulCreate Created pod: agent-"));
}

#[test]
fn pods_come_and_go_with_nodes_labels_and_taints() {
    let mut bench = bench(1, "");
    add_node(&mut bench, "node-2");
    bench.settle();
    while run_pods(&mut bench, 9) {}
    assert_snapshot!(placed(&bench), @r"
    node-1: app:1 ready
    node-2: app:1 ready
    ");
    taint(&mut bench, "node-2", Some("NoSchedule"));
    assert_snapshot!(status(&bench), @"desired 1 current 1 ready 1 updated 1 available 1 misscheduled 1");
    taint(&mut bench, "node-2", Some("NoExecute"));
    while run_pods(&mut bench, 9) {}
    assert_snapshot!(placed(&bench), @"node-1: app:1 ready");
    taint(&mut bench, "node-2", None);
    assert_snapshot!(placed(&bench), @r"
    node-1: app:1 ready
    node-2: app:1
    ");
    bench.modify::<DaemonSet>("agent", |set| {
        let template = set.spec.as_mut().unwrap().template.spec.as_mut().unwrap();
        template.node_selector = Some(BTreeMap::from([("kind".to_owned(), "small".to_owned())]));
    });
    bench.settle();
    while run_pods(&mut bench, 9) {}
    assert_eq!(placed(&bench), "");
    bench.modify::<Node>("node-1", |node| {
        node.metadata.labels = Some(BTreeMap::from([("kind".to_owned(), "small".to_owned())]));
    });
    bench.settle();
    assert_snapshot!(placed(&bench), @"node-1: app:1");
}

#[test]
fn a_rolling_update_replaces_one_node_after_the_other() {
    let mut bench = bench(3, "");
    while run_pods(&mut bench, 9) {}
    set_image(&mut bench, "app:2");
    let mut seen = vec![placed(&bench).replace('\n', ", ")];
    while run_pods(&mut bench, 1) {
        seen.push(placed(&bench).replace('\n', ", "));
    }
    assert_snapshot!(seen.join("\n"), @r"
    node-1: app:1 ready going, node-2: app:1 ready, node-3: app:1 ready
    node-1: app:2, node-2: app:1 ready, node-3: app:1 ready
    node-1: app:2 ready, node-2: app:1 ready going, node-3: app:1 ready
    node-1: app:2 ready, node-2: app:2, node-3: app:1 ready
    node-1: app:2 ready, node-2: app:2 ready, node-3: app:1 ready going
    node-1: app:2 ready, node-2: app:2 ready, node-3: app:2
    node-1: app:2 ready, node-2: app:2 ready, node-3: app:2 ready
    ");
    assert_snapshot!(status(&bench), @"desired 3 current 3 ready 3 updated 3 available 3 misscheduled 0");
    let revisions: Vec<i64> =
        bench.store().all_in::<ControllerRevision>("default").map(|revision| revision.revision).collect();
    assert_eq!(revisions.iter().sum::<i64>(), 3);
    set_image(&mut bench, "app:1");
    let set = bench.get::<DaemonSet>("agent");
    assert_eq!(meta::annotations(&set.metadata)["deprecated.daemonset.template.generation"], "3");
    let mut revisions: Vec<i64> =
        bench.store().all_in::<ControllerRevision>("default").map(|revision| revision.revision).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [2, 3], "the first revision is the newest again");
}

#[test]
fn a_surge_runs_new_pods_beside_old_ones() {
    let mut bench = bench(2, "updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}},");
    while run_pods(&mut bench, 9) {}
    set_image(&mut bench, "app:2");
    let mut seen = vec![placed(&bench).replace('\n', ", ")];
    while run_pods(&mut bench, 1) {
        seen.push(placed(&bench).replace('\n', ", "));
    }
    assert_snapshot!(seen.join("\n"), @r"
    node-1: app:1 ready, node-1: app:2, node-2: app:1 ready
    node-1: app:1 ready going, node-1: app:2 ready, node-2: app:1 ready, node-2: app:2
    node-1: app:2 ready, node-2: app:1 ready going, node-2: app:2 ready
    node-1: app:2 ready, node-2: app:2 ready
    ");
}

#[test]
fn on_delete_waits_for_the_user() {
    let mut bench = bench(2, "updateStrategy: {type: OnDelete},");
    while run_pods(&mut bench, 9) {}
    set_image(&mut bench, "app:2");
    assert_snapshot!(status(&bench), @"desired 2 current 2 ready 2 updated 0 available 2 misscheduled 0");
    let first = bench.store().all_in::<Pod>("default").next().unwrap();
    let name = meta::name(&first.metadata).to_owned();
    bench.delete(Kind::Pod, &name, Propagation::Background);
    bench.settle();
    while run_pods(&mut bench, 9) {}
    assert_snapshot!(placed(&bench), @r"
    node-1: app:1 ready
    node-2: app:2 ready
    ");
}

#[test]
fn a_failed_pod_is_replaced_ever_more_slowly() {
    let mut bench = bench(1, "");
    let fail = |bench: &mut Bench| {
        let daemon = bench.store().all_in::<Pod>("default").next().unwrap();
        let name = meta::name(&daemon.metadata).to_owned();
        bench.modify_status::<Pod>(&name, |daemon| {
            daemon.status.get_or_insert_default().phase = Some("Failed".to_owned());
        });
        bench.settle();
        name
    };
    let first = fail(&mut bench);
    assert!(!bench.exists(Kind::Pod, &first));
    let second = fail(&mut bench);
    assert!(bench.exists(Kind::Pod, &second), "the next one is left for a second");
    bench.advance(Duration::from_secs(1));
    assert!(!bench.exists(Kind::Pod, &second));
    let said = bench.messages("agent").replace(&first, "POD");
    assert!(said.contains(
        "Warning FailedDaemonPod Found failed daemon pod default/POD on node node-1, will try to kill it"
    ));
}

#[test]
fn history_is_kept_within_its_limit() {
    let mut bench = bench(1, "revisionHistoryLimit: 1,");
    for image in ["app:2", "app:3", "app:4"] {
        set_image(&mut bench, image);
        while run_pods(&mut bench, 9) {}
    }
    bench.settle();
    let mut numbers: Vec<i64> =
        bench.store().all_in::<ControllerRevision>("default").map(|revision| revision.revision).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [3, 4]);
}

#[test]
fn a_pod_that_was_orphaned_is_adopted() {
    let mut bench = bench(1, "");
    while run_pods(&mut bench, 9) {}
    bench.delete(Kind::DaemonSet, "agent", Propagation::Orphan);
    bench.settle();
    let pods: Vec<String> =
        bench.store().all_in::<Pod>("default").map(|pod| meta::name(&pod.metadata).to_owned()).collect();
    bench.create(
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {
           selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}},
             spec: {containers: [{name: app, image: 'app:1'}]}}}}",
    );
    bench.settle();
    let owned: Vec<String> = bench
        .store()
        .owned_by(&bench.uid(Kind::DaemonSet, "agent"))
        .filter(|object| matches!(object, Object::Pod(_)))
        .map(|object| meta::name(object.meta()).to_owned())
        .collect();
    assert_eq!(owned, pods);
}

#[test]
fn revisions_that_were_orphaned_are_adopted_before_the_pods() {
    let manifest = "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {
           selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}},
             spec: {containers: [{name: app, image: 'app:2'}]}}}}";
    let mut bench = bench(1, "");
    run_pods(&mut bench, 1);
    bench.delete(Kind::DaemonSet, "agent", Propagation::Orphan);
    bench.settle();
    bench.changes(|_| String::new());
    bench.create(manifest);
    bench.settle();
    let touched = bench.changes(|change| match &change.object {
        Object::ControllerRevision(found) => {
            format!("{} revision {}", change.change.as_str(), found.revision)
        }
        Object::Pod(_) => format!("{} pod", change.change.as_str()),
        _ => String::new(),
    });
    // The new template is the second revision, and the old pod goes for it.
    assert_eq!(
        touched, "MODIFIED revision 1\nMODIFIED pod\nADDED revision 2\nMODIFIED pod",
        "adopted, adopted, made, deletion asked for"
    );
    let controlled = |found: &ControllerRevision| meta::controller_of(&found.metadata).is_some();
    assert!(bench.store().all::<ControllerRevision>().all(controlled));
}

#[test]
fn fitness_looks_at_name_labels_and_taints() {
    let bench = bench(1, "");
    let set = bench.get::<DaemonSet>("agent");
    let mut other = set.clone();
    other.spec.as_mut().unwrap().template.spec.as_mut().unwrap().node_name = Some("node-9".to_owned());
    let node = bench.get::<Node>("node-1");
    assert!(nodes::fitness(set, node).should_run);
    assert!(!nodes::fitness(&other, node).may_stay);
}

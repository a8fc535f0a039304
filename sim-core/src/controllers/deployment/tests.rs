use std::collections::BTreeMap;
use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::DeploymentController;
use crate::api::{Kind, Object, meta, pod};
use crate::apiserver::Propagation;
use crate::controllers::garbagecollector::GarbageCollector;
use crate::controllers::replicaset::ReplicaSetController;
use crate::controllers::testing::Bench;
use crate::store::Change;

fn bench() -> Bench {
    Bench::new(vec![
        Box::new(DeploymentController::default()),
        Box::new(ReplicaSetController::default()),
        Box::new(GarbageCollector::default()),
    ])
}

fn create(bench: &mut Bench, replicas: i32, more: &str) {
    bench.create(&format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{replicas: {replicas}, {more}
           selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}},
             spec: {{containers: [{{name: app, image: 'app:1'}}]}}}}}}}}"
    ));
    bench.settle();
}

fn set_image(bench: &mut Bench, image: &str) {
    bench.modify::<Deployment>("web", |deployment| {
        let spec = deployment.spec.as_mut().unwrap().template.spec.as_mut().unwrap();
        spec.containers[0].image = Some(image.to_owned());
    });
    bench.settle();
}

fn scale(bench: &mut Bench, replicas: i32) {
    bench.modify::<Deployment>("web", |deployment| {
        deployment.spec.as_mut().unwrap().replicas = Some(replicas)
    });
    bench.settle();
}

/// Does what kubelets do, all at once: pods that are not deleted run and are ready, deleted ones go.
fn run_kubelets(bench: &mut Bench) -> bool {
    let pods: Vec<Pod> = bench.store().all_in::<Pod>("default").cloned().collect();
    let mut moved = false;
    for (number, found) in pods.iter().enumerate() {
        let name = meta::name(&found.metadata);
        if meta::is_terminating(&found.metadata) {
            bench.finish_pod(name);
            moved = true;
        } else if !pod::is_ready(found) {
            bench.run_pod(name, "node-1", &format!("10.0.0.{number}"), true);
            moved = true;
        }
    }
    bench.settle();
    moved
}

fn finish_rollout(bench: &mut Bench) {
    while run_kubelets(bench) {}
}

fn image(set: &ReplicaSet) -> String {
    let template = set.spec.as_ref().unwrap().template.as_ref().unwrap();
    template.spec.as_ref().unwrap().containers[0].image.clone().unwrap()
}

/// The sets' wanted sizes by image.
fn sizes(bench: &Bench) -> String {
    let sets = bench.store().all_in::<ReplicaSet>("default");
    let sizes: BTreeMap<String, i32> = sets.map(|set| (image(set), super::sets::replicas(set))).collect();
    sizes.iter().map(|(image, size)| format!("{image}={size}")).collect::<Vec<_>>().join(" ")
}

fn status_text(status: &DeploymentStatus) -> String {
    let mut text = String::new();
    for (word, number) in [
        ("replicas", status.replicas),
        ("updated", status.updated_replicas),
        ("ready", status.ready_replicas),
        ("available", status.available_replicas),
        ("unavailable", status.unavailable_replicas),
        ("terminating", status.terminating_replicas),
    ] {
        if let Some(number) = number {
            text += &format!("{word}:{number} ");
        }
    }
    for condition in status.conditions.iter().flatten() {
        let reason = condition.reason.as_deref().unwrap();
        text += &format!("{}={}/{reason} ", condition.type_, condition.status);
    }
    text.trim_end().to_owned()
}

/// `Deployment gen 1 obs 1 replicas:2 ...`, `ReplicaSet app:1 gen 1 replicas 2`.
fn line(change: &Change) -> String {
    match &change.object {
        Object::Deployment(deployment) => {
            let status = deployment.status.clone().unwrap_or_default();
            format!(
                "Deployment gen {} obs {} {}",
                deployment.metadata.generation.unwrap(),
                status.observed_generation.unwrap_or(0),
                status_text(&status)
            )
        }
        Object::ReplicaSet(set) => {
            let previous = change.previous.as_ref().and_then(Object::as_ref::<ReplicaSet>);
            if previous.is_some_and(|previous| previous.spec == set.spec) {
                return String::new();
            }
            format!(
                "ReplicaSet {} gen {} replicas {}",
                image(set),
                set.metadata.generation.unwrap(),
                super::sets::replicas(set)
            )
        }
        _ => String::new(),
    }
}

/// The event messages, with the sets' hashes replaced by their images.
fn messages(bench: &Bench) -> String {
    let mut text = bench.messages("web");
    for set in bench.store().all_in::<ReplicaSet>("default") {
        text = text.replace(meta::name(&set.metadata), &image(set));
    }
    text
}

fn annotation<'a>(set: &'a ReplicaSet, name: &str) -> Option<&'a str> {
    meta::annotations(&set.metadata).get(&format!("deployment.kubernetes.io/{name}")).map(String::as_str)
}

fn set_of<'a>(bench: &'a Bench, wanted: &str) -> &'a ReplicaSet {
    bench.store().all_in::<ReplicaSet>("default").find(|set| image(set) == wanted).unwrap()
}

#[test]
fn a_new_deployment_goes_through_the_recorded_states() {
    let mut bench = bench();
    create(&mut bench, 2, "");
    finish_rollout(&mut bench);
    assert_snapshot!(bench.changes(line), @r"
    Deployment gen 1 obs 0 
    ReplicaSet app:1 gen 1 replicas 2
    Deployment gen 1 obs 0 Progressing=True/NewReplicaSetCreated
    Deployment gen 1 obs 1 unavailable:2 terminating:0 Progressing=True/NewReplicaSetCreated Available=False/MinimumReplicasUnavailable
    Deployment gen 1 obs 1 replicas:2 updated:2 unavailable:2 terminating:0 Available=False/MinimumReplicasUnavailable Progressing=True/ReplicaSetUpdated
    Deployment gen 1 obs 1 replicas:2 updated:2 ready:2 available:2 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable
    ");
    assert_snapshot!(messages(&bench), @"Normal ScalingReplicaSet Scaled up replica set app:1 from 0 to 2");
}

#[test]
fn a_rolling_update_goes_through_the_recorded_steps() {
    let mut bench = bench();
    create(&mut bench, 2, "");
    finish_rollout(&mut bench);
    bench.changes(line);
    set_image(&mut bench, "app:2");
    finish_rollout(&mut bench);
    assert_snapshot!(bench.changes(line), @r"
    Deployment gen 2 obs 1 replicas:2 updated:2 ready:2 available:2 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable
    ReplicaSet app:2 gen 1 replicas 1
    Deployment gen 2 obs 1 replicas:2 updated:2 ready:2 available:2 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetCreated
    Deployment gen 2 obs 2 replicas:2 ready:2 available:2 unavailable:1 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetCreated
    Deployment gen 2 obs 2 replicas:3 updated:1 ready:2 available:2 unavailable:1 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/ReplicaSetUpdated
    ReplicaSet app:1 gen 2 replicas 1
    Deployment gen 2 obs 2 replicas:3 updated:1 ready:3 available:3 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/ReplicaSetUpdated
    ReplicaSet app:2 gen 2 replicas 2
    Deployment gen 2 obs 2 replicas:3 updated:2 ready:2 available:2 unavailable:1 terminating:1 Available=True/MinimumReplicasAvailable Progressing=True/ReplicaSetUpdated
    ReplicaSet app:1 gen 3 replicas 0
    Deployment gen 2 obs 2 replicas:3 updated:2 ready:3 available:3 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/ReplicaSetUpdated
    Deployment gen 2 obs 2 replicas:2 updated:2 ready:2 available:2 terminating:1 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable
    Deployment gen 2 obs 2 replicas:2 updated:2 ready:2 available:2 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable
    ");
    assert_snapshot!(messages(&bench), @r"
    Normal ScalingReplicaSet Scaled up replica set app:1 from 0 to 2
    Normal ScalingReplicaSet Scaled up replica set app:2 from 0 to 1
    Normal ScalingReplicaSet Scaled down replica set app:1 from 2 to 1
    Normal ScalingReplicaSet Scaled up replica set app:2 from 1 to 2
    Normal ScalingReplicaSet Scaled down replica set app:1 from 1 to 0
    ");
}

#[test]
fn a_set_carries_hash_revision_and_sizes() {
    let mut bench = bench();
    create(&mut bench, 2, "");
    let set = set_of(&bench, "app:1").clone();
    let hash = meta::labels(&set.metadata)["pod-template-hash"].clone();
    assert!((8..=10).contains(&hash.len()), "{hash}");
    assert_eq!(set.metadata.name.as_deref(), Some(format!("web-{hash}").as_str()));
    assert_eq!(set.spec.as_ref().unwrap().selector.match_labels.as_ref().unwrap()["pod-template-hash"], hash);
    assert_eq!(annotation(&set, "revision"), Some("1"));
    assert_eq!(annotation(&set, "desired-replicas"), Some("2"));
    assert_eq!(annotation(&set, "max-replicas"), Some("3"));
    let deployment = bench.get::<Deployment>("web");
    assert_eq!(meta::annotations(&deployment.metadata)["deployment.kubernetes.io/revision"], "1");
}

#[test]
fn going_back_to_an_old_template_raises_its_revision_and_keeps_the_history() {
    let mut bench = bench();
    create(&mut bench, 2, "");
    finish_rollout(&mut bench);
    for image in ["app:2", "app:1"] {
        set_image(&mut bench, image);
        finish_rollout(&mut bench);
    }
    assert_eq!(sizes(&bench), "app:1=2 app:2=0");
    let set = set_of(&bench, "app:1");
    assert_eq!(annotation(set, "revision"), Some("3"));
    assert_eq!(annotation(set, "revision-history"), Some("1"));
    let deployment = bench.get::<Deployment>("web");
    assert_eq!(meta::annotations(&deployment.metadata)["deployment.kubernetes.io/revision"], "3");
}

#[test]
fn surge_and_unavailability_round_away_from_each_other() {
    let limits = |replicas: i32, surge: &str, unavailable: &str| {
        let value = |text: &str| match text.parse() {
            Ok(number) => IntOrString::Int(number),
            Err(_) => IntOrString::String(text.to_owned()),
        };
        let mut deployment = Deployment::default();
        let spec = deployment.spec.get_or_insert_default();
        spec.replicas = Some(replicas);
        let rolling = spec.strategy.get_or_insert_default().rolling_update.get_or_insert_default();
        rolling.max_surge = Some(value(surge));
        rolling.max_unavailable = Some(value(unavailable));
        (super::strategy::max_surge(&deployment), super::strategy::max_unavailable(&deployment))
    };
    assert_eq!(limits(10, "25%", "25%"), (3, 2));
    assert_eq!(limits(2, "25%", "25%"), (1, 0));
    assert_eq!(limits(3, "0", "10%"), (0, 1));
    assert_eq!(limits(3, "0", "5"), (0, 3));
    assert_eq!(limits(0, "25%", "25%"), (0, 0));
}

#[test]
fn recreate_waits_until_old_pods_are_gone() {
    let mut bench = bench();
    create(&mut bench, 2, "strategy: {type: Recreate},");
    finish_rollout(&mut bench);
    set_image(&mut bench, "app:2");
    assert_eq!(sizes(&bench), "app:1=0");
    finish_rollout(&mut bench);
    assert_eq!(sizes(&bench), "app:1=0 app:2=2");
}

#[test]
fn the_last_old_pod_that_goes_lets_a_recreated_one_come() {
    let mut bench = Bench::new(vec![Box::new(DeploymentController::default())]);
    create(&mut bench, 1, "strategy: {type: Recreate},");
    let set = set_of(&bench, "app:1").clone();
    let (name, uid) = (meta::name(&set.metadata), meta::uid(&set.metadata));
    bench.create(&format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: web-0, labels: {{app: web}}, ownerReferences: [
           {{apiVersion: apps/v1, kind: ReplicaSet, name: {name}, uid: {uid}, controller: true}}]}},
           spec: {{containers: [{{name: app, image: app}}]}}}}"
    ));
    set_image(&mut bench, "app:2");
    assert_eq!(sizes(&bench), "app:1=0");
    // No ReplicaSet controller is there to write a status that would wake the Deployment.
    bench.finish_pod("web-0");
    bench.settle();
    assert_eq!(sizes(&bench), "app:1=0 app:2=1");
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll() {
    let mut bench = bench();
    create(&mut bench, 2, "");
    finish_rollout(&mut bench);
    bench.modify::<Deployment>("web", |deployment| deployment.spec.as_mut().unwrap().paused = Some(true));
    set_image(&mut bench, "app:2");
    scale(&mut bench, 3);
    assert_eq!(sizes(&bench), "app:1=3");
    assert_snapshot!(status_text(bench.get::<Deployment>("web").status.as_ref().unwrap()), @"replicas:3 ready:2 available:2 unavailable:1 terminating:0 Progressing=Unknown/DeploymentPaused Available=False/MinimumReplicasUnavailable");
    bench.modify::<Deployment>("web", |deployment| deployment.spec.as_mut().unwrap().paused = None);
    bench.settle();
    finish_rollout(&mut bench);
    assert_eq!(sizes(&bench), "app:1=0 app:2=3");
    assert_snapshot!(status_text(bench.get::<Deployment>("web").status.as_ref().unwrap()), @"replicas:3 updated:3 ready:3 available:3 terminating:0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable");
}

#[test]
fn scaling_in_the_middle_of_a_rollout_keeps_proportions() {
    let mut bench = bench();
    create(&mut bench, 10, "strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 2}},");
    finish_rollout(&mut bench);
    set_image(&mut bench, "app:broken");
    // The documentation's example: 8 old and 5 new pods, scaled from 10 to 15, become 11 and 7.
    assert_eq!(sizes(&bench), "app:1=8 app:broken=5");
    scale(&mut bench, 15);
    assert_eq!(sizes(&bench), "app:1=11 app:broken=7");
}

#[test]
fn an_old_set_whose_status_lags_keeps_the_pods_that_availability_needs() {
    let mut bench = bench();
    create(&mut bench, 10, "strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 2}},");
    finish_rollout(&mut bench);
    set_image(&mut bench, "app:broken");
    scale(&mut bench, 15);
    let pods: Vec<Pod> = bench.store().all_in::<Pod>("default").cloned().collect();
    for found in
        pods.iter().filter(|pod| pod.spec.as_ref().unwrap().containers[0].image.as_deref() == Some("app:1"))
    {
        bench.run_pod(meta::name(&found.metadata), "node-1", "10.0.0.1", true);
    }
    bench.settle();
    // The Deployment shrinks its sets before their statuses can follow, and looks at both again at once.
    scale(&mut bench, 7);
    assert_eq!(sizes(&bench), "app:1=5 app:broken=5");
}

#[test]
fn a_rollout_that_does_not_move_exceeds_its_deadline() {
    let mut bench = bench();
    create(&mut bench, 2, "progressDeadlineSeconds: 60,");
    bench.advance(Duration::from_secs(59));
    let reason = |bench: &Bench| {
        let status = bench.get::<Deployment>("web").status.clone().unwrap();
        let progressing = super::conditions::get(&status, "Progressing").unwrap();
        format!(
            "{} {} {}",
            progressing.status,
            progressing.reason.as_ref().unwrap(),
            progressing.message.as_ref().unwrap().split('"').next_back().unwrap().trim()
        )
    };
    assert_eq!(reason(&bench), "True ReplicaSetUpdated is progressing.");
    bench.advance(Duration::from_secs(3));
    assert_eq!(reason(&bench), "False ProgressDeadlineExceeded has timed out progressing.");
    finish_rollout(&mut bench);
    assert_eq!(reason(&bench), "True NewReplicaSetAvailable has successfully progressed.");
}

#[test]
fn old_sets_beyond_the_history_limit_are_deleted() {
    let mut bench = bench();
    create(&mut bench, 1, "revisionHistoryLimit: 1,");
    finish_rollout(&mut bench);
    for image in ["app:2", "app:3", "app:4"] {
        set_image(&mut bench, image);
        finish_rollout(&mut bench);
    }
    assert_eq!(sizes(&bench), "app:3=0 app:4=1");
}

#[test]
fn deleting_takes_sets_and_pods_and_orphaning_leaves_them_for_the_next() {
    let mut bench = bench();
    create(&mut bench, 2, "");
    finish_rollout(&mut bench);
    let set = meta::name(&set_of(&bench, "app:1").metadata).to_owned();
    bench.delete(Kind::Deployment, "web", Propagation::Orphan);
    bench.settle();
    assert!(!bench.exists(Kind::Deployment, "web"));
    assert!(meta::controller_of(&bench.get::<ReplicaSet>(&set).metadata).is_none());
    create(&mut bench, 2, "");
    assert!(meta::controller_of(&bench.get::<ReplicaSet>(&set).metadata).is_some());
    assert_eq!(sizes(&bench), "app:1=2");
    bench.delete(Kind::Deployment, "web", Propagation::Background);
    bench.settle();
    finish_rollout(&mut bench);
    assert_eq!(bench.store().count(Kind::ReplicaSet) + bench.store().count(Kind::Pod), 0);
}

#[test]
fn a_set_of_another_owner_under_the_same_name_counts_as_a_collision() {
    let mut bench = bench();
    create(&mut bench, 1, "");
    let name = meta::name(&set_of(&bench, "app:1").metadata).to_owned();
    bench.delete(Kind::Deployment, "web", Propagation::Background);
    bench.settle();
    bench.create(&format!(
        "{{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: {name}}}, spec: {{replicas: 0,
           selector: {{matchLabels: {{app: other}}}}, template: {{metadata: {{labels: {{app: other}}}},
             spec: {{containers: [{{name: app, image: other}}]}}}}}}}}"
    ));
    create(&mut bench, 1, "");
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.get::<Deployment>("web").status.as_ref().unwrap().collision_count, Some(1));
    assert_eq!(sizes(&bench), "app:1=1 other=0");
}

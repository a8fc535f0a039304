//! What a user sees of a set's order, claims, owners and events.

use serde_json::json;

use super::harness::{Bench, key, web};
use crate::api::{Feature, Kind, meta};
use crate::apiserver::{DeleteOptions, Subresource};

fn parallel(replicas: i32) -> serde_json::Value {
    let mut set = web(replicas);
    set["spec"]["podManagementPolicy"] = "Parallel".into();
    set
}

fn with_retention(when_deleted: &str, when_scaled: &str) -> Bench {
    let mut set = web(3);
    set["spec"]["persistentVolumeClaimRetentionPolicy"] =
        json!({"whenDeleted": when_deleted, "whenScaled": when_scaled});
    let mut bench = Bench::with(set);
    bench.settle();
    bench
}

/// `Pod/web-2*` for each owner of the claim, a star for a controller.
fn owners(bench: &Bench, claim: &str) -> String {
    let claim = bench.claim(claim).expect("the claim");
    let owner = |owner: &k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference| {
        format!("{}/{}{}", owner.kind, owner.name, if owner.controller == Some(true) { "*" } else { "" })
    };
    meta::owners(&claim.metadata).iter().map(owner).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_ordered_set_creates_up_and_deletes_down() {
    let mut bench = Bench::with(web(3));
    bench.settle();
    bench.scale(0);
    bench.settle();
    insta::assert_snapshot!(
        bench.pod_history(),
        @"+web-0 *web-0 +web-1 *web-1 +web-2 *web-2 !web-2 -web-2 !web-1 -web-1 !web-0 -web-0"
    );
}

#[test]
fn a_parallel_set_creates_and_deletes_at_once() {
    let mut bench = Bench::with(parallel(3));
    bench.settle();
    bench.scale(0);
    bench.settle();
    insta::assert_snapshot!(
        bench.pod_history(),
        @"+web-0 +web-2 +web-1 *web-0 *web-2 *web-1 !web-2 !web-0 !web-1 -web-2 -web-0 -web-1"
    );
}

#[test]
fn the_requests_of_a_batch_start_with_its_last() {
    use super::super::decide::turn;
    use crate::controllers::batches::BatchOrder;
    let order = |total: i64| {
        let mut pods: Vec<i64> = (0..total).collect();
        pods.sort_by_key(|index| turn(*index, total, BatchOrder::LastFirst));
        pods
    };
    assert_eq!(order(4), [0, 2, 1, 3]);
    assert_eq!(order(9), [0, 2, 1, 6, 3, 4, 5, 8, 7]);
    assert_eq!(order(1_200)[511..513], [1_010, 511]);
    assert_eq!(order(1_200)[1_011..1_013], [1_199, 1_011]);
}

#[test]
fn a_failure_lets_its_batch_finish_and_keeps_the_next_one_from_beginning() {
    let mut bench = Bench::new();
    let foreign = serde_json::from_value(json!({
        "metadata": {"name": "web-1", "namespace": "default"},
        "spec": {"containers": [{"name": "app", "image": "app:1.0"}]},
    }));
    let foreign: k8s_openapi::api::core::v1::Pod = foreign.expect("a pod");
    bench.act(|api| api.create(foreign)).expect("created");
    bench.create(parallel(4));
    bench.run(100);
    assert_eq!(bench.pods(), "web-0 web-1 web-2");
    assert!(bench.claim("data-web-2").is_some());
    assert!(bench.claim("data-web-3").is_none(), "its batch is the third");
}

#[test]
fn a_parallel_set_updates_one_pod_at_a_time() {
    let mut bench = Bench::with(parallel(3));
    bench.settle();
    let before = bench.pod_history().len();
    bench.set_image("app:2.0");
    bench.settle();
    insta::assert_snapshot!(
        bench.pod_history()[before..].trim(),
        @"!web-2 -web-2 +web-2 *web-2 !web-1 -web-1 +web-1 *web-1 !web-0 -web-0 +web-0 *web-0"
    );
}

#[test]
fn with_the_gate_a_set_updates_as_many_as_may_be_unavailable() {
    let mut set = parallel(4);
    set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] = "50%".into();
    let mut bench = Bench::new();
    bench.act(|api| api.gates.set(Feature::MaxUnavailableStatefulSet, true));
    bench.create(set);
    bench.settle();
    let before = bench.pod_history().len();
    bench.set_image("app:2.0");
    bench.settle();
    insta::assert_snapshot!(
        bench.pod_history()[before..].trim(),
        @"!web-3 !web-2 -web-3 -web-2 +web-2 +web-3 *web-2 *web-3 !web-1 !web-0 -web-1 -web-0 +web-0 +web-1 *web-0 *web-1"
    );
}

#[test]
fn with_the_gate_a_broken_parallel_rollout_is_not_undone() {
    let mut bench = Bench::new();
    bench.act(|api| api.gates.set(Feature::MaxUnavailableStatefulSet, true));
    bench.create(parallel(3));
    bench.settle();
    bench.plane.kubelet.never_ready.insert("web-2".to_owned(), true);
    bench.set_image("app:bad");
    bench.settle();
    bench.plane.kubelet.never_ready.clear();
    bench.set_image("app:1.0");
    bench.run(60_000);
    assert_eq!(bench.revisions(), "4d5d 4d5d df4d");
    assert_eq!(bench.blocked(), "waiting for pod web-2 to be running and ready");
}

#[test]
fn a_pod_has_its_identity_and_storage() {
    let mut set = web(1);
    set["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "data", "emptyDir": {}}, {"name": "scratch", "emptyDir": {}}]);
    let mut bench = Bench::with(set);
    bench.settle();
    let pod = bench.pod("web-0").expect("the pod");
    assert_eq!(pod.metadata.generate_name.as_deref(), Some("web-"));
    let labels: Vec<_> = meta::labels(&pod.metadata).keys().map(String::as_str).collect();
    assert_eq!(
        labels,
        [
            "app",
            "apps.kubernetes.io/pod-index",
            "controller-revision-hash",
            "statefulset.kubernetes.io/pod-name"
        ]
    );
    assert!(meta::is_controlled_by(
        &pod.metadata,
        bench.store().get(Kind::StatefulSet, &key("web")).unwrap().uid()
    ));
    let spec = pod.spec.as_ref().unwrap();
    assert_eq!((spec.hostname.as_deref(), spec.subdomain.as_deref()), (Some("web-0"), Some("web")));
    let volumes = serde_json::to_value(&spec.volumes).unwrap();
    assert_eq!(
        volumes,
        json!([
            {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}},
            {"name": "scratch", "emptyDir": {}},
        ])
    );
}

#[test]
fn events_are_told_in_upstreams_words() {
    let mut bench = Bench::with(web(1));
    bench.settle();
    bench.scale(0);
    bench.settle();
    insta::assert_snapshot!(bench.events().join("\n"), @r"
    Normal SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet web success
    Normal SuccessfulCreate: Create Pod web-0 in StatefulSet web successful
    Normal SuccessfulDelete: Delete Pod web-0 in StatefulSet web successful
    ");
}

#[test]
fn a_claim_is_found_again_by_the_next_pod_of_its_ordinal() {
    let mut bench = Bench::with(web(2));
    bench.settle();
    let uid = |bench: &Bench| bench.claim("data-web-1").and_then(|claim| claim.metadata.uid.clone());
    let first = uid(&bench);
    bench.scale(1);
    bench.settle();
    bench.scale(2);
    bench.settle();
    assert_eq!((uid(&bench), bench.pods()), (first, "web-0 web-1".to_owned()));
}

#[test]
fn claims_go_with_the_set_when_the_policy_says_so() {
    let mut bench = with_retention("Delete", "Retain");
    assert_eq!(owners(&bench, "data-web-2"), "StatefulSet/web*");
    bench.scale(1);
    bench.settle();
    assert_eq!(owners(&bench, "data-web-2"), "StatefulSet/web*");
}

#[test]
fn claims_go_with_pods_that_are_scaled_away_when_the_policy_says_so() {
    let mut bench = with_retention("Delete", "Delete");
    assert_eq!(owners(&bench, "data-web-2"), "StatefulSet/web*");
    bench.scale(1);
    bench.run(50);
    assert_eq!(owners(&bench, "data-web-2"), "Pod/web-2*");
    assert_eq!(owners(&bench, "data-web-1"), "Pod/web-1*");
    assert_eq!(owners(&bench, "data-web-0"), "StatefulSet/web*");
    bench.settle();
    // Nothing collects garbage here, so the claims stay and still belong to pods that are gone.
    bench.scale(3);
    bench.settle();
    assert_eq!(bench.pods(), "web-0");
    assert_eq!(bench.blocked(), "claim data-web-1 still belongs to a pod that is gone");
}

#[test]
fn a_changed_policy_reaches_the_claims_of_running_pods() {
    let mut bench = with_retention("Retain", "Retain");
    assert_eq!(owners(&bench, "data-web-1"), "");
    bench.change_set(|set| {
        let policy =
            set.spec.as_mut().and_then(|spec| spec.persistent_volume_claim_retention_policy.as_mut());
        policy.expect("a policy").when_deleted = Some("Delete".to_owned());
    });
    bench.settle();
    assert_eq!(owners(&bench, "data-web-1"), "StatefulSet/web*");
    assert!(
        bench.events().iter().any(|event| {
            event == "Normal SuccessfulUpdate: Update Pod web-1 in StatefulSet web successful"
        })
    );
}

#[test]
fn a_claim_that_is_being_deleted_is_waited_for() {
    let mut bench = Bench::with(web(2));
    bench.settle();
    let hold = |finalizers: Option<Vec<String>>| {
        move |claim: &mut k8s_openapi::api::core::v1::PersistentVolumeClaim| {
            claim.metadata.finalizers = finalizers;
        }
    };
    let claim = key("data-web-1");
    bench.act(|api| {
        let protect = hold(Some(vec!["kubernetes.io/pvc-protection".to_owned()]));
        api.modify(&claim, Subresource::Main, protect).expect("protected");
        api.delete(Kind::PersistentVolumeClaim, &claim, &DeleteOptions::default()).expect("deleted");
    });
    bench.delete_pod("web-1");
    bench.run(1_000);
    assert_eq!(bench.pods(), "web-0");
    assert!(bench.events().iter().any(|event| {
        event == "Warning FailedCreate: Create Pod web-1 in StatefulSet web failed error: pvc data-web-1 is being deleted"
    }));
    bench.act(|api| api.modify(&claim, Subresource::Main, hold(None)).expect("released"));
    bench.settle();
    assert_eq!(bench.pods(), "web-0 web-1");
    assert!(!meta::is_terminating(&bench.claim("data-web-1").expect("a new claim").metadata));
}

#[test]
fn a_missing_claim_of_a_pending_pod_is_made_again() {
    let mut bench = Bench::with(web(1));
    bench.run(100);
    let claim = key("data-web-0");
    bench
        .act(|api| api.delete(Kind::PersistentVolumeClaim, &claim, &DeleteOptions::default()))
        .expect("deleted");
    bench.release_claims();
    assert!(bench.claim("data-web-0").is_none());
    // Claims are not watched; the pod's next change brings it to light.
    bench.act(|api| {
        api.modify::<k8s_openapi::api::core::v1::Pod>(&key("web-0"), Subresource::Main, |pod| {
            pod.metadata.annotations.get_or_insert_default().insert("a".to_owned(), "b".to_owned());
        })
        .expect("changed")
    });
    bench.run(100);
    assert!(bench.claim("data-web-0").is_some());
}

#[test]
fn a_pod_that_escapes_by_its_label_is_let_go_and_replaced_once_its_name_is_free() {
    let mut bench = Bench::with(web(2));
    bench.settle();
    let relabel = |pod: &mut k8s_openapi::api::core::v1::Pod| {
        pod.metadata.labels.get_or_insert_default().insert("app".to_owned(), "escaped".to_owned());
    };
    bench.act(|api| api.modify(&key("web-1"), Subresource::Main, relabel)).expect("relabelled");
    bench.run(4_000);
    assert!(bench.pod("web-1").expect("it runs on").metadata.owner_references.is_none());
    assert_eq!(bench.status().replicas, 1);
    bench.delete_pod("web-1");
    bench.run(10_000);
    assert_eq!(bench.status().ready_replicas, Some(2));
    assert!(bench.pod("web-1").expect("a new one").metadata.owner_references.is_some());
}

#[test]
fn orphans_are_adopted_by_the_next_set_of_the_name() {
    let mut bench = Bench::with(web(2));
    bench.settle();
    // What the garbage collector does for a deletion that orphans.
    bench.act(|api| {
        for name in ["web-0", "web-1"] {
            api.modify::<k8s_openapi::api::core::v1::Pod>(&key(name), Subresource::Main, |pod| {
                pod.metadata.owner_references = None;
            })
            .expect("orphaned");
        }
        api.modify::<k8s_openapi::api::apps::v1::ControllerRevision>(
            &key("web-5bfc9f4d5d"),
            Subresource::Main,
            |revision| revision.metadata.owner_references = None,
        )
        .expect("orphaned");
        api.delete(Kind::StatefulSet, &key("web"), &DeleteOptions::default()).expect("deleted");
    });
    bench.settle();
    bench.delete_pod("web-1");
    bench.settle();
    assert_eq!(bench.pods(), "web-0");
    let before = bench.status_history().len();
    bench.create(web(2));
    bench.settle();
    assert_eq!(bench.pods(), "web-0 web-1");
    assert!(
        bench.status_history()[before]
            .starts_with("seen 1 replicas 1 ready 1 current 1 updated 1 available 1")
    );
    let uid = bench.store().get(Kind::StatefulSet, &key("web")).unwrap().uid().to_owned();
    for (kind, name) in [(Kind::Pod, "web-0"), (Kind::ControllerRevision, "web-5bfc9f4d5d")] {
        assert!(meta::is_controlled_by(bench.store().get(kind, &key(name)).unwrap().meta(), &uid), "{name}");
    }
}

#[test]
fn a_revision_name_that_is_taken_raises_the_collision_count() {
    let mut bench = Bench::new();
    bench.act(|api| {
        let mut taken = k8s_openapi::api::apps::v1::ControllerRevision::default();
        taken.metadata.name = Some("web-5bfc9f4d5d".to_owned());
        taken.metadata.namespace = Some("default".to_owned());
        taken.data = Some(k8s_openapi::apimachinery::pkg::runtime::RawExtension(json!({"other": true})));
        api.create(taken).expect("created");
    });
    bench.create(web(1));
    bench.settle();
    let status = bench.status();
    assert_eq!(status.collision_count, Some(1));
    assert_ne!(status.update_revision.as_deref(), Some("web-5bfc9f4d5d"));
    assert_eq!(status.ready_replicas, Some(1));
}

#[test]
fn a_set_that_is_being_deleted_creates_nothing() {
    let mut bench = Bench::with(web(2));
    bench.run(100);
    let options =
        DeleteOptions { propagation: crate::apiserver::Propagation::Foreground, ..Default::default() };
    bench.act(|api| api.delete(Kind::StatefulSet, &key("web"), &options)).expect("deleted");
    bench.settle();
    assert_eq!(bench.pods(), "web-0");
    assert_eq!(bench.blocked(), "the set is being deleted");
}

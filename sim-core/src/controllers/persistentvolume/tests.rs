//! Claims and volumes come together as recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::harness::Bench;
use crate::api::{Kind, Resource, storage};

fn phase(bench: &Bench, claim: &str) -> String {
    let status = bench.claim(claim).and_then(|claim| claim.status.clone()).unwrap_or_default();
    status.phase.unwrap_or_default()
}

#[test]
fn a_claim_is_provisioned_in_the_recorded_steps() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "standard", "1Gi");
    bench.settle();
    insta::assert_snapshot!(bench.changes(), @r"
    ADDED PersistentVolumeClaim data Pending volume=-
    MODIFIED PersistentVolumeClaim data Pending volume=- [storage-provisioner]
    ADDED Event PersistentVolumeClaim/data Normal ExternalProvisioning x1 Waiting for a volume to be created either by the external provisioner 'example.com/fake' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.
    MODIFIED Event PersistentVolumeClaim/data Normal ExternalProvisioning x2 Waiting for a volume to be created either by the external provisioner 'example.com/fake' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.
    ADDED PersistentVolume pvc-UID Pending claim=default/data
    MODIFIED PersistentVolume pvc-UID Bound claim=default/data
    MODIFIED PersistentVolumeClaim data Pending volume=pvc-UID [bind-completed bound-by-controller storage-provisioner]
    MODIFIED PersistentVolumeClaim data Bound volume=pvc-UID [bind-completed bound-by-controller storage-provisioner]
    ");
}

#[test]
fn a_released_volume_is_deleted_in_the_recorded_steps() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "standard", "1Gi");
    bench.settle();
    bench.changes();
    bench.delete(Kind::PersistentVolumeClaim, "data");
    bench.settle();
    insta::assert_snapshot!(bench.changes(), @r"
    MODIFIED PersistentVolumeClaim data Bound volume=pvc-UID [bind-completed bound-by-controller storage-provisioner] deleting
    DELETED PersistentVolumeClaim data Bound volume=pvc-UID [bind-completed bound-by-controller storage-provisioner] deleting
    MODIFIED PersistentVolume pvc-UID Released claim=default/data
    MODIFIED PersistentVolume pvc-UID Released claim=default/data deleting
    DELETED PersistentVolume pvc-UID Released claim=default/data deleting
    ");
}

#[test]
fn a_missing_class_is_complained_about_at_every_resync() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "fast", "1Gi");
    bench.settle();
    insta::assert_snapshot!(bench.changes(), @r#"
    ADDED PersistentVolumeClaim data Pending volume=-
    ADDED Event PersistentVolumeClaim/data Warning ProvisioningFailed x1 storageclass.storage.k8s.io "fast" not found
    "#);
    bench.advance(Duration::from_secs(31));
    insta::assert_snapshot!(bench.changes(), @r#"
    MODIFIED Event PersistentVolumeClaim/data Warning ProvisioningFailed x2 storageclass.storage.k8s.io "fast" not found
    MODIFIED Event PersistentVolumeClaim/data Warning ProvisioningFailed x3 storageclass.storage.k8s.io "fast" not found
    "#);
}

#[test]
fn a_claim_without_class_and_volume_is_told_so() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "", "1Gi");
    bench.settle();
    insta::assert_snapshot!(bench.changes(), @r"
    ADDED PersistentVolumeClaim data Pending volume=-
    ADDED Event PersistentVolumeClaim/data Normal FailedBinding x1 no persistent volumes available for this claim and no storage class is set
    ");
}

#[test]
fn a_waiting_claim_says_what_it_waits_for() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "wait", "1Gi");
    bench.settle();
    insta::assert_snapshot!(bench.changes(), @r"
    ADDED PersistentVolumeClaim data Pending volume=-
    ADDED Event PersistentVolumeClaim/data Normal WaitForFirstConsumer x1 waiting for first consumer to be created before binding
    ");
    bench.create_pod_with("web-0", &["data"], json!({"schedulerName": "other"}));
    bench.advance(Duration::from_secs(16));
    insta::assert_snapshot!(bench.changes(), @r"
    ADDED Pod web-0 node=- scheduled=-
    ADDED Event PersistentVolumeClaim/data Normal WaitForPodScheduled x1 waiting for pod web-0 to be scheduled
    ");
}

#[test]
fn the_smallest_fitting_volume_is_bound_at_the_next_resync() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "manual", "2Gi");
    bench.settle();
    bench.create_volume("big", "manual", "10Gi", json!({}));
    bench.create_volume("right", "manual", "3Gi", json!({}));
    bench.create_volume("small", "manual", "1Gi", json!({}));
    bench.create_volume("block", "manual", "2Gi", json!({"spec": {"volumeMode": "Block"}}));
    bench.create_volume("shared", "manual", "2Gi", json!({"spec": {"accessModes": ["ReadOnlyMany"]}}));
    bench.settle();
    assert_eq!(bench.bound_volume("data").as_deref(), Some("right"));
    assert_eq!(bench.now().since_start().as_secs(), 15);
}

#[test]
fn a_volume_kept_for_a_claim_goes_to_it_alone() {
    let mut bench = Bench::recorder();
    let kept = json!({"spec": {"claimRef": {"namespace": "default", "name": "mine"}}});
    bench.create_volume("kept", "manual", "5Gi", kept);
    bench.settle();
    bench.create_claim("other", "manual", "1Gi");
    bench.settle();
    assert_eq!(phase(&bench, "other"), "Pending");
    bench.create_claim("mine", "manual", "1Gi");
    bench.settle();
    assert_eq!(bench.bound_volume("mine").as_deref(), Some("kept"));
}

#[test]
fn a_claim_that_names_a_volume_gets_that_one_or_waits() {
    let mut bench = Bench::recorder();
    bench.create_volume("chosen", "manual", "5Gi", json!({}));
    bench.settle();
    for name in ["first", "second"] {
        bench.create(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "manual", "volumeName": "chosen",
                "resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Pending"}}));
        bench.settle();
    }
    assert_eq!(phase(&bench, "first"), "Bound");
    assert_eq!(phase(&bench, "second"), "Pending");
    assert!(bench.changes().contains("volume \"chosen\" already bound to a different claim."));
}

#[test]
fn a_retained_volume_stays_released() {
    let mut bench = Bench::recorder();
    bench.create_volume("kept", "manual", "5Gi", json!({}));
    bench.settle();
    bench.create_claim("data", "manual", "1Gi");
    bench.settle();
    bench.delete(Kind::PersistentVolumeClaim, "data");
    bench.settle();
    let volume = bench.volume("kept").and_then(|volume| volume.status.clone()).unwrap_or_default();
    assert_eq!(volume.phase.as_deref(), Some("Released"));
    bench.create_claim("data", "manual", "1Gi");
    bench.advance(Duration::from_secs(60));
    assert_eq!(phase(&bench, "data"), "Pending", "a released volume keeps its old claim's uid");
}

#[test]
fn a_claim_whose_volume_vanishes_is_lost() {
    let mut bench = Bench::recorder();
    bench.create_volume("kept", "manual", "5Gi", json!({"metadata": {"finalizers": null}}));
    bench.settle();
    bench.create_claim("data", "manual", "1Gi");
    bench.settle();
    bench
        .act(|api| {
            let key = crate::api::ObjectKey::cluster("kept");
            api.modify::<k8s_openapi::api::core::v1::PersistentVolume>(&key, Default::default(), |volume| {
                volume.metadata.finalizers = None;
            })
        })
        .expect("modified");
    bench.delete(Kind::PersistentVolume, "kept");
    // The protection controller may be quicker to put its finalizer back; force what an admin would force.
    bench.act(|api| {
        let key = crate::api::ObjectKey::cluster("kept");
        let _ =
            api.modify::<k8s_openapi::api::core::v1::PersistentVolume>(&key, Default::default(), |volume| {
                volume.metadata.finalizers = None;
            });
    });
    bench.settle();
    assert_eq!(phase(&bench, "data"), "Lost");
    assert!(bench.changes().contains("ClaimLost"));
}

#[test]
fn a_claim_without_a_class_gets_a_default_one_that_comes_later() {
    let mut bench = Bench::recorder();
    bench.create(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": "Pending"}}));
    bench.settle();
    bench.create(json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": "later",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "example.com/fake", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}));
    bench.advance(Duration::from_secs(16));
    bench.settle();
    assert_eq!(phase(&bench, "data"), "Bound");
    assert_eq!(bench.claim("data").map(storage::claim_class), Some("later"));
}

#[derive(Clone, Debug)]
enum Step {
    Claim(u8, u8),
    Volume(u8, u8),
    DeleteClaim(u8),
    DeleteVolume(u8),
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4u8, 1..4u8).prop_map(|(name, size)| Step::Claim(name, size)),
        (0..4u8, 1..4u8).prop_map(|(name, size)| Step::Volume(name, size)),
        (0..4u8).prop_map(Step::DeleteClaim),
        (0..4u8).prop_map(Step::DeleteVolume),
        Just(Step::Wait),
    ]
}

fn play(bench: &mut Bench, step: &Step) {
    match step {
        Step::Claim(name, size) if bench.claim(&format!("c{name}")).is_none() => {
            let class = if name % 2 == 0 { "manual" } else { "standard" };
            bench.create_claim(&format!("c{name}"), class, &format!("{size}Gi"));
        }
        Step::Volume(name, size) if bench.volume(&format!("v{name}")).is_none() => {
            bench.create_volume(&format!("v{name}"), "manual", &format!("{size}Gi"), json!({}));
        }
        Step::DeleteClaim(name) if bench.claim(&format!("c{name}")).is_some() => {
            bench.delete(Kind::PersistentVolumeClaim, &format!("c{name}"));
        }
        Step::DeleteVolume(name) if bench.volume(&format!("v{name}")).is_some() => {
            bench.delete(Kind::PersistentVolume, &format!("v{name}"));
        }
        Step::Wait => bench.advance(Duration::from_secs(16)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bound_claims_and_volumes_are_pairs(steps in proptest::collection::vec(step(), 1..24)) {
        let mut bench = Bench::recorder();
        for step in &steps {
            play(&mut bench, step);
        }
        bench.advance(Duration::from_secs(40));
        bench.settle();
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for claim in bench.api().store().all::<k8s_openapi::api::core::v1::PersistentVolumeClaim>() {
            let Some(name) = storage::volume_name(claim) else { continue };
            let owner = claim.key().to_string();
            prop_assert!(taken.insert(name.to_owned(), owner).is_none(), "two claims have {name}");
            let volume = bench.volume(name).expect("a bound claim has its volume");
            prop_assert!(storage::is_volume_bound_to(volume, claim));
            prop_assert!(storage::capacity_bytes(volume) >= storage::requested_bytes(claim));
        }
    }
}

#[test]
fn a_volume_that_is_kept_for_a_claim_is_its_whatever_their_classes() {
    let mut bench = Bench::recorder();
    let kept = json!({"spec": {"claimRef": {"namespace": "default", "name": "data"}}});
    bench.create_volume("kept", "other", "5Gi", kept);
    bench.create_claim("data", "manual", "1Gi");
    bench.settle();
    assert_eq!(bench.bound_volume("data").as_deref(), Some("kept"));
}

#[test]
fn a_volume_that_cannot_be_reclaimed_says_so_in_its_message_alone() {
    let mut bench = Bench::recorder();
    bench.create_volume(
        "data",
        "manual",
        "1Gi",
        json!({"spec": {"persistentVolumeReclaimPolicy": "Delete"}}),
    );
    bench.create_claim("data", "manual", "1Gi");
    bench.settle();
    bench.delete(Kind::PersistentVolumeClaim, "data");
    bench.settle();
    let status = bench.volume("data").and_then(|volume| volume.status.clone()).expect("a status");
    assert_eq!((status.phase.as_deref(), status.reason), (Some("Failed"), None));
    assert_eq!(
        status.message.as_deref(),
        Some("host_path deleter only supports /tmp/.+ but received provided /data")
    );
}

#[test]
fn a_volume_that_is_being_deleted_is_named_to_the_claim_that_asks_for_it() {
    let mut bench = Bench::recorder();
    bench.create_volume("going", "manual", "1Gi", json!({"metadata": {"finalizers": ["x/y"]}}));
    bench.delete(Kind::PersistentVolume, "going");
    bench.create(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "manual", "volumeName": "going",
            "resources": {"requests": {"storage": "1Gi"}}}}));
    bench.settle();
    let said = "VolumeMismatch x1 Cannot bind to requested volume \"going\": the volume is marked for deletion \"going\"";
    assert!(bench.changes().contains(said));
}

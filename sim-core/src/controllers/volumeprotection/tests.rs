//! A claim that pods use outlives its deletion.

use super::*;
use crate::controllers::persistentvolume::harness::Bench;

#[test]
fn a_deleted_claim_stays_until_its_pod_is_gone() {
    let mut bench = Bench::recorder();
    bench.create_claim("data-web-0", "standard", "1Gi");
    bench.create_pod("web-0", &["data-web-0"], Some("node-1"));
    bench.settle();
    bench.delete(Kind::PersistentVolumeClaim, "data-web-0");
    bench.settle();
    assert!(bench.claim("data-web-0").is_some_and(|claim| meta::is_terminating(&claim.metadata)));
    bench.delete_now(Kind::Pod, "web-0");
    bench.settle();
    assert!(bench.claim("data-web-0").is_none());
}

#[test]
fn an_unscheduled_pod_does_not_hold_a_claim() {
    let mut bench = Bench::recorder();
    bench.create_claim("data-web-0", "missing", "1Gi");
    bench.create_pod("web-0", &["data-web-0"], None);
    bench.settle();
    bench.delete(Kind::PersistentVolumeClaim, "data-web-0");
    bench.settle();
    assert!(bench.claim("data-web-0").is_none());
}

#[test]
fn an_ended_pod_still_holds_its_claim() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "standard", "1Gi");
    bench.create_pod("job", &["data"], Some("node-1"));
    bench.settle();
    bench.set_pod_phase("job", "Succeeded");
    bench.delete(Kind::PersistentVolumeClaim, "data");
    bench.settle();
    assert!(bench.claim("data").is_some());
}

#[test]
fn a_deleted_volume_stays_while_it_is_bound() {
    let mut bench = Bench::recorder();
    bench.create_claim("data", "standard", "1Gi");
    bench.settle();
    let volume = bench.bound_volume("data").expect("provisioned");
    bench.delete(Kind::PersistentVolume, &volume);
    bench.settle();
    assert!(bench.volume(&volume).is_some_and(|volume| meta::is_terminating(&volume.metadata)));
    bench.delete(Kind::PersistentVolumeClaim, "data");
    bench.settle();
    assert!(bench.volume(&volume).is_none());
}

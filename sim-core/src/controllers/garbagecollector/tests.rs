use insta::assert_snapshot;
use k8s_openapi::api::core::v1::ConfigMap;

use super::GarbageCollector;
use crate::api::{Kind, meta};
use crate::apiserver::Propagation;
use crate::controllers::testing::Bench;

fn bench() -> Bench {
    Bench::new(vec![Box::new(GarbageCollector::default())])
}

/// A ConfigMap owned by others of the given names; `!` after a name makes the reference block its deletion.
fn create_owned(bench: &mut Bench, name: &str, owners: &[&str]) {
    let references: Vec<String> = owners
        .iter()
        .map(|owner| {
            let blocks = owner.ends_with('!');
            let owner = owner.trim_end_matches('!');
            let uid = bench.uid(Kind::ConfigMap, owner);
            format!(
                "{{apiVersion: v1, kind: ConfigMap, name: {owner}, uid: {uid}, blockOwnerDeletion: {blocks}}}"
            )
        })
        .collect();
    let owners = references.join(", ");
    bench.create(&format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, ownerReferences: [{owners}]}}}}"
    ));
}

#[test]
fn background_deletion_takes_the_whole_tree_from_the_top() {
    let mut bench = bench();
    create_owned(&mut bench, "root", &[]);
    create_owned(&mut bench, "child", &["root!"]);
    create_owned(&mut bench, "grandchild", &["child!"]);
    create_owned(&mut bench, "bystander", &[]);
    bench.plain_changes();
    bench.delete(Kind::ConfigMap, "root", Propagation::Background);
    bench.settle();
    assert_snapshot!(bench.plain_changes(), @r"
    DELETED ConfigMap root
    DELETED ConfigMap child
    DELETED ConfigMap grandchild
    ");
}

#[test]
fn foreground_deletion_takes_blocking_dependents_first() {
    let mut bench = bench();
    create_owned(&mut bench, "root", &[]);
    create_owned(&mut bench, "blocking", &["root!"]);
    create_owned(&mut bench, "below", &["blocking!"]);
    bench.plain_changes();
    bench.delete(Kind::ConfigMap, "root", Propagation::Foreground);
    bench.settle();
    assert_snapshot!(bench.plain_changes(), @r"
    MODIFIED ConfigMap root
    MODIFIED ConfigMap blocking
    DELETED ConfigMap below
    DELETED ConfigMap blocking
    DELETED ConfigMap root
    ");
}

#[test]
fn a_dependent_that_comes_during_foreground_deletion_waits_until_another_goes() {
    let mut bench = bench();
    create_owned(&mut bench, "root", &[]);
    create_owned(&mut bench, "held", &["root!"]);
    bench.modify::<ConfigMap>("held", |map| {
        map.metadata.finalizers = Some(vec!["example.com/hold".to_owned()])
    });
    bench.delete(Kind::ConfigMap, "root", Propagation::Foreground);
    bench.settle();
    create_owned(&mut bench, "late", &["root!"]);
    bench.settle();
    bench.plain_changes();
    bench.modify::<ConfigMap>("held", |map| map.metadata.finalizers = None);
    bench.settle();
    assert_snapshot!(bench.plain_changes(), @r"
    DELETED ConfigMap held
    DELETED ConfigMap late
    DELETED ConfigMap root
    ");
}

#[test]
fn the_last_dependent_may_be_a_late_one() {
    let mut bench = bench();
    create_owned(&mut bench, "root", &[]);
    create_owned(&mut bench, "first", &["root!"]);
    bench.delete(Kind::ConfigMap, "root", Propagation::Foreground);
    bench.delete(Kind::ConfigMap, "first", Propagation::Background);
    create_owned(&mut bench, "late", &["root!"]);
    bench.settle();
    assert!(!bench.exists(Kind::ConfigMap, "late") && !bench.exists(Kind::ConfigMap, "root"));
}

#[test]
fn foreground_deletion_of_owners_in_a_circle_ends() {
    let mut bench = bench();
    create_owned(&mut bench, "a", &[]);
    create_owned(&mut bench, "b", &["a!"]);
    let uid = bench.uid(Kind::ConfigMap, "b");
    bench.modify::<ConfigMap>("a", |map| {
        map.metadata.owner_references =
            Some(vec![k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference {
                api_version: "v1".to_owned(),
                kind: "ConfigMap".to_owned(),
                name: "b".to_owned(),
                uid,
                controller: None,
                block_owner_deletion: Some(true),
            }]);
    });
    bench.delete(Kind::ConfigMap, "a", Propagation::Foreground);
    bench.settle();
    assert!(!bench.exists(Kind::ConfigMap, "a"));
    assert!(!bench.exists(Kind::ConfigMap, "b"));
}

#[test]
fn orphan_deletion_leaves_dependents_without_the_reference() {
    let mut bench = bench();
    create_owned(&mut bench, "root", &[]);
    create_owned(&mut bench, "other", &[]);
    create_owned(&mut bench, "child", &["root!", "other"]);
    create_owned(&mut bench, "only", &["root!"]);
    bench.plain_changes();
    bench.delete(Kind::ConfigMap, "root", Propagation::Orphan);
    bench.settle();
    assert_snapshot!(bench.plain_changes(), @r"
    MODIFIED ConfigMap root
    MODIFIED ConfigMap child
    MODIFIED ConfigMap only
    DELETED ConfigMap root
    ");
    assert_eq!(meta::owners(&bench.get::<ConfigMap>("child").metadata).len(), 1);
    assert_eq!(bench.get::<ConfigMap>("only").metadata.owner_references, None);
}

#[test]
fn one_of_two_owners_gone_drops_only_its_reference() {
    let mut bench = bench();
    create_owned(&mut bench, "a", &[]);
    create_owned(&mut bench, "b", &[]);
    create_owned(&mut bench, "shared", &["a", "b"]);
    bench.delete(Kind::ConfigMap, "a", Propagation::Background);
    bench.settle();
    let owners = meta::owners(&bench.get::<ConfigMap>("shared").metadata);
    assert_eq!(owners.iter().map(|owner| owner.name.as_str()).collect::<Vec<_>>(), ["b"]);
    bench.delete(Kind::ConfigMap, "b", Propagation::Background);
    bench.settle();
    assert!(!bench.exists(Kind::ConfigMap, "shared"));
}

#[test]
fn an_owner_of_the_same_name_and_another_uid_is_no_owner() {
    let mut bench = bench();
    create_owned(&mut bench, "root", &[]);
    bench.create(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: stray, ownerReferences: [
            {apiVersion: v1, kind: ConfigMap, name: root, uid: not-the-uid}]}}",
    );
    bench.settle();
    assert!(bench.exists(Kind::ConfigMap, "root"));
    assert!(!bench.exists(Kind::ConfigMap, "stray"));
}

#[test]
fn an_owner_of_a_kind_that_is_not_served_says_nothing() {
    let mut bench = bench();
    bench.create(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: made-by-an-operator, ownerReferences: [
            {apiVersion: example.com/v1, kind: Database, name: main, uid: some-uid}]}}",
    );
    bench.settle();
    assert!(bench.exists(Kind::ConfigMap, "made-by-an-operator"));
}

#[test]
fn work_follows_the_dependents_alone() {
    let mut bench = bench();
    create_owned(&mut bench, "root", &[]);
    for number in 0..50 {
        create_owned(&mut bench, &format!("child-{number:02}"), &["root"]);
        create_owned(&mut bench, &format!("bystander-{number:02}"), &[]);
    }
    bench.settle();
    let before = bench.steps();
    bench.delete(Kind::ConfigMap, "root", Propagation::Background);
    bench.settle();
    assert_eq!(bench.steps() - before, 50);
}

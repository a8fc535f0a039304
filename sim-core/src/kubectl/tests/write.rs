//! Apply, create, delete, scale: the texts of the recordings `kubectl-mutate` and `graceful-delete`.

use insta::assert_snapshot;

use super::{Bench, web};
use crate::api::{Kind, ObjectKey, meta};

#[test]
fn apply_creates_and_keeps_the_manifest() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run_with("apply -f -", Some(&web(2))), @r"
    service/web created
    statefulset.apps/web created
    ");
    let set = bench.cluster.store().get(Kind::StatefulSet, &ObjectKey::new("default", "web")).cloned();
    let kept =
        set.and_then(|set| meta::annotations(set.meta()).get(crate::kubectl::apply::LAST_APPLIED).cloned());
    assert_snapshot!(kept.unwrap_or_default(), @r#"{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"annotations":{},"name":"web","namespace":"default"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"serviceName":"web","template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"image":"app:1.0","name":"app","ports":[{"containerPort":80,"name":"http"}],"volumeMounts":[{"mountPath":"/data","name":"data"}]}],"terminationGracePeriodSeconds":5}},"volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]}}"#);
}

#[test]
fn create_refuses_what_is_there_and_goes_on() {
    let mut bench = Bench::new();
    bench.run_with("create -f -", Some("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"));
    let two = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n";
    assert_snapshot!(bench.run_with("create -f -", Some(two)), @r#"
    configmap/b created
    ! Error from server (AlreadyExists): error when creating "STDIN": configmaps "a" already exists
    exit 1
    "#);
    assert_snapshot!(bench.run_with("delete -f -", Some(two)), @r#"
    configmap "a" deleted from default namespace
    configmap "b" deleted from default namespace
    "#);
}

#[test]
fn dry_runs_store_nothing() {
    let mut bench = Bench::new();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    assert_snapshot!(bench.run_with("apply -f - --dry-run=client", Some(map)), @"configmap/a created (dry run)");
    assert_snapshot!(bench.run_with("create -f - --dry-run=server", Some(map)), @"configmap/a created (server dry run)");
    assert_eq!(bench.cluster.store().get(Kind::ConfigMap, &ObjectKey::new("default", "a")), None);
}

#[test]
fn delete_waits_until_the_pod_is_gone() {
    let mut bench = Bench::new();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeName: node-1, containers: [{name: c, image: app:1.0}]}\n";
    bench.run_with("create -f -", Some(pod));
    bench.sleep(3);
    let before = bench.cluster.now();
    assert_snapshot!(bench.run("delete pod p"), @r#"pod "p" deleted from default namespace"#);
    assert_eq!(bench.cluster.store().get(Kind::Pod, &ObjectKey::new("default", "p")), None);
    assert!(bench.cluster.now() > before);
    bench.run_with("create -f -", Some(pod));
    bench.sleep(3);
    assert_snapshot!(bench.run("delete pod p --force --grace-period=0"), @r#"
    pod "p" force deleted from default namespace
    ! Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.
    "#);
}

#[test]
fn a_pod_that_ends_is_described_with_its_grace_period() {
    let mut bench = Bench::new();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n\
               spec: {nodeName: node-1, containers: [{name: c, image: app:1.0, command: [sleep, 1d]}]}\n";
    bench.run_with("create -f -", Some(pod));
    bench.sleep(3);
    bench.run("delete pod p --wait=false");
    let text = bench.run("describe pod p");
    let lines = text.lines().filter(|line| line.starts_with("Status:") || line.starts_with("Term"));
    // The time of its deletion lies ahead.
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    Status:                    Terminating (lasts <invalid>)
    Termination Grace Period:  30s
    ");
}

#[test]
fn the_hash_of_the_content_goes_behind_the_name() {
    let mut bench = Bench::new();
    let mut name = |line: &str| bench.run(&format!("create {line} --append-hash --dry-run=client -o name"));
    // As kubectl v1.36.3 says.
    assert_snapshot!(name("configmap x --from-literal=a=b"), @"configmap/x-64686gkt6c");
    assert_snapshot!(name("configmap y"), @"configmap/y-fc44bk2mfg");
    assert_snapshot!(name("secret generic x --from-literal=a=b"), @"secret/x-k694gm4m9h");
    assert_snapshot!(name("secret generic x --from-literal=a=b --type=foo"), @"secret/x-cgkmm9287h");
}

#[test]
fn a_budget_may_have_a_set_based_selector() {
    let mut bench = Bench::new();
    let create = "create pdb x --min-available=1 --dry-run=client -o jsonpath={.spec.selector} --selector";
    assert_snapshot!(bench.run(&format!("{create} 'app notin (b,a),x=y,!e,f'")), @r#"{"matchExpressions":[{"key":"app","operator":"NotIn","values":["a","b"]},{"key":"e","operator":"DoesNotExist"},{"key":"f","operator":"Exists"}],"matchLabels":{"x":"y"}}"#);
    assert_snapshot!(bench.run(&format!("{create} 'app in (a)'")), @r#"{"matchExpressions":[{"key":"app","operator":"In","values":["a"]}]}"#);
    assert_snapshot!(bench.run(&format!("{create} 'app in'")), @r#"
    ! error: couldn't parse the selector string "app in": unable to parse requirement: found '' expected: '('
    exit 1
    "#);
    assert_snapshot!(bench.run(&format!("{create} 'app!=a'")), @r#"
    ! error: "!=" is not a valid label selector operator
    exit 1
    "#);
}

#[test]
fn a_trial_on_the_server_shows_who_would_own_what() {
    let mut bench = Bench::new();
    let tried =
        bench.run("create configmap c --from-literal=a=b --dry-run=server -o yaml --show-managed-fields");
    assert!(tried.contains("f:a: {}") && tried.contains("manager: kubectl-create"), "{tried}");
    bench.run("create configmap c --from-literal=a=b");
    let labelled = bench.run("label cm c x=y --dry-run=server -o yaml --show-managed-fields");
    assert!(
        labelled.contains("manager: kubectl-create") && labelled.contains("manager: kubectl-label"),
        "{labelled}"
    );
}

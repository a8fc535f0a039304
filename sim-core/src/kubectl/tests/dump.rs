//! `cluster-info dump`: compared with what kubectl v1.36.3 prints of the same lists.

use insta::assert_snapshot;

use super::{Bench, web};

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: one, labels: {app: one}}
spec:
  initContainers: [{name: first, image: busybox, command: [echo, ready]}]
  containers: [{name: main, image: busybox, command: [sh, -c, 'echo hello; sleep 1d']}]
---
apiVersion: v1
kind: Service
metadata: {name: one}
spec: {selector: {app: one}, ports: [{name: http, port: 80}]}
";

/// The type and the length of each list.
const LISTS: &str = r#"-o 'go-template={{.kind}} {{len .items}}{{"\n"}}'"#;

#[test]
fn a_namespace_is_dumped_as_go_orders_its_fields() {
    let mut bench = Bench::new();
    bench.run_with("create -f -", Some(POD));
    bench.sleep(30);
    assert_snapshot!(bench.run("cluster-info dump --namespaces=default"));
}

#[test]
fn the_system_and_the_current_namespace_are_dumped() {
    let mut bench = Bench::whole();
    bench.run_with("create -f -", Some(POD));
    bench.run_with("create -f -", Some(&web(2)));
    bench.sleep(30);
    assert_snapshot!(bench.run(&format!("cluster-info dump {LISTS}")), @"
    NodeList 1
    EventList 0
    ReplicationControllerList 0
    ServiceList 1
    DaemonSetList 0
    DeploymentList 0
    ReplicaSetList 0
    PodList 0
    EventList 32
    ReplicationControllerList 0
    ServiceList 3
    DaemonSetList 0
    DeploymentList 0
    ReplicaSetList 0
    PodList 3
    ==== START logs for container first of pod default/one ====
    ready
    ==== END logs for container first of pod default/one ====
    ==== START logs for container main of pod default/one ====
    hello
    ==== END logs for container main of pod default/one ====
    ==== START logs for container app of pod default/web-0 ====
    ==== END logs for container app of pod default/web-0 ====
    ==== START logs for container app of pod default/web-1 ====
    ==== END logs for container app of pod default/web-1 ====
    ");
    let all = bench.run(&format!("cluster-info dump -A {LISTS}"));
    assert_eq!(all.matches("EventList").count(), 4, "a namespace each");
    assert_snapshot!(bench.run("cluster-info dump --namespaces=none -o name"), @"
    ! error: list types are not supported by name printing: *v1.NodeList
    exit 1
    ");
}

#[test]
fn files_are_left_on_the_machine() {
    let mut bench = Bench::whole();
    bench.run_with("create -f -", Some(POD));
    bench.sleep(30);
    assert_snapshot!(bench.run("cluster-info dump --namespaces=default --output-directory=state/ -o yaml"), @"Cluster info dumped to state/");
    let files = std::mem::take(&mut bench.workstation.written);
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_snapshot!(paths.join("\n"), @"
    state/nodes.yaml
    state/default/events.yaml
    state/default/replication-controllers.yaml
    state/default/services.yaml
    state/default/daemonsets.yaml
    state/default/deployments.yaml
    state/default/replicasets.yaml
    state/default/pods.yaml
    state/default/one/logs.txt
    ");
    let (_, logs) = files.last().expect("the pod has logs");
    assert_snapshot!(String::from_utf8_lossy(logs), @"
    ==== START logs for container first of pod default/one ====
    ready
    ==== END logs for container first of pod default/one ====
    ==== START logs for container main of pod default/one ====
    hello
    ==== END logs for container main of pod default/one ====
    ");
}

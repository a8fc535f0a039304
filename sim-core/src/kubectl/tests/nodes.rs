//! Nodes that are drained and tainted: the texts of the recording `drain-with-budget`, and of kubectl's source.

use insta::assert_snapshot;

use super::{Bench, web};

const BUDGET: &str = "---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
";

fn bench(replicas: u32) -> Bench {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&format!("{}{BUDGET}", web(replicas))));
    bench.sleep(6);
    bench
}

#[test]
fn a_drain_evicts_what_the_budget_allows() {
    let mut bench = bench(3);
    assert_snapshot!(bench.run("get pdb"), @r"
    NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE
    web    2               N/A               1                     6s
    ");
    let node = bench.run("get pod web-1 -o jsonpath={.spec.nodeName}");
    let drained =
        bench.run(&format!("drain {node} --ignore-daemonsets --delete-emptydir-data --timeout=20s"));
    assert_eq!(
        drained,
        format!("node/{node} cordoned\nevicting pod default/web-1\npod/web-1 evicted\nnode/{node} drained\n")
    );
    bench.sleep(3);
    let again = bench.run(&format!("drain {node}"));
    assert_eq!(again, format!("node/{node} already cordoned\nnode/{node} drained\n"));
}

#[test]
fn a_drain_asks_again_while_the_budget_forbids_and_gives_up_in_the_end() {
    let mut bench = bench(2);
    let node = bench.run("get pod web-1 -o jsonpath={.spec.nodeName}");
    let said = bench.run(&format!("drain {node} --timeout=7s"));
    assert_snapshot!(said.replace(&node, "NODE"), @r#"
    node/NODE cordoned
    evicting pod default/web-1
    evicting pod default/web-1
    evicting pod default/web-1
    ! error when evicting pods/"web-1" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.
    ! error when evicting pods/"web-1" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.
    ! There are pending pods in node "NODE" when an error occurred: error when evicting pods/"web-1" -n "default": global timeout reached: 7s
    ! pod/web-1
    ! error: unable to drain node "NODE" due to error: error when evicting pods/"web-1" -n "default": global timeout reached: 7s, continuing command...
    ! There are pending nodes to be drained:
    !  NODE
    ! error when evicting pods/"web-1" -n "default": global timeout reached: 7s
    exit 1
    "#);
    assert_snapshot!(bench.run("describe pdb web --show-events=false"), @r"
    Name:           web
    Namespace:      default
    Min available:  2
    Selector:       app=web
    Status:
        Allowed disruptions:  0
        Current:              2
        Desired:              2
        Total:                2
    ");
}

#[test]
fn a_drain_leaves_pods_without_controller_unless_forced() {
    let mut bench = Bench::new();
    bench.run("run one --image=app:1.0");
    bench.sleep(3);
    let node = bench.run("get pod one -o jsonpath={.spec.nodeName}");
    let said = bench.run(&format!("drain {node}"));
    assert_snapshot!(said.replace(&node, "NODE"), @r#"
    node/NODE cordoned
    ! error: unable to drain node "NODE" due to error: cannot delete Pods that declare no controller (use --force to override): default/one, continuing command...
    ! There are pending nodes to be drained:
    !  NODE
    ! cannot delete Pods that declare no controller (use --force to override): default/one
    exit 1
    "#);
    let said = bench.run(&format!("drain {node} --force"));
    assert_snapshot!(said.replace(&node, "NODE"), @r"
    node/NODE already cordoned
    evicting pod default/one
    pod/one evicted
    node/NODE drained
    ! Warning: deleting Pods that declare no controller: default/one
    ");
}

#[test]
fn taints_are_set_replaced_and_removed() {
    let mut bench = Bench::new();
    let taints = "get node node-1 -o jsonpath={.spec.taints[*].key}";
    assert_snapshot!(bench.run("taint nodes node-1 a=b:NoSchedule c:NoExecute"), @"node/node-1 tainted");
    assert_snapshot!(bench.run(taints), @"a c");
    assert_snapshot!(bench.run("taint node node-1 a=x:NoSchedule"), @r"
    ! error: node node-1 already has a taint(s) with same effect(s) and --overwrite is false
    exit 1
    ");
    assert_snapshot!(bench.run("taint no node-1 a=x:NoSchedule --overwrite"), @"node/node-1 modified");
    assert_snapshot!(bench.run("taint nodes node-1 a- c:NoExecute-"), @"node/node-1 untainted");
    assert_snapshot!(bench.run(taints), @"");
    assert_snapshot!(bench.run("taint nodes node-1 a-"), @r#"
    ! error: taint "a" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("taint nodes node-1 a=b:Never"), @r"
    ! error: invalid taint effect: Never, unsupported taint effect
    ! See 'kubectl taint -h' for help and examples
    exit 1
    ");
}

#[test]
fn a_no_execute_taint_evicts_what_does_not_tolerate_it() {
    let mut bench = Bench::new();
    bench.run("run one --image=app:1.0");
    bench.sleep(3);
    let node = bench.run("get pod one -o jsonpath={.spec.nodeName}");
    bench.run(&format!("taint nodes {node} out=of-order:NoExecute"));
    bench.sleep(3);
    assert_snapshot!(bench.run("get pods"), @"! No resources found in default namespace.");
}

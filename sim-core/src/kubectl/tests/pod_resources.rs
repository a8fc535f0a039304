//! What a pod as a whole asks for (KEP-2837).

use insta::assert_snapshot;

use super::Bench;

const POD: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: whole}
spec:
  resources: {limits: {cpu: "1", memory: 200Mi}}
  containers:
  - {name: a, image: nginx, resources: {requests: {cpu: 100m}}}
  - {name: b, image: nginx, resources: {requests: {cpu: 200m}}}
"#;

#[test]
fn it_counts_instead_of_what_the_containers_ask_for() {
    let mut bench = Bench::new();
    bench.run("create quota q --hard=requests.cpu=2");
    bench.run_with("apply -f -", Some(POD));
    bench.pass(3000);
    let of_pod = "{.status.qosClass} {.spec.resources.requests}";
    assert_snapshot!(bench.run(&format!("get pod whole -o jsonpath='{of_pod}'")), @r#"Burstable {"cpu":"300m","memory":"200Mi"}"#);
    let node = bench.run("describe node node-1")
        + &bench.run("describe node node-2")
        + &bench.run("describe node node-3");
    assert_snapshot!(node.lines().find(|line| line.contains("whole")).unwrap_or_default(), @"  default                     whole    300m (7%)     1 (25%)     200Mi (2%)       200Mi (2%)     3s");
    assert_snapshot!(bench.run("get quota q --no-headers -o custom-columns=USED:.status.used"), @"map[requests.cpu:300m]");
}

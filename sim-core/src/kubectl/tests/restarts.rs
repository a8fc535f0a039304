//! Containers' own restart policies and rules, as a lab on a real v1.36.4 saw them.

use std::time::Duration;

use super::Bench;
use crate::engine::{ClusterConfig, TimingProfile};

const DEMO: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: restart-all-demo}
spec:
  restartPolicy: Never
  containers:
  - {name: main, image: "busybox:1.36", command: [sh, -c, sleep 3600]}
  - name: sidecar
    image: busybox:1.36
    command: [sh, -c, sleep 5; exit 1]
    restartPolicy: Always
    restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [1]}}]
"#;

#[test]
fn rules_are_refused_as_the_server_refuses_them() {
    let mut bench = Bench::whole();
    let without_policy = DEMO.replace("    restartPolicy: Always\n", "");
    let without_operator = DEMO.replace("operator: In, ", "");
    let texts = [without_policy, without_operator].map(|demo| bench.run_with("apply -f -", Some(&demo)));
    insta::assert_snapshot!(texts.concat(), @r#"
    ! The Pod "restart-all-demo" is invalid: spec.containers[1].restartPolicy: Required value: must specify restartPolicy when restart rules are used
    exit 1
    ! The Pod "restart-all-demo" is invalid: spec.containers[1].restartPolicyRules[0].exitCodes.operator: Unsupported value: "": supported values: "In", "NotIn"
    exit 1
    "#);
    let rules = "{action: Again}, {action: Restart, exitCodes: {operator: Eq}}";
    let wrong = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: wrong}}, spec: {{
           initContainers: [{{name: init, image: busybox, restartPolicyRules: [{rules}]}}],
           containers: [{{name: app, image: busybox, restartPolicy: Sometimes}}]}}}}"
    );
    insta::assert_snapshot!(bench.run_with("apply -f -", Some(&wrong)), @r#"
    ! The Pod "wrong" is invalid: 
    ! * spec.containers[0].restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"
    ! * spec.initContainers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used
    ! * spec.initContainers[0].restartPolicyRules[0].action: Unsupported value: "Again": supported values: "Restart", "RestartAllContainers"
    ! * spec.initContainers[0].restartPolicyRules[0].exitCodes: Required value: must be specified
    ! * spec.initContainers[0].restartPolicyRules[1].exitCodes.operator: Unsupported value: "Eq": supported values: "In", "NotIn"
    exit 1
    "#);
    let many = |count: usize, one: &str| vec![one; count].join(",");
    let rule = format!("{{action: Restart, exitCodes: {{operator: In, values: [{}]}}}}", many(256, "1"));
    let long = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: long}}, spec: {{containers: [{{name: app, image: busybox,
           restartPolicy: Never, restartPolicyRules: [{}, {rule}]}}]}}}}",
        many(20, "{action: Restart, exitCodes: {operator: In, values: [1]}}")
    );
    insta::assert_snapshot!(bench.run_with("apply -f -", Some(&long)), @r#"
    ! The Pod "long" is invalid: 
    ! * spec.containers[0].restartPolicyRules: Too many: 21: must have at most 20 items
    ! * spec.containers[0].restartPolicyRules[20].exitCodes.values: Too many: 256: must have at most 255 items
    exit 1
    "#);
}

#[test]
fn all_containers_of_a_pod_restart_when_one_ends_as_a_rule_says() {
    let profile = TimingProfile::named("kind").expect("a known profile");
    let mut bench = Bench::on(ClusterConfig::for_profile(profile, 1));
    bench.run_with("apply -f -", Some(DEMO));
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..200 {
        bench.cluster.advance(Duration::from_millis(100));
        let line = bench.run("get pod restart-all-demo --no-headers");
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        if seen.last() != Some(&words.join(" ")) {
            seen.push(words.join(" "));
        }
    }
    insta::assert_snapshot!(seen.join("\n"), @"
    restart-all-demo 0/2 ContainerCreating 0
    restart-all-demo 1/2 ContainerCreating 0
    restart-all-demo 2/2 Running 0
    restart-all-demo 1/2 Error 0
    restart-all-demo 0/2 RestartingAllContainers 2
    restart-all-demo 1/2 RestartingAllContainers 2
    restart-all-demo 2/2 Running 2
    restart-all-demo 1/2 Error 2
    restart-all-demo 0/2 RestartingAllContainers 4
    restart-all-demo 1/2 RestartingAllContainers 4
    restart-all-demo 2/2 Running 4
    ");
    let text = bench.run("describe pod restart-all-demo");
    let shown = text.lines().filter(|line| {
        [
            "Last State",
            "Reason:",
            "Message:",
            "Exit Code",
            "Restart",
            "Started:",
            "Finished:",
            "AllContainers",
        ]
        .iter()
        .any(|word| line.contains(word))
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
        Started:      Mon, 23 Nov 2026 12:00:19 +0000
      Last State:     Terminated
        Reason:       RestartingAllContainers
        Message:      The container is removed because RestartAllContainers in place
        Exit Code:    137
        Started:      Mon, 01 Jan 0001 00:00:00 +0000
        Finished:     Mon, 01 Jan 0001 00:00:00 +0000
      Restart Count:  2
        Started:      Mon, 23 Nov 2026 12:00:19 +0000
      Last State:     Terminated
        Reason:       RestartingAllContainers
        Message:      The container is removed because RestartAllContainers in place
        Exit Code:    137
        Started:      Mon, 01 Jan 0001 00:00:00 +0000
        Finished:     Mon, 01 Jan 0001 00:00:00 +0000
      Restart Count:  2
    AllContainersRestarting     False
    ");
    insta::assert_snapshot!(bench.run("logs restart-all-demo -c main --previous"), @r#"
    ! Error from server (BadRequest): previous terminated container "main" in pod "restart-all-demo" not found
    exit 1
    "#);
    let line = "get pod restart-all-demo -o yaml";
    let text = bench.run(line);
    let last = text.lines().skip_while(|line| !line.contains("lastState")).take(8);
    insta::assert_snapshot!(last.collect::<Vec<_>>().join("\n"), @"
    lastState:
      terminated:
        exitCode: 137
        finishedAt: null
        message: The container is removed because RestartAllContainers in place
        reason: RestartingAllContainers
        startedAt: null
    name: main
    ");
}

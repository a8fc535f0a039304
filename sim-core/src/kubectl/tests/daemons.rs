//! DaemonSets as a user meets them.

use insta::assert_snapshot;

use super::Bench;
use crate::engine::{ClusterConfig, TimingProfile};

const AGENT: &str = "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, labels: {app: agent}},
  spec: {selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}},
    spec: {containers: [{name: app, image: 'nginx:1.26'}]}}}}";

fn bench() -> Bench {
    let profile = TimingProfile::named("instant").expect("a known profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_nodes("node", 2);
    Bench::on(config)
}

/// Hashes and suffixes of generated names masked.
fn masked(bench: &Bench, text: &str) -> String {
    use crate::api::Kind;
    let mut text = text.to_owned();
    for kind in [Kind::Pod, Kind::ControllerRevision] {
        for (number, object) in bench.cluster.store().list(kind).enumerate() {
            let name = object.meta().name.as_deref().unwrap_or_default();
            text = text.replace(name, &format!("{}{number}", kind.name().to_uppercase()));
        }
    }
    text
}

#[test]
fn a_daemon_set_is_rolled_out_described_and_undone() {
    let mut bench = bench();
    assert_snapshot!(bench.run_with("apply -f -", Some(AGENT)), @"daemonset.apps/agent created");
    assert_snapshot!(bench.run("rollout status ds/agent"), @r#"
    Waiting for daemon set spec update to be observed...
    Waiting for daemon set "agent" rollout to finish: 0 out of 2 new pods have been updated...
    Waiting for daemon set "agent" rollout to finish: 0 of 2 updated pods are available...
    Waiting for daemon set "agent" rollout to finish: 1 of 2 updated pods are available...
    daemon set "agent" successfully rolled out
    "#);
    assert_snapshot!(bench.run("get ds -o wide"), @r"
    NAME    DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE   CONTAINERS   IMAGES       SELECTOR
    agent   2         2         2       2            2           <none>          0s    app          nginx:1.26   app=agent
    ");
    let all = bench.run("get all -l app=agent");
    assert_snapshot!(masked(&bench, &all), @r"
    NAME              READY   STATUS    RESTARTS   AGE
    pod/POD0   1/1     Running   0          0s
    pod/POD1   1/1     Running   0          0s

    NAME                   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE
    daemonset.apps/agent   2         2         2       2            2           <none>          0s
    ");
    let described = bench.run("describe ds agent");
    assert_snapshot!(masked(&bench, &described), @r"
    Name:           agent
    Namespace:      default
    Selector:       app=agent
    Node-Selector:  <none>
    Labels:         app=agent
    Annotations:    deprecated.daemonset.template.generation: 1
    Desired Number of Nodes Scheduled: 2
    Current Number of Nodes Scheduled: 2
    Number of Nodes Scheduled with Up-to-date Pods: 2
    Number of Nodes Scheduled with Available Pods: 2
    Number of Nodes Misscheduled: 0
    Pods Status:  2 Running / 0 Waiting / 0 Succeeded / 0 Failed
    Pod Template:
      Labels:  app=agent
      Containers:
       app:
        Image:         nginx:1.26
        Port:          <none>
        Host Port:     <none>
        Environment:   <none>
        Mounts:        <none>
      Volumes:         <none>
      Node-Selectors:  <none>
      Tolerations:     <none>
    Events:
      Type    Reason            Age   From                  Message
      ----    ------            ----  ----                  -------
      Normal  SuccessfulCreate  0s    daemonset-controller  Created pod: POD1
      Normal  SuccessfulCreate  0s    daemonset-controller  Created pod: POD0
    ");
    assert_snapshot!(bench.run("set image ds/agent app=nginx:1.27"), @"daemonset.apps/agent image updated");
    assert_snapshot!(bench.run("rollout status ds/agent"), @r#"
    Waiting for daemon set spec update to be observed...
    Waiting for daemon set "agent" rollout to finish: 0 out of 2 new pods have been updated...
    Waiting for daemon set "agent" rollout to finish: 0 out of 2 new pods have been updated...
    Waiting for daemon set "agent" rollout to finish: 1 out of 2 new pods have been updated...
    Waiting for daemon set "agent" rollout to finish: 1 out of 2 new pods have been updated...
    Waiting for daemon set "agent" rollout to finish: 1 out of 2 new pods have been updated...
    Waiting for daemon set "agent" rollout to finish: 1 of 2 updated pods are available...
    daemon set "agent" successfully rolled out
    "#);
    assert_snapshot!(bench.run("rollout history ds/agent"), @r"
    daemonset.apps/agent 
    REVISION  CHANGE-CAUSE
    1         <none>
    2         <none>
    ");
    assert_snapshot!(bench.run("rollout undo ds/agent").lines().next().unwrap(), @"daemonset.apps/agent rolled back");
    bench.run("rollout status ds/agent");
    assert_snapshot!(bench.run("rollout restart ds/agent"), @"daemonset.apps/agent restarted");
    assert_snapshot!(bench.run("rollout history ds/agent"), @r"
    daemonset.apps/agent 
    REVISION  CHANGE-CAUSE
    2         <none>
    3         <none>
    ");
    let drained = bench.run("drain node-1");
    assert_snapshot!(masked(&bench, &drained), @r#"
    node/node-1 cordoned
    ! error: unable to drain node "node-1" due to error: cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/POD0, continuing command...
    ! There are pending nodes to be drained:
    !  node-1
    ! cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/POD0
    exit 1
    "#);
    let drained = bench.run("drain node-1 --ignore-daemonsets");
    assert_snapshot!(masked(&bench, &drained), @r"
    node/node-1 already cordoned
    node/node-1 drained
    ! Warning: ignoring DaemonSet-managed Pods: default/POD0
    ");
    assert_snapshot!(bench.run("delete ds agent"), @r#"daemonset.apps "agent" deleted from default namespace"#);
}

#[test]
fn a_bad_daemon_set_is_refused() {
    let mut bench = bench();
    let bad = AGENT.replace(
        "template: {metadata: {labels: {app: agent}},",
        "updateStrategy: {rollingUpdate: {maxSurge: 1}}, template: {metadata: {labels: {app: other}},",
    );
    assert_snapshot!(bench.run_with("apply -f -", Some(&bad)), @r#"
    ! The DaemonSet "agent" is invalid: 
    ! * spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`
    ! * spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero
    exit 1
    "#);
}

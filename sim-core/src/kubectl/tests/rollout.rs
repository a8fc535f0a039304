//! Rollouts: the texts of the recordings `rolling-update` and `history-limit`.

use insta::assert_snapshot;
use k8s_openapi::api::apps::v1::StatefulSet;

use super::{Bench, web};

#[test]
fn a_rollout_is_followed_told_and_undone() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(2)));
    bench.run("rollout status sts/web");
    assert_snapshot!(bench.run("set image sts/web app=app:2.0"), @"statefulset.apps/web image updated");
    // The recordings' kubectl takes longer to start than the controller to look.
    bench.pass(100);
    let followed = "Waiting for partitioned roll out to finish: 0 out of 2 new pods have been updated...
Waiting for 1 pods to be ready...
Waiting for 1 pods to be ready...
Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...
Waiting for 1 pods to be ready...
Waiting for 1 pods to be ready...
partitioned roll out complete: 2 new pods have been updated...
";
    assert_eq!(bench.run("rollout status sts/web"), followed);
    assert_eq!(
        bench.run("rollout history sts/web"),
        "statefulset.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n"
    );
    assert_eq!(
        bench.run("rollout history sts/web --revision=2"),
        "statefulset.apps/web with revision #2\nPod Template:\n  Labels:\tapp=web\n  Containers:\n   app:\n    \
         Image:\tapp:2.0\n    Port:\t80/TCP (http)\n    Host Port:\t0/TCP (http)\n    \
         Environment:\t<none>\n    Mounts:\n      /data from data (rw)\n  Volumes:\t<none>\n  \
         Node-Selectors:\t<none>\n  Tolerations:\t<none>\n\n"
    );
    let warning = "! Warning: resource statefulsets/web was previously managed with 'kubectl apply'. Rolling back \
                   will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may \
                   cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' \
                   with your previous configuration file instead.\n";
    assert_eq!(bench.run("rollout undo sts/web"), format!("statefulset.apps/web rolled back\n{warning}"));
    bench.pass(100);
    assert_eq!(bench.run("rollout status sts/web"), followed);
    assert_eq!(
        bench.run("rollout undo sts/web --to-revision=3"),
        format!(
            "statefulset.apps/web skipped rollback (current template already matches revision 3)\n{warning}"
        )
    );
    assert_eq!(
        bench.run("rollout undo sts/web --to-revision=1"),
        format!("{warning}! error: unable to find specified revision 1 in history\nexit 1\n")
    );
}

#[test]
fn a_rollout_that_hangs_times_out() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(2)));
    bench.run("rollout status sts/web");
    bench.run("set image sts/web app=app:bad");
    bench.sleep(5);
    assert_snapshot!(bench.run("rollout status sts/web --timeout=2s"), @r"
    Waiting for 1 pods to be ready...
    ! error: timed out waiting for the condition
    exit 1
    ");
    assert_snapshot!(bench.run("rollout status sts/web -w=false"), @"Waiting for 1 pods to be ready...");
}

#[test]
fn deleting_waits_for_each_in_turn() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(2)));
    bench.run("rollout status sts/web");
    assert_snapshot!(bench.run("delete pod web-0 nope web-1"), @r#"
    pod "web-0" deleted from default namespace
    pod "web-1" deleted from default namespace
    ! Error from server (NotFound): pods "nope" not found
    exit 1
    "#);
    bench.run("rollout status sts/web");
    assert_snapshot!(bench.run("delete pods --all --timeout=100ms"), @r#"
    pod "web-0" deleted from default namespace
    pod "web-1" deleted from default namespace
    ! error: timed out waiting for the condition on pods/web-0
    exit 1
    "#);
    assert_snapshot!(bench.run("label sts,svc web tier=db"), @r"
    statefulset.apps/web labeled
    service/web labeled
    ");
    assert_snapshot!(bench.run("delete sts, web"), @r"
    ! error: arguments in resource/name form must have a single resource and name
    exit 1
    ");
    assert_snapshot!(bench.run("delete sts,svc web"), @r#"
    statefulset.apps "web" deleted from default namespace
    service "web" deleted from default namespace
    "#);
}

#[test]
fn a_dry_run_of_undo_shows_the_template_in_place_of_the_operation() {
    let mut bench = Bench::new();
    bench.run_with("create -f -", Some(&web(1)));
    bench.sleep(3);
    bench.run("create deployment api --image=nginx:1");
    bench.sleep(3);
    bench.run("set image sts/web app=app:2.0");
    bench.run("set image deploy/api nginx=nginx:2");
    bench.sleep(3);
    let mut text = String::new();
    for line in ["rollout undo sts/web --dry-run=client", "rollout undo deploy/api --dry-run=client"] {
        text.push_str(&bench.run(line));
    }
    insta::assert_snapshot!(text, @r"
    statefulset.apps/web will roll back to Pod Template:
      Labels:	app=web
      Containers:
       app:
        Image:	app:1.0
        Port:	80/TCP (http)
        Host Port:	0/TCP (http)
        Environment:	<none>
        Mounts:
          /data from data (rw)
      Volumes:	<none>
      Node-Selectors:	<none>
      Tolerations:	<none>
     (dry run)
    deployment.apps/api Pod Template:
      Labels:	app=api
    	pod-template-hash=5f76d5b599
      Containers:
       nginx:
        Image:	nginx:1
        Port:	<none>
        Host Port:	<none>
        Environment:	<none>
        Mounts:	<none>
      Volumes:	<none>
      Node-Selectors:	<none>
      Tolerations:	<none>
     (dry run)
    ");
}

#[test]
fn a_strategy_that_names_only_its_type_gets_no_parameters() {
    let mut bench = Bench::new();
    bench.run_with("create -f -", Some(&web(2)));
    bench.sleep(5);
    let text = [
        r#"patch sts web -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'"#,
        r#"patch sts web -p '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}'"#,
        "get sts web -o jsonpath={.spec.updateStrategy}",
        "set image sts/web app=app:2.0",
        "rollout status sts/web",
    ]
    .map(|line| format!("$ {line}\n{}", bench.run(line)));
    insta::assert_snapshot!(text.concat(), @r#"
    $ patch sts web -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'
    statefulset.apps/web patched
    $ patch sts web -p '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}'
    statefulset.apps/web patched
    $ get sts web -o jsonpath={.spec.updateStrategy}
    {"type":"RollingUpdate"}$ set image sts/web app=app:2.0
    statefulset.apps/web image updated
    $ rollout status sts/web
    Waiting for statefulset spec update to be observed...
    waiting for statefulset rolling update to complete 0 pods at revision web-7898c5d78c...
    Waiting for 1 pods to be ready...
    Waiting for 1 pods to be ready...
    waiting for statefulset rolling update to complete 1 pods at revision web-7898c5d78c...
    Waiting for 1 pods to be ready...
    Waiting for 1 pods to be ready...
    statefulset rolling update complete 2 pods at revision web-7898c5d78c...
    "#);
}

#[test]
fn the_status_of_a_deployment_does_not_say_why_its_pods_do_not_run() {
    let mut bench = Bench::new();
    bench.run("create deployment api --image=app:bad");
    bench.sleep(5);
    insta::assert_snapshot!(bench.run("rollout status deploy/api --timeout=2s"), @r#"
    Waiting for deployment "api" rollout to finish: 0 of 1 updated replicas are available...
    ! error: timed out waiting for the condition
    exit 1
    "#);
}

#[test]
fn a_dry_run_of_no_kind_is_the_clients_and_deprecated() {
    let mut bench = Bench::new();
    insta::assert_snapshot!(bench.run("create ns x --dry-run"), @r"
    namespace/x created (dry run)
    ! W1123 12:00:00.003000       1 helpers.go:719] --dry-run is deprecated and can be replaced with --dry-run=client.
    ");
}

#[test]
fn a_set_that_adopts_pods_of_another_template_never_counts_less_than_none_of_its_own() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(2)));
    bench.run("rollout status sts/web");
    bench.run("delete sts web --cascade=orphan");
    bench.pass(100);
    let before = bench.cluster.store().revision();
    bench.run_with("apply -f -", Some(&web(2).replace("app:1.0", "app:2.0")));
    bench.pass(200);
    // It deletes web-1 and counts one off the pods of its current revision, of which there are none: the API server
    // refuses the status, and the next one is written without.
    let counts: Vec<String> = bench
        .cluster
        .store()
        .log()
        .since(before)
        .filter_map(|change| change.object.as_ref::<StatefulSet>()?.status.clone())
        .map(|status| format!("{} {:?}", status.replicas, status.current_replicas))
        .collect();
    assert_eq!(counts, ["0 None", "2 None"]);
    bench.run("rollout status sts/web");
    let refused = bench
        .run("patch sts web --subresource=status --type=merge -p '{\"status\":{\"currentReplicas\":-1}}'");
    assert_eq!(
        refused,
        "! The StatefulSet \"web\" is invalid: status.currentReplicas: Invalid value: -1: must be greater than or \
         equal to 0\nexit 1\n"
    );
}

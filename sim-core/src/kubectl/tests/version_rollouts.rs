//! What rows of [`crate::api::differences`] say besides: how StatefulSets roll out and shrink in each release, and second
//! halves.

use std::time::Duration;

use insta::assert_snapshot;

use super::Bench;
use super::versions::{SET, job, resolves, text_of_rows};
use crate::api::{Feature, KubernetesVersion as V};

fn set(policy: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: web}}
spec:
  replicas: 3
  podManagementPolicy: {policy}
  {spec}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{{name: app, image: busybox, command: [sleep, '1000']}}]
"
    )
}

/// What `see` shows in each release that differs from the one before.
fn by_release(see: impl Fn(&mut Bench) -> String) -> String {
    let mut text = String::new();
    let mut last = None;
    for version in V::ALL {
        let seen = see(&mut Bench::of_version(*version));
        if last.as_ref() != Some(&seen) {
            text.push_str(&format!("from {version}:\n{seen}\n"));
        }
        last = Some(seen);
    }
    text
}

fn command(bench: &mut Bench, word: &str) {
    let container = format!(r#"{{"name":"app","command":["sleep","{word}"]}}"#);
    bench.run(&format!(
        r#"patch sts web -p '{{"spec":{{"template":{{"spec":{{"containers":[{container}]}}}}}}}}'"#
    ));
}

#[test]
fn a_broken_parallel_rollout_is_not_undone_where_max_unavailable_is_obeyed() {
    let seen = by_release(|bench| {
        bench.run_with("apply -f -", Some(&set("Parallel", "")));
        bench.sleep(5);
        command(bench, "nonsense");
        bench.sleep(60);
        command(bench, "2000");
        bench.sleep(60);
        bench.run("get pods -o 'custom-columns=NAME:.metadata.name,COMMAND:.spec.containers[0].command[1]'")
    });
    assert_snapshot!(seen);
}

#[test]
fn as_many_pods_are_updated_at_a_time_as_may_be_unavailable() {
    let seen = by_release(|bench| {
        let strategy = "minReadySeconds: 30\n  updateStrategy: {rollingUpdate: {maxUnavailable: 2}}";
        bench.run_with("apply -f -", Some(&set("OrderedReady", strategy)));
        bench.sleep(200);
        command(bench, "2000");
        bench.sleep(20);
        bench.run("get pods -o 'custom-columns=NAME:.metadata.name,COMMAND:.spec.containers[0].command[1]'")
    });
    assert_snapshot!(seen);
}

#[test]
fn a_pod_that_is_not_available_yet_holds_up_its_own_deletion_in_older_releases() {
    let seen = by_release(|bench| {
        bench.run_with("apply -f -", Some(&set("OrderedReady", "minReadySeconds: 30")));
        bench.sleep(75);
        bench.run("scale sts web --replicas=1");
        bench.sleep(5);
        bench.run("get pods")
    });
    assert_snapshot!(seen);
}

#[test]
fn only_the_release_that_obeys_max_unavailable_defaults_it() {
    let mut text = String::new();
    let rolling = SET.replace("maxUnavailable: 2", "partition: 0");
    let on_delete =
        SET.replace("{rollingUpdate: {maxUnavailable: 2}}", "{type: OnDelete}").replace("web", "own");
    for version in V::ALL {
        let mut bench = Bench::of_version(*version);
        for manifest in [&rolling, &on_delete] {
            bench.run_with("apply -f -", Some(manifest));
        }
        text.push_str(&format!("{version}: "));
        text.push_str(&bench.run("get sts -o jsonpath='{.items[*].spec.updateStrategy}'"));
        text.push('\n');
    }
    assert_snapshot!(text, @r#"
    1.27: {"type":"OnDelete"} {"rollingUpdate":{"partition":0},"type":"RollingUpdate"}
    1.31: {"type":"OnDelete"} {"rollingUpdate":{"partition":0},"type":"RollingUpdate"}
    1.34: {"type":"OnDelete"} {"rollingUpdate":{"partition":0},"type":"RollingUpdate"}
    1.35.0: {"type":"OnDelete"} {"rollingUpdate":{"maxUnavailable":1,"partition":0},"type":"RollingUpdate"}
    1.35.4: {"type":"OnDelete"} {"rollingUpdate":{"partition":0},"type":"RollingUpdate"}
    1.36: {"type":"OnDelete"} {"rollingUpdate":{"partition":0},"type":"RollingUpdate"}
    "#);
}

/// The halves of rows that `versions` leaves out.
fn shown_besides(feature: Feature, bench: &mut Bench) -> Option<String> {
    Some(match feature {
        Feature::PodIndexLabel => {
            bench.run_with("apply -f -", Some(&job("completions: 1, completionMode: Indexed,")));
            bench.cluster.advance(Duration::from_secs(3));
            let label = r"{.items[0].metadata.labels.batch\.kubernetes\.io/job-completion-index}";
            let source = "{.items[0].spec.containers[0].env[0].valueFrom.fieldRef.fieldPath}";
            bench.run(&format!("get pods -l job-name=work -o jsonpath='{label} {source}'"))
        }
        Feature::VolumeAttributesClass => bench.run("get pv").lines().next().unwrap_or_default().to_owned(),
        Feature::UncachedDns => {
            resolves(bench, "late");
            bench.run("create service clusterip late --tcp=80");
            bench.cluster.advance(Duration::from_secs(29));
            let early = resolves(bench, "late");
            bench.cluster.advance(Duration::from_secs(2));
            format!("after 29 s {early}, after 31 s {}", resolves(bench, "late"))
        }
        Feature::AccountsWithoutSecrets => bench.run("describe sa default"),
        Feature::EndpointsDeprecated => bench.run("get ep kubernetes --no-headers"),
        _ => return None,
    })
}

#[test]
fn the_other_half_of_a_row_shows_too() {
    let text = text_of_rows(shown_besides);
    assert_snapshot!(text, @r"
    PodIndexLabel
        from 1.27:  metadata.annotations['batch.kubernetes.io/job-completion-index']
        from 1.31: 0 metadata.labels['batch.kubernetes.io/job-completion-index']
    VolumeAttributesClass
        from 1.27: NAME                                       CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS   CLAIM                STORAGECLASS   REASON   AGE
        from 1.31: NAME                                       CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS   CLAIM                STORAGECLASS   VOLUMEATTRIBUTESCLASS   REASON   AGE
    UncachedDns
        from 1.27: after 29 s not found, after 31 s found
        from 1.34: after 29 s found, after 31 s found
    AccountsWithoutSecrets
        from 1.27: Name:                default
            Namespace:           default
            Labels:              <none>
            Annotations:         <none>
            Image pull secrets:  <none>
            Mountable secrets:   <none>
            Tokens:              <none>
            Events:              <none>
        from 1.35.0: Name:                default
            Namespace:           default
            Labels:              <none>
            Annotations:         <none>
            Image pull secrets:  <none>
            Events:              <none>
    EndpointsDeprecated
        from 1.27: kubernetes   10.0.1.11:443   6d23h
        from 1.34: kubernetes   10.0.1.11:443   6d23h
            ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ");
}

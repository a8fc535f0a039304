//! What surprises people about StatefulSets, each in fewer than five commands, as a transcript.
//!
//! The numbers are kubernetes/kubernetes issues and pull requests. The clock's words are no commands.

use sim_core::api::KubernetesVersion;
use sim_core::engine::{ClusterConfig, TimingProfile};
use sim_core::kubectl::Stream;
use sim_core::session::{MemoryFiles, Session};

/// The Service and the set of most walks. `SET` and `CONTAINER` stand for more fields.
const WEB: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 3
  SET
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx:1.27, CONTAINER}]}
";

/// A set whose pods have a claim each. `SET` stands for more fields.
const DATA: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  SET
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: nginx, image: 'nginx:1.27', volumeMounts: [{name: data, mountPath: /data}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

/// A probe that asks the server itself, and is quick to tell.
const PROBE: &str = "readinessProbe: {httpGet: {port: 80}, periodSeconds: 1, failureThreshold: 1}";

/// Words of the clock, which goes on by itself at a prompt.
const CLOCK: &[&str] = &["settle", "advance"];

/// [`WEB`] with those fields of the set and of its container.
fn web(set: &str, container: &str) -> String {
    WEB.replace("SET", set).replace("CONTAINER", container)
}

/// [`DATA`] with those fields of the set.
fn data(set: &str) -> String {
    DATA.replace("SET", set)
}

/// Plays a script on a cluster of that release, with `web.yaml` and `new.yaml` at hand, and returns what a terminal shows.
fn walk_on(version: KubernetesVersion, web: &str, new: &str, script: &str) -> String {
    let mut config = ClusterConfig::for_profile(TimingProfile::named("kind").expect("it is built in"), 14);
    config.set_kubernetes_version(version);
    let mut session = Session::new(config);
    let files = MemoryFiles::new([("web.yaml", web), ("new.yaml", new)]);
    let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_command = |line: &&&str| !CLOCK.iter().any(|word| line.starts_with(word));
    assert!(lines.iter().filter(is_command).count() < 5, "a surprise takes fewer than five commands");
    let mut shown = String::new();
    for line in lines {
        shown.push_str(&format!("$ {line}\n"));
        for chunk in session.run(line, None, &files) {
            let mark = if chunk.stream == Stream::Err { "! " } else { "" };
            // Templates end their output without a newline.
            shown.extend(chunk.text.lines().map(|line| format!("{mark}{}\n", line.trim_end())));
        }
    }
    shown
}

/// [`walk_on`] of today's release.
fn walk(web: &str, script: &str) -> String {
    walk_on(KubernetesVersion::default(), web, "", script)
}

#[test]
fn a_broken_rollout_stays_broken_after_the_template_is_right_again() {
    // #67250, #60164, #88896
    insta::assert_snapshot!(walk(&web("", "").replace("nginx:1.27", "nginx:typo"), "
        apply -f web.yaml
        advance 30s
        set image sts/web nginx=nginx:1.27
        advance 10m
        get pods
        delete pod web-0
        settle
    "), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ advance 30s
    $ set image sts/web nginx=nginx:1.27
    statefulset.apps/web image updated
    $ advance 10m
    $ get pods
    NAME    READY   STATUS             RESTARTS   AGE
    web-0   0/1     ImagePullBackOff   0          10m
    $ delete pod web-0
    pod "web-0" deleted from default namespace
    $ settle
    settled after 5.747s
    "#);
}

#[test]
fn a_parallel_set_updates_past_a_pod_that_is_not_ready_and_an_ordered_one_does_not() {
    // #96218
    let script = "
        apply -f web.yaml
        settle
        fault probe web-0 readiness fail
        advance 3s
        set image sts/web nginx=nginx:1.28
        advance 1m
        get pods -L controller-revision-hash
    ";
    insta::assert_snapshot!(walk(&web("podManagementPolicy: Parallel", PROBE), script), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 2.752s
    $ fault probe web-0 readiness fail
    the readiness probe of pod default/web-0 fails
    $ advance 3s
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ advance 1m
    $ get pods -L controller-revision-hash
    NAME    READY   STATUS    RESTARTS   AGE   CONTROLLER-REVISION-HASH
    web-0   1/1     Running   0          55s   web-6cfcf5ddd7
    web-1   1/1     Running   0          57s   web-6cfcf5ddd7
    web-2   1/1     Running   0          59s   web-6cfcf5ddd7
    ");
    insta::assert_snapshot!(walk(&web("", PROBE), script), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ fault probe web-0 readiness fail
    the readiness probe of pod default/web-0 fails
    $ advance 3s
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ advance 1m
    $ get pods -L controller-revision-hash
    NAME    READY   STATUS    RESTARTS   AGE   CONTROLLER-REVISION-HASH
    web-0   0/1     Running   0          69s   web-84dc644c9b
    web-1   1/1     Running   0          68s   web-84dc644c9b
    web-2   1/1     Running   0          65s   web-84dc644c9b
    ");
}

#[test]
fn max_unavailable_is_obeyed_in_one_release_and_vanishes_in_the_others() {
    // #137409, #137904, #137926
    let set = web("updateStrategy: {rollingUpdate: {maxUnavailable: 2}}", "");
    let script = "
        apply -f web.yaml
        settle
        get sts web -o jsonpath={.spec.updateStrategy}
        set image sts/web nginx=nginx:1.28
        get pods
    ";
    let on = |version| walk_on(version, &set, "", script);
    insta::assert_snapshot!(on(KubernetesVersion::V1_35_0), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ get sts web -o jsonpath={.spec.updateStrategy}
    {"rollingUpdate":{"maxUnavailable":2,"partition":0},"type":"RollingUpdate"}
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ get pods
    NAME    READY   STATUS        RESTARTS   AGE
    web-0   1/1     Running       0          6s
    web-1   0/1     Terminating   0          5s
    web-2   0/1     Terminating   0          2s
    "#);
    insta::assert_snapshot!(on(KubernetesVersion::V1_36), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ get sts web -o jsonpath={.spec.updateStrategy}
    {"rollingUpdate":{"partition":0},"type":"RollingUpdate"}
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ get pods
    NAME    READY   STATUS        RESTARTS   AGE
    web-0   1/1     Running       0          6s
    web-1   1/1     Running       0          5s
    web-2   0/1     Terminating   0          2s
    "#);
    assert_eq!(on(KubernetesVersion::V1_35_4), on(KubernetesVersion::V1_36));
}

#[test]
fn a_parallel_set_recovers_from_a_broken_rollout_but_not_where_max_unavailable_is_on() {
    // #137409
    let set = web("podManagementPolicy: Parallel", "").replace("nginx:1.27", "nginx:typo");
    let script = "
        apply -f web.yaml
        advance 30s
        set image sts/web nginx=nginx:1.27
        advance 1m
        get pods
    ";
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_35_0, &set, "", script), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ advance 30s
    $ set image sts/web nginx=nginx:1.27
    statefulset.apps/web image updated
    $ advance 1m
    $ get pods
    NAME    READY   STATUS             RESTARTS   AGE
    web-0   0/1     ImagePullBackOff   0          90s
    web-1   0/1     ImagePullBackOff   0          90s
    web-2   0/1     ImagePullBackOff   0          90s
    ");
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_35_4, &set, "", script), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ advance 30s
    $ set image sts/web nginx=nginx:1.27
    statefulset.apps/web image updated
    $ advance 1m
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   1/1     Running   0          56s
    web-1   1/1     Running   0          58s
    web-2   1/1     Running   0          60s
    ");
}

#[test]
fn claim_templates_are_immutable_and_orphaning_is_the_way_round() {
    // #68737, #69041, KEP-4650
    let new = data("").replace("1Gi", "2Gi").replace("replicas: 2", "replicas: 3");
    let forbidden = "
        apply -f web.yaml
        apply -f new.yaml
    ";
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_36, &data(""), &new, forbidden), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ apply -f new.yaml
    ! The StatefulSet "web" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden
    "#);
    let round = "
        apply -f web.yaml
        settle
        delete sts web --cascade=orphan
        apply -f new.yaml
        settle
        get pods,pvc -o custom-columns=KIND:.kind,NAME:.metadata.name,OWNER:.metadata.ownerReferences[*].name,SIZE:.spec.resources.requests.storage
    ";
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_36, &data(""), &new, round), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ delete sts web --cascade=orphan
    statefulset.apps "web" deleted from default namespace
    $ apply -f new.yaml
    statefulset.apps/web created
    $ settle
    settled after 4.051s
    $ get pods,pvc -o custom-columns=KIND:.kind,NAME:.metadata.name,OWNER:.metadata.ownerReferences[*].name,SIZE:.spec.resources.requests.storage
    KIND                    NAME         OWNER    SIZE
    Pod                     web-0        web      <none>
    Pod                     web-1        web      <none>
    Pod                     web-2        web      <none>
    PersistentVolumeClaim   data-web-0   <none>   1Gi
    PersistentVolumeClaim   data-web-1   <none>   1Gi
    PersistentVolumeClaim   data-web-2   <none>   2Gi
    "#);
}

#[test]
fn claims_outlive_their_pods_and_their_set() {
    // #55045, KEP-1847
    insta::assert_snapshot!(walk(&data(""), "
        apply -f web.yaml
        settle
        scale sts web --replicas=1
        settle
        delete sts web
        settle
        get pods,pvc -o name
    "), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ settle
    settled after 0.169s
    $ delete sts web
    statefulset.apps "web" deleted from default namespace
    $ settle
    settled after 0.179s
    $ get pods,pvc -o name
    persistentvolumeclaim/data-web-0
    persistentvolumeclaim/data-web-1
    "#);
}

#[test]
fn a_claim_that_should_go_with_the_scale_down_stays_when_its_pod_was_deleted_by_hand() {
    // #99728
    let set = data("persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}");
    insta::assert_snapshot!(walk(&set, "
        apply -f web.yaml
        settle
        scale sts web --replicas=1
        settle
        get pods,pvc -o name
    "), @r"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ settle
    settled after 0.196s
    $ get pods,pvc -o name
    pod/web-0
    persistentvolumeclaim/data-web-0
    ");
    insta::assert_snapshot!(walk(&set, "
        apply -f web.yaml
        settle
        delete pod web-0 web-1
        scale sts web --replicas=1
        settle
        get pods,pvc -o name
    "), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ delete pod web-0 web-1
    pod "web-0" deleted from default namespace
    pod "web-1" deleted from default namespace
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ settle
    settled after 0.678s
    $ get pods,pvc -o name
    pod/web-0
    persistentvolumeclaim/data-web-0
    persistentvolumeclaim/data-web-1
    "#);
}

#[test]
fn claim_templates_show_a_status_of_pending_while_the_claims_are_bound() {
    // #80473, #65706
    insta::assert_snapshot!(walk(&data(""), "
        apply -f web.yaml
        settle
        get sts web -o jsonpath={.spec.volumeClaimTemplates[0].status}
        get pvc -o custom-columns=NAME:.metadata.name,STATUS:.status.phase
    "), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ get sts web -o jsonpath={.spec.volumeClaimTemplates[0].status}
    {"phase":"Pending"}
    $ get pvc -o custom-columns=NAME:.metadata.name,STATUS:.status.phase
    NAME         STATUS
    data-web-0   Bound
    data-web-1   Bound
    "#);
}

#[test]
fn a_claim_deleted_before_its_pod_comes_back_empty() {
    // #89910
    let set = data("").replace("replicas: 2", "replicas: 1");
    insta::assert_snapshot!(walk(&set, "
        apply -f web.yaml
        settle
        exec web-0 -- sh -c 'echo mine > /data/marker; ls /data'
        delete pvc/data-web-0 pod/web-0
        settle
        exec web-0 -- ls -A /data
    "), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 3.807s
    $ exec web-0 -- sh -c 'echo mine > /data/marker; ls /data'
    marker
    $ delete pvc/data-web-0 pod/web-0
    persistentvolumeclaim "data-web-0" deleted from default namespace
    pod "web-0" deleted from default namespace
    $ settle
    settled after 2.906s
    $ exec web-0 -- ls -A /data
    "#);
}

#[test]
fn a_pod_on_a_dead_node_is_not_replaced_and_a_deployments_is() {
    // #72226, #55713
    let deployment = "---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: nginx, image: nginx:1.27}]}
";
    insta::assert_snapshot!(walk(&(web("", "") + deployment), "
        apply -f web.yaml
        settle
        fault node kind-worker2 stop
        advance 24h
        get pods -o wide
        get sts,deploy
    "), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    deployment.apps/api created
    $ settle
    settled after 4.078s
    $ fault node kind-worker2 stop
    node kind-worker2 stops
    $ advance 24h
    $ get pods -o wide
    NAME                   READY   STATUS        RESTARTS   AGE   IP           NODE           NOMINATED NODE   READINESS GATES
    api-58dc6c6d98-dclv8   1/1     Running       0          23h   10.244.2.4   kind-worker3   <none>           <none>
    api-58dc6c6d98-k7mdz   1/1     Terminating   0          24h   10.244.1.3   kind-worker2   <none>           <none>
    api-58dc6c6d98-mr4l6   1/1     Running       0          24h   10.244.2.2   kind-worker3   <none>           <none>
    api-58dc6c6d98-xvzvn   1/1     Running       0          24h   10.244.0.2   kind-worker    <none>           <none>
    web-0                  1/1     Terminating   0          24h   10.244.1.2   kind-worker2   <none>           <none>
    web-1                  1/1     Running       0          24h   10.244.2.3   kind-worker3   <none>           <none>
    web-2                  1/1     Running       0          24h   10.244.0.3   kind-worker    <none>           <none>
    $ get sts,deploy
    NAME                   READY   AGE
    statefulset.apps/web   2/3     24h

    NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
    deployment.apps/api   3/3     3            3           24h
    ");
}

#[test]
fn a_name_asked_for_too_early_stays_unknown_for_half_a_minute() {
    // #92559
    let pod = "---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: sh, image: nginx:1.27, command: [sh, -c, 'while date +%T; do getent hosts web-2.web; sleep 5; done']}]}
";
    let set = web("minReadySeconds: 5", "") + pod;
    let set = set.replace("ports: [{port: 80}]", "ports: [{port: 80}], publishNotReadyAddresses: true");
    let script = "
        apply -f web.yaml
        advance 50s
        get pods
        logs client
    ";
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_31, &set, "", script), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    pod/client created
    $ advance 50s
    $ get pods
    NAME     READY   STATUS    RESTARTS   AGE
    client   1/1     Running   0          50s
    web-0    1/1     Running   0          50s
    web-1    1/1     Running   0          44s
    web-2    1/1     Running   0          37s
    $ logs client
    12:00:02
    12:00:07
    12:00:12
    12:00:17
    12:00:22
    12:00:27
    12:00:32
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:37
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:42
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:47
    10.244.0.3      web-2.web.default.svc.cluster.local
    ");
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_36, &set, "", script), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    pod/client created
    $ advance 50s
    $ get pods
    NAME     READY   STATUS    RESTARTS   AGE
    client   1/1     Running   0          50s
    web-0    1/1     Running   0          50s
    web-1    1/1     Running   0          44s
    web-2    1/1     Running   0          37s
    $ logs client
    12:00:02
    12:00:07
    12:00:12
    12:00:17
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:22
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:27
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:32
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:37
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:42
    10.244.0.3      web-2.web.default.svc.cluster.local
    12:00:47
    10.244.0.3      web-2.web.default.svc.cluster.local
    ");
}

#[test]
fn peers_that_wait_for_each_others_names_wait_for_ever() {
    // #66234
    let probe = "readinessProbe: {exec: {command: [sh, -c, getent hosts web-0.web web-1.web web-2.web]}}";
    insta::assert_snapshot!(walk(&web("podManagementPolicy: Parallel", probe), r#"
        apply -f web.yaml
        advance 10m
        get pods
        patch svc web -p '{"spec":{"publishNotReadyAddresses":true}}'
        advance 1m
        get pods
    "#), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ advance 10m
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   0/1     Running   0          10m
    web-1   0/1     Running   0          10m
    web-2   0/1     Running   0          10m
    $ patch svc web -p '{"spec":{"publishNotReadyAddresses":true}}'
    service/web patched
    $ advance 1m
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   1/1     Running   0          11m
    web-1   1/1     Running   0          11m
    web-2   1/1     Running   0          11m
    "#);
}

#[test]
fn a_scale_down_waits_for_a_pod_that_stays_and_not_for_the_one_that_goes() {
    // #36333, #57865
    insta::assert_snapshot!(walk(&web("", PROBE), "
        apply -f web.yaml
        settle
        fault probe web-0 readiness fail
        advance 3s
        scale sts web --replicas=1
        advance 10m
        get pods
    "), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ fault probe web-0 readiness fail
    the readiness probe of pod default/web-0 fails
    $ advance 3s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ advance 10m
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   0/1     Running   0          10m
    web-1   1/1     Running   0          10m
    web-2   1/1     Running   0          10m
    ");
    insta::assert_snapshot!(walk(&web("", PROBE), "
        apply -f web.yaml
        settle
        fault probe web-2 readiness fail
        advance 3s
        scale sts web --replicas=1
        advance 10m
        get pods
    "), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ fault probe web-2 readiness fail
    the readiness probe of pod default/web-2 fails
    $ advance 3s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ advance 10m
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   1/1     Running   0          10m
    ");
}

#[test]
fn min_ready_seconds_holds_up_a_scale_down() {
    insta::assert_snapshot!(walk(&web("minReadySeconds: 30", ""), "
        apply -f web.yaml
        settle
        delete pod web-0
        scale sts web --replicas=2
        get pods -w
    "), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 94.948s
    $ delete pod web-0
    pod "web-0" deleted from default namespace
    $ scale sts web --replicas=2
    statefulset.apps/web scaled
    $ get pods -w
    NAME    READY   STATUS              RESTARTS   AGE
    web-0   0/1     ContainerCreating   0          0s
    web-1   1/1     Running             0          64s
    web-2   1/1     Running             0          32s
    web-0   0/1     ContainerCreating   0          0s
    web-0   1/1     Running             0          1s
    web-2   1/1     Terminating         0          63s
    web-2   0/1     Terminating         0          63s
    web-2   0/1     Completed           0          63s
    web-2   0/1     Completed           0          63s
    web-2   0/1     Completed           0          63s
    "#);
}

#[test]
fn a_pod_that_is_not_available_yet_once_held_up_its_own_deletion() {
    // #123918, #130909
    let set = web("minReadySeconds: 30", "").replace("replicas: 3", "replicas: 2");
    let script = "
        apply -f web.yaml
        advance 40s
        get pods
        scale sts web --replicas=1
        advance 10m
        get pods
    ";
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_31, &set, "", script), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ advance 40s
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   1/1     Running   0          40s
    web-1   1/1     Running   0          9s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ advance 10m
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   1/1     Running   0          10m
    web-1   1/1     Running   0          10m
    ");
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_36, &set, "", script), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ advance 40s
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   1/1     Running   0          40s
    web-1   1/1     Running   0          9s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ advance 10m
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   1/1     Running   0          10m
    ");
}

/// The image of each pod.
const IMAGES: &str = "get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image";

#[test]
fn a_pod_below_the_partition_comes_back_on_its_old_revision() {
    // #119685, #120731
    let set = web("updateStrategy: {rollingUpdate: {partition: 2}}", "");
    insta::assert_snapshot!(walk(&set, &format!("
        apply -f web.yaml
        settle
        set image sts/web nginx=nginx:1.28
        settle
        delete pod web-0 web-2
        settle
        {IMAGES}
    ")), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ settle
    settled after 2.199s
    $ delete pod web-0 web-2
    pod "web-0" deleted from default namespace
    pod "web-2" deleted from default namespace
    $ settle
    settled after 1.396s
    $ get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image
    NAME    IMAGE
    web-0   nginx:1.27
    web-1   nginx:1.27
    web-2   nginx:1.28
    "#);
}

#[test]
fn a_set_that_was_empty_forgets_what_its_partition_held_back() {
    // #121534
    let set = web("updateStrategy: {rollingUpdate: {partition: 2}}", "");
    let set = set.replace("replicas: 3", "replicas: 0");
    insta::assert_snapshot!(walk(&set, &format!("
        apply -f web.yaml
        settle
        set image sts/web nginx=nginx:1.28
        settle
        scale sts web --replicas=3
        settle
        {IMAGES}
    ")), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 0.012s
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ settle
    settled after 0.014s
    $ scale sts web --replicas=3
    statefulset.apps/web scaled
    $ settle
    settled after 6.557s
    $ get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image
    NAME    IMAGE
    web-0   nginx:1.28
    web-1   nginx:1.28
    web-2   nginx:1.28
    ");
}

#[test]
fn raising_the_partition_rolls_nothing_back() {
    // #91676
    let raise = r#"patch sts web -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":3}}}}'"#;
    let set = web("updateStrategy: {rollingUpdate: {partition: 2}}", "");
    insta::assert_snapshot!(walk(&set, &format!("
        apply -f web.yaml
        settle
        set image sts/web nginx=nginx:1.28
        settle
        {raise}
        settle
        {IMAGES}
    ")), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ settle
    settled after 2.199s
    $ patch sts web -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":3}}}}'
    statefulset.apps/web patched
    $ settle
    settled after 0.014s
    $ get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image
    NAME    IMAGE
    web-0   nginx:1.27
    web-1   nginx:1.27
    web-2   nginx:1.28
    "#);
}

#[test]
fn a_pod_deleted_in_the_middle_of_a_rollout_comes_back_as_the_strategy_was_written() {
    // #70442
    let script = format!(
        "
        apply -f web.yaml
        settle
        set image sts/web nginx=nginx:1.28
        delete pod web-0
        {IMAGES}
        settle
    "
    );
    // No strategy at all is defaulted to one with a partition of 0, at and above which all is new.
    insta::assert_snapshot!(walk(&web("", ""), &script), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ delete pod web-0
    pod "web-0" deleted from default namespace
    $ get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image
    NAME    IMAGE
    web-0   nginx:1.28
    web-1   nginx:1.27
    $ settle
    settled after 6.416s
    "#);
    insta::assert_snapshot!(walk(&web("updateStrategy: {type: RollingUpdate}", ""), &script), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ delete pod web-0
    pod "web-0" deleted from default namespace
    $ get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image
    NAME    IMAGE
    web-0   nginx:1.27
    web-1   nginx:1.27
    $ settle
    settled after 7.195s
    "#);
}

#[test]
fn a_deleted_pod_0_comes_back_while_those_that_need_it_are_not_ready() {
    // #38418 was a deadlock; since #40838 a pod waits for those below it only.
    let probe = "readinessProbe: {exec: {command: [sh, -c, '[ $HOSTNAME = web-0 ] || curl -sf web-0.web']}, periodSeconds: 1, failureThreshold: 1}";
    insta::assert_snapshot!(walk(&web("", probe), "
        apply -f web.yaml
        settle
        delete pod web-0
        get pods -w
    "), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ delete pod web-0
    pod "web-0" deleted from default namespace
    $ get pods -w
    NAME    READY   STATUS              RESTARTS   AGE
    web-0   0/1     ContainerCreating   0          0s
    web-1   1/1     Running             0          5s
    web-2   1/1     Running             0          2s
    web-0   0/1     ContainerCreating   0          1s
    web-1   0/1     Running             0          6s
    web-2   0/1     Running             0          3s
    web-0   1/1     Running             0          1s
    "#);
}

#[test]
fn a_pod_0_that_needs_pod_1_is_a_deadlock_once_both_are_gone() {
    // #38418 the other way round; publishing names early does not help, for there is no pod to name.
    let probe = "readinessProbe: {exec: {command: [sh, -c, '[ $HOSTNAME != web-0 ] || curl -sf web-1.web']}, periodSeconds: 1}";
    insta::assert_snapshot!(walk(&web("", probe), "
        apply -f web.yaml
        advance 10m
        get pods
        get sts
    "), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ advance 10m
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   0/1     Running   0          10m
    $ get sts
    NAME   READY   AGE
    web    0/3     10m
    ");
}

#[test]
fn the_pod_of_the_partitions_own_ordinal_is_updated() {
    // website #7057
    let set = web("updateStrategy: {rollingUpdate: {partition: 1}}", "");
    insta::assert_snapshot!(walk(&set, &format!("
        apply -f web.yaml
        settle
        set image sts/web nginx=nginx:1.28
        rollout status sts/web
        {IMAGES}
    ")), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ set image sts/web nginx=nginx:1.28
    statefulset.apps/web image updated
    $ rollout status sts/web
    Waiting for 1 pods to be ready...
    Waiting for 1 pods to be ready...
    Waiting for 1 pods to be ready...
    Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...
    Waiting for 1 pods to be ready...
    Waiting for 1 pods to be ready...
    Waiting for 1 pods to be ready...
    partitioned roll out complete: 2 new pods have been updated...
    $ get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image
    NAME    IMAGE
    web-0   nginx:1.27
    web-1   nginx:1.28
    web-2   nginx:1.28
    ");
}

#[test]
fn a_pod_that_lost_a_label_stands_in_the_way_of_its_successor() {
    insta::assert_snapshot!(walk(&web("", ""), "
        apply -f web.yaml
        settle
        label pod web-1 app-
        advance 1m
        get pods,sts --show-labels
        delete pod web-1
        advance 1m
    "), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ label pod web-1 app-
    pod/web-1 unlabeled
    $ advance 1m
    $ get pods,sts --show-labels
    NAME        READY   STATUS    RESTARTS   AGE   LABELS
    pod/web-0   1/1     Running   0          66s   app=web,apps.kubernetes.io/pod-index=0,controller-revision-hash=web-7c44b75699,statefulset.kubernetes.io/pod-name=web-0
    pod/web-1   1/1     Running   0          65s   apps.kubernetes.io/pod-index=1,controller-revision-hash=web-7c44b75699,statefulset.kubernetes.io/pod-name=web-1
    pod/web-2   1/1     Running   0          62s   app=web,apps.kubernetes.io/pod-index=2,controller-revision-hash=web-7c44b75699,statefulset.kubernetes.io/pod-name=web-2

    NAME                   READY   AGE   LABELS
    statefulset.apps/web   2/3     66s   <none>
    $ delete pod web-1
    pod "web-1" deleted from default namespace
    $ advance 1m
    "#);
}

#[test]
fn deleting_a_set_is_not_orderly_and_scaling_it_to_zero_is() {
    insta::assert_snapshot!(walk(&web("", ""), "
        apply -f web.yaml
        settle
        delete sts web
        get pods -w
    "), @r#"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ delete sts web
    statefulset.apps "web" deleted from default namespace
    $ get pods -w
    NAME    READY   STATUS        RESTARTS   AGE
    web-0   0/1     Terminating   0          6s
    web-1   0/1     Terminating   0          5s
    web-2   0/1     Terminating   0          2s
    web-2   0/1     Completed     0          2s
    web-2   0/1     Completed     0          2s
    web-2   0/1     Completed     0          2s
    web-1   0/1     Completed     0          5s
    web-1   0/1     Completed     0          5s
    web-1   0/1     Completed     0          5s
    web-0   0/1     Completed     0          6s
    web-0   0/1     Completed     0          6s
    web-0   0/1     Completed     0          6s
    "#);
    insta::assert_snapshot!(walk(&web("", ""), "
        apply -f web.yaml
        settle
        scale sts web --replicas=0
        get pods -w
    "), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ settle
    settled after 6.561s
    $ scale sts web --replicas=0
    statefulset.apps/web scaled
    $ get pods -w
    NAME    READY   STATUS        RESTARTS   AGE
    web-0   1/1     Running       0          6s
    web-1   1/1     Running       0          5s
    web-2   0/1     Terminating   0          2s
    web-2   0/1     Completed     0          2s
    web-2   0/1     Completed     0          2s
    web-2   0/1     Completed     0          2s
    web-1   1/1     Terminating   0          5s
    web-1   0/1     Terminating   0          5s
    web-1   0/1     Completed     0          6s
    web-1   0/1     Completed     0          6s
    web-1   0/1     Completed     0          6s
    web-0   1/1     Terminating   0          7s
    web-0   0/1     Terminating   0          7s
    web-0   0/1     Completed     0          7s
    web-0   0/1     Completed     0          7s
    web-0   0/1     Completed     0          7s
    ");
}

#[test]
fn a_service_that_does_not_exist_is_missed_by_dns_only() {
    insta::assert_snapshot!(walk(&data(""), "
        apply -f web.yaml
        settle
        get sts,svc
        exec web-0 -- sh -c 'hostname -f; curl -s web-1.web || echo nobody'
    "), @r"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ get sts,svc
    NAME                   READY   AGE
    statefulset.apps/web   2/2     8s

    NAME                 TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
    service/kubernetes   ClusterIP   10.96.0.1    <none>        443/TCP   6d23h
    $ exec web-0 -- sh -c 'hostname -f; curl -s web-1.web || echo nobody'
    web-0.web.default.svc.cluster.local
    nobody
    ");
}

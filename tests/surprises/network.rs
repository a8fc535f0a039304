//! Names, dead nodes and peers that wait for each other.

use sim_core::api::KubernetesVersion;

use super::{data, walk, walk_on, web};

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
    api-58dc6c6d98-645v9   1/1     Running       0          24h   10.244.3.2   kind-worker3   <none>           <none>
    api-58dc6c6d98-nszjr   1/1     Running       0          24h   10.244.1.2   kind-worker    <none>           <none>
    api-58dc6c6d98-wq8hj   1/1     Running       0          23h   10.244.3.4   kind-worker3   <none>           <none>
    api-58dc6c6d98-z5gpc   1/1     Terminating   0          24h   10.244.2.3   kind-worker2   <none>           <none>
    web-0                  1/1     Terminating   0          24h   10.244.2.2   kind-worker2   <none>           <none>
    web-1                  1/1     Running       0          24h   10.244.3.3   kind-worker3   <none>           <none>
    web-2                  1/1     Running       0          24h   10.244.1.3   kind-worker    <none>           <none>
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
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:37
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:42
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:47
    10.244.1.3      web-2.web.default.svc.cluster.local
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
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:22
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:27
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:32
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:37
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:42
    10.244.1.3      web-2.web.default.svc.cluster.local
    12:00:47
    10.244.1.3      web-2.web.default.svc.cluster.local
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

//! Who may go, who must wait, and who stands in the way.

use sim_core::api::KubernetesVersion;

use super::{PROBE, walk, walk_on, web};

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
fn two_unready_pods_that_are_to_go_keep_each_other() {
    // #36333. After half a minute only web-0 is ready. The set waits for its lowest unready pod, web-1, before it
    // touches another unready one, and would have to delete web-2 first.
    let probe = "readinessProbe: {periodSeconds: 1, exec: {command: [sh, -c, \
                 '[ $HOSTNAME = web-0 ] || [ $(date +%s) -lt 1795435230 ]']}}";
    insta::assert_snapshot!(walk(&web("", probe), "
        apply -f web.yaml
        advance 40s
        get pods
        scale sts web --replicas=1
        advance 5m
        get events --field-selector involvedObject.kind=StatefulSet -o custom-columns=AT:.lastTimestamp,WHAT:.message
    "), @r"
    $ apply -f web.yaml
    service/web created
    statefulset.apps/web created
    $ advance 40s
    $ get pods
    NAME    READY   STATUS    RESTARTS   AGE
    web-0   1/1     Running   0          40s
    web-1   0/1     Running   0          39s
    web-2   0/1     Running   0          36s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ advance 5m
    $ get events --field-selector involvedObject.kind=StatefulSet -o custom-columns=AT:.lastTimestamp,WHAT:.message
    AT                     WHAT
    2026-11-23T12:00:00Z   Create Pod web-0 in StatefulSet web successful
    2026-11-23T12:00:01Z   Create Pod web-1 in StatefulSet web successful
    2026-11-23T12:00:04Z   Create Pod web-2 in StatefulSet web successful
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

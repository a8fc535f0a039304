//! Rollouts: partitions, broken templates, maxUnavailable.

use sim_core::api::KubernetesVersion;

use super::{PROBE, walk, walk_on, web};

/// The image of each pod.
const IMAGES: &str = "get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image";

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

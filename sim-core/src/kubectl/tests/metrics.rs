//! `metrics.k8s.io`, and what else the API server tells of itself: health and discovery.

use insta::assert_snapshot;

use super::Bench;

fn bench() -> Bench {
    let mut bench = Bench::whole();
    bench.run("run w --image=nginx");
    bench.sleep(60);
    bench
}

#[test]
fn metrics_are_objects_too() {
    let mut bench = bench();
    assert_snapshot!(bench.run("get podmetrics"), @r"
    NAME   CPU       MEMORY    WINDOW
    w      277585n   12288Ki   15.233s
    ");
    assert_snapshot!(bench.run("get nodes.metrics.k8s.io minikube -o jsonpath='{.kind} {.usage} {.window}'"), @r#"NodeMetrics {"cpu":"120473036n","memory":"729088Ki"} 16.373s"#);
    assert_snapshot!(bench.run("get pods.metrics.k8s.io zz"), @r#"
    ! Error from server (NotFound): podmetrics.metrics.k8s.io "default/zz" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("top pod"), @r"
    NAME   CPU(cores)   MEMORY(bytes)   
    w      1m           12Mi
    ");
    assert_snapshot!(bench.run("get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods/w"), @r#"{"kind":"PodMetrics","apiVersion":"metrics.k8s.io/v1beta1","metadata":{"name":"w","namespace":"default","creationTimestamp":"2026-11-23T12:01:00Z","labels":{"run":"w"}},"timestamp":"2026-11-23T12:01:00Z","window":"15.233s","containers":[{"name":"w","usage":{"cpu":"277585n","memory":"12288Ki"}}]}"#);
    assert_snapshot!(bench.run("get --raw /apis/metrics.k8s.io/v1beta1/pods/w"), @r#"{"kind":"PodMetrics","apiVersion":"metrics.k8s.io/v1beta1","metadata":{"name":"w","namespace":"default","creationTimestamp":"2026-11-23T12:01:00Z","labels":{"run":"w"}},"timestamp":"2026-11-23T12:01:00Z","window":"15.233s","containers":[{"name":"w","usage":{"cpu":"277585n","memory":"12288Ki"}}]}"#);
    assert_snapshot!(bench.run("api-resources --api-group=metrics.k8s.io"), @r"
    NAME    SHORTNAMES   APIVERSION               NAMESPACED   KIND
    nodes                metrics.k8s.io/v1beta1   false        NodeMetrics
    pods                 metrics.k8s.io/v1beta1   true         PodMetrics
    ");
    assert!(bench.run("api-versions").contains("\nmetrics.k8s.io/v1beta1\n"));
}

#[test]
fn without_a_metrics_server_there_are_none() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("get podmetrics"), @r#"
    ! error: the server doesn't have a resource type "podmetrics"
    exit 1
    "#);
    assert_snapshot!(bench.run("get --raw /apis/metrics.k8s.io/v1beta1/nodes"), @r"
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    ");
    assert!(!bench.run("api-versions").contains("metrics.k8s.io"));
}

#[test]
fn health_is_told_check_by_check() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("get --raw /readyz"), @"ok");
    assert_snapshot!(bench.run("get --raw '/readyz?verbose&exclude=etcd'"), @r"
    [+]ping ok
    [+]log ok
    [+]etcd excluded: ok
    [+]etcd-readiness ok
    [+]informer-sync ok
    [+]poststarthook/start-apiserver-admission-initializer ok
    [+]poststarthook/generic-apiserver-start-informers ok
    [+]poststarthook/priority-and-fairness-config-consumer ok
    [+]poststarthook/priority-and-fairness-filter ok
    [+]poststarthook/storage-object-count-tracker-hook ok
    [+]poststarthook/start-apiextensions-informers ok
    [+]poststarthook/start-apiextensions-controllers ok
    [+]poststarthook/crd-informer-synced ok
    [+]poststarthook/start-system-namespaces-controller ok
    [+]poststarthook/start-cluster-authentication-info-controller ok
    [+]poststarthook/start-kube-apiserver-identity-lease-controller ok
    [+]poststarthook/start-kube-apiserver-identity-lease-garbage-collector ok
    [+]poststarthook/start-legacy-token-tracking-controller ok
    [+]poststarthook/start-service-ip-repair-controllers ok
    [+]poststarthook/rbac/bootstrap-roles ok
    [+]poststarthook/scheduling/bootstrap-system-priority-classes ok
    [+]poststarthook/priority-and-fairness-config-producer ok
    [+]poststarthook/bootstrap-controller ok
    [+]poststarthook/start-kubernetes-service-cidr-controller ok
    [+]poststarthook/aggregator-reload-proxy-client-cert ok
    [+]poststarthook/start-kube-aggregator-informers ok
    [+]poststarthook/apiservice-status-local-available-controller ok
    [+]poststarthook/apiservice-status-remote-available-controller ok
    [+]poststarthook/apiservice-registration-controller ok
    [+]poststarthook/apiservice-discovery-controller ok
    [+]poststarthook/kube-apiserver-autoregistration ok
    [+]autoregister-completion ok
    [+]poststarthook/apiservice-openapi-controller ok
    [+]poststarthook/apiservice-openapiv3-controller ok
    [+]shutdown ok
    readyz check passed
    ");
    let live = bench.run("get --raw '/livez?verbose'");
    assert!(!live.contains("shutdown") && live.ends_with("livez check passed\n"), "{live}");
    assert_snapshot!(bench.run("get --raw /livez/etcd"), @"ok");
    assert_snapshot!(bench.run("get --raw /livez/nope"), @r"
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    ");
}

#[test]
fn discovery_lists_groups_versions_and_resources() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("get --raw /api"), @r#"{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":"192.168.49.2:8443"}]}"#);
    assert_snapshot!(bench.run("get --raw /apis/autoscaling"), @r#"{"kind":"APIGroup","apiVersion":"v1","name":"autoscaling","versions":[{"groupVersion":"autoscaling/v2","version":"v2"},{"groupVersion":"autoscaling/v1","version":"v1"}],"preferredVersion":{"groupVersion":"autoscaling/v2","version":"v2"}}"#);
    assert_snapshot!(bench.run("get --raw /apis/autoscaling/v1"), @r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"autoscaling/v1","resources":[{"name":"horizontalpodautoscalers","singularName":"horizontalpodautoscaler","namespaced":true,"kind":"HorizontalPodAutoscaler","verbs":["create","delete","deletecollection","get","list","patch","update","watch"],"shortNames":["hpa"],"categories":["all"]},{"name":"horizontalpodautoscalers/status","singularName":"","namespaced":true,"kind":"HorizontalPodAutoscaler","verbs":["get","patch","update"]}]}"#);
    assert_snapshot!(bench.run("get --raw /apis/events.k8s.io/v1"), @r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"events.k8s.io/v1","resources":[{"name":"events","singularName":"event","namespaced":true,"kind":"Event","verbs":["create","delete","deletecollection","get","list","patch","update","watch"],"shortNames":["ev"]}]}"#);
    assert_snapshot!(bench.run("get --raw /apis/nope"), @r"
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    ");
    assert_snapshot!(bench.run("get --raw /api/v1/namespaces/default/pods"), @r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"25"},"items":[]}"#);
}

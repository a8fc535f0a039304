//! Pods that are resized while they run, as a lab on a real v1.36.4 saw them.

use std::time::Duration;

use super::Bench;
use crate::engine::{ClusterConfig, TimingProfile};

const DEMO: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: resize-demo}
spec:
  containers:
  - name: app
    image: registry.k8s.io/pause:3.10
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
"#;

/// A cluster of one node like a laptop's kind, in which the pod runs.
fn running(manifest: &str) -> Bench {
    let profile = TimingProfile::named("kind").expect("a known profile");
    let mut bench = Bench::on(ClusterConfig::for_profile(profile, 1));
    bench.run_with("apply -f -", Some(manifest));
    bench.cluster.advance(Duration::from_secs(10));
    bench
}

/// A patch of the container `app`.
fn patch(requests: &str, limits: &str) -> String {
    let resources = format!(r#"{{"requests":{{{requests}}},"limits":{{{limits}}}}}"#);
    format!(r#"{{"spec":{{"containers":[{{"name":"app","resources":{resources}}}]}}}}"#)
}

fn resize(bench: &mut Bench, requests: &str, limits: &str) -> String {
    bench.run(&format!("patch pod resize-demo --subresource resize -p '{}'", patch(requests, limits)))
}

fn events(bench: &mut Bench) -> String {
    let text = bench.run("events --for pod/resize-demo --no-headers");
    let lines = text.lines().filter(|line| line.contains(" Resize") || line.contains("Killing"));
    lines
        .map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_resize_in_place_is_told_of_in_the_status_and_in_events() {
    let mut bench = running(DEMO);
    let mut seen = Vec::new();
    let lines = [
        "get pod resize-demo -o jsonpath='{.spec.containers[0].resources}{\"\\n\"}'".to_owned(),
        format!(
            "patch pod resize-demo --subresource resize --type=merge -p '{}'",
            patch(r#""cpu":"300m","memory":"128Mi""#, r#""cpu":"500m","memory":"256Mi""#)
        ),
        "get pod resize-demo -o jsonpath='{range .status.conditions[*]}{.type}={.status} {end}{\"\\n\"}'".to_owned(),
        "get pod resize-demo -o jsonpath='{.status.containerStatuses[0].resources}{\"\\n\"}'".to_owned(),
        "get pod resize-demo -o jsonpath='{.status.containerStatuses[0].restartCount} {.metadata.generation} {.status.observedGeneration} {.spec.containers[0].image}{\"\\n\"}'".to_owned(),
        "get pod resize-demo -o jsonpath='{range .status.conditions[*]}{.type} {end}{\"\\n\"}'".to_owned(),
    ];
    for (index, line) in lines.iter().enumerate() {
        seen.push(bench.run(line));
        bench.cluster.advance(Duration::from_millis(if index == 1 { 500 } else { 2000 }));
    }
    insta::assert_snapshot!(seen.concat(), @r#"
    {"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"100m","memory":"64Mi"}}
    pod/resize-demo patched
    PodResizeInProgress=True PodReadyToStartContainers=True Initialized=True Ready=True ContainersReady=True PodScheduled=True 
    {"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"300m","memory":"128Mi"}}
    0 2 2 registry.k8s.io/pause:3.10
    PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled
    "#);
    insta::assert_snapshot!(events(&mut bench), @r#"
    Normal ResizeStarted Pod/resize-demo Pod resize started: {"containers":[{"name":"app","resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"300m","memory":"128Mi"}}}],"generation":2}
    Normal ResizeCompleted Pod/resize-demo Pod resize completed: {"containers":[{"name":"app","resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"300m","memory":"128Mi"}}}],"generation":2}
    "#);
    let text = bench.run("describe pod resize-demo");
    let shown = text.lines().skip_while(|line| !line.contains("Limits:")).take(6);
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
    Limits:
      cpu:     500m
      memory:  256Mi
    Requests:
      cpu:        300m
      memory:     128Mi
    ");
    insta::assert_snapshot!(bench.run("get pod resize-demo --subresource=resize --no-headers"), @"resize-demo   1/1   Running   0     20s");
    let managers = "get pod resize-demo -o jsonpath='{range .metadata.managedFields[*]}{.manager} {.operation} {.subresource}{\"\\n\"}{end}'";
    insta::assert_snapshot!(bench.run(managers), @"
    kube-scheduler Update 
    kubectl-client-side-apply Update 
    kubectl-patch Update resize
    kubelet Update status
    ");
}

#[test]
fn a_resize_that_breaks_a_rule_is_refused() {
    let mut bench = running(DEMO);
    let mut said = vec![
        resize(&mut bench, r#""cpu":"200m","memory":"128Mi""#, r#""cpu":"200m","memory":"128Mi""#),
        resize(&mut bench, "", r#""memory":null"#),
        resize(&mut bench, "", r#""ephemeral-storage":"1Gi""#),
        resize(&mut bench, r#""cpu":"500m""#, ""),
        resize(&mut bench, r#""cpu":"900""#, r#""cpu":"900""#),
        resize(&mut bench, r#""memory":"1Pi""#, r#""memory":"1Pi""#),
    ];
    let rename = r#"[{"op":"replace","path":"/spec/containers/0/name","value":"other"}]"#;
    said.push(bench.run(&format!("patch pod resize-demo --subresource resize --type=json -p '{rename}'")));
    let policy = r#"{"spec":{"containers":[{"name":"app","resizePolicy":[{"resourceName":"cpu","restartPolicy":"RestartContainer"}]}]}}"#;
    said.push(bench.run(&format!("patch pod resize-demo --subresource resize -p '{policy}'")));
    said.push(bench.run(r#"patch pod resize-demo --subresource resize -p '{"spec":{"containers":[{"name":"app","image":"nginx"}]}}'"#));
    said.push(bench.run(r#"patch pod resize-demo --subresource other -p '{}'"#));
    said.push(bench.run(r#"patch node kind-control-plane --subresource resize -p '{}'"#));
    insta::assert_snapshot!(said.concat(), @r#"
    ! The Pod "resize-demo" is invalid: spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing
    exit 1
    ! The Pod "resize-demo" is invalid: spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed
    exit 1
    ! The Pod "resize-demo" is invalid: spec: Forbidden: only cpu and memory resources are mutable
    exit 1
    ! The Pod "resize-demo" is invalid: spec.containers[0].resources.requests: Invalid value: "500m": must be less than or equal to cpu limit of 200m
    exit 1
    ! Error from server (Forbidden): pods "resize-demo" is forbidden: node didn't have enough allocatable resources: cpu, requested: 900000, allocatable: 4000
    exit 1
    ! Error from server (Forbidden): pods "resize-demo" is forbidden: node didn't have enough allocatable resources: memory, requested: 1125899906842624, allocatable: 8326901760
    exit 1
    ! The Pod "resize-demo" is invalid: spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize
    exit 1
    ! The Pod "resize-demo" is invalid: spec: Forbidden: only cpu and memory resources are mutable
    exit 1
    pod/resize-demo patched (no change)
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    "#);
    let wrong = DEMO.replace("    resources:", "    resizePolicy: [{resourceName: gpu, restartPolicy: Sometimes}, {resourceName: cpu, restartPolicy: RestartContainer}]\n    resources:");
    let wrong = wrong.replace("spec:\n", "spec:\n  restartPolicy: Never\n").replace("resize-demo", "wrong");
    insta::assert_snapshot!(bench.run_with("apply -f -", Some(&wrong)), @r#"
    ! The Pod "wrong" is invalid: 
    ! * spec.containers[0].resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"
    ! * spec.containers[0].resizePolicy: Unsupported value: "Sometimes": supported values: "NotRequired", "RestartContainer"
    ! * spec.containers[0].resizePolicy: Invalid value: "Sometimes": must be 'NotRequired' when `restartPolicy` is 'Never'
    ! * spec.containers[0].resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when `restartPolicy` is 'Never'
    exit 1
    "#);
}

#[test]
fn a_container_restarts_for_a_resize_where_its_policy_says_so() {
    let policy =
        "    resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]\n    resources:";
    let mut bench = running(&DEMO.replace("    resources:", policy));
    resize(&mut bench, r#""cpu":"150m""#, "");
    bench.cluster.advance(Duration::from_secs(5));
    let count = "get pod resize-demo --no-headers";
    let before = bench.run(count);
    resize(&mut bench, r#""memory":"100Mi""#, "");
    bench.cluster.advance(Duration::from_secs(40));
    insta::assert_snapshot!(before + &bench.run(count), @"
    resize-demo   1/1   Running   0     15s
    resize-demo   1/1   Running   1 (40s ago)   55s
    ");
    insta::assert_snapshot!(events(&mut bench), @r#"
    Normal ResizeStarted Pod/resize-demo Pod resize started: {"containers":[{"name":"app","resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"150m","memory":"64Mi"}}}],"generation":2}
    Normal ResizeCompleted Pod/resize-demo Pod resize completed: {"containers":[{"name":"app","resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"150m","memory":"64Mi"}}}],"generation":2}
    Normal ResizeStarted Pod/resize-demo Pod resize started: {"containers":[{"name":"app","resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"150m","memory":"100Mi"}}}],"generation":3}
    Normal Killing Pod/resize-demo Container app resize requires restart
    Normal ResizeCompleted Pod/resize-demo Pod resize completed: {"containers":[{"name":"app","resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"150m","memory":"100Mi"}}}],"generation":3}
    "#);
}

#[test]
fn a_resize_waits_until_there_is_room() {
    let set = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {kubernetes.io/hostname: kind-worker}
      containers: [{name: app, image: nginx, resources: {requests: {cpu: 1500m}}}]
"#;
    let mut bench = running(set);
    let said = bench.run(&format!("patch pod web-0 --subresource resize -p '{}'", patch(r#""cpu":"3""#, "")));
    bench.cluster.advance(Duration::from_secs(3));
    let paths = "{.status.containerStatuses[0].resources} {.status.containerStatuses[0].allocatedResources} {.status.conditions[0]}";
    let shown = bench.run(&format!("get pod web-0 -o jsonpath='{paths}'"));
    insta::assert_snapshot!(said + &shown, @r#"
    pod/web-0 patched
    {"requests":{"cpu":"1500m"}} {"cpu":"1500m"} {"lastProbeTime":"2026-11-23T12:00:10Z","lastTransitionTime":"2026-11-23T12:00:10Z","message":"Node didn't have enough resource: cpu, requested: 3000, used: 1600, capacity: 4000","observedGeneration":2,"reason":"Deferred","status":"True","type":"PodResizePending"}
    "#);
    insta::assert_snapshot!(bench.run("events --for pod/web-0 --types=Warning --no-headers"), @r#"3s    Warning   ResizeDeferred   Pod/web-0   Pod resize Deferred: {"containers":[{"name":"app","resources":{"requests":{"cpu":"3"}}}],"generation":2,"error":"Node didn't have enough resource: cpu, requested: 3000, used: 1600, capacity: 4000"}"#);
    bench.run("scale sts web --replicas=1");
    bench.cluster.advance(Duration::from_secs(10));
    let paths = "{.status.containerStatuses[0].resources} {.status.conditions[0].type} {.status.containerStatuses[0].restartCount}";
    insta::assert_snapshot!(bench.run(&format!("get pod web-0 -o jsonpath='{paths}'")), @r#"{"requests":{"cpu":"3"}} PodReadyToStartContainers 0"#);
    bench.run("scale sts web --replicas=2");
    bench.cluster.advance(Duration::from_secs(10));
    insta::assert_snapshot!(bench.run("get pods --no-headers"), @"
    web-0   1/1   Running   0     33s
    web-1   0/1   Pending   0     10s
    ");
}

#[test]
fn more_memory_for_a_running_container_is_there_without_a_restart() {
    let hog = DEMO.replace("registry.k8s.io/pause:3.10", "polinux/stress\n    command: [sleep, '3600']");
    let mut bench = running(&hog);
    let line = "exec resize-demo -- stress --vm 1 --vm-bytes 200M --timeout 1s";
    resize(&mut bench, "", r#""memory":"256Mi""#);
    bench.cluster.advance(Duration::from_secs(3));
    insta::assert_snapshot!(bench.run(line), @"
    stress: info: [7] dispatching hogs: 0 cpu, 0 io, 1 vm, 0 hdd
    stress: info: [7] successful run completed in 1s
    ");
    insta::assert_snapshot!(bench.run("get pod resize-demo --no-headers"), @"resize-demo   1/1   Running   0     14s");
}

#[test]
fn a_manifest_is_applied_to_the_resize_of_a_pod_with_a_sidecar() {
    let sidecar = "  initContainers:\n  - {name: setup, image: busybox, command: ['true'], resources: {requests: {cpu: 10m}}}\n  - {name: side, image: nginx, restartPolicy: Always, resources: {requests: {cpu: 50m}}}\n  containers:\n";
    let manifest = DEMO.replace("  containers:\n", sidecar);
    let mut bench = running(&manifest);
    let larger = manifest.replace("cpu: 50m", "cpu: 70m").replace("cpu: 100m", "cpu: 150m");
    let line = "apply -f - --server-side --force-conflicts --subresource=resize";
    let mut said = bench.run_with(line, Some(&larger));
    bench.cluster.advance(Duration::from_secs(3));
    let paths = "{.status.initContainerStatuses[*].allocatedResources} {.status.containerStatuses[*].allocatedResources}";
    said += &bench.run(&format!("get pod resize-demo -o jsonpath='{paths}'"));
    said += "\n";
    let setup = r#"{"spec":{"initContainers":[{"name":"setup","resources":{"requests":{"cpu":"20m"}}}]}}"#;
    said += &bench.run(&format!("patch pod resize-demo --subresource=resize -p '{setup}'"));
    insta::assert_snapshot!(said, @r#"
    pod/resize-demo serverside-applied
    {"cpu":"10m"} {"cpu":"70m"} {"cpu":"150m","memory":"64Mi"}
    ! The Pod "resize-demo" is invalid: spec: Forbidden: resources for non-sidecar init containers are immutable
    exit 1
    "#);
    insta::assert_snapshot!(events(&mut bench), @r#"
    Normal ResizeStarted Pod/resize-demo Pod resize started: {"initContainers":[{"name":"setup","resources":{"requests":{"cpu":"10m"}}},{"name":"side","resources":{"requests":{"cpu":"70m"}}}],"containers":[{"name":"app","resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"150m","memory":"64Mi"}}}],"generation":2}
    Normal ResizeCompleted Pod/resize-demo Pod resize completed: {"initContainers":[{"name":"setup","resources":{"requests":{"cpu":"10m"}}},{"name":"side","resources":{"requests":{"cpu":"70m"}}}],"containers":[{"name":"app","resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"150m","memory":"64Mi"}}}],"generation":2}
    "#);
}

#[test]
fn a_resize_keeps_to_quotas_and_limits() {
    let mut bench = Bench::whole();
    bench.run("create quota few --hard=requests.cpu=150m,requests.memory=1Gi,limits.cpu=1,limits.memory=1Gi");
    let range = "{apiVersion: v1, kind: LimitRange, metadata: {name: most}, spec: {limits: [{type: Container, max: {memory: 200Mi}}]}}";
    bench.run_with("apply -f -", Some(range));
    bench.run_with("apply -f -", Some(DEMO));
    bench.cluster.advance(Duration::from_secs(3));
    let said = [
        resize(&mut bench, r#""cpu":"160m""#, ""),
        resize(&mut bench, "", r#""memory":"256Mi""#),
        resize(&mut bench, r#""cpu":"120m""#, ""),
        bench.run("get quota few -o jsonpath='{.status.used}'"),
    ];
    insta::assert_snapshot!(said.concat(), @r#"
    ! Error from server (Forbidden): pods "resize-demo" is forbidden: exceeded quota: few, requested: requests.cpu=60m, used: requests.cpu=100m, limited: requests.cpu=150m
    exit 1
    ! Error from server (Forbidden): pods "resize-demo" is forbidden: maximum memory usage per Container is 200Mi, but limit is 256Mi
    exit 1
    pod/resize-demo patched
    {"limits.cpu":"200m","limits.memory":"128Mi","requests.cpu":"120m","requests.memory":"64Mi"}
    "#);
}

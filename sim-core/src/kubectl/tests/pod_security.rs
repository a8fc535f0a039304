//! What namespaces let their pods do (KEP-2579).

use insta::assert_snapshot;

use super::Bench;

const GOOD: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: good}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: a
    image: nginx
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"#;

const AGENT: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  hostNetwork: true
  hostPID: true
  containers:
  - name: a
    image: nginx
    ports: [{containerPort: 9100, hostPort: 9100}]
    securityContext: {privileged: true, runAsUser: 0, capabilities: {add: [SYS_ADMIN]}}
  - {name: b, image: busybox, securityContext: {seccompProfile: {type: Unconfined}}}
  volumes: [{name: proc, hostPath: {path: /proc}}, {name: sys, hostPath: {path: /sys}}]
"#;

const SET: &str = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: nginx}]}
"#;

#[test]
fn pods_beyond_the_level_are_refused() {
    let mut bench = Bench::new();
    bench.run("label ns default pod-security.kubernetes.io/enforce=restricted");
    assert_snapshot!(bench.run("run nginx --image=nginx"), @r#"
    ! Error from server (Forbidden): pods "nginx" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "nginx" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "nginx" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")
    exit 1
    "#);
    assert_snapshot!(bench.run_with("apply -f -", Some(AGENT)), @r#"
    ! Error from server (Forbidden): error when creating "STDIN": pods "agent" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true, hostPID=true), hostPort (container "a" uses hostPort 9100), privileged (container "a" must not set securityContext.privileged=true), allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "SYS_ADMIN" in securityContext.capabilities.add), restricted volume types (volumes "proc", "sys" use restricted volume type "hostPath"), runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), runAsUser=0 (container "a" must not set runAsUser=0), seccompProfile (container "b" must not set securityContext.seccompProfile.type to "Unconfined")
    exit 1
    "#);
    assert_snapshot!(bench.run_with("apply -f -", Some(GOOD)), @"pod/good created");
    bench.run("label ns default pod-security.kubernetes.io/enforce=baseline --overwrite");
    assert_snapshot!(bench.run("run nginx --image=nginx"), @"pod/nginx created");
    assert_snapshot!(bench.run_with("apply -f -", Some(AGENT)), @r#"
    ! Error from server (Forbidden): error when creating "STDIN": pods "agent" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities (container "a" must not include "SYS_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volumes "proc", "sys"), hostPort (container "a" uses hostPort 9100), privileged (container "a" must not set securityContext.privileged=true), seccompProfile (container "b" must not set securityContext.seccompProfile.type to "Unconfined")
    exit 1
    "#);
}

#[test]
fn a_set_is_taken_and_its_pods_are_not() {
    let mut bench = Bench::new();
    let labels = ["enforce", "warn"].map(|mode| format!("pod-security.kubernetes.io/{mode}=restricted"));
    bench.run(&format!("label ns default {}", labels.join(" ")));
    assert_snapshot!(bench.run_with("apply -f -", Some(SET)), @r#"
    statefulset.apps/web created
    ! Warning: would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")
    "#);
    bench.pass(2000);
    assert_snapshot!(bench.run("get sts web --no-headers"), @"web   0/2   2s");
    let message = "get events --field-selector reason=FailedCreate -o jsonpath='{.items[0].message}'";
    assert_snapshot!(bench.run(message), @r#"Create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#);
}

#[test]
fn a_stricter_level_warns_of_the_pods_that_are_there() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(SET));
    bench.run_with("apply -f -", Some(GOOD));
    bench.pass(3000);
    let label = |text: &str| format!("label ns default pod-security.kubernetes.io/{text} --overwrite");
    assert_snapshot!(bench.run(&label("enforce=restricted")), @r#"
    namespace/default labeled
    ! Warning: existing pods in namespace "default" violate the new PodSecurity enforce level "restricted:latest"
    ! Warning: web-0 (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile
    "#);
    assert_snapshot!(bench.run(&label("enforce=strict")), @r#"
    ! The Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted
    exit 1
    "#);
    assert_snapshot!(bench.run(&label("enforce-version=1.30")), @r#"
    ! The Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "1.30": must be "latest" or "v1.x"
    exit 1
    "#);
    assert_snapshot!(bench.run("set image sts web app=nginx:2"), @"statefulset.apps/web image updated");
}

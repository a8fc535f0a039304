//! What the API server warns of while it does as it is told.

use insta::assert_snapshot;

use super::Bench;

const POD: &str = r#"
apiVersion: v1
kind: Pod
metadata:
  name: w.1
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: runtime/default
spec:
  nodeSelector: {beta.kubernetes.io/os: linux}
  imagePullSecrets: [{name: a}, {name: a}]
  initContainers:
  - {name: first, image: busybox, command: ["true"], ports: [{containerPort: 80}]}
  containers:
  - name: a
    image: nginx
    env: [{name: A, value: "1"}, {name: B, value: x}, {name: A, value: "2"}, {name: B, value: $(B)y}]
    ports: [{containerPort: 80}, {containerPort: 80, hostPort: 8080}]
    resources: {requests: {memory: 100m}}
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname}]
  topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway}]
"#;

const SET: &str = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: nginx, env: [{name: A, value: "1"}, {name: A, value: "2"}]}
"#;

#[test]
fn what_a_pod_holds_is_warned_of_and_done() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run_with("apply -f -", Some(POD)), @r#"
    pod/w.1 created
    ! Warning: metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]
    ! Warning: spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead
    ! Warning: spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod
    ! Warning: spec.imagePullSecrets[1].name: duplicate name "a"
    ! Warning: metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead
    ! Warning: spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer
    ! Warning: spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply
    ! Warning: spec.containers[0].ports[0]: duplicate port definition with spec.initContainers[0].ports[0]
    ! Warning: spec.containers[0].ports[1]: overlapping port definition with spec.initContainers[0].ports[0]
    ! Warning: spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]
    ! Warning: spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod
    "#);
    // Nobody is told twice, and a pod that is changed is not looked at.
    assert_snapshot!(bench.run("label pod w.1 a=b"), @"pod/w.1 labeled");
}

#[test]
fn a_template_is_looked_at_when_it_may_have_changed() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run_with("create -f - --dry-run=client", Some(SET)), @"statefulset.apps/web created (dry run)");
    assert_snapshot!(bench.run_with("create -f - --dry-run=server", Some(SET)), @r#"
    statefulset.apps/web created (server dry run)
    ! Warning: spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply
    "#);
    assert_snapshot!(bench.run_with("apply -f -", Some(SET)), @r#"
    statefulset.apps/web created
    ! Warning: spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply
    "#);
    assert_snapshot!(bench.run_with("apply -f -", Some(SET)), @r#"
    statefulset.apps/web configured
    ! Warning: spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply
    "#);
    assert_snapshot!(bench.run("scale sts web --replicas=2"), @r#"
    statefulset.apps/web scaled
    ! Warning: spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply
    "#);
    assert_snapshot!(bench.run("set image sts web app=nginx:2"), @r#"
    statefulset.apps/web image updated
    ! Warning: spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply
    "#);
    assert_snapshot!(bench.run("create deployment a.b --image=nginx"), @r"
    deployment.apps/a.b created
    ! Warning: metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]
    ");
    assert_snapshot!(bench.run_with("create -f -", Some(SET)), @r#"
    ! Warning: spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply
    ! Error from server (AlreadyExists): error when creating "STDIN": statefulsets.apps "web" already exists
    exit 1
    "#);
}

#[test]
fn volumes_and_services_have_warnings_too() {
    let mut bench = Bench::new();
    let many = r#"
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, annotations: {volume.beta.kubernetes.io/storage-class: standard}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1500m}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Recycle
  hostPath: {path: /tmp/v}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {externalName: elsewhere, externalIPs: [8.8.8.8], ports: [{port: 80}]}
"#;
    assert_snapshot!(bench.run_with("apply -f -", Some(many)), @r#"
    persistentvolumeclaim/c created
    persistentvolume/v created
    service/s created
    ! Warning: metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead
    ! Warning: spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer
    ! Warning: spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.
    ! Warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
    ! Warning: spec.externalName is ignored when spec.type is not "ExternalName"
    "#);
}

#[test]
fn warnings_can_be_errors() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run_with("apply -f - --warnings-as-errors", Some(SET)), @r#"
    statefulset.apps/web created
    ! Warning: spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply
    ! error: 1 warning received
    exit 1
    "#);
    assert_snapshot!(bench.run("get sts web --warnings-as-errors --no-headers"), @"web   0/1   0s");
}

#[test]
fn a_diff_of_a_secret_tells_that_values_differ_and_not_which_they_are() {
    let mut bench = Bench::new();
    let secret = |password: &str, more: &str| {
        format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, stringData: {{user: me, password: {password}{more}}}}}"
        )
    };
    bench.run_with("apply -f -", Some(&secret("one", "")));
    let masked = bench.run_with("diff -f -", Some(&secret("two", ", token: x")));
    let changes = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with(['+', '-']))
            .skip(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_snapshot!(changes(&masked), @r"
    -  password: '*** (before)'
    +  password: '*** (after)'
    +  token: '***'
    ");
    let shown = bench.run_with("diff -f - --show-secrets", Some(&secret("two", "")));
    assert_snapshot!(changes(&shown), @r"
    -  password: b25l
    +  password: dHdv
    ");
}

//! The lines of the recording `kubectl-mutate`, and what stands near them.

use insta::assert_snapshot;

use super::{Bench, web};

fn bench_with_web() -> Bench {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(2)));
    bench.sleep(10);
    bench
}

#[test]
fn apply_again_sends_the_claim_templates_again() {
    let mut bench = bench_with_web();
    assert_snapshot!(bench.run_with("apply -f -", Some(&web(2))), @r"
    service/web unchanged
    statefulset.apps/web configured
    ");
}

#[test]
fn apply_tells_of_objects_it_did_not_make() {
    let mut bench = Bench::new();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n";
    bench.run_with("create -f -", Some(map));
    assert_snapshot!(bench.run_with("apply -f -", Some(map)), @r"
    configmap/a configured
    ! Warning: resource configmaps/a is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.
    ");
    assert_snapshot!(bench.run_with("apply -f -", Some(map)), @"configmap/a unchanged");
    assert_snapshot!(bench.run_with("apply -f - -o name", Some(map)), @"configmap/a");
}

#[test]
fn annotations_and_labels() {
    let mut bench = bench_with_web();
    assert_snapshot!(bench.run("annotate sts web note=hello"), @"statefulset.apps/web annotated");
    assert_snapshot!(bench.run("annotate sts web note=bye"), @r"
    ! error: --overwrite is false but found the following declared annotation(s): 'note' already has a value (hello)
    exit 1
    ");
    assert_snapshot!(bench.run("annotate sts web note=bye --overwrite"), @"statefulset.apps/web annotated");
    assert_snapshot!(bench.run("annotate sts web note-"), @"statefulset.apps/web annotated");
    assert_snapshot!(bench.run("label sts web tier=db"), @"statefulset.apps/web labeled");
    assert_snapshot!(bench.run("label sts web tier=db"), @"statefulset.apps/web not labeled");
    assert_snapshot!(bench.run("label sts web tier=web"), @r"
    ! error: 'tier' already has a value (db), and --overwrite is false
    exit 1
    ");
    assert_snapshot!(bench.run("label sts web missing-"), @r#"
    label "missing" not found.
    statefulset.apps/web not labeled
    "#);
    assert_snapshot!(bench.run("label sts web --list"), @"tier=db");
    assert_snapshot!(bench.run("label sts web tier-"), @"statefulset.apps/web unlabeled");
    assert_snapshot!(bench.run("label pod"), @r"
    ! error: at least one label update is required
    exit 1
    ");
}

#[test]
fn scales() {
    let mut bench = bench_with_web();
    assert_snapshot!(bench.run("scale sts web --replicas=2"), @"statefulset.apps/web scaled");
    assert_snapshot!(bench.run("scale sts web --replicas=3 --current-replicas=5"), @r"
    ! error: Expected replicas to be 5, was 2
    exit 1
    ");
    assert_snapshot!(bench.run("scale --replicas=0 sts/web"), @"statefulset.apps/web scaled");
    assert_snapshot!(bench.run("scale sts/web"), @r#"
    ! error: required flag(s) "replicas" not set
    exit 1
    "#);
}

#[test]
fn patches() {
    let mut bench = bench_with_web();
    let mut patch = |line: &str, text: &str| bench.run_with(line, Some(text));
    assert_snapshot!(patch("patch sts web --patch-file=/dev/stdin", "{\"spec\":{\"replicas\":1}}"), @"statefulset.apps/web patched");
    assert_snapshot!(patch("patch sts web --patch-file=/dev/stdin", "{\"spec\":{\"replicas\":1}}"), @"statefulset.apps/web patched (no change)");
    assert_snapshot!(
        patch("patch sts web --type=json --patch-file=/dev/stdin", r#"[{"op":"replace","path":"/spec/replicas","value":2}]"#),
        @"statefulset.apps/web patched"
    );
    assert_snapshot!(
        patch("patch sts web --type=json --patch-file=/dev/stdin", r#"[{"op":"remove","path":"/spec/nope"}]"#),
        @r"
    ! The request is invalid: the server rejected our request due to an error in our request
    exit 1
    "
    );
    assert_snapshot!(patch("patch sts web --type=merge --patch-file=/dev/stdin", "{nope\n"), @r"
    ! Error from server (BadRequest): error decoding patch: invalid character 'n' looking for beginning of object key string
    exit 1
    ");
    assert_snapshot!(patch("patch sts web", ""), @r"
    ! error: must specify --patch or --patch-file containing the contents of the patch
    exit 1
    ");
    assert_snapshot!(patch("patch sts web -p 'spec: {replicas: 3}'", ""), @"statefulset.apps/web patched");
}

#[test]
fn template_changes() {
    let mut bench = bench_with_web();
    assert_snapshot!(bench.run("set image sts/web app=app:2.0"), @"statefulset.apps/web image updated");
    assert_snapshot!(bench.run("set image sts/web app=app:2.0"), @"");
    assert_snapshot!(bench.run("set image sts/web nope=app:2.0"), @r#"
    ! error: unable to find container named "nope"
    exit 1
    "#);
    assert_snapshot!(bench.run("set image sts/web"), @r"
    ! error: at least one image update is required
    exit 1
    ");
    assert_snapshot!(bench.run("set env sts/web COLOR=blue"), @"statefulset.apps/web env updated");
    assert_snapshot!(bench.run("set env sts/web --list"), @r"
    # StatefulSet web, container app
    COLOR=blue
    ");
    assert_snapshot!(bench.run("set env sts/web COLOR-"), @"statefulset.apps/web env updated");
    assert_snapshot!(bench.run("set resources sts/web --limits=cpu=200m"), @"statefulset.apps/web resource requirements updated");
    assert_snapshot!(bench.run("rollout restart sts/web"), @"statefulset.apps/web restarted");
    assert_snapshot!(bench.run("rollout pause sts/web"), @r#"
    ! error: statefulsets.apps "web" pausing is not supported
    exit 1
    "#);
}

#[test]
fn generated_objects() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("create service clusterip c --tcp=80:80"), @"service/c created");
    assert_snapshot!(bench.run("create deployment d --image=nginx --replicas=2"), @"deployment.apps/d created");
    assert_snapshot!(bench.run("expose deployment d --port=80"), @"service/d exposed");
    assert_snapshot!(bench.run("create ns extra"), @"namespace/extra created");
    assert_snapshot!(bench.run("-n extra create cm m --from-literal=a=b"), @"configmap/m created");
    assert_snapshot!(bench.run("create configmap m -n extra"), @r#"
    ! error: failed to create configmap: configmaps "m" already exists
    exit 1
    "#);
    assert_snapshot!(bench.run("create secret generic s --from-literal=password='a b'"), @"secret/s created");
    assert_snapshot!(bench.run("create deployment"), @r#"
    ! error: required flag(s) "image" not set
    exit 1
    "#);
    assert_snapshot!(bench.run("run two --image=busybox --port=80 --env=A=b --dry-run=client -o yaml --command -- sleep 1d"), @r"
    apiVersion: v1
    kind: Pod
    metadata:
      labels:
        run: two
      name: two
    spec:
      containers:
      - command:
        - sleep
        - 1d
        env:
        - name: A
          value: b
        image: busybox
        name: two
        ports:
        - containerPort: 80
        resources: {}
      dnsPolicy: ClusterFirst
      restartPolicy: Always
    status: {}
    ");
}

#[test]
fn run_and_wait() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("run one --image=busybox"), @"pod/one created");
    assert_snapshot!(bench.run("wait --for=delete pod/one --timeout=1s"), @r"
    ! error: timed out waiting for the condition on pods/one
    exit 1
    ");
    assert_snapshot!(bench.run("wait --for=condition=Ready pod/nope --timeout=1s"), @r#"
    ! Error from server (NotFound): pods "nope" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("wait --for=jsonpath='{.metadata.name}'=one pod/one --timeout=1s"), @"pod/one condition met");
    assert_snapshot!(bench.run("wait --for=create pod/one"), @"pod/one condition met");
    assert_snapshot!(bench.run("wait --for=create pod/later --timeout=2s"), @r"
    ! error: timed out waiting for the condition
    exit 1
    ");
    assert_snapshot!(bench.run("wait --for=jsonpath='{.spec.nope}' pods --all --timeout=0"), @r"
    ! error: condition not met for pods/one
    exit 1
    ");
    assert_snapshot!(bench.run("wait --for=soon pods --all"), @r#"
    ! error: unrecognized condition: "soon"
    exit 1
    "#);
    assert_snapshot!(bench.run("wait --for=delete pods -l a=b"), @"");
    assert_snapshot!(bench.run("wait --for=condition=Ready pods -l a=b"), @r"
    ! error: no matching resources found
    exit 1
    ");
}

#[test]
fn rollout_of_nothing() {
    let mut bench = bench_with_web();
    assert_snapshot!(bench.run("rollout status"), @r"
    ! error: required resource not specified
    exit 1
    ");
    assert_snapshot!(bench.run("rollout status pod/x"), @r#"
    ! Error from server (NotFound): pods "x" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("rollout history svc/web"), @r#"
    ! error: error retrieving history for "Service", no visitor method exists for { Service}
    exit 1
    "#);
    assert_snapshot!(bench.run("rollout frobnicate"), @r#"
    ! error: unknown command "frobnicate"
    ! See 'kubectl rollout -h' for help and examples
    exit 1
    "#);
}

#[test]
fn nodes_are_cordoned() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("cordon"), @r"
    ! error: USAGE: cordon NODE [flags]
    ! See 'kubectl cordon -h' for help and examples
    exit 1
    ");
    assert_snapshot!(bench.run("cordon nope"), @r#"
    ! Error from server (NotFound): nodes "nope" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("cordon node-1"), @"node/node-1 cordoned");
    assert_snapshot!(bench.run("cordon node-1"), @"node/node-1 already cordoned");
    assert_snapshot!(bench.run("uncordon node-1"), @"node/node-1 uncordoned");
    assert_snapshot!(bench.run("drain node-1"), @r"
    node/node-1 cordoned
    node/node-1 drained
    ");
}

#[test]
fn a_patch_reaches_the_subresources_that_the_kind_has() {
    let mut bench = Bench::whole();
    bench.run_with("apply -f -", Some(&web(1)));
    bench.run("create priorityclass high --value=1");
    insta::assert_snapshot!(bench.run(r#"patch sts web --subresource=scale --type=merge -p '{"spec":{"replicas":2}}'"#), @"scale.autoscaling/web patched");
    insta::assert_snapshot!(bench.run(r#"patch sts web --subresource=scale --type=merge -p '{"spec":{"replicas":2,"serviceName":"x"}}'"#), @"scale.autoscaling/web patched (no change)");
    insta::assert_snapshot!(bench.run("get sts web -o jsonpath='{.spec.replicas} {.spec.serviceName}'"), @"2 web");
    insta::assert_snapshot!(bench.run(r#"patch priorityclass high --subresource=status --type=merge -p '{"value":2}'"#), @r"
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    ");
}

#[test]
fn a_json_patch_that_fails_halfway_changes_nothing() {
    let mut bench = bench_with_web();
    let patch = r#"[{"op":"move","from":"/status/loadBalancer","path":"/status"},{"op":"copy","from":"/kind","path":"/kind/-"}]"#;
    assert_snapshot!(bench.run(&format!("patch svc web --type=json -p '{patch}'")), @"
    ! The request is invalid: the server rejected our request due to an error in our request
    exit 1
    ");
}

#[test]
fn what_was_last_applied_can_be_viewed() {
    let mut bench = Bench::new();
    let manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}}";
    bench.run_with("apply -f -", Some(manifest));
    bench.run("create configmap d");
    let lines = ["cm/c", "cm/c -o json", "cm/d", "cm/e", "cm/c -o name"];
    let text = lines.map(|line| bench.run(&format!("apply view-last-applied {line}")));
    insta::assert_snapshot!(text.join("---\n"), @r#"
    apiVersion: v1
    data:
      a: b
    kind: ConfigMap
    metadata:
      annotations: {}
      name: c
      namespace: default
    ---
    {
      "apiVersion": "v1",
      "data": {
        "a": "b"
      },
      "kind": "ConfigMap",
      "metadata": {
        "annotations": {},
        "name": "c",
        "namespace": "default"
      }
    }
    ---
    ---
    ! Error from server (NotFound): configmaps "e" not found
    exit 1
    ---
    ! error: Unexpected -o output mode: name, the flag 'output' must be one of yaml|json
    ! See 'kubectl apply view-last-applied -h' for help and examples
    exit 1
    "#);
}

#[test]
fn references_of_variables_are_resolved() {
    let mut bench = Bench::new();
    bench.run("create configmap c --from-literal=key.one=value");
    bench.run("create deployment web --image=nginx");
    assert_snapshot!(bench.run("set env deploy/web --from=cm/c --prefix=P_ PLAIN=1"), @r"
    deployment.apps/web env updated
    ! Warning: key key.one transferred to KEY_ONE
    ");
    bench.run("set env deploy/web --from=cm/gone");
    assert_snapshot!(bench.run("set env deploy/web --list"), @r"
    # Deployment web, container nginx
    P_PLAIN=1
    # P_KEY_ONE from configmap c, key key.one
    ");
    assert_snapshot!(bench.run("set env deploy/web --list --resolve NEW=2"), @r"
    # Deployment web, container nginx
    P_PLAIN=1
    P_KEY_ONE=value
    NEW=2
    ");
    bench.run("delete cm c");
    assert_snapshot!(bench.run("set env deploy/web --list --resolve P_PLAIN-"), @r#"
    # Deployment web, container nginx
    # P_KEY_ONE from configmap c, key key.one
    ! error retrieving reference for P_KEY_ONE: configmaps "c" not found
    "#);
    assert_snapshot!(bench.run("set env deploy/web --list -o yaml"), @r"
    ! error: --list and --output may not be specified together
    exit 1
    ");
}

#[test]
fn scale_waits_for_the_status_when_it_has_a_timeout() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(1)));
    bench.sleep(5);
    assert_snapshot!(bench.run("scale sts web --replicas=2 --timeout=30s"), @"statefulset.apps/web scaled");
    assert_snapshot!(bench.run("get sts web -o jsonpath={.status.replicas}"), @"2");
    assert_snapshot!(bench.run("scale sts web --replicas=9 --timeout=1s"), @r#"
    ! error: timed out waiting for "web" to be synced
    exit 1
    "#);
    assert_snapshot!(bench.run("scale sts web --replicas=2 --current-replicas=5 --timeout=1s"), @r"
    ! error: Expected replicas to be 5, was 9
    exit 1
    ");
}

#[test]
fn objects_printed_whole_stand_as_kubectl_puts_them() {
    let mut bench = Bench::new();
    let both = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n";
    assert_snapshot!(bench.run_with("apply -f - --dry-run=client -o jsonpath={.metadata}", Some(both)), @"{}");
    let listed = bench.run_with("apply -f - -o json", Some(both));
    assert!(listed.starts_with("{\n    \"kind\": \"List\",\n    \"apiVersion\": \"v1\",\n    \"metadata\": {},\n    \"items\": [\n        {\n"), "{listed}");
    assert!(serde_json::from_str::<serde_json::Value>(&listed).is_ok(), "{listed}");
    let mut separators = |line: &str| bench.run(line).matches("---").count();
    // label, patch and rollout make a printer for each object, the others one for all.
    assert_eq!(separators("label cm a b x=y -o yaml"), 0);
    assert_eq!(separators("annotate cm a b x=y -o yaml"), 1);
    let patched = bench.run("patch cm a b -p 'data: {k: v}' -o yaml");
    assert!(patched.contains("name: b") && !patched.contains("---"), "{patched}");
    assert_snapshot!(bench.run("patch cm a -p '{\"data\":{\"k\":\"w\"}}' --dry-run=server"), @"configmap/a patched");
    bench.run("create cm bare");
    let bare = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bare}\n";
    let tried = bench.run_with("apply -f - --dry-run=client", Some(bare));
    assert!(
        tried.contains("is missing the") && tried.contains("configmap/bare configured (dry run)"),
        "{tried}"
    );
    assert_snapshot!(bench.run("cordon node-1 nope"), @r#"
    ! Error from server (NotFound): nodes "nope" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("get nodes -o jsonpath={.items[*].spec.unschedulable}"), @"");
}

//! Apply on the server and the managers of fields.

use insta::assert_snapshot;

use super::Bench;

const SET: &str = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: "app:1.0", ports: [{containerPort: 80, name: http}]}
"#;

/// The managers, one a line, with what each owns.
fn managers(bench: &mut Bench, what: &str) -> String {
    bench.run(&format!(
        "get {what} -o 'jsonpath={{range .metadata.managedFields[*]}}{{.manager}} {{.operation}} {{.subresource}} {{.fieldsV1}}{{\"\\n\"}}{{end}}'"
    ))
}

#[test]
fn ordinary_writes_are_kept_with_their_managers() {
    let mut bench = Bench::new();
    bench.run_with("create -f -", Some(SET));
    bench.run("scale sts web --replicas=2");
    bench.run("label sts web tier=db");
    bench.cluster.advance(std::time::Duration::from_secs(3));
    insta::assert_snapshot!(managers(&mut bench, "sts web"), @r#"
    kubectl Update scale {"f:spec":{"f:replicas":{}}}
    kubectl-create Update  {"f:spec":{"f:persistentVolumeClaimRetentionPolicy":{".":{},"f:whenDeleted":{},"f:whenScaled":{}},"f:podManagementPolicy":{},"f:revisionHistoryLimit":{},"f:selector":{},"f:serviceName":{},"f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:name":{},"f:protocol":{}}},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}},"f:updateStrategy":{"f:rollingUpdate":{".":{},"f:partition":{}},"f:type":{}}}}
    kubectl-label Update  {"f:metadata":{"f:labels":{".":{},"f:tier":{}}}}
    kube-controller-manager Update status {"f:status":{"f:availableReplicas":{},"f:collisionCount":{},"f:currentReplicas":{},"f:currentRevision":{},"f:observedGeneration":{},"f:readyReplicas":{},"f:replicas":{},"f:updateRevision":{},"f:updatedReplicas":{}}}
    "#);
    insta::assert_snapshot!(managers(&mut bench, "pod web-0"), @r#"
    kube-controller-manager Update  {"f:metadata":{"f:generateName":{},"f:labels":{".":{},"f:app":{},"f:apps.kubernetes.io/pod-index":{},"f:controller-revision-hash":{},"f:statefulset.kubernetes.io/pod-name":{}},"f:ownerReferences":{".":{},"k:{\"uid\":\"061bed85-30f2-48a0-8081-f3c1bb9b1ee8\"}":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:name":{},"f:protocol":{}}},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:hostname":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:subdomain":{},"f:terminationGracePeriodSeconds":{}}}
    kubelet Update status {"f:status":{"f:conditions":{"k:{\"type\":\"ContainersReady\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:message":{},"f:reason":{},"f:status":{},"f:type":{}},"k:{\"type\":\"Initialized\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},"k:{\"type\":\"PodReadyToStartContainers\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},"k:{\"type\":\"Ready\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:message":{},"f:reason":{},"f:status":{},"f:type":{}}},"f:containerStatuses":{},"f:hostIP":{},"f:hostIPs":{},"f:observedGeneration":{},"f:phase":{},"f:podIP":{},"f:podIPs":{".":{},"k:{\"ip\":\"10.244.0.2\"}":{".":{},"f:ip":{}}},"f:startTime":{}}}
    "#);
    bench.run("label pod web-0 tier=db");
    insta::assert_snapshot!(managers(&mut bench, "pod web-0").lines().last().unwrap_or_default(), @r#"kubectl-label Update  {"f:metadata":{"f:labels":{"f:tier":{}}}}"#);
}

#[test]
fn yaml_shows_managers_when_asked() {
    let mut bench = Bench::new();
    bench.run("create configmap settings --from-literal=a=b");
    assert!(!bench.run("get cm settings -o yaml").contains("managedFields"));
    insta::assert_snapshot!(bench.run("get cm settings -o yaml --show-managed-fields"), @r#"
    apiVersion: v1
    data:
      a: b
    kind: ConfigMap
    metadata:
      creationTimestamp: "2026-11-23T12:00:00Z"
      managedFields:
      - apiVersion: v1
        fieldsType: FieldsV1
        fieldsV1:
          f:data:
            .: {}
            f:a: {}
        manager: kubectl-create
        operation: Update
        time: "2026-11-23T12:00:00Z"
      name: settings
      namespace: default
      resourceVersion: "26"
      uid: 061bed85-30f2-48a0-8081-f3c1bb9b1ee8
    "#);
}

#[test]
fn a_server_side_apply_meets_conflicts_and_can_force_them() {
    let mut bench = Bench::new();
    let ours = SET.replace("replicas: 1", "replicas: 3");
    insta::assert_snapshot!(bench.run_with("apply --server-side -f -", Some(SET)), @"statefulset.apps/web serverside-applied");
    insta::assert_snapshot!(
        bench.run_with("apply --server-side --field-manager=hpa -f -", Some(&ours)), @r#"
    ! error: Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas
    ! Please review the fields above--they currently have other managers. Here
    ! are the ways you can resolve this warning:
    ! * If you intend to manage all of these fields, please re-run the apply
    !   command with the `--force-conflicts` flag.
    ! * If you do not intend to manage all of the fields, please edit your
    !   manifest to remove references to the fields that should keep their
    !   current managers.
    ! * You may co-own fields by updating your manifest to match the existing
    !   value; in this case, you'll become the manager if the other manager(s)
    !   stop managing the field (remove it from their configuration).
    ! See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
    exit 1
    "#
    );
    insta::assert_snapshot!(
        bench.run_with("apply --server-side --field-manager=hpa --force-conflicts -f -", Some(&ours)), @"statefulset.apps/web serverside-applied"
    );
    insta::assert_snapshot!(bench.run("get sts web -o jsonpath={.spec.replicas}"), @"3");
    // The first manager lets go of the field; the second keeps it.
    let without = SET.replace("  replicas: 1\n", "");
    bench.run_with("apply --server-side -f -", Some(&without));
    insta::assert_snapshot!(bench.run("get sts web -o jsonpath={.spec.replicas}"), @"3");
    bench.run("scale sts web --replicas=1");
    insta::assert_snapshot!(
        bench.run_with("apply --server-side --field-manager=hpa -f -", Some(&ours.replace("app:1.0", "app:2.0"))), @r#"
    ! error: Apply failed with 2 conflicts: conflicts with "kubectl" with subresource "scale" using apps/v1:
    ! - .spec.replicas
    ! conflicts with "kubectl":
    ! - .spec.template.spec.containers[name="app"].image
    ! Please review the fields above--they currently have other managers. Here
    ! are the ways you can resolve this warning:
    ! * If you intend to manage all of these fields, please re-run the apply
    !   command with the `--force-conflicts` flag.
    ! * If you do not intend to manage all of the fields, please edit your
    !   manifest to remove references to the fields that should keep their
    !   current managers.
    ! * You may co-own fields by updating your manifest to match the existing
    !   value; in this case, you'll become the manager if the other manager(s)
    !   stop managing the field (remove it from their configuration).
    ! See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
    exit 1
    "#
    );
}

#[test]
fn what_client_side_apply_owned_goes_to_the_server_side() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(SET));
    let before = managers(&mut bench, "sts web");
    assert!(before.contains("kubectl-client-side-apply Update"), "{before}");
    let changed = SET.replace("app:1.0", "app:2.0");
    insta::assert_snapshot!(bench.run_with("apply --server-side -f -", Some(&changed)), @"statefulset.apps/web serverside-applied");
    let after = managers(&mut bench, "sts web");
    assert!(after.starts_with("kubectl Apply"), "{after}");
    assert!(!after.contains("client-side-apply Update"), "{after}");
    let kept = bench.run(r"get sts web -o 'jsonpath={.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}'");
    assert!(kept.contains("app:2.0"), "{kept}");
}

#[test]
fn what_cannot_be_applied_on_the_server_is_refused() {
    let mut bench = Bench::new();
    let mut said = String::new();
    for (line, manifest) in [
        ("apply --server-side -f -", SET.replace("serviceName", "serviceNam")),
        ("apply --server-side -f -", SET.replace("- {name: app,", "- {")),
        ("apply --server-side -f -", SET.replace("matchLabels: {app: web}", "matchLabels: {app: other}")),
        ("apply --force-conflicts -f -", SET.to_owned()),
        ("apply --server-side --dry-run=client -f -", SET.to_owned()),
        ("apply --server-side --force -f -", SET.to_owned()),
        ("apply --server-side --dry-run=server -f -", SET.to_owned()),
    ] {
        said.push_str(&bench.run_with(line, Some(&manifest)));
    }
    insta::assert_snapshot!(said, @r#"
    ! Error from server: failed to create typed patch object (default/web; apps/v1, Kind=StatefulSet): .spec.serviceNam: field not declared in schema
    exit 1
    ! Error from server: failed to create typed patch object (default/web; apps/v1, Kind=StatefulSet): .spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)
    exit 1
    ! The StatefulSet "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`
    exit 1
    ! error: --force-conflicts only works with --server-side
    exit 1
    ! error: --dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)
    exit 1
    ! error: --force cannot be used with --server-side
    exit 1
    statefulset.apps/web serverside-applied (server dry run)
    "#);
    assert!(bench.run("get sts").contains("No resources found"));
}

#[test]
fn writing_verbs_show_who_owns_what_they_wrote() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("create configmap a --from-literal=k=v -o yaml --show-managed-fields"), @r#"
    apiVersion: v1
    data:
      k: v
    kind: ConfigMap
    metadata:
      creationTimestamp: "2026-11-23T12:00:00Z"
      managedFields:
      - apiVersion: v1
        fieldsType: FieldsV1
        fieldsV1:
          f:data:
            .: {}
            f:k: {}
        manager: kubectl-create
        operation: Update
        time: "2026-11-23T12:00:00Z"
      name: a
      namespace: default
      resourceVersion: "26"
      uid: 061bed85-30f2-48a0-8081-f3c1bb9b1ee8
    "#);
    let line = "label configmap a x=y -o jsonpath={.metadata.managedFields[*].manager}";
    assert_snapshot!(bench.run(line), @"kubectl-create kubectl-label");
    assert!(!bench.run("label configmap a x=z --overwrite -o yaml").contains("managedFields"));
}

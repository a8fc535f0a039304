//! Service accounts: what every pod gets, and the words for accounts and tokens.

use std::time::Duration;

use super::Bench;
use crate::api::KubernetesVersion;

const POD: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  containers: [{name: app, image: nginx}]
"#;

#[test]
fn a_pod_runs_as_the_default_account_with_its_token_among_its_files() {
    let mut bench = Bench::whole();
    bench.run_with("apply -f -", Some(POD));
    bench.cluster.advance(Duration::from_secs(3));
    insta::assert_snapshot!(bench.run("get pod one -o jsonpath='{.spec.serviceAccount}/{.spec.serviceAccountName} {.spec.volumes} {.spec.containers[0].volumeMounts}'"), @r#"default/default [{"name":"kube-api-access-lgdcm","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}},{"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"},"path":"namespace"}]}}]}}] [{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-lgdcm","readOnly":true}]"#);
    let described = bench.run("describe pod one");
    let part = |from: &str, lines: usize| {
        described
            .lines()
            .skip_while(|line| !line.trim_start().starts_with(from))
            .take(lines)
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(part("Service Account:", 1), @"Service Account:  default");
    insta::assert_snapshot!(part("Mounts:", 2), @r"
    Mounts:
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-lgdcm (ro)
    ");
    insta::assert_snapshot!(part("Volumes:", 7), @r"
    Volumes:
      kube-api-access-lgdcm:
        Type:                    Projected (a volume that contains injected data from multiple sources)
        TokenExpirationSeconds:  3607
        ConfigMapName:           kube-root-ca.crt
        Optional:                false
        DownwardAPI:             true
    ");
    let folder = "/var/run/secrets/kubernetes.io/serviceaccount";
    insta::assert_snapshot!(bench.run(&format!("exec one -- ls {folder}")), @r"
    ca.crt
    namespace
    token
    ");
    insta::assert_snapshot!(bench.run(&format!("exec one -- cat {folder}/namespace")), @"default");
    let token = bench.run(&format!("exec one -- cat {folder}/token"));
    assert_eq!(token.matches('.').count(), 2, "{token}");
    assert!(
        bench.run(&format!("exec one -- cat {folder}/ca.crt")).starts_with("-----BEGIN CERTIFICATE-----\n")
    );
}

#[test]
fn every_namespace_has_an_account_and_a_certificate() {
    let mut bench = Bench::whole();
    bench.run("create namespace lab");
    bench.cluster.advance(Duration::from_secs(1));
    insta::assert_snapshot!(bench.run("get sa,cm -n lab --no-headers"), @r"
    serviceaccount/default   1s
    configmap/kube-root-ca.crt   1     1s
    ");
    bench.run("delete sa default -n lab");
    bench.run("delete cm kube-root-ca.crt -n lab");
    bench.cluster.advance(Duration::from_secs(1));
    insta::assert_snapshot!(bench.run("get sa,cm -n lab -o name"), @r"
    serviceaccount/default
    configmap/kube-root-ca.crt
    ");
}

#[test]
fn accounts_are_made_described_and_missed() {
    let mut bench = Bench::whole();
    insta::assert_snapshot!(bench.run("create serviceaccount robot"), @"serviceaccount/robot created");
    insta::assert_snapshot!(bench.run("create sa robot"), @r#"
    ! error: failed to create serviceaccount: serviceaccounts "robot" already exists
    exit 1
    "#);
    insta::assert_snapshot!(bench.run("get sa"), @r"
    NAME      AGE
    default   6d23h
    robot     0s
    ");
    insta::assert_snapshot!(bench.run("describe sa robot"), @r"
    Name:                robot
    Namespace:           default
    Labels:              <none>
    Annotations:         <none>
    Image pull secrets:  <none>
    Events:              <none>
    ");
    bench.cluster.advance(Duration::from_secs(5));
    let named = POD.replace("spec:", "spec:\n  serviceAccountName: nobody");
    insta::assert_snapshot!(bench.run_with("apply -f -", Some(&named)), @r#"
    ! Error from server (Forbidden): error when creating "STDIN": pods "one" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found
    exit 1
    "#);
    let robot =
        POD.replace("spec:", "spec:\n  serviceAccountName: robot\n  automountServiceAccountToken: false");
    bench.run_with("apply -f -", Some(&robot));
    insta::assert_snapshot!(bench.run("get pod one -o jsonpath='{.spec.serviceAccountName} {.spec.volumes}'"), @"robot");
    let old = Bench::of_version(KubernetesVersion::V1_34).run("get sa");
    assert!(old.starts_with("NAME      SECRETS   AGE\ndefault   0"), "{old}");
}

#[test]
fn tokens_are_handed_out() {
    let mut bench = Bench::whole();
    let token = bench.run("create token default");
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
    assert_eq!(token, bench.run("create token default"), "the same moment gives the same token");
    let mut said = String::new();
    for line in [
        "create token nobody",
        "create token default --duration=1m",
        "create token default --duration=-1s",
        "create token default --bound-object-kind=Shoe",
        "create token default --bound-object-name=x",
        "create token default --bound-object-kind=Pod",
        "create token default --bound-object-kind=Pod --bound-object-name=nope",
        "create token",
    ] {
        said.push_str(&bench.run(line));
    }
    insta::assert_snapshot!(said, @r#"
    ! error: failed to create token: serviceaccounts "nobody" not found
    exit 1
    ! error: failed to create token: TokenRequest.authentication.k8s.io "default" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes
    exit 1
    ! error: --duration must be greater than or equal to 0
    exit 1
    ! error: supported --bound-object-kind values are Node, Pod, Secret
    exit 1
    ! error: --bound-object-name can only be set if --bound-object-kind is provided
    exit 1
    ! error: --bound-object-name is required if --bound-object-kind is provided
    exit 1
    ! error: failed to create token: pods "nope" not found
    exit 1
    ! error: exactly one NAME is required, got 0
    ! See 'kubectl create token -h' for help and examples
    exit 1
    "#);
}

#[test]
fn the_recordings_clusters_have_no_account_admission() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(POD));
    assert_eq!(bench.run("get pod one -o jsonpath={.spec.serviceAccountName}{.spec.volumes}"), "");
}

#[test]
fn a_secret_that_asks_for_a_token_gets_one_while_its_account_is_there() {
    let mut bench = Bench::of_version(KubernetesVersion::V1_31);
    let secret = |name: &str, account: &str| {
        format!(
            "{{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, metadata: {{name: {name}, \
             annotations: {{kubernetes.io/service-account.name: {account}}}}}}}"
        )
    };
    bench.run("create sa build-robot");
    bench.run_with("apply -f -", Some(&secret("build-robot-secret", "build-robot")));
    bench.run_with("create -f -", Some(&secret("orphan", "nobody")));
    bench.sleep(2);
    let payload = "get secret build-robot-secret -o jsonpath='{.data.token}'";
    let token = bench.run(payload);
    insta::assert_snapshot!(bench.run("get secrets"), @"
    NAME                 TYPE                                  DATA   AGE
    build-robot-secret   kubernetes.io/service-account-token   3      2s
    ");
    let described = bench.run("describe secret build-robot-secret");
    let tail = described.lines().filter(|line| !line.starts_with("token:"));
    insta::assert_snapshot!(tail.collect::<Vec<_>>().join("\n"), @"
    Name:         build-robot-secret
    Namespace:    default
    Labels:       <none>
    Annotations:  kubernetes.io/service-account.name: build-robot
                  kubernetes.io/service-account.uid: f34ae45a-0183-4b0d-ab17-f7bda654e108

    Type:  kubernetes.io/service-account-token

    Data
    ====
    ca.crt:     1107 bytes
    namespace:  7 bytes
    ");
    insta::assert_snapshot!(bench.run("describe sa build-robot"), @"
    Name:                build-robot
    Namespace:           default
    Labels:              <none>
    Annotations:         <none>
    Image pull secrets:  <none>
    Mountable secrets:   <none>
    Tokens:              build-robot-secret
    Events:              <none>
    ");
    bench.run("patch secret build-robot-secret -p '{\"data\":{\"ca.crt\":null}}'");
    bench.sleep(2);
    assert_eq!(bench.run(payload), token);
    bench.run("delete sa build-robot");
    bench.sleep(2);
    insta::assert_snapshot!(bench.run("get secrets"), @"! No resources found in default namespace.");
}

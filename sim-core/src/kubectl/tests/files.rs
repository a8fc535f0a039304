//! What works on files alone, or goes by them: `--local`, `apply --prune`, Secrets from files, and the question
//! that `delete -i` asks.

use insta::assert_snapshot;

use super::Bench;

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec: {containers: [{name: c, image: nginx}]}
";

const TWO: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {app: x}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, labels: {app: x}}
";

const ONE: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {app: x}}
";

#[test]
fn manifests_are_changed_locally() {
    let mut bench = Bench::new();
    let before = bench.cluster.store().revision();
    let mut run = |line: &str| bench.run_with(line, Some(DEPLOYMENT));
    assert_snapshot!(run("set image --local -f - c=nginx:2 -o yaml"), @"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: d
    spec:
      selector:
        matchLabels:
          app: d
      strategy: {}
      template:
        metadata:
          labels:
            app: d
        spec:
          containers:
          - image: nginx:2
            name: c
            resources: {}
    status: {}
    ");
    assert_snapshot!(run("set image --local -f - c=nginx:2"), @"deployment.apps/d image updated");
    assert_snapshot!(run("set image --local -f - c=nginx:2 --dry-run=client"), @"deployment.apps/d image updated (dry run)");
    assert_snapshot!(run("set selector --local -f - a=b"), @"
    ! error: setting a selector is only supported for Services
    exit 1
    ");
    assert_snapshot!(run("set image --local deployment d c=nginx:2"), @"
    ! error: you must specify resources by --filename when --local is set.
    ! Example resource specifications include:
    !    '-f rsrc.yaml'
    !    '--filename=rsrc.json'
    exit 1
    ");
    assert_snapshot!(run("label --local -f - a=b -o jsonpath={.metadata}"), @r#"{"labels":{"a":"b"},"name":"d"}"#);
    assert_snapshot!(run("label --local -f - a-"), @"deployment.apps/d not labeled");
    assert_snapshot!(run("annotate --local -f - a=b"), @"deployment.apps/d annotated");
    assert_snapshot!(run("label --local pod/x a=b"), @"
    ! error: can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set
    exit 1
    ");
    assert_snapshot!(run(r#"patch --local -f - -p '{"spec":{"replicas":3}}' -o jsonpath={.spec.replicas}"#), @"3");
    assert_snapshot!(run("patch --local -f - -p '{}'"), @"deployment.apps/d patched (no change)");
    assert_eq!(bench.cluster.store().revision(), before);
}

#[test]
fn what_left_the_manifests_is_pruned() {
    let mut bench = Bench::new();
    bench.run("create configmap byhand");
    bench.run("label configmap byhand app=x");
    bench.run_with("apply -f -", Some(TWO));
    let mut run = |line: &str| bench.run_with(line, Some(ONE));
    assert_snapshot!(run("apply --prune -f -"), @"
    ! error: all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector
    exit 1
    ");
    assert_snapshot!(run("apply --prune --all --prune-allowlist=core/v1/Foo -f -"), @r#"
    ! error: no matches for kind "Foo" in version "v1"
    exit 1
    "#);
    assert_snapshot!(run("apply --prune -l app=x --prune-allowlist=core/v1/ConfigMap -f - --dry-run=server"), @"
    configmap/a unchanged (server dry run)
    configmap/b pruned (server dry run)
    ");
    assert_snapshot!(run("apply --prune -l app=x --prune-allowlist=core/v1/ConfigMap -f -"), @"
    configmap/a unchanged
    configmap/b pruned
    ");
    assert_snapshot!(run("get configmap -l app=x -o name"), @"
    configmap/a
    configmap/byhand
    ");
}

#[test]
fn a_deletion_can_be_confirmed() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(TWO));
    assert_snapshot!(bench.talk("delete -i configmap a b", None, &["n"]), @"
    You are about to delete the following 2 resource(s):
    configmap/a
    configmap/b
    Do you want to continue? (y/N): n
    deletion is cancelled
    ");
    assert_snapshot!(bench.talk("delete -i configmap a", None, &[]), @"
    You are about to delete the following 1 resource(s):
    configmap/a
    Do you want to continue? (y/N): ^D
    deletion is cancelled
    ");
    assert_snapshot!(bench.talk("delete -i configmap -l app=x", None, &["Y"]), @r#"
    You are about to delete the following 2 resource(s):
    configmap/a
    configmap/b
    Do you want to continue? (y/N): Y
    configmap "a" deleted from default namespace
    configmap "b" deleted from default namespace
    "#);
}

/// A pair on the curve P-256, and a key of another pair.
const CERT: &str = include_str!("pair/tls.crt");
const KEY: &str = include_str!("pair/tls.key");
const OTHER: &str = include_str!("pair/other.key");

#[test]
fn secrets_for_keys_and_registries() {
    let mut bench = Bench::new();
    for (name, text) in
        [("tls.crt", CERT), ("tls.key", KEY), ("other.key", OTHER), ("none", "x"), ("cfg", "{}")]
    {
        bench.files.put(name, text);
    }
    let mut run = |line: &str| bench.run(line);
    assert_snapshot!(run("create secret tls t --cert=tls.crt --key=tls.key"), @"secret/t created");
    assert_snapshot!(run("get secret t"), @"
    NAME   TYPE                DATA   AGE
    t      kubernetes.io/tls   2      0s
    ");
    for (line, why) in [
        ("--cert=tls.crt", "key and cert must be specified"),
        ("--cert=nope --key=tls.key", "Cannot read file nope, open nope: no such file or directory"),
        ("--cert=none --key=tls.key", "tls: failed to find any PEM data in certificate input"),
        ("--cert=tls.crt --key=none", "tls: failed to find any PEM data in key input"),
        ("--cert=tls.crt --key=other.key", "tls: private key does not match public key"),
        (
            "--cert=tls.crt --key=tls.crt",
            "tls: found a certificate rather than a key in the PEM for the private key",
        ),
        (
            "--cert=tls.key --key=tls.key",
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs \
             may have been switched",
        ),
    ] {
        assert_eq!(run(&format!("create secret tls u {line}")), format!("! error: {why}\nexit 1\n"));
    }
    assert_snapshot!(run("create secret docker-registry r --docker-username=u --docker-password=p --docker-email=e@x --docker-server=s -o yaml --dry-run=client"), @"
    apiVersion: v1
    data:
      .dockerconfigjson: eyJhdXRocyI6eyJzIjp7InVzZXJuYW1lIjoidSIsInBhc3N3b3JkIjoicCIsImVtYWlsIjoiZUB4IiwiYXV0aCI6ImRUcHcifX19
    kind: Secret
    metadata:
      name: r
    type: kubernetes.io/dockerconfigjson
    ");
    assert_snapshot!(run("create secret docker-registry r --from-file=cfg"), @"secret/r created");
    assert_snapshot!(run("create secret docker-registry r --docker-username=u"), @"
    ! error: either --from-file or the combination of --docker-username, --docker-password and --docker-server is required
    exit 1
    ");
}

#[test]
fn what_may_be_done_is_asked() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("auth can-i get foo.bar"), @"
    yes
    ! Warning: the server doesn't have a resource type 'foo' in group 'bar'
    ! 
    ");
    assert_snapshot!(bench.run("auth can-i frob storageclasses"), @"
    yes
    ! Warning: resource 'storageclasses' is not namespace scoped in group 'storage.k8s.io'
    ! 
    ! Warning: verb 'frob' is not a known verb
    ! 
    ");
    assert_snapshot!(bench.run("auth can-i get /logs --subresource=log"), @"
    ! error: --subresource can not be used with NonResourceURL
    exit 1
    ");
    assert_snapshot!(bench.run("auth can-i --list -q"), @"
    ! error: list option can't be specified with neither quiet, all-namespaces nor subresource options
    exit 1
    ");
    assert_snapshot!(bench.run("auth can-i get pods --no-headers"), @"
    ! error: --no-headers cannot be set without --list specified
    exit 1
    ");
}

#[test]
fn a_trial_has_no_version_of_its_own() {
    let mut bench = Bench::new();
    let line =
        "create configmap a --from-literal=a=b --dry-run=server -o jsonpath={.metadata.resourceVersion}";
    assert_snapshot!(bench.run(line), @"");
    bench.run("create configmap a");
    let stored = bench.run("get configmap a -o jsonpath={.metadata.resourceVersion}");
    let tried = bench.run("label configmap a a=b --dry-run=server -o jsonpath={.metadata.resourceVersion}");
    assert_eq!(tried, stored);
}

#[test]
fn old_kustomizations_are_warned_of_by_every_verb() {
    let mut bench = Bench::new();
    bench.files.put("k/kustomization.yaml", "commonLabels: {a: b}\nresources: [cm.yaml]\n");
    bench.files.put("k/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
    let mut said = String::new();
    for line in ["apply -k k", "get -k k -o name", "describe -k k", "diff -k k", "delete -k k"] {
        let warned =
            bench.run(line).lines().filter(|line| line.contains("'commonLabels' is deprecated")).count();
        said.push_str(&format!("{line}: {warned}\n"));
    }
    assert_snapshot!(said, @r"
    apply -k k: 1
    get -k k -o name: 1
    describe -k k: 1
    diff -k k: 1
    delete -k k: 1
    ");
}

#[test]
fn variables_of_a_file_are_listed_without_a_cluster() {
    let mut bench = Bench::new();
    let pod = "apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: x, env: [{name: A, value: b}]}, {name: d, image: x}]}
";
    assert_snapshot!(bench.run_with("set env -f - --list --local", Some(pod)), @r"
    # Pod p, container c
    A=b
    # Pod p, container d
    ");
    assert_snapshot!(bench.run_with("set env -f - --list --local C=d", Some(pod)), @r"
    # Pod p, container c
    A=b
    C=d
    # Pod p, container d
    C=d
    ");
}

#[test]
fn commands_without_anything_to_do_here_say_so_as_kubectl_does() {
    let mut bench = Bench::new();
    let mut said = String::new();
    for line in [
        "certificate approve x y",
        "certificate deny",
        "certificate approve -f nope.yaml",
        "plugin list",
        "alpha",
    ] {
        said.push_str(&bench.run(line));
    }
    assert_snapshot!(said, @r#"
    ! Error from server (NotFound): certificatesigningrequests.certificates.k8s.io "x" not found
    ! Error from server (NotFound): certificatesigningrequests.certificates.k8s.io "y" not found
    exit 1
    ! error: one or more CSRs must be specified as <name> or -f <filename>
    exit 1
    ! error: the path "nope.yaml" does not exist
    exit 1
    ! error: unable to find any kubectl plugins in your PATH
    exit 1
    No alpha commands are available in this version of kubectl
    "#);
    assert_snapshot!(bench.run("certificate"), @r#"
    Modify certificate resources.

    Available Commands:
      approve       Approve a certificate signing request
      deny          Deny a certificate signing request

    Usage:
      kubectl certificate SUBCOMMAND [options]

    Use "kubectl certificate <command> --help" for more information about a given command.
    Use "kubectl options" for a list of global command-line options (applies to all commands).
    "#);
}

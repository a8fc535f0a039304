//! Bad input: the texts of the recordings `kubectl-errors` and `validation`.

use insta::assert_snapshot;

use super::{Bench, web};

/// Said by several verbs when nothing at all is named.
const NOTHING_NAMED: &str = "! error: You must provide one or more resources by argument or filename.
! Example resource specifications include:
!    '-f rsrc.yaml'
!    '--filename=rsrc.json'
!    '<resource> <name>'
!    '<resource>'
exit 1
";

#[test]
fn command_lines_that_name_nothing() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run("frobnicate"), @r#"
    ! error: unknown command "frobnicate" for "kubectl"
    exit 1
    "#);
    assert_snapshot!(bench.run("deleet pod x"), @r#"
    ! error: unknown command "deleet" for "kubectl"
    ! 
    ! Did you mean this?
    ! 	delete
    exit 1
    "#);
    assert_eq!(bench.run("delete"), NOTHING_NAMED);
    assert_eq!(bench.run("scale --replicas=2"), NOTHING_NAMED);
    assert_snapshot!(bench.run("delete pod"), @r"
    ! error: resource(s) were provided, but no name was specified
    exit 1
    ");
    assert_snapshot!(bench.run("apply"), @r"
    ! error: must specify one of -f and -k
    exit 1
    ");
    assert_snapshot!(bench.run("create -f nofile.yaml"), @r#"
    ! error: the path "nofile.yaml" does not exist
    exit 1
    "#);
    assert_snapshot!(bench.run("delete pods -x"), @r"
    ! error: unknown shorthand flag: 'x' in -x
    ! See 'kubectl delete --help' for usage.
    exit 1
    ");
}

#[test]
fn objects_that_are_not_there() {
    let mut bench = Bench::new();
    for line in ["scale sts web --replicas=2", "set image sts/web", "-n default scale --replicas=2 sts/web"] {
        assert_eq!(
            bench.run(line),
            "! Error from server (NotFound): statefulsets.apps \"web\" not found\nexit 1\n"
        );
    }
    assert_snapshot!(bench.run("delete pod app-python-0"), @r#"
    ! Error from server (NotFound): pods "app-python-0" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("delete pod/a pod/b"), @r#"
    ! Error from server (NotFound): pods "a" not found
    ! Error from server (NotFound): pods "b" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("delete sts nope --ignore-not-found"), @"");
    assert_snapshot!(bench.run("delete pods --all"), @"No resources found");
    assert_snapshot!(bench.run("delete nothing x"), @r#"
    ! error: the server doesn't have a resource type "nothing"
    exit 1
    "#);
}

#[test]
fn manifests_that_cannot_be_read() {
    let mut bench = Bench::new();
    assert_snapshot!(bench.run_with("apply -f -", Some("foo: [bar\n")), @r"
    ! error: error parsing STDIN: error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'
    exit 1
    ");
    assert_snapshot!(bench.run_with("apply -f -", Some("")), @r"
    ! error: no objects passed to apply
    exit 1
    ");
    assert_snapshot!(bench.run_with("create -f -", Some("---\n---\n")), @r"
    ! error: no objects passed to create
    exit 1
    ");
    let unknown = "apiVersion: apps/v1beta9\nkind: StatefulSet\nmetadata: {name: bad7}\n";
    assert_snapshot!(bench.run_with("apply -f -", Some(unknown)), @r#"
    ! error: resource mapping not found for name: "bad7" namespace: "" from "STDIN": no matches for kind "StatefulSet" in version "apps/v1beta9"
    ! ensure CRDs are installed first
    exit 1
    "#);
    assert_snapshot!(bench.run_with("apply -f -", Some("foo: bar\n")), @r#"
    ! error: error validating "STDIN": error validating data: [apiVersion not set, kind not set]; if you choose to ignore these errors, turn validation off with --validate=false
    exit 1
    "#);
}

#[test]
fn a_resource_may_name_its_version_and_the_beginning_of_its_group() {
    let mut bench = Bench::new();
    let lines = [
        "get pods.v1.",
        "get pods.v1",
        "get sts.v1.apps",
        "get sts.app",
        "get sts.v1beta1.apps",
        "get statefulsets.v1beta1.apps",
        "get hpa.v1.autoscaling",
        "get hpa.auto",
    ];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ get pods.v1.
    ! No resources found in default namespace.
    $ get pods.v1
    ! error: the server doesn't have a resource type "pods"
    exit 1
    $ get sts.v1.apps
    ! No resources found in default namespace.
    $ get sts.app
    ! No resources found in default namespace.
    $ get sts.v1beta1.apps
    ! No resources found in default namespace.
    $ get statefulsets.v1beta1.apps
    ! error: the server doesn't have a resource type "statefulsets"
    exit 1
    $ get hpa.v1.autoscaling
    ! No resources found in default namespace.
    $ get hpa.auto
    ! No resources found in default namespace.
    "#);
}

#[test]
fn validation_refuses_warns_of_or_drops_unknown_fields() {
    let mut bench = Bench::new();
    let manifest = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {nope: 1, containers: [{name: c, image: x, imgae: y}]}}";
    let text = ["strict", "warn", "ignore"].map(|level| {
        let lines = [format!("create -f - --validate={level}"), "delete pod a --ignore-not-found".to_owned()];
        lines.map(|line| format!("$ {line}\n{}", bench.run_with(&line, Some(manifest)))).concat()
    });
    insta::assert_snapshot!(text.concat(), @r#"
    $ create -f - --validate=strict
    ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imgae", unknown field "spec.nope"
    exit 1
    $ delete pod a --ignore-not-found
    $ create -f - --validate=warn
    pod/a created
    ! Warning: unknown field "spec.containers[0].imgae"
    ! Warning: unknown field "spec.nope"
    $ delete pod a --ignore-not-found
    pod "a" deleted from default namespace
    $ create -f - --validate=ignore
    pod/a created
    $ delete pod a --ignore-not-found
    pod "a" deleted from default namespace
    "#);
}

#[test]
fn a_service_keeps_its_address_and_families_are_checked_first() {
    let mut bench = Bench::new();
    let mut create = |name: &str, spec: &str| {
        let manifest = format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {spec}\n");
        bench.run_with("create -f -", Some(&manifest))
    };
    create("h", "{clusterIP: None, selector: {app: a}, ports: [{port: 80}]}");
    insta::assert_snapshot!(create("bad", "{clusterIP: 1.2.3, ipFamilyPolicy: Foo, type: Bar}"), @r#"
    ! The Service "bad" is invalid: 
    ! * spec.ipFamilyPolicy: Unsupported value: "Foo": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"
    ! * spec.clusterIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
    exit 1
    "#);
    insta::assert_snapshot!(create("dual", "{ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}"), @r#"
    ! The Service "dual" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services
    exit 1
    "#);
    insta::assert_snapshot!(bench.run(r#"patch svc h -p '{"spec":{"clusterIP":"10.96.0.77"}}'"#), @r#"
    ! The Service "h" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.0.77"]: may not change once set
    exit 1
    "#);
}

#[test]
fn commands_that_find_nothing_say_so_as_kubectl_does() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(2)));
    bench.sleep(5);
    let lines = [
        "rollout pause deploy",
        "rollout restart deploy",
        "wait --for=create cm -l app=x --timeout=1s",
        "wait --for=condition=Ready --all",
        "get ,cm",
        "get po, svc",
        "get pods web-0 web-1 -w --no-headers -o name",
        "patch sts web --subresource=foo -p {}",
        "apply -f x --prune --prune-allowlist=foo",
    ];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ rollout pause deploy
    ! No resources found in default namespace.
    $ rollout restart deploy
    ! No resources found in default namespace.
    $ wait --for=create cm -l app=x --timeout=1s
    ! error: timed out waiting for the condition
    exit 1
    $ wait --for=condition=Ready --all
    ! error: You must provide one or more resources by argument or filename.
    ! Example resource specifications include:
    !    '-f rsrc.yaml'
    !    '--filename=rsrc.json'
    !    '<resource> <name>'
    !    '<resource>'
    exit 1
    $ get ,cm
    ! error: the server doesn't have a resource type ""
    exit 1
    $ get po, svc
    ! error: arguments in resource/name form must have a single resource and name
    exit 1
    $ get pods web-0 web-1 -w --no-headers -o name
    pod/web-0
    pod/web-1
    ! error: you may only watch a single resource or type of resource at a time
    exit 1
    $ patch sts web --subresource=foo -p {}
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    $ apply -f x --prune --prune-allowlist=foo
    ! error: invalid GroupVersionKind format: foo, please follow <group/version/kind>
    exit 1
    "#);
}

#[test]
fn lists_name_the_kind_of_items_that_do_not() {
    let mut bench = Bench::new();
    let list = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n";
    assert_snapshot!(bench.run_with("apply -f -", Some(list)), @"
    configmap/a created
    configmap/b created
    ");
    let mut local = |list: &str| bench.run_with("label --local -f - x=y", Some(list));
    let some =
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n";
    assert_snapshot!(local(&format!("{some}- {{kind: ConfigMap, metadata: {{name: b}}}}\n- {{apiVersion: v1}}\n")), @r#"
    configmap/a labeled
    ! unable to get type info from the object "*unstructured.Unstructured": Object 'apiVersion' is missing in 'object has no apiVersion field'
    ! unable to get type info from the object "*unstructured.Unstructured": Object 'Kind' is missing in 'object has no kind field '
    exit 1
    "#);
    assert_snapshot!(local(&format!("{some}- {{}}\n- null\n")), @r#"
    configmap/a labeled
    ! unable to get type info from the object "*unstructured.Unstructured": Object 'Kind' is missing in 'object has no kind field '
    ! unable to get type info from the object "*unstructured.Unstructured": Object 'Kind' is missing in 'object has no kind field '
    exit 1
    "#);
    assert_snapshot!(local(&format!("{some}- x\n")), @r#"
    ! error: unable to decode "STDIN": json: cannot unmarshal string into Go value of type map[string]interface {}
    exit 1
    "#);
    assert_snapshot!(local("apiVersion: v1\nkind: List\nitems: x\n"), @r#"
    ! error: unable to decode "STDIN": json: cannot unmarshal string into Go struct field decodeList.items of type []json.RawMessage
    exit 1
    "#);
    assert_snapshot!(local("apiVersion: v1\nkind: List\nitems: null\n"), @"");
    let nested = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List, items: []}\n";
    assert_snapshot!(local(nested), @"
    ! error: *unstructured.Unstructured is not a list: no Items field in this object
    exit 1
    ");
}

#[test]
fn what_names_an_object_is_of_the_wrong_type() {
    let mut bench = Bench::new();
    let mut local = |text: &str| bench.run_with("label --local -f - x=y", Some(text));
    assert_snapshot!(local("apiVersion: 1\nkind: ConfigMap\n"), @r#"
    ! error: unable to decode "STDIN": json: cannot unmarshal number into Go struct field metadataOnlyObject.TypeMeta.apiVersion of type string
    exit 1
    "#);
    assert_snapshot!(local("apiVersion: apps/v1/x\nkind: ConfigMap\n"), @r#"
    ! error: unable to decode "STDIN": Object 'Kind' is missing in '{"apiVersion":"apps/v1/x","kind":"ConfigMap"}'
    exit 1
    "#);
    assert_snapshot!(local("{\"kind\" : 5,\n \"kind\":6}"), @r#"
    ! error: unable to decode "STDIN": Object 'Kind' is missing in '{"kind" : 5,
    !  "kind":6}'
    exit 1
    "#);
    // Nothing else is looked at.
    assert_snapshot!(local("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: x\n"), @"pod/a labeled");
    assert_snapshot!(bench.run_with("label --local -f - x=y -o yaml", Some("apiVersion: v1\nkind: Pod\nmetadata:\n")), @"
    apiVersion: v1
    kind: Pod
    metadata: null
    ");
}

#[test]
fn readable_manifests_are_changed_locally_beside_unreadable_ones() {
    let mut bench = Bench::new();
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\na: [\n";
    assert_snapshot!(bench.run_with("annotate --local -f - x=y", Some(text)), @"
    configmap/a annotated
    ! error: error parsing STDIN: error converting YAML to JSON: yaml: line 1: did not find expected node content
    exit 1
    ");
}

#[test]
fn nothing_is_named_or_read() {
    let mut bench = Bench::new();
    let answers = ["apply", "create", "replace", "diff"].map(|verb| bench.run(&format!("{verb} -f ''")));
    assert_snapshot!(answers.join("\n"), @"
    ! error: must specify one of -f and -k
    exit 1

    ! error: must specify one of -f and -k
    exit 1

    ! error: must specify one of -f and -k
    exit 1

    ! error: must specify one of -f and -k
    exit 2
    ");
    assert_snapshot!(bench.run("get -f ''"), @r#"
    ! You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.
    ! 
    ! error: Required resource not specified.
    ! Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
    ! See 'kubectl get -h' for help and examples
    exit 1
    "#);
    assert_snapshot!(bench.run("delete -f ''"), @"
    ! error: You must provide one or more resources by argument or filename.
    ! Example resource specifications include:
    !    '-f rsrc.yaml'
    !    '--filename=rsrc.json'
    !    '<resource> <name>'
    !    '<resource>'
    exit 1
    ");
    assert_snapshot!(bench.run("label -f '' a=b"), @"
    ! error: one or more resources must be specified as <resource> <name> or <resource>/<name>
    exit 1
    ");
    assert_snapshot!(bench.run_with("replace -f -", Some("")), @"");
    assert_snapshot!(bench.run_with("replace --force -f -", Some("")), @"
    ! No resources found
    ! error: no objects passed to replace
    exit 1
    ");
    // A kustomization is only looked at when its objects are asked for, and so is not complained of alone.
    assert_snapshot!(bench.run("get -k /nope"), @"
    ! must build at directory: not a valid directory: evalsymlink failure on '/nope' : lstat /nope: no such file or directory
    exit 1
    ");
    assert_snapshot!(bench.run("apply -k /nope"), @"
    ! error: must build at directory: not a valid directory: evalsymlink failure on '/nope' : lstat /nope: no such file or directory
    exit 1
    ");
}

#[test]
fn objects_without_a_name_are_unknown() {
    let mut bench = Bench::new();
    let text = "apiVersion: v1\nkind: ConfigMap\n";
    assert_snapshot!(bench.run_with("create --dry-run=client -f -", Some(text)), @"configmap/<unknown> created (dry run)");
    assert_snapshot!(bench.run_with("label --local -f - a=b", Some(text)), @"configmap/<unknown> labeled");
}

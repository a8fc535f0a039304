//! What kubectl says by itself: compared with the real program over the same objects.

use super::{Bench, web};

#[test]
fn names_namespaces_and_selectors_that_lead_nowhere() {
    let mut bench = Bench::whole();
    bench.run_with("apply -f -", Some(&web(3)));
    bench.sleep(20);
    let lines = [
        "get pod web-0 -n nope",
        "get po a b -n nope",
        "logs web-0 -n nope",
        "scale sts web --replicas=1 -n nope",
        "rollout status sts/web -n nope",
        "wait --for=condition=Ready pod/web-0 -n nope",
        "exec web-0 -n nope -- ls",
        "delete pod web-0 -n nope",
        "delete po -l a=b=c",
        "label po -l a=b=c x=y",
        "cordon -l a=b=c",
        "logs -l a=b=c",
        "delete po --field-selector spec.foo=x",
        "logs -l app=x web-0 app",
        "get pod/web-0 -l app=x",
        "get -w",
        "get STS",
        "get Po",
        "get StatefulSets -o NAME",
        "get all web",
        "get po,all x",
        "get ev --field-selector reason=None",
        "describe sts/nope sts/web",
        "get po -l apps.kubernetes.io/pod-index>0 -o name",
        "get po -l apps.kubernetes.io/pod-index<1 -o name",
        "get po -l apps.kubernetes.io/pod-index>x",
        "get po -l app>1 -o name",
    ];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ get pod web-0 -n nope
    ! Error from server (NotFound): namespaces "nope" not found
    exit 1
    $ get po a b -n nope
    ! Error from server (NotFound): namespaces "nope" not found
    ! Error from server (NotFound): namespaces "nope" not found
    exit 1
    $ logs web-0 -n nope
    ! error: error from server (NotFound): namespaces "nope" not found in namespace "nope"
    exit 1
    $ scale sts web --replicas=1 -n nope
    ! Error from server (NotFound): namespaces "nope" not found
    exit 1
    $ rollout status sts/web -n nope
    ! Error from server (NotFound): namespaces "nope" not found
    exit 1
    $ wait --for=condition=Ready pod/web-0 -n nope
    ! Error from server (NotFound): namespaces "nope" not found
    exit 1
    $ exec web-0 -n nope -- ls
    ! Error from server (NotFound): namespaces "nope" not found
    exit 1
    $ delete pod web-0 -n nope
    ! Error from server (NotFound): pods "web-0" not found
    exit 1
    $ delete po -l a=b=c
    ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "a=b=c", field selector "": found '=', expected: ',' or 'end of string'
    exit 1
    $ label po -l a=b=c x=y
    ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "a=b=c", field selector "": found '=', expected: ',' or 'end of string'
    exit 1
    $ cordon -l a=b=c
    ! Error from server (BadRequest): Unable to find "/v1, Resource=nodes" that match label selector "a=b=c", field selector "": found '=', expected: ',' or 'end of string'
    exit 1
    $ logs -l a=b=c
    ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "a=b=c", field selector "": found '=', expected: ',' or 'end of string'
    exit 1
    $ delete po --field-selector spec.foo=x
    ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.foo=x": field label not supported: spec.foo
    exit 1
    $ logs -l app=x web-0 app
    ! error: selectors and the all flag cannot be used when passing resource/name arguments
    exit 1
    $ get pod/web-0 -l app=x
    ! error: selectors and the all flag cannot be used when passing resource/name arguments
    exit 1
    $ get -w
    ! error: You must provide one or more resources by argument or filename.
    ! Example resource specifications include:
    !    '-f rsrc.yaml'
    !    '--filename=rsrc.json'
    !    '<resource> <name>'
    !    '<resource>'
    exit 1
    $ get STS
    ! error: the server doesn't have a resource type "STS"
    exit 1
    $ get Po
    ! error: the server doesn't have a resource type "Po"
    exit 1
    $ get StatefulSets -o NAME
    statefulset.apps/web
    $ get all web
    ! error: you must specify only one resource
    exit 1
    $ get po,all x
    ! error: the server doesn't have a resource type "all"
    exit 1
    $ get ev --field-selector reason=None
    ! Warning: short name "ev" could also match lower priority resource events.events.k8s.io
    ! No resources found in default namespace.
    $ describe sts/nope sts/web
    ! Error from server (NotFound): statefulsets.apps "nope" not found
    exit 1
    $ get po -l apps.kubernetes.io/pod-index>0 -o name
    pod/web-1
    pod/web-2
    $ get po -l apps.kubernetes.io/pod-index<1 -o name
    pod/web-0
    $ get po -l apps.kubernetes.io/pod-index>x
    ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "apps.kubernetes.io/pod-index>x", field selector "": unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer
    exit 1
    $ get po -l app>1 -o name
    "#);
}

#[test]
fn what_is_printed_whole_or_not_sent() {
    let mut bench = Bench::whole();
    bench.run_with("apply -f -", Some(&web(1)));
    bench.sleep(20);
    bench.run("set image sts/web app=app:2.0");
    bench.sleep(20);
    let lines = [
        "rollout history sts/web -o name",
        "rollout history sts/web -o jsonpath='{.spec.template.spec.containers[0].image}{\"\\n\"}'",
        "rollout history sts/web --revision=1 -o jsonpath='{.spec.template.spec.containers[0].image}{\"\\n\"}'",
        "rollout history sts/web --revision=9 -o json",
        "get po -o custom-columns=A:.metadata.name,C:.spec.containers[9].name",
        "get po -o name --sort-by=a[",
        "get po web-0 -o go-template={{break}}",
        "autoscale sts web --max=3 --dry-run=client",
        "create pc x --value=1 --dry-run=client",
        "create ns x -o=",
        "set selector svc/web 'a in (b)' --dry-run=client",
        "set selector svc/web a>1 --dry-run=client",
        "set env sts/web A=b foo",
        "diff a b",
        "port-forward web-0 70000",
        "port-forward web-0 80:70000",
        "-A get pods",
        "-o wide get sts",
    ];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ rollout history sts/web -o name
    statefulset.apps/web
    statefulset.apps/web
    $ rollout history sts/web -o jsonpath='{.spec.template.spec.containers[0].image}{"\n"}'
    app:1.0
    app:2.0
    $ rollout history sts/web --revision=1 -o jsonpath='{.spec.template.spec.containers[0].image}{"\n"}'
    app:1.0
    $ rollout history sts/web --revision=9 -o json
    ! error: unable to find the specified revision
    exit 1
    $ get po -o custom-columns=A:.metadata.name,C:.spec.containers[9].name
    A     C
    ! error: array index out of bounds: index 9, length 1
    exit 1
    $ get po -o name --sort-by=a[
    ! error: unterminated array
    exit 1
    $ get po web-0 -o go-template={{break}}
    ! error: error parsing template {{break}}, template: output:1: {{break}} outside {{range}}
    exit 1
    $ autoscale sts web --max=3 --dry-run=client
    horizontalpodautoscaler.autoscaling/web created (dry run)
    $ create pc x --value=1 --dry-run=client
    priorityclass.scheduling.k8s.io/x created (dry run)
    $ create ns x -o=
    ! error: unable to match a printer suitable for the output format "=", allowed formats are: go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml
    exit 1
    $ set selector svc/web 'a in (b)' --dry-run=client
    ! error: match expression [{a In [b]}] not supported on this object
    exit 1
    $ set selector svc/web a>1 --dry-run=client
    ! error: "gt" isn't supported in label selectors
    exit 1
    $ set env sts/web A=b foo
    ! error: all resources must be specified before environment changes: sts/web A=b foo
    exit 1
    $ diff a b
    ! error: Unexpected args: [a b]
    ! See 'kubectl diff -h' for help and examples
    exit 2
    $ port-forward web-0 70000
    ! error: error parsing local port '70000': strconv.ParseUint: parsing "70000": value out of range
    exit 1
    $ port-forward web-0 80:70000
    ! error: error parsing remote port '70000': strconv.ParseUint: parsing "70000": value out of range
    exit 1
    $ -A get pods
    ! Error: flags cannot be placed before plugin name: -A
    exit 1
    $ -o wide get sts
    NAME   READY   AGE   CONTAINERS   IMAGES
    web    1/1     40s   app          app:2.0
    "#);
    let history = bench.run("rollout history sts/web --revision=1 -o json");
    let keys: Vec<&str> =
        history.lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next()).collect();
    insta::assert_snapshot!(keys.join(" "), @"kind apiVersion metadata name namespace uid resourceVersion generation creationTimestamp annotations kubectl.kubernetes.io/last-applied-configuration spec replicas selector matchLabels app template metadata labels app spec containers name image ports name containerPort protocol resources volumeMounts name mountPath terminationMessagePath terminationMessagePolicy imagePullPolicy restartPolicy terminationGracePeriodSeconds dnsPolicy securityContext schedulerName volumeClaimTemplates kind apiVersion metadata name spec accessModes ReadWriteOnce resources requests storage volumeMode status phase serviceName podManagementPolicy updateStrategy type rollingUpdate partition revisionHistoryLimit persistentVolumeClaimRetentionPolicy whenDeleted whenScaled status observedGeneration replicas readyReplicas currentReplicas updatedReplicas currentRevision updateRevision collisionCount availableReplicas");
}

/// JSON patches over a Service with the label `x=why` and two ports, the second named.
#[test]
fn json_patches_that_kubectl_applies_by_itself() {
    let mut bench = Bench::whole();
    let service = "{apiVersion: v1, kind: Service, metadata: {name: a, labels: {x: why}}, \
                   spec: {ports: [{port: 80}, {port: 81, name: b}]}}";
    let patches = PATCHES.lines().map(|patch| {
        let line = format!(
            "patch -f - --local --type=json -p '{patch}' -o jsonpath='{{.spec}}{{.metadata.labels}}'"
        );
        format!("{patch}\n  {}\n", bench.run_with(&line, Some(service)).trim())
    });
    insta::assert_snapshot!(patches.collect::<String>(), @r#"
    [{"op":"add","path":"/nope/x/y","value":1}]
      ! error: add operation does not apply: doc is missing path: "/nope/x/y": missing value
    exit 1
    [{"op":"add","path":"/spec/ports/9","value":{}}]
      ! error: error in add for path: '/spec/ports/9': Unable to access invalid index: 9: invalid index referenced
    exit 1
    [{"op":"add","path":"/spec/ports/foo","value":{}}]
      ! error: error in add for path: '/spec/ports/foo': value was not a proper array index: 'foo': strconv.Atoi: parsing "foo": invalid syntax
    exit 1
    [{"op":"add","path":"/spec/ports/-","value":{"port":7}}]
      {"ports":[{"port":80},{"name":"b","port":81},{"port":7}]}{"x":"why"}
    [{"op":"add","path":"/spec/ports/-1","value":{"port":7}}]
      {"ports":[{"port":80},{"name":"b","port":81},{"port":7}]}{"x":"why"}
    [{"op":"add","path":"/spec/ports/2","value":{"port":7}}]
      {"ports":[{"port":80},{"name":"b","port":81},{"port":7}]}{"x":"why"}
    [{"op":"add","path":"spec","value":{}}]
      ! error: add operation does not apply: doc is missing path: "spec": missing value
    exit 1
    [{"op":"add","path":"","value":{}}]
      ! error: add operation does not apply: doc is missing path: "": missing value
    exit 1
    [{"op":"add","value":{}}]
      ! error: add operation failed to decode path: missing value
    exit 1
    [{"op":"add","path":"/metadata/labels/z"}]
      {"ports":[{"port":80},{"name":"b","port":81}]}{"x":"why","z":null}
    [{"op":"remove","path":"/nope/x/y"}]
      ! error: remove operation does not apply: doc is missing path: "/nope/x/y": missing value
    exit 1
    [{"op":"remove","path":"/spec/ports/foo"}]
      ! error: error in remove for path: '/spec/ports/foo': strconv.Atoi: parsing "foo": invalid syntax
    exit 1
    [{"op":"remove","path":"/spec/ports/-1"}]
      {"ports":[{"port":80}]}{"x":"why"}
    [{"op":"remove","path":"/spec/ports/-3"}]
      ! error: error in remove for path: '/spec/ports/-3': Unable to access invalid index: -3: invalid index referenced
    exit 1
    [{"op":"remove","path":"/metadata/name/x"}]
      ! error: remove operation does not apply: doc is missing path: "/metadata/name/x": missing value
    exit 1
    [{"op":"replace","path":"/nope/x/y","value":1}]
      ! error: replace operation does not apply: doc is missing path: /nope/x/y: missing value
    exit 1
    [{"op":"replace","path":"/spec/ports/9","value":{}}]
      ! error: Object to be patched is missing field (/spec/ports/9: missing value)
    exit 1
    [{"op":"replace","path":"/spec/ports/foo","value":{}}]
      ! error: Object to be patched is missing field (/spec/ports/foo: missing value)
    exit 1
    [{"op":"replace","path":"/metadata/labels/new","value":"n"}]
      {"ports":[{"port":80},{"name":"b","port":81}]}{"new":"n","x":"why"}
    [{"op":"replace","value":{}}]
      ! error: replace operation failed to decode path: operation missing path field: missing value
    exit 1
    [{"op":"move","from":"/nope/a/b","path":"/x"}]
      ! error: move operation does not apply: doc is missing from path: /nope/a/b: missing value
    exit 1
    [{"op":"move","path":"/x"}]
      ! error: move operation failed to decode from: operation, missing from field: missing value
    exit 1
    [{"op":"move","from":"/metadata/labels/x"}]
      ! error: move operation failed to decode path: operation missing path field: missing value
    exit 1
    [{"op":"move","from":"/metadata/labels/x","path":"/nope/a/b"}]
      ! error: move operation does not apply: doc is missing destination path: /nope/a/b: missing value
    exit 1
    [{"op":"move","from":"/spec/ports/9","path":"/x"}]
      ! error: error in move for path: '9': Unable to access invalid index: 9: invalid index referenced
    exit 1
    [{"op":"copy","from":"/nope/a/b","path":"/x"}]
      ! error: copy operation does not apply: doc is missing from path: /nope/a/b: missing value
    exit 1
    [{"op":"copy","from":"/spec/ports/9","path":"/x"}]
      ! error: error in copy for from: '/spec/ports/9': Unable to access invalid index: 9: invalid index referenced
    exit 1
    [{"op":"copy","path":"/x"}]
      ! error: copy operation failed to decode from: operation, missing from field: missing value
    exit 1
    [{"op":"copy","from":"/metadata/labels/x","path":"/nope/a/b"}]
      ! error: copy operation does not apply: doc is missing destination path: /nope/a/b: missing value
    exit 1
    [{"op":"copy","from":"/metadata/labels/q","path":"/metadata/labels/r"}]
      {"ports":[{"port":80},{"name":"b","port":81}]}{"r":null,"x":"why"}
    [{"op":"copy","from":"/metadata/labels/x","path":"/spec/ports/0/name"}]
      {"ports":[{"name":"why","port":80},{"name":"b","port":81}]}{"x":"why"}
    [{"op":"test","path":"/nope/a/b","value":1}]
      ! error: test operation does not apply: is missing path: /nope/a/b: missing value
    exit 1
    [{"op":"test","path":"/nope","value":1}]
      ! error: testing value /nope failed: test failed
    exit 1
    [{"op":"test","path":"/nope"}]
      {"ports":[{"port":80},{"name":"b","port":81}]}{"x":"why"}
    [{"op":"test","path":"/nope","value":null}]
      {"ports":[{"port":80},{"name":"b","port":81}]}{"x":"why"}
    [{"op":"test","path":"/spec/ports/9","value":1}]
      ! error: error in test for path: '/spec/ports/9': Unable to access invalid index: 9: invalid index referenced
    exit 1
    [{"op":"test","path":"/metadata/labels","value":{"x":"why"}}]
      {"ports":[{"port":80},{"name":"b","port":81}]}{"x":"why"}
    [{"op":"test","path":"/metadata/labels","value":{"x":"z"}}]
      ! error: testing value /metadata/labels failed: test failed
    exit 1
    [{"op":"test","path":"/spec/ports/0/port","value":80.0}]
      {"ports":[{"port":80},{"name":"b","port":81}]}{"x":"why"}
    [{"op":"test"}]
      ! error: test operation failed to decode path: operation missing path field: missing value
    exit 1
    [{"path":"/x"}]
      ! error: Unexpected kind: unknown
    exit 1
    [{"op":5,"path":"/x"}]
      ! error: Unexpected kind: unknown
    exit 1
    [{"op":"add","path":5,"value":1}]
      ! error: add operation failed to decode path: missing value
    exit 1
    [null]
      ! error: Unexpected kind: unknown
    exit 1
    [1]
      ! error: json: cannot unmarshal number into Go value of type jsonpatch.Operation
    exit 1
    "x"
      ! error: json: cannot unmarshal string into Go value of type jsonpatch.Patch
    exit 1
    "#);
}

const PATCHES: &str = r#"[{"op":"add","path":"/nope/x/y","value":1}]
[{"op":"add","path":"/spec/ports/9","value":{}}]
[{"op":"add","path":"/spec/ports/foo","value":{}}]
[{"op":"add","path":"/spec/ports/-","value":{"port":7}}]
[{"op":"add","path":"/spec/ports/-1","value":{"port":7}}]
[{"op":"add","path":"/spec/ports/2","value":{"port":7}}]
[{"op":"add","path":"spec","value":{}}]
[{"op":"add","path":"","value":{}}]
[{"op":"add","value":{}}]
[{"op":"add","path":"/metadata/labels/z"}]
[{"op":"remove","path":"/nope/x/y"}]
[{"op":"remove","path":"/spec/ports/foo"}]
[{"op":"remove","path":"/spec/ports/-1"}]
[{"op":"remove","path":"/spec/ports/-3"}]
[{"op":"remove","path":"/metadata/name/x"}]
[{"op":"replace","path":"/nope/x/y","value":1}]
[{"op":"replace","path":"/spec/ports/9","value":{}}]
[{"op":"replace","path":"/spec/ports/foo","value":{}}]
[{"op":"replace","path":"/metadata/labels/new","value":"n"}]
[{"op":"replace","value":{}}]
[{"op":"move","from":"/nope/a/b","path":"/x"}]
[{"op":"move","path":"/x"}]
[{"op":"move","from":"/metadata/labels/x"}]
[{"op":"move","from":"/metadata/labels/x","path":"/nope/a/b"}]
[{"op":"move","from":"/spec/ports/9","path":"/x"}]
[{"op":"copy","from":"/nope/a/b","path":"/x"}]
[{"op":"copy","from":"/spec/ports/9","path":"/x"}]
[{"op":"copy","path":"/x"}]
[{"op":"copy","from":"/metadata/labels/x","path":"/nope/a/b"}]
[{"op":"copy","from":"/metadata/labels/q","path":"/metadata/labels/r"}]
[{"op":"copy","from":"/metadata/labels/x","path":"/spec/ports/0/name"}]
[{"op":"test","path":"/nope/a/b","value":1}]
[{"op":"test","path":"/nope","value":1}]
[{"op":"test","path":"/nope"}]
[{"op":"test","path":"/nope","value":null}]
[{"op":"test","path":"/spec/ports/9","value":1}]
[{"op":"test","path":"/metadata/labels","value":{"x":"why"}}]
[{"op":"test","path":"/metadata/labels","value":{"x":"z"}}]
[{"op":"test","path":"/spec/ports/0/port","value":80.0}]
[{"op":"test"}]
[{"path":"/x"}]
[{"op":5,"path":"/x"}]
[{"op":"add","path":5,"value":1}]
[null]
[1]
"x""#;

#[test]
fn the_server_applies_json_patches_as_laxly() {
    let mut bench = Bench::whole();
    bench.run_with("apply -f -", Some(&web(1)));
    let lines = [
        r#"patch sts web --type=json -p '[{"op":"replace","path":"/metadata/labels","value":{"new":"n"}}]'"#,
        r#"patch sts web --type=json -p '[{"op":"replace","path":"/metadata/labels/more","value":"m"}]'"#,
        r#"patch sts web --type=json -p '[{"op":"remove","path":"/spec/nope"}]'"#,
        "get sts web --no-headers -o custom-columns=L:.metadata.labels",
    ];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ patch sts web --type=json -p '[{"op":"replace","path":"/metadata/labels","value":{"new":"n"}}]'
    statefulset.apps/web patched
    $ patch sts web --type=json -p '[{"op":"replace","path":"/metadata/labels/more","value":"m"}]'
    statefulset.apps/web patched
    $ patch sts web --type=json -p '[{"op":"remove","path":"/spec/nope"}]'
    ! The request is invalid: the server rejected our request due to an error in our request
    exit 1
    $ get sts web --no-headers -o custom-columns=L:.metadata.labels
    map[more:m new:n]
    "#);
}

#[test]
fn templates_may_be_nested_but_not_without_end() {
    let mut bench = Bench::whole();
    for (open, close) in [("{{with .}}", "{{end}}"), ("{{if 1}}", "{{end}}")] {
        let deep = |count: usize| {
            format!("get ns default -o go-template='{}x{}'", open.repeat(count), close.repeat(count))
        };
        assert_eq!(bench.run(&deep(200)).trim(), "x");
        assert!(bench.run(&deep(20_000)).contains("max expression depth exceeded"));
    }
    let parens =
        format!("get ns default -o go-template='{{{{{}1{}}}}}'", "(".repeat(20_000), ")".repeat(20_000));
    assert!(bench.run(&parens).contains("max expression depth exceeded"));
}

#[test]
fn a_namespace_that_goes_takes_in_nothing_new_not_even_events() {
    let mut bench = Bench::whole();
    bench.run("create ns team");
    bench.run_with("apply -n team -f -", Some(&web(1)));
    bench.sleep(20);
    bench.run("delete ns team --wait=false");
    bench.sleep(8);
    let lines = ["get events -n team --field-selector reason=Killing", "create cm x -n team"];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ get events -n team --field-selector reason=Killing
    ! No resources found in team namespace.
    $ create cm x -n team
    ! error: failed to create configmap: configmaps "x" is forbidden: unable to create new content in namespace team because it is being terminated
    exit 1
    "#);
}

#[test]
fn a_load_balancer_that_keeps_traffic_on_its_node_has_a_health_check_port() {
    let mut bench = Bench::whole();
    let port = "get svc lb -o jsonpath='{.spec.healthCheckNodePort}'";
    bench.run("create service loadbalancer lb --tcp=80:80");
    assert_eq!(bench.run(port), "");
    bench.run(r#"patch svc lb -p '{"spec":{"externalTrafficPolicy":"Local"}}'"#);
    let given: i32 = bench.run(port).parse().expect("it is a number");
    assert!((30_000..32_768).contains(&given));
    bench.run("annotate svc lb a=b");
    assert_eq!(bench.run(port), given.to_string());
    let taken = format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: other}}, spec: {{type: LoadBalancer, ports: [{{port: 80}}], \
         externalTrafficPolicy: Local, healthCheckNodePort: {given}}}}}"
    );
    let said = bench.run_with("create -f -", Some(&taken)).replace(&given.to_string(), "PORT");
    insta::assert_snapshot!(said, @r#"
    ! Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed to allocate requested HealthCheck NodePort PORT: provided port is already allocated
    exit 1
    "#);
    bench.run(r#"patch svc lb -p '{"spec":{"externalTrafficPolicy":"Cluster"}}'"#);
    assert_eq!(bench.run(port), "");
}

#[test]
fn discovery_is_printed_whole() {
    let mut bench = Bench::whole();
    let lines = ["api-resources -o json --api-group=policy", "api-resources -o YAML --api-group=policy"];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ api-resources -o json --api-group=policy
    {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "",
        "resources": [
            {
                "name": "poddisruptionbudgets",
                "singularName": "poddisruptionbudget",
                "namespaced": true,
                "group": "policy",
                "version": "v1",
                "kind": "PodDisruptionBudget",
                "verbs": [
                    "create",
                    "delete",
                    "deletecollection",
                    "get",
                    "list",
                    "patch",
                    "update",
                    "watch"
                ],
                "shortNames": [
                    "pdb"
                ]
            }
        ]
    }
    $ api-resources -o YAML --api-group=policy
    apiVersion: v1
    groupVersion: ""
    kind: APIResourceList
    resources:
    - group: policy
      kind: PodDisruptionBudget
      name: poddisruptionbudgets
      namespaced: true
      shortNames:
      - pdb
      singularName: poddisruptionbudget
      verbs:
      - create
      - delete
      - deletecollection
      - get
      - list
      - patch
      - update
      - watch
      version: v1
    "#);
}

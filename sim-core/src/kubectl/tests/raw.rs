//! Requests by their paths: `create --raw`, `replace --raw`, `delete --raw`; and `create --edit`.

use insta::assert_snapshot;

use super::Bench;
use crate::api::ObjectKey;

const MAP: &str = r#"{"metadata":{"name":"c"},"data":{"a":"b"},"bogus":1}"#;
const PATH: &str = "/api/v1/namespaces/default/configmaps";

fn transcript(bench: &mut Bench, lines: &[(&str, &str)]) -> String {
    let shown = |(line, stdin): &(&str, &str)| {
        let said = bench.run_with(line, Some(stdin));
        format!("$ {line}\n{}", said.replace(&uid(bench), "UID"))
    };
    lines.iter().map(shown).collect()
}

/// The ConfigMap's uid, or a word that is nowhere.
fn uid(bench: &Bench) -> String {
    let store = bench.cluster.store();
    let found = store.get(crate::api::Kind::ConfigMap, &ObjectKey::new("default", "c"));
    found.map_or("NOWHERE".to_owned(), |object| object.uid().to_owned())
}

#[test]
fn objects_are_made_changed_and_deleted_by_their_paths() {
    let mut bench = Bench::new();
    let changed = MAP.replace(r#""a":"b""#, r#""a":"z""#);
    let shown = transcript(
        &mut bench,
        &[
            (&format!("create --raw {PATH} -f -"), MAP),
            (&format!("create --raw {PATH} -f -"), MAP),
            (&format!("replace --raw {PATH}/c -f -"), &changed),
            (&format!("get --raw {PATH}/c"), ""),
            (&format!("replace --raw {PATH}/d -f -"), &changed),
            ("get configmap c -o jsonpath={.data}", ""),
        ],
    );
    assert_snapshot!(shown, @r#"
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c","namespace":"default","uid":"UID","resourceVersion":"26","creationTimestamp":"2026-11-23T12:00:00Z"},"data":{"a":"b"}}
    ! Warning: unknown field "bogus"
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    ! Warning: unknown field "bogus"
    ! Error from server (AlreadyExists): configmaps "c" already exists
    exit 1
    $ replace --raw /api/v1/namespaces/default/configmaps/c -f -
    {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c","namespace":"default","uid":"UID","resourceVersion":"27","creationTimestamp":"2026-11-23T12:00:00Z"},"data":{"a":"z"}}
    ! Warning: unknown field "bogus"
    $ get --raw /api/v1/namespaces/default/configmaps/c
    {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c","namespace":"default","uid":"UID","resourceVersion":"27","creationTimestamp":"2026-11-23T12:00:00Z"},"data":{"a":"z"}}
    $ replace --raw /api/v1/namespaces/default/configmaps/d -f -
    ! Warning: unknown field "bogus"
    ! Error from server (BadRequest): the name of the object (c) does not match the name on the URL (d)
    exit 1
    $ get configmap c -o jsonpath={.data}
    {"a":"z"}
    "#);
    let uid = uid(&bench);
    let deleted = bench.run(&format!("delete --raw {PATH}/c"));
    assert_snapshot!(deleted.replace(&uid, "UID"), @r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"c","kind":"configmaps","uid":"UID"}}"#);
    assert_snapshot!(bench.run(&format!("delete --raw {PATH}/c")), @r#"
    ! Error from server (NotFound): configmaps "c" not found
    exit 1
    "#);
}

#[test]
fn the_server_refuses_what_does_not_fit_the_path() {
    let mut bench = Bench::new();
    let shown = transcript(
        &mut bench,
        &[
            (&format!("create --raw {PATH} -f -"), "apiVersion: v1\nkind: ConfigMap\n"),
            (&format!("create --raw {PATH} -f -"), "{"),
            (&format!("create --raw {PATH} -f -"), ""),
            (&format!("create --raw {PATH} -f -"), r#"{"apiVersion":"v1","kind":"Service"}"#),
            (&format!("create --raw {PATH} -f -"), r#"{"metadata":{"name":"c","namespace":"other"}}"#),
            (&format!("create --raw {PATH} -f -"), r#"{"metadata":"c"}"#),
            (&format!("create --raw {PATH} -f -"), "[]"),
            (&format!("create --raw {PATH}/c -f -"), MAP),
            ("create --raw /api/v1/configmaps -f -", MAP),
            ("create --raw /api/v1/nothing -f -", MAP),
            ("create --raw /api/v1/namespaces -f -", r#"{"metadata":{"name":"other"}}"#),
            ("delete --raw /api/v1/namespaces/default/configmaps", ""),
            ("delete --raw /api/v1/namespaces/default/configmaps/nope", ""),
            ("delete --raw nope", ""),
            ("delete --raw /x -i", ""),
            ("delete --raw /x -o name", ""),
        ],
    );
    assert_snapshot!(shown, @r#"
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    ! Error from server (BadRequest): the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'a' looking for beginning of value (61706956657273696f6e3a2076310a6b696e643a20436f6e6669674d6170 ...)
    exit 1
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    ! Error from server (BadRequest): the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({)
    exit 1
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    ! Error from server (BadRequest): the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)
    exit 1
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    ! Error from server (BadRequest): Service in version "v1" cannot be handled as a ConfigMap: converting (v1.Service) to (core.ConfigMap): unknown conversion
    exit 1
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    ! Error from server (BadRequest): the namespace of the provided object does not match the namespace sent on the request
    exit 1
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    ! Error from server (BadRequest): json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta
    exit 1
    $ create --raw /api/v1/namespaces/default/configmaps -f -
    ! Error from server (BadRequest): the body is no object
    exit 1
    $ create --raw /api/v1/namespaces/default/configmaps/c -f -
    ! Error from server (MethodNotAllowed): the server does not allow this method on the requested resource
    exit 1
    $ create --raw /api/v1/configmaps -f -
    ! Error from server (MethodNotAllowed): the server does not allow this method on the requested resource
    exit 1
    $ create --raw /api/v1/nothing -f -
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    $ create --raw /api/v1/namespaces -f -
    {"kind":"Namespace","apiVersion":"v1","metadata":{"name":"other","uid":"061bed85-30f2-48a0-8081-f3c1bb9b1ee8","resourceVersion":"26","creationTimestamp":"2026-11-23T12:00:00Z","labels":{"kubernetes.io/metadata.name":"other"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
    $ delete --raw /api/v1/namespaces/default/configmaps
    ! error: whole lists are not deleted by their path here: kubectl delete TYPE --all does it
    exit 1
    $ delete --raw /api/v1/namespaces/default/configmaps/nope
    ! Error from server (NotFound): configmaps "nope" not found
    exit 1
    $ delete --raw nope
    ! error: --raw must be a valid URL path: parse "nope": invalid URI for request
    exit 1
    $ delete --raw /x -i
    ! error: --interactive can not be used with --raw
    exit 1
    $ delete --raw /x -o name
    ! error: --raw and --output are mutually exclusive
    exit 1
    "#);
}

#[test]
fn a_path_may_pick_by_labels_and_name_a_scale() {
    let mut bench = Bench::new();
    bench.run("create deployment web --image=nginx --replicas=2");
    bench.run("run other --image=nginx");
    bench.pass(2000);
    let names = |text: &str| {
        let list: serde_json::Value = serde_json::from_str(text).expect("a list");
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["metadata"]["labels"].to_string()).collect::<Vec<_>>().join("\n")
    };
    let picked = bench.run("get --raw '/api/v1/namespaces/default/pods?labelSelector=run%3Dother&limit=5'");
    assert_snapshot!(names(&picked), @r#"{"run":"other","topology.kubernetes.io/zone":"zone-3"}"#);
    assert_snapshot!(bench.run("get --raw /apis/apps/v1/namespaces/default/deployments/web/scale"), @r#"{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web","namespace":"default","uid":"061bed85-30f2-48a0-8081-f3c1bb9b1ee8","resourceVersion":"54","creationTimestamp":"2026-11-23T12:00:00Z"},"spec":{"replicas":2},"status":{"replicas":2,"selector":"app=web"}}"#);
}

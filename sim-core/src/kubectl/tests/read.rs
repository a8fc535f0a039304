//! Golden tests of the reading verbs.

use super::{Bench, web};
use crate::kubectl::{Env, Flow, NoFiles, Output, Stream, poll, start};

fn with_web(replicas: u32) -> Bench {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(replicas)));
    bench.sleep(10);
    bench
}

#[test]
fn complaints() {
    let mut bench = with_web(1);
    for (line, said) in [
        ("get nothing", "! error: the server doesn't have a resource type \"nothing\"\nexit 1\n"),
        ("get pods nope", "! Error from server (NotFound): pods \"nope\" not found\nexit 1\n"),
        ("get pods nope --ignore-not-found", ""),
        ("get pods -l nope", "! No resources found in default namespace.\n"),
        ("get pods -n other", "! No resources found in other namespace.\n"),
        ("get pods -l nope -A", "! No resources found\n"),
        ("get pods -l nope -o name", ""),
        (
            "get pods web-0 -l app=web",
            "! error: name cannot be provided when a selector is specified\nexit 1\n",
        ),
        (
            "get pods web-0 -A",
            "! error: a resource cannot be retrieved by name across all namespaces\nexit 1\n",
        ),
        (
            "get pods --field-selector=spec.foo=1",
            "! Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \
             \"\", field selector \"spec.foo=1\": field label not supported: spec.foo\nexit 1\n",
        ),
        ("get pods -o jsonpath", "! error: template format specified but no template given\nexit 1\n"),
        (
            "get pods -o 'jsonpath={.items'",
            "! error: error parsing jsonpath {.items, unclosed action\nexit 1\n",
        ),
        (
            "get pods --sort-by=.spec.nope",
            "! error: couldn't find any field with path \"{.spec.nope}\" in the list of objects\nexit 1\n",
        ),
        (
            "get pods -o name --show-labels",
            "! error: --show-labels option cannot be used with name printer\nexit 1\n",
        ),
        ("describe pod nope", "! Error from server (NotFound): pods \"nope\" not found\nexit 1\n"),
        ("describe pods -l nope", "! No resources found in default namespace.\n"),
        ("events --for pod/nope", "! No events found in default namespace.\n"),
        ("events --types=Bad", "! error: valid --types are Normal or Warning\nexit 1\n"),
    ] {
        assert_eq!(bench.run(line), said, "{line}");
    }
}

#[test]
fn templates() {
    let mut bench = with_web(2);
    assert_eq!(bench.run("get pods -o 'jsonpath={.items[*].metadata.name}'"), "web-0 web-1");
    assert_eq!(bench.run("get pod web-0 -o 'jsonpath={.spec.nope}'"), "");
    assert_eq!(bench.run("get sts web -o jsonpath-as-json={.spec.replicas}"), "[\n    2\n]\n");
    assert_eq!(
        bench.run("get pods -o custom-columns=NAME:.metadata.name,NOPE:.spec.nope --no-headers"),
        "web-0   <none>\nweb-1   <none>\n"
    );
    assert_eq!(bench.run("get pods -o name --sort-by='{.metadata.name}'"), "pod/web-0\npod/web-1\n");
    assert_eq!(bench.run("get svc,sts -o name"), "service/kubernetes\nservice/web\nstatefulset.apps/web\n");
    let strict = bench.run("get sts web -o jsonpath={.x} --allow-missing-template-keys=false");
    assert!(
        strict.starts_with(
            "! error: error executing jsonpath \"{.x}\": Error executing template: x is not found."
        ),
        "{strict}"
    );
}

#[test]
fn one_description_has_events_and_several_have_none() {
    let mut bench = with_web(2);
    let one = bench.run("describe pod web-0");
    assert!(
        one.contains("Events:\n  Type     Reason            Age   From               Message\n"),
        "{one}"
    );
    let several = bench.run("describe pods");
    assert!(several.contains("\n\n\nName:         web-1\n") && !several.contains("Events:"), "{several}");
    assert!(bench.run("describe pods --show-events").contains("Events:"));
    // A name that is nobody's is the beginning of several.
    assert_eq!(bench.run("describe pod web").matches("Name:         web-").count(), 2);
}

#[test]
fn a_manifest_names_what_to_get() {
    let mut bench = with_web(1);
    let said = bench.run_with("get -f - -o name", Some(&web(1)));
    assert_eq!(said, "service/web\nstatefulset.apps/web\n");
}

#[test]
fn a_watch_shows_what_enters_and_leaves_its_selection() {
    let mut bench = with_web(1);
    let words: Vec<String> =
        shlex::split("get pods -l team=a -w --output-watch-events -n default").unwrap_or_default();
    let mut output = Output::default();
    let mut env = Env {
        cluster: &mut bench.cluster,
        namespace: "default",
        files: &NoFiles,
        stdin: None,
        out: &mut output,
    };
    let Flow::Task(mut watch) = start(&words, &mut env) else { panic!("a watch goes on") };
    for line in ["label pod web-0 team=a", "label pod web-0 tier=x", "label pod web-0 team-"] {
        bench.run(line);
        let mut env = Env {
            cluster: &mut bench.cluster,
            // The session has moved on to another namespace; the watch has not.
            namespace: "elsewhere",
            files: &NoFiles,
            stdin: None,
            out: &mut output,
        };
        poll(watch.as_mut(), &mut env);
    }
    insta::assert_snapshot!(output.text(Stream::Out), @"
    EVENT      NAME    READY   STATUS    RESTARTS   AGE
    ADDED      web-0   1/1     Running   0          10s
    MODIFIED   web-0   1/1     Running   0          10s
    DELETED    web-0   1/1     Running   0          10s
    ");
}

use serde_json::{Value, json};

use super::*;

fn one(text: &str) -> Value {
    let mut values = documents(text).unwrap();
    assert_eq!(values.len(), 1, "{text}");
    values.remove(0)
}

fn refused(text: &str) -> String {
    documents(text).unwrap_err()
}

#[test]
fn plain_scalars_follow_yaml_1_1() {
    let pairs = [
        ("yes", json!(true)),
        ("on", json!(true)),
        ("y", json!(true)),
        ("No", json!(false)),
        ("off", json!(false)),
        ("yEs", json!("yEs")),
        ("\"yes\"", json!("yes")),
        ("'on'", json!("on")),
        ("0777", json!(511)),
        ("0o17", json!(15)),
        ("0x1F", json!(31)),
        ("0b11", json!(3)),
        ("1_000", json!(1000)),
        ("-12", json!(-12)),
        ("+12", json!(12)),
        ("08", json!(8)),
        ("1.5", json!(1.5)),
        ("1.0", json!(1)),
        ("1e3", json!(1000)),
        (".5", json!(0.5)),
        ("~", json!(null)),
        ("null", json!(null)),
        ("", json!(null)),
        ("1.2.3", json!("1.2.3")),
        ("1:30", json!("1:30")),
        ("2026-11-23", json!("2026-11-23")),
        ("2026-11-23T12:00:00Z", json!("2026-11-23T12:00:00Z")),
        ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ("0755a", json!("0755a")),
        ("- ", json!([null])),
        ("!!str 5", json!("5")),
        ("!!int \"5\"", json!(5)),
        ("|\n  text\n", json!("text\n")),
    ];
    for (text, expected) in pairs {
        let text = if text == "- " { "a:\n- ".to_owned() } else { format!("a: {text}") };
        assert_eq!(one(&text), json!({ "a": expected }), "{text}");
    }
}

#[test]
fn keys_become_text_and_the_last_of_two_counts() {
    assert_eq!(
        one("{1: a, true: b, 1.5: c, x: d, x: e}"),
        json!({"1": "a", "true": "b", "1.5": "c", "x": "e"})
    );
    insta::assert_snapshot!(refused("name: {{ x }}"), @r#"error converting YAML to JSON: yaml: invalid map key: map[interface {}]interface {}{"x":interface {}(nil)}"#);
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let text = "base: &b {a: 1, b: 2}\nderived:\n  <<: *b\n  b: 3\nlist: [*b, *b]\n";
    assert_eq!(
        one(text),
        json!({"base": {"a": 1, "b": 2}, "derived": {"a": 1, "b": 3}, "list": [{"a": 1, "b": 2}, {"a": 1, "b": 2}]})
    );
}

#[test]
fn several_documents_and_json() {
    assert_eq!(
        documents("---\n---\na: 1\n--- # two\n\n---\nb: 2\n---").unwrap(),
        [json!({"a": 1}), json!({"b": 2})]
    );
    assert_eq!(documents("{\"a\": 1}\n{\"b\": 2}").unwrap(), [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(documents("{a: 1}").unwrap(), [json!({"a": 1})]);
    assert_eq!(documents(" \n# nothing\n").unwrap(), Vec::<Value>::new());
    assert_eq!(refused("a: 1\n--- b: 2\n"), "invalid Yaml document separator: b: 2");
    // Lines are counted within the document.
    assert!(
        refused("a: 1\n---\nx: 1\nb: c: d\n")
            .ends_with("yaml: line 2: mapping values are not allowed in this context")
    );
}

#[test]
fn complaints_are_libyamls_with_go_yamls_lines() {
    // Every text here was also given to libyaml (by way of serde_yaml), whose problem and line these are.
    let pairs = [
        ("foo: [bar\n", "line 1: did not find expected ',' or ']'"),
        ("foo: {a: b\n", "line 1: did not find expected ',' or '}'"),
        ("a: b: c\n", "mapping values are not allowed in this context"),
        ("a:\n\tb: 1\n", "line 2: found character that cannot start any token"),
        ("a:\n  b: 1\n c: 2\n", "line 2: did not find expected key"),
        ("a:\n- b\nc\n", "line 4: could not find expected ':'"),
        ("a: \"unclosed\n", "line 2: found unexpected end of stream"),
        ("a: 'unclosed\nb: 1\n", "line 3: found unexpected end of stream"),
        ("a: *nope\n", "unknown anchor 'nope' referenced"),
        ("- a\nb: 1\n", "line 1: did not find expected '-' indicator"),
        ("a: @x\n", "found character that cannot start any token"),
        ("a: \"\\q\"\n", "found unknown escape character"),
        ("a: - b\n", "block sequence entries are not allowed in this context"),
        ("x: 1\na: 'b'c\n", "line 1: did not find expected key"),
        ("\ta: b\n", "found character that cannot start any token"),
    ];
    for (text, expected) in pairs {
        assert_eq!(refused(text), format!("error converting YAML to JSON: yaml: {expected}"), "{text:?}");
    }
}

#[test]
fn hostile_text_is_refused() {
    assert!(documents(&"[".repeat(100_000)).is_err());
    assert!(documents(&"{a: ".repeat(5_000)).is_err());
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
    }
    assert!(refused(&bomb).contains("excessive aliasing"));
    assert!(refused("a: &x [*x]").contains("anchor 'x' value contains itself"));
}

fn bad(value: Value) -> String {
    match object(value) {
        Err(DecodeError::Bad(text)) => text,
        other => format!("{other:?}"),
    }
}

fn set(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": spec})
}

#[test]
fn wrong_types_and_unknown_fields_are_named_as_go_names_them() {
    insta::assert_snapshot!(bad(set(json!({"replicas": "one"}))), @r#"StatefulSet in version "v1" cannot be handled as a StatefulSet: json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32"#);
    insta::assert_snapshot!(bad(set(json!({"replica": 1}))), @r#"StatefulSet in version "v1" cannot be handled as a StatefulSet: strict decoding error: unknown field "spec.replica""#);
    let containers = |container: Value| set(json!({"template": {"spec": {"containers": [container]}}}));
    insta::assert_snapshot!(bad(containers(json!({"imgae": "x", "ports": [{"port": 80}]}))), @r#"StatefulSet in version "v1" cannot be handled as a StatefulSet: strict decoding error: unknown field "spec.template.spec.containers[0].imgae", unknown field "spec.template.spec.containers[0].ports[0].port""#);
    insta::assert_snapshot!(bad(containers(json!({"env": [{"name": "A", "value": 1}]}))), @r#"StatefulSet in version "v1" cannot be handled as a StatefulSet: json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string"#);
    insta::assert_snapshot!(bad(containers(json!({"command": "ls"}))), @r#"StatefulSet in version "v1" cannot be handled as a StatefulSet: json: cannot unmarshal string into Go struct field Container.spec.template.spec.containers.command of type []string"#);
    insta::assert_snapshot!(bad(set(json!({"template": {"spec": {"containers": {"name": "a"}}}}))), @r#"StatefulSet in version "v1" cannot be handled as a StatefulSet: json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container"#);
    insta::assert_snapshot!(bad(containers(json!({"resources": {"limits": {"cpu": "lots"}}}))), @r#"StatefulSet in version "v1" cannot be handled as a StatefulSet: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"#);
    let labels = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"app": true}}});
    insta::assert_snapshot!(bad(labels), @r#"Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string"#);
}

#[test]
fn quantities_become_canonical_and_null_means_absent() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": null}, "spec": {"containers": [
        {"name": "a", "command": null, "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": 0.5}}}]}});
    let value = object(pod).unwrap().to_value();
    assert_eq!(
        value["spec"]["containers"][0]["resources"],
        json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}})
    );
    assert_eq!(value["metadata"], json!({"name": "p"}));
}

proptest::proptest! {
    #[test]
    fn any_text_decodes_or_is_refused(text in "[ -~\n\t]{0,80}") {
        for value in documents(&text).unwrap_or_default() {
            let _ = object(value);
        }
    }

    #[test]
    fn yaml_like_text_decodes_or_is_refused(text in "([a-c]: |- |\\{|\\}|\\[|\\]|[*&]x|<<: |\n|  |'|\"|[#|>!]|---|,|0x|\\?)*") {
        let _ = documents(&text);
    }
}

//! What kubectl 1.36 says of manifests as students break them, and what it takes all the same.

use insta::assert_snapshot;

use crate::api::decode::documents;

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: \"nginx:1.25\"
    command: [\"sh\", \"-c\", \"sleep 3600\"]
    ports: [{containerPort: 80, name: http}]
";

/// What is said of the pod when `new` stands in place of `old`, which is there.
fn broken(old: &str, new: &str) -> String {
    assert!(POD.contains(old), "{old:?}");
    match documents(&POD.replacen(old, new, 1)) {
        Ok(values) if values[0]["metadata"]["name"] == "web" => format!("taken, spec {}", values[0]["spec"]),
        Ok(values) => format!("taken, metadata {}", values[0]["metadata"]),
        Err(why) => why.replace("error converting YAML to JSON: ", ""),
    }
}

/// What becomes of the value in `v: ...`.
fn value(text: &str) -> String {
    match documents(&format!("kind: P\nv: {text}\n")) {
        Ok(values) => values[0]["v"].to_string(),
        Err(why) => why.replace("error converting YAML to JSON: ", ""),
    }
}

fn each(texts: &[&str], answer: impl Fn(&str) -> String) -> String {
    texts.iter().map(|text| format!("{text:?} {}\n", answer(text))).collect()
}

#[test]
fn one_line_is_indented_wrongly() {
    let answers = each(
        &[
            "kind:",
            "  name: web\nspec",
            "spec:",
            "  containers:",
            "  - name: web",
            "    image:",
            "    ports:",
        ],
        |line| format!("{} | {}", broken(line, &format!(" {line}")), broken(line, &format!("\t{line}"))),
    );
    assert_snapshot!(answers, @r#"
    "kind:" yaml: line 2: mapping values are not allowed in this context | yaml: line 2: found a tab character that violates indentation
    "  name: web\nspec" taken, spec {"containers":[{"command":["sh","-c","sleep 3600"],"image":"nginx:1.25","name":"web","ports":[{"containerPort":80,"name":"http"}]}]} | yaml: line 4: found character that cannot start any token
    "spec:" yaml: line 4: did not find expected key | yaml: line 5: found a tab character that violates indentation
    "  containers:" yaml: line 6: did not find expected key | yaml: line 6: found character that cannot start any token
    "  - name: web" yaml: line 7: did not find expected '-' indicator | yaml: line 7: found character that cannot start any token
    "    image:" yaml: line 8: mapping values are not allowed in this context | yaml: line 8: found a tab character that violates indentation
    "    ports:" yaml: line 9: did not find expected key | yaml: line 10: found character that cannot start any token
    "#);
    // Only the first document of a part is read: the rest is a second one.
    assert_snapshot!(broken("apiVersion", " apiVersion"), @"taken, metadata null");
}

#[test]
fn quotes_and_brackets_are_forgotten() {
    let answers = each(
        &[
            "name: \"web",
            "name: web\"",
            "name: 'web",
            "name: [web",
            "name: {web",
            "name: web]",
            "name: ]",
            "name: }",
            "name: ,",
        ],
        |line| broken("name: web", line),
    );
    assert_snapshot!(answers, @r#"
    "name: \"web" yaml: line 7: did not find expected key
    "name: web\"" taken, metadata {"name":"web\""}
    "name: 'web" yaml: line 11: found unexpected end of stream
    "name: [web" yaml: line 4: did not find expected ',' or ']'
    "name: {web" yaml: line 4: did not find expected ',' or '}'
    "name: web]" taken, metadata {"name":"web]"}
    "name: ]" yaml: line 3: did not find expected node content
    "name: }" yaml: line 3: did not find expected node content
    "name: ," yaml: line 3: did not find expected node content
    "#);
    assert_snapshot!(broken("1.25\"", "1.25"), @"yaml: line 8: did not find expected key");
    assert_snapshot!(broken("3600\"]", "3600\""), @"yaml: line 9: did not find expected ',' or ']'");
    assert_snapshot!(broken("http}", "http"), @"yaml: line 9: did not find expected ',' or '}'");
    assert_snapshot!(broken("\"-c\", ", "\"-c\" "), @"yaml: line 8: did not find expected ',' or ']'");
}

#[test]
fn colons_and_dashes_are_forgotten() {
    let answers =
        each(&["name web", "name:web", "name:\tweb", "name::web", "name: a: b", "- web", "web"], |line| {
            broken("name: web", line)
        });
    assert_snapshot!(answers, @r#"
    "name web" taken, metadata "name web"
    "name:web" taken, metadata "name:web"
    "name:\tweb" taken, spec {"containers":[{"command":["sh","-c","sleep 3600"],"image":"nginx:1.25","name":"web","ports":[{"containerPort":80,"name":"http"}]}]}
    "name::web" taken, metadata "name::web"
    "name: a: b" yaml: line 4: mapping values are not allowed in this context
    "- web" taken, metadata ["web"]
    "web" taken, metadata "web"
    "#);
    assert_snapshot!(broken("  - name", "  -name"), @"yaml: line 8: mapping values are not allowed in this context");
    assert_snapshot!(broken("  - name", "    name"), @r#"taken, spec {"containers":{"command":["sh","-c","sleep 3600"],"image":"nginx:1.25","name":"web","ports":[{"containerPort":80,"name":"http"}]}}"#);
    assert_snapshot!(broken("    image", "  - image"), @r#"taken, spec {"containers":[{"name":"web"},{"command":["sh","-c","sleep 3600"],"image":"nginx:1.25","ports":[{"containerPort":80,"name":"http"}]}]}"#);
    assert_snapshot!(broken("spec:\n", "spec:\nhello\n"), @"yaml: line 7: could not find expected ':'");
    assert_snapshot!(broken("metadata:\n  name", "metadata:\n\t# mine\n  name"), @"yaml: line 4: found character that cannot start any token");
}

#[test]
fn values_begin_with_what_they_cannot() {
    let texts = [
        "@x",
        "`x`",
        "%x",
        "*x",
        "&x",
        "!x",
        "- x",
        "? x",
        "| x",
        "|0",
        "> x",
        "#x",
        "x #y",
        "*",
        "&",
        "&/x",
        "!!int x",
        "{{ .Values.x }}",
        "{{ x }}: y",
        "[a,,b]",
        "{a:, b: c}",
        "[http://x?y]",
        "[!a, b]",
        "{a: 1, a: 2}",
        "'it''s'",
        "'it's'",
        "\"it\\'s\"",
        "\"\\/x\"",
        "\"\\d\"",
        "\"\\x4\"",
        "a\u{1}b",
        "\u{201c}x\u{201d}",
        "[a, *b]",
    ];
    assert_snapshot!(each(&texts, value), @r##"
    "@x" yaml: line 2: found character that cannot start any token
    "`x`" yaml: line 2: found character that cannot start any token
    "%x" yaml: line 2: found character that cannot start any token
    "*x" yaml: unknown anchor 'x' referenced
    "&x" null
    "!x" ""
    "- x" yaml: line 2: block sequence entries are not allowed in this context
    "? x" yaml: line 2: mapping keys are not allowed in this context
    "| x" yaml: line 2: did not find expected comment or line break
    "|0" yaml: line 2: found an indentation indicator equal to 0
    "> x" yaml: line 2: did not find expected comment or line break
    "#x" null
    "x #y" "x"
    "*" yaml: line 2: did not find expected alphabetic or numeric character
    "&" yaml: line 2: did not find expected alphabetic or numeric character
    "&/x" yaml: line 2: did not find expected alphabetic or numeric character
    "!!int x" yaml: cannot decode !!str `x` as a !!int
    "{{ .Values.x }}" yaml: invalid map key: map[interface {}]interface {}{".Values.x":interface {}(nil)}
    "{{ x }}: y" yaml: line 2: mapping values are not allowed in this context
    "[a,,b]" yaml: line 1: did not find expected node content
    "{a:, b: c}" {"a:":null,"b":"c"}
    "[http://x?y]" yaml: line 1: did not find expected ',' or ']'
    "[!a, b]" ["b"]
    "{a: 1, a: 2}" {"a":2}
    "'it''s'" "it's"
    "'it's'" yaml: line 1: did not find expected key
    "\"it\\'s\"" "it's"
    "\"\\/x\"" yaml: line 2: found unknown escape character
    "\"\\d\"" yaml: line 2: found unknown escape character
    "\"\\x4\"" yaml: line 2: did not find expected hexdecimal number
    "a\u{1}b" yaml: control characters are not allowed
    "“x”" "“x”"
    "[a, *b]" yaml: unknown anchor 'b' referenced
    "##);
}

#[test]
fn control_characters_are_refused_before_what_stands_near_them() {
    // Text is decoded in chunks of 512 bytes, and what is refused there comes before what is found later.
    let near = format!("v: ]\n# {}\u{1}\n", "x".repeat(100));
    assert_snapshot!(documents(&near).unwrap_err(), @"error converting YAML to JSON: yaml: control characters are not allowed");
    let far = format!("v: ]\n# {}\u{1}\n", "x".repeat(1000));
    assert_snapshot!(documents(&far).unwrap_err(), @"error converting YAML to JSON: yaml: did not find expected node content");
}

#[test]
fn complaints_about_values_give_way_to_those_about_the_grammar() {
    assert_snapshot!(value("!!int x"), @"yaml: cannot decode !!str `x` as a !!int");
    assert_snapshot!(value("!!int x\nw: ["), @"yaml: line 3: did not find expected node content");
    assert_snapshot!(value("&a [*a]\nw: {<<: 5}"), @"yaml: anchor 'a' value contains itself");
    assert_snapshot!(value("{~: 1}\nw: {<<: 5}"), @"yaml: map merge requires map or sequence of maps as the value");
    assert_snapshot!(value("{~: [.nan]}"), @"unsupported map key of type: %!s(<nil>), key: <nil>, value: []interface {}{interface {}(nil)}");
}

#[test]
fn directives_and_markers() {
    let texts = [
        "%YAML 1.1\n",
        "%YAML 1.2\na: b\n",
        "%FOO\na: b\n",
        "...\na: b\n",
        "a: b\n...\nc: [\n",
        "a: b\n%x\n",
    ];
    let answer = |text: &str| documents(text).map_or_else(|why| why, |values| format!("{values:?}"));
    assert_snapshot!(each(&texts, answer), @r#"
    "%YAML 1.1\n" error converting YAML to JSON: yaml: line 1: did not find expected <document start>
    "%YAML 1.2\na: b\n" error converting YAML to JSON: yaml: found incompatible YAML document
    "%FOO\na: b\n" error converting YAML to JSON: yaml: found unknown directive name
    "...\na: b\n" error converting YAML to JSON: yaml: did not find expected node content
    "a: b\n...\nc: [\n" [Object {"a": String("b")}]
    "a: b\n%x\n" error converting YAML to JSON: yaml: line 2: found unknown directive name
    "#);
}

#[test]
fn a_simple_key_is_one_line_of_1024_characters() {
    let key = |length: usize| documents(&format!("{}: 1\n", "k".repeat(length))).is_ok();
    assert!(key(1024));
    assert!(!key(1025));
}

#[test]
fn deep_and_long_texts_take_no_long_time() {
    for text in ["[", "{", "- ", "? ", "[\n", "{a: ", "!x ", "&x ", "? [", "\"", "a: |\n", "-\t"] {
        let _ = documents(&text.repeat(50_000));
    }
    let flow: String = (0..50_000).map(|n| format!("k{n}: [v, \"w\"], ")).collect();
    assert_eq!(documents(&format!("v: {{{flow}}}")).unwrap()[0]["v"].as_object().unwrap().len(), 50_000);
}

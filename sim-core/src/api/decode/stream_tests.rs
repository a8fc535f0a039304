//! Texts of several documents, and of JSON, with the answers of kubectl 1.36.

use insta::assert_snapshot;

use super::stream;

/// What is read, and what is said of the rest.
fn read(text: &str) -> String {
    let found = stream(text);
    let values = found.documents.iter().map(|document| document.value.to_string());
    values.chain(found.broken).map(|line| format!("{line}\n")).collect()
}

fn each(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("{text:?}\n{}", read(text))).collect()
}

#[test]
fn lines_of_dashes_separate_documents() {
    assert_snapshot!(each(&[
        "a: 1\n---\nb: 2\n---",
        "---\n---\na: 1\n--- # two\n\n---\nb: 2\n",
        "a: 1\n--- x\nb: 2\n",
        "a: 1\n----\n",
        "# c\n---\nnull\n---\n~\n",
        "\u{feff}a: 1\n",
    ]), @r##"
    "a: 1\n---\nb: 2\n---"
    {"a":1}
    {"b":2}
    "---\n---\na: 1\n--- # two\n\n---\nb: 2\n"
    {"a":1}
    {"b":2}
    "a: 1\n--- x\nb: 2\n"
    invalid Yaml document separator: x
    "a: 1\n----\n"
    invalid Yaml document separator: -
    "# c\n---\nnull\n---\n~\n"
    "\u{feff}a: 1\n"
    {"a":1}
    "##);
}

#[test]
fn lines_count_from_where_a_document_begins() {
    // A separator that ends nothing is the first line of its document.
    assert_snapshot!(read("a: 1\n---\nx: 1\nb: [\n"), @r#"
    {"a":1}
    error converting YAML to JSON: yaml: line 2: did not find expected node content
    "#);
    assert_snapshot!(read("---\nx: 1\nb: [\n"), @"error converting YAML to JSON: yaml: line 3: did not find expected node content");
    // Every line gets a line feed, the last one too.
    assert_snapshot!(read("x: 1\nb: \""), @"error converting YAML to JSON: yaml: line 3: found unexpected end of stream");
    assert_snapshot!(read("a: |\r\n  x\r\n  y\r\nb: 'c\r\n  d'\r\n"), @r#"{"a":"x\ny\n","b":"c d"}"#);
}

#[test]
fn json_is_read_as_json_while_it_may_be() {
    assert_snapshot!(each(&[
        "{\"a\": 1}\n{\"b\": 2}",
        "{\"a\": 1}\n---\n{\"b\": 2}\n---\nc: 3\n",
        "{a: 1}",
        "{'a': 'b',}",
        "{\"a\": 1}\nb: 2\n",
        "{\"a\": }",
        // JSON cannot change to YAML after its second value.
        "{\"a\": 1}{\"b\": 2}\n---\n{\"c\": 3}",
        "{\"a\": 1}{\"b\": 2} {\"c\": }",
        "[{\"a\": 1}]",
    ]), @r#"
    "{\"a\": 1}\n{\"b\": 2}"
    {"a":1}
    {"b":2}
    "{\"a\": 1}\n---\n{\"b\": 2}\n---\nc: 3\n"
    {"a":1}
    {"b":2}
    {"c":3}
    "{a: 1}"
    {"a":1}
    "{'a': 'b',}"
    {"a":"b"}
    "{\"a\": 1}\nb: 2\n"
    {"a":1}
    {"b":2}
    "{\"a\": }"
    {"a":null}
    "{\"a\": 1}{\"b\": 2}\n---\n{\"c\": 3}"
    {"a":1}
    {"b":2}
    invalid character '-' in numeric literal
    "{\"a\": 1}{\"b\": 2} {\"c\": }"
    {"a":1}
    {"b":2}
    invalid character '}' looking for beginning of value
    "[{\"a\": 1}]"
    [{"a":1}]
    "#);
}

#[test]
fn json_that_is_none_is_complained_of_as_json() {
    assert_snapshot!(each(&[
        "{\"a\": 1",
        "{\"a\": \"x",
        "{\"a\": 1}}",
        "{\"a\": 1} # c",
        "{\"a\": 1]",
        "{\"a\" \"b\"}",
        "{\"a\": \"b\" \"c\": \"d\"}",
        "{\"a\": [1 2]}",
        "{\"a\": [1, 2\n}",
        "{\"a\": \"\\q\"}",
        "{\"a\": \"\\u12\"}",
        "{\"a\": \"\u{1}\"}",
        "{\"a\": 1}\n{",
        "{\"a\": -x, }}",
        "{\"a\": 1., }}",
        "{\"a\": 1e, }}",
        "{\"é\": 1, é}}",
        "{{ .Values.x }}",
    ]), @r#"
    "{\"a\": 1"
    unexpected EOF
    "{\"a\": \"x"
    unexpected EOF
    "{\"a\": 1}}"
    {"a":1}
    json: offset 9: invalid character '}' looking for beginning of value
    "{\"a\": 1} # c"
    {"a":1}
    json: offset 10: invalid character '#' looking for beginning of value
    "{\"a\": 1]"
    json: offset 8: invalid character ']' after object key:value pair
    "{\"a\" \"b\"}"
    json: offset 6: invalid character '"' after object key
    "{\"a\": \"b\" \"c\": \"d\"}"
    json: offset 11: invalid character '"' after object key:value pair
    "{\"a\": [1 2]}"
    {"a":["1 2"]}
    "{\"a\": [1, 2\n}"
    json: offset 13: invalid character '}' after array element
    "{\"a\": \"\\q\"}"
    json: offset 9: invalid character 'q' in string escape code
    "{\"a\": \"\\u12\"}"
    json: offset 12: invalid character '"' in \u hexadecimal character escape
    "{\"a\": \"\u{1}\"}"
    json: offset 8: invalid character '\x01' in string literal
    "{\"a\": 1}\n{"
    {"a":1}
    unexpected EOF
    "{\"a\": -x, }}"
    {"a":"-x"}
    "{\"a\": 1., }}"
    {"a":1}
    "{\"a\": 1e, }}"
    {"a":"1e"}
    "{\"é\": 1, é}}"
    {"é":null}
    "{{ .Values.x }}"
    json: offset 2: invalid character '{' looking for beginning of object key string
    "#);
}

#[test]
fn json_is_kept_as_it_is_written() {
    let found = stream("{\"a\" : 1,\n \"a\":2}\n");
    assert_eq!(found.documents[0].json.as_deref(), Some("{\"a\" : 1,\n \"a\":2}"));
    assert_eq!(found.documents[0].value["a"], 2);
}

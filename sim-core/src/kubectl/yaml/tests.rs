use proptest::prelude::*;
use serde_json::{Value, json};

use super::document;
use crate::api::decode::documents;

#[test]
fn shapes_of_a_manifest() {
    let value = json!({
        "apiVersion": "v1",
        "items": [{"a": 1, "b": ["x", ["y"], {}]}, []],
        "labels": {"0": "0", "yes": "on"},
        "none": null,
        "script": "#!/bin/sh\necho hi\n",
    });
    insta::assert_snapshot!(document(&value), @r##"
    apiVersion: v1
    items:
    - a: 1
      b:
      - x
      - - "y"
      - {}
    - []
    labels:
      "0": "0"
      "yes": "on"
    none: null
    script: |
      #!/bin/sh
      echo hi
    "##);
}

#[test]
fn quotes_what_would_be_read_as_something_else() {
    for (text, shown) in [
        ("web", "web"),
        ("", "\"\""),
        ("true", "\"true\""),
        ("y", "\"y\""),
        ("1.0", "\"1.0\""),
        ("1e3", "\"1e3\""),
        ("0x1f", "\"0x1f\""),
        ("08", "\"08\""),
        ("1_000", "\"1_000\""),
        ("12:30", "\"12:30\""),
        ("2026-11-23T11:51:09Z", "\"2026-11-23T11:51:09Z\""),
        ("2026-11-23", "\"2026-11-23\""),
        ("2026-13-23", "2026-13-23"),
        ("1Gi", "1Gi"),
        ("10.244.0.1", "10.244.0.1"),
        ("10.244.0.1:80", "10.244.0.1:80"),
        ("-1", "\"-1\""),
        ("-x", "-x"),
        ("- x", "'- x'"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("'quoted'", "'''quoted'''"),
        ("*", "'*'"),
        (" lead", "' lead'"),
        ("tab\there", "\"tab\\there\""),
        ("caf\u{e9}", "caf\u{e9}"),
        ("\u{1f600}", "\"\\U0001F600\""),
        (".5", "\".5\""),
        ("./x", "./x"),
        ("{}", "'{}'"),
        ("a\\b", "a\\b"),
    ] {
        assert_eq!(document(&json!({ "k": text })), format!("k: {shown}\n"), "{text:?}");
    }
}

#[test]
fn several_lines() {
    let show = |text: &str| document(&json!({"k": text, "l": 1}));
    assert_eq!(show("a\nb"), "k: |-\n  a\n  b\nl: 1\n");
    assert_eq!(show("a\n\nb\n\n"), "k: |+\n  a\n\n  b\n\nl: 1\n");
    assert_eq!(show("  a\n"), "k: |2\n    a\nl: 1\n");
    assert_eq!(show("a \nb\n"), "k: \"a \\nb\\n\"\nl: 1\n");
    assert_eq!(show("a\n\tb\n"), "k: \"a\\n\\tb\\n\"\nl: 1\n");
}

#[test]
fn long_lines_fold_at_the_first_blank_after_column_80() {
    let message = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. \
                   preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    insta::assert_snapshot!(document(&json!({"conditions": [{"message": message}]})), @"
    conditions:
    - message: '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.
        preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'
    ");
}

/// Any JSON value with text that is hard for YAML.
fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "[ -~\n]{0,100}",
        "[-+.:0-9eExob_ T]{0,12}",
        "\\PC{0,12}",
        "[a-z ']{70,200}",
        "[a-z \"\t]{70,200}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[ -~]{1,10}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(value in prop::collection::btree_map("[a-z]{1,8}", any_value(), 1..4)) {
        let value = Value::Object(value.into_iter().collect());
        let text = document(&value);
        prop_assert_eq!(documents(&text), Ok(vec![value]), "{}", text);
    }
}

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{JsonPath, print, print_as_json, relaxed};

fn store() -> Value {
    json!({
        "items": [
            {"metadata": {"name": "web-0", "labels": {"app.kubernetes.io/pod-index": "0"}}, "n": 1, "up": true},
            {"metadata": {"name": "web-1"}, "n": 2, "up": false},
            {"metadata": {"name": "web-2"}, "n": 3},
        ],
        "empty": [],
        "word": "a<b",
    })
}

fn show(template: &str) -> String {
    match JsonPath::parse(template).and_then(|path| path.find(&store())) {
        Ok(results) => print(&results),
        Err(error) => format!("! {error}"),
    }
}

#[test]
fn fields_indexes_and_slices() {
    assert_eq!(show("{.items[0].metadata.name}"), "web-0");
    assert_eq!(show("{.items[-1].metadata.name}"), "web-2");
    assert_eq!(show("{.items[*].metadata.name}"), "web-0 web-1 web-2");
    assert_eq!(show("{.items[0:2].metadata.name}"), "web-0 web-1");
    assert_eq!(show("{.items[::2].metadata.name}"), "web-0 web-2");
    assert_eq!(show("{.items[-2:].n}"), "2 3");
    assert_eq!(show("{.items[0,2].n}"), "1 3");
    assert_eq!(show("{.items[7].n}"), "! array index out of bounds: index 7, length 3");
    assert_eq!(show("{.items[-7].n}"), "! array index out of bounds: index -4, length 3");
    assert_eq!(show("{.items[2:1].n}"), "! starting index 2 is greater than ending index 1");
    assert_eq!(show("{.word[0]}"), "! string is not array or slice");
    assert_eq!(show("{.missing.deeper}"), "");
    assert_eq!(show(".items"), ".items");
    assert_eq!(show("{$.items[1].n}{' '}{@.items[1].n}"), "2 2");
}

#[test]
fn keys_with_dots_and_unions() {
    assert_eq!(show(r"{.items[0].metadata.labels.app\.kubernetes\.io/pod-index}"), "0");
    assert_eq!(show(r"{.items[0].metadata.labels['app\.kubernetes\.io/pod-index']}"), "0");
    assert_eq!(show("{.items[0]['n','up']}"), "1 true");
}

#[test]
fn ranges_nest_and_go_on_after_their_end() {
    assert_eq!(
        show(r#"{range .items[*]}{.metadata.name}{"\t"}{.n}{"\n"}{end}"#),
        "web-0\t1\nweb-1\t2\nweb-2\t3\n"
    );
    assert_eq!(show("{range .items[*]}[{range .metadata}{.name}{end}]{end}."), "[web-0][web-1][web-2].");
    assert_eq!(show("{range .empty[*]}{.x}{end}after"), "after");
    assert_eq!(show("{end}"), "! not in range, nothing to end");
}

#[test]
fn filters_and_descent() {
    assert_eq!(show(r#"{.items[?(@.metadata.name=="web-1")].n}"#), "2");
    assert_eq!(show("{.items[?(@.n>1)].metadata.name}"), "web-1 web-2");
    assert_eq!(show("{.items[?(@.up==true)].n}"), "1");
    assert_eq!(show("{.items[?(@.up)].n}"), "1 2");
    assert_eq!(show("{.items[?(@.n=='1')].n}"), "! incompatible types for comparison");
    assert_eq!(show("{..name}"), "web-0 web-1 web-2");
}

#[test]
fn maps_and_lists_print_as_json() {
    assert_eq!(show("{.items[1]}"), r#"{"metadata":{"name":"web-1"},"n":2,"up":false}"#);
    assert_eq!(show("{.empty}"), "[]");
    let results = JsonPath::parse("{.items[0].n}").and_then(|path| path.find(&store())).unwrap();
    assert_eq!(print_as_json(&results), "[\n    1\n]\n");
}

#[test]
fn bad_templates() {
    for (template, error) in [
        ("{.items", "unclosed action"),
        ("{.items[0", "unterminated array"),
        ("{.items[a]}", "invalid array index a"),
        ("{'x}", "unterminated quoted string"),
        ("{.a..|}", "unrecognized character in action: U+007C '|'"),
        ("{....a}", "invalid multiple recursive descent"),
        ("{.items[?(@.n==1]}", "unterminated filter"),
        ("{foo}", "unrecognized identifier foo"),
    ] {
        assert_eq!(show(template), format!("! {error}"), "{template}");
    }
}

#[test]
fn relaxed_expressions() {
    for form in ["metadata.name", ".metadata.name", "{metadata.name}", "{.metadata.name}"] {
        assert_eq!(relaxed(form), Ok("{.metadata.name}".to_owned()));
    }
    assert!(relaxed("{.metadata.name").is_err());
}

proptest! {
    #[test]
    fn any_template_gives_text_or_a_complaint(
        template in "([{}.\\[\\]?()@$*:,'\"\\\\=<>! -]|range|end|items|metadata|name|[0-9]|\\PC){0,30}"
    ) {
        show(&template);
        show(&format!("{{{template}}}"));
    }
}

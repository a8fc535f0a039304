//! Selectors, templates and patches: little languages, from their own tokens in any order.

use serde_json::{Value, json};

use crate::junk;
use crate::manifests;
use crate::tape::Tape;

const LABEL: &[&str] = &[
    "app",
    "=",
    "web",
    ",",
    "!=",
    "==",
    "!",
    " in ",
    "(",
    ")",
    " notin ",
    " ",
    "a.b/c",
    "metadata.name",
    "status.phase",
    "spec.nodeName",
    "Running",
    "\\,",
    "\\",
    "é",
    "",
];
const PATH: &[&str] = &[
    "{",
    ".metadata.name",
    "}",
    ".items",
    "[*]",
    "[0]",
    "[-1:]",
    "[::2]",
    "[?(@.kind==\"Pod\")]",
    "{range .items[*]}",
    "{end}",
    "{\"\\n\"}",
    "..",
    "*",
    ".",
    "[",
    "]",
    "'",
    "\"",
    "\\",
    "@",
    "$",
    "spec",
    "['app']",
    ",",
    "(",
    ")",
    "[?(@.a",
    "<",
    ">=",
    "&&",
    "||",
    "1",
    "[9999999999999999999]",
    "[0:0:0]",
    "[-1:-9:-1]",
    "labels.app\\.b",
    "é",
];
const TEMPLATE: &[&str] = &[
    "{{",
    "}}",
    ".metadata.name",
    " ",
    "range ",
    ".items",
    "end",
    "if ",
    "else",
    "else if ",
    "with ",
    "$x := ",
    "$x",
    "$i, $e := ",
    "len ",
    "index ",
    ".",
    "\"a\"",
    "`b`",
    "'c'",
    "1",
    "-1",
    "1.5",
    "0x1f",
    "printf ",
    "\"%d %s %v %q\" ",
    "|",
    "(",
    ")",
    "eq ",
    "and ",
    "or ",
    "not ",
    "lt ",
    "print ",
    "println ",
    "html ",
    "js ",
    "urlquery ",
    "slice ",
    "base64decode ",
    "{{-",
    "-}}",
    "/*",
    "*/",
    "define \"t\"",
    "template \"t\"",
    "block ",
    "break",
    "continue",
    "nil",
    "true",
    "exists ",
    "call ",
    "\"",
    "`",
    "\n",
    "é",
];
const COLUMNS: &[&str] =
    &["NAME", ":", ".metadata.name", ",", ".spec", "A:.status.phase", "{.x}", "[*]", ".", "", " ", "é", "\\"];

fn tokens(tape: &mut Tape<'_>, from: &[&str]) -> String {
    let mut out = String::new();
    for _ in 0..tape.below(9) {
        match tape.below(9) {
            8 => out.push_str(&junk::text(tape)),
            _ => out.push_str(tape.pick(from)),
        }
    }
    out
}

/// A label or field selector.
pub fn selector(tape: &mut Tape<'_>) -> String {
    match tape.below(4) {
        0 => "app=web".to_owned(),
        _ => tokens(tape, LABEL),
    }
}

/// What `-o` is given.
pub fn output(tape: &mut Tape<'_>) -> String {
    match tape.below(12) {
        0 => "yaml".to_owned(),
        1 => "json".to_owned(),
        2 => "name".to_owned(),
        3 => "wide".to_owned(),
        4 => "kyaml".to_owned(),
        5 | 6 => format!("jsonpath={}", tokens(tape, PATH)),
        7 => format!("jsonpath-as-json={}", tokens(tape, PATH)),
        8 | 9 => format!("go-template={}", tokens(tape, TEMPLATE)),
        10 => format!("custom-columns={}", tokens(tape, COLUMNS)),
        _ => junk::text(tape),
    }
}

/// What `--sort-by` is given.
pub fn path(tape: &mut Tape<'_>) -> String {
    tokens(tape, PATH)
}

/// What `--for` of `wait` is given.
pub fn condition(tape: &mut Tape<'_>) -> String {
    match tape.below(5) {
        0 => "condition=Ready".to_owned(),
        1 => "delete".to_owned(),
        2 => "create".to_owned(),
        3 => format!("jsonpath={}={}", tokens(tape, PATH), junk::text(tape)),
        _ => tokens(tape, &["condition", "=", "Ready", "false", "jsonpath", "{.status}", "delete", ",", ""]),
    }
}

/// A patch for `object`, with the type that it mostly is of.
pub fn patch(tape: &mut Tape<'_>, object: &Value) -> (&'static str, String) {
    let kind = ["json", "strategic", "merge"][tape.below(3)];
    let text = match kind {
        "json" if !tape.once_in(10) => steps(tape, object).to_string(),
        _ => merged(tape, object),
    };
    (kind, text)
}

fn merged(tape: &mut Tape<'_>, object: &Value) -> String {
    match tape.below(5) {
        0 => {
            let mut whole = object.clone();
            manifests::spoil(tape, &mut whole);
            whole.to_string()
        }
        1 => {
            // A part of the object, spoilt: what people write.
            let part = ["spec", "metadata", "status", "data"][tape.below(4)];
            let whole = object.get(part).cloned().unwrap_or(Value::Null);
            let few = match whole {
                Value::Object(map) => {
                    let skipped = tape.below(map.len());
                    Value::Object(map.into_iter().skip(skipped).take(2).collect())
                }
                other => other,
            };
            let mut inner = json!({part: few});
            manifests::spoil(tape, &mut inner);
            inner.to_string()
        }
        2 => steps(tape, object).to_string(),
        3 => directives(tape, object).to_string(),
        _ if tape.below(4) == 0 => junk::value(tape, 3).to_string(),
        _ if tape.below(4) == 0 => junk::text(tape),
        _ => json!({"metadata": {"labels": {"a": junk::text(tape)}, "annotations": {"b": junk::text(tape)}}})
            .to_string(),
    }
}

/// A JSON patch.
fn steps(tape: &mut Tape<'_>, object: &Value) -> Value {
    let mut steps = Vec::new();
    for _ in 0..=[0, 0, 1, 2][tape.below(4)] {
        let op = ["replace", "replace", "add", "remove", "test", "move", "copy", "nonsense"][tape.below(8)];
        let path = pointer(tape, object);
        let old = object.pointer(&path).unwrap_or(&Value::Null);
        let mut step = json!({"op": op, "path": path});
        if !tape.once_in(8) {
            step["value"] = manifests::near(tape, old);
        }
        if matches!(op, "move" | "copy") {
            step["from"] = json!(pointer(tape, object));
        }
        steps.push(step);
    }
    if tape.once_in(10) {
        manifests::spoil(tape, &mut steps[0]);
    }
    Value::Array(steps)
}

/// A JSON pointer to somewhere in `object`, or nearly.
fn pointer(tape: &mut Tape<'_>, object: &Value) -> String {
    let mut path = String::new();
    let mut at = object;
    for _ in 0..=tape.below(6) {
        let name = match at {
            Value::Object(map) if !map.is_empty() => {
                map.keys().nth(tape.below(map.len())).cloned().unwrap_or_default()
            }
            Value::Array(items) if !items.is_empty() => tape.below(items.len()).to_string(),
            _ => break,
        };
        at = at.get(&name).or_else(|| at.get(name.parse::<usize>().ok()?)).unwrap_or(&Value::Null);
        path.push_str(&format!("/{}", name.replace('~', "~0").replace('/', "~1")));
    }
    match tape.below(16) {
        14 => format!("{path}/-"),
        15 => format!("{path}{}", junk::text(tape)),
        _ => path,
    }
}

/// A strategic merge patch that uses its directives.
fn directives(tape: &mut Tape<'_>, object: &Value) -> Value {
    let container =
        json!({"name": tape.pick(&["app", "api", "one", "main", "nobody"]), "image": junk::text(tape)});
    let pod = match tape.below(7) {
        0 => json!({"containers": [container]}),
        1 => json!({"containers": [{"$patch": "delete", "name": "app"}, container]}),
        2 => json!({"containers": [{"$patch": "replace"}, container]}),
        3 => {
            json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "app"}], "containers": [container]})
        }
        4 => {
            json!({"containers": [{"name": "app", "$deleteFromPrimitiveList/args": ["a"], "ports": [{"$patch": "delete", "containerPort": 80}]}]})
        }
        5 => json!({"$retainKeys": ["containers"], "containers": [container]}),
        _ => json!({"$patch": tape.pick(&["replace", "delete", "merge", "nonsense"])}),
    };
    let mut patch = match object["kind"].as_str() {
        Some("Pod") => json!({"spec": pod}),
        Some("CronJob") => json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}),
        _ => json!({"spec": {"template": {"spec": pod}}}),
    };
    if tape.once_in(3) {
        patch["metadata"] =
            json!({"$deleteFromPrimitiveList/finalizers": ["a"], "labels": {"$patch": "replace", "a": "b"}});
    }
    if tape.once_in(4) {
        manifests::spoil(tape, &mut patch);
    }
    patch
}

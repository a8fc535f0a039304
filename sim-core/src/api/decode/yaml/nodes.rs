//! Nodes to JSON.
//!
//! Models go-yaml v2's decoder into interface{} and sigs.k8s.io/yaml's conversion after it.

use serde_json::{Map, Value};

use crate::api::decode::scalar::{self, Scalar};

/// What the tags of YAML's own types begin with.
pub(super) const CORE_TAG: &str = "tag:yaml.org,2002:";

/// A parsed node: JSON, or a number that JSON has not.
#[derive(Clone)]
pub(super) enum Node {
    Json {
        value: Value,
        /// How many nodes it is made of.
        nodes: usize,
        /// Whether it is a plain `<<`.
        is_merge: bool,
    },
    NotFinite(&'static str),
}

impl Node {
    pub fn into_json(self) -> Result<Value, String> {
        match self {
            Node::Json { value, .. } => Ok(value),
            Node::NotFinite(name) => Err(format!("json: unsupported value: {name}")),
        }
    }

    pub fn leaf(value: Value) -> Node {
        Node::Json { value, nodes: 1, is_merge: false }
    }

    pub fn null() -> Node {
        Node::leaf(Value::Null)
    }

    pub fn nodes(&self) -> usize {
        match self {
            Node::Json { nodes, .. } => *nodes,
            Node::NotFinite(_) => 1,
        }
    }

    pub fn with_nodes(self, nodes: usize) -> Node {
        match self {
            Node::Json { value, is_merge, .. } => Node::Json { value, nodes, is_merge },
            other => other,
        }
    }
}

/// A key of a mapping.
pub(super) enum Key {
    Text(String),
    /// `<<`
    Merge,
    Null,
}

/// `<<`: the entries of a mapping, or of several, of which earlier ones win.
pub(super) fn merge(map: &mut Map<String, Value>, value: Value) -> Result<(), String> {
    match value {
        Value::Object(entries) => {
            map.extend(entries);
            Ok(())
        }
        Value::Array(items) if items.iter().all(Value::is_object) => {
            items.into_iter().rev().try_for_each(|item| merge(map, item))
        }
        _ => Err("yaml: map merge requires map or sequence of maps as the value".to_owned()),
    }
}

/// JSON's keys are text. Models sigs.k8s.io/yaml: convertToJSONableObject.
///
/// # Errors
/// A collection is no key.
pub(super) fn key(node: Node) -> Result<Key, String> {
    Ok(Key::Text(match node {
        Node::NotFinite("NaN") => ".nan".to_owned(),
        Node::NotFinite("-Inf") => "-.inf".to_owned(),
        Node::NotFinite(_) => ".inf".to_owned(),
        Node::Json { is_merge: true, .. } => return Ok(Key::Merge),
        Node::Json { value, .. } => match value {
            Value::String(text) => text,
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Null => return Ok(Key::Null),
            other => return Err(format!("yaml: invalid map key: {}", go_syntax(&other))),
        },
    }))
}

/// The complaint about a key that is null.
pub(super) fn null_key(value: &Value) -> String {
    let value = if value.is_null() { "<nil>".to_owned() } else { go_syntax(value) };
    format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {value}")
}

/// The value of a scalar.
///
/// # Errors
/// It is not what its tag says.
pub(super) fn scalar(text: &str, plain: bool, tag: Option<&str>) -> Result<Node, String> {
    let string = || Node::leaf(Value::String(text.to_owned()));
    let Some(tag) = tag else { return Ok(if plain { resolved(text) } else { string() }) };
    let node = resolved(text);
    let known = tag.strip_prefix(CORE_TAG).unwrap_or_default();
    let fits = match (known, &node) {
        ("binary", _) => return binary(text),
        ("null", Node::Json { value: Value::Null, .. })
        | ("bool", Node::Json { value: Value::Bool(_), .. }) => true,
        ("int", Node::Json { value: Value::Number(number), .. }) => !number.is_f64(),
        ("float", Node::Json { value: Value::Number(_), .. } | Node::NotFinite(_)) => true,
        ("null" | "bool" | "int" | "float", _) => false,
        _ => return Ok(string()),
    };
    if fits {
        return Ok(node);
    }
    let found = match &node {
        Node::Json { value: Value::String(_), .. } => "str",
        Node::Json { value: Value::Bool(_), .. } => "bool",
        Node::Json { value: Value::Null, .. } => "null",
        Node::Json { value: Value::Number(number), .. } if !number.is_f64() => "int",
        _ => "float",
    };
    Err(format!("yaml: cannot decode !!{found} `{text}` as a !!{known}"))
}

fn resolved(text: &str) -> Node {
    match scalar::resolve(text) {
        Scalar::Json(value) => Node::Json { value, nodes: 1, is_merge: text == "<<" },
        Scalar::NotFinite(name) => Node::NotFinite(name),
    }
}

fn binary(text: &str) -> Result<Node, String> {
    use base64::Engine;
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|_| "yaml: !!binary value contains invalid base64 data".to_owned())?;
    Ok(Node::leaf(Value::String(String::from_utf8_lossy(&bytes).into_owned())))
}

/// A collection as a key, in Go's `%#v`.
fn go_syntax(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Array(items) => format!("[]interface {{}}{{{}}}", list(items.iter().map(go_syntax).collect())),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect();
            format!("map[interface {{}}]interface {{}}{{{}}}", list(entries))
        }
        other => other.to_string(),
    }
}

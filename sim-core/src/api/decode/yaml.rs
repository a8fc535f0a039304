//! One YAML document to JSON, from the parser's events.
//!
//! Models go-yaml v2's decoder into interface{} and sigs.k8s.io/yaml's conversion after it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Value};

use super::scalar::{self, Scalar};

/// How deep collections may nest, before recursion could exhaust the stack.
const DEPTH_MAX: usize = 200;
/// How many nodes a document may hold once its aliases are expanded.
const NODES_MAX: usize = 1_000_000;

/// Parses the first document of `text`; an empty one is null.
pub fn parse(text: &str) -> Result<Value, String> {
    if text.trim_start_matches(['\n', '\r', ' ']).starts_with('\t') {
        return Err(format!("yaml: {STRAY_CHARACTER}"));
    }
    let parser = Parser::new_from_str(text).keep_tags(true);
    let mut reader = Reader { text, parser, anchors: BTreeMap::new(), nodes: 0 };
    loop {
        match reader.next()? {
            Some(Event::StreamEnd) | None => return Ok(Value::Null),
            Some(Event::StreamStart | Event::DocumentStart(_) | Event::Nothing) => {}
            Some(event) => {
                let node = reader.node(event, 0)?;
                reader.finish()?;
                return node.into_json();
            }
        }
    }
}

/// A parsed node: JSON, or a number that JSON has not.
#[derive(Clone)]
enum Node {
    Json { value: Value, nodes: usize, is_merge: bool },
    NotFinite(&'static str),
}

impl Node {
    fn into_json(self) -> Result<Value, String> {
        match self {
            Node::Json { value, .. } => Ok(value),
            Node::NotFinite(name) => Err(format!("json: unsupported value: {name}")),
        }
    }

    fn leaf(value: Value) -> Node {
        Node::Json { value, nodes: 1, is_merge: false }
    }
}

struct Reader<'t> {
    text: &'t str,
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<Event<'t>>, String> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok((event, _))) => Ok(Some(event)),
            Some(Err(error)) => Err(complaint(&error, self.text)),
        }
    }

    /// Reads the rest of the document: what follows it is no business of ours, but must scan.
    fn finish(&mut self) -> Result<(), String> {
        loop {
            match self.next()? {
                None | Some(Event::StreamEnd | Event::DocumentEnd) => return Ok(()),
                Some(_) => {}
            }
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX {
            return Err("yaml: document contains excessive aliasing".to_owned());
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Node, String> {
        if depth > DEPTH_MAX {
            return Err("yaml: exceeded max depth".to_owned());
        }
        let before = self.nodes;
        self.count(1)?;
        let (anchor, node) = match event {
            Event::Alias(anchor) => return self.alias(anchor),
            Event::Scalar(text, style, anchor, tag) => (anchor, scalar(&text, style, tag.as_ref())?),
            Event::SequenceStart(anchor, _) => (anchor, Node::leaf(self.sequence(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Node::leaf(self.mapping(depth)?)),
            _ => (0, Node::leaf(Value::Null)),
        };
        let node = match node {
            Node::Json { value, is_merge, .. } => Node::Json { value, nodes: self.nodes - before, is_merge },
            other => other,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize) -> Result<Node, String> {
        // An anchor that is still open is an alias to what contains it.
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err("yaml: anchor value contains itself".to_owned());
        };
        if let Node::Json { nodes, .. } = &node {
            self.count(*nodes)?;
        }
        Ok(node)
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Some(Event::SequenceEnd) | None => return Ok(Value::Array(items)),
                Some(event) => items.push(self.node(event, depth + 1)?.into_json()?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut map = Map::new();
        loop {
            let key = match self.next()? {
                Some(Event::MappingEnd) | None => return Ok(Value::Object(map)),
                Some(event) => self.node(event, depth + 1)?,
            };
            let Some(event) = self.next()? else { return Ok(Value::Object(map)) };
            let value = self.node(event, depth + 1)?;
            if matches!(key, Node::Json { is_merge: true, .. }) {
                merge(&mut map, value.into_json()?)?;
            } else {
                map.insert(key_text(key)?, value.into_json()?);
            }
        }
    }
}

/// `<<`: the entries of a mapping, or of several, of which earlier ones win.
fn merge(map: &mut Map<String, Value>, value: Value) -> Result<(), String> {
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
fn key_text(key: Node) -> Result<String, String> {
    match key {
        Node::NotFinite("NaN") => Ok(".nan".to_owned()),
        Node::NotFinite("-Inf") => Ok("-.inf".to_owned()),
        Node::NotFinite(_) => Ok(".inf".to_owned()),
        Node::Json { value, .. } => match value {
            Value::String(text) => Ok(text),
            Value::Bool(value) => Ok(value.to_string()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Null => {
                Err("unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>".to_owned())
            }
            other => Err(format!("yaml: invalid map key: {}", go_syntax(&other))),
        },
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Cow<'_, Tag>>) -> Result<Node, String> {
    let plain = style == ScalarStyle::Plain;
    let Some(tag) = tag else {
        return Ok(if plain { resolved(text) } else { Node::leaf(Value::String(text.to_owned())) });
    };
    let known = if tag.is_yaml_core_schema() || tag.handle == "!!" { tag.suffix.as_str() } else { "" };
    let node = resolved(text);
    let fits = match (known, &node) {
        ("str", _) => return Ok(Node::leaf(Value::String(text.to_owned()))),
        ("binary", _) => return binary(text),
        ("null", Node::Json { value: Value::Null, .. })
        | ("bool", Node::Json { value: Value::Bool(_), .. }) => true,
        ("int", Node::Json { value: Value::Number(number), .. }) => !number.is_f64(),
        ("float", Node::Json { value: Value::Number(_), .. } | Node::NotFinite(_)) => true,
        ("null" | "bool" | "int" | "float", _) => false,
        _ if plain && tag.suffix != "!" && !tag.suffix.is_empty() => true,
        _ => return Ok(Node::leaf(Value::String(text.to_owned()))),
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

const STRAY_CHARACTER: &str = "found character that cannot start any token";

/// Which line go-yaml names.
enum Line {
    /// The scanner's complaints: where it stands.
    Here,
    /// The parser's complaints: the line before.
    Before,
    /// The line after the one where a scalar began.
    Next,
    /// The end of the text.
    Last,
}

/// The parser's complaint as libyaml, and so kubectl, words it, with the line that go-yaml counts: none when
/// the complaint is about the first line.
fn complaint(error: &ScanError, text: &str) -> String {
    let (problem, place) = match error.info() {
        "while parsing a flow sequence, expected ',' or ']'" => {
            ("did not find expected ',' or ']'", Line::Before)
        }
        "while parsing a flow mapping, did not find expected ',' or '}'" => {
            ("did not find expected ',' or '}'", Line::Before)
        }
        "while parsing a block mapping, did not find expected key"
        | "invalid trailing content after double-quoted scalar" => {
            ("did not find expected key", Line::Before)
        }
        "while parsing a block collection, did not find expected '-' indicator" => {
            ("did not find expected '-' indicator", Line::Before)
        }
        "while parsing a node, did not find expected node content" | "misplaced bracket" => {
            ("did not find expected node content", Line::Before)
        }
        "did not find expected <document start>" | "did not find expected <document-start>" => {
            ("did not find expected <document start>", Line::Before)
        }
        "while parsing node, found unknown anchor" => {
            let rest: String = text.chars().skip(error.marker().index()).collect();
            let name = rest.trim_start_matches('*');
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(name.len());
            return format!("yaml: unknown anchor '{}' referenced", &name[..end]);
        }
        "simple key expected" | "simple key expect ':'" => ("could not find expected ':'", Line::Here),
        "while scanning a quoted scalar, found unexpected end of stream"
        | "invalid indentation in quoted scalar" => ("found unexpected end of stream", Line::Last),
        "while scanning a plain scalar, found a tab" => {
            ("found a tab character that violates indentation", Line::Next)
        }
        "tabs disallowed within this context (block indentation)"
        | "tabs disallowed in this context"
        | "tab cannot be used as indentation"
        | "unexpected character: `@'"
        | "unexpected character: `%'"
        | "unexpected character: ``'" => (STRAY_CHARACTER, Line::Here),
        "recursion limit exceeded" => return "yaml: exceeded max depth".to_owned(),
        other => {
            let bare = other.rsplit_once(", ").filter(|(context, _)| context.starts_with("while "));
            (bare.map_or(other, |(_, problem)| problem), Line::Here)
        }
    };
    let here = error.marker().line();
    let line = match place {
        Line::Here if here == 1 => 0,
        Line::Here => here,
        Line::Before => here.saturating_sub(1),
        Line::Next => here + 1,
        Line::Last => text.matches('\n').count() + 1,
    };
    if line == 0 { format!("yaml: {problem}") } else { format!("yaml: line {line}: {problem}") }
}

//! kubectl's JSONPath templates: `{.items[*].metadata.name}`, `{range .items[*]}...{end}`, filters,
//! slices, unions, recursive descent, quoted text.
//!
//! Models client-go util/jsonpath. It is not RFC 9535: text outside braces is printed as it stands, a
//! key that is absent prints nothing, and `-1` counts from the end.

mod eval;
pub mod go;
mod parse;
#[cfg(test)]
mod tests;

use serde_json::{Number, Value};

use super::json;

/// A parsed template.
#[derive(Clone, Debug)]
pub struct JsonPath {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Number(Number),
    Bool(bool),
    Identifier(String),
    Field(String),
    Wildcard,
    Recursive,
    Slice(Slice),
    Union(Vec<Vec<Node>>),
    Filter(Box<Filter>),
    List(Vec<Node>),
}

#[derive(Clone, Copy, Debug)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
    /// Whether it was written as one index.
    single: bool,
}

#[derive(Clone, Debug)]
struct Filter {
    left: Vec<Node>,
    operator: String,
    right: Vec<Node>,
}

impl JsonPath {
    /// Parses a template.
    ///
    /// # Errors
    /// The parser's complaint, `unclosed action`.
    pub fn parse(template: &str) -> Result<JsonPath, String> {
        parse::template(template).map(|nodes| JsonPath { nodes })
    }

    /// The values that each part of the template finds in `data`, in order; absent keys find nothing.
    ///
    /// # Errors
    /// The engine's complaint, `array index out of bounds: index 3, length 2`.
    pub fn find(&self, data: &Value) -> Result<Vec<Vec<Value>>, String> {
        eval::run(&self.nodes, data, true)
    }

    /// As [`JsonPath::find`], but absent keys are errors: `x is not found`.
    ///
    /// # Errors
    /// The engine's complaint.
    pub fn find_strictly(&self, data: &Value) -> Result<Vec<Vec<Value>>, String> {
        eval::run(&self.nodes, data, false)
    }
}

/// The text of results as a template prints them: values of one part are a blank apart.
pub fn print(results: &[Vec<Value>]) -> String {
    let mut out = String::new();
    for part in results {
        let texts: Vec<String> = part.iter().map(text_of).collect();
        out.push_str(&texts.join(" "));
    }
    out
}

/// The text of results as `jsonpath-as-json` prints them: one list a part.
pub fn print_as_json(results: &[Vec<Value>]) -> String {
    let mut out = String::new();
    for part in results {
        out.push_str(&json::pretty(&Value::Array(part.clone())));
        out.push('\n');
    }
    out
}

/// A value as a template prints it: maps and lists as JSON, all else bare.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        Value::Array(_) | Value::Object(_) => json::compact(value),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Accepts `x.y`, `.x.y`, `{x.y}` and `{.x.y}` and gives the last form, as `--sort-by` and
/// `custom-columns` do.
///
/// Models kubectl pkg/cmd/get: RelaxedJSONPathExpression.
///
/// # Errors
/// kubectl's complaint about the expression.
pub fn relaxed(expression: &str) -> Result<String, String> {
    if expression.is_empty() {
        return Ok(String::new());
    }
    let bad = || {
        "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
         '{.name1.name2}'"
            .to_owned()
    };
    let inner = match expression.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').ok_or_else(bad)?,
        None => expression,
    };
    let inner = inner.strip_prefix('.').unwrap_or(inner);
    if inner.is_empty() || inner.contains(['{', '}']) {
        return Err(bad());
    }
    Ok(format!("{{.{inner}}}"))
}

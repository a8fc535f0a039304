//! JSON as Go's encoding/json writes it.

use serde_json::Value;

use super::field_order::Order;

/// One line, `<`, `>` and `&` escaped.
pub fn compact(value: &Value) -> String {
    Writer { indent: None, order: Order::Alphabet }.text(value)
}

/// [`compact`] with fields in the order in which Go's types declare them.
pub fn compact_by_struct(value: &Value) -> String {
    Writer { indent: None, order: Order::Made }.text(value)
}

/// [`pretty`] with fields in the order in which Go's types declare them.
pub fn pretty_by_struct(value: &Value) -> String {
    indented_by_struct(value, 4)
}

/// [`indented`] with fields in the order in which Go's types declare them.
pub fn indented_by_struct(value: &Value, width: usize) -> String {
    Writer { indent: Some(width), order: Order::Made }.text(value)
}

/// [`compact`] of an object or a list as the API server writes that type.
pub fn compact_of_type(value: &Value, of: &str) -> String {
    let mut out = String::new();
    Writer { indent: None, order: Order::Decoded }.write(value, of, 0, &mut out);
    out
}

/// [`pretty`] of a list that kubectl has decoded, of that type.
pub fn pretty_decoded(list: &Value, of: &str) -> String {
    let mut out = String::new();
    Writer { indent: Some(4), order: Order::Decoded }.write(list, of, 0, &mut out);
    out
}

/// Indented by four blanks, as `-o json` prints; without a final newline.
pub fn pretty(value: &Value) -> String {
    indented(value, 4)
}

/// Indented by so many blanks a level; without a final newline.
pub fn indented(value: &Value, width: usize) -> String {
    Writer { indent: Some(width), order: Order::Alphabet }.text(value)
}

#[derive(Clone, Copy)]
struct Writer {
    indent: Option<usize>,
    order: Order,
}

impl Writer {
    fn text(self, value: &Value) -> String {
        let mut out = String::new();
        self.write(value, "", 0, &mut out);
        out
    }

    /// Writes a value that goes by `name`, as its order has it.
    fn write(self, value: &Value, name: &str, depth: usize, out: &mut String) {
        let indent = self.indent;
        match value {
            Value::String(text) => write_string(text, out),
            Value::Array(items) if items.is_empty() => out.push_str("[]"),
            Value::Object(map) if map.is_empty() => out.push_str("{}"),
            Value::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    separate(index, indent, depth + 1, out);
                    self.write(item, self.order.of_items(name), depth + 1, out);
                }
                line_break(indent, depth, out);
                out.push(']');
            }
            Value::Object(map) => {
                out.push('{');
                for (index, (key, item, of)) in self.order.fields(name, map).into_iter().enumerate() {
                    separate(index, indent, depth + 1, out);
                    write_string(key, out);
                    out.push_str(if indent.is_some() { ": " } else { ":" });
                    self.write(item, of, depth + 1, out);
                }
                line_break(indent, depth, out);
                out.push('}');
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        }
    }
}

fn separate(index: usize, indent: Option<usize>, depth: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
    line_break(indent, depth, out);
}

fn line_break(indent: Option<usize>, depth: usize, out: &mut String) {
    if let Some(width) = indent {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', width * depth));
    }
}

/// A string with quotes, as Go escapes it for use within HTML.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn escapes_as_go_does() {
        let value = json!({"b": "a<b>&\u{1}\u{2028}\"é", "a": [], "c": {}, "d": [1, {"e": null}]});
        assert_eq!(
            compact(&value),
            r#"{"a":[],"b":"a\u003cb\u003e\u0026\u0001\u2028\"é","c":{},"d":[1,{"e":null}]}"#
        );
        assert_eq!(
            pretty(&json!({"a": [1], "b": {}})),
            "{\n    \"a\": [\n        1\n    ],\n    \"b\": {}\n}"
        );
    }
}

//! KYAML, the output format `kyaml`: YAML in braces, with texts in quotes.
//!
//! Models sigs.k8s.io/yaml/kyaml: Encoder.

use serde_json::Value;

use super::field_order::Order;

/// The value, which goes by `name`, as one document with its fields in that order.
pub fn document(value: &Value, order: Order, name: &str) -> String {
    let mut text = "---\n".to_owned();
    node(value, order, name, 0, &mut text);
    text.push('\n');
    text
}

fn node(value: &Value, order: Order, name: &str, level: usize, out: &mut String) {
    let pad = "  ".repeat(level + 1);
    let end = "  ".repeat(level);
    match value {
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        Value::Object(map) => {
            out.push_str("{\n");
            for (key, value, of) in order.fields(name, map) {
                out.push_str(&format!("{pad}{}: ", shown_key(key)));
                node(value, order, of, level + 1, out);
                out.push_str(",\n");
            }
            out.push_str(&format!("{end}}}"));
        }
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        // Objects and lists stand close together; anything else has a line of its own.
        Value::Array(items) if items.iter().all(|item| item.is_object() || item.is_array()) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                node(item, order, order.of_items(name), level, out);
            }
            out.push(']');
        }
        Value::Array(items) => {
            out.push_str("[\n");
            for item in items {
                out.push_str(&pad);
                node(item, order, order.of_items(name), level + 1, out);
                out.push_str(",\n");
            }
            out.push_str(&format!("{end}]"));
        }
        Value::String(text) => out.push_str(&shown_text(text, level)),
        other => out.push_str(&other.to_string()),
    }
}

/// A text with line ends is broken after each of them.
fn shown_text(text: &str, level: usize) -> String {
    if !text.contains('\n') {
        return format!("\"{}\"", escaped(text));
    }
    let pad = "  ".repeat(level + 1);
    let lines = text.split_inclusive('\n').map(|line| {
        // A space at the start would count as indentation.
        let mark = if line.starts_with([' ', '\t']) { '\\' } else { ' ' };
        format!("{pad}{mark}{}\\\n", escaped(line))
    });
    format!("\"\\\n{}{pad}\"", lines.collect::<String>())
}

/// The text as it stands between double quotes.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            letter if letter.is_control() && letter != '\t' => {
                out.push_str(&format!("\\x{:02x}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out
}

/// A key, quoted where YAML could take it for something else than text.
fn shown_key(key: &str) -> String {
    const SPECIAL: &[&str] =
        &["n", "no", "y", "yes", "on", "off", "t", "true", "f", "false", "null", "nil", "nan", "inf", "none"];
    let plain = key.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_')
        && key.parse::<f64>().is_err()
        && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./".contains(letter))
        && !SPECIAL.contains(&key.to_ascii_lowercase().as_str());
    if plain { key.to_owned() } else { format!("\"{}\"", escaped(key)) }
}

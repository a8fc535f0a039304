//! The API server's internal types as Go's encoder writes them: what refusals of updates show.
//!
//! Upstream compares the indented JSON of its internal structs, which have no JSON names: every field is
//! there, in the order of its declaration in pkg/apis/core/types.go. Sources of volumes that nobody uses in
//! the simulator are written as they came.

use serde_json::{Map, Value};

use super::unified;

pub(super) mod types;

/// How a field is written.
#[derive(Clone, Copy)]
pub(super) enum Sort {
    /// A string, empty when absent.
    Text,
    /// A number, 0 when absent.
    Number,
    /// A boolean, false when absent.
    Bool,
    /// A quantity, 0 when absent.
    Amount,
    /// A pointer, map or list of scalars: as it is, null when absent.
    Any,
    /// A struct, always there.
    Struct(&'static [Field]),
    /// A struct behind a pointer.
    Pointer(&'static [Field]),
    /// A list of structs.
    List(&'static [Field]),
    /// A struct whose fields stand among the others.
    Within(&'static [Field]),
    /// As it is, and left out when absent.
    Given,
}

use Sort::{Amount, Bool, Given, List, Number, Pointer, Struct, Text, Within};
use types::{CLAIM_SPEC, EPHEMERAL, PERSISTENT_SOURCE, POD_SPEC};

/// A field: its name in Go, its name in the API, how it is written.
pub(super) type Field = (&'static str, &'static str, Sort);

/// The difference of two pods' specs, as ValidatePodUpdate shows it.
pub(super) fn pod_spec_diff(old: &Value, new: &Value) -> String {
    difference(&host_fields_within(old), &host_fields_within(new), POD_SPEC)
}

/// The difference of two claims' specs, as ValidatePersistentVolumeClaimUpdate shows it.
pub(super) fn claim_spec_diff(old: &Value, new: &Value) -> String {
    difference(old, new, CLAIM_SPEC)
}

/// The difference of two volumes' sources, as ValidatePersistentVolumeUpdate shows it.
pub(super) fn volume_source_diff(old: &Value, new: &Value) -> String {
    difference(old, new, PERSISTENT_SOURCE)
}

/// The difference of two ephemeral containers, as ValidatePodEphemeralContainersUpdate shows it.
pub(super) fn ephemeral_diff(old: &Value, new: &Value) -> String {
    difference(old, new, EPHEMERAL)
}

/// A pod template on one line, as refusals show a value.
pub(super) fn pod_template(template: &Value) -> String {
    let mut value = template.get("metadata").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    let spec = host_fields_within(template.get("spec").unwrap_or(&Value::Null));
    if let Some(map) = value.as_object_mut() {
        map.insert("spec".to_owned(), spec);
    }
    one_line(&value, types::POD_TEMPLATE)
}

/// A structure on one line, as refusals show a value; `null` when there is none.
pub(super) fn one_line(value: &Value, fields: &'static [Field]) -> String {
    let mut text = String::new();
    write_field(&mut text, value, Pointer(fields), 0);
    without_indents(&text)
}

/// A list of structures on one line.
pub(super) fn one_line_list(value: &Value, fields: &'static [Field]) -> String {
    let mut text = String::new();
    write_field(&mut text, value, List(fields), 0);
    without_indents(&text)
}

fn without_indents(text: &str) -> String {
    let (mut short, mut quoted, mut escaped) = (String::new(), false, false);
    let mut chars = text.chars().peekable();
    while let Some(letter) = chars.next() {
        match letter {
            '\n' if !quoted => while chars.next_if_eq(&' ').is_some() {},
            ' ' if !quoted => {}
            _ => short.push(letter),
        }
        quoted ^= letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
    }
    short
}

fn difference(old: &Value, new: &Value, fields: &'static [Field]) -> String {
    let text = |value: &Value| {
        let mut text = String::new();
        write_struct(&mut text, value, fields, 0);
        text
    };
    unified::diff(&text(old), &text(new))
}

/// The host's namespaces are fields of the internal security context.
fn host_fields_within(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let Some(map) = spec.as_object_mut() else { return spec };
    let names = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];
    let moved: Vec<(&str, Value)> =
        names.into_iter().filter_map(|name| Some((name, map.remove(name)?))).collect();
    let context = map.entry("securityContext").or_insert_with(|| Value::Object(Map::new()));
    if let Some(context) = context.as_object_mut() {
        context.extend(moved.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    spec
}

fn indent(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', depth));
}

fn write_struct(text: &mut String, value: &Value, fields: &'static [Field], depth: usize) {
    text.push('{');
    let mut first = true;
    write_fields(text, value, fields, depth + 1, &mut first);
    if !first {
        indent(text, depth);
    }
    text.push('}');
}

fn write_fields(text: &mut String, value: &Value, fields: &'static [Field], depth: usize, first: &mut bool) {
    for (name, key, sort) in fields {
        if let Within(fields) = sort {
            write_fields(text, value, fields, depth, first);
            continue;
        }
        let value = value.get(*key).unwrap_or(&Value::Null);
        if matches!((sort, value), (Given, Value::Null)) {
            continue;
        }
        if !std::mem::take(first) {
            text.push(',');
        }
        indent(text, depth);
        text.push_str(&format!("\"{name}\": "));
        write_field(text, value, *sort, depth);
    }
}

fn write_field(text: &mut String, value: &Value, sort: Sort, depth: usize) {
    match (sort, value) {
        (Struct(fields), value) => write_struct(text, value, fields, depth),
        (Pointer(fields), Value::Object(_)) => write_struct(text, value, fields, depth),
        (List(fields), Value::Array(items)) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                indent(text, depth + 1);
                write_struct(text, item, fields, depth + 1);
            }
            indent(text, depth);
            text.push(']');
        }
        (Text, Value::Null) => text.push_str("\"\""),
        (Number, Value::Null) => text.push('0'),
        (Bool, Value::Null) => text.push_str("false"),
        (Amount, Value::Null) => text.push_str("\"0\""),
        (List(_), _) | (Pointer(_), _) => text.push_str("null"),
        (_, value) => write_any(text, value, depth),
    }
}

/// Any JSON, indented by one blank a level, as `json.MarshalIndent(v, "", " ")` writes it.
fn write_any(text: &mut String, value: &Value, depth: usize) {
    let (open, close, parts): (char, char, Vec<(Option<&String>, &Value)>) = match value {
        Value::Object(map) => ('{', '}', map.iter().map(|(name, value)| (Some(name), value)).collect()),
        Value::Array(items) => ('[', ']', items.iter().map(|value| (None, value)).collect()),
        scalar => return text.push_str(&escaped(scalar)),
    };
    text.push(open);
    for (index, (name, value)) in parts.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        indent(text, depth + 1);
        if let Some(name) = name {
            text.push_str(&escaped(&Value::from(name.as_str())));
            text.push_str(": ");
        }
        write_any(text, value, depth + 1);
    }
    if !parts.is_empty() {
        indent(text, depth);
    }
    text.push(close);
}

/// A scalar as Go writes it: without the characters that HTML minds.
fn escaped(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

//! Kinds without a description of their own: every field under a readable name.
//!
//! Models kubectl pkg/describe: genericDescriber and smartLabelFor.

use serde_json::{Map, Value};

use super::small::head;
use super::text::Text;
use crate::api::Object;
use crate::kubectl::jsonpath::go;
use crate::kubectl::wire;

/// Fields that the head has shown.
const SHOWN: &[&str] = &[
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

pub(super) fn describe(text: &mut Text, object: &Object) {
    head(text, object.meta());
    if let Value::Object(fields) = wire::value(object) {
        content(text, 0, &fields, "");
    }
}

fn content(text: &mut Text, level: usize, fields: &Map<String, Value>, path: &str) {
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        if SHOWN.contains(&path.as_str()) {
            continue;
        }
        let label = label(name);
        match value {
            Value::Object(below) => {
                text.line(level, format_args!("{label}:"));
                content(text, level + 1, below, &path);
            }
            Value::Array(items) => {
                text.line(level, format_args!("{label}:"));
                for item in items {
                    match item {
                        Value::Object(below) => content(text, level + 1, below, &path),
                        other => text.line(level + 1, go::text(other)),
                    }
                }
            }
            other => text.field(level, &label, go::text(other)),
        }
    }
}

/// `containerPort` as `Container Port`; a name with anything but letters and dashes stays as it is.
fn label(name: &str) -> String {
    if name.contains(|c: char| !c.is_alphabetic() && c != '-') {
        return name.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut parts = camel_parts(name).into_iter().peekable();
    while let Some(mut part) = parts.next() {
        let acronym =
            part.chars().count() >= 2 && !part.contains(|c: char| c.is_alphabetic() && !c.is_uppercase());
        if acronym && let Some(next) = parts.next_if(|next| next.starts_with(char::is_uppercase)) {
            part.push_str(&next);
        }
        words.push(part);
    }
    let shown: Vec<String> = words.into_iter().map(word).collect();
    shown.join(" ")
}

fn word(word: String) -> String {
    let upper = word.to_uppercase();
    if matches!(upper.as_str(), "API" | "URL" | "UID" | "GUID") {
        return upper;
    }
    if word.to_lowercase() != word {
        return word;
    }
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Splits where lower case, upper case and dashes meet; the last capital of several goes with what follows.
fn camel_parts(name: &str) -> Vec<String> {
    let class = |c: char| match c {
        c if c.is_lowercase() => 0,
        c if c.is_uppercase() => 1,
        _ => 2,
    };
    let mut parts: Vec<(i32, String)> = Vec::new();
    for c in name.chars() {
        match parts.last_mut() {
            Some((last, part)) if *last == class(c) => part.push(c),
            _ => parts.push((class(c), c.to_string())),
        }
    }
    for index in 1..parts.len() {
        if parts[index - 1].0 == 1 && parts[index].0 == 0 {
            let moved = parts[index - 1].1.pop();
            parts[index].1.insert_str(0, &moved.map(String::from).unwrap_or_default());
        }
    }
    parts.into_iter().map(|(_, part)| part).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_fields() {
        for (name, shown) in [
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("containerPort", "Container Port"),
            ("dnsPolicy", "Dns Policy"),
            ("hostIP", "Host IP"),
            ("$patch", "$patch"),
            ("kind", "Kind"),
            ("blockOwnerDeletion", "Block Owner Deletion"),
        ] {
            assert_eq!(label(name), shown);
        }
    }
}

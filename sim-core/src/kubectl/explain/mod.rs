//! What `explain` says of a kind or of a field of it.
//!
//! Models kubectl pkg/explain/v2: templates/plaintext.tmpl.

mod schema;
mod wrap;

pub use schema::{Definition, Field, Schema};

use wrap::{indent, wrap};

use crate::api::Kind;

/// How deep fields are listed: no type of the API is nested deeper, unless it holds itself.
const DEEPEST: usize = 24;
/// How many values of an enumeration a list of fields shows.
const VALUES_SHOWN: usize = 4;

/// The lines that say which kind it is about.
pub fn heading(kind: Kind) -> String {
    let info = kind.info();
    let group = if info.group.is_empty() { String::new() } else { format!("GROUP:      {}\n", info.group) };
    format!("{group}KIND:       {}\nVERSION:    {}\n\n", kind.name(), info.version)
}

/// What there is to say of the field that `path` leads to, or of the kind itself when it is empty.
///
/// # Errors
/// The last name of a path that leads nowhere.
pub fn explain(schema: &Schema<'_>, kind: Kind, path: &[&str], recursive: bool) -> Result<String, String> {
    let unknown = || path.last().copied().unwrap_or_default().to_owned();
    let definition = schema.kind(kind).ok_or_else(unknown)?;
    let mut text = String::new();
    let (about, listed) = if path.is_empty() {
        (line(&schema.about(&definition)), Some(definition))
    } else {
        let field = schema.field(definition, path).ok_or_else(unknown)?;
        text.push_str(&field_heading(schema, &field));
        let behind = schema.behind(field.shape);
        let about = behind.map(|definition| line(&schema.about(&definition))).unwrap_or_default();
        (line(&schema.about_field(&field)) + &about, behind)
    };
    let about = if about.is_empty() { "<empty>" } else { &about };
    text.push_str(&format!("DESCRIPTION:\n{}\n", indent(&wrap(about, 76), 4)));
    let mut fields = String::new();
    if let Some(definition) = listed {
        list(schema, definition, 1, recursive, &mut fields);
    }
    if !fields.is_empty() {
        text.push_str("FIELDS:\n");
        text.push_str(&fields);
    }
    text.push('\n');
    Ok(text)
}

/// The text with a line end, or nothing.
fn line(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

fn field_heading(schema: &Schema<'_>, field: &Field<'_>) -> String {
    let mut text = format!("FIELD: {} <{}>\n", field.name, schema.type_name(field.shape));
    let values = field.values();
    if !values.is_empty() {
        text.push_str("ENUM:");
        for value in values {
            text.push_str(&format!("\n    {}", shown(value)));
        }
    }
    text + "\n\n"
}

/// An empty value as people see that it is there.
fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

fn list(schema: &Schema<'_>, definition: Definition<'_>, level: usize, recursive: bool, out: &mut String) {
    let pad = level * 2;
    for field in definition.fields() {
        out.push_str(&indent(field.name, pad));
        out.push_str(&format!("\t<{}>", schema.type_name(field.shape)));
        out.push_str(if field.required { " -required-" } else { "" });
        let values = field.values();
        if !values.is_empty() {
            let first: Vec<&str> = values.iter().take(VALUES_SHOWN).map(|value| shown(value)).collect();
            let more = if values.len() > VALUES_SHOWN { ", ...." } else { "" };
            out.push_str(&format!("\n{}enum: {}{more}", " ".repeat(pad), first.join(", ")));
        }
        out.push('\n');
        if recursive {
            if let Some(inner) = schema.behind(field.shape).filter(|_| level < DEEPEST) {
                list(schema, inner, level + 1, recursive, out);
            }
            continue;
        }
        let about = schema.about_field(&field);
        let about = if about.is_empty() { "<no description>" } else { &about };
        out.push_str(&indent(&wrap(about, 78 - pad), pad + 2));
        out.push_str("\n\n");
    }
}

//! [`Schema`]: the API's types, fields and descriptions, read from the table in `data/`.
//!
//! The table is text and no part of the program: whoever runs the session hands it over when it is first
//! needed. One definition after the other, each a line that begins with `:` and a line for each field:
//!
//! ```text
//! :core.v1.Pod  object  Pod is a collection of containers ...
//! spec  @core.v1.PodSpec  Specification of the desired behavior ...
//! ```
//!
//! Columns are parted by tabs; `!` after a field's name marks it as required. A shape is `[]` and `{}` before
//! `@DEFINITION` or a JSON type. A description is `=DEFINITION.FIELD` where it is the same as that one's, and
//! its line ends are `\n`. The last column lists the values of an enumeration.

use crate::api::Kind;

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'a> {
    text: &'a str,
}

/// A type of the API.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'a> {
    /// Its name, `core.v1.PodSpec`.
    pub name: &'a str,
    /// Its JSON type; empty when it may be of several.
    pub json_type: &'a str,
    description: &'a str,
    fields: &'a str,
}

/// A field of a type.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether the API demands it.
    pub required: bool,
    /// What it holds, as the table spells it.
    pub shape: &'a str,
    description: &'a str,
    enumeration: &'a str,
}

impl<'a> Schema<'a> {
    /// The table in `text`.
    pub fn new(text: &'a str) -> Schema<'a> {
        Schema { text }
    }

    /// The type of that name.
    pub fn definition(&self, name: &str) -> Option<Definition<'a>> {
        let start = self.text.find(&format!("\n:{name}\t"))? + 2;
        let block = self.text[start..].split("\n:").next()?;
        let (head, fields) = block.split_once('\n').unwrap_or((block, ""));
        let mut columns = head.split('\t');
        Some(Definition {
            name: columns.next()?,
            json_type: columns.next()?.trim_start_matches('-'),
            description: columns.next().unwrap_or_default(),
            fields,
        })
    }

    /// The type of a kind's objects.
    pub fn kind(&self, kind: Kind) -> Option<Definition<'a>> {
        let info = kind.info();
        let group = match info.group {
            "" => "core",
            group => group.split('.').next().unwrap_or(group),
        };
        self.definition(&format!("{group}.{}.{}", info.version, kind.name()))
    }

    /// The type behind a shape's arrays and maps, if it is one with a name.
    pub fn behind(&self, shape: &str) -> Option<Definition<'a>> {
        self.definition(without_wrappers(shape).strip_prefix('@')?)
    }

    /// The field that a path of names leads to from `from`.
    pub fn field(&self, from: Definition<'a>, path: &[&str]) -> Option<Field<'a>> {
        let (first, rest) = path.split_first()?;
        let field = from.field(first)?;
        if rest.is_empty() { Some(field) } else { self.field(self.behind(field.shape)?, rest) }
    }

    /// The text of a description column.
    fn text(&self, column: &str) -> String {
        let shared = column.strip_prefix('=').and_then(|place| {
            let (definition, field) = place.rsplit_once('.')?;
            Some(self.definition(definition)?.field(field)?.description)
        });
        shared.unwrap_or(column).replace("\\n", "\n").replace("\\t", "\t")
    }

    /// What the API says of a type.
    pub fn about(&self, definition: &Definition<'_>) -> String {
        self.text(definition.description)
    }

    /// What the API says of a field, without what it says of the field's type.
    pub fn about_field(&self, field: &Field<'_>) -> String {
        self.text(field.description)
    }

    /// The shape as people read it: `[]Container`, `map[string]Quantity`, `integer`, `Object`.
    pub fn type_name(&self, shape: &str) -> String {
        if let Some(inner) = shape.strip_prefix("[]") {
            return format!("[]{}", self.type_name(inner));
        }
        if let Some(inner) = shape.strip_prefix("{}") {
            return format!("map[string]{}", self.type_name(inner));
        }
        let shown = match shape.strip_prefix('@') {
            Some(name) => match self.definition(name) {
                Some(definition) if !matches!(definition.json_type, "" | "object") => definition.json_type,
                _ => name.rsplit('.').next().unwrap_or(name),
            },
            None if shape == "object" => "Object",
            None => shape,
        };
        shown.to_owned()
    }
}

impl<'a> Definition<'a> {
    /// Its fields, by name.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.fields.lines().filter_map(Field::parse)
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<Field<'a>> {
        self.fields().find(|field| field.name == name)
    }
}

impl<'a> Field<'a> {
    fn parse(line: &'a str) -> Option<Field<'a>> {
        let mut columns = line.split('\t');
        let name = columns.next()?;
        Some(Field {
            name: name.trim_end_matches('!'),
            required: name.ends_with('!'),
            shape: columns.next()?,
            description: columns.next().unwrap_or_default(),
            enumeration: columns.next().unwrap_or_default(),
        })
    }

    /// The values that it may have, when they are few.
    pub fn values(&self) -> Vec<&'a str> {
        if self.enumeration.is_empty() { Vec::new() } else { self.enumeration.split(',').collect() }
    }
}

fn without_wrappers(shape: &str) -> &str {
    let inner = shape.strip_prefix("[]").or_else(|| shape.strip_prefix("{}"));
    inner.map_or(shape, without_wrappers)
}

//! A text to documents: JSON values that follow each other, or YAML documents between lines of `---`.
//!
//! Models apimachinery pkg/util/yaml: YAMLOrJSONDecoder, YAMLReader and LineReader.

use serde_json::Value;

use super::yaml;
use crate::api::patch::{JsonError, json_value_end};

/// What a text holds before the first thing that cannot be read.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// The documents, in order. Empty ones and null are left out.
    pub documents: Vec<Document>,
    /// The complaint about what comes after them.
    pub broken: Option<String>,
}

/// One document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// How the text says it, where that is JSON.
    pub json: Option<String>,
}

/// Reads `text`. What begins with a brace is taken for JSON; where it turns out to be none before its third
/// value it may still be YAML, but then the complaint is about JSON unless its first document can be read.
pub fn stream(text: &str) -> Stream {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = Stream::default();
    if !text.trim_start().starts_with('{') {
        found.read_yaml(text, None);
        return found;
    }
    let mut count = 0;
    let mut start = 0;
    while !text[start..].trim().is_empty() {
        let rest = &text[start..];
        match json(rest) {
            Ok((value, width)) => {
                found.push(value, Some(rest[..width].trim()));
                start += width;
                count += 1;
            }
            Err(JsonError::Syntax { why, .. }) if count > 1 => {
                found.broken = Some(why);
                return found;
            }
            Err(error) => {
                let why = match error {
                    JsonError::TooShort => "unexpected EOF".to_owned(),
                    JsonError::Syntax { offset, why } => format!("json: offset {}: {why}", start + offset),
                };
                match begins_yaml(rest) {
                    Some(at) if count < 2 => found.read_yaml(&rest[at..], Some(why)),
                    _ => found.broken = Some(why),
                }
                return found;
            }
        }
    }
    found
}

impl Stream {
    fn push(&mut self, value: Value, json: Option<&str>) {
        if !value.is_null() {
            self.documents.push(Document { value, json: json.map(str::to_owned) });
        }
    }

    /// Reads YAML. `instead` is what is said if not even the first document can be read.
    fn read_yaml(&mut self, text: &str, mut instead: Option<String>) {
        let mut lines = Lines { rest: text };
        loop {
            let read = match lines.document() {
                Ok(None) => return,
                Ok(Some(document)) => {
                    yaml::parse(&document).map_err(|why| format!("error converting YAML to JSON: {why}"))
                }
                Err(why) => Err(why),
            };
            match read {
                Ok(value) => self.push(value, None),
                Err(why) => {
                    self.broken = Some(instead.unwrap_or(why));
                    return;
                }
            }
            instead = None;
        }
    }
}

/// The first value of a text, and where it ends.
fn json(text: &str) -> Result<(Value, usize), JsonError> {
    let end = json_value_end(text)?;
    match serde_json::from_str(&text[..end]) {
        Ok(value) => Ok((value, end)),
        // What is too deep or too big for serde_json.
        Err(why) => Err(JsonError::Syntax { offset: end, why: why.to_string() }),
    }
}

/// Where YAML begins in what is no JSON: after the blanks, or on the next line. Of less than four bytes nobody
/// asks.
///
/// Models apimachinery pkg/util/yaml: YAMLOrJSONDecoder.consumeWhitespace.
fn begins_yaml(text: &str) -> Option<usize> {
    for (at, c) in text.char_indices() {
        if text.len() - at < 4 {
            return None;
        }
        if !c.is_whitespace() {
            return Some(at);
        }
        if c == '\n' {
            return Some(at + 1);
        }
    }
    None
}

/// Text that is read line by line.
struct Lines<'t> {
    rest: &'t str,
}

impl Lines<'_> {
    /// The next document, of which every line ends with a line feed; none at the end. A separator before which
    /// nothing stands is part of the document after it.
    fn document(&mut self) -> Result<Option<String>, String> {
        let mut document = String::new();
        while !self.rest.is_empty() {
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.rest = rest;
            if let Some(after) = line.strip_prefix("---") {
                let after = after.trim();
                if !after.is_empty() && !after.starts_with('#') {
                    return Err(format!("invalid Yaml document separator: {after}"));
                }
                if !document.is_empty() {
                    return Ok(Some(document));
                }
            }
            document.push_str(line.strip_suffix('\r').unwrap_or(line));
            document.push('\n');
        }
        Ok(Some(document).filter(|document| !document.is_empty()))
    }
}

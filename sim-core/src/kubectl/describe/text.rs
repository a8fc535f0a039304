//! [`Text`]: a description as it grows, in cells that are aligned at its end.
//!
//! Models kubectl pkg/describe: PrefixWriter and the helpers that print several lines under one title.

use std::collections::BTreeMap;
use std::fmt;

use crate::kubectl::table::TabWriter;

/// An annotation longer than this, name and all, gets lines of its own, cut at it.
const LONGEST_ANNOTATION: usize = 140;

/// What `kubectl apply` remembers, which descriptions leave out.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A description in the making: cells end with tabs, lines with newlines.
#[derive(Debug, Default)]
pub struct Text {
    done: String,
    raw: String,
}

impl Text {
    /// Adds text as it is.
    pub fn raw(&mut self, text: &str) {
        self.raw.push_str(text);
    }

    /// Adds a line, indented by two blanks a level.
    pub fn line(&mut self, level: usize, text: impl fmt::Display) {
        self.raw.push_str(&format!("{:width$}{text}\n", "", width = level * 2));
    }

    /// Adds `name:`, a tab and the value as a line.
    pub fn field(&mut self, level: usize, name: &str, value: impl fmt::Display) {
        self.line(level, format_args!("{name}:\t{value}"));
    }

    /// [`Text::field`] when there is a value that is not empty.
    pub fn field_if(&mut self, level: usize, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.field(level, name, value);
        }
    }

    /// Several values under one title, the second and later ones below the first; `<none>` without any.
    pub fn several(&mut self, indent: &str, title: &str, values: &[String]) {
        self.below(indent, indent, title, values);
    }

    fn below(&mut self, indent: &str, later: &str, title: &str, values: &[String]) {
        self.raw.push_str(&format!("{indent}{title}:\t"));
        if values.is_empty() {
            self.raw.push_str("<none>\n");
        }
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.raw.push_str(&format!("{later}\t"));
            }
            self.raw.push_str(value);
            self.raw.push('\n');
        }
    }

    /// Labels, one a line. Unlike other lists, its later lines are not indented: `rollout history` shows it.
    pub fn labels(&mut self, indent: &str, title: &str, labels: Option<&BTreeMap<String, String>>) {
        let lines: Vec<String> =
            labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
        self.below(indent, "", title, &lines);
    }

    /// Annotations, one a line; long ones below their names.
    pub fn annotations(&mut self, title: &str, annotations: Option<&BTreeMap<String, String>>) {
        let shown: Vec<(&String, &String)> =
            annotations.into_iter().flatten().filter(|(key, _)| *key != LAST_APPLIED).collect();
        self.raw.push_str(&format!("{title}:\t"));
        if shown.is_empty() {
            self.raw.push_str("<none>\n");
        }
        for (index, (key, value)) in shown.into_iter().enumerate() {
            if index > 0 {
                self.raw.push('\t');
            }
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > LONGEST_ANNOTATION || value.contains('\n') {
                self.raw.push_str(&format!("{key}:\n"));
                for line in value.split('\n') {
                    self.raw.push_str(&format!("\t  {}\n", shorten(line, LONGEST_ANNOTATION - 2)));
                }
            } else {
                self.raw.push_str(&format!("{key}: {value}\n"));
            }
        }
    }

    /// Aligns what there is by itself; what follows has columns of its own.
    pub fn align(&mut self) {
        let mut writer = TabWriter::for_descriptions();
        writer.write(&self.raw);
        self.raw.clear();
        self.done.push_str(&writer.flush());
    }

    /// The whole, aligned.
    pub fn finish(mut self) -> String {
        self.align();
        self.done
    }

    /// The whole with its tabs, as `rollout history` prints it.
    pub fn unaligned(self) -> String {
        self.raw
    }
}

fn shorten(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}...", &text[..end])
}

//! `[[ ... ]]`, decided.

use std::sync::Arc;

use super::arrays::{Items, Key, set_items};
use super::ast::Condition;
use super::builtins::quoted_for;
use super::expand::{Expander, Stop};
use super::pattern;
use super::tools;
use crate::runtime::fs::normalize;

impl Expander<'_> {
    /// Whether a condition holds.
    ///
    /// # Errors
    /// As every expansion's; a regular expression that is none holds nowhere.
    pub(super) fn holds(&mut self, condition: &Condition) -> Result<bool, Stop> {
        Ok(match condition {
            Condition::Not(inside) => !self.holds(inside)?,
            Condition::Both(left, right) => self.holds(left)? && self.holds(right)?,
            Condition::Either(left, right) => self.holds(left)? || self.holds(right)?,
            Condition::Unary(operator, word) => {
                let text = self.text(word)?;
                self.traced.push(format!("[[ -{operator} {} ]]", quoted_for(true, &text)));
                self.unary(*operator, &text)
            }
            Condition::Binary(operator, left, right) => {
                let left = self.text(left)?;
                let right = match operator.as_str() {
                    "=" | "==" | "!=" => self.pattern(right)?,
                    "=~" => self.regex(right)?,
                    _ => self.text(right)?,
                };
                self.traced.push(format!("[[ {} {operator} {right} ]]", quoted_for(true, &left)));
                match operator.as_str() {
                    "=" | "==" => pattern::matches(&right, &left),
                    "!=" => !pattern::matches(&right, &left),
                    "=~" => self.matches_regex(&left, &right),
                    operator => self.binary(&left, operator, &right)?,
                }
            }
        })
    }

    fn unary(&self, operator: char, operand: &str) -> bool {
        let entry = self.files.stat(&normalize(self.directory, operand)).ok();
        match operator {
            'n' => !operand.is_empty(),
            'z' => operand.is_empty(),
            'v' => self.lookup(operand).is_some(),
            'f' => entry.is_some_and(|entry| entry.content.is_some()),
            'd' => entry.is_some_and(|entry| entry.content.is_none()),
            's' => entry.is_some_and(|entry| entry.content.is_none_or(|content| !content.is_empty())),
            'x' => entry.is_some_and(|entry| entry.content.is_none() || entry.mode & 0o111 != 0),
            'L' | 'h' => {
                let entry = self.files.entry(&normalize(self.directory, operand));
                entry.is_ok_and(|entry| entry.link.is_some())
            }
            'e' | 'r' | 'w' | 'O' | 'G' => entry.is_some(),
            _ => false,
        }
    }

    fn binary(&mut self, left: &str, operator: &str, right: &str) -> Result<bool, Stop> {
        if matches!(operator, "<" | ">") {
            return Ok(if operator == "<" { left < right } else { left > right });
        }
        if matches!(operator, "-nt" | "-ot" | "-ef") {
            let (one, other) = (normalize(self.directory, left), normalize(self.directory, right));
            let times = (self.files.stat(&one).ok(), self.files.stat(&other).ok());
            let times = (times.0.map(|entry| entry.modified), times.1.map(|entry| entry.modified));
            return Ok(match operator {
                "-nt" => times.0 > times.1,
                "-ot" => times.0 < times.1,
                _ => one == other && times.0.is_some(),
            });
        }
        let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
        Ok(match operator {
            "-eq" => left == right,
            "-ne" => left != right,
            "-lt" => left < right,
            "-le" => left <= right,
            "-gt" => left > right,
            _ => left >= right,
        })
    }

    /// Matches and leaves what the groups hold in `BASH_REMATCH`.
    fn matches_regex(&mut self, text: &str, regex: &str) -> bool {
        let Some(regex) = tools::compile_regex(regex) else { return false };
        let found = regex.captures(text);
        let mut items = Items::default();
        for (index, group) in found.iter().flat_map(|found| found.iter()).enumerate() {
            let index = i64::try_from(index).unwrap_or(i64::MAX);
            items.entries.insert(Key::Number(index), Arc::from(group.map_or("", |group| group.as_str())));
        }
        set_items(&mut self.variables, "BASH_REMATCH", items);
        found.is_some()
    }
}

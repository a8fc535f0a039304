//! `${...}`: one parameter, or all elements of one, and what is done to each.

use super::ast::*;
use super::expand::{Expander, Sink, Stop};
use super::pattern;
use super::state::set_variable;

/// Several values and whether they become one text in quotes.
struct Values {
    list: Vec<String>,
    joined: bool,
}

impl Expander<'_> {
    /// Expands a parameter.
    pub(super) fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        sink: &mut Sink,
    ) -> Result<(), Stop> {
        if parameter.name == "RANDOM" {
            self.random = self.random.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        }
        if let Some(values) = self.values(parameter)? {
            return self.several(parameter, values, quoted, sink);
        }
        let (shown, value) = self.one(parameter)?;
        self.single_value(parameter, &shown, value, quoted, sink)
    }

    /// The values of `$@`, `${a[@]}` and the like; `None` for a single one.
    fn values(&self, parameter: &Parameter) -> Result<Option<Values>, Stop> {
        let joined = match (&parameter.index, parameter.name.as_str()) {
            (Some(Index::Each), _) | (None, "@") => false,
            (Some(Index::Joined), _) | (None, "*") => true,
            _ => return Ok(None),
        };
        if parameter.index.is_none() {
            return Ok(Some(Values { list: self.shell.positional.to_vec(), joined }));
        }
        let variable = self.variables.get(parameter.name.as_str());
        let list = match variable.map(|variable| (&variable.items, &variable.value)) {
            Some((Some(items), _)) if parameter.indirect => {
                items.entries.keys().map(|key| key.text()).collect()
            }
            Some((Some(items), _)) => items.entries.values().map(|value| value.to_string()).collect(),
            Some((None, Some(_))) if parameter.indirect => vec!["0".to_owned()],
            Some((None, Some(value))) => vec![value.to_string()],
            _ => Vec::new(),
        };
        Ok(Some(Values { list, joined }))
    }

    fn several(
        &mut self,
        parameter: &Parameter,
        values: Values,
        quoted: bool,
        sink: &mut Sink,
    ) -> Result<(), Stop> {
        let Values { mut list, joined } = values;
        let counts = |colon: bool| !(list.is_empty() || colon && list.iter().all(String::is_empty));
        match &parameter.operation {
            Operation::Length => return self.value(&list.len().to_string(), quoted, sink),
            Operation::Default { colon, word } | Operation::Assign { colon, word } if !counts(*colon) => {
                return self.parts(&word.0, quoted, sink);
            }
            Operation::Alternate { colon, word } => {
                return if counts(*colon) { self.parts(&word.0, quoted, sink) } else { Ok(()) };
            }
            Operation::Error { colon, word } if !counts(*colon) => {
                return Err(self.not_set(&parameter.name, word, *colon));
            }
            Operation::Substring { offset, length } => {
                let offset = self.arithmetic(offset)?;
                let length = length.as_ref().map(|length| self.arithmetic(length)).transpose()?;
                if parameter.index.is_none() {
                    // `$0` comes before the first.
                    list.insert(0, self.lookup("0").unwrap_or_default());
                }
                let (start, end) = bounds(list.len(), offset, length).unwrap_or((0, 0));
                list = list[start..end].to_vec();
            }
            operation => {
                for value in &mut list {
                    *value = self.transformed(value, operation)?;
                }
            }
        }
        if joined && quoted {
            let separators = self.separators();
            let joint = separators.chars().next().map(String::from).unwrap_or_default();
            return self.value(&list.join(&joint), true, sink);
        }
        for (index, value) in list.iter().enumerate() {
            if index > 0 {
                sink.finish();
            }
            if quoted {
                sink.start();
            }
            self.value(value, quoted, sink)?;
        }
        Ok(())
    }

    /// The name that messages show of a single parameter, and its value.
    fn one(&mut self, parameter: &Parameter) -> Result<(String, Option<String>), Stop> {
        let name = parameter.name.as_str();
        if let Some(Index::At(word)) = &parameter.index {
            let key = self.key(name, word, false)?;
            let value = self.variables.get(name).and_then(|variable| variable.element(&key));
            return Ok((format!("{name}[{}]", key.text()), value));
        }
        let value = self.lookup(name);
        match value.filter(|_| parameter.indirect) {
            Some(target) => {
                let value = self.lookup(&target);
                Ok((target, value))
            }
            None => Ok((name.to_owned(), self.lookup(name).filter(|_| !parameter.indirect))),
        }
    }

    fn single_value(
        &mut self,
        parameter: &Parameter,
        shown: &str,
        value: Option<String>,
        quoted: bool,
        sink: &mut Sink,
    ) -> Result<(), Stop> {
        let counts = |colon: bool| value.as_ref().is_some_and(|text| !(colon && text.is_empty()));
        match &parameter.operation {
            Operation::Default { colon, .. }
            | Operation::Assign { colon, .. }
            | Operation::Error { colon, .. }
                if counts(*colon) =>
            {
                self.value(&value.unwrap_or_default(), quoted, sink)
            }
            Operation::Default { word, .. } => self.parts(&word.0, quoted, sink),
            Operation::Assign { word, .. } => {
                let text = self.text(word)?;
                set_variable(&mut self.variables, shown, &text).map_err(Stop::Fail)?;
                self.value(&text, quoted, sink)
            }
            Operation::Error { word, colon } => Err(self.not_set(shown, word, *colon)),
            Operation::Alternate { colon, word } => {
                if counts(*colon) {
                    self.parts(&word.0, quoted, sink)
                } else {
                    Ok(())
                }
            }
            operation => {
                if value.is_none() && self.shell.options.nounset {
                    return Err(Stop::Unset(match self.shell.is_bash {
                        true => format!("{shown}: unbound variable"),
                        false => format!("{shown}: parameter not set"),
                    }));
                }
                let text = match operation {
                    Operation::Length => value.unwrap_or_default().chars().count().to_string(),
                    Operation::Quote if value.is_none() => String::new(),
                    operation => self.transformed(&value.unwrap_or_default(), operation)?,
                };
                self.value(&text, quoted, sink)
            }
        }
    }

    fn not_set(&mut self, name: &str, word: &Word, colon: bool) -> Stop {
        let text = match self.text(word) {
            Ok(text) => text,
            Err(stop) => return stop,
        };
        let default = match (colon, self.shell.is_bash) {
            (true, true) => "parameter null or not set",
            (true, false) => "parameter not set or null",
            (false, _) => "parameter not set",
        };
        Stop::Unset(format!("{name}: {}", if text.is_empty() { default } else { &text }))
    }

    /// One value after the operation.
    fn transformed(&mut self, value: &str, operation: &Operation) -> Result<String, Stop> {
        Ok(match operation {
            Operation::RemovePrefix { longest, word } => {
                let pattern = self.pattern(word)?;
                self.grow(value.len())?;
                let cut = pattern::prefix(&pattern, &value[..floor(value, 1 << 10)], *longest).unwrap_or(0);
                value[cut..].to_owned()
            }
            Operation::RemoveSuffix { longest, word } => {
                let pattern = self.pattern(word)?;
                let cut = self.suffix_at(value, &pattern, *longest);
                value[..cut.unwrap_or(value.len())].to_owned()
            }
            Operation::Substring { offset, length } => {
                let offset = self.arithmetic(offset)?;
                let length = length.as_ref().map(|length| self.arithmetic(length)).transpose()?;
                let chars: Vec<char> = value.chars().collect();
                let (start, end) = bounds(chars.len(), offset, length).unwrap_or((0, 0));
                chars[start..end].iter().collect()
            }
            Operation::Replace { place, pattern, text } => {
                let (pattern, text) = (self.pattern(pattern)?, self.text(text)?);
                self.replaced(value, *place, &pattern, &text)?
            }
            Operation::Case { upper, all } => {
                let turned = |c: char| if *upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
                value.char_indices().map(|(at, c)| if *all || at == 0 { turned(c) } else { c }).collect()
            }
            Operation::Quote => format!("'{}'", value.replace('\'', "'\\''")),
            _ => value.to_owned(),
        })
    }

    fn suffix_at(&self, value: &str, pattern: &str, longest: bool) -> Option<usize> {
        let from = value.len() - floor(value, 1 << 10);
        let from = (from..=value.len()).find(|at| value.is_char_boundary(*at)).unwrap_or(0);
        pattern::suffix(pattern, &value[from..], longest).map(|cut| from + cut)
    }

    fn replaced(&mut self, value: &str, place: Place, pattern: &str, text: &str) -> Result<String, Stop> {
        if place == Place::End {
            let cut = self.suffix_at(value, pattern, true);
            return Ok(cut.map_or_else(|| value.to_owned(), |cut| format!("{}{text}", &value[..cut])));
        }
        let mut replaced = String::new();
        let mut rest = value;
        while let Some(c) = rest.chars().next() {
            let window = &rest[..floor(rest, 1 << 8)];
            match pattern::prefix(pattern, window, true).filter(|length| *length > 0) {
                Some(length) => {
                    self.grow(text.len())?;
                    replaced.push_str(text);
                    rest = &rest[length..];
                    if place != Place::All {
                        break;
                    }
                }
                None if place == Place::Start => break,
                None => {
                    replaced.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        replaced.push_str(rest);
        Ok(replaced)
    }
}

/// The largest character boundary of `text` that is not above `limit`.
fn floor(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Where `:offset:length` of so many things begins and ends; `None` when that is nothing.
fn bounds(count: usize, offset: i64, length: Option<i64>) -> Option<(usize, usize)> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let start = if offset < 0 { count.saturating_add(offset) } else { offset };
    let end = match length {
        None => count,
        Some(length) if length < 0 => count.saturating_add(length),
        Some(length) => start.saturating_add(length).min(count),
    };
    if start < 0 || start > count || end <= start {
        return None;
    }
    Some((usize::try_from(start).ok()?, usize::try_from(end).ok()?))
}

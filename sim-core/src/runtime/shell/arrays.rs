//! bash's arrays, and assignments to variables of any kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{Assigned, Assignment, Word};
use super::expand::{Expander, Stop};
use super::state::{Variable, Variables, set_variable};

/// The most elements of an array.
const MAX_ELEMENTS: usize = 100_000;

/// What an element goes by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Number(i64),
    Name(Arc<str>),
}

impl Key {
    /// A key from its text: a number where it is one.
    pub fn read(text: &str) -> Key {
        text.parse().map_or_else(|_| Key::Name(text.into()), Key::Number)
    }

    /// Its text.
    pub fn text(&self) -> String {
        match self {
            Key::Number(number) => number.to_string(),
            Key::Name(name) => name.to_string(),
        }
    }
}

/// The elements of an array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Items {
    /// Its keys are words (`declare -A`).
    pub named: bool,
    pub entries: BTreeMap<Key, Arc<str>>,
}

/// An assignment after expansion.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub name: String,
    index: Option<Key>,
    append: bool,
    value: GivenValue,
}

#[derive(Clone, Debug)]
enum GivenValue {
    Text(String),
    List(Vec<(Option<Key>, String)>),
}

impl Given {
    /// A plain assignment's name and value, for a command's environment.
    pub fn plain(&self) -> (String, String) {
        let value = match &self.value {
            GivenValue::Text(text) => text.clone(),
            GivenValue::List(_) => String::new(),
        };
        (self.name.clone(), value)
    }

    /// As `set -x` shows it; `quoted` puts a value in quotes.
    pub fn traced(&self, quoted: impl Fn(&str) -> String) -> String {
        let index = self.index.as_ref().map(|key| format!("[{}]", key.text())).unwrap_or_default();
        let plus = if self.append { "+" } else { "" };
        let value = match &self.value {
            GivenValue::Text(text) => quoted(text),
            GivenValue::List(list) => {
                let words: Vec<String> = list.iter().map(|(_, value)| quoted(value)).collect();
                format!("({})", words.join(" "))
            }
        };
        format!("{}{index}{plus}={value}", self.name)
    }

    /// Carries it out.
    ///
    /// # Errors
    /// The message when the variable is read-only.
    pub fn apply(&self, variables: &mut Variables, named: bool) -> Result<(), String> {
        let known = variables.get(self.name.as_str()).cloned().unwrap_or_default();
        if known.read_only {
            return Err(format!("{}: is read only", self.name));
        }
        match (&self.value, &self.index) {
            (GivenValue::Text(text), None) => {
                let before = known.value.as_deref().filter(|_| self.append).unwrap_or_default();
                set_variable(variables, &self.name, &format!("{before}{text}"))
            }
            (GivenValue::Text(text), Some(key)) => {
                let before = known.element(key).filter(|_| self.append).unwrap_or_default();
                set_element(variables, &self.name, key.clone(), &format!("{before}{text}"))
            }
            (GivenValue::List(list), _) => {
                let mut items = known.items.as_deref().cloned().filter(|_| self.append).unwrap_or_default();
                items.named = named || known.items.as_ref().is_some_and(|items| items.named);
                if self.append && known.items.is_none() {
                    items.entries.extend(known.value.map(|value| (Key::Number(0), value)));
                }
                for (key, value) in list.iter().take(MAX_ELEMENTS) {
                    let key = key.clone().unwrap_or_else(|| items.next_key());
                    items.entries.insert(key, value.as_str().into());
                }
                set_items(variables, &self.name, items);
                Ok(())
            }
        }
    }
}

impl Items {
    fn next_key(&self) -> Key {
        match self.entries.last_key_value() {
            Some((Key::Number(number), _)) => Key::Number(number.saturating_add(1)),
            _ => Key::Number(0),
        }
    }

    fn first(&self) -> Option<Arc<str>> {
        let key = if self.named { Key::Name("0".into()) } else { Key::Number(0) };
        self.entries.get(&key).cloned()
    }

    /// As `declare -p` shows them.
    pub fn declared(&self, quoted: impl Fn(&str) -> String) -> String {
        let one = |(key, value): (&Key, &Arc<str>)| format!("[{}]={}", key.text(), quoted(value));
        let all: Vec<String> = self.entries.iter().map(one).collect();
        format!("({}{})", all.join(" "), if self.named && !all.is_empty() { " " } else { "" })
    }
}

/// Makes a variable an array of these elements.
pub(super) fn set_items(variables: &mut Variables, name: &str, items: Items) {
    let variable = variables.entry(name.into()).or_default();
    variable.value = items.first();
    variable.items = Some(Arc::new(items));
}

/// Sets one element of an array, which a plain variable becomes thereby.
///
/// # Errors
/// The message when the variable is read-only.
pub(super) fn set_element(
    variables: &mut Variables,
    name: &str,
    key: Key,
    value: &str,
) -> Result<(), String> {
    let variable = variables.entry(name.into()).or_default();
    if variable.read_only {
        return Err(format!("{name}: is read only"));
    }
    let mut items = variable.items.take().unwrap_or_default();
    let inside = Arc::make_mut(&mut items);
    if inside.entries.is_empty() && !inside.named {
        inside.entries.extend(variable.value.take().map(|value| (Key::Number(0), value)));
    }
    let key = match key {
        // Counted from behind.
        Key::Number(number) if number < 0 && !inside.named => match inside.next_key() {
            Key::Number(next) => Key::Number(next.saturating_add(number)),
            key => key,
        },
        key => inside.key(key),
    };
    if inside.entries.len() < MAX_ELEMENTS {
        inside.entries.insert(key, value.into());
    }
    variable.value = inside.first();
    variable.items = Some(items);
    Ok(())
}

impl Items {
    /// A key as this array has it: only its own kind.
    fn key(&self, key: Key) -> Key {
        if self.named { Key::Name(key.text().into()) } else { key }
    }
}

impl Variable {
    /// An element's value; a plain variable has one, at 0.
    pub fn element(&self, key: &Key) -> Option<String> {
        let Some(items) = &self.items else {
            return self.value.as_deref().filter(|_| *key == Key::Number(0)).map(str::to_owned);
        };
        let key = match key {
            Key::Number(number) if *number < 0 && !items.named => match items.next_key() {
                Key::Number(next) => Key::Number(next.saturating_add(*number)),
                key => key,
            },
            key => items.key(key.clone()),
        };
        items.entries.get(&key).map(|value| value.to_string())
    }
}

impl Expander<'_> {
    /// An assignment's words, expanded. `named` says that its keys are words whatever the variable is.
    pub fn given(&mut self, assignment: &Assignment, named: bool) -> Result<Given, Stop> {
        let name = assignment.name.clone();
        let index = match &assignment.index {
            Some(word) => Some(self.key(&name, word, named)?),
            None => None,
        };
        let value = match &assignment.value {
            Assigned::Text(word) => GivenValue::Text(self.text(word)?),
            Assigned::List(list) => {
                let mut given = Vec::new();
                for (key, word) in list {
                    match key {
                        Some(key) => given.push((Some(self.key(&name, key, named)?), self.text(word)?)),
                        None => given.extend(
                            self.words(std::slice::from_ref(word))?.into_iter().map(|one| (None, one)),
                        ),
                    }
                }
                GivenValue::List(given)
            }
        };
        Ok(Given { name, index, append: assignment.append, value })
    }

    /// The key that an index means: arithmetic, unless the array's keys are words.
    pub fn key(&mut self, name: &str, index: &Word, named: bool) -> Result<Key, Stop> {
        let items = self.variables.get(name).and_then(|variable| variable.items.as_ref());
        if named || items.is_some_and(|items| items.named) {
            return Ok(Key::Name(self.text(index)?.into()));
        }
        Ok(Key::Number(self.arithmetic(index)?))
    }
}

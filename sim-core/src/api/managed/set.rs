//! [`FieldSet`]: a set of paths within an object, as `fieldsV1` writes it.
//!
//! Models structured-merge-diff fieldpath: Set, PathElement and their serialization.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A path: each element as `fieldsV1` writes it, `f:spec`, `k:{"name":"app"}` or `v:"x"`.
pub type Path = Vec<String>;

/// A set of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// Whether the path that leads here is in the set.
    member: bool,
    children: BTreeMap<String, FieldSet>,
}

/// The element of a field.
pub fn field(name: &str) -> String {
    format!("f:{name}")
}

impl FieldSet {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// Adds a path.
    pub fn insert(&mut self, path: &[String]) {
        match path.split_first() {
            None => self.member = true,
            Some((first, rest)) => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether the path is in the set.
    pub fn has(&self, path: &[String]) -> bool {
        match path.split_first() {
            None => self.member,
            Some((first, rest)) => self.children.get(first).is_some_and(|child| child.has(rest)),
        }
    }

    /// Whether the path that leads to this set is in it.
    pub fn is_member(&self) -> bool {
        self.member
    }

    /// What is below an element.
    pub fn child(&self, element: &str) -> Option<&FieldSet> {
        self.children.get(element)
    }

    /// The elements below, with what is below each.
    pub fn children(&self) -> impl Iterator<Item = (&String, &FieldSet)> {
        self.children.iter()
    }

    /// Adds what is in `other`.
    pub fn add_all(&mut self, other: &FieldSet) {
        self.member |= other.member;
        for (element, set) in &other.children {
            self.children.entry(element.clone()).or_default().add_all(set);
        }
    }

    /// Takes out what is in `other`.
    pub fn remove_all(&mut self, other: &FieldSet) {
        self.member &= !other.member;
        for (element, set) in &other.children {
            if let Some(child) = self.children.get_mut(element) {
                child.remove_all(set);
                if child.is_empty() {
                    self.children.remove(element);
                }
            }
        }
    }

    /// Takes out everything at and below a path.
    pub fn remove_below(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else { return };
        if rest.is_empty() {
            self.children.remove(*first);
        } else if let Some(child) = self.children.get_mut(*first) {
            child.remove_below(rest);
            if child.is_empty() {
                self.children.remove(*first);
            }
        }
    }

    /// Takes out the path itself and leaves what is below it.
    pub fn remove_member(&mut self, path: &[&str]) {
        match path.split_first() {
            None => self.member = false,
            Some((first, rest)) => {
                if let Some(child) = self.children.get_mut(*first) {
                    child.remove_member(rest);
                    if child.is_empty() {
                        self.children.remove(*first);
                    }
                }
            }
        }
    }

    /// What is in both.
    pub fn shared(&self, other: &FieldSet) -> FieldSet {
        let mut both = FieldSet { member: self.member && other.member, children: BTreeMap::new() };
        for (element, set) in &self.children {
            let shared = other.children.get(element).map(|other| set.shared(other));
            if let Some(shared) = shared.filter(|shared| !shared.is_empty()) {
                both.children.insert(element.clone(), shared);
            }
        }
        both
    }

    /// The set as `fieldsV1`.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        if self.member && !self.children.is_empty() {
            map.insert(".".to_owned(), Value::Object(Map::new()));
        }
        for (element, set) in &self.children {
            map.insert(element.clone(), set.to_value());
        }
        Value::Object(map)
    }

    /// The paths as errors name them, those that end at a level before those that go on.
    pub fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect("", &mut found);
        found
    }

    fn collect(&self, prefix: &str, found: &mut Vec<String>) {
        for (element, set) in self.children.iter().filter(|(_, set)| set.member) {
            let _ = set;
            found.push(format!("{prefix}{}", shown(element)));
        }
        for (element, set) in &self.children {
            set.collect(&format!("{prefix}{}", shown(element)), found);
        }
    }
}

/// An element as errors write it: `.spec`, `[name="app"]`, `[="x"]`.
pub fn shown(element: &str) -> String {
    let (sort, rest) = element.split_once(':').unwrap_or(("f", element));
    match (sort, serde_json::from_str::<Value>(rest)) {
        ("k", Ok(Value::Object(keys))) => {
            let pairs: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("[{}]", pairs.join(","))
        }
        ("v", Ok(value)) => format!("[={value}]"),
        _ => format!(".{rest}"),
    }
}

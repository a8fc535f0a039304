//! What structured-merge-diff does with two objects of one shape: compare, merge, take out.
//!
//! Models structured-merge-diff typed: TypedValue.Compare, Merge, ToFieldSet and RemoveItems.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::set::{FieldSet, Path, field};
use super::shape::{Rule, Shape, elements};

/// How one object differs from another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Paths that are new.
    pub added: FieldSet,
    /// Paths whose values are others.
    pub modified: FieldSet,
    /// Paths that are gone.
    pub removed: FieldSet,
}

/// Compares two objects.
pub fn compare(old: &Value, new: &Value, shape: &'static Shape) -> Comparison {
    let mut found = Comparison::default();
    found.walk(Some(old), Some(new), Rule::Plain, shape, &mut Vec::new());
    found
}

impl Comparison {
    /// What a writer of the change owns from then on.
    pub fn written(&self) -> FieldSet {
        let mut written = self.added.clone();
        written.add_all(&self.modified);
        written
    }

    fn walk(
        &mut self,
        old: Option<&Value>,
        new: Option<&Value>,
        rule: Rule,
        shape: &'static Shape,
        path: &mut Path,
    ) {
        let model = new.filter(|value| !value.is_null()).or(old).unwrap_or(&Value::Null);
        let descended = match model {
            Value::Object(_) if rule != Rule::Atomic && !shape.atomic => self.maps(old, new, shape, path),
            Value::Array(_) => self.lists(old, new, rule, shape, path),
            _ => false,
        };
        match (old, new) {
            (None, _) => self.added.insert(path),
            (_, None) => self.removed.insert(path),
            (Some(old), Some(new)) if !descended && old != new => self.modified.insert(path),
            _ => {}
        }
    }

    fn maps(
        &mut self,
        old: Option<&Value>,
        new: Option<&Value>,
        shape: &'static Shape,
        path: &mut Path,
    ) -> bool {
        let (Some(old), Some(new)) = (as_map(old), as_map(new)) else { return false };
        let names: BTreeSet<&String> = old.into_iter().chain(new).flat_map(Map::keys).collect();
        for name in names {
            let (rule, child) = shape.of_field(name);
            path.push(field(name));
            self.walk(
                old.and_then(|map| map.get(name)),
                new.and_then(|map| map.get(name)),
                rule,
                child,
                path,
            );
            path.pop();
        }
        true
    }

    fn lists(
        &mut self,
        old: Option<&Value>,
        new: Option<&Value>,
        rule: Rule,
        shape: &'static Shape,
        path: &mut Path,
    ) -> bool {
        let (Some(old), Some(new)) = (as_list(old, rule), as_list(new, rule)) else { return false };
        let names: BTreeSet<&String> = old.iter().chain(&new).map(|(name, _)| name).collect();
        for name in names {
            let find = |list: &[(String, &Value)]| {
                list.iter().find(|(known, _)| known == name).map(|(_, value)| *value).cloned()
            };
            let (old, new) = (find(&old), find(&new));
            path.push(name.clone());
            self.walk(old.as_ref(), new.as_ref(), Rule::Plain, shape, path);
            path.pop();
        }
        true
    }
}

/// The map, or no map where nothing or null stands; `None` for anything else.
fn as_map(value: Option<&Value>) -> Option<Option<&Map<String, Value>>> {
    match value {
        None | Some(Value::Null) => Some(None),
        Some(Value::Object(map)) => Some(Some(map)),
        Some(_) => None,
    }
}

/// The items with their elements; `None` for a list that is one whole, or for anything else.
fn as_list(value: Option<&Value>, rule: Rule) -> Option<Vec<(String, &Value)>> {
    let items: &[Value] = match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) => items,
        Some(_) => return None,
    };
    Some(elements(items, rule)?.into_iter().zip(items).collect())
}

/// The paths that a configuration names.
pub fn set_of(config: &Value, shape: &'static Shape) -> FieldSet {
    let mut set = FieldSet::default();
    name_paths(config, Rule::Plain, shape, &mut Vec::new(), &mut set);
    set
}

fn name_paths(value: &Value, rule: Rule, shape: &'static Shape, path: &mut Path, set: &mut FieldSet) {
    match value {
        Value::Object(map) if rule != Rule::Atomic && !shape.atomic => {
            for (name, value) in map {
                let (rule, child) = shape.of_field(name);
                path.push(field(name));
                name_paths(value, rule, child, path, set);
                if value.as_object().is_some_and(Map::is_empty) {
                    set.insert(path);
                }
                path.pop();
            }
        }
        Value::Array(items) => match elements(items, rule) {
            None => set.insert(path),
            Some(elements) => {
                for (element, item) in elements.into_iter().zip(items) {
                    path.push(element);
                    name_paths(item, Rule::Plain, shape, path, set);
                    set.insert(path);
                    path.pop();
                }
            }
        },
        _ => set.insert(path),
    }
}

/// The live object with what the configuration names put in.
pub fn merge(live: &Value, config: &Value, rule: Rule, shape: &'static Shape) -> Value {
    match (live, config) {
        (Value::Object(old), Value::Object(new)) if rule != Rule::Atomic && !shape.atomic => {
            let mut merged = old.clone();
            for (name, value) in new {
                let (rule, child) = shape.of_field(name);
                let value = match old.get(name) {
                    Some(old) => merge(old, value, rule, child),
                    None => value.clone(),
                };
                merged.insert(name.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(old), Value::Array(new)) => match (elements(old, rule), elements(new, rule)) {
            (Some(old_names), Some(new_names)) => {
                Value::Array(merge_items((old, &old_names), (new, &new_names), shape))
            }
            _ => config.clone(),
        },
        _ => config.clone(),
    }
}

/// Items of both lists: shared ones in the new list's order, with those of the old list between them.
fn merge_items(old: (&[Value], &[String]), new: (&[Value], &[String]), shape: &'static Shape) -> Vec<Value> {
    let shared = |name: &String| new.1.contains(name);
    let merged = |at: usize| match old.1.iter().position(|name| *name == new.1[at]) {
        Some(place) => merge(&old.0[place], &new.0[at], Rule::Plain, shape),
        None => new.0[at].clone(),
    };
    let (mut left, mut items) = (0, Vec::new());
    for (at, name) in new.1.iter().enumerate() {
        if old.1.contains(name) {
            // What stood before the shared item still does.
            while left < old.1.len() && old.1[left] != *name {
                if !shared(&old.1[left]) {
                    items.push(old.0[left].clone());
                }
                left += 1;
            }
            left = (left + 1).min(old.1.len());
        }
        items.push(merged(at));
    }
    items.extend(
        old.1.iter().zip(old.0).skip(left).filter(|(name, _)| !shared(name)).map(|(_, item)| item.clone()),
    );
    items
}

/// Takes out what is in `gone`, unless it or something below it is in `kept`.
pub fn take_out(value: &mut Value, gone: &FieldSet, kept: &FieldSet, rule: Rule, shape: &'static Shape) {
    let nothing = FieldSet::default();
    for (element, below) in gone.children() {
        let still = kept.child(element).unwrap_or(&nothing);
        let goes = below.is_member() && still.is_empty();
        match value {
            Value::Object(map) => {
                let Some(name) = element.strip_prefix("f:") else { continue };
                if goes {
                    map.remove(name);
                } else if let Some(child) = map.get_mut(name) {
                    let (rule, shape) = shape.of_field(name);
                    take_out(child, below, still, rule, shape);
                }
            }
            Value::Array(items) => {
                let place =
                    elements(items, rule).and_then(|names| names.iter().position(|name| name == element));
                let Some(place) = place else { continue };
                if goes {
                    items.remove(place);
                } else {
                    take_out(&mut items[place], below, still, Rule::Plain, shape);
                }
            }
            _ => {}
        }
    }
}

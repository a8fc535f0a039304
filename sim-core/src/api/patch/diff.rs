//! The patch that apply sends. Models apimachinery pkg/util/strategicpatch: CreateThreeWayMergePatch.

use serde_json::{Map, Value, json};

use crate::api::to_value;

use super::schema::{ListMerge, Schema};
use super::strategic::{DELETE_FROM_LIST, DIRECTIVE, RETAIN_KEYS, SET_ORDER, key_of, sort_by_order};

/// Which half of the differences is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// What is new or differs.
    Changes,
    /// What went away.
    Deletions,
}

type Object = Map<String, Value>;
type Result<T> = std::result::Result<T, String>;

/// The patch for one half of what makes `modified` of `original`. Models diffMaps.
pub(super) fn maps(
    original: &Object,
    modified: &Object,
    schema: &Schema,
    half: Half,
    retain_keys: bool,
) -> Result<Object> {
    let mut patch = Map::new();
    for (key, old) in original {
        match modified.get(key) {
            Some(new) => field(&mut patch, key, old, new, schema, half)?,
            None if half == Half::Deletions => {
                patch.insert(key.clone(), Value::Null);
            }
            None => {}
        }
    }
    if half == Half::Changes {
        for (key, new) in modified.iter().filter(|(key, _)| !original.contains_key(*key)) {
            patch.insert(key.clone(), new.clone());
        }
    }
    let mut has_more = original.keys().any(|key| !modified.contains_key(key));
    has_more |= !patch.is_empty();
    if retain_keys && !modified.is_empty() && has_more {
        let mut keys: Vec<&String> = modified.keys().collect();
        keys.sort();
        patch.insert(RETAIN_KEYS.to_owned(), to_value(&keys));
    }
    Ok(patch)
}

fn field(patch: &mut Object, key: &str, old: &Value, new: &Value, schema: &Schema, half: Half) -> Result<()> {
    match (old, new) {
        // It is sent even when it is the same.
        (Value::Object(_), Value::Object(_)) if schema.replaces(key) => {
            if half == Half::Changes {
                patch.insert(key.to_owned(), new.clone());
            }
            Ok(())
        }
        (Value::Object(old), Value::Object(new)) => {
            let child = maps(old, new, schema.child(key), half, schema.retains_keys(key))?;
            if !child.is_empty() {
                patch.insert(key.to_owned(), Value::Object(child));
            }
            Ok(())
        }
        (Value::Array(old), Value::Array(new)) if schema.list(key) != ListMerge::Replace => {
            lists(patch, key, old, new, schema, half)
        }
        _ => {
            if half == Half::Changes && old != new {
                patch.insert(key.to_owned(), new.clone());
            }
            Ok(())
        }
    }
}

/// Models diffLists.
fn lists(
    patch: &mut Object,
    key: &str,
    old: &[Value],
    new: &[Value],
    schema: &Schema,
    half: Half,
) -> Result<()> {
    if old.is_empty() {
        if half == Half::Changes && !new.is_empty() {
            patch.insert(key.to_owned(), Value::Array(new.to_vec()));
        }
        return Ok(());
    }
    let merge = schema.list(key);
    let mut order: Vec<Value> = Vec::new();
    if let ListMerge::ByKey(merge_key) = merge {
        let mut changes = items(old, new, merge_key, schema.child(key), half, schema.retains_keys(key))?;
        sort_by_order(&mut changes, new, merge);
        let same_order =
            old.len() == new.len() && old.iter().zip(new).all(|(a, b)| a.get(merge_key) == b.get(merge_key));
        let wants_order = !changes.is_empty() || (half == Half::Changes && !same_order);
        if wants_order {
            order = new.iter().map(|item| json!({ merge_key: item.get(merge_key) })).collect();
        }
        if !changes.is_empty() {
            patch.insert(key.to_owned(), Value::Array(changes));
        }
    } else {
        let gone: Vec<Value> = old.iter().filter(|item| !new.contains(item)).cloned().collect();
        let added: Vec<Value> = new.iter().filter(|item| !old.contains(item)).cloned().collect();
        let wants_order = match half {
            Half::Changes => old != new,
            Half::Deletions => !gone.is_empty(),
        };
        if half == Half::Changes && !added.is_empty() {
            patch.insert(key.to_owned(), Value::Array(added));
        }
        if half == Half::Deletions && !gone.is_empty() {
            patch.insert(format!("{DELETE_FROM_LIST}{key}"), Value::Array(gone));
        }
        if wants_order {
            order = new.to_vec();
        }
    }
    if !order.is_empty() {
        patch.insert(format!("{SET_ORDER}{key}"), Value::Array(order));
    }
    Ok(())
}

/// Models diffListsOfMaps.
fn items(
    old: &[Value],
    new: &[Value],
    merge_key: &str,
    schema: &Schema,
    half: Half,
    retain_keys: bool,
) -> Result<Vec<Value>> {
    for item in old.iter().chain(new) {
        key_of(item, merge_key)?;
    }
    let find = |list: &[Value], wanted: &Value| {
        list.iter().position(|item| item.get(merge_key) == wanted.get(merge_key))
    };
    let mut patch = Vec::new();
    for item in new {
        match find(old, item) {
            Some(at) => {
                let (Value::Object(old), Value::Object(new)) = (&old[at], item) else { continue };
                let mut changes = maps(old, new, schema, half, retain_keys)?;
                if !changes.is_empty() {
                    changes.insert(merge_key.to_owned(), item[merge_key].clone());
                    patch.push(Value::Object(changes));
                }
            }
            None if half == Half::Changes => patch.push(item.clone()),
            None => {}
        }
    }
    if half == Half::Deletions {
        for item in old.iter().filter(|item| find(new, item).is_none()) {
            patch.push(json!({ DIRECTIVE: "delete", merge_key: item[merge_key] }));
        }
    }
    Ok(patch)
}

//! Strategic merge. Models apimachinery pkg/util/strategicpatch: mergeMap and what it calls.

use serde_json::{Map, Value};

use super::schema::{ListMerge, Schema};

pub(super) const DIRECTIVE: &str = "$patch";
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList/";
pub(super) const SET_ORDER: &str = "$setElementOrder/";

/// How deep a merge may recurse.
const DEPTH_MAX: u32 = 200;

/// Whether the result is a document or another patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Into {
    /// Directives and nulls are obeyed and do not stay.
    Document,
    /// Directives and nulls stay, for a later merge.
    Patch,
}

/// A merger's state: what it merges into, and how deep it is.
#[derive(Clone, Copy)]
pub(super) struct Merger {
    into: Into,
    depth: u32,
}

type Object = Map<String, Value>;
type Result<T> = std::result::Result<T, String>;

impl Merger {
    pub(super) fn new(into: Into) -> Merger {
        Merger { into, depth: 0 }
    }

    fn deeper(self) -> Result<Merger> {
        if self.depth >= DEPTH_MAX {
            return Err("patch is nested too deeply".to_owned());
        }
        Ok(Merger { depth: self.depth + 1, ..self })
    }

    /// Merges `patch` into `original`.
    pub(super) fn map(self, mut original: Object, mut patch: Object, schema: &Schema) -> Result<Object> {
        let merger = self.deeper()?;
        if let Some(directive) = patch.remove(DIRECTIVE) {
            return obey_map_directive(&directive, patch);
        }
        merger.retain_keys(&mut original, &mut patch)?;
        merger.ordered_lists(&mut original, &mut patch, schema)?;
        for (key, value) in patch {
            merger.entry(&mut original, key, value, schema)?;
        }
        Ok(original)
    }

    fn entry(self, original: &mut Object, key: String, value: Value, schema: &Schema) -> Result<()> {
        if let Some(name) = key.strip_prefix(DELETE_FROM_LIST) {
            if self.into == Into::Patch {
                original.insert(key, value);
                return Ok(());
            }
            let (Some(Value::Array(items)), Value::Array(gone)) = (original.get_mut(name), value) else {
                return Ok(());
            };
            items.retain(|item| !gone.contains(item));
            return Ok(());
        }
        if value.is_null() {
            original.remove(&key);
            if self.into == Into::Patch {
                original.insert(key, Value::Null);
            }
            return Ok(());
        }
        let child = schema.child(&key);
        let merged = match (original.remove(&key), value) {
            (_, new @ Value::Object(_)) if schema.replaces(&key) => new,
            (Some(Value::Object(old)), Value::Object(new)) => Value::Object(self.map(old, new, child)?),
            (Some(Value::Array(old)), Value::Array(new)) => {
                Value::Array(self.list(old, new, schema.list(&key), child)?)
            }
            (_, new) if self.into == Into::Patch => new,
            (_, Value::Object(new)) => Value::Object(self.map(Map::new(), new, child)?),
            (_, Value::Array(new)) => Value::Array(self.list(Vec::new(), new, schema.list(&key), child)?),
            (_, new) => new,
        };
        original.insert(key, merged);
        Ok(())
    }

    /// `$retainKeys`: fields that it does not name are cleared. Models applyRetainKeysDirective.
    fn retain_keys(self, original: &mut Object, patch: &mut Object) -> Result<()> {
        const BAD: &str = "invalid patch format of retainKeys";
        let Some(retained) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
        if self.into == Into::Patch {
            original.entry(RETAIN_KEYS).or_insert(retained);
            return Ok(());
        }
        let Value::Array(retained) = retained else { return Err(BAD.to_owned()) };
        let keeps = |key: &str| retained.iter().any(|name| name.as_str() == Some(key));
        if patch.iter().any(|(key, value)| !value.is_null() && !key.starts_with('$') && !keeps(key)) {
            return Err(BAD.to_owned());
        }
        original.retain(|key, _| keeps(key));
        Ok(())
    }

    /// `$setElementOrder/x`: merges the lists `x` and orders the result. Models mergePatchIntoOriginal.
    fn ordered_lists(self, original: &mut Object, patch: &mut Object, schema: &Schema) -> Result<()> {
        let keys: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ORDER)).cloned().collect();
        for key in keys {
            let name = key.trim_start_matches(SET_ORDER).to_owned();
            let Some(Value::Array(order)) = patch.remove(&key) else {
                return Err("invalid patch format of setElementOrder list".to_owned());
            };
            if self.into == Into::Patch {
                original.entry(key).or_insert_with(|| Value::Array(order.clone()));
            }
            if self.into == Into::Document
                && let Some(gone) = patch.remove(&format!("{DELETE_FROM_LIST}{name}"))
            {
                self.entry(original, format!("{DELETE_FROM_LIST}{name}"), gone, schema)?;
            }
            let merge = schema.list(&name);
            let live = take_list(original, &name)?;
            let changes = take_list(patch, &name)?;
            if live.is_none() && changes.is_none() {
                continue;
            }
            let server_order = live.clone().unwrap_or_default();
            let merged = match (live, changes) {
                (Some(live), Some(changes)) => self.list(live, changes, merge, schema.child(&name))?,
                (Some(live), None) => live,
                (None, changes) if self.into == Into::Patch => changes.unwrap_or_default(),
                (None, changes) => {
                    self.list(Vec::new(), changes.unwrap_or_default(), merge, schema.child(&name))?
                }
            };
            let merged = put_in_order(merged, &order, &server_order, merge)?;
            original.insert(name, Value::Array(merged));
        }
        Ok(())
    }

    fn list(self, old: Vec<Value>, new: Vec<Value>, merge: ListMerge, schema: &Schema) -> Result<Vec<Value>> {
        let merger = self.deeper()?;
        match merge {
            ListMerge::Replace => Ok(new),
            ListMerge::Set => {
                let server_order = old.clone();
                let mut merged = old;
                for item in &new {
                    if !merged.contains(item) {
                        merged.push(item.clone());
                    }
                }
                put_in_order(merged, &new, &server_order, merge)
            }
            ListMerge::ByKey(key) => merger.list_by_key(old, new, key, schema),
        }
    }

    /// Models mergeSlice for lists of objects.
    fn list_by_key(
        self,
        old: Vec<Value>,
        new: Vec<Value>,
        key: &'static str,
        schema: &Schema,
    ) -> Result<Vec<Value>> {
        let server_order = old.clone();
        let mut merged = old;
        let mut plain: Vec<Value> = Vec::new();
        let mut replace = false;
        for item in new {
            match item.get(DIRECTIVE).and_then(Value::as_str) {
                Some("delete") => {
                    let wanted = key_of(&item, key)?.clone();
                    merged.retain(|other| other.get(key) != Some(&wanted));
                }
                Some("replace") => replace = true,
                Some("merge") => return Err("Merging lists cannot yet be specified in the patch".to_owned()),
                Some(other) => return Err(format!("unknown patch type: {other}")),
                None => plain.push(item),
            }
        }
        if replace {
            return Ok(plain);
        }
        for item in &plain {
            let wanted = key_of(item, key)?;
            let Value::Object(changes) = item.clone() else { continue };
            match merged.iter_mut().find(|other| other.get(key) == Some(wanted)) {
                Some(Value::Object(found)) => *found = self.map(std::mem::take(found), changes, schema)?,
                _ if self.into == Into::Patch => merged.push(item.clone()),
                _ => merged.push(Value::Object(self.map(Map::new(), changes, schema)?)),
            }
        }
        put_in_order(merged, &plain, &server_order, ListMerge::ByKey(key))
    }
}

fn take_list(object: &mut Object, name: &str) -> Result<Option<Vec<Value>>> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(other) => Err(format!("expected a list in {name}, but received {other}")),
    }
}

fn obey_map_directive(directive: &Value, patch: Object) -> Result<Object> {
    match directive.as_str() {
        Some("replace") => Ok(patch),
        Some("delete") => Ok(Map::new()),
        _ => {
            let name = directive.as_str().map_or_else(|| directive.to_string(), str::to_owned);
            Err(format!("unknown patch type: {name} in map: {}", super::go_print(&Value::Object(patch))))
        }
    }
}

pub(super) fn key_of<'v>(item: &'v Value, key: &str) -> Result<&'v Value> {
    item.get(key)
        .ok_or_else(|| format!("map: {} does not contain declared merge key: {key}", super::go_print(item)))
}

/// Where `item` stands in `order`, by its merge key.
fn place(order: &[Value], item: &Value, merge: ListMerge) -> Option<usize> {
    match merge {
        ListMerge::ByKey(key) => order.iter().position(|other| other.get(key) == item.get(key)),
        _ => order.iter().position(|other| other == item),
    }
}

/// Items that `order` names in that order, the others interleaved as the live list had them.
///
/// Models normalizeElementOrder and mergeSortedSlice.
fn put_in_order(
    items: Vec<Value>,
    order: &[Value],
    server_order: &[Value],
    merge: ListMerge,
) -> Result<Vec<Value>> {
    if let ListMerge::ByKey(key) = merge {
        for item in items.iter().chain(order) {
            key_of(item, key)?;
        }
    }
    let (mut named, mut others): (Vec<Value>, Vec<Value>) =
        items.into_iter().partition(|item| place(order, item, merge).is_some());
    sort_by_order(&mut named, order, merge);
    sort_by_order(&mut others, server_order, merge);
    let mut all = Vec::with_capacity(named.len() + others.len());
    let mut others = others.into_iter().peekable();
    for item in named {
        let here = place(server_order, &item, merge);
        while let Some(other) = others.peek() {
            let there = place(server_order, other, merge);
            let comes_first = matches!((there, here), (Some(there), Some(here)) if there < here);
            if !comes_first {
                break;
            }
            all.extend(others.next());
        }
        all.push(item);
    }
    all.extend(others);
    Ok(all)
}

/// Sorts what `order` knows; deletions go last.
pub(super) fn sort_by_order(items: &mut [Value], order: &[Value], merge: ListMerge) {
    items.sort_by_key(|item| {
        let is_deletion = item.get(DIRECTIVE).and_then(Value::as_str) == Some("delete");
        (is_deletion, place(order, item, merge).unwrap_or(usize::MAX))
    });
}

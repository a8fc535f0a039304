//! In which order an object's fields are written: by the alphabet, or as Go's types declare them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::struct_order;

/// A line for each type: its name, then its fields, with the types of those that have fields of their own.
const TYPES: &str = include_str!("../../data/field-order-v1.36.txt");

static FIELDS: LazyLock<BTreeMap<&str, Vec<(&str, &str)>>> = LazyLock::new(|| {
    let lines = TYPES.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, fields)| {
            (name, fields.split(' ').map(|field| field.split_once(':').unwrap_or((field, ""))).collect())
        })
        .collect()
});

/// An order of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The alphabet's.
    Alphabet,
    /// [`struct_order`]'s, for what kubectl makes itself. Objects go by the names of the fields that hold them.
    Made,
    /// The types' own, for lists that kubectl has decoded. Objects go by the names of their types.
    Decoded,
}

impl Order {
    /// The fields of an object that goes by `name`, in order, each with what its value goes by.
    pub fn fields<'a>(
        self,
        name: &str,
        map: &'a Map<String, Value>,
    ) -> Vec<(&'a String, &'a Value, &'a str)> {
        match self {
            Order::Alphabet => map.iter().map(|(key, value)| (key, value, "")).collect(),
            Order::Made => {
                struct_order::fields(name, map).into_iter().map(|(key, value)| (key, value, &**key)).collect()
            }
            Order::Decoded => decoded(name, map),
        }
    }

    /// What the items of a list go by that goes by `name`.
    pub fn of_items(self, name: &str) -> &str {
        if self == Order::Decoded { name } else { "" }
    }
}

/// The fields of objects whose types the table lacks.
const OBJECT: &[(&str, &str)] =
    &[("kind", ""), ("apiVersion", ""), ("metadata", "ObjectMeta"), ("spec", ""), ("status", "")];

/// Keys that the type does not declare stand behind those that it does, by the alphabet.
fn decoded<'a>(name: &str, map: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value, &'a str)> {
    if let Some(listed) = name.strip_suffix("List").filter(|_| !FIELDS.contains_key(name)) {
        let listed = FIELDS.get_key_value(listed).map_or("", |(known, _)| *known);
        let order = [("kind", ""), ("apiVersion", ""), ("metadata", ""), ("items", listed)];
        return sorted(&order, map);
    }
    let whole = if map.contains_key("apiVersion") { OBJECT } else { &[] };
    sorted(FIELDS.get(name).map_or(whole, Vec::as_slice), map)
}

fn sorted<'a>(
    order: &[(&'static str, &'static str)],
    map: &'a Map<String, Value>,
) -> Vec<(&'a String, &'a Value, &'a str)> {
    let place = |key: &str| order.iter().position(|(known, _)| *known == key);
    let mut fields: Vec<_> = map.iter().map(|(key, value)| (place(key), key, value)).collect();
    fields.sort_by_key(|(place, _, _)| place.unwrap_or(order.len()));
    let named = |(place, key, value): (Option<usize>, &'a String, &'a Value)| {
        (key, value, place.and_then(|at| order.get(at)).map_or("", |(_, of)| *of))
    };
    fields.into_iter().map(named).collect()
}

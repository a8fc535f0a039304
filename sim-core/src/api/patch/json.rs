//! JSON patches (RFC 6902) as the API server applies them.
//!
//! Models evanphx/json-patch v4, which is laxer than the RFC: it replaces and copies what is not there, and counts
//! negative indices from the end. A library that keeps to the RFC refuses patches that a cluster takes.

use serde_json::{Map, Value};

const MISSING: &str = "missing value";

/// `document` after all operations.
///
/// # Errors
/// The first operation's complaint that could not be done.
pub fn apply(operations: &[Value], document: &Value) -> Result<Value, String> {
    let mut patched = document.clone();
    let none = Map::new();
    for operation in operations {
        let operation = match operation {
            Value::Object(fields) => fields,
            Value::Null => &none,
            other => return Err(super::not_of_type(other, "jsonpatch.Operation")),
        };
        Operation(operation).apply(&mut patched)?;
    }
    Ok(patched)
}

struct Operation<'a>(&'a Map<String, Value>);

impl Operation<'_> {
    fn apply(&self, document: &mut Value) -> Result<(), String> {
        match self.text("op").unwrap_or("unknown") {
            "add" => self.add(document),
            "remove" => self.remove(document),
            "replace" => self.replace(document),
            "move" => self.move_from(document),
            "copy" => self.copy(document),
            "test" => self.test(document),
            other => Err(format!("Unexpected kind: {other}")),
        }
    }

    fn add(&self, document: &mut Value) -> Result<(), String> {
        let path =
            self.text("path").ok_or_else(|| format!("add operation failed to decode path: {MISSING}"))?;
        let (holder, key) = find(document, path).ok_or_else(|| {
            format!("add operation does not apply: doc is missing path: \"{path}\": {MISSING}")
        })?;
        insert(holder, key, self.value()).map_err(|why| format!("error in add for path: '{path}': {why}"))
    }

    fn remove(&self, document: &mut Value) -> Result<(), String> {
        let path =
            self.text("path").ok_or_else(|| format!("remove operation failed to decode path: {MISSING}"))?;
        let (holder, key) = find(document, path).ok_or_else(|| {
            format!("remove operation does not apply: doc is missing path: \"{path}\": {MISSING}")
        })?;
        take(holder, &key).map(drop).map_err(|why| format!("error in remove for path: '{path}': {why}"))
    }

    fn replace(&self, document: &mut Value) -> Result<(), String> {
        let path = self.path("replace")?;
        let (holder, key) = find(document, path).ok_or_else(|| {
            format!("replace operation does not apply: doc is missing path: {path}: {MISSING}")
        })?;
        match holder {
            Value::Array(items) => {
                let missing =
                    |_| format!("replace operation does not apply: doc is missing key: {path}: {MISSING}");
                let index = index(&key, items.len()).map_err(missing)?;
                items[index] = self.value();
                Ok(())
            }
            holder => insert(holder, key, self.value()),
        }
    }

    fn move_from(&self, document: &mut Value) -> Result<(), String> {
        let from = self.from("move")?;
        let (holder, key) = find(document, from).ok_or_else(|| {
            format!("move operation does not apply: doc is missing from path: {from}: {MISSING}")
        })?;
        let moved = take(holder, &key).map_err(|why| format!("error in move for path: '{key}': {why}"))?;
        let path = self.path("move")?;
        let (holder, key) = find(document, path).ok_or_else(|| {
            format!("move operation does not apply: doc is missing destination path: {path}: {MISSING}")
        })?;
        insert(holder, key, moved).map_err(|why| format!("error in move for path: '{path}': {why}"))
    }

    fn copy(&self, document: &mut Value) -> Result<(), String> {
        let from = self.from("copy")?;
        let (holder, key) = find(document, from).ok_or_else(|| {
            format!("copy operation does not apply: doc is missing from path: {from}: {MISSING}")
        })?;
        let copied =
            look(holder, &key).map_err(|why| format!("error in copy for from: '{from}': {why}"))?.clone();
        let path = self.path("copy")?;
        let (holder, key) = find(document, path).ok_or_else(|| {
            format!("copy operation does not apply: doc is missing destination path: {path}: {MISSING}")
        })?;
        insert(holder, key, copied).map_err(|why| format!("error while adding value during copy: {why}"))
    }

    fn test(&self, document: &mut Value) -> Result<(), String> {
        let path = self.path("test")?;
        let (holder, key) = find(document, path)
            .ok_or_else(|| format!("test operation does not apply: is missing path: {path}: {MISSING}"))?;
        let found = look(holder, &key).map_err(|why| format!("error in test for path: '{path}': {why}"))?;
        if is_equal(found, &self.value()) {
            return Ok(());
        }
        Err(format!("testing value {path} failed: test failed"))
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    fn value(&self) -> Value {
        self.0.get("value").cloned().unwrap_or_default()
    }

    fn path(&self, name: &str) -> Result<&str, String> {
        let why = "operation missing path field";
        self.text("path").ok_or_else(|| format!("{name} operation failed to decode path: {why}: {MISSING}"))
    }

    fn from(&self, name: &str) -> Result<&str, String> {
        let why = "operation, missing from field";
        self.text("from").ok_or_else(|| format!("{name} operation failed to decode from: {why}: {MISSING}"))
    }
}

/// What holds the last part of the path, and that part. What stands before the first slash does not count.
fn find<'d>(document: &'d mut Value, path: &str) -> Option<(&'d mut Value, String)> {
    let (_, path) = path.split_once('/')?;
    let (parents, key) = path.rsplit_once('/').map_or((None, path), |(parents, key)| (Some(parents), key));
    let mut holder = document;
    for part in parents.into_iter().flat_map(|parents| parents.split('/')) {
        holder = match holder {
            Value::Object(fields) => fields.get_mut(&unescaped(part))?,
            Value::Array(items) => {
                let index = index(&unescaped(part), items.len()).ok()?;
                items.get_mut(index)?
            }
            _ => return None,
        };
    }
    (holder.is_object() || holder.is_array()).then(|| (holder, unescaped(key)))
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// The place in a list of that length; negative numbers count from its end.
fn index(key: &str, length: usize) -> Result<usize, String> {
    let number: i64 = key.parse().map_err(|_| no_number(key))?;
    let place = if number < 0 { number + i64::try_from(length).unwrap_or(i64::MAX) } else { number };
    let place = usize::try_from(place).ok().filter(|place| *place < length);
    place.ok_or_else(|| format!("Unable to access invalid index: {number}: invalid index referenced"))
}

fn no_number(key: &str) -> String {
    format!("strconv.Atoi: parsing \"{key}\": invalid syntax")
}

/// What is there; null when an object has no such field.
fn look<'v>(holder: &'v Value, key: &str) -> Result<&'v Value, String> {
    match holder {
        Value::Array(items) => Ok(&items[index(key, items.len())?]),
        holder => Ok(holder.get(key).unwrap_or(&Value::Null)),
    }
}

fn insert(holder: &mut Value, key: String, value: Value) -> Result<(), String> {
    match holder {
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            let place = index(&key, items.len() + 1).map_err(|why| match key.parse::<i64>() {
                Ok(_) => why,
                Err(_) => format!("value was not a proper array index: '{key}': {why}"),
            })?;
            items.insert(place, value);
        }
        Value::Object(fields) => {
            fields.insert(key, value);
        }
        _ => {}
    }
    Ok(())
}

fn take(holder: &mut Value, key: &str) -> Result<Value, String> {
    match holder {
        Value::Array(items) => Ok(items.remove(index(key, items.len())?)),
        holder => holder
            .as_object_mut()
            .and_then(|fields| fields.remove(key))
            .ok_or_else(|| format!("Unable to remove nonexistent key: {key}: {MISSING}")),
    }
}

/// Whether the values are equal as JSON, where 80 is 80.0.
fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_equal(value, other)))
        }
        _ => one == other,
    }
}

//! `--sort-by`: order by what a JSONPath finds.
//!
//! Models kubectl pkg/cmd/get: RuntimeSort and TableSorter.

use std::cmp::Ordering;

use serde_json::Value;

use super::error::CliError;
use super::jsonpath::{JsonPath, relaxed};
use super::quote;
use crate::api::quantity::Quantity;

/// Up to this many items Go's sort inserts one after the other; what is absent everywhere then comes
/// out in reverse.
const INSERTION_LIMIT: usize = 12;

/// Sorts `items` by the field that `expression` names, reading each item as `value` gives it.
///
/// # Errors
/// The expression is malformed, or no item has the field.
pub fn sort_by<T>(items: Vec<T>, expression: &str, value: impl Fn(&T) -> Value) -> Result<Vec<T>, CliError> {
    if items.is_empty() {
        return Ok(items);
    }
    let field = relaxed(expression).unwrap_or_else(|_| expression.to_owned());
    let path = JsonPath::parse(&field).map_err(|error| CliError::plain(format!("sorting error: {error}")))?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let found = path.find(&value(&item)).map_err(CliError::plain)?;
        keyed.push((found.into_iter().next().and_then(|part| part.into_iter().next()), item));
    }
    if keyed.iter().all(|(key, _)| key.is_none()) {
        let message = format!("couldn't find any field with path {} in the list of objects", quote(&field));
        return Err(CliError::plain(message));
    }
    if keyed.len() <= INSERTION_LIMIT {
        for end in 1..keyed.len() {
            let mut at = end;
            while at > 0 && less(keyed[at].0.as_ref(), keyed[at - 1].0.as_ref()) {
                keyed.swap(at, at - 1);
                at -= 1;
            }
        }
    } else {
        keyed.sort_by(|(a, _), (b, _)| {
            let before = less(a.as_ref(), b.as_ref());
            match (before, less(b.as_ref(), a.as_ref())) {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                _ => Ordering::Equal,
            }
        });
    }
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn less(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (None, _) => true,
        (_, None) => false,
        (Some(a), Some(b)) => order(a, b) == Ordering::Less,
    }
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Value::String(a), Value::String(b)) => match (Quantity::parse(a), Quantity::parse(b)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => natural(a, b),
        },
        _ => Ordering::Equal,
    }
}

/// Orders text so that `web-2` comes before `web-10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a.first(), b.first()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (digits(a), digits(b));
                let (plain_x, plain_y) = (strip_zeros(x), strip_zeros(y));
                let order = plain_x
                    .len()
                    .cmp(&plain_y.len())
                    .then_with(|| plain_x.cmp(plain_y))
                    .then_with(|| x.len().cmp(&y.len()));
                if order != Ordering::Equal {
                    return order;
                }
                (a, b) = (&a[x.len()..], &b[y.len()..]);
            }
            (Some(x), Some(y)) if x == y => (a, b) = (&a[1..], &b[1..]),
            (Some(x), Some(y)) => return x.cmp(y),
        }
    }
}

fn digits(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

fn strip_zeros(digits: &[u8]) -> &[u8] {
    let start = digits.iter().position(|byte| *byte != b'0').unwrap_or(digits.len());
    &digits[start..]
}

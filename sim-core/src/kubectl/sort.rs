//! `--sort-by`: order by what a JSONPath finds.
//!
//! Models kubectl pkg/cmd/get: RuntimeSort and TableSorter.

use serde_json::Value;

use super::error::CliError;
use super::jsonpath::{JsonPath, relaxed};
use super::{pdqsort, quote};
use crate::api::SimTime;
use crate::api::quantity::Quantity;

/// What is sorted, as the complaint about values without an order names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    /// The rows of a table.
    Rows,
    /// Whole objects.
    Objects,
}

impl Sorted {
    /// Where kubectl's code complains, and the type that it names.
    fn place(self) -> (u32, &'static str) {
        match self {
            Sorted::Rows => (375, "[][][]reflect.Value"),
            Sorted::Objects => (329, "*unstructured.Unstructured"),
        }
    }
}

/// Sorts `items` by the field that `expression` names, reading each item as `value` gives it.
///
/// # Errors
/// The expression is malformed, no item has the field, or its values have no order.
pub fn sort_by<T>(
    items: Vec<T>,
    expression: &str,
    sorted: Sorted,
    now: SimTime,
    value: impl Fn(&T) -> Value,
) -> Result<Vec<T>, CliError> {
    if items.is_empty() {
        return Ok(items);
    }
    let field = match relaxed(expression) {
        Ok(field) => field,
        Err(_) if sorted == Sorted::Rows => expression.to_owned(),
        Err(why) => return Err(CliError::plain(why)),
    };
    let path = JsonPath::parse(&field).map_err(|error| match sorted {
        Sorted::Rows => CliError::plain(format!("sorting error: {error}")),
        Sorted::Objects => CliError::plain(error),
    })?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let found = path.find(&value(&item)).map_err(CliError::plain)?;
        keyed.push((found.into_iter().next().and_then(|part| part.into_iter().next()), item));
    }
    if keyed.iter().all(|(key, _)| key.is_none()) {
        let message = format!("couldn't find any field with path {} in the list of objects", quote(&field));
        return Err(CliError::plain(message));
    }
    let mut refusal = None;
    pdqsort::sort(&mut keyed, &mut |(a, _), (b, _)| {
        less(a.as_ref(), b.as_ref()).unwrap_or_else(|why| {
            refusal.get_or_insert(why);
            false
        })
    });
    if let Some(why) = refusal {
        let (line, what) = sorted.place();
        let now = now.timestamp().strftime("%m%d %H:%M:%S.%6f").to_string();
        return Err(CliError::Verbatim(format!(
            "F{now}       1 sorter.go:{line}] Field {field} in {what} is an unsortable type: interface, err: {why}"
        )));
    }
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn less(a: Option<&Value>, b: Option<&Value>) -> Result<bool, String> {
    match (a, b) {
        (None, _) => Ok(true),
        (_, None) => Ok(false),
        (Some(a), Some(b)) => value_less(a, b),
    }
}

/// Models isLess, for values behind interfaces. Texts that are quantities go by what they say.
fn value_less(a: &Value, b: &Value) -> Result<bool, String> {
    let is_whole = |number: &serde_json::Number| number.is_i64() || number.is_u64();
    match (a, b) {
        (Value::Null, _) => Ok(!b.is_null()),
        (_, Value::Null) => Ok(false),
        (Value::Number(x), Value::Number(y)) if is_whole(x) && is_whole(y) => Ok(x.as_i128() < y.as_i128()),
        (Value::Number(x), Value::Number(y)) if !is_whole(x) && !is_whole(y) => Ok(x.as_f64() < y.as_f64()),
        (Value::String(x), Value::String(y)) => match (Quantity::parse(x), Quantity::parse(y)) {
            (Ok(x), Ok(y)) => Ok(x < y),
            _ => Ok(x < y),
        },
        (Value::Number(_) | Value::String(_), _) => Err("unsortable interface: interface".to_owned()),
        (Value::Bool(_), _) => Err("unsortable type: bool".to_owned()),
        (Value::Array(_), _) => Err("unsortable type: []interface {}".to_owned()),
        (Value::Object(_), _) => Err("unsortable type: map[string]interface {}".to_owned()),
    }
}

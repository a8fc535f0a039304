//! The functions of templates.
//!
//! Models Go text/template: funcs.go, and cli-runtime pkg/printers: template.go.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::show::{show, type_name};
use crate::api::base64;

/// Whether a function of that name is there.
pub fn is_known(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "and",
        "base64decode",
        "call",
        "eq",
        "exists",
        "ge",
        "gt",
        "html",
        "index",
        "js",
        "le",
        "len",
        "lt",
        "ne",
        "not",
        "or",
        "print",
        "printf",
        "println",
        "slice",
        "urlquery",
    ];
    NAMES.contains(&name)
}

/// Whether a value counts as true: it is there and not empty.
pub fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// The function's value. `and` and `or` are the evaluator's, which does not look at all of their arguments.
///
/// # Errors
/// What the function says, without its name.
pub fn call(name: &str, args: &[Value]) -> Result<Value, String> {
    match name {
        "not" => one(args).map(|value| Value::from(!truth(value))),
        "len" => len(one(args)?),
        "index" => index(args),
        "slice" => slice(args),
        "exists" => Ok(Value::from(index(args).is_ok_and(|value| !value.is_null()))),
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" => compare(name, args),
        "print" => Ok(Value::from(print(args))),
        "println" => Ok(Value::from(args.iter().map(show).collect::<Vec<_>>().join(" ") + "\n")),
        "printf" => printf(args),
        "html" => Ok(Value::from(escape(&print(args), HTML))),
        "js" => Ok(Value::from(escape(&print(args), JAVASCRIPT))),
        "urlquery" => Ok(Value::from(urlquery(&print(args)))),
        "base64decode" => decode(one(args)?),
        _ => Err(format!("{name} is no function")),
    }
}

fn one(args: &[Value]) -> Result<&Value, String> {
    args.first().ok_or_else(|| "not enough arguments".to_owned())
}

fn len(value: &Value) -> Result<Value, String> {
    match value {
        Value::String(text) => Ok(text.len().into()),
        Value::Array(items) => Ok(items.len().into()),
        Value::Object(map) => Ok(map.len().into()),
        Value::Null => Err("len of nil pointer".to_owned()),
        other => Err(format!("len of type {}", type_name(other))),
    }
}

fn index(args: &[Value]) -> Result<Value, String> {
    let mut found = one(args)?.clone();
    for key in &args[1..] {
        found = match (&found, key) {
            (Value::Null, _) => return Err("index of untyped nil".to_owned()),
            (Value::Object(map), Value::String(key)) => map.get(key).cloned().unwrap_or(Value::Null),
            (Value::Object(_), key) => {
                return Err(format!("value has type {}; should be string", type_name(key)));
            }
            (Value::Array(items), Value::Number(number)) => {
                let place = number.as_u64().and_then(|at| usize::try_from(at).ok());
                let item = place.and_then(|at| items.get(at));
                item.cloned().ok_or_else(|| format!("index out of range: {number}"))?
            }
            (Value::String(text), Value::Number(number)) => {
                let place = number.as_u64().and_then(|at| usize::try_from(at).ok());
                let byte = place.and_then(|at| text.as_bytes().get(at));
                Value::from(*byte.ok_or_else(|| format!("index out of range: {number}"))?)
            }
            (Value::Array(_) | Value::String(_), key) => {
                return Err(format!("cannot index slice/array with type {}", type_name(key)));
            }
            (other, _) => return Err(format!("can't index item of type {}", type_name(other))),
        };
    }
    Ok(found)
}

fn slice(args: &[Value]) -> Result<Value, String> {
    let value = one(args)?;
    let len =
        len(value).ok().and_then(|len| len.as_u64()).and_then(|len| usize::try_from(len).ok()).unwrap_or(0);
    let place = |at: usize, default: usize| match args.get(at) {
        None => Ok(default),
        Some(number) => {
            let place =
                number.as_u64().and_then(|place| usize::try_from(place).ok()).filter(|place| *place <= len);
            place.ok_or_else(|| format!("index out of range: {}", show(number)))
        }
    };
    let (start, end) = (place(1, 0)?, place(2, len)?);
    if start > end {
        return Err(format!("invalid slice index: {start} > {end}"));
    }
    match value {
        Value::String(text) => Ok(text.get(start..end).unwrap_or_default().into()),
        Value::Array(items) => Ok(Value::from(items.get(start..end).unwrap_or_default().to_vec())),
        other => Err(format!("can't slice item of type {}", type_name(other))),
    }
}

fn compare(name: &str, args: &[Value]) -> Result<Value, String> {
    let first = args.first().ok_or("missing argument for comparison")?;
    if args.len() < 2 {
        return Err("missing argument for comparison".to_owned());
    }
    if name == "eq" {
        for other in &args[1..] {
            if order(first, other)? == Some(Ordering::Equal) {
                return Ok(true.into());
            }
        }
        return Ok(false.into());
    }
    let order = order(first, &args[1])?;
    if name == "ne" {
        return Ok((order != Some(Ordering::Equal)).into());
    }
    let order = order.ok_or("invalid type for comparison")?;
    Ok(match name {
        "lt" => order.is_lt(),
        "le" => order.is_le(),
        "gt" => order.is_gt(),
        _ => order.is_ge(),
    }
    .into())
}

/// How two values stand to each other; `None` when they differ and have no order.
fn order(first: &Value, second: &Value) -> Result<Option<Ordering>, String> {
    match (first, second) {
        (Value::String(a), Value::String(b)) => Ok(Some(a.cmp(b))),
        (Value::Number(a), Value::Number(b)) if a.is_f64() == b.is_f64() => {
            Ok(match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => a.as_f64().partial_cmp(&b.as_f64()),
            })
        }
        (Value::Bool(a), Value::Bool(b)) => Ok((a == b).then_some(Ordering::Equal)),
        (Value::Null, other) | (other, Value::Null) => Ok(other.is_null().then_some(Ordering::Equal)),
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => {
            Err("non-comparable type".to_owned())
        }
        _ => Err("incompatible types for comparison".to_owned()),
    }
}

/// Models Go fmt: Sprint, which parts operands of which neither is text.
fn print(args: &[Value]) -> String {
    let mut text = String::new();
    for (at, value) in args.iter().enumerate() {
        if at > 0 && !value.is_string() && !args[at - 1].is_string() {
            text.push(' ');
        }
        text.push_str(&show(value));
    }
    text
}

/// Models Go fmt: Sprintf, for the verbs that templates use.
fn printf(args: &[Value]) -> Result<Value, String> {
    let Value::String(format) = one(args)? else {
        return Err(format!("wrong type for value; expected string; got {}", type_name(one(args)?)));
    };
    let mut rest = args[1..].iter();
    let mut text = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let mut spec = String::new();
        while let Some(more) = letters.next_if(|letter| "+-# 0123456789.".contains(*letter)) {
            spec.push(more);
        }
        match letters.next() {
            None => text.push_str("%!(NOVERB)"),
            Some('%') => text.push('%'),
            Some(verb) => match rest.next() {
                None => text.push_str(&format!("%!{verb}(MISSING)")),
                Some(value) => text.push_str(&padded(&spec, &formatted(verb, &spec, value))),
            },
        }
    }
    let extra: Vec<String> = rest.map(|value| format!("{}={}", type_name(value), show(value))).collect();
    if !extra.is_empty() {
        text.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    Ok(Value::from(text))
}

fn formatted(verb: char, spec: &str, value: &Value) -> String {
    let precision = spec.split_once('.').map(|(_, digits)| digits.parse::<usize>().unwrap_or(0));
    match (verb, value) {
        ('v', value) => show(value),
        ('s', Value::String(text)) => match precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.clone(),
        },
        ('q', Value::String(text)) => crate::api::error::quote(text),
        ('d', Value::Number(number)) if !number.is_f64() => number.to_string(),
        ('x', Value::Number(number)) if number.is_i64() => format!("{:x}", number.as_i64().unwrap_or(0)),
        ('x', Value::String(text)) => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ('f', Value::Number(number)) if number.is_f64() => fixed(number, precision.unwrap_or(6)),
        ('t', Value::Bool(value)) => value.to_string(),
        ('T', value) => type_name(value).to_owned(),
        (verb, value) => format!("%!{verb}({}={})", type_name(value), show(value)),
    }
}

fn fixed(number: &Number, digits: usize) -> String {
    format!("{:.digits$}", number.as_f64().unwrap_or(0.0))
}

fn padded(spec: &str, text: &str) -> String {
    let flags: String = spec.chars().take_while(|letter| "+-# 0".contains(*letter)).collect();
    let width: String = spec.chars().skip(flags.len()).take_while(char::is_ascii_digit).collect();
    // No line is wider.
    let width = width.parse::<usize>().unwrap_or(0).min(10_000);
    let missing = width.saturating_sub(text.chars().count());
    if flags.contains('-') {
        format!("{text}{}", " ".repeat(missing))
    } else {
        let fill = if flags.contains('0') { "0" } else { " " };
        format!("{}{text}", fill.repeat(missing))
    }
}

const HTML: &[(char, &str)] =
    &[('<', "&lt;"), ('>', "&gt;"), ('&', "&amp;"), ('\'', "&#39;"), ('"', "&#34;"), ('\0', "\u{fffd}")];
const JAVASCRIPT: &[(char, &str)] = &[
    ('\\', "\\\\"),
    ('\'', "\\'"),
    ('"', "\\\""),
    ('<', "\\u003C"),
    ('>', "\\u003E"),
    ('&', "\\u0026"),
    ('=', "\\u003D"),
    ('\n', "\\u000A"),
    ('\t', "\\u0009"),
];

fn escape(text: &str, table: &[(char, &str)]) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match table.iter().find(|(wanted, _)| *wanted == letter) {
            Some((_, instead)) => out.push_str(instead),
            None => out.push(letter),
        }
    }
    out
}

fn urlquery(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn decode(value: &Value) -> Result<Value, String> {
    let Value::String(text) = value else {
        return Err(format!("wrong type for value; expected string; got {}", type_name(value)));
    };
    let bytes = base64::decode(text).map_err(|why| format!("base64 decode failed: {why}"))?;
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}

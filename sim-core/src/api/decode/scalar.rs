//! Plain YAML scalars to JSON values by YAML 1.1's rules, as go-yaml v2 applies them.

use serde_json::{Number, Value};

/// What a scalar is; numbers that JSON has not are kept apart.
pub enum Scalar {
    /// A JSON value.
    Json(Value),
    /// `.inf`, `-.inf` or `.nan`, in Go's spelling.
    NotFinite(&'static str),
}

/// Resolves an untagged plain scalar.
pub fn resolve(text: &str) -> Scalar {
    Scalar::Json(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::NotFinite("NaN"),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::NotFinite("+Inf"),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::NotFinite("-Inf"),
        _ => match text.as_bytes()[0] {
            b'0'..=b'9' | b'+' | b'-' | b'.' => return number(text),
            _ => Value::String(text.to_owned()),
        },
    })
}

fn number(text: &str) -> Scalar {
    // Of what begins with a dot go-yaml keeps the underscores, which no float has.
    let plain: String = text.chars().filter(|c| *c != '_' || text.starts_with('.')).collect();
    if !text.starts_with('.')
        && let Some(value) = integer(&plain)
    {
        return Scalar::Json(value);
    }
    if !is_float(&plain) {
        return Scalar::Json(Value::String(text.to_owned()));
    }
    match plain.parse::<f64>() {
        Ok(value) if value.is_finite() => Scalar::Json(float(value)),
        // Go's ParseFloat refuses what is out of range, and the scalar stays text.
        _ => Scalar::Json(Value::String(text.to_owned())),
    }
}

/// Go's ParseInt and ParseUint with base 0: `0x`, `0o`, `0b` and a leading 0 choose the base.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, base).ok()?;
    let value = if negative { -i128::from(magnitude) } else { i128::from(magnitude) };
    if let Ok(value) = i64::try_from(value) {
        return Some(Value::from(value));
    }
    // ParseUint takes no sign.
    (!text.starts_with(['+', '-'])).then(|| Value::from(magnitude))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_is_good = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    let exponent_is_good =
        exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    mantissa_is_good && exponent_is_good
}

/// A float as Go's JSON writes it: whole ones without a fraction, and so read back as integers.
pub fn float(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9.0e18 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

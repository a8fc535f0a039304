//! [`Datum`]: a value, and [`Type`]: what a column holds.

use std::cmp::Ordering;
use std::sync::Arc;

use super::SqlError;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    Null,
    Int(i64),
    /// A decimal number: its digits without the point, and how many stand behind it.
    Decimal(i128, u32),
    Bool(bool),
    Text(Arc<str>),
}

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Integer,
    BigInt,
    Numeric,
    Boolean,
    Text,
    Varchar(Option<usize>),
    /// Times, dates, uuids, json: kept as text under their name.
    Other(&'static str),
}

const OTHERS: &[(&str, &str)] = &[
    ("timestamp", "timestamp without time zone"),
    ("timestamptz", "timestamp with time zone"),
    ("date", "date"),
    ("time", "time without time zone"),
    ("uuid", "uuid"),
    ("json", "json"),
    ("jsonb", "jsonb"),
    ("bytea", "bytea"),
    ("inet", "inet"),
    ("name", "name"),
    ("regclass", "regclass"),
    ("interval", "interval"),
    ("pg_lsn", "pg_lsn"),
];

impl Type {
    /// The type of that name.
    pub fn named(name: &str) -> Option<Type> {
        Some(match name {
            "int" | "integer" | "int4" | "smallint" | "int2" | "serial" | "oid" => Type::Integer,
            "bigint" | "int8" | "bigserial" => Type::BigInt,
            "numeric" | "decimal" | "real" | "double" | "float" | "float8" | "float4" => Type::Numeric,
            "bool" | "boolean" => Type::Boolean,
            "text" => Type::Text,
            "varchar" | "char" | "character" | "bpchar" => Type::Varchar(None),
            _ => Type::Other(OTHERS.iter().find(|(known, full)| *known == name || *full == name)?.1),
        })
    }

    /// The name as `\d` shows it.
    pub fn name(&self) -> String {
        match self {
            Type::Integer => "integer".to_owned(),
            Type::BigInt => "bigint".to_owned(),
            Type::Numeric => "numeric".to_owned(),
            Type::Boolean => "boolean".to_owned(),
            Type::Text => "text".to_owned(),
            Type::Varchar(None) => "character varying".to_owned(),
            Type::Varchar(Some(length)) => format!("character varying({length})"),
            Type::Other(name) => (*name).to_owned(),
        }
    }

    /// Whether psql shows its values at the right.
    pub fn is_number(&self) -> bool {
        matches!(self, Type::Integer | Type::BigInt | Type::Numeric)
    }

    /// A value as one of this type.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub fn take(&self, value: Datum) -> Result<Datum, SqlError> {
        let invalid = |value: &Datum| {
            let name = self.name();
            SqlError::new(format!(
                "invalid input syntax for type {name}: \"{}\"",
                value.text().unwrap_or_default()
            ))
        };
        Ok(match (self, value) {
            (_, Datum::Null) => Datum::Null,
            (Type::Integer | Type::BigInt, Datum::Text(text)) => match text.trim().parse() {
                Ok(number) => return self.take(Datum::Int(number)),
                Err(_) => return Err(invalid(&Datum::Text(text))),
            },
            (Type::Integer, Datum::Int(number)) if i32::try_from(number).is_err() => {
                return Err(SqlError::new("integer out of range"));
            }
            (Type::Integer | Type::BigInt, Datum::Decimal(units, scale)) => {
                let half = 10_i128.pow(scale.min(30)) / 2;
                let rounded = (units + if units < 0 { -half } else { half }) / 10_i128.pow(scale.min(30));
                let number = i64::try_from(rounded).map_err(|_| SqlError::new("integer out of range"))?;
                return self.take(Datum::Int(number));
            }
            (Type::Numeric, Datum::Text(text)) => {
                let number = decimal(&text);
                number.ok_or_else(|| invalid(&Datum::Text(text)))?
            }
            (Type::Boolean, Datum::Text(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "t" | "true" | "y" | "yes" | "on" | "1" => Datum::Bool(true),
                "f" | "false" | "n" | "no" | "off" | "0" => Datum::Bool(false),
                _ => return Err(invalid(&Datum::Text(text))),
            },
            (Type::Boolean, value @ (Datum::Int(_) | Datum::Decimal(..))) => {
                let _ = value;
                return Err(SqlError::new("column is of type boolean but expression is of type integer"));
            }
            (Type::Varchar(Some(length)), value) => {
                let text = value.text().unwrap_or_default();
                if text.chars().count() > *length {
                    return Err(SqlError::new(format!(
                        "value too long for type character varying({length})"
                    )));
                }
                Datum::Text(text.into())
            }
            (Type::Text | Type::Varchar(_) | Type::Other(_), value) => {
                Datum::Text(value.text().unwrap_or_default().into())
            }
            (_, value) => value,
        })
    }
}

/// A decimal number, or a whole one; `None` when the text is none.
pub(super) fn decimal(text: &str) -> Option<Datum> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Some(Datum::Int(number));
    }
    let (whole, fraction) = text.split_once('.')?;
    let scale = u32::try_from(fraction.len()).ok().filter(|scale| *scale <= 16)?;
    let digits = format!("{whole}{fraction}");
    let is_number = digits.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit());
    (is_number && digits.len() <= 30)
        .then(|| digits.parse().ok().map(|units| Datum::Decimal(units, scale)))?
}

impl Datum {
    /// The value as psql prints it; `None` for null.
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Datum::Null => return None,
            Datum::Int(number) => number.to_string(),
            Datum::Bool(true) => "t".to_owned(),
            Datum::Bool(false) => "f".to_owned(),
            Datum::Text(text) => text.to_string(),
            Datum::Decimal(units, 0) => units.to_string(),
            Datum::Decimal(units, scale) => {
                let scale = usize::try_from(*scale).unwrap_or(0);
                let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                format!("{}{whole}.{fraction}", if *units < 0 { "-" } else { "" })
            }
        })
    }

    pub fn is_null(&self) -> bool {
        *self == Datum::Null
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Datum::Int(_) | Datum::Decimal(..))
    }

    /// Units and scale of a number.
    pub(super) fn units(&self) -> Option<(i128, u32)> {
        match self {
            Datum::Int(number) => Some((i128::from(*number), 0)),
            Datum::Decimal(units, scale) => Some((*units, *scale)),
            _ => None,
        }
    }

    /// How two values are ordered. Values of different types are compared as numbers where both are
    /// such, and as text otherwise. Nulls come last.
    pub fn order(&self, other: &Datum) -> Ordering {
        match (self, other) {
            (Datum::Null, Datum::Null) => Ordering::Equal,
            (Datum::Null, _) => Ordering::Greater,
            (_, Datum::Null) => Ordering::Less,
            (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
            (a, b) => {
                let numbers = |datum: &Datum| match datum {
                    Datum::Text(text) => decimal(text).and_then(|number| number.units()),
                    number => number.units(),
                };
                let wanted = a.is_number() || b.is_number();
                match (numbers(a), numbers(b)) {
                    (Some(a), Some(b)) if wanted => {
                        let (a, b, _) = same_scale(a, b);
                        a.cmp(&b)
                    }
                    _ => a.text().cmp(&b.text()),
                }
            }
        }
    }
}

/// Two decimal numbers with the same number of digits behind the point.
pub(super) fn same_scale((a, a_scale): (i128, u32), (b, b_scale): (i128, u32)) -> (i128, i128, u32) {
    let scale = a_scale.max(b_scale);
    let raise = |units: i128, by: u32| units.saturating_mul(10_i128.saturating_pow(by));
    (raise(a, scale - a_scale), raise(b, scale - b_scale), scale)
}

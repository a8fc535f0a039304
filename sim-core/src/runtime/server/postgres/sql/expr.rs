//! [`Expr`]: what a value is computed from.

use super::statement::Select;
use super::value::{Datum, Type, same_scale};
use super::{Facts, SqlError, Wish, lsn_text};

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Literal(Datum),
    Column(String, usize),
    Star,
    Default,
    Call { name: String, arguments: Vec<Expr>, star: bool, at: usize },
    Not(Box<Expr>),
    IsNull(Box<Expr>, bool),
    In(Box<Expr>, Vec<Expr>, bool),
    Between(Box<Expr>, Box<Expr>, Box<Expr>, bool),
    Like { text: Box<Expr>, pattern: Box<Expr>, not: bool, folded: bool },
    Binary(&'static str, Box<Expr>, Box<Expr>, usize),
    Cast(Box<Expr>, Type),
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    Query(Box<Select>),
}

/// Runs a SELECT and answers its rows.
type Query<'a> = dyn Fn(&Select) -> Result<Vec<Vec<Datum>>, SqlError> + 'a;

/// What expressions are evaluated over.
pub(super) struct Scope<'a> {
    pub facts: &'a Facts,
    pub columns: &'a [String],
    pub row: &'a [Datum],
    /// The rows of the group, for aggregates.
    pub group: Option<&'a [std::sync::Arc<[Datum]>]>,
    pub wishes: &'a std::cell::RefCell<Vec<Wish>>,
    /// Runs a query within an expression.
    pub query: &'a Query<'a>,
}

const AGGREGATES: &[&str] =
    &["count", "sum", "min", "max", "avg", "string_agg", "array_agg", "bool_and", "bool_or"];

impl Expr {
    /// The heading of its column.
    pub fn title(&self) -> String {
        match self {
            Expr::Column(name, _) => name.clone(),
            Expr::Call { name, .. } => name.clone(),
            Expr::Cast(inner, kind) => match inner.as_ref() {
                Expr::Literal(_) => Type::name(kind).split(' ').next().unwrap_or_default().to_owned(),
                inner => inner.title(),
            },
            Expr::Case(..) => "case".to_owned(),
            Expr::Literal(Datum::Bool(_)) => "bool".to_owned(),
            _ => "?column?".to_owned(),
        }
    }

    /// Whether it is computed from many rows.
    pub fn is_aggregate(&self) -> bool {
        match self {
            Expr::Call { name, arguments, .. } => {
                AGGREGATES.contains(&name.as_str()) || arguments.iter().any(Expr::is_aggregate)
            }
            Expr::Binary(_, a, b, _) => a.is_aggregate() || b.is_aggregate(),
            Expr::Not(a) | Expr::IsNull(a, _) | Expr::Cast(a, _) => a.is_aggregate(),
            _ => false,
        }
    }

    /// Its value.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Datum, SqlError> {
        Ok(match self {
            Expr::Literal(value) => value.clone(),
            Expr::Default | Expr::Star => Datum::Null,
            Expr::Column(name, at) => {
                let place = scope.columns.iter().position(|column| column == name);
                match place.and_then(|place| scope.row.get(place)) {
                    Some(value) => value.clone(),
                    None if place.is_some() => Datum::Null,
                    None => return Err(SqlError::new(format!("column \"{name}\" does not exist")).at(*at)),
                }
            }
            Expr::Call { name, arguments, star, at } => call(name, arguments, *star, *at, scope)?,
            Expr::Not(inner) => match inner.value(scope)? {
                Datum::Bool(value) => Datum::Bool(!value),
                value => value,
            },
            Expr::IsNull(inner, not) => Datum::Bool(inner.value(scope)?.is_null() != *not),
            Expr::In(inner, list, not) => {
                let value = inner.value(scope)?;
                let mut found = false;
                for item in list {
                    found |= item.value(scope)?.order(&value).is_eq();
                }
                if value.is_null() { Datum::Null } else { Datum::Bool(found != *not) }
            }
            Expr::Between(inner, low, high, not) => {
                let value = inner.value(scope)?;
                let inside =
                    value.order(&low.value(scope)?).is_ge() && value.order(&high.value(scope)?).is_le();
                if value.is_null() { Datum::Null } else { Datum::Bool(inside != *not) }
            }
            Expr::Like { text, pattern, not, folded } => {
                let (text, pattern) = (text.value(scope)?.text(), pattern.value(scope)?.text());
                let (Some(mut text), Some(mut pattern)) = (text, pattern) else { return Ok(Datum::Null) };
                if *folded {
                    (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
                }
                let glob: String = pattern
                    .chars()
                    .map(|c| match c {
                        '%' => "*".to_owned(),
                        '_' => "?".to_owned(),
                        '*' | '?' | '[' | ']' | '\\' => format!("\\{c}"),
                        c => c.to_string(),
                    })
                    .collect();
                Datum::Bool(crate::runtime::shell::matches_pattern(&glob, &text) != *not)
            }
            Expr::Binary(operator, left, right, at) => {
                binary(operator, &left.value(scope)?, || right.value(scope), *at)?
            }
            Expr::Cast(inner, kind) => kind.take(inner.value(scope)?)?,
            Expr::Case(arms, otherwise) => {
                for (test, value) in arms {
                    if test.value(scope)? == Datum::Bool(true) {
                        return value.value(scope);
                    }
                }
                match otherwise {
                    Some(value) => value.value(scope)?,
                    None => Datum::Null,
                }
            }
            Expr::Query(select) => {
                let rows = (scope.query)(select)?;
                rows.into_iter().next().and_then(|row| row.into_iter().next()).unwrap_or(Datum::Null)
            }
        })
    }
}

fn binary(
    operator: &str,
    left: &Datum,
    right: impl FnOnce() -> Result<Datum, SqlError>,
    at: usize,
) -> Result<Datum, SqlError> {
    match (operator, left) {
        ("and", Datum::Bool(false)) => return Ok(Datum::Bool(false)),
        ("or", Datum::Bool(true)) => return Ok(Datum::Bool(true)),
        _ => {}
    }
    let right = right()?;
    match (operator, &right) {
        ("and", Datum::Bool(false)) => return Ok(Datum::Bool(false)),
        ("or", Datum::Bool(true)) => return Ok(Datum::Bool(true)),
        _ => {}
    }
    if left.is_null() || right.is_null() {
        return Ok(Datum::Null);
    }
    let order = || left.order(&right);
    Ok(match operator {
        "and" | "or" => right,
        "=" => Datum::Bool(order().is_eq()),
        "<>" | "!=" => Datum::Bool(order().is_ne()),
        "<" => Datum::Bool(order().is_lt()),
        ">" => Datum::Bool(order().is_gt()),
        "<=" => Datum::Bool(order().is_le()),
        ">=" => Datum::Bool(order().is_ge()),
        "||" => Datum::Text(
            format!("{}{}", left.text().unwrap_or_default(), right.text().unwrap_or_default()).into(),
        ),
        _ => arithmetic(operator, left, &right).map_err(|error| error.at(at))?,
    })
}

fn arithmetic(operator: &str, left: &Datum, right: &Datum) -> Result<Datum, SqlError> {
    let number = |datum: &Datum| match datum {
        Datum::Text(text) => super::value::decimal(text).and_then(|number| number.units()),
        datum => datum.units(),
    };
    let (Some(a), Some(b)) = (number(left), number(right)) else {
        return Err(SqlError::new(format!("operator does not exist: text {operator} text")));
    };
    let whole = a.1 == 0 && b.1 == 0;
    let (x, y, scale) = same_scale(a, b);
    let out_of_range = || SqlError::new("bigint out of range");
    let (units, scale) = match operator {
        "+" => (x.checked_add(y).ok_or_else(out_of_range)?, scale),
        "-" => (x.checked_sub(y).ok_or_else(out_of_range)?, scale),
        "*" => (a.0.checked_mul(b.0).ok_or_else(out_of_range)?, a.1 + b.1),
        _ if y == 0 => return Err(SqlError::new("division by zero")),
        "%" => (x % y, scale),
        _ if whole => (x / y, 0),
        _ => (x.checked_mul(10_i128.pow(16)).ok_or_else(out_of_range)? / y, 16),
    };
    if whole {
        return Ok(Datum::Int(i64::try_from(units).map_err(|_| out_of_range())?));
    }
    Ok(Datum::Decimal(units, scale.min(30)))
}

/// A time as PostgreSQL prints it: without zeros at the end of its second.
fn time_text(time: crate::api::SimTime) -> String {
    let text = time.timestamp().strftime("%Y-%m-%d %H:%M:%S%.6f").to_string();
    format!("{}+00", text.trim_end_matches('0').trim_end_matches('.'))
}

fn text(value: impl Into<String>) -> Datum {
    Datum::Text(value.into().into())
}

fn call(name: &str, arguments: &[Expr], star: bool, at: usize, scope: &Scope<'_>) -> Result<Datum, SqlError> {
    if AGGREGATES.contains(&name) {
        return aggregate(name, arguments, star, scope);
    }
    let facts = scope.facts;
    let values =
        arguments.iter().map(|argument| argument.value(scope)).collect::<Result<Vec<Datum>, SqlError>>()?;
    let first = values.first().and_then(Datum::text).unwrap_or_default();
    let recovery_only = |value: Datum| {
        if facts.is_standby {
            return Err(SqlError::new("recovery is in progress")
                .hint("WAL control functions cannot be executed during recovery."));
        }
        Ok(value)
    };
    Ok(match name {
        "now" | "current_timestamp" | "clock_timestamp" | "transaction_timestamp" => {
            text(time_text(facts.now))
        }
        "current_date" => text(facts.now.timestamp().strftime("%Y-%m-%d").to_string()),
        "version" => text(super::super::VERSION_LINE),
        "current_user" | "session_user" | "user" => text(facts.user.as_str()),
        "current_database" => text(facts.database.as_str()),
        "current_schema" => text("public"),
        "pg_is_in_recovery" => Datum::Bool(facts.is_standby),
        "pg_current_wal_lsn" | "pg_current_wal_insert_lsn" => recovery_only(text(lsn_text(facts.lsn)))?,
        "pg_switch_wal" => recovery_only(text(lsn_text(facts.lsn)))?,
        "pg_last_wal_receive_lsn" | "pg_last_wal_replay_lsn" => {
            if facts.is_standby {
                text(lsn_text(facts.lsn))
            } else {
                Datum::Null
            }
        }
        "pg_create_physical_replication_slot" => recovery_only(text(format!("({first},)")))?,
        "pg_promote" => {
            if !facts.is_standby {
                return Err(SqlError::new("recovery is not in progress")
                    .hint("Recovery control functions can only be executed during recovery."));
            }
            scope.wishes.borrow_mut().push(Wish::Promote);
            Datum::Bool(true)
        }
        "pg_reload_conf" => Datum::Bool(true),
        "pg_postmaster_start_time" => text(time_text(facts.started)),
        "pg_backend_pid" => Datum::Int(71),
        "inet_server_addr" => text(facts.server_ip.as_str()),
        "inet_server_port" => Datum::Int(5432),
        "current_setting" => {
            let found = facts.settings.iter().find(|(known, _)| *known == first);
            match found {
                Some((_, value)) => text(value.as_str()),
                None => {
                    return Err(SqlError::new(format!("unrecognized configuration parameter \"{first}\"")));
                }
            }
        }
        "pg_database_size" => Datum::Int(7_602_703),
        "pg_size_pretty" => text(format!("{} kB", first.parse::<i64>().unwrap_or(0) / 1024)),
        "length" | "char_length" => Datum::Int(i64::try_from(first.chars().count()).unwrap_or(0)),
        "upper" => text(first.to_uppercase()),
        "lower" => text(first.to_lowercase()),
        "trim" | "btrim" => text(first.trim()),
        "concat" => text(values.iter().filter_map(Datum::text).collect::<String>()),
        "abs" => match &values[..] {
            [Datum::Int(number)] => Datum::Int(number.saturating_abs()),
            [Datum::Decimal(units, scale)] => Datum::Decimal(units.saturating_abs(), *scale),
            _ => Datum::Null,
        },
        "coalesce" => values.into_iter().find(|value| !value.is_null()).unwrap_or(Datum::Null),
        "repeat" => {
            let times = values.get(1).and_then(Datum::units).map_or(0, |(times, _)| times.clamp(0, 10_000));
            text(
                first
                    .chars()
                    .take(10_000)
                    .collect::<String>()
                    .repeat(usize::try_from(times).unwrap_or(0))
                    .chars()
                    .take(100_000)
                    .collect::<String>(),
            )
        }
        "pg_sleep" => text(""),
        _ => {
            let kinds: Vec<&str> =
                values.iter().map(|value| if value.is_number() { "integer" } else { "unknown" }).collect();
            return Err(SqlError::new(format!("function {name}({}) does not exist", kinds.join(", ")))
                .at(at)
                .hint("No function matches the given name and argument types. You might need to add explicit type casts."));
        }
    })
}

fn aggregate(name: &str, arguments: &[Expr], star: bool, scope: &Scope<'_>) -> Result<Datum, SqlError> {
    let rows = scope.group.unwrap_or_default();
    if star || arguments.is_empty() {
        return Ok(Datum::Int(i64::try_from(rows.len()).unwrap_or(0)));
    }
    let mut values = Vec::new();
    for row in rows {
        let inner = Scope { row, group: None, ..*scope };
        let value = arguments[0].value(&inner)?;
        if !value.is_null() {
            values.push(value);
        }
    }
    let sum =
        |values: &[Datum]| values.iter().try_fold(Datum::Int(0), |sum, value| arithmetic("+", &sum, value));
    let count = i64::try_from(values.len()).unwrap_or(0);
    Ok(match name {
        "count" => Datum::Int(count),
        _ if values.is_empty() => Datum::Null,
        "sum" => sum(&values)?,
        "avg" => {
            let (units, scale) = sum(&values)?.units().unwrap_or((0, 0));
            let raised = units.saturating_mul(10_i128.pow(16_u32.saturating_sub(scale)));
            Datum::Decimal(raised / i128::from(count), 16)
        }
        "min" => values.into_iter().min_by(Datum::order).unwrap_or(Datum::Null),
        "max" => values.into_iter().max_by(Datum::order).unwrap_or(Datum::Null),
        "bool_and" => Datum::Bool(values.iter().all(|value| *value == Datum::Bool(true))),
        "bool_or" => Datum::Bool(values.contains(&Datum::Bool(true))),
        "string_agg" => {
            let separator = match arguments.get(1) {
                Some(separator) => separator.value(scope)?.text().unwrap_or_default(),
                None => String::new(),
            };
            text(values.iter().filter_map(Datum::text).collect::<Vec<_>>().join(&separator))
        }
        _ => text(format!("{{{}}}", values.iter().filter_map(Datum::text).collect::<Vec<_>>().join(","))),
    })
}

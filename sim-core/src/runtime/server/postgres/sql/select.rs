//! SELECT: where rows come from, which are kept, and in what order.

use std::sync::Arc;

use super::exec::{Rows, Run};
use super::expr::{Expr, Scope};
use super::statement::{Select, Source};
use super::value::{Datum, Type};
use super::{MAX_ROWS, SqlError, system};

/// A row of a table.
type Row = Arc<[Datum]>;

/// Names of columns, which of them hold numbers, and the rows.
type Found = (Vec<String>, Vec<bool>, Vec<Row>);

impl Run<'_> {
    pub fn value(&self, expr: &Expr, columns: &[String], row: &[Datum]) -> Result<Datum, SqlError> {
        self.value_of_group(expr, columns, row, None)
    }

    fn value_of_group(
        &self,
        expr: &Expr,
        columns: &[String],
        row: &[Datum],
        group: Option<&[Arc<[Datum]>]>,
    ) -> Result<Datum, SqlError> {
        let query = |select: &Select| self.select(select).map(|rows| rows.rows);
        let (facts, wishes) = (self.facts, self.wishes);
        expr.value(&Scope { facts, columns, row, group, wishes, query: &query })
    }

    fn source(&self, select: &Select) -> Result<Found, SqlError> {
        match &select.source {
            None => Ok((Vec::new(), Vec::new(), vec![Arc::from(Vec::new())])),
            Some(Source::Table { name, at }) => match self.table(name, *at) {
                Ok(table) => {
                    let names = table.columns.iter().map(|column| column.name.clone()).collect();
                    let numbers = table.columns.iter().map(|column| column.kind.is_number()).collect();
                    Ok((names, numbers, table.rows.iter().cloned().collect()))
                }
                Err(error) => {
                    let Some((columns, rows)) = system::table(name, self.cluster, self.facts) else {
                        return Err(error);
                    };
                    let numbers =
                        columns.iter().map(|column| column.ends_with("pid") || *column == "oid").collect();
                    let columns = columns.into_iter().map(str::to_owned).collect();
                    Ok((columns, numbers, rows.into_iter().map(Arc::from).collect()))
                }
            },
            Some(Source::Function(Expr::Call { name, arguments, .. })) if name == "generate_series" => {
                let mut bounds = Vec::new();
                for argument in arguments {
                    bounds.push(Type::BigInt.take(self.value(argument, &[], &[])?)?);
                }
                let number = |index: usize, default: i64| match bounds.get(index) {
                    Some(Datum::Int(number)) => *number,
                    _ => default,
                };
                let (from, to, step) = (number(0, 1), number(1, 0), number(2, 1));
                if step == 0 {
                    return Err(SqlError::new("step size cannot equal zero"));
                }
                let mut rows: Vec<Arc<[Datum]>> = Vec::new();
                let mut at = from;
                while (if step > 0 { at <= to } else { at >= to }) && rows.len() <= MAX_ROWS {
                    rows.push(Arc::from(vec![Datum::Int(at)]));
                    at = at.saturating_add(step);
                }
                Ok((vec!["generate_series".to_owned()], vec![true], rows))
            }
            Some(Source::Function(call)) => {
                let value = self.value(call, &[], &[])?;
                Ok((vec![call.title()], vec![value.is_number()], vec![Arc::from(vec![value])]))
            }
            Some(Source::Values(values)) => {
                let mut rows: Vec<Arc<[Datum]>> = Vec::new();
                for row in values {
                    let row =
                        row.iter().map(|expr| self.value(expr, &[], &[])).collect::<Result<Vec<_>, _>>()?;
                    rows.push(Arc::from(row));
                }
                let width = rows.first().map_or(0, |row| row.len());
                if rows.iter().any(|row| row.len() != width) {
                    return Err(SqlError::new("VALUES lists must all be the same length"));
                }
                let names = (1..=width).map(|number| format!("column{number}")).collect();
                let number = |at: usize| rows.iter().all(|row| row[at].is_number());
                Ok((names, (0..width).map(number).collect(), rows))
            }
        }
    }

    pub fn keeps(&self, filter: Option<&Expr>, columns: &[String], row: &[Datum]) -> Result<bool, SqlError> {
        match filter {
            None => Ok(true),
            Some(filter) => match self.value(filter, columns, row)? {
                Datum::Bool(keep) => Ok(keep),
                Datum::Null => Ok(false),
                other => {
                    let kind = if other.is_number() { "integer" } else { "text" };
                    Err(SqlError::new(format!("argument of WHERE must be type boolean, not type {kind}")))
                }
            },
        }
    }

    pub fn select(&self, select: &Select) -> Result<Rows, SqlError> {
        let (columns, numbers, rows) = self.source(select)?;
        let mut kept = Vec::new();
        for row in rows {
            if self.keeps(select.filter.as_ref(), &columns, &row)? {
                kept.push(row);
            }
        }
        let aggregates =
            !select.groups.is_empty() || select.items.iter().any(|(expr, _)| expr.is_aggregate());
        let mut found: Vec<(Vec<Datum>, Vec<Datum>)> = Vec::new();
        let mut headings = Vec::new();
        let mut right = Vec::new();
        for (expr, alias) in &select.items {
            if matches!(expr, Expr::Star) {
                headings.extend(columns.iter().cloned());
                right.extend(numbers.iter().copied());
            } else {
                headings.push(alias.clone().unwrap_or_else(|| expr.title()));
                let own = match expr {
                    Expr::Column(name, _) => columns
                        .iter()
                        .position(|column| column == name)
                        .and_then(|at| numbers.get(at).copied()),
                    Expr::Call { name, .. } => {
                        Some(matches!(name.as_str(), "count" | "sum" | "avg" | "length"))
                    }
                    _ => None,
                };
                right.push(own.unwrap_or(false));
            }
        }
        let groups: Vec<Vec<Arc<[Datum]>>> = if aggregates {
            self.grouped(select, &columns, kept)?
        } else {
            kept.into_iter().map(|row| vec![row]).collect()
        };
        let empty: Arc<[Datum]> = vec![Datum::Null; columns.len()].into();
        for group in &groups {
            let row = group.first().unwrap_or(&empty);
            let rows = aggregates.then_some(group.as_slice());
            let mut values = Vec::new();
            for (expr, _) in &select.items {
                match expr {
                    Expr::Star => values.extend(row.iter().cloned()),
                    expr => values.push(self.value_of_group(expr, &columns, row, rows)?),
                }
            }
            let mut keys = Vec::new();
            for (expr, _) in &select.order {
                keys.push(match expr {
                    Expr::Literal(Datum::Int(place)) => {
                        let at = usize::try_from(*place - 1).ok();
                        let value = at.and_then(|at| values.get(at)).cloned();
                        value.ok_or_else(|| {
                            SqlError::new(format!("ORDER BY position {place} is not in select list"))
                        })?
                    }
                    Expr::Column(name, _) if headings.contains(name) && !columns.contains(name) => {
                        let at = headings.iter().position(|heading| heading == name).unwrap_or(0);
                        values.get(at).cloned().unwrap_or(Datum::Null)
                    }
                    expr => self.value_of_group(expr, &columns, row, rows)?,
                });
            }
            found.push((keys, values));
        }
        if found.is_empty() {
            // What is wrong with an expression is said even when there is no row to try it on.
            for (expr, _) in select.items.iter().filter(|(expr, _)| !matches!(expr, Expr::Star)) {
                self.value_of_group(expr, &columns, &empty, aggregates.then_some(&[][..]))?;
            }
        }
        if select.distinct {
            let mut seen: Vec<Vec<Datum>> = Vec::new();
            found.retain(|(_, values)| {
                let fresh = !seen.contains(values);
                if fresh {
                    seen.push(values.clone());
                }
                fresh
            });
        }
        found.sort_by(|(a, _), (b, _)| {
            let orders = a.iter().zip(b).zip(&select.order).map(
                |((a, b), (_, down))| {
                    if *down { b.order(a) } else { a.order(b) }
                },
            );
            orders.into_iter().find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        let number = |expr: Option<&Expr>, default: usize| match expr {
            None => Ok(default),
            Some(expr) => Ok(match self.value(expr, &[], &[])? {
                Datum::Int(number) => usize::try_from(number).unwrap_or(0),
                _ => default,
            }),
        };
        let skip = number(select.offset.as_ref(), 0)?;
        let take = number(select.limit.as_ref(), usize::MAX)?;
        let rows: Vec<Vec<Datum>> =
            found.into_iter().map(|(_, values)| values).skip(skip).take(take).collect();
        for (at, right) in right.iter_mut().enumerate() {
            let mut values =
                rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.is_null()).peekable();
            *right |= values.peek().is_some() && values.all(Datum::is_number);
        }
        Ok(Rows { columns: headings, numbers: right, rows })
    }

    fn grouped(
        &self,
        select: &Select,
        columns: &[String],
        rows: Vec<Arc<[Datum]>>,
    ) -> Result<Vec<Vec<Arc<[Datum]>>>, SqlError> {
        if select.groups.is_empty() {
            return Ok(vec![rows]);
        }
        let mut groups: Vec<(Vec<Datum>, Vec<Row>)> = Vec::new();
        for row in rows {
            let mut key = Vec::new();
            for expr in &select.groups {
                key.push(match expr {
                    Expr::Literal(Datum::Int(place)) => {
                        let at = usize::try_from(*place - 1).unwrap_or(usize::MAX);
                        match select.items.get(at) {
                            Some((expr, _)) => self.value(expr, columns, &row)?,
                            None => Datum::Null,
                        }
                    }
                    expr => self.value(expr, columns, &row)?,
                });
            }
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((key, vec![row])),
            }
        }
        Ok(groups.into_iter().map(|(_, rows)| rows).collect())
    }
}

//! awk, in the one form that people type most: `awk [-F x] '[/re/|NR==n] {print $1, $2, "text"}'`.

use super::Turn;
use super::grep;
use super::io::{Io, Line};
use super::options::Options;

pub(super) fn awk(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "F:v:") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let Some((program, operands)) = options.operands.split_first() else {
        io.err("Usage: awk [OPTIONS] [AWK_PROGRAM] [FILE]...\n");
        return Ok(1);
    };
    let Some((condition, expressions)) = parse(program) else {
        io.complain("cmd. line:1: Unexpected token");
        return Ok(1);
    };
    let regex = match condition.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => grep::compile(pattern, true, false),
        None => None,
    };
    let wanted_line = condition.strip_prefix("NR").and_then(|rest| {
        let rest = rest.trim();
        let (operator, number) = rest.split_at(rest.find(|c: char| c.is_ascii_digit() || c == ' ')?);
        Some((operator.to_owned(), number.trim().parse::<u64>().ok()?))
    });
    if !condition.is_empty() && regex.is_none() && wanted_line.is_none() {
        io.complain("cmd. line:1: Unexpected token");
        return Ok(1);
    }
    while let Some(Line { text, .. }) = io.next_line(operands)? {
        io.memory().line += 1;
        let number = io.memory().line;
        let in_place = wanted_line.as_ref().is_none_or(|(operator, wanted)| match operator.as_str() {
            "==" => number == *wanted,
            "!=" => number != *wanted,
            ">" => number > *wanted,
            ">=" => number >= *wanted,
            "<" => number < *wanted,
            _ => number <= *wanted,
        });
        if !in_place || regex.as_ref().is_some_and(|regex| !regex.is_match(&text)) {
            continue;
        }
        let fields: Vec<&str> = match options.value('F') {
            None | Some(" ") => text.split_whitespace().collect(),
            Some(separator) => text.split(separator).collect(),
        };
        let value = |expression: &Expression| match expression {
            Expression::Text(text) => text.clone(),
            Expression::Field(0) => text.clone(),
            Expression::Field(index) => fields.get(index - 1).copied().unwrap_or_default().to_owned(),
            Expression::LastField => fields.last().copied().unwrap_or_default().to_owned(),
            Expression::FieldCount => fields.len().to_string(),
            Expression::LineNumber => number.to_string(),
            Expression::Comma => " ".to_owned(),
        };
        let line: String = expressions.iter().map(value).collect();
        io.out(&(line + "\n"));
    }
    Ok(i32::from(io.memory().failed))
}

enum Expression {
    Text(String),
    Field(usize),
    LastField,
    FieldCount,
    LineNumber,
    Comma,
}

/// The condition and what is printed; `None` when it is another kind of program.
fn parse(program: &str) -> Option<(String, Vec<Expression>)> {
    let program = program.trim();
    let Some((condition, rest)) = program.split_once('{') else {
        return Some((program.to_owned(), vec![Expression::Field(0)]));
    };
    let body = rest.trim_end().strip_suffix('}')?.trim().trim_end_matches(';');
    let mut rest = body.strip_prefix("print")?.trim();
    let mut expressions = Vec::new();
    if rest.is_empty() {
        expressions.push(Expression::Field(0));
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(',') {
            expressions.push(Expression::Comma);
            rest = after.trim_start();
        } else if let Some(after) = rest.strip_prefix('"') {
            let end = after.find('"')?;
            expressions.push(Expression::Text(super::print::unescape(&after[..end]).0));
            rest = after[end + 1..].trim_start();
        } else if let Some(after) = rest.strip_prefix("$NF") {
            expressions.push(Expression::LastField);
            rest = after.trim_start();
        } else if let Some(after) = rest.strip_prefix('$') {
            let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            expressions.push(Expression::Field(after[..end].parse().ok()?));
            rest = after[end..].trim_start();
        } else if let Some(after) = rest.strip_prefix("NF") {
            expressions.push(Expression::FieldCount);
            rest = after.trim_start();
        } else if let Some(after) = rest.strip_prefix("NR") {
            expressions.push(Expression::LineNumber);
            rest = after.trim_start();
        } else {
            return None;
        }
    }
    Some((condition.trim().to_owned(), expressions))
}

//! sort, uniq and tac.

use std::cmp::Ordering;

use super::Turn;
use super::io::Io;
use super::options::Options;

pub(super) fn sort(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "rnufVbk:t:so:h") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let text = io.all_text(&options.operands)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let column = options.value('k').and_then(|key| {
        key.split([',', '.'])
            .next()?
            .trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .parse::<usize>()
            .ok()
    });
    let numeric =
        options.has('n') || options.has('h') || options.value('k').is_some_and(|key| key.ends_with('n'));
    let reverse = options.has('r') || options.value('k').is_some_and(|key| key.ends_with('r'));
    let separator = options.value('t').and_then(|text| text.chars().next());
    let key = |line: &str| -> String {
        let Some(column) = column else { return line.to_owned() };
        match separator {
            Some(separator) => {
                line.split(separator).skip(column.saturating_sub(1)).collect::<Vec<_>>().join(" ")
            }
            None => line.split_whitespace().skip(column.saturating_sub(1)).collect::<Vec<_>>().join(" "),
        }
    };
    let compare = |left: &&str, right: &&str| -> Ordering {
        let (a, b) = (key(left), key(right));
        let order = if numeric {
            number(&a).cmp(&number(&b))
        } else if options.has('V') {
            version(&a).cmp(&version(&b))
        } else if options.has('f') {
            a.to_lowercase().cmp(&b.to_lowercase())
        } else {
            a.cmp(&b)
        };
        let order = if reverse { order.reverse() } else { order };
        if options.has('s') || options.has('u') { order } else { order.then_with(|| left.cmp(right)) }
    };
    lines.sort_by(compare);
    if options.has('u') {
        lines.dedup_by(|a, b| compare(&&**a, &&**b) == Ordering::Equal);
    }
    let mut sorted = lines.join("\n");
    if !lines.is_empty() {
        sorted.push('\n');
    }
    match options.value('o') {
        Some(file) => {
            let (path, now) = (io.path(file), io.now());
            if let Err(error) = io.files().write(&path, sorted.as_bytes(), now) {
                io.complain(&format!("{file}: {error}"));
                return Ok(1);
            }
        }
        None => io.out(&sorted),
    }
    Ok(if io.memory().failed { 2 } else { 0 })
}

/// The number that text begins with, in thousandths.
fn number(text: &str) -> i128 {
    let text = text.trim_start();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let whole: String = digits.chars().take_while(char::is_ascii_digit).take(30).collect();
    let fraction = digits[whole.len()..].strip_prefix('.').unwrap_or_default();
    let fraction: String =
        fraction.chars().take_while(char::is_ascii_digit).chain("000".chars()).take(3).collect();
    let whole: i128 = whole.parse().unwrap_or(0);
    sign * (whole * 1_000 + fraction.parse::<i128>().unwrap_or(0))
}

/// Text as runs of digits and of other characters.
fn version(text: &str) -> Vec<(u64, String)> {
    let mut runs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        runs.push((rest[..digits].parse().unwrap_or(0), rest[digits..end].to_owned()));
        rest = &rest[end..];
    }
    runs
}

pub(super) fn uniq(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "cdui") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let operands = &options.operands[..options.operands.len().min(1)];
    let text = io.all_text(operands)?;
    let mut runs: Vec<(usize, &str)> = Vec::new();
    for line in text.lines() {
        match runs.last_mut() {
            Some((count, last)) if *last == line || (options.has('i') && last.eq_ignore_ascii_case(line)) => {
                *count += 1;
            }
            _ => runs.push((1, line)),
        }
    }
    let mut shown = String::new();
    for (count, line) in runs {
        if (options.has('d') && count == 1) || (options.has('u') && count > 1) {
            continue;
        }
        if options.has('c') {
            shown.push_str(&format!("{count:7} "));
        }
        shown.push_str(line);
        shown.push('\n');
    }
    io.out(&shown);
    Ok(i32::from(io.memory().failed))
}

pub(super) fn tac(io: &mut Io<'_>) -> Turn {
    let operands = io.arguments();
    let text = io.all_text(&operands)?;
    let reversed: String = text.lines().rev().flat_map(|line| [line, "\n"]).collect();
    io.out(&reversed);
    Ok(i32::from(io.memory().failed))
}

//! head and tail.

use std::time::Duration;

use super::io::Io;
use super::options::Options;
use super::{Pause, Turn};

/// `-20` as `-n 20`.
fn with_old_form(arguments: &[String]) -> Vec<String> {
    let number = |argument: &String| match argument.strip_prefix('-') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("-n{digits}")
        }
        _ => argument.clone(),
    };
    arguments.iter().map(number).collect()
}

fn read_options(io: &mut Io<'_>, spec: &str) -> Result<(Options, i64, bool), i32> {
    let parsed = Options::parse(&with_old_form(&io.arguments()), spec);
    let options = match parsed {
        Ok(options) => options,
        Err(message) => {
            io.complain(&message);
            return Err(1);
        }
    };
    let text = options.value('n').or(options.value('c')).unwrap_or("10").to_owned();
    let from_start = text.starts_with('+');
    match text.trim_start_matches('+').parse::<i64>() {
        Ok(count) => Ok((options, count, from_start)),
        Err(_) => {
            io.complain(&format!("invalid number '{text}'"));
            Err(1)
        }
    }
}

pub(super) fn head(io: &mut Io<'_>) -> Turn {
    let (options, count, _) = match read_options(io, "n:c:qv") {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    if let Some(bytes) = options.value('c') {
        let text = io.all_text(&options.operands)?;
        let limit = bytes.parse().unwrap_or(0).min(text.len());
        let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        io.out(&text[..end]);
        return Ok(i32::from(io.memory().failed));
    }
    let operands = if options.operands.is_empty() { vec!["-".to_owned()] } else { options.operands.clone() };
    let titled = (operands.len() > 1 && !options.has('q')) || options.has('v');
    let mut shown_operand = io.memory().turn;
    while let Some(line) = if enough(io, count, &operands) { None } else { io.next_line(&operands)? } {
        let operand = line.operand as u64 + 1;
        if operand != shown_operand {
            if titled {
                let gap = if shown_operand == 0 { "" } else { "\n" };
                io.out(&format!("{gap}==> {} <==\n", operands[line.operand]));
            }
            shown_operand = operand;
            let memory = io.memory();
            memory.turn = operand;
            memory.count = 0;
        }
        let memory = io.memory();
        if memory.count < u64::try_from(count).unwrap_or(0) {
            memory.count += 1;
            io.out(&(line.text + if line.ended { "\n" } else { "" }));
        } else if operands.len() > 1 {
            io.next_source();
        }
    }
    Ok(i32::from(io.memory().failed))
}

/// Whether the only operand has given all the lines that are wanted.
fn enough(io: &mut Io<'_>, count: i64, operands: &[String]) -> bool {
    operands.len() == 1 && io.memory().count >= u64::try_from(count).unwrap_or(0)
}

/// The end of `text`: its last `count` lines, or from line `count` on.
fn last_lines(text: &str, count: i64, from_start: bool) -> &str {
    let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .filter(|at| *at < text.len())
        .collect();
    let first = match from_start {
        true => count.saturating_sub(1),
        false => starts.len().saturating_sub(count),
    };
    starts.get(first).map_or("", |at| &text[*at..])
}

pub(super) fn tail(io: &mut Io<'_>) -> Turn {
    let (options, count, from_start) = match read_options(io, "n:c:fFqvs:") {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let follow = options.has('f') || options.has('F');
    if io.memory().turn > 0 {
        return keep_following(io, &options.operands);
    }
    if options.operands.is_empty() || options.operands[0] == "-" {
        let text = io.stdin()?;
        io.out(last_lines(&text, count, from_start));
        return Ok(0);
    }
    let titled = options.operands.len() > 1 && !options.has('q');
    let mut failed = false;
    for (index, operand) in options.operands.iter().enumerate() {
        match io.read_text(operand) {
            Ok(text) => {
                if titled {
                    let gap = if index == 0 { "" } else { "\n" };
                    io.out(&format!("{gap}==> {operand} <==\n"));
                }
                let shown = match options.value('c') {
                    Some(_) => {
                        let from = text.len().saturating_sub(usize::try_from(count).unwrap_or(0));
                        let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                        &text[from..]
                    }
                    None => last_lines(&text, count, from_start),
                };
                io.out(shown);
                io.memory().text.push_str(&format!("{} ", text.len()));
            }
            Err(error) => {
                io.cannot_open(operand, error);
                failed = true;
                io.memory().text.push_str(if options.has('F') { "0 " } else { "- " });
            }
        }
    }
    let any = io.memory().text.split(' ').any(|size| !matches!(size, "-" | ""));
    if !follow || !any {
        if follow {
            io.complain("no files");
        }
        return Ok(i32::from(failed));
    }
    io.memory().turn = 1;
    let next = io.now() + Duration::from_secs(1);
    Err(Pause::Until(next))
}

/// Prints what was added to the files since the last look, once a second.
fn keep_following(io: &mut Io<'_>, operands: &[String]) -> Turn {
    let seen = std::mem::take(&mut io.memory().text);
    for (operand, size) in operands.iter().zip(seen.split(' ')) {
        let Ok(mut size) = size.parse::<usize>() else {
            io.memory().text.push_str("- ");
            continue;
        };
        let text = io.read_text(operand).unwrap_or_default();
        if text.len() < size {
            // The file was cut short and begins again.
            size = 0;
        }
        let added = text.get(size..).unwrap_or_default().to_owned();
        io.out(&added);
        io.memory().text.push_str(&format!("{} ", text.len()));
    }
    let next = io.now() + Duration::from_secs(1);
    Err(Pause::Until(next))
}

//! cat, tee and wc.

use super::Turn;
use super::io::Io;
use super::options::Options;
use crate::runtime::fs::FsError;

pub(super) fn cat(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "nbveAtusT") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let numbered = options.has('n') || options.has('b');
    let operands = if options.operands.is_empty() { vec!["-".to_owned()] } else { options.operands.clone() };
    while let Some(operand) = operands.get(usize::try_from(io.memory().turn).unwrap_or(usize::MAX)) {
        let text = if operand == "-" {
            match io.stdin_some()? {
                Some(text) => text,
                None => {
                    io.memory().turn += 1;
                    continue;
                }
            }
        } else {
            io.memory().turn += 1;
            match io.read_text(operand) {
                Ok(text) => text,
                Err(error) => {
                    io.cannot_open(operand, error);
                    continue;
                }
            }
        };
        if !numbered {
            io.out(&text);
            continue;
        }
        for line in text.split_inclusive('\n') {
            if options.has('b') && line == "\n" {
                io.out(line);
                continue;
            }
            io.memory().line += 1;
            let line = format!("{:6}\t{line}", io.memory().line);
            io.out(&line);
        }
    }
    Ok(i32::from(io.memory().failed))
}

pub(super) fn tee(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "ai") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let now = io.now();
    if io.memory().turn == 0 {
        io.memory().turn = 1;
        for operand in &options.operands {
            let path = io.path(operand);
            let opened = match options.has('a') {
                true => io.files().append(&path, b"", now),
                false => io.files().write(&path, b"", now),
            };
            if let Err(error) = opened {
                io.complain(&format!("{operand}: {error}"));
                io.memory().failed = true;
            }
        }
    }
    while let Some(text) = io.stdin_some()? {
        io.out(&text);
        for operand in &options.operands {
            let path = io.path(operand);
            if io.files().stat(&path).is_ok() && io.files().append(&path, text.as_bytes(), now).is_err() {
                io.memory().failed = true;
            }
        }
    }
    Ok(i32::from(io.memory().failed))
}

/// Lines, words, characters and bytes of a text.
fn counts(text: &str) -> [usize; 4] {
    let lines = text.bytes().filter(|byte| *byte == b'\n').count();
    [lines, text.split_whitespace().count(), text.chars().count(), text.len()]
}

pub(super) fn wc(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "lwcmL") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let mut shown = [options.has('l'), options.has('w'), options.has('m'), options.has('c')];
    if shown == [false; 4] {
        shown = [true, true, false, true];
    }
    let single = shown.iter().filter(|shown| **shown).count() == 1;
    let row = |counts: [usize; 4], name: &str, gnu_width: Option<usize>| {
        let numbers =
            counts.iter().zip(shown).filter(|(_, shown)| *shown).map(|(count, _)| match gnu_width {
                Some(width) => format!("{count:width$}"),
                None if single => count.to_string(),
                None => format!("{count:9}"),
            });
        let mut line = numbers.collect::<Vec<_>>().join(" ");
        if !name.is_empty() {
            line.push(' ');
            line.push_str(name);
        }
        line.push('\n');
        line
    };
    let gnu = io.is_gnu();
    if options.operands.is_empty() {
        let text = io.stdin()?;
        let width = if single { 1 } else { 7 };
        io.out(&row(counts(&text), "", gnu.then_some(width)));
        return Ok(0);
    }
    let mut total = [0; 4];
    let mut rows = Vec::new();
    for operand in &options.operands {
        let text = if operand == "-" { Ok(io.stdin()?) } else { io.read_text(operand) };
        match text {
            Ok(text) => {
                let counts = counts(&text);
                total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                rows.push((counts, operand.as_str()));
            }
            Err(error) => {
                io.cannot_open(operand, error);
                if error == FsError::IsDirectory {
                    rows.push(([0; 4], operand.as_str()));
                }
            }
        }
    }
    if options.operands.len() > 1 {
        rows.push((total, "total"));
    }
    let width = total.iter().max().map_or(1, |most| most.to_string().len());
    for (counts, name) in rows {
        let single_file = single && options.operands.len() == 1;
        io.out(&row(counts, name, gnu.then_some(if single_file { 1 } else { width })));
    }
    Ok(i32::from(io.memory().failed))
}

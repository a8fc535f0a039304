//! cut, tr and base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::pattern::in_class;
use super::Turn;
use super::io::{Io, Line};
use super::options::Options;

/// `1,3-5,7-` as ranges, ends included.
fn ranges(list: &str) -> Option<Vec<(usize, usize)>> {
    list.split(',')
        .map(|part| match part.split_once('-') {
            Some(("", "")) => None,
            Some((from, to)) => Some((
                if from.is_empty() { 1 } else { from.parse().ok()? },
                if to.is_empty() { usize::MAX } else { to.parse().ok()? },
            )),
            None => part.parse().ok().map(|at| (at, at)),
        })
        .collect()
}

pub(super) fn cut(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "d:f:c:b:sn") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let by_field = options.value('f').is_some();
    let list = options.value('f').or(options.value('c')).or(options.value('b'));
    let Some(ranges) = list.and_then(ranges) else {
        io.complain("expected a list of bytes, characters, or fields");
        return Ok(1);
    };
    let picked = |at: usize| ranges.iter().any(|(from, to)| (*from..=*to).contains(&at));
    let delimiter = options.value('d').and_then(|text| text.chars().next()).unwrap_or('\t');
    while let Some(Line { text, .. }) = io.next_line(&options.operands)? {
        let shown: String = if !by_field {
            text.chars().enumerate().filter(|(at, _)| picked(at + 1)).map(|(_, c)| c).collect()
        } else if !text.contains(delimiter) {
            if options.has('s') {
                continue;
            }
            text
        } else {
            let fields = text.split(delimiter).enumerate().filter(|(at, _)| picked(at + 1));
            fields.map(|(_, field)| field).collect::<Vec<_>>().join(&delimiter.to_string())
        };
        io.out(&(shown + "\n"));
    }
    Ok(i32::from(io.memory().failed))
}

/// The characters that a `tr` set names.
fn set(text: &str) -> Vec<char> {
    let (text, _) = super::print::unescape(text);
    let chars: Vec<char> = text.chars().collect();
    let mut members = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest: String = chars[at..].iter().take(12).collect();
        if let Some(class) =
            rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")).map(|(class, _)| class)
        {
            members.extend((0..128u8).map(char::from).filter(|c| in_class(class, *c)));
            at += class.len() + 4;
        } else if chars.get(at + 1) == Some(&'-') && at + 2 < chars.len() {
            members.extend((chars[at]..=chars[at + 2]).take(65_536));
            at += 3;
        } else {
            members.push(chars[at]);
            at += 1;
        }
    }
    members
}

pub(super) fn tr(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "dscC") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let Some(first) = options.operands.first().map(|text| set(text)) else {
        io.err("Usage: tr [-cds] STRING1 [STRING2]\n");
        return Ok(1);
    };
    let second = options.operands.get(1).map(|text| set(text));
    let complement = options.has('c') || options.has('C');
    let (delete, squeeze) = (options.has('d'), options.has('s'));
    let squeezed = second.as_ref().filter(|_| squeeze).unwrap_or(&first).clone();
    while let Some(text) = io.stdin_some()? {
        let mut last = io.memory().text.chars().next();
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            let place = first.iter().position(|member| *member == c);
            let hit = place.is_some() != complement;
            if hit && delete {
                continue;
            }
            let new = match &second {
                Some(second) if hit && !delete => {
                    let at = if complement { usize::MAX } else { place.unwrap_or(usize::MAX) };
                    second.get(at).or(second.last()).copied().unwrap_or(c)
                }
                _ => c,
            };
            let in_squeezed = squeezed.contains(&new) != (complement && second.is_none());
            if squeeze && last == Some(new) && in_squeezed {
                continue;
            }
            last = Some(new);
            shown.push(new);
        }
        io.memory().text = last.map(String::from).unwrap_or_default();
        io.out(&shown);
    }
    Ok(0)
}

pub(super) fn base64(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "dw:") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let text = io.all_text(&options.operands)?;
    if options.has('d') {
        let packed: String = text.split_whitespace().collect();
        let Ok(bytes) = STANDARD.decode(packed) else {
            io.complain("truncated input");
            return Ok(1);
        };
        io.out(&String::from_utf8_lossy(&bytes));
        return Ok(0);
    }
    let encoded = STANDARD.encode(text);
    let width = options.value('w').and_then(|width| width.parse().ok()).unwrap_or(76usize);
    let mut rest = encoded.as_str();
    while width > 0 && rest.len() > width {
        io.out(&rest[..width]);
        io.out("\n");
        rest = &rest[width..];
    }
    io.out(rest);
    io.out(if width > 0 { "\n" } else { "" });
    Ok(i32::from(io.memory().failed))
}

/// `rev`: each line from its end.
pub(super) fn rev(io: &mut Io<'_>) -> Turn {
    let operands = io.arguments().to_vec();
    let text = io.all_text(&operands)?;
    let lines: String =
        text.lines().map(|line| format!("{}\n", line.chars().rev().collect::<String>())).collect();
    io.out(&lines);
    Ok(i32::from(io.memory().failed))
}

/// `nl`: lines that are not empty, with their numbers.
pub(super) fn nl(io: &mut Io<'_>) -> Turn {
    let operands: Vec<String> =
        io.arguments().iter().filter(|word| !word.starts_with('-')).cloned().collect();
    let text = io.all_text(&operands)?;
    let mut number = 0;
    for line in text.lines() {
        if line.is_empty() {
            io.out("       \n");
        } else {
            number += 1;
            io.out(&format!("{number:6}\t{line}\n"));
        }
    }
    Ok(i32::from(io.memory().failed))
}

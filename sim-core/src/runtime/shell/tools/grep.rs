//! grep, with regex-lite underneath.

use regex_lite::{Regex, RegexBuilder};

use super::Turn;
use super::io::Io;
use super::options::Options;

/// A POSIX basic regular expression in the extended syntax.
pub(super) fn basic_to_extended(pattern: &str) -> String {
    let mut extended = String::new();
    let mut chars = pattern.chars().peekable();
    let mut at_start = true;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => {
                    extended.push(next);
                    at_start = matches!(next, '(' | '|');
                    continue;
                }
                Some('<' | '>') => extended.push_str(r"\b"),
                Some(next) => extended.extend(['\\', next]),
                None => extended.push_str(r"\\"),
            },
            '[' => {
                extended.push('[');
                copy_bracket(&mut chars, &mut extended);
            }
            '*' if at_start => extended.push_str(r"\*"),
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => extended.extend(['\\', c]),
            c => extended.push(c),
        }
        at_start = c == '^' && at_start;
    }
    extended
}

/// A bracket expression up to its end; POSIX has no escapes in it.
fn copy_bracket(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, into: &mut String) {
    if chars.next_if_eq(&'^').is_some() {
        into.push('^');
    }
    if chars.next_if_eq(&']').is_some() {
        into.push_str(r"\]");
    }
    while let Some(c) = chars.next() {
        match c {
            ']' => return into.push(']'),
            '[' if chars.peek() == Some(&':') => {
                into.push('[');
                for c in chars.by_ref() {
                    into.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '\\' | '[' | '&' | '~' => into.extend(['\\', c]),
            c => into.push(c),
        }
    }
}

/// Compiles a pattern; `None` when it is no regular expression.
pub(super) fn compile(pattern: &str, extended: bool, ignore_case: bool) -> Option<Regex> {
    let pattern = if extended { pattern.to_owned() } else { basic_to_extended(pattern) };
    RegexBuilder::new(&pattern).case_insensitive(ignore_case).size_limit(1 << 20).build().ok()
}

pub(super) fn grep(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "ivcnqEFrRHhlLoswxe:m:A:B:C:") {
        Ok(options) => options,
        Err(status) => return Ok(if status == 0 { 0 } else { 2 }),
    };
    let mut operands = options.operands.clone();
    let mut patterns: Vec<String> = options.values('e').iter().map(|text| (*text).to_owned()).collect();
    if patterns.is_empty() {
        if operands.is_empty() {
            io.err(
                "Usage: grep [-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... } [FILE]...\n",
            );
            return Ok(2);
        }
        patterns.push(operands.remove(0));
    }
    let name = io.name();
    let extended = options.has('E') || name == "egrep";
    let fixed = options.has('F') || name == "fgrep";
    let mut regexes = Vec::new();
    for pattern in patterns.iter().flat_map(|pattern| pattern.split('\n')) {
        let mut source = if fixed { regex_lite::escape(pattern) } else { pattern.to_owned() };
        if !extended && !fixed {
            source = basic_to_extended(&source);
        }
        if options.has('w') {
            source = format!(r"\b({source})\b");
        }
        if options.has('x') {
            source = format!("^({source})$");
        }
        match compile(&source, true, options.has('i')) {
            Some(regex) => regexes.push(regex),
            None => {
                io.complain(&format!("bad regex '{pattern}': Invalid preceding regular expression"));
                return Ok(2);
            }
        }
    }
    let recursive = options.has('r') || options.has('R');
    let named = (operands.len() > 1 || recursive || options.has('H')) && !options.has('h');
    let files = expand_operands(io, &operands, recursive);
    search(io, &Search { options: &options, regexes: &regexes, files: &files, named })
}

/// The files to search: with `-r` all below each folder.
fn expand_operands(io: &mut Io<'_>, operands: &[String], recursive: bool) -> Vec<String> {
    if !recursive {
        return operands.to_vec();
    }
    let roots = if operands.is_empty() { vec![".".to_owned()] } else { operands.to_vec() };
    let mut files = Vec::new();
    for root in roots {
        super::find::walk(io, &root, &mut |path, entry| {
            if entry.content.is_some() {
                files.push(path.to_owned());
            }
        });
    }
    files
}

struct Search<'a> {
    options: &'a Options,
    regexes: &'a [Regex],
    files: &'a [String],
    named: bool,
}

fn search(io: &mut Io<'_>, search: &Search<'_>) -> Turn {
    let Search { options, regexes, files, named } = *search;
    let limit = options.value('m').and_then(|limit| limit.parse().ok()).unwrap_or(u64::MAX);
    let context = |letter| -> usize {
        options.value(letter).or(options.value('C')).and_then(|count| count.parse().ok()).unwrap_or(0)
    };
    let (before, after) = (context('B'), context('A'));
    let counts_only = options.has('c');
    let title = |operand: usize| files.get(operand).map_or("(standard input)", String::as_str).to_owned();
    loop {
        let line = io.next_line(files)?;
        let current = line.as_ref().map(|line| line.operand as u64);
        let previous = io.memory().turn;
        if current != Some(previous) {
            finish_file(io, options, named, &title, previous);
            // Operands without a line in them still have a count.
            let next = current.unwrap_or(files.len() as u64);
            for skipped in previous + 1..next {
                io.memory().count = 0;
                finish_file(io, options, named, &title, skipped);
            }
            let memory = io.memory();
            (memory.turn, memory.count, memory.line) = (next, 0, 0);
            memory.text.clear();
        }
        let Some(line) = line else { break };
        io.memory().line += 1;
        let number = io.memory().line;
        let hit = regexes.iter().any(|regex| regex.is_match(&line.text)) != options.has('v');
        let head = |number: u64, mark: char| {
            let mut head = String::new();
            if named {
                head.push_str(&format!("{}{mark}", title(line.operand)));
            }
            if options.has('n') {
                head.push_str(&format!("{number}{mark}"));
            }
            head
        };
        if !hit {
            let kept = io.memory().after;
            if kept > 0 && !counts_only {
                io.memory().after -= 1;
                io.out(&format!("{}{}\n", head(number, '-'), line.text));
            } else if before > 0 {
                remember(io, &line.text, before);
            }
            continue;
        }
        io.memory().count += 1;
        io.memory().found = true;
        if options.has('q') {
            return Ok(0);
        }
        if options.has('l') {
            io.out(&format!("{}\n", title(line.operand)));
            io.next_source();
        } else if options.has('o') && !options.has('v') {
            for regex in regexes {
                for found in regex.find_iter(&line.text).filter(|found| !found.is_empty()) {
                    io.out(&format!("{}{}\n", head(number, ':'), found.as_str()));
                }
            }
        } else if !counts_only && !options.has('L') {
            let kept = std::mem::take(&mut io.memory().text);
            let kept: Vec<&str> = kept.lines().collect();
            for (index, text) in kept.iter().enumerate() {
                let at = number - (kept.len() - index) as u64;
                io.out(&format!("{}{text}\n", head(at, '-')));
            }
            io.out(&format!("{}{}\n", head(number, ':'), line.text));
            io.memory().after = after as u64;
        }
        if io.memory().count >= limit {
            io.next_source();
        }
    }
    let found = io.memory().found;
    Ok(if io.memory().failed && !found { 2 } else { i32::from(!found) })
}

fn remember(io: &mut Io<'_>, text: &str, most: usize) {
    let kept = &mut io.memory().text;
    kept.push_str(text);
    kept.push('\n');
    while kept.matches('\n').count() > most {
        let end = kept.find('\n').map_or(kept.len(), |end| end + 1);
        kept.drain(..end);
    }
}

/// Prints what is said of a file once it was read: its count, or that nothing matched.
fn finish_file(
    io: &mut Io<'_>,
    options: &Options,
    named: bool,
    title: &dyn Fn(usize) -> String,
    operand: u64,
) {
    let operand = usize::try_from(operand).unwrap_or(usize::MAX);
    let count = io.memory().count;
    if options.has('c') && !options.has('q') {
        let head = if named { format!("{}:", title(operand)) } else { String::new() };
        io.out(&format!("{head}{count}\n"));
    }
    if options.has('L') && count == 0 {
        io.out(&format!("{}\n", title(operand)));
    }
}

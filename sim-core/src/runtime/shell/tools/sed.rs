//! sed: `s`, `p`, `d`, `q`, `=`, `a`, `i` and `c`, with line, `$` and pattern addresses and ranges.

use regex_lite::Regex;

use super::Turn;
use super::grep;
use super::io::{Io, Line};
use super::options::Options;

/// What a command applies to.
enum Address {
    Line(u64),
    Last,
    Pattern(Regex),
}

enum Action {
    Substitute { regex: Regex, text: String, all: bool, print: bool, nth: usize },
    Print,
    Delete,
    Quit,
    Number,
    Append(String),
    Insert(String),
    Change(String),
}

struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
}

pub(super) fn sed(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "nrEie:s") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let mut operands = options.operands.clone();
    let mut script = options.values('e').join("\n");
    if script.is_empty() {
        if operands.is_empty() {
            io.err("Usage: sed [-i] [-nrE] [-e CMD]... [FILE]...\n");
            return Ok(1);
        }
        script = operands.remove(0);
    }
    let extended = options.has('r') || options.has('E');
    let commands = match parse(&script, extended) {
        Ok(commands) => commands,
        Err(message) => {
            io.complain(&message);
            return Ok(1);
        }
    };
    if options.has('i') {
        return in_place(io, &operands, &commands, options.has('n'));
    }
    // `$` needs to know the last line, so one line is held back: here simply all of them.
    if commands.iter().any(uses_last) {
        let text = io.all_text(&operands)?;
        let (text, _) = edit(&text, &commands, options.has('n'));
        io.out(&text);
        return Ok(i32::from(io.memory().failed));
    }
    while let Some(Line { text, ended, .. }) = io.next_line(&operands)? {
        io.memory().line += 1;
        let number = io.memory().line;
        let mut open = io.memory().count;
        let (mut shown, quit) = run(&commands, &text, (number, false), &mut open, options.has('n'));
        io.memory().count = open;
        if !ended && shown.ends_with('\n') {
            shown.pop();
        }
        io.out(&shown);
        if quit {
            break;
        }
    }
    Ok(i32::from(io.memory().failed))
}

fn uses_last(command: &Command) -> bool {
    matches!(command.from, Some(Address::Last)) || matches!(command.to, Some(Address::Last))
}

fn in_place(io: &mut Io<'_>, operands: &[String], commands: &[Command], quiet: bool) -> Turn {
    for operand in operands {
        match io.read_text(operand) {
            Ok(text) => {
                let (text, _) = edit(&text, commands, quiet);
                let (path, now) = (io.path(operand), io.now());
                if let Err(error) = io.files().write(&path, text.as_bytes(), now) {
                    io.complain(&format!("can't create temp file '{operand}': {error}"));
                    return Ok(1);
                }
            }
            Err(error) => io.cannot_open(operand, error),
        }
    }
    Ok(i32::from(io.memory().failed))
}

fn edit(text: &str, commands: &[Command], quiet: bool) -> (String, bool) {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut edited, mut open) = (String::new(), 0);
    for (index, line) in lines.iter().enumerate() {
        let last = index + 1 == lines.len();
        let bare = line.strip_suffix('\n').unwrap_or(line);
        let (shown, quit) = run(commands, bare, (index as u64 + 1, last), &mut open, quiet);
        edited.push_str(&shown);
        if !line.ends_with('\n') && edited.ends_with('\n') {
            edited.pop();
        }
        if quit || edited.len() > super::io::MAX_TEXT * 8 {
            break;
        }
    }
    (edited, false)
}

/// Runs the commands on one line; what is printed, and whether sed ends. `open` has a bit for each range.
fn run(
    commands: &[Command],
    line: &str,
    (number, last): (u64, bool),
    open: &mut u64,
    quiet: bool,
) -> (String, bool) {
    let (mut line, mut shown, mut after) = (line.to_owned(), String::new(), String::new());
    let (mut deleted, mut quit) = (false, false);
    for (index, command) in commands.iter().enumerate() {
        let bit = 1u64 << (index % 64);
        let hits = |address: &Address, line: &str| match address {
            Address::Line(wanted) => number == *wanted,
            Address::Last => last,
            Address::Pattern(regex) => regex.is_match(line),
        };
        let selected = match (&command.from, &command.to) {
            (None, _) => true,
            (Some(from), None) => hits(from, &line),
            (Some(_), Some(to)) if *open & bit != 0 => {
                if hits(to, &line) || matches!(to, Address::Line(end) if number >= *end) {
                    *open &= !bit;
                }
                !matches!(to, Address::Line(end) if number > *end)
            }
            (Some(from), Some(to)) => {
                let starts = hits(from, &line);
                if starts && !matches!(to, Address::Line(end) if *end <= number) {
                    *open |= bit;
                }
                starts
            }
        };
        if selected == command.negated {
            continue;
        }
        match &command.action {
            Action::Substitute { regex, text, all, print, nth } => {
                let (changed, hit) = substitute(&line, regex, text, *all, *nth);
                line = changed;
                if hit && *print {
                    shown.push_str(&format!("{line}\n"));
                }
            }
            Action::Print => shown.push_str(&format!("{line}\n")),
            Action::Number => shown.push_str(&format!("{number}\n")),
            Action::Append(text) => after.push_str(&format!("{text}\n")),
            Action::Insert(text) => shown.push_str(&format!("{text}\n")),
            Action::Change(text) => {
                shown.push_str(&format!("{text}\n"));
                deleted = true;
            }
            Action::Delete => deleted = true,
            Action::Quit => quit = true,
        }
        if deleted || quit {
            break;
        }
    }
    if !deleted && !quiet {
        shown.push_str(&line);
        shown.push('\n');
    }
    (shown + &after, quit)
}

fn substitute(line: &str, regex: &Regex, text: &str, all: bool, nth: usize) -> (String, bool) {
    let (mut changed, mut at, mut count, mut hit) = (String::new(), 0, 0, false);
    for found in regex.captures_iter(line) {
        let Some(whole) = found.get(0) else { continue };
        count += 1;
        if count < nth {
            continue;
        }
        hit = true;
        changed.push_str(&line[at..whole.start()]);
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '&' => changed.push_str(whole.as_str()),
                '\\' => match chars.next() {
                    Some('n') => changed.push('\n'),
                    Some('t') => changed.push('\t'),
                    Some(digit) if digit.is_ascii_digit() => {
                        let group = digit.to_digit(10).unwrap_or(0) as usize;
                        changed.push_str(found.get(group).map_or("", |group| group.as_str()));
                    }
                    Some(other) => changed.push(other),
                    None => changed.push('\\'),
                },
                c => changed.push(c),
            }
        }
        at = whole.end();
        if !all || changed.len() > super::io::MAX_TEXT {
            break;
        }
    }
    changed.push_str(&line[at..]);
    (changed, hit)
}

fn parse(script: &str, extended: bool) -> Result<Vec<Command>, String> {
    let mut commands = Vec::new();
    let mut rest = script;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', ';']);
        if rest.is_empty() {
            return Ok(commands);
        }
        let from = address(&mut rest, extended)?;
        let mut to = None;
        if from.is_some()
            && let Some(after) = rest.strip_prefix(',')
        {
            rest = after;
            to = address(&mut rest, extended)?;
            if to.is_none() {
                return Err("no address after comma".to_owned());
            }
        }
        rest = rest.trim_start();
        let negated = rest.starts_with('!');
        rest = rest.trim_start_matches('!').trim_start();
        let Some(name) = rest.chars().next() else { return Err("missing command".to_owned()) };
        rest = &rest[name.len_utf8()..];
        let action = match name {
            'p' => Action::Print,
            'd' => Action::Delete,
            'q' => Action::Quit,
            '=' => Action::Number,
            's' => substitution(&mut rest, extended)?,
            'a' | 'i' | 'c' => {
                let end = rest.find('\n').unwrap_or(rest.len());
                let text = rest[..end].trim_start().trim_start_matches('\\').trim_start().to_owned();
                rest = &rest[end..];
                match name {
                    'a' => Action::Append(text),
                    'i' => Action::Insert(text),
                    _ => Action::Change(text),
                }
            }
            other => return Err(format!("unsupported command {other}")),
        };
        commands.push(Command { from, to, negated, action });
    }
}

fn address(rest: &mut &str, extended: bool) -> Result<Option<Address>, String> {
    if let Some(after) = rest.strip_prefix('$') {
        *rest = after;
        return Ok(Some(Address::Last));
    }
    if let Some(after) = rest.strip_prefix('/') {
        *rest = after;
        let pattern = delimited(rest, '/').ok_or("unterminated address regex")?;
        let regex =
            grep::compile(&pattern, extended, false).ok_or_else(|| format!("bad regex '{pattern}'"))?;
        return Ok(Some(Address::Pattern(regex)));
    }
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    if digits == 0 {
        return Ok(None);
    }
    let number = rest[..digits].parse().map_err(|_| "invalid line number".to_owned())?;
    *rest = &rest[digits..];
    Ok(Some(Address::Line(number)))
}

/// Text up to an unescaped delimiter, which is taken too.
fn delimited(rest: &mut &str, delimiter: char) -> Option<String> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == delimiter {
            *rest = &rest[at + c.len_utf8()..];
            return Some(text);
        }
        text.push(c);
        if c == '\\' {
            let (_, next) = chars.next()?;
            if next == delimiter {
                text.pop();
            }
            text.push(next);
        }
    }
    None
}

fn substitution(rest: &mut &str, extended: bool) -> Result<Action, String> {
    let unmatched = || "unmatched 's' delimiter".to_owned();
    let delimiter = rest.chars().next().ok_or_else(unmatched)?;
    *rest = &rest[delimiter.len_utf8()..];
    let pattern = delimited(rest, delimiter).ok_or_else(unmatched)?;
    let text = delimited(rest, delimiter).ok_or_else(unmatched)?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let flags = &rest[..end];
    *rest = &rest[end..];
    if let Some(unknown) = flags.chars().find(|c| !"gpiI0123456789".contains(*c)) {
        return Err(format!("unknown option to s command: {unknown}"));
    }
    let digits: String = flags.chars().filter(char::is_ascii_digit).collect();
    let ignore_case = flags.contains(['i', 'I']);
    let regex =
        grep::compile(&pattern, extended, ignore_case).ok_or_else(|| format!("bad regex '{pattern}'"))?;
    let nth = digits.parse().unwrap_or(1);
    Ok(Action::Substitute { regex, text, all: flags.contains('g'), print: flags.contains('p'), nth })
}

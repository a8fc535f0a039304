//! echo, printf, seq and yes.

use super::io::Io;
use super::options::Options;
use super::{Pause, Turn};

pub(super) fn echo(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let is_flags = |word: &&String| {
        word.len() > 1 && word.starts_with('-') && word[1..].chars().all(|c| matches!(c, 'n' | 'e' | 'E'))
    };
    let flags: Vec<&String> = arguments.iter().take_while(is_flags).collect();
    let newline = !flags.iter().any(|flag| flag.contains('n'));
    let escapes = flags.iter().flat_map(|flag| flag.chars()).fold(false, |on, c| match c {
        'e' => true,
        'E' => false,
        _ => on,
    });
    let mut text = arguments[flags.len()..].join(" ");
    let mut stop = false;
    if escapes {
        (text, stop) = unescape(&text);
    }
    if newline && !stop {
        text.push('\n');
    }
    io.out(&text);
    Ok(0)
}

/// Text with its backslash escapes read; true when `\c` ends all output.
pub(in super::super) fn unescape(text: &str) -> (String, bool) {
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('a') => plain.push('\u{7}'),
            Some('b') => plain.push('\u{8}'),
            Some('f') => plain.push('\u{c}'),
            Some('v') => plain.push('\u{b}'),
            Some('e') => plain.push('\u{1b}'),
            Some('\\') => plain.push('\\'),
            Some('c') => return (plain, true),
            Some('x') => {
                let mut code = 0;
                let mut digits = 0;
                while digits < 2
                    && let Some(digit) = chars.peek().and_then(|c| c.to_digit(16))
                {
                    code = code * 16 + digit;
                    digits += 1;
                    chars.next();
                }
                plain.extend(char::from_u32(code));
            }
            Some(digit @ '0'..='7') => {
                let mut code = digit.to_digit(8).unwrap_or(0);
                let mut digits = usize::from(digit != '0');
                while digits < 3
                    && let Some(digit) = chars.peek().and_then(|c| c.to_digit(8))
                {
                    code = code * 8 + digit;
                    digits += 1;
                    chars.next();
                }
                plain.extend(char::from_u32(code & 0xff));
            }
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    (plain, false)
}

/// The most columns that a printf field may be wide.
const MAX_WIDTH: usize = 4096;

pub(super) fn printf(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let arguments = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(&arguments);
    let Some((format, mut values)) = arguments.split_first() else {
        io.err("Usage: printf FORMAT [ARG]...\n");
        return Ok(1);
    };
    let (mut text, mut status) = (String::new(), 0);
    loop {
        let before = values.len();
        let stop = format_once(io, format, &mut values, &mut text, &mut status);
        if stop || values.is_empty() || values.len() == before || text.len() > super::io::MAX_TEXT {
            break;
        }
    }
    io.out(&text);
    Ok(status)
}

/// Goes through the format once; true when all output is to stop.
fn format_once(
    io: &mut Io<'_>,
    format: &str,
    values: &mut &[String],
    text: &mut String,
    status: &mut i32,
) -> bool {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        let (plain, stop) = unescape(&rest[..at]);
        text.push_str(&plain);
        if stop {
            return true;
        }
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let Some(kind) = rest[end..].chars().next() else {
            text.push('%');
            break;
        };
        let spec = rest[..end].to_owned();
        rest = &rest[end + 1..];
        let mut next = || match values.split_first() {
            Some((first, others)) => {
                *values = others;
                first.clone()
            }
            None => String::new(),
        };
        let spec = if spec.contains('*') { spec.replacen('*', &next(), 1) } else { spec };
        let value = next();
        if kind == 'b' {
            let (plain, stop) = unescape(&value);
            text.push_str(&padded(&plain, &spec));
            if stop {
                return true;
            }
            continue;
        }
        text.push_str(&converted(io, kind, &value, &spec, status));
    }
    let (plain, stop) = unescape(rest);
    text.push_str(&plain);
    stop
}

fn converted(io: &mut Io<'_>, kind: char, value: &str, spec: &str, status: &mut i32) -> String {
    let precision =
        spec.split_once('.').map(|(_, digits)| digits.parse::<usize>().unwrap_or(0).min(MAX_WIDTH));
    match kind {
        's' => {
            let cut: String = match precision {
                Some(precision) => value.chars().take(precision).collect(),
                None => value.to_owned(),
            };
            padded(&cut, spec)
        }
        'c' => padded(&value.chars().next().map(String::from).unwrap_or_default(), spec),
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let number = match value {
                "" => 0,
                value => match integer(value) {
                    Some(number) => number,
                    None => {
                        io.complain(&format!("invalid number '{value}'"));
                        *status = 1;
                        0
                    }
                },
            };
            let digits = match kind {
                'x' => format!("{number:x}"),
                'X' => format!("{number:X}"),
                'o' => format!("{number:o}"),
                _ if spec.starts_with('+') && number >= 0 => format!("+{number}"),
                _ => number.to_string(),
            };
            padded(&digits, spec)
        }
        'f' | 'e' | 'g' => padded(&fixed(value, precision.unwrap_or(6)), spec),
        other => {
            io.complain(&format!("%{other}: invalid format"));
            *status = 1;
            String::new()
        }
    }
}

fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(c) = text.strip_prefix(['\'', '"']) {
        return c.chars().next().map(|c| i64::from(u32::from(c)));
    }
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(digits, 8).ok()?,
        None => digits.parse().ok()?,
    };
    Some(magnitude.wrapping_mul(sign))
}

/// A decimal number with `precision` digits behind the point, rounded half up, without floats.
fn fixed(text: &str, precision: usize) -> String {
    let precision = precision.min(18);
    let (sign, digits) = text.trim().strip_prefix('-').map_or(("", text.trim()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits: String =
        fraction.chars().chain("0".repeat(precision + 1).chars()).take(precision + 1).collect();
    let whole: u128 = whole.parse().unwrap_or(0);
    let scale = 10u128.pow(precision as u32 + 1);
    let scaled = whole.min(u128::from(u64::MAX)) * scale + all_digits.parse::<u128>().unwrap_or(0);
    let rounded = (scaled + 5) / 10;
    let unit = 10u128.pow(precision as u32);
    match precision {
        0 => format!("{sign}{rounded}"),
        _ => format!("{sign}{}.{:0width$}", rounded / unit, rounded % unit, width = precision),
    }
}

/// Text in the width that a printf field asks for.
fn padded(text: &str, spec: &str) -> String {
    let flags: String = spec.chars().take_while(|c| "-+ #0".contains(*c)).collect();
    let width = spec[flags.len()..].split('.').next().unwrap_or_default();
    let width = width.parse::<usize>().unwrap_or(0).min(MAX_WIDTH);
    let missing = width.saturating_sub(text.chars().count());
    if flags.contains('-') {
        format!("{text}{}", " ".repeat(missing))
    } else if flags.contains('0') {
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else {
        format!("{}{text}", " ".repeat(missing))
    }
}

pub(super) fn seq(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    // A negative number is an operand, so getopt's rules do not serve.
    let is_option = |word: &&String| word.starts_with("-w") || word.starts_with("-s");
    let mut words: Vec<String> = arguments.to_vec();
    let mut separator = "\n".to_owned();
    let mut wide = false;
    while words.first().filter(is_option).is_some() {
        let options = Options::parse(&[words[0].clone()], "ws:");
        match options {
            Ok(options) if options.has('w') => wide = true,
            Ok(options) => separator = options.value('s').unwrap_or_default().to_owned(),
            Err(_) if words.len() > 1 => separator = words.remove(1),
            Err(_) => {}
        }
        words.remove(0);
    }
    let numbers: Option<Vec<i64>> = words.iter().map(|word| word.parse().ok()).collect();
    let (first, step, last) = match numbers.as_deref() {
        Some([last]) => (1, 1, *last),
        Some([first, last]) => (*first, 1, *last),
        Some([first, step, last]) if *step != 0 => (*first, *step, *last),
        _ => {
            io.complain(&format!(
                "invalid number '{}'",
                words.last().map(String::as_str).unwrap_or_default()
            ));
            return Ok(1);
        }
    };
    let width = if wide { first.to_string().len().max(last.to_string().len()) } else { 0 };
    let mut text = String::new();
    for _ in 0..1_000 {
        let turn = io.memory().turn;
        let offset = i64::try_from(turn).ok().and_then(|turn| turn.checked_mul(step));
        let value = offset.and_then(|offset| first.checked_add(offset));
        let Some(value) = value.filter(|value| if step > 0 { *value <= last } else { *value >= last }) else {
            if turn > 0 {
                text.push('\n');
            }
            io.out(&text);
            return Ok(0);
        };
        if turn > 0 {
            text.push_str(&separator);
        }
        text.push_str(&format!("{value:0width$}"));
        io.memory().turn += 1;
    }
    io.out(&text);
    Err(Pause::Again)
}

pub(super) fn yes(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let line = if arguments.is_empty() { "y\n".to_owned() } else { arguments.join(" ") + "\n" };
    io.out(&line.repeat((1024 / line.len()).max(1)));
    Err(Pause::Again)
}

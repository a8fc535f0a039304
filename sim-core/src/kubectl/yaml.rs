//! YAML as kubectl prints it: sorted keys, lists not indented under their key, text quoted only where
//! YAML 1.1 would read it as something else, lines folded after column 80.
//!
//! Models sigs.k8s.io/yaml over go-yaml v2: its emitter decides style and folds as done here.

use serde_json::Value;

/// Lines fold at the first blank after this column.
const BEST_WIDTH: usize = 80;
/// Longer keys are written with a question mark.
const LONGEST_SIMPLE_KEY: usize = 128;

/// `value` as a YAML document, with a final newline.
pub fn document(value: &Value) -> String {
    let mut emitter = Emitter { out: String::new(), column: 0 };
    match value {
        Value::Object(map) if !map.is_empty() => emitter.mapping(map, 0, true),
        Value::Array(items) if !items.is_empty() => emitter.sequence(items, 0, true),
        other => emitter.scalar(other, 0),
    }
    if !emitter.out.ends_with('\n') {
        emitter.out.push('\n');
    }
    emitter.out
}

struct Emitter {
    out: String,
    column: usize,
}

impl Emitter {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn put_char(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Goes to a line of its own, at `indent`.
    fn indent(&mut self, indent: usize) {
        if self.column > 0 {
            self.line_break();
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    /// `inline` says that the first key stands where the cursor is.
    fn mapping(&mut self, map: &serde_json::Map<String, Value>, indent: usize, inline: bool) {
        for (index, (key, value)) in map.iter().enumerate() {
            if index > 0 || !inline {
                self.indent(indent);
            }
            if key.len() <= LONGEST_SIMPLE_KEY && !key.contains('\n') {
                self.text(key, indent + 2, true);
            } else {
                self.put("? ");
                self.text(key, indent + 2, false);
                self.indent(indent);
            }
            self.put(":");
            match value {
                Value::Object(below) if !below.is_empty() => self.mapping(below, indent + 2, false),
                Value::Array(items) if !items.is_empty() => self.sequence(items, indent, false),
                scalar => {
                    self.put(" ");
                    self.scalar(scalar, indent + 2);
                }
            }
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize, inline: bool) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 || !inline {
                self.indent(indent);
            }
            self.put("- ");
            match item {
                Value::Object(map) if !map.is_empty() => self.mapping(map, indent + 2, true),
                Value::Array(below) if !below.is_empty() => self.sequence(below, indent + 2, true),
                scalar => self.scalar(scalar, indent + 2),
            }
        }
    }

    /// `indent` is that of the lines which continue the scalar.
    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::String(text) => self.text(text, indent, false),
            Value::Array(_) => self.put("[]"),
            Value::Object(_) => self.put("{}"),
            other => self.put(&other.to_string()),
        }
    }

    fn text(&mut self, text: &str, indent: usize, is_key: bool) {
        match style(text, is_key) {
            Style::Plain => self.plain(text, indent, is_key),
            Style::Single => self.single(text, indent, is_key),
            Style::Double => self.double(text, indent, is_key),
            Style::Literal => self.literal(text, indent),
        }
    }

    fn plain(&mut self, text: &str, indent: usize, is_key: bool) {
        let mut after_space = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let folds = c == ' ' && !is_key && !after_space && self.column > BEST_WIDTH;
            if folds && chars.peek() != Some(&' ') {
                self.indent(indent);
            } else {
                self.put_char(c);
            }
            after_space = c == ' ';
        }
    }

    fn single(&mut self, text: &str, indent: usize, is_key: bool) {
        self.put("'");
        let mut after_space = false;
        let mut first = true;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let inside = !first && chars.peek().is_some();
            let folds = c == ' ' && !is_key && !after_space && self.column > BEST_WIDTH && inside;
            if folds && chars.peek() != Some(&' ') {
                self.indent(indent);
            } else {
                if c == '\'' {
                    self.put("'");
                }
                self.put_char(c);
            }
            after_space = c == ' ';
            first = false;
        }
        self.put("'");
    }

    fn double(&mut self, text: &str, indent: usize, is_key: bool) {
        self.put("\"");
        let mut after_space = false;
        let mut first = true;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let inside = !first && chars.peek().is_some();
            if !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                self.put(&escape(c));
            } else if c == ' ' && !is_key && !after_space && self.column > BEST_WIDTH && inside {
                self.indent(indent);
                if chars.peek() == Some(&' ') {
                    self.put("\\");
                }
            } else {
                self.put_char(c);
            }
            after_space = c == ' ';
            first = false;
        }
        self.put("\"");
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        let body = text.trim_end_matches('\n');
        match text.len() - body.len() {
            0 => self.put("-"),
            1 if !body.is_empty() => {}
            _ => self.put("+"),
        }
        self.line_break();
        let mut at_start = true;
        for c in text.chars() {
            if c == '\n' {
                self.line_break();
                at_start = true;
                continue;
            }
            if at_start {
                self.indent(indent);
                at_start = false;
            }
            self.put_char(c);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Models go-yaml v2: stringv, yaml_emitter_analyze_scalar and yaml_emitter_select_scalar_style.
fn style(text: &str, is_key: bool) -> Style {
    let shape = Shape::of(text);
    if text.contains('\n') {
        return if shape.block_allowed && !is_key { Style::Literal } else { Style::Double };
    }
    if reads_as_other(text) {
        return Style::Double;
    }
    if shape.plain_allowed {
        return Style::Plain;
    }
    if shape.single_allowed { Style::Single } else { Style::Double }
}

struct Shape {
    plain_allowed: bool,
    single_allowed: bool,
    block_allowed: bool,
}

impl Shape {
    fn of(text: &str) -> Shape {
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let mut special = false;
        let (mut break_space, mut space_break) = (false, false);
        let mut before: Option<char> = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next_is_blank = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            indicators |= is_indicator(c, before, next_is_blank);
            special |= !is_printable(c);
            break_space |= c == ' ' && before.is_some_and(is_break);
            space_break |= is_break(c) && before == Some(' ');
            before = Some(c);
        }
        let edge = |c: char| c == ' ' || is_break(c);
        let ragged = text.starts_with(edge) || text.ends_with(edge);
        let broken = space_break || special;
        Shape {
            plain_allowed: !ragged && !break_space && !broken && !indicators && !text.contains(is_break),
            single_allowed: !break_space && !broken,
            block_allowed: !text.ends_with(' ') && !broken,
        }
    }
}

/// Whether `c` means something to YAML where it stands.
fn is_indicator(c: char, before: Option<char>, next_is_blank: bool) -> bool {
    match (c, before) {
        (
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
            None,
        ) => true,
        ('?' | ':' | '-', None) => next_is_blank,
        (':', Some(_)) => next_is_blank,
        ('#', Some(before)) => matches!(before, ' ' | '\t') || is_break(before),
        _ => false,
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What go-yaml writes as it stands; not tabs, and nothing beyond the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        '\u{1b}' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{a0}' => "\\_",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ => "",
    };
    if !short.is_empty() {
        return short.to_owned();
    }
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02X}"),
        code @ 0x100..=0xffff => format!("\\u{code:04X}"),
        code => format!("\\U{code:08X}"),
    }
}

/// Whether YAML 1.1 reads the bare text as null, a boolean, a number or a time.
///
/// Models go-yaml v2: resolve and isBase60Float.
fn reads_as_other(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "", "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True",
        "TRUE", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE", ".nan", ".NaN",
        ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", "<<",
    ];
    if WORDS.contains(&text) {
        return true;
    }
    match text.as_bytes().first() {
        Some(b'.') => is_decimal(text),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            let bare = text.replace('_', "");
            is_timestamp(text) || is_whole(&bare) || is_decimal(&bare) || is_base60(text)
        }
        _ => false,
    }
}

/// Models strconv.ParseInt with base 0, for 64 bits.
fn is_whole(text: &str) -> bool {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.starts_with(['+', '-']) {
        return false;
    }
    match u64::from_str_radix(digits, radix) {
        Ok(number) => !negative || number <= 1 << 63,
        Err(_) => false,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    exponent_fits && has_digits && all_digits(whole) && all_digits(fraction)
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let sixty = |part: &str| match part.as_bytes() {
        [unit] => unit.is_ascii_digit(),
        [ten, unit] => (b'0'..=b'5').contains(ten) && unit.is_ascii_digit(),
        _ => false,
    };
    let rest: Vec<&str> = parts.collect();
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && !rest.is_empty()
        && rest.into_iter().all(sixty)
}

/// A date, or a date and a time, in the forms that go-yaml takes for one.
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = split_date(text) else { return false };
    let numbers: Option<Vec<i16>> = date.split('-').map(|part| part.parse().ok()).collect();
    let Some([year, month, day]) = numbers.as_deref().and_then(|n| <[i16; 3]>::try_from(n).ok()) else {
        return false;
    };
    let in_byte = |number: i16| i8::try_from(number).unwrap_or(-1);
    if date.find('-') != Some(4) || jiff::civil::Date::new(year, in_byte(month), in_byte(day)).is_err() {
        return false;
    }
    match time {
        None => true,
        Some((' ', clock)) => is_clock(clock),
        Some((_, clock)) => match clock.strip_suffix('Z') {
            Some(clock) => is_clock(clock),
            None => {
                clock.rfind(['+', '-']).is_some_and(|at| is_clock(&clock[..at]) && is_zone(&clock[at + 1..]))
            }
        },
    }
}

fn split_date(text: &str) -> Option<(&str, Option<(char, &str)>)> {
    let separator = |c: char| matches!(c, 'T' | 't' | ' ');
    match text.find(separator) {
        None => Some((text, None)),
        Some(at) => Some((&text[..at], Some((text[at..].chars().next()?, &text[at + 1..])))),
    }
}

fn is_clock(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = whole.split(':').collect();
    let below = |text: &str, limit: u32| {
        text.len() <= 2 && digits(text) && text.parse::<u32>().is_ok_and(|number| number < limit)
    };
    matches!(parts.as_slice(), [h, m, s] if below(h, 24) && below(m, 60) && below(s, 60))
        && fraction.is_none_or(digits)
}

fn is_zone(text: &str) -> bool {
    let digit = |index: usize| text.as_bytes().get(index).is_some_and(u8::is_ascii_digit);
    text.len() == 5 && text.as_bytes()[2] == b':' && [0, 1, 3, 4].into_iter().all(digit)
}

#[cfg(test)]
mod tests;

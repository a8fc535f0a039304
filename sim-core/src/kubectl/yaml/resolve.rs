//! What bare text means to YAML 1.1.

/// Whether YAML 1.1 reads the bare text as null, a boolean, a number or a time.
///
/// Models go-yaml v2: resolve and isBase60Float.
pub(super) fn reads_as_other(text: &str) -> bool {
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

//! date and sleep, on the virtual clock.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Turn;
use super::io::Io;

/// `2026-11-23 12:00:00`, with `T` too, or `@1795435200`.
fn given_time(text: &str) -> Option<Timestamp> {
    if let Some(seconds) = text.strip_prefix('@') {
        return Timestamp::from_second(seconds.parse().ok()?).ok();
    }
    let zoned = text.trim_end_matches('Z').replacen(' ', "T", 1);
    let zoned = if zoned.contains('T') { zoned } else { format!("{zoned}T00:00:00") };
    format!("{zoned}Z").parse().ok()
}

pub(super) fn date(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let (mut format, mut time) = (None, io.now().timestamp());
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-u" | "--utc" => {}
            "-R" => format = Some("%a, %d %b %Y %H:%M:%S +0000".to_owned()),
            "-Iseconds" | "-Is" | "--iso-8601=seconds" => format = Some("%Y-%m-%dT%H:%M:%S+00:00".to_owned()),
            "-I" | "-Idate" => format = Some("%Y-%m-%d".to_owned()),
            "-d" | "--date" => {
                let text = rest.next().cloned().unwrap_or_default();
                match given_time(&text) {
                    Some(given) => time = given,
                    None => {
                        io.complain(&format!("invalid date '{text}'"));
                        return Ok(1);
                    }
                }
            }
            word if word.starts_with('+') => format = Some(word[1..].to_owned()),
            word => {
                io.complain(&format!("invalid date '{word}'"));
                return Ok(1);
            }
        }
    }
    let format = format.unwrap_or_else(|| "%a %b %e %H:%M:%S UTC %Y".to_owned());
    let text = format_time(time, &format);
    io.out(&format!("{text}\n"));
    Ok(0)
}

/// Replaces the conversions that `date` knows; what is none stays as it is.
fn format_time(time: Timestamp, format: &str) -> String {
    let zoned = time.to_zoned(TimeZone::UTC);
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let Some(kind) = chars.next() else {
            text.push('%');
            break;
        };
        match kind {
            '%' => text.push('%'),
            'n' => text.push('\n'),
            't' => text.push('\t'),
            's' => text.push_str(&time.as_second().to_string()),
            'N' => text.push_str(&format!("{:09}", time.subsec_nanosecond())),
            'Z' => text.push_str("UTC"),
            'z' => text.push_str("+0000"),
            'c' => text.push_str(&zoned.strftime("%a %b %e %H:%M:%S %Y").to_string()),
            'D' | 'x' => text.push_str(&zoned.strftime("%m/%d/%y").to_string()),
            'X' => text.push_str(&zoned.strftime("%H:%M:%S").to_string()),
            'r' => text.push_str(&zoned.strftime("%I:%M:%S %p").to_string()),
            'h' => text.push_str(&zoned.strftime("%b").to_string()),
            'Y' | 'm' | 'd' | 'e' | 'H' | 'I' | 'M' | 'S' | 'p' | 'a' | 'A' | 'b' | 'B' | 'y' | 'j' | 'F'
            | 'T' | 'R' | 'u' | 'w' | 'k' | 'l' => {
                text.push_str(&zoned.strftime(&format!("%{kind}")).to_string());
            }
            other => text.extend(['%', other]),
        }
    }
    text
}

/// `5`, `0.5`, `1m`, `2h`, `1d` or `inf`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    if matches!(text, "inf" | "infinity") {
        return Some(Duration::from_secs(u64::MAX / 4_000_000_000));
    }
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanos: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u64::MAX) };
    let factor = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => 1,
    };
    let whole = u128::from(whole).saturating_mul(1_000_000_000);
    let total = whole.saturating_add(nanos.parse().unwrap_or(0)).saturating_mul(factor);
    Some(Duration::from_nanos(u64::try_from(total).unwrap_or(u64::MAX)))
}

pub(super) fn sleep(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    if arguments.is_empty() {
        io.err("Usage: sleep [N]...\n");
        return Ok(1);
    }
    let mut end = io.started;
    for text in arguments.iter() {
        match duration(text) {
            Some(duration) => end = end + duration,
            None => {
                io.complain(&format!("invalid number '{text}'"));
                return Ok(1);
            }
        }
    }
    io.wait_until(end)?;
    Ok(0)
}

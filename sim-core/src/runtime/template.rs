//! The `{{...}}` of route bodies and log lines.

use std::time::Duration;

use super::fs::{FileSystem, FsError};
use super::mounts::MountedFs;
use super::program::Place;
use crate::api::SimTime;

/// Replaces each `{{words}}` for which `value` has one.
fn replace(text: &str, mut value: impl FnMut(&str, &str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        let (verb, argument) = inside.trim().split_once(' ').unwrap_or((inside.trim(), ""));
        match value(verb, argument.trim()) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&format!("{{{{{inside}}}}}")),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Fills in what depends on the pod: host name, address, port, environment.
pub(super) fn place(text: &str, place: Place<'_>, port: u16, env: &[(String, String)]) -> String {
    replace(text, |verb, argument| match verb {
        "hostname" => Some(place.hostname.to_owned()),
        "ip" => Some(place.ip.to_owned()),
        "port" => Some(port.to_string()),
        "env" => {
            let found = env.iter().rev().find(|(name, _)| name == argument);
            Some(found.map(|(_, value)| value.clone()).unwrap_or_default())
        }
        _ => None,
    })
}

/// [`place`] for what is logged at `now`: `klog N` and `zap N` are the time N milliseconds later as these loggers write
/// it, with as many digits of a second as the second argument of `zap` says.
pub(super) fn logged(
    text: &str,
    place: Place<'_>,
    port: u16,
    env: &[(String, String)],
    now: SimTime,
) -> String {
    let text = replace(text, |verb, argument| {
        let (after, digits) = argument.split_once(' ').unwrap_or((argument, "6"));
        let after = if after.is_empty() { Some(0) } else { after.parse().ok() };
        let at = (now + Duration::from_millis(after?)).timestamp();
        match (verb, digits) {
            ("klog", _) => Some(at.strftime("%m%d %H:%M:%S.%6f").to_string()),
            ("stamp", _) => Some(at.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string()),
            ("zap", "3") => Some(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()),
            ("zap", _) => Some(at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()),
            _ => None,
        }
    });
    self::place(&text, place, port, env)
}

/// Fills in what depends on the request: the client's address, a word of the query, the time, and the program's age.
pub(super) fn asked(text: &str, from: &str, query: &str, now: SimTime, age: Duration) -> String {
    replace(text, |verb, argument| match verb {
        // A port as the kernel gives them out; which one is nobody's business.
        "client" => Some(format!("{from}:{}", 32_768 + now.since_start().as_millis() % 28_000)),
        "query" => Some(query_word(query, argument).unwrap_or_default()),
        "now" => {
            let since = now.since_start();
            let at = now.timestamp().strftime("%Y-%m-%d %H:%M:%S");
            let up = format!("{}.{:09}", age.as_secs(), age.subsec_nanos());
            Some(format!("{at}.{:09} +0000 UTC m=+{up}", since.subsec_nanos()))
        }
        "age" => {
            Some(format!("{}.{:09}", age.as_secs(), age.subsec_nanos()).trim_end_matches('0').to_owned())
        }
        _ => None,
    })
}

/// The value of a word of a query, `+` and `%20` read as blanks.
pub(super) fn query_word(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (high, low) = (hex(rest.next()), hex(rest.next()));
                bytes.push(u8::try_from(high? * 16 + low?).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Fills in what depends on files: `count` adds one to a number and shows it, `read` shows a file.
pub(super) fn files(text: &str, files: &mut MountedFs, now: SimTime) -> (String, Result<(), FsError>) {
    let mut outcome = Ok(());
    let text = replace(text, |verb, path| match verb {
        "count" => {
            let before = read_number(files, path);
            let count = before.saturating_add(1).to_string();
            if let Err(error) = files.write(path, count.as_bytes(), now) {
                outcome = Err(error);
            }
            Some(count)
        }
        "read" => Some(match files.read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).trim_end().to_owned(),
            Err(_) => "0".to_owned(),
        }),
        _ => None,
    });
    (text, outcome)
}

/// The number in a file; a missing, empty or unreadable file counts as 0.
fn read_number(files: &MountedFs, path: &str) -> u64 {
    let bytes = files.read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim().parse().unwrap_or(0)
}

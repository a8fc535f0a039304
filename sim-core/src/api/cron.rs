//! [`CronSchedule`]: the times that a CronJob's schedule names, in its time zone.
//!
//! Models github.com/robfig/cron v3: ParseStandard and SpecSchedule.Next.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

use super::zones::Zone;

/// How far ahead a time is looked for; `0 0 31 2 *` names none.
const YEARS_AHEAD: i16 = 5;

/// A schedule: five fields of minutes, or a descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronSchedule {
    /// The fields, a bit for each value.
    Fields {
        /// Minutes, hours, days of the month, months, days of the week.
        bits: [u64; 5],
        /// Whether any day of the month, and any day of the week, will do.
        any_day: [bool; 2],
        /// Whose clock they are read from.
        zone: Zone,
    },
    /// `@every 1h30m`
    Every(Duration),
}

/// A field's lowest and highest value and the names of its values.
struct Bounds {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const BOUNDS: [Bounds; 5] = [
    Bounds { least: 0, most: 59, names: &[] },
    Bounds { least: 0, most: 23, names: &[] },
    Bounds { least: 1, most: 31, names: &[] },
    Bounds {
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Bounds { least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// Descriptors, and the fields that they stand for.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl CronSchedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// The parser's complaint, as the API server tells it.
    pub fn parse(text: &str) -> Result<CronSchedule, String> {
        if text.is_empty() {
            return Err("empty spec string".to_owned());
        }
        let mut text = text;
        let mut in_zone = Zone::UTC;
        if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
            let (zone, rest) = text.split_once(' ').unwrap_or((text, ""));
            let zone = zone.split_once('=').map_or("", |(_, zone)| zone);
            in_zone = find_zone(zone).map_err(|why| format!("provided bad location {zone}: {why}"))?;
            text = rest.trim();
        }
        if let Some(length) = text.strip_prefix("@every ") {
            let every = parse_duration(length).ok_or_else(|| {
                format!("failed to parse duration {text}: time: invalid duration \"{length}\"")
            })?;
            // At least a second, and no fraction of one.
            return Ok(CronSchedule::Every(Duration::from_secs(every.as_secs().max(1))));
        }
        let known = DESCRIPTORS.iter().find(|(name, _)| *name == text);
        if text.starts_with('@') && known.is_none() {
            return Err(format!("unrecognized descriptor: {text}"));
        }
        let fields: Vec<&str> = known.map_or(text, |(_, fields)| fields).split_whitespace().collect();
        if fields.len() != BOUNDS.len() {
            let shown = fields.join(" ");
            return Err(format!("expected exactly 5 fields, found {}: [{shown}]", fields.len()));
        }
        let (mut bits, mut any) = ([0; 5], [false; 5]);
        for (index, (field, bounds)) in fields.into_iter().zip(&BOUNDS).enumerate() {
            for part in field.split(',').filter(|part| !part.is_empty()) {
                let (found, is_any) = parse_range(part, bounds)?;
                bits[index] |= found;
                any[index] |= is_any;
            }
        }
        Ok(CronSchedule::Fields { bits, any_day: [any[2], any[4]], zone: in_zone })
    }

    /// Reads a schedule in the zone that its CronJob names.
    ///
    /// Models pkg/controller/cronjob: formatSchedule.
    ///
    /// # Errors
    /// As [`CronSchedule::parse`].
    pub fn parse_in(text: &str, zone: Option<&str>) -> Result<CronSchedule, String> {
        match zone {
            Some(zone) if !text.contains("TZ") => CronSchedule::parse(&format!("TZ={zone} {text}")),
            _ => CronSchedule::parse(text),
        }
    }

    /// The first time after `time`; `None` when there is none within years.
    pub fn next(&self, time: Timestamp) -> Option<Timestamp> {
        let (bits, any_day, zone) = match self {
            CronSchedule::Every(every) => {
                let whole = Timestamp::from_second(time.as_second()).ok()?;
                return whole.checked_add(*every).ok();
            }
            CronSchedule::Fields { bits, any_day, zone } => (bits, any_day, zone),
        };
        let has = |field: usize, value: i8| bits[field] & (1 << value) != 0;
        // Schedules count whole minutes.
        let mut at = (time.as_second().div_euclid(MINUTE) + 1) * MINUTE;
        let last_year = local(zone, at)?.year().saturating_add(YEARS_AHEAD);
        loop {
            let clock = local(zone, at)?;
            if clock.year() > last_year {
                return None;
            }
            let (on_day, on_weekday) =
                (has(2, clock.day()), has(4, clock.date().weekday().to_sunday_zero_offset()));
            let day_fits = if any_day.contains(&true) { on_day && on_weekday } else { on_day || on_weekday };
            at = if !has(3, clock.month()) {
                midnight(zone, at, clock.date().first_of_month().checked_add(1.month()).ok()?)?
            } else if !day_fits {
                midnight(zone, at, clock.date().tomorrow().ok()?)?
            } else if !has(1, clock.hour()) {
                // An hour that the clock passes over is no hour; one that it shows twice is two.
                at - i64::from(clock.minute()) * MINUTE + HOUR
            } else if !has(0, clock.minute()) {
                at + MINUTE
            } else {
                return Timestamp::from_second(at).ok();
            };
        }
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// What clocks in the zone show at `second` of the Unix epoch.
fn local(zone: &Zone, second: i64) -> Option<DateTime> {
    let shown = Timestamp::from_second(second + zone.offset_seconds(second)).ok()?;
    Some(Offset::UTC.to_datetime(shown))
}

/// The second at which `day` begins in the zone, after the second `now`.
fn midnight(zone: &Zone, now: i64, day: jiff::civil::Date) -> Option<i64> {
    let shown = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_second();
    let guess = shown - zone.offset_seconds(now);
    // Clocks may have changed on the way. Where they change at midnight the day begins later.
    Some((shown - zone.offset_seconds(guess)).max(now + MINUTE))
}

/// Whether the time zone is known.
///
/// # Errors
/// Go's words about one that is not.
pub fn check_zone(zone: &str) -> Result<(), String> {
    find_zone(zone).map(|_| ())
}

fn find_zone(zone: &str) -> Result<Zone, String> {
    Zone::named(zone).ok_or_else(|| format!("unknown time zone {zone}"))
}

/// Reads `*`, `*/5`, `1-5`, `1-5/2`, `3/10` or `mon-fri`; whether it is any value at all.
fn parse_range(text: &str, bounds: &Bounds) -> Result<(u64, bool), String> {
    let slashed: Vec<&str> = text.split('/').collect();
    let limits: Vec<&str> = slashed[0].split('-').collect();
    let is_star = matches!(limits[0], "*" | "?");
    let (first, mut last) = match limits.as_slice() {
        _ if is_star => (bounds.least, bounds.most),
        [one] => {
            let value = parse_value(one, bounds)?;
            (value, value)
        }
        [first, last] => (parse_value(first, bounds)?, parse_value(last, bounds)?),
        _ => return Err(format!("too many hyphens: {text}")),
    };
    let step = match slashed.as_slice() {
        [_] => 1,
        [_, step] => {
            if limits.len() == 1 {
                last = bounds.most;
            }
            parse_number(step)?
        }
        _ => return Err(format!("too many slashes: {text}")),
    };
    let (least, most) = (bounds.least, bounds.most);
    if first < least {
        return Err(format!("beginning of range ({first}) below minimum ({least}): {text}"));
    }
    if last > most {
        return Err(format!("end of range ({last}) above maximum ({most}): {text}"));
    }
    if first > last {
        return Err(format!("beginning of range ({first}) beyond end of range ({last}): {text}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    // A step beyond every bound leaves the first value alone.
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    let bits = (first..=last).step_by(step).fold(0, |bits, value| bits | 1 << value);
    Ok((bits, is_star && step == 1))
}

fn parse_value(text: &str, bounds: &Bounds) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    let named = bounds.names.iter().position(|name| *name == lower);
    match named.and_then(|index| u32::try_from(index).ok()) {
        Some(index) => Ok(bounds.least + index),
        None => parse_number(text),
    }
}

fn parse_number(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax"
        ));
    }
    let out_of_range =
        || format!("failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": value out of range");
    let number: u32 = digits.parse().map_err(|_| out_of_range())?;
    if text.starts_with('-') && number > 0 {
        return Err(format!("negative number (-{number}) not allowed: {text}"));
    }
    Ok(number)
}

/// Reads `1h30m`, `90s`: hours, minutes and seconds.
fn parse_duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let (unit, length) = [("ms", 0), ("h", 3600), ("m", 60), ("s", 1)]
            .into_iter()
            .find(|(unit, _)| rest[end..].starts_with(unit))?;
        total = total.checked_add(Duration::from_secs(number.checked_mul(length)?))?;
        rest = &rest[end + unit.len()..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> String {
        let schedule = CronSchedule::parse(schedule).unwrap();
        let next = schedule.next(after.parse().unwrap());
        next.map_or_else(|| "never".to_owned(), |time| time.to_string())
    }

    /// Times as robfig/cron gives them.
    #[test]
    fn the_next_time_is_the_first_that_fits() {
        for (schedule, after, wanted) in [
            ("* * * * *", "2026-11-23T12:00:00Z", "2026-11-23T12:01:00Z"),
            ("*/15 * * * *", "2026-11-23T12:59:59.5Z", "2026-11-23T13:00:00Z"),
            ("30 6-16/4 * * 1-5", "2026-11-20T15:00:00Z", "2026-11-23T06:30:00Z"),
            ("0 0 1 1 *", "2026-11-23T12:00:00Z", "2027-01-01T00:00:00Z"),
            ("0 0 13 * FRI", "2026-11-23T12:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 */2 * MON", "2026-11-23T12:00:00Z", "2026-11-25T00:00:00Z"),
            ("0 12 29 feb ?", "2026-11-23T12:00:00Z", "2028-02-29T12:00:00Z"),
            ("0 0 31 2 *", "2026-11-23T12:00:00Z", "never"),
            ("@hourly", "2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z"),
            ("@weekly", "2026-11-23T12:00:00Z", "2026-11-29T00:00:00Z"),
            ("@every 1h30m", "2026-11-23T12:00:10Z", "2026-11-23T13:30:10Z"),
            ("5/20 * * * *", "2026-11-23T12:06:00Z", "2026-11-23T12:25:00Z"),
            ("TZ=UTC 0 * * * *", "2026-11-23T12:06:00Z", "2026-11-23T13:00:00Z"),
            ("TZ=Europe/Berlin 0 9 * * *", "2026-11-23T12:00:00Z", "2026-11-24T08:00:00Z"),
            ("TZ=Europe/Berlin 0 9 * * *", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z"),
            ("TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
            ("TZ=Europe/Berlin 30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
            ("TZ=Europe/Berlin 0 0 1 * *", "2026-03-15T12:00:00Z", "2026-03-31T22:00:00Z"),
            ("TZ=Asia/Kolkata 0 0 * * *", "2026-11-23T12:00:00Z", "2026-11-23T18:30:00Z"),
        ] {
            assert_eq!(next(schedule, after), wanted, "{schedule}");
        }
    }

    #[test]
    fn complaints_are_the_parsers() {
        for (schedule, wanted) in [
            ("", "empty spec string"),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-2 * * * *", "beginning of range (5) beyond end of range (2): 5-2"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("@often", "unrecognized descriptor: @often"),
            ("TZ=Mars/Base * * * * *", "provided bad location Mars/Base: unknown time zone Mars/Base"),
        ] {
            assert_eq!(CronSchedule::parse(schedule), Err(wanted.to_owned()), "{schedule}");
        }
    }
}

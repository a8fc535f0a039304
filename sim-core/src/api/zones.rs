//! [`Zone`]: the time zones that a CronJob may name, by the rules that hold since 2026.
//!
//! Each line of the table is `OFFSET NAMES` for zones without summer time, or `OFFSET SAVED` and the two changes,
//! each as month, week (5 is the last), weekday and minute; offsets and minutes count from UTC and from local
//! midnight. It says what the last line of each zone's file in the IANA database says. Past changes of the rules
//! are left out: no cluster lives that long.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;

static TABLE: &str = include_str!("zones.txt");

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// When clocks change: month, week, weekday, minute of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule([i64; 4]);

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    offset_minutes: i64,
    /// What summer adds, in minutes, when it begins and when it ends.
    summer: Option<(i64, Rule, Rule)>,
}

impl Zone {
    /// UTC.
    pub const UTC: Zone = Zone { offset_minutes: 0, summer: None };

    /// The zone of that name; `None` when nobody knows it.
    pub fn named(name: &str) -> Option<Zone> {
        if name.is_empty() {
            return Some(Zone::UTC);
        }
        let mut lines = TABLE.lines().filter_map(|line| line.split_once(':'));
        let (rules, _) = lines.find(|(_, names)| names.split(' ').any(|known| known == name))?;
        let numbers: Vec<i64> = rules.split(' ').filter_map(|number| number.parse().ok()).collect();
        let summer = match numbers.as_slice() {
            [_, saved, a, b, c, d, e, f, g, h] => {
                Some((*saved, Rule([*a, *b, *c, *d]), Rule([*e, *f, *g, *h])))
            }
            _ => None,
        };
        Some(Zone { offset_minutes: *numbers.first()?, summer })
    }

    /// How far local time is ahead of UTC at `second` (of the Unix epoch), in seconds.
    pub fn offset_seconds(&self, second: i64) -> i64 {
        let standard = self.offset_minutes * MINUTE;
        let Some((saved, begin, end)) = self.summer else { return standard };
        let saved = saved * MINUTE;
        let Ok(time) = Timestamp::from_second(second + standard) else { return standard };
        let year = Offset::UTC.to_datetime(time).year();
        let (Some(begin), Some(end)) = (begin.in_year(year), end.in_year(year)) else { return standard };
        let (begin, end) = (begin - standard, end - standard - saved);
        let is_summer =
            if begin < end { (begin..end).contains(&second) } else { !(end..begin).contains(&second) };
        if is_summer { standard + saved } else { standard }
    }
}

impl Rule {
    /// The local second of the change.
    fn in_year(self, year: i16) -> Option<i64> {
        let Rule([month, week, weekday, minute]) = self;
        let first = Date::new(year, i8::try_from(month).ok()?, 1).ok()?;
        let weekday = Weekday::from_sunday_zero_offset(i8::try_from(weekday).ok()?).ok()?;
        let nth = if week == 5 { -1 } else { i8::try_from(week).ok()? };
        let day = first.nth_weekday_of_month(nth, weekday).ok()?;
        let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_second();
        Some(midnight.div_euclid(DAY) * DAY + minute * MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_change_as_the_database_says() {
        for (name, time, hours) in [
            ("Etc/UTC", "2026-07-01T00:00:00Z", 0.0),
            ("Europe/Berlin", "2026-03-29T00:59:59Z", 1.0),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", 2.0),
            ("Europe/Berlin", "2026-10-25T00:59:59Z", 2.0),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", 1.0),
            ("Europe/Dublin", "2026-07-01T00:00:00Z", 1.0),
            ("Europe/Dublin", "2026-12-01T00:00:00Z", 0.0),
            ("America/New_York", "2026-03-08T07:00:00Z", -4.0),
            ("America/New_York", "2026-11-01T06:00:00Z", -5.0),
            ("Asia/Kolkata", "2026-07-01T00:00:00Z", 5.5),
            ("Australia/Sydney", "2026-12-31T23:00:00Z", 11.0),
            ("Australia/Sydney", "2026-07-01T00:00:00Z", 10.0),
        ] {
            let zone = Zone::named(name).unwrap();
            let time: Timestamp = time.parse().unwrap();
            assert_eq!(zone.offset_seconds(time.as_second()) as f64 / 3600.0, hours, "{name} at {time}");
        }
        assert_eq!(Zone::named("Europe/Nowhere"), None);
    }
}

//! [`Axis`]: virtual time along a line of pixels or columns.

use crate::api::SimTime;

/// Seconds between ticks, the first that leaves room is taken.
const STEPS_SECONDS: &[u64] = &[
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800,
    2_592_000,
];
const NANOS: u64 = 1_000_000_000;
/// The shortest roomy axis.
const ROOMY_SECONDS_MIN: u64 = 16;

/// Virtual time along a line.
pub(super) struct Axis {
    from: u64,
    to: u64,
    length: u64,
}

impl Axis {
    /// From `from` to `to` along `length` pixels or columns.
    pub fn new(from: SimTime, to: SimTime, length: u64) -> Axis {
        Axis { from: from.0, to: to.0.max(from.0 + 1), length: length.max(1) }
    }

    /// An end for an axis from `from` that holds `now` and need not move each time that `now` does: at most a
    /// quarter of it lies ahead, and it moves by an eighth of it or more.
    pub fn roomy_end(from: SimTime, now: SimTime) -> SimTime {
        let seconds = now.0.saturating_sub(from.0).div_ceil(NANOS).max(ROOMY_SECONDS_MIN);
        let step = (1 << seconds.ilog2()) / 4;
        SimTime(from.0.saturating_add(seconds.next_multiple_of(step).saturating_mul(NANOS)))
    }

    /// Where `time` stands; times outside stand at the ends.
    pub fn place(&self, time: SimTime) -> u64 {
        let passed = u128::from(time.0.clamp(self.from, self.to) - self.from);
        let place = passed * u128::from(self.length) / u128::from(self.to - self.from);
        u64::try_from(place).unwrap_or(self.length)
    }

    /// When the line is at `place`.
    pub fn time(&self, place: u64) -> SimTime {
        let passed = u128::from(place) * u128::from(self.to - self.from) / u128::from(self.length);
        SimTime(self.from.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX)))
    }

    /// Whether any of what lasted from `from` to `to` is on the line.
    pub fn shows(&self, from: SimTime, to: SimTime) -> bool {
        to.0 >= self.from && from.0 <= self.to
    }

    /// Round times at least `room` apart.
    pub fn ticks(&self, room: u64) -> Vec<Tick> {
        let most = (self.length / room.max(1)).max(1);
        let span = (self.to - self.from) / NANOS;
        let fits = |step: &&u64| span / **step <= most;
        let step = STEPS_SECONDS.iter().find(fits).copied().unwrap_or_else(|| (span / most).max(1));
        let (seconds, step) = (step, step.saturating_mul(NANOS));
        let first = self.from.div_ceil(step).saturating_mul(step);
        let ticks = (0..=most).map(|number| first.saturating_add(number.saturating_mul(step)));
        let ticks = ticks.filter(|tick| *tick <= self.to).map(SimTime);
        ticks.map(|at| Tick { at, label: elapsed(at, seconds) }).collect()
    }
}

/// A time of a scale, and what is written there.
pub(super) struct Tick {
    pub at: SimTime,
    pub label: String,
}

/// Time since the cluster was started, `1m30s`, as it is told among times that are `step` seconds apart: beyond an hour
/// as a clock tells it where seconds matter.
fn elapsed(time: SimTime, step: u64) -> String {
    let seconds = time.0 / NANOS;
    if seconds >= 3600 && !step.is_multiple_of(60) {
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let parts =
        [(seconds / 86_400, 'd'), (seconds / 3600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let shown: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if shown.is_empty() { "0s".to_owned() } else { shown.concat() }
}

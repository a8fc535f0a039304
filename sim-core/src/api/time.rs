//! [`SimTime`]: a moment on the virtual clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};

/// Unix seconds at which every cluster's clock starts: 2026-11-23T12:00:00Z.
///
/// It is a constant because state is a function of seed, profile and inputs alone.
pub const EPOCH_UNIX_SECONDS: i64 = 1_795_435_200;

/// Nanoseconds since the cluster was started, on the virtual clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SimTime(pub u64);

impl SimTime {
    /// The start of the cluster.
    pub const ZERO: SimTime = SimTime(0);

    /// Time since the start.
    pub fn since_start(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// Time from `earlier` to here, zero when `earlier` is later.
    pub fn since(self, earlier: SimTime) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The moment as a calendar time with nanoseconds.
    pub fn timestamp(self) -> Timestamp {
        let seconds = EPOCH_UNIX_SECONDS.saturating_add((self.0 / 1_000_000_000) as i64);
        // Both parts are in range for any u64 of nanoseconds: 584 years after the epoch.
        Timestamp::new(seconds, (self.0 % 1_000_000_000) as i32).unwrap_or(Timestamp::MAX)
    }

    /// The moment as metav1.Time, which has whole seconds.
    pub fn to_time(self) -> Time {
        let seconds = EPOCH_UNIX_SECONDS.saturating_add((self.0 / 1_000_000_000) as i64);
        Time(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    }

    /// The moment as metav1.MicroTime, which has microseconds.
    pub fn to_micro_time(self) -> MicroTime {
        let micros = (self.0 % 1_000_000_000) / 1_000 * 1_000;
        let seconds = EPOCH_UNIX_SECONDS.saturating_add((self.0 / 1_000_000_000) as i64);
        MicroTime(Timestamp::new(seconds, micros as i32).unwrap_or(Timestamp::MAX))
    }

    /// Nanoseconds since the Unix epoch, the form that Event names carry in hexadecimal.
    pub fn unix_nanos(self) -> u64 {
        (EPOCH_UNIX_SECONDS as u64).saturating_mul(1_000_000_000).saturating_add(self.0)
    }

    /// The age of something created at `created`, never negative.
    pub fn age_of(self, created: &Time) -> Duration {
        let nanos = self.timestamp().as_nanosecond() - created.0.as_nanosecond();
        Duration::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }
}

impl Add<Duration> for SimTime {
    type Output = SimTime;

    fn add(self, duration: Duration) -> SimTime {
        SimTime(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<SimTime> for SimTime {
    type Output = Duration;

    fn sub(self, earlier: SimTime) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}s", self.0 / 1_000_000_000, self.0 / 1_000_000 % 1_000)
    }
}

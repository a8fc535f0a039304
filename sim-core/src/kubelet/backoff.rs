//! [`Backoff`]: how long a failed pull or start is held back.
//!
//! Models client-go util/flowcontrol: Backoff, as the kubelet uses it for images and containers.

use std::time::Duration;

use crate::api::SimTime;

/// The first delay. Upstream: pkg/kubelet backOffPeriod.
const FIRST: Duration = Duration::from_secs(10);
/// The longest delay. Upstream: pkg/kubelet MaxContainerBackOff, MaxImageBackOff.
const MOST: Duration = Duration::from_secs(300);
/// After this long without failure the delay begins anew: twice the longest.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// A delay that doubles with each use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    delay: Duration,
    updated: SimTime,
}

impl Backoff {
    /// Until when something that failed at `event` is held back, if it still is at `now`.
    pub(super) fn held_until(&self, event: SimTime, now: SimTime) -> Option<SimTime> {
        let forgotten = self.delay.is_zero() || event.since(self.updated) > FORGOTTEN;
        let until = event + self.delay;
        (!forgotten && now < until).then_some(until)
    }

    /// Until when the last use holds back, if it still does at `now`.
    pub(super) fn held_since_use(&self, now: SimTime) -> Option<SimTime> {
        let until = self.updated + self.delay;
        (!self.delay.is_zero() && now < until).then_some(until)
    }

    /// Lengthens the delay for the next time; it begins anew when `event` is long after the last use.
    pub(super) fn lengthen(&mut self, event: SimTime, now: SimTime) {
        let anew = self.delay.is_zero() || event.since(self.updated) > FORGOTTEN;
        self.delay = if anew { FIRST } else { (self.delay * 2).min(MOST) };
        self.updated = now;
    }

    /// The present delay, for messages.
    pub(super) fn delay(&self) -> Duration {
        self.delay
    }
}

/// A duration as Go prints it: `10s`, `1m20s`, `5m0s`, `1.2s`, `350ms`.
pub fn go_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    if millis < 1_000 {
        return format!("{millis}ms");
    }
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let mut seconds = format!("{}.{:03}", rest / 1_000, rest % 1_000);
    seconds.truncate(seconds.trim_end_matches('0').trim_end_matches('.').len());
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

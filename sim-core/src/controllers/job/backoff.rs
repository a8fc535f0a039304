//! [`Backoff`]: how long a Job waits before it replaces pods that failed.
//!
//! Models pkg/controller/job: backoff_utils.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use crate::api::{SimTime, pod};

/// The wait after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_secs(10);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(600);

/// The failures since the last success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    failures: i32,
    last_failure: Option<Timestamp>,
}

impl Backoff {
    /// What it is after these pods have ended too.
    pub(super) fn after(&self, succeeded: &[Arc<Pod>], failed: &[Arc<Pod>]) -> Backoff {
        let last_success = succeeded.iter().map(|pod| finished_at(pod)).max();
        let since = |time: &Timestamp| last_success.is_none_or(|success| *time > success);
        let failures: Vec<Timestamp> = failed.iter().map(|pod| finished_at(pod)).filter(since).collect();
        let earlier = if last_success.is_some() { Backoff::default() } else { self.clone() };
        Backoff {
            failures: earlier.failures.saturating_add(i32::try_from(failures.len()).unwrap_or(i32::MAX)),
            last_failure: failures.into_iter().max().or(earlier.last_failure),
        }
    }

    /// How long to wait still; zero when pods may be created now.
    pub(super) fn remaining(&self, now: SimTime) -> Duration {
        match self.last_failure {
            Some(last) => remaining(self.failures, last, now),
            None => Duration::ZERO,
        }
    }
}

/// How long to wait still after so many failures, the last of them at `last`.
pub(super) fn remaining(failures: i32, last: Timestamp, now: SimTime) -> Duration {
    if failures <= 0 {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(failures - 1).unwrap_or(0).min(20);
    let wait = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let elapsed = now.age_of(&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(last));
    wait.saturating_sub(elapsed)
}

/// When the pod ended: its last container's end, or when it stopped being ready, or when it was deleted.
pub(super) fn finished_at(ended: &Pod) -> Timestamp {
    let created = || ended.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |time| time.0);
    containers_end(ended)
        .or_else(|| stopped_being_ready(ended))
        .or_else(|| asked_to_end(ended))
        .unwrap_or_else(created)
}

fn containers_end(ended: &Pod) -> Option<Timestamp> {
    let statuses = ended.status.as_ref()?.container_statuses.as_deref().unwrap_or_default();
    let end =
        |status: &ContainerStatus| Some(status.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref()?.0);
    let ends: Option<Vec<Timestamp>> = statuses.iter().map(end).collect();
    ends?.into_iter().max()
}

fn stopped_being_ready(ended: &Pod) -> Option<Timestamp> {
    let condition = pod::condition(ended, "Ready").filter(|condition| condition.status == "False")?;
    condition.last_transition_time.as_ref().map(|time| time.0)
}

fn asked_to_end(ended: &Pod) -> Option<Timestamp> {
    let due = ended.metadata.deletion_timestamp.as_ref()?.0;
    let grace = u64::try_from(ended.metadata.deletion_grace_period_seconds.unwrap_or(0)).unwrap_or(0);
    due.checked_sub(Duration::from_secs(grace)).ok()
}

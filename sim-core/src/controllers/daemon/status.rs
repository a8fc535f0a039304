//! The set's status.
//!
//! Models pkg/controller/daemon: updateDaemonSetStatus.

use std::time::Duration;

use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetStatus};

use super::manage::by_age;
use super::revisions::History;
use super::sync::{Sync, is_updated};
use crate::api::{ApiResult, pod};

impl Sync<'_, '_> {
    /// Writes the status when it says something new.
    pub(super) fn write_status(&mut self, history: &History) -> ApiResult<()> {
        let (mut current, mut misplaced, mut ready, mut updated, mut available) = (0, 0, 0, 0, 0);
        for (node, fitness) in &self.nodes {
            let Some(oldest) = self.pods.get(node).and_then(|pods| pods.iter().min_by_key(|pod| by_age(pod)))
            else {
                continue;
            };
            if !fitness.should_run {
                misplaced += 1;
                continue;
            }
            current += 1;
            ready += i32::from(pod::is_ready(oldest));
            available += i32::from(self.is_available(oldest));
            updated += i32::from(is_updated(oldest, &history.hash));
        }
        let desired = i32::try_from(self.desired()).unwrap_or(i32::MAX);
        let nonzero = |number: i32| Some(number).filter(|number| *number != 0);
        let status = DaemonSetStatus {
            collision_count: history.collision_count,
            conditions: self.set.status.as_ref().and_then(|status| status.conditions.clone()),
            current_number_scheduled: current,
            desired_number_scheduled: desired,
            number_available: nonzero(available),
            number_misscheduled: misplaced,
            number_ready: ready,
            number_unavailable: nonzero(desired - available),
            observed_generation: self.set.metadata.generation,
            updated_number_scheduled: nonzero(updated),
        };
        if self.set.status.as_ref() != Some(&status) {
            let set = DaemonSet { status: Some(status), ..DaemonSet::clone(&self.set) };
            self.context.api.update_status(set)?;
        }
        let least = self.spec.min_ready_seconds.unwrap_or(0);
        if least > 0 && ready != available {
            self.wake_after(Duration::from_secs(u64::try_from(least).unwrap_or(0)));
        }
        Ok(())
    }
}

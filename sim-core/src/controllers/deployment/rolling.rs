//! RollingUpdate.
//!
//! Models pkg/controller/deployment: rolloutRolling and its steps.

use k8s_openapi::api::apps::v1::ReplicaSet;

use super::rollout::{Rollout, Split};
use super::{sets, strategy};
use crate::api::meta;
use crate::engine::ReconcileError;

impl Rollout<'_, '_> {
    /// One step: the new set grows as far as the surge lets it, or old ones shrink as far as availability lets them.
    pub(super) fn roll(&mut self) -> Result<(), ReconcileError> {
        let split = self.split(true)?;
        if let Some(new) = &split.new {
            let moved = self.scale_new(&split, new)? || self.scale_old(&split, new)?;
            if moved {
                return self.sync_rollout_status(&split);
            }
        }
        if self.is_complete(&self.status()) {
            self.clean_up(&split.old)?;
        }
        self.sync_rollout_status(&split)
    }

    /// Models pkg/controller/deployment: reconcileNewReplicaSet.
    fn scale_new(&mut self, split: &Split, new: &ReplicaSet) -> Result<bool, ReconcileError> {
        let (size, wanted) = (sets::replicas(new), strategy::replicas(&self.deployment));
        if size == wanted {
            return Ok(false);
        }
        let size_now = if size > wanted { wanted } else { self.new_replicas(split.all().iter(), new) };
        if size_now != size {
            self.scale_set(new, size_now)?;
        }
        Ok(size_now != size)
    }

    /// Models pkg/controller/deployment: reconcileOldReplicaSets.
    fn scale_old(&mut self, split: &Split, new: &ReplicaSet) -> Result<bool, ReconcileError> {
        let present = sets::total_replicas(&split.old);
        if present == 0 {
            return Ok(false);
        }
        let least = self.least_available();
        let coming = sets::replicas(new) - sets::available(new);
        let most = present + sets::replicas(new) - least - coming;
        if most <= 0 {
            return Ok(false);
        }
        let mut old = split.old.clone();
        old.sort_by(sets::by_creation);
        // Upstream takes a failure here for "nothing moved": the rest of the sync goes on, and the changes of the
        // sets ask for the next one.
        let moved = self
            .shrink_unhealthy(&mut old, most)
            .and_then(|unhealthy| Ok(unhealthy + self.shrink_available(&old, new)?));
        Ok(moved.is_ok_and(|moved| moved > 0))
    }

    fn least_available(&self) -> i32 {
        strategy::replicas(&self.deployment) - strategy::max_unavailable(&self.deployment)
    }

    /// Old pods that are not available cost nothing. Models cleanupUnhealthyReplicas.
    ///
    /// # Errors
    /// A set's status counts more available pods than the set wants: its controller has not seen its newest size
    /// yet, and nobody can say how many may go.
    fn shrink_unhealthy(&mut self, old: &mut [ReplicaSet], most: i32) -> Result<i32, ReconcileError> {
        let mut total = 0;
        for set in old {
            if total >= most {
                break;
            }
            let (size, available) = (sets::replicas(set), sets::available(set));
            if size == 0 || size == available {
                continue;
            }
            let count = (most - total).min(size - available);
            if count < 0 {
                let name = meta::name(&set.metadata);
                let why = format!("invalid request to scale down {name} {size} -> {}", size - count);
                return Err(ReconcileError::NotYet(why));
            }
            *set = self.scale_set(set, size - count)?;
            total += count;
        }
        Ok(total)
    }

    /// Models scaleDownOldReplicaSetsForRollingUpdate.
    fn shrink_available(&mut self, old: &[ReplicaSet], new: &ReplicaSet) -> Result<i32, ReconcileError> {
        let available = sets::total_status(old.iter().chain([new]), |status| status.available_replicas);
        let spare = available - self.least_available();
        let mut total = 0;
        for set in old {
            if total >= spare {
                break;
            }
            let size = sets::replicas(set);
            if size == 0 {
                continue;
            }
            let count = size.min(spare - total);
            self.scale_set(set, size - count)?;
            total += count;
        }
        Ok(total)
    }
}

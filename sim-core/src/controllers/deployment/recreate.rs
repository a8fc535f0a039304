//! Recreate: all old pods go before a new one comes.
//!
//! Models pkg/controller/deployment: rolloutRecreate.

use k8s_openapi::api::core::v1::Pod;

use super::rollout::{Rollout, Split};
use super::{sets, strategy};
use crate::api::{Object, meta, pod};
use crate::engine::ReconcileError;

impl Rollout<'_, '_> {
    /// One step.
    pub(super) fn recreate(&mut self) -> Result<(), ReconcileError> {
        let split = self.split(false)?;
        let mut scaled_down = false;
        for set in split.old.iter().filter(|set| sets::replicas(set) > 0) {
            self.scale_set(set, 0)?;
            scaled_down = true;
        }
        if scaled_down || self.old_pods_are_left(&split) {
            return self.sync_rollout_status(&split);
        }
        let split = if split.new.is_none() { self.split(true)? } else { split };
        if let Some(new) = &split.new {
            self.scale_set_if_needed(new)?;
        }
        if self.is_complete(&self.status()) {
            self.clean_up(&split.old)?;
        }
        self.sync_rollout_status(&split)
    }

    fn scale_set_if_needed(
        &mut self,
        new: &k8s_openapi::api::apps::v1::ReplicaSet,
    ) -> Result<(), ReconcileError> {
        let wanted = strategy::replicas(&self.deployment);
        if sets::replicas(new) != wanted {
            self.scale_set(new, wanted)?;
        }
        Ok(())
    }

    /// Models pkg/controller/deployment: oldPodsRunning. A pod that is being deleted still counts.
    fn old_pods_are_left(&self, split: &Split) -> bool {
        sets::total_status(&split.old, |status| Some(status.replicas)) > 0
            || split.old.iter().any(|set| {
                let pods = self.context.view.owned_by(meta::uid(&set.metadata));
                pods.filter_map(Object::as_ref::<Pod>).any(|pod| !pod::is_terminal(pod))
            })
    }
}

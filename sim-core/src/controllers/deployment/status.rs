//! The Deployment's status, counted from its sets.
//!
//! Models pkg/controller/deployment: calculateStatus and syncDeploymentStatus.

use k8s_openapi::api::apps::v1::{DeploymentStatus, ReplicaSet};

use super::rollout::{Rollout, Split};
use super::{conditions, sets, strategy};
use crate::engine::ReconcileError;

impl Rollout<'_, '_> {
    /// Brings the status up to date and does nothing else.
    pub(super) fn sync_status_only(&mut self) -> Result<(), ReconcileError> {
        let split = self.split(false)?;
        self.sync_deployment_status(&split)
    }

    /// Writes the status when it says something new, without judging the rollout's progress.
    pub(super) fn sync_deployment_status(&mut self, split: &Split) -> Result<(), ReconcileError> {
        let status = self.calculate_status(split);
        if status != self.status() {
            self.deployment.status = Some(status);
            self.write_status()?;
        }
        Ok(())
    }

    pub(super) fn calculate_status(&self, split: &Split) -> DeploymentStatus {
        let all = split.all();
        let available = sets::total_status(&all, |status| status.available_replicas);
        let unavailable = sets::total_replicas(&all).saturating_sub(available).max(0);
        let old = self.status();
        let mut status = DeploymentStatus {
            observed_generation: self.deployment.metadata.generation,
            replicas: nonzero(sets::total_status(&all, |status| Some(status.replicas))),
            updated_replicas: nonzero(split.new.as_ref().map_or(0, actual_replicas)),
            ready_replicas: nonzero(sets::total_status(&all, |status| status.ready_replicas)),
            available_replicas: nonzero(available),
            unavailable_replicas: nonzero(unavailable),
            terminating_replicas: Some(sets::total_status(&all, |status| status.terminating_replicas)),
            collision_count: old.collision_count,
            conditions: old.conditions,
        };
        let least = strategy::replicas(&self.deployment) - strategy::max_unavailable(&self.deployment);
        let (truth, reason, message) = if available >= least {
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        let now = self.context.now;
        conditions::set(
            &mut status,
            conditions::new(conditions::AVAILABLE, truth, reason, message.to_owned(), now),
        );
        status
    }
}

fn actual_replicas(set: &ReplicaSet) -> i32 {
    sets::status(set, |status| Some(status.replicas))
}

fn nonzero(number: i32) -> Option<i32> {
    Some(number).filter(|number| *number != 0)
}

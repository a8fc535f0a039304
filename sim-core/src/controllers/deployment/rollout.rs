//! [`Rollout`]: one sync of one Deployment.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus, ReplicaSet};

use super::{annotations, conditions, sets, strategy};
use crate::api::{ApiResult, Object};
use crate::apiserver::{Subresource, WriteOptions};
use crate::engine::{Context, EventType, ReconcileError};

/// What one sync works with: the Deployment and its ReplicaSets as the caches show them.
pub(super) struct Rollout<'a, 'b> {
    pub deployment: Deployment,
    pub sets: Vec<ReplicaSet>,
    pub context: &'a mut Context<'b>,
}

/// The set of the current template, and the others.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub new: Option<ReplicaSet>,
    pub old: Vec<ReplicaSet>,
}

impl Split {
    /// The old ones, then the new one.
    pub(super) fn all(&self) -> Vec<ReplicaSet> {
        self.old.iter().chain(&self.new).cloned().collect()
    }
}

impl<'a, 'b> Rollout<'a, 'b> {
    /// A sync of `deployment`, whose sets these are.
    pub(super) fn new(deployment: Deployment, sets: Vec<ReplicaSet>, context: &'a mut Context<'b>) -> Self {
        Rollout { deployment, sets, context }
    }

    /// Whether the user has paused the rollout.
    pub(super) fn is_paused(&self) -> bool {
        self.deployment.spec.as_ref().and_then(|spec| spec.paused).unwrap_or(false)
    }

    /// Whether the strategy is RollingUpdate.
    pub(super) fn is_rolling_update(&self) -> bool {
        strategy::is_rolling_update(&self.deployment)
    }

    /// The Deployment's status, empty before the first.
    pub(super) fn status(&self) -> DeploymentStatus {
        self.deployment.status.clone().unwrap_or_default()
    }

    /// Whether an active set knows another size of the Deployment than it has now.
    ///
    /// Models pkg/controller/deployment: isScalingEvent.
    pub(super) fn is_scaling_event(&mut self) -> Result<bool, ReconcileError> {
        let split = self.split(false)?;
        let replicas = strategy::replicas(&self.deployment);
        Ok(split
            .all()
            .iter()
            .filter(|set| sets::replicas(set) > 0)
            .any(|set| annotations::desired_replicas(set).is_some_and(|desired| desired != replicas)))
    }

    /// A paused Deployment says so, because its rollout's clock stands still meanwhile.
    ///
    /// Models pkg/controller/deployment: checkPausedConditions.
    pub(super) fn check_paused_conditions(&mut self) -> Result<(), ReconcileError> {
        let mut status = self.status();
        if conditions::progress_deadline_seconds(&self.deployment).is_none()
            || conditions::progress_reason_is(&status, conditions::PROGRESS_DEADLINE_EXCEEDED)
        {
            return Ok(());
        }
        let says_paused = conditions::progress_reason_is(&status, conditions::DEPLOYMENT_PAUSED);
        let (reason, message) = match (self.is_paused(), says_paused) {
            (true, false) => (conditions::DEPLOYMENT_PAUSED, "Deployment is paused"),
            (false, true) => (conditions::DEPLOYMENT_RESUMED, "Deployment is resumed"),
            _ => return Ok(()),
        };
        let condition =
            conditions::new(conditions::PROGRESSING, "Unknown", reason, message.to_owned(), self.context.now);
        conditions::set(&mut status, condition);
        self.deployment.status = Some(status);
        self.write_status()?;
        Ok(())
    }

    /// Writes the Deployment's status and annotations. A sync can do so once: the version that it works with
    /// is then an old one, a second write is a Conflict, and the next sync goes on with fresh caches, as upstream.
    ///
    /// Upstream's status endpoint lets a Deployment's annotations through, and its controller relies on it.
    pub(super) fn write_status(&mut self) -> ApiResult<()> {
        let options = WriteOptions::default();
        self.context.api.update_with(self.deployment.clone(), Subresource::Binding, options).map(|_| ())
    }

    /// Records an event about the Deployment.
    pub(super) fn event(&mut self, event_type: EventType, reason: &'static str, message: &str) {
        let about = Object::from(self.deployment.clone());
        self.context.events.event(self.context.api, &about, event_type, reason, message);
    }
}

//! A Deployment's conditions.
//!
//! Models pkg/controller/deployment/util: SetDeploymentCondition and its neighbours.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, DeploymentStatus};

use crate::api::SimTime;

/// The condition's name: enough pods are available.
pub(super) const AVAILABLE: &str = "Available";
/// The condition's name: the rollout moves, or has come to its end.
pub(super) const PROGRESSING: &str = "Progressing";
/// The condition's name: pods cannot be created or deleted.
pub(super) const REPLICA_FAILURE: &str = "ReplicaFailure";

/// A ReplicaSet was created for the template.
pub(super) const NEW_REPLICA_SET_CREATED: &str = "NewReplicaSetCreated";
/// A ReplicaSet with the template was there already.
pub(super) const FOUND_NEW_REPLICA_SET: &str = "FoundNewReplicaSet";
/// The ReplicaSet could not be created.
pub(super) const REPLICA_SET_CREATE_ERROR: &str = "ReplicaSetCreateError";
/// The rollout moves.
pub(super) const REPLICA_SET_UPDATED: &str = "ReplicaSetUpdated";
/// The rollout has come to its end.
pub(super) const NEW_REPLICA_SET_AVAILABLE: &str = "NewReplicaSetAvailable";
/// The rollout has not moved for too long.
pub(super) const PROGRESS_DEADLINE_EXCEEDED: &str = "ProgressDeadlineExceeded";
/// The Deployment is paused.
pub(super) const DEPLOYMENT_PAUSED: &str = "DeploymentPaused";
/// The Deployment is no longer paused.
pub(super) const DEPLOYMENT_RESUMED: &str = "DeploymentResumed";

/// A condition as of `now`.
pub(super) fn new(
    type_: &str,
    status: &str,
    reason: &str,
    message: String,
    now: SimTime,
) -> DeploymentCondition {
    DeploymentCondition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        last_update_time: Some(now.to_time()),
        last_transition_time: Some(now.to_time()),
        reason: Some(reason.to_owned()),
        message: Some(message),
    }
}

/// The condition of that name.
pub(super) fn get<'a>(status: &'a DeploymentStatus, type_: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == type_)
}

/// Whether the Progressing condition has that reason.
pub(super) fn progress_reason_is(status: &DeploymentStatus, reason: &str) -> bool {
    get(status, PROGRESSING).is_some_and(|condition| condition.reason.as_deref() == Some(reason))
}

/// Puts the condition last, unless the one that is there says the same for the same reason.
pub(super) fn set(status: &mut DeploymentStatus, mut condition: DeploymentCondition) {
    if let Some(current) = get(status, &condition.type_) {
        if current.status == condition.status && current.reason == condition.reason {
            return;
        }
        if current.status == condition.status {
            condition.last_transition_time = current.last_transition_time.clone();
        }
    }
    remove(status, &condition.type_.clone());
    status.conditions.get_or_insert_default().push(condition);
}

/// Takes the condition away.
pub(super) fn remove(status: &mut DeploymentStatus, type_: &str) {
    if let Some(conditions) = &mut status.conditions {
        conditions.retain(|condition| condition.type_ != type_);
    }
    status.conditions = status.conditions.take().filter(|conditions| !conditions.is_empty());
}

/// Seconds after which a rollout that does not move has failed; `None` when it may take for ever.
///
/// Models pkg/controller/deployment/util: HasProgressDeadline.
pub(super) fn progress_deadline_seconds(deployment: &Deployment) -> Option<i32> {
    let seconds = deployment.spec.as_ref().and_then(|spec| spec.progress_deadline_seconds);
    seconds.filter(|seconds| *seconds != i32::MAX)
}

//! The set's status.
//!
//! Models pkg/controller/replicaset: calculateStatus and updateReplicaSetStatus.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};

use super::pods::PodCounts;
use super::scale::wanted_replicas;
use crate::api::{ApiError, ApiResult};
use crate::engine::Context;

/// The condition of a set whose pods cannot be created or deleted.
const REPLICA_FAILURE: &str = "ReplicaFailure";

/// Writes the status if it says something new. It counts the pods as they were before this sync's writes.
pub(super) fn update(
    set: &Arc<ReplicaSet>,
    counts: &PodCounts,
    available: usize,
    failure: Option<&ApiError>,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    let old = set.status.clone().unwrap_or_default();
    let status = ReplicaSetStatus {
        replicas: number(counts.active),
        fully_labeled_replicas: nonzero(counts.fully_labeled),
        ready_replicas: nonzero(counts.ready()),
        available_replicas: nonzero(available),
        terminating_replicas: Some(number(counts.terminating)),
        observed_generation: set.metadata.generation,
        conditions: conditions(&old, set, counts, failure, context),
    };
    if status == old {
        return Ok(());
    }
    let mut changed = ReplicaSet::clone(set);
    changed.status = Some(status);
    context.api.update_status(changed).map(|_| ())
}

fn conditions(
    old: &ReplicaSetStatus,
    set: &ReplicaSet,
    counts: &PodCounts,
    failure: Option<&ApiError>,
    context: &Context<'_>,
) -> Option<Vec<ReplicaSetCondition>> {
    let mut conditions = old.conditions.clone().unwrap_or_default();
    let failed_before = conditions.iter().any(|condition| condition.type_ == REPLICA_FAILURE);
    match failure {
        None => conditions.retain(|condition| condition.type_ != REPLICA_FAILURE),
        Some(_) if failed_before => {}
        Some(error) => {
            let reason = if counts.active < wanted_replicas(set) { "FailedCreate" } else { "FailedDelete" };
            conditions.push(ReplicaSetCondition {
                type_: REPLICA_FAILURE.to_owned(),
                status: "True".to_owned(),
                last_transition_time: Some(context.now.to_time()),
                reason: Some(reason.to_owned()),
                message: Some(error.to_string()),
            });
        }
    }
    Some(conditions).filter(|conditions| !conditions.is_empty())
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn nonzero(count: usize) -> Option<i32> {
    Some(number(count)).filter(|count| *count != 0)
}

//! A set's status, computed in one place.
//!
//! Models pkg/controller/statefulset: updateStatus, completeRollingUpdate, inconsistentStatus.

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetStatus};

use super::index::Replicas;
use super::revisions::Revisions;
use super::wish::replicas;

/// How many names of revisions were taken by others, as far as the set knows.
pub fn collision_count(set: &StatefulSet) -> i32 {
    set.status.as_ref().and_then(|status| status.collision_count).unwrap_or(0)
}

/// The status of `set` with these pods, of which `outdated_deleted` were deleted in this sync for an update.
///
/// Pods that were created in this sync are not counted, as upstream counts what it had seen before.
pub fn compute(
    set: &StatefulSet,
    pods: &Replicas,
    revisions: &Revisions,
    outdated_deleted: i32,
) -> StatefulSetStatus {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let (current, update) = (revisions.current_name(), revisions.update_name());
    let updated = count(pods.live_of(update));
    let mut current_replicas = count(pods.live_of(current)) - outdated_deleted;
    let mut current_revision = current;
    let wanted = replicas(set);
    let (all, ready) = (count(pods.len()), count(pods.ready()));
    if is_rolling_update(set) && updated == wanted && ready == wanted && all == wanted {
        current_replicas = updated;
        current_revision = update;
    }
    let unless_zero = |number: i32| Some(number).filter(|number| *number != 0);
    StatefulSetStatus {
        observed_generation: set.metadata.generation,
        replicas: all,
        ready_replicas: unless_zero(ready),
        available_replicas: Some(count(pods.available())),
        current_replicas: unless_zero(current_replicas),
        updated_replicas: unless_zero(updated),
        current_revision: Some(current_revision.to_owned()),
        update_revision: Some(update.to_owned()),
        collision_count: Some(revisions.collision_count),
        conditions: None,
    }
}

/// Whether `status` says something new about `set`.
pub fn is_news(set: &StatefulSet, status: &StatefulSetStatus) -> bool {
    let empty = StatefulSetStatus::default();
    let old = set.status.as_ref().unwrap_or(&empty);
    let number = |value: Option<i32>| value.unwrap_or(0);
    let name = |value: &Option<String>| value.clone().unwrap_or_default();
    status.observed_generation.unwrap_or(0) > old.observed_generation.unwrap_or(0)
        || status.replicas != old.replicas
        || number(status.current_replicas) != number(old.current_replicas)
        || number(status.ready_replicas) != number(old.ready_replicas)
        || number(status.updated_replicas) != number(old.updated_replicas)
        || number(status.available_replicas) != number(old.available_replicas)
        || name(&status.current_revision) != name(&old.current_revision)
        || name(&status.update_revision) != name(&old.update_revision)
}

fn is_rolling_update(set: &StatefulSet) -> bool {
    let strategy = set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
    strategy.and_then(|strategy| strategy.type_.as_deref()) != Some("OnDelete")
}

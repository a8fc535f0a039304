//! Deleting sets that are older than the history goes back.
//!
//! Models pkg/controller/deployment: cleanupDeployment.

use k8s_openapi::api::apps::v1::ReplicaSet;

use super::rollout::Rollout;
use super::sets;
use crate::api::{Kind, ObjectKey, meta};
use crate::apiserver::DeleteOptions;
use crate::engine::ReconcileError;

impl Rollout<'_, '_> {
    /// Deletes the oldest of the sets beyond `revisionHistoryLimit`; those with pods stay.
    pub(super) fn clean_up(&mut self, old: &[ReplicaSet]) -> Result<(), ReconcileError> {
        let limit = self.deployment.spec.as_ref().and_then(|spec| spec.revision_history_limit);
        let Some(limit) = limit.filter(|limit| *limit != i32::MAX) else { return Ok(()) };
        let mut alive: Vec<&ReplicaSet> =
            old.iter().filter(|set| !meta::is_terminating(&set.metadata)).collect();
        let surplus = alive.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        alive.sort_by(|a, b| sets::by_revision(a, b));
        for set in alive.into_iter().take(surplus).filter(|set| is_empty(set)) {
            let key = ObjectKey::of(&set.metadata);
            match self.context.api.delete(Kind::ReplicaSet, &key, &DeleteOptions::default()) {
                Err(error) if error.is_not_found() => {}
                other => {
                    other?;
                }
            }
        }
        Ok(())
    }
}

/// Whether the set wants no pods, has none, and its controller has seen that.
fn is_empty(set: &ReplicaSet) -> bool {
    let observed = set.status.as_ref().and_then(|status| status.observed_generation).unwrap_or(0);
    sets::replicas(set) == 0
        && sets::status(set, |status| Some(status.replicas)) == 0
        && set.metadata.generation.unwrap_or(0) <= observed
}

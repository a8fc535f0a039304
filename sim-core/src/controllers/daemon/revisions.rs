//! The revisions of a DaemonSet's template.
//!
//! Models pkg/controller/daemon: constructHistory, snapshot and cleanupHistory.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use serde_json::Value;

use super::nodes::HASH_LABEL;
use crate::api::{ApiResult, Kind, Object, ObjectKey, Resource, meta};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::controllers::deployment::hash;
use crate::controllers::history;
use crate::engine::Context;

/// The set's revisions.
pub(super) struct History {
    /// The hash of the newest.
    pub hash: String,
    /// How many names of revisions were taken by others so far.
    pub collision_count: Option<i32>,
    /// The others.
    old: Vec<Arc<ControllerRevision>>,
}

/// Finds the revision of the set's template, makes it when there is none, and makes it the newest.
///
/// # Errors
/// What the API server answers when a revision cannot be written.
pub(super) fn settle(set: &Arc<DaemonSet>, context: &mut Context<'_>) -> ApiResult<History> {
    let uid = meta::uid(&set.metadata);
    let revisions = context.view.owned_by_of_kind(uid, Kind::ControllerRevision);
    let revisions = revisions.filter(|revision| meta::is_controlled_by(revision.meta(), uid));
    let template = set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    let patch = history::template_patch(&template);
    let (mut current, mut old): (Vec<_>, Vec<_>) = revisions
        .filter_map(ControllerRevision::from_object)
        .partition(|revision| history::data_of(revision) == &patch);
    history::sort(&mut current);
    history::sort(&mut old);
    let collision_count = set.status.as_ref().and_then(|status| status.collision_count);
    let number = old.last().map_or(1, |last| last.revision.saturating_add(1));
    let Some(newest) = current.pop() else {
        return create(set, patch, number, collision_count, old, context);
    };
    if newest.revision < number {
        context.api.modify::<ControllerRevision>(&newest.key(), Subresource::Main, |revision| {
            revision.revision = number;
        })?;
    }
    let hash = meta::labels(&newest.metadata).get(HASH_LABEL).cloned().unwrap_or_default();
    Ok(History { hash, collision_count, old })
}

fn create(
    set: &Arc<DaemonSet>,
    patch: Value,
    number: i64,
    mut collision_count: Option<i32>,
    old: Vec<Arc<ControllerRevision>>,
    context: &mut Context<'_>,
) -> ApiResult<History> {
    let template = set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    loop {
        let hash = hash::of_template(&template, collision_count);
        let mut labels = template.metadata.as_ref().and_then(|meta| meta.labels.clone()).unwrap_or_default();
        labels.insert(HASH_LABEL.to_owned(), hash.clone());
        let revision = ControllerRevision {
            metadata: ObjectMeta {
                name: Some(format!("{}-{hash}", meta::name(&set.metadata))),
                namespace: set.metadata.namespace.clone(),
                labels: Some(labels),
                annotations: set.metadata.annotations.clone(),
                owner_references: Some(vec![meta::controller_reference(&Object::from(set.clone()))]),
                ..ObjectMeta::default()
            },
            data: Some(RawExtension(patch.clone())),
            revision: number,
        };
        match context.api.create(revision.clone()) {
            Ok(_) => return Ok(History { hash, collision_count, old }),
            Err(error) if error.is_already_exists() => {
                let taken = context.api.typed::<ControllerRevision>(&revision.key())?;
                if history::data_of(taken) == &patch {
                    return Ok(History { hash, collision_count, old });
                }
                let count = collision_count.unwrap_or(0);
                collision_count = Some(count.checked_add(1).ok_or(error)?);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Deletes the oldest revisions that no pod has, beyond `revisionHistoryLimit`.
///
/// # Errors
/// What the API server answers when a revision cannot be deleted.
pub(super) fn clean_up(set: &DaemonSet, history: &History, context: &mut Context<'_>) -> ApiResult<()> {
    let limit = set.spec.as_ref().and_then(|spec| spec.revision_history_limit).unwrap_or(10);
    let surplus = history.old.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
    if surplus == 0 {
        return Ok(());
    }
    let uid = meta::uid(&set.metadata);
    let pods = context.view.owned_by_of_kind(uid, Kind::Pod).filter_map(Object::as_ref::<Pod>);
    let live: BTreeSet<String> =
        pods.filter_map(|pod| meta::labels(&pod.metadata).get(HASH_LABEL).cloned()).collect();
    let is_live = |revision: &&Arc<ControllerRevision>| {
        meta::labels(&revision.metadata).get(HASH_LABEL).is_some_and(|hash| live.contains(hash))
    };
    for revision in history.old.iter().filter(|revision| !is_live(revision)).take(surplus) {
        let key: ObjectKey = revision.key();
        context.api.delete(Kind::ControllerRevision, &key, &DeleteOptions::default())?;
    }
    Ok(())
}

//! A set's revisions: which one its template is, which ones may go.
//!
//! Models pkg/controller/statefulset: getStatefulSetRevisions, truncateHistory.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::Value;

use super::index::Replicas;
use super::status;
use crate::api::{ApiResult, Kind, Object, ObjectKey, Resource, defaults, meta};
use crate::apiserver::{ApiServer, DeleteOptions, Subresource};
use crate::controllers::history;

/// The revisions that a sync works with.
#[derive(Clone, Debug)]
pub struct Revisions {
    /// The revision of the pods that are not updated yet.
    pub current: Arc<ControllerRevision>,
    /// The revision of the set's template.
    pub update: Arc<ControllerRevision>,
    /// How many names of revisions were taken by others so far.
    pub collision_count: i32,
}

impl Revisions {
    /// The name of the current revision.
    pub fn current_name(&self) -> &str {
        meta::name(&self.current.metadata)
    }

    /// Whether the update revision is none of `known`.
    pub fn is_new(&self, known: &[Arc<ControllerRevision>]) -> bool {
        known.iter().all(|known| known.metadata.name != self.update.metadata.name)
    }

    /// The name of the update revision.
    pub fn update_name(&self) -> &str {
        meta::name(&self.update.metadata)
    }
}

/// Finds the set's current and update revision among its sorted `revisions`. A template that none of
/// them has becomes a new one; one that an older revision has makes that one the newest again.
///
/// # Errors
/// What the API server answers when a revision cannot be written.
pub fn settle(
    api: &mut ApiServer,
    set: &Arc<StatefulSet>,
    patch: &Value,
    revisions: &[Arc<ControllerRevision>],
) -> ApiResult<Revisions> {
    let mut collision_count = status::collision_count(set);
    let update = match find_equal(set, patch, revisions) {
        Some(index) if index + 1 == revisions.len() => revisions[index].clone(),
        Some(index) => renumber(api, &revisions[index], history::next_number(revisions))?,
        None => create(api, set, patch, history::next_number(revisions), &mut collision_count)?,
    };
    let current_name = set.status.as_ref().and_then(|status| status.current_revision.as_deref());
    let current = revisions.iter().find(|revision| revision.metadata.name.as_deref() == current_name);
    let current = current.map_or_else(|| update.clone(), Arc::clone);
    Ok(Revisions { current, update, collision_count })
}

/// The newest revision that keeps the same template.
///
/// A revision whose bytes differ is the same when its template means the same after defaulting
/// (StatefulSetSemanticRevisionComparison, on by default from 1.35).
fn find_equal(set: &StatefulSet, patch: &Value, revisions: &[Arc<ControllerRevision>]) -> Option<usize> {
    let same_bytes = |revision: &Arc<ControllerRevision>| history::data_of(revision) == patch;
    if let Some(index) = revisions.iter().rposition(same_bytes) {
        return Some(index);
    }
    let wanted = defaulted(set, history::template_of(patch)?);
    revisions.iter().rposition(|revision| {
        history::template_of(history::data_of(revision))
            .is_some_and(|template| defaulted(set, template) == wanted)
    })
}

/// The set with `template` and all defaults filled in.
fn defaulted(set: &StatefulSet, template: PodTemplateSpec) -> Object {
    let mut set = set.clone();
    set.spec.get_or_insert_default().template = template;
    let mut object = Object::from(set);
    defaults::apply(&mut object);
    object
}

/// Models pkg/controller/history: UpdateControllerRevision.
fn renumber(
    api: &mut ApiServer,
    revision: &ControllerRevision,
    number: i64,
) -> ApiResult<Arc<ControllerRevision>> {
    let stored = api.modify::<ControllerRevision>(&revision.key(), Subresource::Main, |revision| {
        revision.revision = number;
    })?;
    Ok(ControllerRevision::from_object(&stored).unwrap_or_else(|| Arc::new(revision.clone())))
}

/// Models pkg/controller/history: CreateControllerRevision. A name that another template has taken
/// raises the collision count, which changes the name.
fn create(
    api: &mut ApiServer,
    set: &Arc<StatefulSet>,
    patch: &Value,
    number: i64,
    collision_count: &mut i32,
) -> ApiResult<Arc<ControllerRevision>> {
    let owner = Object::from(set.clone());
    let empty = BTreeMap::new();
    let template = set.spec.as_ref().map(|spec| &spec.template);
    let labels = template.and_then(|template| template.metadata.as_ref()?.labels.as_ref()).unwrap_or(&empty);
    let mut new = history::new_revision(&owner, labels, patch.clone(), number, *collision_count);
    loop {
        let hash = history::hash(patch, *collision_count);
        new.metadata.name = Some(history::name(meta::name(owner.meta()), &hash));
        match api.create(new.clone()) {
            Ok(stored) => {
                return Ok(ControllerRevision::from_object(&stored).unwrap_or_else(|| Arc::new(new)));
            }
            Err(error) if error.is_already_exists() => {
                let taken = api.typed::<ControllerRevision>(&new.key())?;
                if history::data_of(taken) == patch {
                    return Ok(Arc::new(taken.clone()));
                }
                *collision_count = collision_count.checked_add(1).ok_or(error)?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Deletes the oldest revisions that nothing needs, beyond `revisionHistoryLimit` of them.
///
/// # Errors
/// What the API server answers when a revision cannot be deleted.
pub fn truncate(
    api: &mut ApiServer,
    set: &StatefulSet,
    replicas: &Replicas,
    sorted: &[Arc<ControllerRevision>],
    used: Option<&Revisions>,
) -> ApiResult<()> {
    let limit = set.spec.as_ref().and_then(|spec| spec.revision_history_limit).unwrap_or(10);
    let Ok(limit) = usize::try_from(limit) else { return Ok(()) };
    if sorted.len() <= limit {
        return Ok(());
    }
    let is_live = |name: &str| {
        used.is_some_and(|used| name == used.current_name() || name == used.update_name())
            || replicas.has_revision(name)
    };
    let unused: Vec<ObjectKey> = sorted
        .iter()
        .filter(|revision| !is_live(meta::name(&revision.metadata)))
        .map(|revision| revision.key())
        .collect();
    for key in unused.iter().take(unused.len().saturating_sub(limit)) {
        api.delete(Kind::ControllerRevision, key, &DeleteOptions::default())?;
    }
    Ok(())
}

//! Finding or making the ReplicaSet of the current template.
//!
//! Models pkg/controller/deployment: getAllReplicaSetsAndSyncRevision and getNewReplicaSet.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::rollout::{Rollout, Split};
use super::{annotations, conditions, hash, sets, strategy};
use crate::api::{ApiError, Object, ObjectKey, meta};
use crate::engine::{EventType, ReconcileError};

impl Rollout<'_, '_> {
    /// The sets, split into that of the current template and the others; with `create`, the first is made
    /// when it is not there. Revisions are brought up to date.
    pub(super) fn split(&mut self, create: bool) -> Result<Split, ReconcileError> {
        let mut all = self.sets.clone();
        all.sort_by(sets::by_creation);
        let found = all.iter().position(|set| sets::has_template_of(set, &self.deployment));
        let new = found.map(|index| all.remove(index));
        let revision = all.iter().map(annotations::revision_of).max().unwrap_or(0) + 1;
        let new = match new {
            Some(set) => Some(self.keep_found(set, revision)?),
            None if create => self.create_set(&all, revision)?,
            None => None,
        };
        Ok(Split { new, old: all })
    }

    fn keep_found(&mut self, mut set: ReplicaSet, revision: i64) -> Result<ReplicaSet, ReconcileError> {
        let annotated = annotations::set_new(&self.deployment, &mut set, revision);
        let wanted = self.deployment.spec.as_ref().and_then(|spec| spec.min_ready_seconds);
        let present = set.spec.as_ref().and_then(|spec| spec.min_ready_seconds);
        if annotated || wanted.unwrap_or(0) != present.unwrap_or(0) {
            set.spec.get_or_insert_default().min_ready_seconds = wanted;
            return self.update_set(set);
        }
        let mut changed =
            annotations::set_deployment_revision(&mut self.deployment, annotations::revision_of(&set));
        let mut status = self.status();
        let has_deadline = conditions::progress_deadline_seconds(&self.deployment).is_some();
        if has_deadline && conditions::get(&status, conditions::PROGRESSING).is_none() {
            let message = format!("Found new replica set \"{}\"", meta::name(&set.metadata));
            self.put_progress(&mut status, "True", conditions::FOUND_NEW_REPLICA_SET, message);
            self.deployment.status = Some(status);
            changed = true;
        }
        if changed {
            self.write_status()?;
        }
        Ok(set)
    }

    /// Writes a set and returns it as stored.
    pub(super) fn update_set(&mut self, set: ReplicaSet) -> Result<ReplicaSet, ReconcileError> {
        let stored = self.context.api.update(set)?;
        stored
            .as_ref::<ReplicaSet>()
            .cloned()
            .ok_or_else(|| ReconcileError::NotYet("the stored object is no ReplicaSet".to_owned()))
    }

    fn create_set(
        &mut self,
        old: &[ReplicaSet],
        revision: i64,
    ) -> Result<Option<ReplicaSet>, ReconcileError> {
        let set = self.new_set(old, revision);
        let replicas = sets::replicas(&set);
        let name = meta::name(&set.metadata).to_owned();
        let (created, is_fresh) = match self.context.api.create(set.clone()) {
            Ok(created) => (created, true),
            Err(error) if error.is_already_exists() => (self.own_or_collide(&set)?, false),
            // Nothing can come into a namespace that goes.
            Err(error) if error.is_namespace_terminating() => return Ok(None),
            Err(error) => return self.report_refusal(&name, error),
        };
        let Some(created) = created.as_ref::<ReplicaSet>().cloned() else { return Ok(None) };
        if is_fresh && replicas > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {replicas}");
            self.event(EventType::Normal, "ScalingReplicaSet", &message);
        }
        let mut changed = annotations::set_deployment_revision(&mut self.deployment, revision);
        if is_fresh && conditions::progress_deadline_seconds(&self.deployment).is_some() {
            let mut status = self.status();
            let message = format!("Created new replica set \"{name}\"");
            self.put_progress(&mut status, "True", conditions::NEW_REPLICA_SET_CREATED, message);
            self.deployment.status = Some(status);
            changed = true;
        }
        if changed {
            self.write_status()?;
        }
        Ok(Some(created))
    }

    /// The set as it is to be created.
    fn new_set(&self, old: &[ReplicaSet], revision: i64) -> ReplicaSet {
        let deployment = &self.deployment;
        let spec = deployment.spec.clone().unwrap_or_default();
        let collisions = deployment.status.as_ref().and_then(|status| status.collision_count);
        let hash = hash::of_template(&spec.template, collisions);
        let mut template = spec.template;
        let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
        labels.insert(hash::LABEL.to_owned(), hash.clone());
        let labels = labels.clone();
        let mut selector = spec.selector;
        let match_labels: &mut BTreeMap<String, String> = selector.match_labels.get_or_insert_default();
        match_labels.insert(hash::LABEL.to_owned(), hash.clone());
        let mut set = ReplicaSet {
            metadata: ObjectMeta {
                name: Some(format!("{}-{hash}", meta::name(&deployment.metadata))),
                namespace: deployment.metadata.namespace.clone(),
                owner_references: Some(vec![meta::controller_reference(&Object::from(deployment.clone()))]),
                labels: Some(labels),
                ..ObjectMeta::default()
            },
            spec: Some(ReplicaSetSpec {
                replicas: Some(0),
                min_ready_seconds: spec.min_ready_seconds,
                selector,
                template: Some(template),
            }),
            status: None,
        };
        let replicas = self.new_replicas(old.iter().chain([&set]), &set);
        set.spec.get_or_insert_default().replicas = Some(replicas);
        annotations::set_new(deployment, &mut set, revision);
        let desired = strategy::replicas(deployment);
        annotations::set_replicas(&mut set, desired, desired.saturating_add(strategy::max_surge(deployment)));
        set
    }

    /// A set of that name is ours when its template is; otherwise the hash collides, and the next has another.
    fn own_or_collide(&mut self, set: &ReplicaSet) -> Result<Object, ReconcileError> {
        let present = self.context.api.typed::<ReplicaSet>(&ObjectKey::of(&set.metadata))?;
        let is_own = meta::is_controlled_by(&present.metadata, meta::uid(&self.deployment.metadata));
        if is_own && sets::has_template_of(present, &self.deployment) {
            return Ok(Object::from(present.clone()));
        }
        let mut status = self.status();
        status.collision_count = Some(status.collision_count.unwrap_or(0).saturating_add(1));
        self.deployment.status = Some(status);
        self.write_status()?;
        Err(ApiError::already_exists(crate::api::Kind::ReplicaSet, meta::name(&set.metadata)).into())
    }

    fn report_refusal(&mut self, name: &str, error: ApiError) -> Result<Option<ReplicaSet>, ReconcileError> {
        let message = format!("Failed to create new replica set \"{name}\": {error}");
        if conditions::progress_deadline_seconds(&self.deployment).is_some() {
            let mut status = self.status();
            self.put_progress(&mut status, "False", conditions::REPLICA_SET_CREATE_ERROR, message.clone());
            self.deployment.status = Some(status);
            // The refusal itself is what is tried again, whether or not its condition could be written.
            let _ = self.write_status();
        }
        self.event(EventType::Warning, conditions::REPLICA_SET_CREATE_ERROR, &message);
        Err(error.into())
    }
}

//! Rolls out ReplicaSets.
//!
//! Models pkg/controller/deployment.

mod annotations;
mod cleanup;
mod conditions;
pub(in crate::controllers) mod hash;
mod progress;
mod recreate;
mod revision;
mod rolling;
mod rollout;
mod scale;
mod sets;
mod status;
mod strategy;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;

use super::replicaset::claim;
use crate::api::selector::Selector;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta};
use crate::engine::{Component, Context, EventType, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

use rollout::Rollout;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct DeploymentController {
    deployments: OrdMap<ObjectKey, DeploymentState>,
}

/// What is known of one Deployment.
#[derive(Clone, Debug)]
struct DeploymentState {
    selector: Arc<Selector>,
    /// ReplicaSets that may have to be adopted or released.
    claims: OrdSet<ObjectKey>,
    /// Whether all ReplicaSets of the namespace may have to be adopted.
    claim_all: bool,
}

impl Component for DeploymentController {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Deployment(deployment) => self.observe_deployment(change, deployment, wakes),
            Object::ReplicaSet(set) => self.observe_set(change, set, wakes),
            Object::Pod(pod) if change.change == ChangeType::Deleted => observe_last_pod(pod, view, wakes),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(deployment) = context.view.shared::<Deployment>(&key.key) else { return Ok(()) };
        self.sync(&key.key, deployment, context)
    }
}

impl DeploymentController {
    /// Models pkg/controller/deployment: syncDeployment.
    fn sync(
        &mut self,
        key: &ObjectKey,
        deployment: Arc<Deployment>,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        if selects_everything(&deployment) {
            let about = Object::Deployment(deployment);
            let message = "This deployment is selecting all pods. A non-empty selector is required.";
            context.events.event(context.api, &about, EventType::Warning, "SelectingAll", message);
            return Ok(());
        }
        let sets = self.claim_sets(key, &deployment, context)?;
        let mut rollout = Rollout::new(Deployment::clone(&deployment), sets, context);
        if meta::is_terminating(&deployment.metadata) {
            return rollout.sync_status_only();
        }
        rollout.check_paused_conditions()?;
        if rollout.is_paused() || rollout.is_scaling_event()? {
            return rollout.sync_scale();
        }
        if rollout.is_rolling_update() { rollout.roll() } else { rollout.recreate() }
    }

    /// The Deployment's ReplicaSets, after those were adopted or released whose labels decide it anew.
    ///
    /// Models pkg/controller/deployment: getReplicaSetsForDeployment.
    fn claim_sets(
        &mut self,
        key: &ObjectKey,
        deployment: &Arc<Deployment>,
        context: &mut Context<'_>,
    ) -> Result<Vec<ReplicaSet>, ReconcileError> {
        let uid = meta::uid(&deployment.metadata);
        let mut mine: Vec<Object> = context
            .view
            .owned_by(uid)
            .filter(|object| matches!(object, Object::ReplicaSet(_)))
            .filter(|object| meta::is_controlled_by(object.meta(), uid))
            .cloned()
            .collect();
        if let Some(state) = self.deployments.get(key).cloned() {
            let mut claims = state.claims.clone();
            if state.claim_all {
                let sets = context.view.list_in(Kind::ReplicaSet, &key.namespace);
                claims.extend(sets.map(Object::key));
            }
            let owner = Object::Deployment(deployment.clone());
            for set in claims.iter().filter_map(|key| context.view.get(Kind::ReplicaSet, key)) {
                let is_mine = claim::claim(set, &owner, &state.selector, context.api)?;
                mine.retain(|other| other.uid() != set.uid());
                if is_mine {
                    // As it is after an adoption, so that a write to it does not conflict.
                    mine.extend(context.api.get(Kind::ReplicaSet, &set.key()).ok().cloned());
                }
            }
            if let Some(state) = self.deployments.get_mut(key) {
                state.claims = OrdSet::new();
                state.claim_all = false;
            }
        }
        Ok(mine.iter().filter_map(|object| object.as_ref::<ReplicaSet>().cloned()).collect())
    }

    fn observe_deployment(&mut self, change: &Change, deployment: &Deployment, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        if change.change == ChangeType::Deleted {
            self.deployments.remove(&key);
            return;
        }
        let selector = deployment.spec.as_ref().map(|spec| &spec.selector);
        let previous = change.previous.as_ref().and_then(Object::as_ref::<Deployment>);
        let previous_selector =
            previous.and_then(|previous| previous.spec.as_ref()).map(|spec| &spec.selector);
        if let Some(selector) = selector.filter(|selector| previous_selector != Some(selector)) {
            let selector = Arc::new(Selector::from_api(selector));
            let state = DeploymentState { selector, claims: OrdSet::new(), claim_all: true };
            self.deployments.insert(key.clone(), state);
        }
        wakes.soon(ObjectRef::new(Kind::Deployment, key));
    }

    /// Models pkg/controller/deployment: addReplicaSet, updateReplicaSet and deleteReplicaSet.
    fn observe_set(&mut self, change: &Change, set: &ReplicaSet, wakes: &mut Wakes) {
        let previous = change.previous.as_ref().and_then(Object::as_ref::<ReplicaSet>);
        let owner = controlling_deployment(set);
        let previous_owner = previous.and_then(controlling_deployment);
        for key in [&owner, &previous_owner].into_iter().flatten() {
            wakes.soon(ObjectRef::new(Kind::Deployment, key.clone()));
        }
        let labels = meta::labels(&set.metadata);
        let relabelled = previous.is_none_or(|previous| meta::labels(&previous.metadata) != labels);
        if change.change == ChangeType::Deleted || !(relabelled || owner != previous_owner) {
            return;
        }
        let namespace = meta::namespace(&set.metadata);
        let concerned: Vec<ObjectKey> = match owner {
            Some(key) => vec![key],
            None if meta::controller_of(&set.metadata).is_some() => Vec::new(),
            None => self
                .deployments
                .range(ObjectKey::new(namespace, "")..)
                .take_while(|(key, _)| &*key.namespace == namespace)
                .filter(|(_, state)| state.selector.matches(labels))
                .map(|(key, _)| key.clone())
                .collect(),
        };
        for key in concerned {
            if let Some(state) = self.deployments.get_mut(&key) {
                state.claims.insert(change.reference.key.clone());
                wakes.soon(ObjectRef::new(Kind::Deployment, key));
            }
        }
    }
}

/// The last pod of a Deployment that recreates lets its new pods come, whatever the sets' statuses say by then.
///
/// Models pkg/controller/deployment: deletePod.
fn observe_last_pod(pod: &Pod, view: &Store, wakes: &mut Wakes) {
    let namespace = meta::namespace(&pod.metadata);
    let owner = meta::controller_of(&pod.metadata);
    let set = owner.filter(|owner| meta::owner_kind(owner) == Some(Kind::ReplicaSet));
    let set = set.and_then(|set| view.typed::<ReplicaSet>(&ObjectKey::new(namespace, &set.name)));
    let Some(key) = set.and_then(controlling_deployment) else { return };
    let Some(deployment) = view.typed::<Deployment>(&key) else { return };
    if strategy::is_rolling_update(deployment) {
        return;
    }
    let sets = view.owned_by_of_kind(meta::uid(&deployment.metadata), Kind::ReplicaSet);
    if sets.flat_map(|set| view.owned_by_of_kind(set.uid(), Kind::Pod)).next().is_none() {
        wakes.soon(ObjectRef::new(Kind::Deployment, key));
    }
}

fn selects_everything(deployment: &Deployment) -> bool {
    deployment.spec.as_ref().is_some_and(|spec| Selector::from_api(&spec.selector).is_everything())
}

fn controlling_deployment(set: &ReplicaSet) -> Option<ObjectKey> {
    let owner = meta::controller_of(&set.metadata)?;
    (meta::owner_kind(owner) == Some(Kind::Deployment))
        .then(|| ObjectKey::new(meta::namespace(&set.metadata), &owner.name))
}

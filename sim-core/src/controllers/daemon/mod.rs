//! Runs one pod of each DaemonSet on each node that fits.
//!
//! Models pkg/controller/daemon. Upstream's expectations are not needed: a sync sees every write that was made
//! before it. One that creates or deletes pods leaves the rolling update to the next, as upstream does.

mod manage;
mod nodes;
mod revisions;
mod rolling;
mod status;
mod sync;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Node, Pod};

use super::replicaset::claim;
use crate::api::selector::Selector;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, SimTime, meta};
use crate::engine::{Component, Context, EventType, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

pub(crate) use nodes::{HASH_LABEL, new_pod};
use sync::Sync;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct DaemonSetController {
    sets: OrdMap<ObjectKey, SetState>,
    /// By a DaemonSet's uid and a node: how long its failed pods are left there.
    backoffs: OrdMap<(String, String), Backoff>,
    /// Revisions without a controller, which a DaemonSet may adopt.
    orphan_revisions: OrdSet<ObjectKey>,
}

/// What is known of one DaemonSet.
#[derive(Clone, Debug)]
struct SetState {
    selector: Arc<Selector>,
    /// Pods that may have to be adopted or released.
    claims: OrdSet<ObjectKey>,
}

/// How long a node's failed pods are left, so that a set and a node do not fight.
#[derive(Clone, Copy, Debug)]
struct Backoff {
    delay: Duration,
    since: SimTime,
}

impl Component for DaemonSetController {
    fn name(&self) -> &'static str {
        "daemonset-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::DaemonSet(set) => self.observe_set(change, set, view, wakes),
            Object::Pod(pod) => self.observe_pod(change, pod, wakes),
            Object::ControllerRevision(_) => self.observe_revision(change),
            Object::Node(node) if !self.sets.is_empty() => self.observe_node(change, node, view, wakes),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(set) = context.view.shared::<DaemonSet>(&key.key) else { return Ok(()) };
        if meta::is_terminating(&set.metadata) {
            return Ok(());
        }
        if self.sets.get(&key.key).is_some_and(|state| state.selector.is_everything()) {
            let message = "This daemon set is selecting all pods. A non-empty selector is required.";
            let about = Object::from(set);
            context.events.event(context.api, &about, EventType::Warning, "SelectingAll", message);
            return Ok(());
        }
        if self.claim_revisions(&key.key, &set, context)? {
            // No change of a revision wakes the set.
            context.wakes.soon(key.clone());
            return Ok(());
        }
        if self.claim_pods(&key.key, &set, context)? {
            // The caches do not show it yet; the pods wake the set when they do.
            return Ok(());
        }
        Sync::new(set, &mut self.backoffs, context).run()
    }
}

impl DaemonSetController {
    fn observe_set(&mut self, change: &Change, set: &DaemonSet, view: &Store, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        if change.change == ChangeType::Deleted {
            self.sets.remove(&key);
            let uid = change.object.uid();
            self.backoffs = std::mem::take(&mut self.backoffs)
                .into_iter()
                .filter(|((owner, _), _)| owner != uid)
                .collect();
            return;
        }
        if !self.sets.contains_key(&key)
            && let Some(spec) = &set.spec
        {
            let selector = Arc::new(Selector::from_api(&spec.selector));
            let orphans = view.all_in::<Pod>(&key.namespace).filter(|pod| {
                meta::controller_of(&pod.metadata).is_none() && selector.matches(meta::labels(&pod.metadata))
            });
            let claims = orphans.map(|pod| ObjectKey::of(&pod.metadata)).collect();
            self.sets.insert(key.clone(), SetState { selector, claims });
        }
        wakes.soon(ObjectRef::new(Kind::DaemonSet, key));
    }

    /// Models pkg/controller/daemon: addPod, updatePod and deletePod.
    fn observe_pod(&mut self, change: &Change, pod: &Pod, wakes: &mut Wakes) {
        let previous = change.previous.as_ref().and_then(Object::as_ref::<Pod>);
        let owner = controlling_set(pod);
        for key in owner.iter().chain(&previous.and_then(controlling_set)) {
            wakes.soon(ObjectRef::new(Kind::DaemonSet, key.clone()));
        }
        let labels = meta::labels(&pod.metadata);
        let relabelled = previous.is_none_or(|old| {
            meta::labels(&old.metadata) != labels
                || meta::controller_of(&old.metadata) != meta::controller_of(&pod.metadata)
        });
        if change.change == ChangeType::Deleted || !relabelled || self.sets.is_empty() {
            return;
        }
        let key = ObjectKey::of(&pod.metadata);
        let concerned: Vec<ObjectKey> = match owner {
            Some(owner) => vec![owner],
            None if meta::controller_of(&pod.metadata).is_some() => Vec::new(),
            None => self
                .sets
                .range(ObjectKey::new(&key.namespace, "")..)
                .take_while(|(set, _)| set.namespace == key.namespace)
                .filter(|(_, state)| state.selector.matches(labels))
                .map(|(set, _)| set.clone())
                .collect(),
        };
        for set in concerned {
            if let Some(state) = self.sets.get_mut(&set) {
                state.claims.insert(key.clone());
                wakes.soon(ObjectRef::new(Kind::DaemonSet, set));
            }
        }
    }

    /// Models pkg/controller/daemon: addNode and updateNode. Only what decides about the sets' pods counts.
    fn observe_node(&mut self, change: &Change, node: &Node, view: &Store, wakes: &mut Wakes) {
        let previous = change.previous.as_ref().and_then(Object::as_ref::<Node>);
        let taints = |node: &Node| node.spec.as_ref().and_then(|spec| spec.taints.clone());
        let decides = |old: &Node| {
            taints(old) != taints(node) || meta::labels(&old.metadata) != meta::labels(&node.metadata)
        };
        let gone = change.change == ChangeType::Deleted;
        if !gone && previous.is_some_and(|old| !decides(old)) {
            return;
        }
        for key in self.sets.keys() {
            let Some(set) = view.typed::<DaemonSet>(key) else { continue };
            let before = previous.filter(|_| !gone).map(|old| nodes::fitness(set, old));
            if gone || before != Some(nodes::fitness(set, node)) {
                wakes.soon(ObjectRef::new(Kind::DaemonSet, key.clone()));
            }
        }
    }

    fn observe_revision(&mut self, change: &Change) {
        let key = change.reference.key.clone();
        if change.change == ChangeType::Deleted || meta::controller_of(change.object.meta()).is_some() {
            self.orphan_revisions.remove(&key);
        } else {
            self.orphan_revisions.insert(key);
        }
    }

    /// Adopts the revisions that an earlier set has left behind; whether there were any.
    ///
    /// Models pkg/controller/daemon: controlledHistories.
    fn claim_revisions(
        &self,
        key: &ObjectKey,
        set: &Arc<DaemonSet>,
        context: &mut Context<'_>,
    ) -> Result<bool, ReconcileError> {
        let Some(state) = self.sets.get(key) else { return Ok(false) };
        let owner = Object::from(set.clone());
        let orphans = self.orphan_revisions.range(ObjectKey::new(&key.namespace, "")..);
        let mut adopted = false;
        for orphan in orphans.take_while(|orphan| orphan.namespace == key.namespace) {
            let Some(revision) = context.view.get(Kind::ControllerRevision, orphan) else { continue };
            adopted |= claim::claim(revision, &owner, &state.selector, context.api)?;
        }
        Ok(adopted)
    }

    /// Adopts and releases the pods that have changed in what decides it; whether there were any.
    fn claim_pods(
        &mut self,
        key: &ObjectKey,
        set: &Arc<DaemonSet>,
        context: &mut Context<'_>,
    ) -> Result<bool, ReconcileError> {
        let Some(state) = self.sets.get_mut(key) else { return Ok(false) };
        let claims = std::mem::take(&mut state.claims);
        let selector = state.selector.clone();
        let owner = Object::from(set.clone());
        let mut changed = false;
        for pod in claims.iter().filter_map(|key| context.view.get(Kind::Pod, key)) {
            let was_mine = meta::is_controlled_by(pod.meta(), owner.uid());
            changed |= claim::claim(pod, &owner, &selector, context.api)? != was_mine;
        }
        Ok(changed)
    }
}

fn controlling_set(pod: &Pod) -> Option<ObjectKey> {
    let owner = meta::controller_of(&pod.metadata)?;
    (meta::owner_kind(owner) == Some(Kind::DaemonSet))
        .then(|| ObjectKey::new(meta::namespace(&pod.metadata), &owner.name))
}

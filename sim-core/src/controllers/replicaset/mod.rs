//! Keeps a ReplicaSet's number of pods.
//!
//! Models pkg/controller/replicaset. Upstream lists all pods of the namespace on every sync; here each
//! set's pods are counted as they change, so that a sync costs what it creates or deletes. Upstream's
//! expectations are not needed: a sync sees every write that was made before it.

pub(super) mod claim;
mod pods;
mod rank;
mod scale;
mod status;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;

use crate::api::selector::Selector;
use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, meta};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

use pods::{PodCounts, PodFacts};
use scale::Creation;
pub(crate) use scale::pod_from_template;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ReplicaSetController {
    sets: OrdMap<ObjectKey, SetState>,
    /// The pods that each ReplicaSet controls, by the set's uid; they may come before their set.
    pods: OrdMap<Arc<str>, PodCounts>,
    /// Creations that are under way, by the set's uid.
    creations: OrdMap<Arc<str>, Creation>,
}

/// What is known of one ReplicaSet.
#[derive(Clone, Debug)]
struct SetState {
    selector: Arc<Selector>,
    /// Pods that may have to be adopted or released.
    claims: OrdSet<ObjectKey>,
    /// Whether all pods of the namespace may have to be adopted.
    claim_all: bool,
}

impl Component for ReplicaSetController {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::ReplicaSet(set) => self.observe_set(change, set, view, wakes),
            Object::Pod(pod) => self.observe_pod(change, pod, view, wakes),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(set) = context.view.shared::<ReplicaSet>(&key.key) else { return Ok(()) };
        self.sync(key, &set, context)
    }
}

impl ReplicaSetController {
    /// Models pkg/controller/replicaset: syncReplicaSet.
    fn sync(
        &mut self,
        key: &ObjectRef,
        set: &Arc<ReplicaSet>,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let uid = meta::uid(&set.metadata);
        if let Some(creation) = self.creations.remove(uid) {
            return self.go_on_creating(key, set, creation, context);
        }
        self.claim_pods(&key.key, set, context)?;
        let counts = self.pods.get(uid).cloned().unwrap_or_default();
        if meta::is_terminating(&set.metadata) {
            return finish(key, set, &counts, Ok(()), context);
        }
        match Creation::needed(set, &counts, context.now) {
            Some(creation) => self.go_on_creating(key, set, creation, context),
            None => {
                let deleted = scale::delete_surplus(set, &counts, context);
                finish(key, set, &counts, deleted, context)
            }
        }
    }

    /// Creates the next batch when its time has come. Until the last one the set's sync is not over: its
    /// status is written only then, and counts the pods of the beginning.
    fn go_on_creating(
        &mut self,
        key: &ObjectRef,
        set: &Arc<ReplicaSet>,
        mut creation: Creation,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let mut created = Ok(());
        if creation.due <= context.now {
            created = creation.create_batch(set, context);
        }
        if created.is_ok() && creation.left > 0 && !meta::is_terminating(&set.metadata) {
            context.wakes.at(key.clone(), creation.due, Pace::Progress);
            self.creations.insert(meta::uid(&set.metadata).into(), creation);
            return Ok(());
        }
        if created.is_ok() {
            context.wakes.soon(key.clone());
        }
        finish(key, set, &creation.counts, created, context)
    }

    /// Adopts and releases the pods that have changed in what decides it.
    ///
    /// Models pkg/controller: PodControllerRefManager.ClaimPods.
    fn claim_pods(
        &mut self,
        key: &ObjectKey,
        set: &Arc<ReplicaSet>,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let Some(state) = self.sets.get(key).cloned() else { return Ok(()) };
        let mut claims = state.claims.clone();
        if state.claim_all {
            let pods = context.view.all_in::<Pod>(&key.namespace);
            claims.extend(pods.map(|pod| ObjectKey::of(&pod.metadata)));
        }
        let owner = Object::ReplicaSet(set.clone());
        let uid: Arc<str> = meta::uid(&set.metadata).into();
        for pod in claims.iter().filter_map(|key| context.view.get(Kind::Pod, key)) {
            let mine = claim::claim(pod, &owner, &state.selector, context.api)?;
            // Counted at once: the caches show it only at the next sync.
            let facts = pod.as_ref::<Pod>().filter(|_| mine).map(|pod| PodFacts::of(pod, Some(set)));
            self.count(&uid, meta::name(pod.meta()), facts);
        }
        if let Some(state) = self.sets.get_mut(key) {
            state.claims = OrdSet::new();
            state.claim_all = false;
        }
        Ok(())
    }

    fn observe_set(&mut self, change: &Change, set: &ReplicaSet, view: &Store, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        if change.change == ChangeType::Deleted {
            self.sets.remove(&key);
            self.pods.remove(change.object.uid());
            self.creations.remove(change.object.uid());
            return;
        }
        let Some(spec) = set.spec.as_ref() else { return };
        let previous = change.previous.as_ref().and_then(Object::as_ref::<ReplicaSet>);
        let previous_spec = previous.and_then(|previous| previous.spec.as_ref());
        if previous_spec.is_none_or(|previous| previous.selector != spec.selector) {
            let selector = Arc::new(Selector::from_api(&spec.selector));
            self.sets.insert(key.clone(), SetState { selector, claims: OrdSet::new(), claim_all: true });
        }
        if previous_spec.is_some_and(|previous| previous.template != spec.template) {
            self.count_again(set, view);
        }
        let is_status_alone = previous.is_some_and(|previous| {
            previous.spec == set.spec
                && meta::is_terminating(&previous.metadata) == meta::is_terminating(&set.metadata)
        });
        if !is_status_alone {
            wakes.soon(ObjectRef::new(Kind::ReplicaSet, key));
        }
    }

    fn count_again(&mut self, set: &ReplicaSet, view: &Store) {
        let uid = meta::uid(&set.metadata);
        let mut counts = PodCounts::default();
        for pod in view.owned_by(uid).filter_map(Object::as_ref::<Pod>) {
            if meta::is_controlled_by(&pod.metadata, uid) {
                counts.put(meta::name(&pod.metadata), Some(PodFacts::of(pod, Some(set))));
            }
        }
        self.pods.insert(uid.into(), counts);
    }

    /// Models pkg/controller/replicaset: addPod, updatePod and deletePod.
    fn observe_pod(&mut self, change: &Change, pod: &Pod, view: &Store, wakes: &mut Wakes) {
        let previous = change.previous.as_ref().and_then(Object::as_ref::<Pod>);
        let owner = pods::controlling_set(pod);
        let previous_owner = previous.and_then(pods::controlling_set);
        let name = meta::name(&pod.metadata);
        if let Some((key, uid)) = &previous_owner
            && owner.as_ref().is_none_or(|(_, owner)| owner != uid)
        {
            self.count(uid, name, None);
            wakes.soon(ObjectRef::new(Kind::ReplicaSet, key.clone()));
        }
        let relabelled =
            previous.is_none_or(|previous| meta::labels(&previous.metadata) != meta::labels(&pod.metadata));
        let Some((key, uid)) = owner else {
            let released = previous_owner.is_some() || previous.is_some_and(has_controller);
            if change.change != ChangeType::Deleted && (relabelled || released) && !has_controller(pod) {
                self.offer_orphan(pod, wakes);
            }
            return;
        };
        let set = view.typed::<ReplicaSet>(&key).filter(|set| meta::uid(&set.metadata) == &*uid);
        let facts = (change.change != ChangeType::Deleted).then(|| PodFacts::of(pod, set));
        let mut changed = self.count(&uid, name, facts);
        if relabelled && let Some(state) = self.sets.get_mut(&key) {
            state.claims.insert(ObjectKey::of(&pod.metadata));
            changed = true;
        }
        if changed {
            wakes.soon(ObjectRef::new(Kind::ReplicaSet, key));
        }
    }

    /// A pod without a controller may belong to any set of its namespace that selects it.
    fn offer_orphan(&mut self, pod: &Pod, wakes: &mut Wakes) {
        let namespace = meta::namespace(&pod.metadata);
        let labels = meta::labels(&pod.metadata);
        let takers: Vec<ObjectKey> = self
            .sets
            .range(ObjectKey::new(namespace, "")..)
            .take_while(|(key, _)| &*key.namespace == namespace)
            .filter(|(_, state)| state.selector.matches(labels))
            .map(|(key, _)| key.clone())
            .collect();
        for key in takers {
            if let Some(state) = self.sets.get_mut(&key) {
                state.claims.insert(ObjectKey::of(&pod.metadata));
            }
            wakes.soon(ObjectRef::new(Kind::ReplicaSet, key));
        }
    }

    /// Whether what counts about the pod has changed.
    fn count(&mut self, uid: &Arc<str>, pod: &str, facts: Option<PodFacts>) -> bool {
        match self.pods.get_mut(uid) {
            Some(counts) => counts.put(pod, facts),
            None => {
                let mut counts = PodCounts::default();
                counts.put(pod, facts);
                self.pods.insert(uid.clone(), counts);
                true
            }
        }
    }
}

/// Writes the status and asks to be woken when the next pod becomes available.
fn finish(
    key: &ObjectRef,
    set: &Arc<ReplicaSet>,
    counts: &PodCounts,
    managed: ApiResult<()>,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let min_ready_seconds = set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
    let availability = counts.availability(min_ready_seconds, context.now);
    status::update(set, counts, availability.available, managed.as_ref().err(), context)?;
    if let Some(time) = availability.next {
        context.wakes.at(key.clone(), time, Pace::Progress);
    }
    managed.map_err(ReconcileError::from)
}

fn has_controller(pod: &Pod) -> bool {
    meta::controller_of(&pod.metadata).is_some()
}

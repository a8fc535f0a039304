//! Keeps a StatefulSet's pods and claims as its spec wants them.
//!
//! Models pkg/controller/statefulset. A sync looks at an index of the set's pods that is kept up change by
//! change ([`family`], [`index`]), decides what is next as a pure function ([`decide`]), does it through a
//! narrow port ([`port`]) and writes the status ([`status`]).

pub mod blocked;
pub mod claims;
pub mod decide;
pub mod family;
pub mod identity;
pub mod index;
pub mod port;
pub mod revisions;
pub mod status;
mod sync;
#[cfg(test)]
mod tests;
pub mod wish;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;

use crate::api::{Kind, Object, ObjectKey, ObjectRef, Resource, SimTime, meta};
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};
pub use blocked::Blocked;
use family::Family;

/// See the module. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct StatefulSetController {
    families: OrdMap<ObjectKey, Arc<Family>>,
    orphan_revisions: OrdSet<ObjectKey>,
}

impl StatefulSetController {
    /// A controller that knows what one that saw every change would know of the sets and pods in `store`.
    pub fn from_store(store: &Store, now: SimTime) -> StatefulSetController {
        let mut controller = StatefulSetController::default();
        let now = now.timestamp();
        for set in store.list(Kind::StatefulSet) {
            let key = set.key();
            controller.family(&key).note_set(&key, StatefulSet::from_object(set), store, now);
        }
        for pod in store.all::<Pod>() {
            if let Some(home) = family::family_of(pod) {
                controller.family(&home).note_pod(pod, now);
            }
        }
        let orphans = store.list(Kind::ControllerRevision);
        let orphans = orphans.filter(|revision| meta::controller_of(revision.meta()).is_none());
        controller.orphan_revisions = orphans.map(Object::key).collect();
        controller
    }

    /// Why the set at `key` does not move on, as of its last reconcile; `None` when it has all it asks for.
    pub fn blocked(&self, key: &ObjectKey) -> Option<&Blocked> {
        self.families.get(key)?.blocked.as_ref()
    }

    fn family(&mut self, key: &ObjectKey) -> &mut Family {
        Arc::make_mut(self.families.entry(key.clone()).or_default())
    }

    fn observe_set(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        let set = (change.change != ChangeType::Deleted).then(|| StatefulSet::from_object(&change.object));
        self.family(&key).note_set(&key, set.flatten(), view, change.at.timestamp());
        self.drop_if_forgotten(&key);
        wakes.soon(ObjectRef::new(Kind::StatefulSet, key));
    }

    fn observe_pod(&mut self, change: &Change, pod: &Pod, wakes: &mut Wakes) {
        let previous = change.previous.as_ref().and_then(Pod::from_ref);
        let gone = change.change == ChangeType::Deleted;
        let home = family::family_of(pod);
        if let Some(old_home) = previous.and_then(family::family_of)
            && (gone || home.as_ref() != Some(&old_home))
            && self.families.contains_key(&old_home)
        {
            self.family(&old_home).forget_pod(meta::name(&pod.metadata));
            self.drop_if_forgotten(&old_home);
        }
        if let Some(home) = home.as_ref().filter(|_| !gone) {
            self.family(home).note_pod(pod, change.at.timestamp());
        }
        let controllers =
            [previous, Some(pod)].into_iter().flatten().filter_map(|pod| self.controlling_set(pod));
        for key in controllers.collect::<std::collections::BTreeSet<_>>() {
            wakes.soon(ObjectRef::new(Kind::StatefulSet, key));
        }
        let may_be_adopted = |home: &&ObjectKey| {
            self.families
                .get(*home)
                .is_some_and(|family| family.adoptable.contains(meta::name(&pod.metadata)))
        };
        if let Some(home) = home.as_ref().filter(may_be_adopted)
            && previous.is_none_or(|previous| affiliation_differs(previous, pod))
        {
            wakes.soon(ObjectRef::new(Kind::StatefulSet, home.clone()));
        }
    }

    /// The set that controls the pod, if it is there and has the uid that the pod names.
    ///
    /// Models pkg/controller/statefulset: resolveControllerRef.
    fn controlling_set(&self, pod: &Pod) -> Option<ObjectKey> {
        let owner = meta::controller_of(&pod.metadata).filter(|owner| owner.kind == "StatefulSet")?;
        let key = ObjectKey::new(meta::namespace(&pod.metadata), &owner.name);
        let set = self.families.get(&key)?.set()?;
        (meta::uid(&set.metadata) == owner.uid).then_some(key)
    }

    fn observe_claim(&mut self, object: &Object) {
        let (namespace, name) = (meta::namespace(object.meta()), meta::name(object.meta()));
        for (key, ordinal) in family::families_of_claim(namespace, name) {
            if self.families.contains_key(&key) {
                self.family(&key).note_claim(ordinal);
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

    fn drop_if_forgotten(&mut self, key: &ObjectKey) {
        if self.families.get(key).is_some_and(|family| family.is_forgotten()) {
            self.families.remove(key);
        }
    }
}

impl Component for StatefulSetController {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::StatefulSet(_) => self.observe_set(change, view, wakes),
            Object::Pod(pod) => self.observe_pod(change, pod, wakes),
            Object::PersistentVolumeClaim(_) => self.observe_claim(&change.object),
            Object::ControllerRevision(_) => self.observe_revision(change),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(set) = context.view.shared::<StatefulSet>(&key.key) else { return Ok(()) };
        let orphans = self.orphan_revisions.clone();
        sync::sync(self.family(&key.key), &orphans, &set, context)
    }
}

fn affiliation_differs(old: &Pod, new: &Pod) -> bool {
    meta::labels(&old.metadata) != meta::labels(&new.metadata)
        || meta::controller_of(&old.metadata) != meta::controller_of(&new.metadata)
}

/// The moment on the virtual clock that `timestamp` names; one before the start is the start.
fn sim_time(timestamp: Timestamp) -> SimTime {
    let nanos = timestamp.as_nanosecond() - SimTime::ZERO.timestamp().as_nanosecond();
    SimTime(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

//! Wakes the waiting pods that a change may help.
//!
//! `helps` says which; pods that no change concerns are not tried again.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, PersistentVolume, Pod};

use super::Scheduler;
use super::framework::Plugins;
use super::helps::{News, asked_of_node, node_helps, pod_helps};
use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta, storage};
use crate::engine::Wakes;
use crate::store::{Change, ChangeType, Store};

/// While so few pods wait, all that wait for volumes hear of every volume, as upstream; of many, those of its claim.
const FEW_WAITING: usize = 16;
/// The plugins that look at volumes and their classes.
const VOLUMES: Plugins = Plugins::VOLUME_BINDING.with(Plugins::VOLUME_ZONE);

impl Scheduler {
    pub(super) fn node_changed(
        &mut self,
        change: &Change,
        node: &Arc<Node>,
        view: &Store,
        wakes: &mut Wakes,
    ) {
        let gone = change.change == ChangeType::Deleted;
        let old = match &change.previous {
            Some(Object::Node(old)) if !gone => Some(&**old),
            _ => gone.then_some(&**node),
        };
        let news = News { old, new: (!gone).then_some(&**node) };
        let asked = asked_of_node(&news);
        if gone {
            self.nodes.remove_node(meta::name(&node.metadata));
        } else {
            self.nodes.set_node(node);
        }
        self.wake(asked, &|rejected_by, pod| node_helps(rejected_by, pod, &news), view, wakes);
    }

    pub(super) fn claim_changed(&mut self, change: &Change, wakes: &mut Wakes) {
        if change.change != ChangeType::Deleted {
            self.wake_users_of(&change.reference.key, wakes);
        }
    }

    pub(super) fn volume_changed(
        &mut self,
        change: &Change,
        volume: &PersistentVolume,
        view: &Store,
        wakes: &mut Wakes,
    ) {
        self.volumes.volume_changed(change);
        if change.change == ChangeType::Deleted {
            return;
        }
        match storage::claim_of(volume) {
            Some(claim) if self.waiting.len() > FEW_WAITING => self.wake_users_of(&claim, wakes),
            _ => self.wake(VOLUMES, &|_, _| true, view, wakes),
        }
    }

    /// Models volumebinding: isSchedulableAfterStorageClassChange.
    pub(super) fn class_changed(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        let same_places = match (&change.object, &change.previous) {
            (Object::StorageClass(new), Some(Object::StorageClass(old))) => {
                new.allowed_topologies == old.allowed_topologies
            }
            _ => change.change == ChangeType::Deleted,
        };
        if !same_places {
            self.wake(VOLUMES, &|_, _| true, view, wakes);
        }
    }

    pub(super) fn namespace_changed(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        let labels = |object: &Object| object.meta().labels.clone();
        if change.previous.as_ref().is_some_and(|old| labels(old) != labels(&change.object)) {
            self.wake(Plugins::INTER_POD_AFFINITY, &|_, _| true, view, wakes);
        }
    }

    /// A pod left the node: those that are nominated for it come first.
    pub(super) fn pod_went(&mut self, gone: &Pod, node: Option<&str>, view: &Store, wakes: &mut Wakes) {
        if let Some(node) = node {
            let nominated: Vec<ObjectKey> = self.nominated.on(node).cloned().collect();
            nominated.iter().for_each(|pod| self.activate(pod, wakes));
        }
        let news = News { old: Some(gone), new: None };
        let asked = Plugins::ROOM.with(Plugins::NEIGHBOURS);
        self.wake(asked, &|rejected_by, pod| pod_helps(rejected_by, pod, &news, view), view, wakes);
    }

    /// A pod came to a node or got other labels there.
    pub(super) fn pod_came_or_changed(
        &mut self,
        pod: &Pod,
        old: Option<&Pod>,
        view: &Store,
        wakes: &mut Wakes,
    ) {
        let news = News { old, new: Some(pod) };
        let helps = |rejected_by, waiting: &Pod| pod_helps(rejected_by, waiting, &news, view);
        self.wake(Plugins::NEIGHBOURS, &helps, view, wakes);
    }

    /// Wakes the pods that one of `asked` turned down and that the change helps.
    fn wake(
        &mut self,
        asked: Plugins,
        helps: &dyn Fn(Plugins, &Pod) -> bool,
        view: &Store,
        wakes: &mut Wakes,
    ) {
        for (rejected_by, key) in self.waiting.turned_down_by(asked) {
            if view.typed::<Pod>(&key).is_some_and(|pod| helps(rejected_by, pod)) {
                self.activate(&key, wakes);
            }
        }
    }

    fn wake_users_of(&mut self, claim: &ObjectKey, wakes: &mut Wakes) {
        let users: Vec<ObjectKey> = self.waiting.users_of(claim).cloned().collect();
        users.iter().for_each(|pod| self.activate(pod, wakes));
    }

    /// A pod that could not be scheduled is to be tried again.
    pub(super) fn activate(&mut self, key: &ObjectKey, wakes: &mut Wakes) {
        self.active.add(key, self.waiting.priority_of(key));
        wakes.soon(ObjectRef::new(Kind::Pod, key.clone()));
    }
}

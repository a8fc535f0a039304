//! Which waiting pods a change may help.
//!
//! Models the queueing hints of the plugins (KEP-4247). Pods that no change concerns are not tried again.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, PersistentVolume, Pod};

use super::Scheduler;
use super::framework::Plugins;
use super::pod_terms::{Wish, terms_of};
use crate::api::selector::Selector;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta, storage};
use crate::engine::Wakes;
use crate::store::{Change, ChangeType, Store};

/// The plugins that look at other pods' labels.
const NEIGHBOURS: Plugins = Plugins::POD_TOPOLOGY_SPREAD.with(Plugins::INTER_POD_AFFINITY);
/// The plugins that look at what other pods take.
const ROOM: Plugins = Plugins::NODE_RESOURCES_FIT
    .with(Plugins::NODE_PORTS)
    .with(Plugins::VOLUME_RESTRICTIONS)
    .with(Plugins::NODE_VOLUME_LIMITS);

impl Scheduler {
    pub(super) fn node_changed(&mut self, change: &Change, node: &Arc<Node>, wakes: &mut Wakes) {
        if change.change == ChangeType::Deleted {
            self.nodes.remove_node(meta::name(&node.metadata));
            self.wake_firsts(Plugins::POD_TOPOLOGY_SPREAD, wakes);
            return;
        }
        let helps = match &change.previous {
            Some(Object::Node(old)) => what_changed(old, node),
            _ => Plugins::ALL,
        };
        if helps != Plugins::default() {
            self.nodes.set_node(node);
            self.wake_firsts(helps, wakes);
        }
    }

    pub(super) fn claim_changed(&mut self, change: &Change, wakes: &mut Wakes) {
        if change.change != ChangeType::Deleted {
            self.wake_users_of(&change.reference.key, wakes);
        }
    }

    pub(super) fn volume_changed(&mut self, change: &Change, volume: &PersistentVolume, wakes: &mut Wakes) {
        self.volumes.volume_changed(change);
        if change.change == ChangeType::Deleted {
            return;
        }
        match storage::claim_of(volume) {
            Some(claim) => self.wake_users_of(&claim, wakes),
            None => self.wake_firsts(Plugins::VOLUME_BINDING, wakes),
        }
    }

    pub(super) fn class_changed(&mut self, change: &Change, wakes: &mut Wakes) {
        if change.change != ChangeType::Deleted {
            self.wake_firsts(Plugins::VOLUME_BINDING, wakes);
        }
    }

    pub(super) fn namespace_changed(&mut self, change: &Change, wakes: &mut Wakes) {
        let labels = |object: &Object| object.meta().labels.clone();
        if change.previous.as_ref().is_some_and(|old| labels(old) != labels(&change.object)) {
            self.wake_firsts(Plugins::INTER_POD_AFFINITY, wakes);
        }
    }

    /// A pod left the node: those that are nominated for it come first.
    pub(super) fn wake_after_room_was_freed(&mut self, node: Option<&str>, wakes: &mut Wakes) {
        if let Some(node) = node {
            let nominated: Vec<ObjectKey> = self.nominated.on(node).cloned().collect();
            nominated.iter().for_each(|pod| self.activate(pod, wakes));
        }
        self.wake_firsts(ROOM, wakes);
    }

    /// A pod came to a node, left it or changed there: wakes those that want to be near or far from such.
    pub(super) fn wake_neighbours(&mut self, pod: &Pod, old: Option<&Pod>, view: &Store, wakes: &mut Wakes) {
        for key in self.waiting.firsts(NEIGHBOURS) {
            let Some(waiting) = view.typed::<Pod>(&key) else { continue };
            if cares(waiting, pod, view) || old.is_some_and(|old| cares(waiting, old, view)) {
                self.activate(&key, wakes);
            }
        }
    }

    fn wake_firsts(&mut self, plugins: Plugins, wakes: &mut Wakes) {
        self.waiting.firsts(plugins).iter().for_each(|pod| self.activate(pod, wakes));
    }

    fn wake_users_of(&mut self, claim: &ObjectKey, wakes: &mut Wakes) {
        let users: Vec<ObjectKey> = self.waiting.users_of(claim).cloned().collect();
        users.iter().for_each(|pod| self.activate(pod, wakes));
    }

    /// A pod that could not be scheduled is to be tried again.
    pub(super) fn activate(&mut self, key: &ObjectKey, wakes: &mut Wakes) {
        self.active.add(key, self.waiting.priority_of(key));
        wakes.soon(pod_ref(key));
    }
}

fn pod_ref(key: &ObjectKey) -> ObjectRef {
    ObjectRef::new(Kind::Pod, key.clone())
}

/// The plugins that may decide otherwise for the changed node; none for a heartbeat.
fn what_changed(old: &Node, new: &Node) -> Plugins {
    let mut plugins = Plugins::default();
    let spec = |node: &Node| node.spec.clone().unwrap_or_default();
    let allocatable = |node: &Node| node.status.as_ref().and_then(|status| status.allocatable.clone());
    if old.metadata.labels != new.metadata.labels {
        plugins = plugins.with(Plugins::NODE_AFFINITY).with(Plugins::VOLUMES).with(NEIGHBOURS);
    }
    if spec(old).taints != spec(new).taints {
        plugins = plugins.with(Plugins::TAINT_TOLERATION).with(Plugins::POD_TOPOLOGY_SPREAD);
    }
    if spec(old).unschedulable != spec(new).unschedulable {
        plugins = plugins.with(Plugins::NODE_UNSCHEDULABLE);
    }
    if allocatable(old) != allocatable(new) {
        plugins = plugins.with(Plugins::NODE_RESOURCES_FIT);
    }
    plugins
}

/// Whether it matters to the waiting pod where the other one is.
fn cares(waiting: &Pod, other: &Pod, view: &Store) -> bool {
    let labels = meta::labels(&other.metadata);
    let constraints = waiting.spec.iter().flat_map(|spec| spec.topology_spread_constraints.iter().flatten());
    let spreads = waiting.metadata.namespace == other.metadata.namespace
        && constraints
            .filter_map(|constraint| constraint.label_selector.as_ref())
            .any(|selector| Selector::from_api(selector).matches(labels));
    let speaks_of = |owner: &Pod, wish: Wish, pod: &Pod| {
        terms_of(owner, wish).iter().any(|(term, _)| term.matches(pod, view))
    };
    spreads
        || speaks_of(waiting, Wish::RequiredNear, other)
        || speaks_of(waiting, Wish::RequiredFar, other)
        || speaks_of(other, Wish::RequiredFar, waiting)
}

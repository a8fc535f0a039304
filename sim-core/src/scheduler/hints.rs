//! Which waiting pods a change may help.
//!
//! Models the queueing hints of the plugins (KEP-4247). Pods that no change concerns are not tried again.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, PersistentVolume};

use super::Scheduler;
use super::framework::Plugins;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta, storage};
use crate::engine::Wakes;
use crate::store::{Change, ChangeType};

impl Scheduler {
    pub(super) fn node_changed(&mut self, change: &Change, node: &Arc<Node>, wakes: &mut Wakes) {
        if change.change == ChangeType::Deleted {
            self.nodes.remove_node(meta::name(&node.metadata));
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
            self.wake_users_of(&change.object.key(), wakes);
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

    pub(super) fn wake_after_room_was_freed(&mut self, wakes: &mut Wakes) {
        self.wake_firsts(Plugins::NODE_RESOURCES_FIT.with(Plugins::NODE_PORTS), wakes);
    }

    fn wake_firsts(&self, plugins: Plugins, wakes: &mut Wakes) {
        self.waiting.firsts(plugins).for_each(|pod| wakes.soon(pod_ref(pod)));
    }

    fn wake_users_of(&self, claim: &ObjectKey, wakes: &mut Wakes) {
        self.waiting.users_of(claim).for_each(|pod| wakes.soon(pod_ref(pod)));
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
        plugins = plugins.with(Plugins::NODE_AFFINITY).with(Plugins::VOLUME_BINDING);
    }
    if spec(old).taints != spec(new).taints {
        plugins = plugins.with(Plugins::TAINT_TOLERATION);
    }
    if spec(old).unschedulable != spec(new).unschedulable {
        plugins = plugins.with(Plugins::NODE_UNSCHEDULABLE);
    }
    if allocatable(old) != allocatable(new) {
        plugins = plugins.with(Plugins::NODE_RESOURCES_FIT);
    }
    plugins
}

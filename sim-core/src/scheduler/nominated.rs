//! [`Nominated`]: pods that wait for room on a node that others were made to leave for them.
//!
//! Models pkg/scheduler/backend/queue: nominator.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::Pod;

use crate::api::ObjectKey;

/// Pods by the node that they are nominated for.
#[derive(Clone, Debug, Default)]
pub(super) struct Nominated {
    nodes: OrdMap<ObjectKey, Arc<str>>,
    pods: OrdSet<(Arc<str>, ObjectKey)>,
}

impl Nominated {
    /// The pod is nominated for `node` from now on, or for none.
    pub(super) fn set(&mut self, key: &ObjectKey, node: Option<&str>) {
        if self.nodes.get(key).map(|known| &**known) == node {
            return;
        }
        if let Some(old) = self.nodes.remove(key) {
            self.pods.remove(&(old, key.clone()));
        }
        if let Some(node) = node {
            let node: Arc<str> = node.into();
            self.pods.insert((node.clone(), key.clone()));
            self.nodes.insert(key.clone(), node);
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The pods that are nominated for the node.
    pub(super) fn on<'a>(&'a self, node: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        let start = (Arc::from(node), ObjectKey::cluster(""));
        self.pods.range(start..).take_while(move |(name, _)| &**name == node).map(|(_, pod)| pod)
    }
}

/// The node that the pod is nominated for.
pub(super) fn nominated_node(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.nominated_node_name.as_deref().filter(|name| !name.is_empty())
}

/// The pod's priority.
pub(super) fn priority(pod: &Pod) -> i64 {
    i64::from(pod.spec.as_ref().and_then(|spec| spec.priority).unwrap_or(0))
}

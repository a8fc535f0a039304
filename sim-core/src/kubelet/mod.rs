//! Runs the pods of every node.
//!
//! Models pkg/kubelet.

mod faults;
mod recorder;
#[cfg(test)]
mod tests;

pub use recorder::RecorderMode;

use crate::api::{Kind, Object, ObjectRef};
use crate::engine::{ClusterConfig, Component, Context, KubeletKind, ReconcileError, Span, Wakes};
use crate::runtime::Runtime;
use crate::store::{Change, ChangeType, Store};

use recorder::RecorderKubelet;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Kubelet {
    /// The containers, volumes and images of all nodes.
    pub runtime: Runtime,
    recorder: RecorderKubelet,
}

impl Component for Kubelet {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn latency(&self, config: &ClusterConfig) -> Span {
        config.profile.kubelet
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        let Object::Pod(pod) = &change.object else { return };
        if change.change == ChangeType::Deleted || crate::api::pod::node_name(pod).is_some() {
            wakes.soon(ObjectRef::new(Kind::Pod, change.object.key()));
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        match context.config.kubelet {
            KubeletKind::Recorder => self.recorder.reconcile(&key.key, context),
            KubeletKind::Full => Ok(()),
        }
    }
}

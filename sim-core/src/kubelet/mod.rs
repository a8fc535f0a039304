//! Runs the pods of every node.
//!
//! Models pkg/kubelet.

use crate::api::ObjectRef;
use crate::engine::{ClusterConfig, Component, Context, ReconcileError, Span, Wakes};
use crate::runtime::Runtime;
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Kubelet {
    /// The containers, volumes and images of all nodes.
    pub runtime: Runtime,
}

impl Component for Kubelet {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn latency(&self, config: &ClusterConfig) -> Span {
        config.profile.kubelet
    }

    fn observe(&mut self, _change: &Change, _view: &Store, _wakes: &mut Wakes) {}

    fn reconcile(&mut self, _key: &ObjectRef, _context: &mut Context<'_>) -> Result<(), ReconcileError> {
        Ok(())
    }
}

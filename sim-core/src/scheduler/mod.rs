//! Binds pods to nodes.
//!
//! Models pkg/scheduler.

use crate::api::ObjectRef;
use crate::engine::{ClusterConfig, Component, Context, ReconcileError, Span, Wakes};
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Scheduler;

impl Component for Scheduler {
    fn name(&self) -> &'static str {
        "default-scheduler"
    }

    fn latency(&self, config: &ClusterConfig) -> Span {
        config.profile.scheduler
    }

    fn observe(&mut self, _change: &Change, _view: &Store, _wakes: &mut Wakes) {}

    fn reconcile(&mut self, _key: &ObjectRef, _context: &mut Context<'_>) -> Result<(), ReconcileError> {
        Ok(())
    }
}

//! Keeps as many pods as a ReplicaSet wants.
//!
//! Models pkg/controller/replicaset.

use crate::api::ObjectRef;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ReplicaSetController;

impl Component for ReplicaSetController {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn observe(&mut self, _change: &Change, _view: &Store, _wakes: &mut Wakes) {}

    fn reconcile(&mut self, _key: &ObjectRef, _context: &mut Context<'_>) -> Result<(), ReconcileError> {
        Ok(())
    }
}

//! Keeps a StatefulSet's pods and claims as its spec wants them.
//!
//! Models pkg/controller/statefulset.

use crate::api::ObjectRef;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct StatefulSetController;

impl Component for StatefulSetController {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn observe(&mut self, _change: &Change, _view: &Store, _wakes: &mut Wakes) {}

    fn reconcile(&mut self, _key: &ObjectRef, _context: &mut Context<'_>) -> Result<(), ReconcileError> {
        Ok(())
    }
}

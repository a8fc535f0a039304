//! Rolls a Deployment's ReplicaSets.
//!
//! Models pkg/controller/deployment.

use crate::api::ObjectRef;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct DeploymentController;

impl Component for DeploymentController {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn observe(&mut self, _change: &Change, _view: &Store, _wakes: &mut Wakes) {}

    fn reconcile(&mut self, _key: &ObjectRef, _context: &mut Context<'_>) -> Result<(), ReconcileError> {
        Ok(())
    }
}

//! Keeps claims and volumes that are in use from being removed.
//!
//! Models pkg/controller/volume/pvcprotection and pvprotection.

use crate::api::ObjectRef;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct VolumeProtectionController;

impl Component for VolumeProtectionController {
    fn name(&self) -> &'static str {
        "pvc-protection-controller"
    }

    fn observe(&mut self, _change: &Change, _view: &Store, _wakes: &mut Wakes) {}

    fn reconcile(&mut self, _key: &ObjectRef, _context: &mut Context<'_>) -> Result<(), ReconcileError> {
        Ok(())
    }
}

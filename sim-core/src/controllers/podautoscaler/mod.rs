//! Scales workloads by what their pods use.
//!
//! Models pkg/controller/podautoscaler. Only resource metrics are there, from [`usage`].

mod behavior;
mod calculate;
mod metrics;
mod sync;
#[cfg(test)]
mod tests;
pub mod usage;

use std::time::Duration;

use imbl::{OrdMap, Vector};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;

use crate::api::{Object, ObjectKey, ObjectRef, SimTime};
use crate::engine::{Component, Context, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

use sync::Sync;
use usage::Usage;

/// How often an autoscaler is looked at.
///
/// Models kube-controller-manager's --horizontal-pod-autoscaler-sync-period.
const SYNC_PERIOD: Duration = Duration::from_secs(15);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct HorizontalController {
    /// What pods use.
    pub usage: Usage,
    memories: OrdMap<ObjectKey, Memory>,
}

/// What the controller remembers of one autoscaler.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// Sizes that were right at some time, before they were held back.
    recommendations: Vector<(SimTime, i32)>,
    /// By how much the target grew or shrank, and when.
    changes: Vector<(SimTime, i32)>,
}

impl Component for HorizontalController {
    fn name(&self) -> &'static str {
        "horizontal-pod-autoscaler"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        let Object::HorizontalPodAutoscaler(scaler) = &change.object else { return };
        let key = change.reference.key.clone();
        if change.change == ChangeType::Deleted {
            self.memories.remove(&key);
            return;
        }
        let previous = change.previous.as_ref().and_then(Object::as_ref::<HorizontalPodAutoscaler>);
        // Models enqueueHPA: whatever is put into the queue, a new one too, spends a whole period in it.
        if previous.is_none_or(|old| old.spec != scaler.spec) {
            wakes.at(change.reference.clone(), change.at + SYNC_PERIOD, Pace::Periodic);
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(scaler) = context.view.shared::<HorizontalPodAutoscaler>(&key.key) else { return Ok(()) };
        context.wakes.at(key.clone(), context.now + SYNC_PERIOD, Pace::Periodic);
        let memory = self.memories.entry(key.key.clone()).or_default();
        // Whatever fails is tried again at the next turn.
        let _ = Sync::new(&scaler, &self.usage, memory, context).run();
        Ok(())
    }
}

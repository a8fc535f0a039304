//! Runs the pods of every node.
//!
//! Models pkg/kubelet. A worker per pod takes it through volumes, sandbox, images, containers, probes
//! and its end; what runs in the containers is `runtime`'s.

mod backoff;
mod environment;
mod faults;
mod full;
mod probe;
mod recorder;
mod start;
mod status;
mod termination;
#[cfg(test)]
mod tests;
mod volumes;
mod worker;

pub use probe::ProbeKind;
pub use recorder::RecorderMode;

use crate::api::{Kind, Object, ObjectRef, meta, pod};
use crate::engine::{ClusterConfig, Component, Context, KubeletKind, ReconcileError, Span, Wakes};
use crate::runtime::Runtime;
use crate::store::{Change, ChangeType, Store};

use full::FullKubelet;
use recorder::RecorderKubelet;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Kubelet {
    /// The containers, volumes and images of all nodes.
    pub runtime: Runtime,
    full: FullKubelet,
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
        match &change.object {
            Object::Pod(pod) if change.change == ChangeType::Deleted || pod::node_name(pod).is_some() => {
                wakes.soon(ObjectRef::new(Kind::Pod, change.object.key()));
            }
            Object::PersistentVolume(volume) if change.change == ChangeType::Deleted => {
                self.runtime.drop_volume(meta::name(&volume.metadata));
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        match context.config.kubelet {
            KubeletKind::Recorder => self.recorder.reconcile(&key.key, context),
            KubeletKind::Full => self.full.reconcile(&key.key, &mut self.runtime, context),
        }
    }
}

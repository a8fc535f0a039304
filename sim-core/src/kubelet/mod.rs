//! Runs the pods of every node.
//!
//! Models pkg/kubelet. A worker per pod takes it through volumes, sandbox, images, containers, probes
//! and its end; what runs in the containers is `runtime`'s.

mod backoff;
mod dns;
mod environment;
mod failure;
mod faults;
mod full;
mod identity;
mod node_status;
mod probe;
mod recorder;
mod start;
mod status;
mod termination;
#[cfg(test)]
mod tests;
mod volumes;
mod worker;

pub use backoff::go_duration;
pub use node_status::healthy_conditions;
pub use probe::ProbeKind;
pub use recorder::RecorderMode;

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use crate::api::{Kind, Object, ObjectRef, Resource, meta, pod};
use crate::engine::{ClusterConfig, Component, Context, KubeletKind, Pace, ReconcileError, Span, Wakes};
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

/// Whether a node has to look at a pod for this change. Its own status reports come back as changes too,
/// and tell it nothing; others' conditions matter only to pods with readiness gates.
fn concerns_node(change: &Change, pod: &Pod) -> bool {
    if change.change == ChangeType::Deleted {
        return true;
    }
    let Some(Object::Pod(before)) = &change.previous else { return pod::node_name(pod).is_some() };
    let gated = pod.spec.as_ref().is_some_and(|spec| spec.readiness_gates.is_some());
    let same = pod.metadata.generation == before.metadata.generation
        && pod.metadata.deletion_timestamp == before.metadata.deletion_timestamp
        && pod.metadata.deletion_grace_period_seconds == before.metadata.deletion_grace_period_seconds
        && pod::node_name(pod) == pod::node_name(before);
    pod::node_name(pod).is_some() && (gated || !same)
}

/// After how long a change of a ConfigMap or Secret reaches the volumes of a pod: the node's next look at
/// the pod, with the delay of its cache. Upstream: syncFrequency, and the ConfigMap manager's TTL.
const SYNC: Duration = Duration::from_secs(60);

impl Kubelet {
    /// Lets the pods that mount a ConfigMap or Secret take up its change.
    fn refresh_later(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        let key = change.object.key();
        for pod in view.all_in::<Pod>(&key.namespace) {
            let uses =
                pod.spec.as_ref().is_some_and(|spec| volumes::uses(spec, change.object.kind(), &key.name));
            if !uses || !self.full.knows(&pod.key()) {
                continue;
            }
            // Nodes look at their pods at different times.
            let offset = xxhash_rust::xxh3::xxh3_64(meta::uid(&pod.metadata).as_bytes()) % 30;
            let due = change.at + SYNC + Duration::from_secs(offset);
            self.full.refresh_at(&pod.key(), due);
            wakes.at(ObjectRef::new(Kind::Pod, pod.key()), due, Pace::Progress);
        }
    }
}

impl Component for Kubelet {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn latency(&self, config: &ClusterConfig) -> Span {
        config.profile.kubelet
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Pod(pod) if concerns_node(change, pod) => {
                wakes.soon(ObjectRef::new(Kind::Pod, change.object.key()));
            }
            Object::ConfigMap(_) | Object::Secret(_) if change.change != ChangeType::Deleted => {
                self.refresh_later(change, view, wakes);
            }
            Object::PersistentVolume(volume) if change.change == ChangeType::Deleted => {
                self.runtime.drop_volume(meta::name(&volume.metadata));
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        if key.kind == Kind::Node {
            let silent = self.full.is_stopped(&key.key.name) || self.recorder.is_dead(&key.key.name);
            return if silent { Ok(()) } else { node_status::report(&key.key, context) };
        }
        match context.config.kubelet {
            KubeletKind::Recorder => self.recorder.reconcile(&key.key, context),
            KubeletKind::Full => self.full.reconcile(&key.key, &mut self.runtime, context),
        }
    }
}

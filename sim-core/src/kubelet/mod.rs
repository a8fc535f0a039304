//! Runs the pods of every node.
//!
//! Models pkg/kubelet. A worker per pod takes it through volumes, sandbox, images, containers, probes
//! and its end; what runs in the containers is `runtime`'s.

mod admission;
mod adopt;
mod attach;
mod backoff;
mod dns;
mod environment;
mod extended;
mod failure;
mod faults;
mod full;
mod identity;
mod images;
mod mirror;
mod node_status;
mod probe;
mod recorder;
mod refresh;
mod resize;
mod restart;
mod start;
mod start_failure;
mod status;
mod termination;
#[cfg(test)]
mod tests;
mod volumes;
mod worker;

pub(crate) use adopt::Standing;
pub use backoff::go_duration;
pub use images::{arrange as arrange_images, listed as listed_image};
pub use node_status::{healthy_conditions, starting_conditions};
pub use probe::ProbeKind;
pub use recorder::RecorderMode;

use imbl::OrdSet;
use k8s_openapi::api::core::v1::Pod;

use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta, pod};
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
    /// Nodes whose kubelets have said that they take no new pods.
    cordoned: OrdSet<ObjectKey>,
    /// Nodes whose kubelets registered them and have said nothing yet.
    starting: OrdSet<String>,
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

impl Component for Kubelet {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn latency(&self, config: &ClusterConfig) -> Span {
        config.profile.kubelet
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        if let (Object::Pod(pod), Some(Object::Pod(before))) = (&change.object, &change.previous) {
            let leaves = change.change == ChangeType::Deleted || pod::is_terminal(pod);
            let resized = pod.metadata.generation != before.metadata.generation;
            if let Some(node) = pod::node_name(pod).filter(|_| leaves || resized) {
                self.full.retry_resizes(node, &change.reference.key, wakes);
            }
        }
        match &change.object {
            Object::Pod(pod) if concerns_node(change, pod) => {
                wakes.soon(ObjectRef::new(Kind::Pod, change.reference.key.clone()));
            }
            Object::ConfigMap(_) | Object::Secret(_) if change.change != ChangeType::Deleted => {
                self.refresh_later(change, view, wakes);
            }
            Object::PersistentVolume(volume) if change.change == ChangeType::Deleted => {
                self.runtime.drop_volume(meta::name(&volume.metadata));
            }
            Object::VolumeAttachment(attachment) if change.change == ChangeType::Modified => {
                attach::wake_users(attachment, view, wakes);
            }
            Object::Node(node) if node_status::cordon_changed(change, node) || extended::is_due(node) => {
                wakes.at(change.reference.clone(), node_status::next_sync(change.at), Pace::Periodic);
            }
            Object::Node(node) if change.change == ChangeType::Added && node_status::is_starting(node) => {
                self.starting.insert(meta::name(&node.metadata).to_owned());
                wakes.soon(change.reference.clone());
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        if key.kind == Kind::Node {
            let silent = self.full.is_stopped(&key.key.name) || self.recorder.is_dead(&key.key.name);
            if silent {
                return Ok(());
            }
            if self.starting.remove(&*key.key.name).is_some() {
                node_status::say_started(&key.key.name, context);
                context.wakes.at(key.clone(), context.now + node_status::START_UP, Pace::Progress);
                return Ok(());
            }
            attach::report_in_use(&key.key.name, context)?;
            node_status::say_whether_cordoned(&mut self.cordoned, &key.key, context);
            let until = self.full.low_on_memory_until(&key.key.name, context.now);
            if let Some(until) = until {
                context.wakes.at(key.clone(), node_status::next_sync(until), Pace::Periodic);
            }
            images::report(&key.key, &self.runtime, context)?;
            extended::report(&key.key, context)?;
            return node_status::report(&key.key, until.is_some(), context);
        }
        match context.config.kubelet {
            KubeletKind::Recorder => self.recorder.reconcile(&key.key, context),
            KubeletKind::Full => self.full.reconcile(&key.key, &mut self.runtime, context),
        }
    }
}

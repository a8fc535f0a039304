//! What a user breaks in the nodes on purpose. Reached through `Cluster::fault`.

use super::{Kubelet, RecorderMode};
use crate::api::ObjectKey;

impl Kubelet {
    /// From its next start the pod of that name behaves so. For the recordings' nodes.
    pub fn recorder_mode(&mut self, pod_name: &str, mode: RecorderMode) {
        self.recorder.set_mode(pod_name, mode);
    }

    /// The pod's node reports it ready or not; false when it knows no such pod.
    pub fn recorder_ready(&mut self, pod: &ObjectKey, ready: bool) -> bool {
        self.recorder.set_ready(pod, ready)
    }

    /// The pod's node reports `Failed` or `Succeeded`; false when it knows no such pod.
    pub fn recorder_phase(&mut self, pod: &ObjectKey, phase: &str) -> bool {
        self.recorder.set_phase(pod, phase)
    }

    /// The node falls silent.
    pub fn recorder_dead(&mut self, node: &str) {
        self.recorder.stop(node);
    }

    /// All nodes are back; answers the pods whose nodes must look at them.
    pub fn recorder_alive(&mut self) -> Vec<ObjectKey> {
        self.recorder.start_all()
    }
}

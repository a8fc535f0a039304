//! What a user breaks in the nodes on purpose. Reached through `Cluster::fault`.

use super::{Kubelet, ProbeKind, RecorderMode};
use crate::api::{ObjectKey, SimTime};
use crate::runtime::Exit;

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

    /// A container's program ends now with this exit code; false when no such container runs.
    ///
    /// Without a name it is the pod's first one.
    pub fn crash_container(
        &mut self,
        pod: &ObjectKey,
        container: Option<&str>,
        exit_code: i32,
        now: SimTime,
    ) -> bool {
        self.end_container(pod, container, Exit::with_code(exit_code, now))
    }

    /// The kernel kills a container's program for the memory it uses; false when no such container runs.
    pub fn oom_kill(&mut self, pod: &ObjectKey, container: Option<&str>, now: SimTime) -> bool {
        let exit = Exit { code: 137, reason: "OOMKilled".to_owned(), message: None, at: now };
        self.end_container(pod, container, exit)
    }

    /// The pod's node evicts it for the memory that it uses; false when no node runs such a pod.
    pub fn evict(&mut self, pod: &ObjectKey) -> bool {
        self.full.evict(pod)
    }

    fn end_container(&mut self, pod: &ObjectKey, container: Option<&str>, exit: Exit) -> bool {
        let running = self.runtime.sandbox(pod).into_iter().flat_map(|sandbox| sandbox.containers.values());
        let first = running.filter(|container| container.is_running()).map(|c| c.config.name.clone()).next();
        let Some(name) = container.map(str::to_owned).or(first) else { return false };
        self.runtime.end_container(pod, &name, exit)
    }

    /// A pod's probes of that kind all fail or pass from now on, or with `None` are run again; false when
    /// no node runs such a pod.
    pub fn force_probe(&mut self, pod: &ObjectKey, kind: ProbeKind, outcome: Option<bool>) -> bool {
        self.full.force_probe(pod, kind, outcome)
    }

    /// A node stops: its kubelet and its containers stand still and answer nobody.
    pub fn stop_node(&mut self, node: &str) {
        self.recorder.stop(node);
        self.full.set_stopped(node, true);
        self.runtime.set_unreachable(node, true);
    }

    /// A stopped node runs again, from where it stood.
    pub fn start_node(&mut self, node: &str) {
        self.recorder.start(node);
        self.full.set_stopped(node, false);
        self.runtime.set_unreachable(node, false);
    }

    /// A persistent volume's bytes are gone; false when it held none.
    pub fn lose_volume(&mut self, volume: &str) -> bool {
        self.runtime.lose_volume(volume)
    }
}

//! [`Fault`]: what a user breaks on purpose.

use std::fmt;

use k8s_openapi::api::core::v1::Pod;

use super::{Cluster, Plane, bootstrap};
use crate::api::validation::SYSTEM_CLASSES;
use crate::api::{Kind, ObjectKey, ObjectRef, Resource};
use crate::controllers::podautoscaler::usage::Load;
use crate::engine::CauseKind;
use crate::kubelet::{ProbeKind, RecorderMode};

/// Something that goes wrong, or right again, because the user says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// From its next start the pod of that name behaves so (the recordings' nodes only).
    RecorderMode {
        /// The pod's name.
        pod: String,
        /// How it behaves.
        mode: RecorderMode,
    },
    /// The pod's node reports it ready or not (the recordings' nodes only).
    RecorderReady {
        /// The pod.
        pod: ObjectKey,
        /// Whether it is ready.
        ready: bool,
    },
    /// The pod's node reports its end (the recordings' nodes only).
    RecorderPhase {
        /// The pod.
        pod: ObjectKey,
        /// `Failed` or `Succeeded`.
        phase: String,
    },
    /// The node falls silent (the recordings' nodes only).
    RecorderDead {
        /// The node's name.
        node: String,
    },
    /// All nodes are back (the recordings' nodes only).
    RecorderAlive,
    /// A container's program ends.
    Crash {
        /// The pod.
        pod: ObjectKey,
        /// The container; the first that runs when absent.
        container: Option<String>,
        /// Its exit code.
        exit_code: i32,
    },
    /// The kernel kills a container's program for its memory.
    OomKill {
        /// The pod.
        pod: ObjectKey,
        /// The container; the first that runs when absent.
        container: Option<String>,
    },
    /// A pod's node runs low on memory and evicts the pod.
    Evict {
        /// The pod.
        pod: ObjectKey,
    },
    /// A pod's probes of a kind fail or pass whatever the program does.
    Probe {
        /// The pod.
        pod: ObjectKey,
        /// Which probes.
        kind: ProbeKind,
        /// Their outcome; with `None` they are run again.
        outcome: Option<bool>,
    },
    /// A node stands still: its kubelet is silent, its pods answer nobody.
    StopNode {
        /// The node's name.
        node: String,
    },
    /// A node that stood still goes on.
    StartNode {
        /// The node's name.
        node: String,
    },
    /// A pod has work to do, or a workload whose ready pods share it; what they use shows at the next scrape.
    Load {
        /// The pod or the workload.
        on: ObjectRef,
        /// How much.
        load: Load,
    },
    /// A machine joins the cluster.
    JoinNode {
        /// The node's name.
        node: String,
    },
    /// A persistent volume loses its bytes.
    LoseVolume {
        /// The volume's name.
        volume: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::RecorderMode { pod, mode } => {
                write!(f, "pod {pod} behaves as {mode:?} from its next start")
            }
            Fault::RecorderReady { pod, ready: true } => write!(f, "pod {pod} is reported ready"),
            Fault::RecorderReady { pod, ready: false } => write!(f, "pod {pod} is reported not ready"),
            Fault::RecorderPhase { pod, phase } => write!(f, "pod {pod} is reported {phase}"),
            Fault::RecorderDead { node } => write!(f, "node {node} falls silent"),
            Fault::RecorderAlive => f.write_str("all nodes are back"),
            Fault::Crash { pod, exit_code, .. } => write!(f, "pod {pod} crashes with exit code {exit_code}"),
            Fault::OomKill { pod, .. } => write!(f, "pod {pod} runs out of memory"),
            Fault::Evict { pod } => write!(f, "the node of pod {pod} runs low on memory"),
            Fault::Probe { pod, kind, outcome } => {
                let what = match outcome {
                    Some(true) => "passes",
                    Some(false) => "fails",
                    None => "is run again",
                };
                write!(f, "the {} probe of pod {pod} {what}", kind.as_str().to_lowercase())
            }
            Fault::StopNode { node } => write!(f, "node {node} stops"),
            Fault::StartNode { node } => write!(f, "node {node} goes on"),
            Fault::Load { on, load } => {
                let (kind, name) = (on.kind.info().singular, &on.key.name);
                let memory = load.memory_bytes >> 20;
                write!(f, "{kind} {name} uses {}m of CPU and {memory}Mi of memory more", load.cpu_milli)
            }
            Fault::JoinNode { node } => write!(f, "node {node} joins"),
            Fault::LoseVolume { volume } => write!(f, "volume {volume} loses its bytes"),
        }
    }
}

/// Why a fault could not be made: there is nothing of that name to break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(pub String);

/// Models pkg/kubelet/types: IsCriticalPod, which the eviction manager spares.
fn is_critical(pod: &Pod) -> bool {
    let priority = pod.spec.as_ref().and_then(|spec| spec.priority).unwrap_or(0);
    crate::api::pod::mirrored(pod).is_some() || priority >= SYSTEM_CLASSES[0].1
}

impl Cluster {
    /// Breaks or mends something now. What follows from it happens as the clock runs.
    ///
    /// # Errors
    /// [`FaultError`] when there is nothing of that name.
    pub fn fault(&mut self, fault: Fault) -> Result<(), FaultError> {
        let cause = CauseKind::Fault(fault.to_string());
        if let Fault::JoinNode { node } = &fault {
            return self.join_node(node, cause);
        }
        for pod in self.make(&fault)? {
            self.engine.poke(Plane::KUBELET, ObjectRef::new(Kind::Pod, pod), cause.clone());
        }
        self.tell_of_nodes(&fault, &cause);
        Ok(())
    }

    fn join_node(&mut self, node: &str, cause: CauseKind) -> Result<(), FaultError> {
        if self.store().get(Kind::Node, &ObjectKey::cluster(node)).is_some() {
            return Err(FaultError(format!("there is a node {node} already")));
        }
        if !crate::api::validation::is_dns_subdomain(node) {
            return Err(FaultError(format!("{node} is no name for a node")));
        }
        self.plane.kubelet.start_node(node);
        self.plane.nodelifecycle.hear(node);
        self.engine.set_silent(node, None);
        bootstrap::join(self, node, cause);
        Ok(())
    }

    /// Lets the control plane miss a node's heartbeats, or hear them again.
    fn tell_of_nodes(&mut self, fault: &Fault, cause: &CauseKind) {
        let now = self.now();
        let lifecycle = &mut self.plane.nodelifecycle;
        let back = match fault {
            Fault::StopNode { node } | Fault::RecorderDead { node } => {
                lifecycle.fall_silent(node, now);
                self.engine.set_silent(node, Some(now));
                let key = ObjectRef::new(Kind::Node, ObjectKey::cluster(node));
                self.engine.poke(Plane::NODE_LIFECYCLE, key, cause.clone());
                return;
            }
            Fault::StartNode { node } => vec![node.clone()],
            Fault::RecorderAlive => lifecycle.silent_nodes().cloned().collect(),
            _ => return,
        };
        for node in back {
            lifecycle.hear(&node);
            self.engine.set_silent(&node, None);
            let key = ObjectRef::new(Kind::Node, ObjectKey::cluster(&node));
            self.engine.poke(Plane::KUBELET, key, cause.clone());
        }
    }

    /// Makes a fault; answers the pods whose nodes must look at them.
    fn make(&mut self, fault: &Fault) -> Result<Vec<ObjectKey>, FaultError> {
        let now = self.now();
        let pods_on = |cluster: &Cluster, node: &str| -> Vec<ObjectKey> {
            cluster.store().pods_on(node).map(Resource::key).collect()
        };
        if let Fault::StopNode { node } | Fault::StartNode { node } | Fault::RecorderDead { node } = fault
            && self.store().get(Kind::Node, &ObjectKey::cluster(node)).is_none()
        {
            return Err(FaultError(format!("there is no node {node}")));
        }
        let kubelet = &mut self.plane.kubelet;
        let one = |made: bool, pod: &ObjectKey, what: &str| {
            let missing = || FaultError(format!("no node runs {what} {pod}"));
            made.then(|| vec![pod.clone()]).ok_or_else(missing)
        };
        match fault {
            Fault::RecorderMode { pod, mode } => kubelet.recorder_mode(pod, *mode),
            Fault::RecorderReady { pod, ready } => {
                return one(kubelet.recorder_ready(pod, *ready), pod, "a pod");
            }
            Fault::RecorderPhase { pod, phase } => {
                return one(kubelet.recorder_phase(pod, phase), pod, "a pod");
            }
            Fault::RecorderDead { node } => kubelet.recorder_dead(node),
            Fault::RecorderAlive => return Ok(kubelet.recorder_alive()),
            Fault::Crash { pod, container, exit_code } => {
                let made = kubelet.crash_container(pod, container.as_deref(), *exit_code, now);
                return one(made, pod, "such a container in pod");
            }
            Fault::OomKill { pod, container } => {
                let made = kubelet.oom_kill(pod, container.as_deref(), now);
                return one(made, pod, "such a container in pod");
            }
            Fault::Evict { pod } => {
                if self.store().typed::<Pod>(pod).is_some_and(is_critical) {
                    return Err(FaultError(format!("pod {pod} is critical: its node does not evict it")));
                }
                return one(self.plane.kubelet.evict(pod), pod, "a pod");
            }
            Fault::Probe { pod, kind, outcome } => {
                // A probe that is not there cannot fail; the pod would only seem to.
                let has = self.store().shared::<Pod>(pod).is_none_or(|pod| kind.is_in(&pod));
                if !has {
                    let kind = kind.as_str().to_lowercase();
                    return Err(FaultError(format!("pod {pod} has no {kind} probe")));
                }
                return one(self.plane.kubelet.force_probe(pod, *kind, *outcome), pod, "a pod");
            }
            Fault::StopNode { node } => kubelet.stop_node(node),
            Fault::StartNode { node } => {
                kubelet.start_node(node);
                return Ok(pods_on(self, node));
            }
            Fault::Load { on, load } => {
                if self.store().get(on.kind, &on.key).is_none() {
                    let (kind, name) = (on.kind.info().singular, &on.key.name);
                    return Err(FaultError(format!("there is no {kind} {name}")));
                }
                self.plane.podautoscaler.usage.put(on.clone(), *load, now);
            }
            Fault::JoinNode { .. } => {}
            Fault::LoseVolume { volume } => {
                if !kubelet.lose_volume(volume) {
                    return Err(FaultError(format!("volume {volume} holds no bytes")));
                }
            }
        }
        Ok(Vec::new())
    }
}

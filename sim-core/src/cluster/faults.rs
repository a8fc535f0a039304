//! [`Fault`]: what a user breaks on purpose.

use std::fmt;

use super::{Cluster, Plane};
use crate::api::{Kind, ObjectKey, ObjectRef};
use crate::engine::CauseKind;
use crate::kubelet::RecorderMode;

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
        }
    }
}

/// Why a fault could not be made: there is nothing of that name to break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(pub String);

impl Cluster {
    /// Breaks or mends something now. What follows from it happens as the clock runs.
    ///
    /// # Errors
    /// [`FaultError`] when there is nothing of that name.
    pub fn fault(&mut self, fault: Fault) -> Result<(), FaultError> {
        let cause = CauseKind::Fault(fault.to_string());
        let kubelet = &mut self.plane.kubelet;
        let no_pod = |pod: &ObjectKey| FaultError(format!("no node runs a pod {pod}"));
        let pods = match &fault {
            Fault::RecorderMode { pod, mode } => {
                kubelet.recorder_mode(pod, *mode);
                Vec::new()
            }
            Fault::RecorderReady { pod, ready } => {
                kubelet.recorder_ready(pod, *ready).then(|| vec![pod.clone()]).ok_or_else(|| no_pod(pod))?
            }
            Fault::RecorderPhase { pod, phase } => {
                kubelet.recorder_phase(pod, phase).then(|| vec![pod.clone()]).ok_or_else(|| no_pod(pod))?
            }
            Fault::RecorderDead { node } => {
                kubelet.recorder_dead(node);
                Vec::new()
            }
            Fault::RecorderAlive => kubelet.recorder_alive(),
        };
        for pod in pods {
            self.engine.poke(Plane::KUBELET, ObjectRef::new(Kind::Pod, pod), cause.clone());
        }
        Ok(())
    }
}

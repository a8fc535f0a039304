//! [`State`]: the states that the pictures tell apart, each with a class, a word, a shape and a letter.

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};

use crate::api::kinds::pod_summary::PodSummary;
use crate::api::{meta, pod};

/// What a pod or a claim is, at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// There is no such object (any more).
    Gone,
    /// Ready; of a claim, bound.
    Ready,
    /// It ended well.
    Completed,
    /// It has a node, and its containers are not running yet.
    Starting,
    /// A pod without a node, or a claim without a volume.
    Pending,
    /// It runs and is not ready.
    NotReady,
    /// Its deletion was asked for.
    Terminating,
    /// It ended badly, or a container of it keeps failing; of a claim, it lost its volume.
    Failed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 8] = [
        State::Ready,
        State::Starting,
        State::Pending,
        State::NotReady,
        State::Terminating,
        State::Failed,
        State::Completed,
        State::Gone,
    ];

    /// The state of a pod, of which `summary` is the row.
    pub fn of_pod(pod: &Pod, summary: &PodSummary) -> State {
        if meta::is_terminating(&pod.metadata) {
            return State::Terminating;
        }
        match pod::phase(pod) {
            "Failed" => State::Failed,
            "Succeeded" => State::Completed,
            _ if is_failing(&summary.reason) => State::Failed,
            "Running" if pod::is_ready(pod) => State::Ready,
            "Running" => State::NotReady,
            _ if pod::node_name(pod).is_none() => State::Pending,
            _ => State::Starting,
        }
    }

    /// The state of a claim.
    pub fn of_claim(claim: &PersistentVolumeClaim) -> State {
        if meta::is_terminating(&claim.metadata) {
            return State::Terminating;
        }
        match claim.status.as_ref().and_then(|status| status.phase.as_deref()) {
            Some("Bound") => State::Ready,
            Some("Lost") => State::Failed,
            _ => State::Pending,
        }
    }

    /// The class that styles it.
    pub fn class(self) -> &'static str {
        match self {
            State::Gone => "gone",
            State::Ready => "ready",
            State::Completed => "completed",
            State::Starting => "starting",
            State::Pending => "pending",
            State::NotReady => "not-ready",
            State::Terminating => "terminating",
            State::Failed => "failed",
        }
    }

    /// The state in words.
    pub fn word(self) -> &'static str {
        match self {
            State::NotReady => "not ready",
            other => other.class(),
        }
    }

    /// The character that draws it in a text timeline.
    pub fn letter(self) -> char {
        match self {
            State::Gone => ' ',
            State::Ready => '=',
            State::Completed => '_',
            State::Starting => '-',
            State::Pending => '.',
            State::NotReady => '~',
            State::Terminating => 'x',
            State::Failed => '!',
        }
    }

    /// The outline of its marker: a path in a box of 14 by 14.
    pub fn shape(self) -> &'static str {
        match self {
            State::Gone => "M1 1H4M6 1H9M11 1H13V4M13 6V9M13 11V13H10M8 13H5M3 13H1V10M1 8V5M1 3V1",
            State::Ready => "M7 0A7 7 0 1 1 7 14A7 7 0 1 1 7 0ZM3 7L6 10L11 4",
            State::Completed => "M0 0H14V14H0ZM3 7L6 10L11 4",
            State::Starting => "M7 0A7 7 0 1 1 7 14A7 7 0 1 1 7 0ZM7 3V7H11",
            State::Pending => "M1 0H13L7 7L13 14H1L7 7Z",
            State::NotReady => "M7 0L14 14H0ZM7 5V9M7 11V12",
            State::Terminating => "M7 0L14 7L7 14L0 7ZM4 7H10",
            State::Failed => "M4 0H10L14 4V10L10 14H4L0 10V4ZM4 4L10 10M10 4L4 10",
        }
    }
}

/// Whether a Status column tells of a container that fails again and again, or of an image that cannot be had.
fn is_failing(reason: &str) -> bool {
    let reason = reason.rsplit(':').next().unwrap_or(reason);
    reason.ends_with("BackOff")
        || reason.starts_with("Err")
        || reason.ends_with("Error")
        || matches!(reason, "OOMKilled" | "InvalidImageName" | "ContainerCannotRun")
}

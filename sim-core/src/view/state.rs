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

    /// The outline of its marker: a path in a box of 14 by 14, relative to the corner of that.
    pub fn shape(self) -> &'static str {
        match self {
            State::Gone => "m1 1h3m2 0h3m2 0h2v3m0 2v3m0 2v2h-3m-2 0h-3m-2 0h-2v-3m0-2v-3m0-2v-2",
            State::Ready => "m7 0a7 7 0 1 1 0 14a7 7 0 1 1 0-14zm-4 7l3 3 5-6",
            State::Completed => "h14v14h-14zm3 7l3 3 5-6",
            State::Starting => "m7 0a7 7 0 1 1 0 14a7 7 0 1 1 0-14zm0 3v4h4",
            State::Pending => "m1 0h12l-6 7 6 7h-12l6-7z",
            State::NotReady => "m7 0l7 14h-14zm0 5v4m0 2v1",
            State::Terminating => "m7 0l7 7-7 7-7-7zm-3 7h6",
            State::Failed => "m4 0h6l4 4v6l-4 4h-6l-4-4v-6zm0 4l6 6m0-6l-6 6",
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

//! What is told of a container that could not be started.

use crate::api::SimTime;
use crate::runtime::{Exit, StartError};

/// Why such a container waits. Upstream: pkg/kubelet/container: ErrRunContainer.
pub(super) const RUN_CONTAINER_ERROR: &str = "RunContainerError";
/// What containerd calls such an end.
pub(super) const START_ERROR: &str = "StartError";

/// What the kubelet and the runtime tell of a container that could not be started.
pub(super) struct StartFailure {
    /// The kubelet's.
    pub message: String,
    /// The runtime's.
    pub exit: Exit,
}

impl StartFailure {
    /// Both runtimes pass on what runc said; docker answers with a shell's exit code.
    ///
    /// Models containerd: internal/cri/server: StartContainer, and cri-dockerd: core: StartContainer, ContainerStatus.
    pub(super) fn of(runtime: &str, id: &str, error: &StartError) -> StartFailure {
        let runc = format!(
            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container \
             process: error during container init: {error}"
        );
        let (code, reason, why) = match runtime {
            "docker" => {
                let why = format!("failed to create task for container: {runc}: unknown");
                (exit_code(error), "ContainerCannotRun", why)
            }
            _ => (128, START_ERROR, format!("failed to create containerd task: {runc}")),
        };
        let message = match runtime {
            "docker" => format!("failed to start container \"{id}\": Error response from daemon: {why}"),
            _ => why.clone(),
        };
        let exit = Exit { code, reason: reason.to_owned(), message: Some(why), at: SimTime::ZERO };
        StartFailure { message, exit }
    }
}

/// Models moby daemon: setExitCodeFromError, which answers as a shell does.
fn exit_code(error: &StartError) -> i32 {
    match error {
        StartError::NotFound(_) | StartError::NoSuchFile(_) => 127,
        StartError::Denied(_) => 126,
        StartError::Empty => 128,
    }
}

//! What runs inside pods: images, programs, files, processes, a shell and its tools.
//!
//! A container runs a *program*: a small state machine with files, environment, ports, HTTP routes,
//! log lines, start-up time and exit codes. No process of the host is involved.

pub mod fs;
pub mod shell;

/// The containers, volumes and images of all nodes.
#[derive(Clone, Debug, Default)]
pub struct Runtime {}

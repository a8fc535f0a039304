//! The Ready, Status and Restarts of a pod's row.
//!
//! Models pkg/printers/internalversion: printPod.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod};

use crate::api::{meta, pod};

/// What a pod's row says of its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSummary {
    /// Containers that are ready, sidecars included.
    pub ready_containers: usize,
    /// Containers that should be, sidecars included.
    pub total_containers: usize,
    /// The Status column, `CrashLoopBackOff`.
    pub reason: String,
    /// Restarts of containers that count at this stage of the pod's life.
    pub restarts: i64,
    /// When the last of those restarts' containers ended.
    pub last_restart: Option<Timestamp>,
}

/// Restarts counted so far and the end of the latest run.
#[derive(Default)]
struct Restarts {
    count: i64,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, status: &ContainerStatus) {
        self.count += i64::from(status.restart_count);
        let ended = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        self.last = self.last.max(ended.and_then(|ended| ended.finished_at.as_ref()).map(|time| time.0));
    }
}

/// Reads the pod as its row shows it.
pub fn summarize(pod: &Pod) -> PodSummary {
    let spec = pod.spec.as_ref();
    let status = pod.status.clone().unwrap_or_default();
    let sidecars = |name: &str| is_sidecar(pod, name);
    let init_containers = spec.and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
    let sidecar_count = init_containers.iter().filter(|container| sidecars(&container.name)).count();
    let mut summary = PodSummary {
        ready_containers: 0,
        total_containers: spec.map_or(0, |spec| spec.containers.len()) + sidecar_count,
        reason: initial_reason(pod),
        restarts: 0,
        last_restart: None,
    };
    let mut init_restarts = Restarts::default();
    let mut sidecar_restarts = Restarts::default();
    let mut initializing = false;
    for (index, container) in status.init_container_statuses.iter().flatten().enumerate() {
        init_restarts.add(container);
        let is_sidecar = sidecars(&container.name);
        if is_sidecar {
            sidecar_restarts.add(container);
        }
        match init_step(container, is_sidecar, index, init_containers.len()) {
            InitStep::Passed { ready } => summary.ready_containers += usize::from(ready),
            InitStep::At(reason) => {
                summary.reason = reason;
                initializing = true;
                break;
            }
        }
    }
    let is_initialized = pod::condition(pod, "Initialized").is_some_and(|c| c.status == "True");
    let mut restarts = init_restarts;
    if !initializing || is_initialized {
        restarts = sidecar_restarts;
        main_containers(pod, &mut summary, &mut restarts);
    }
    if meta::is_terminating(&pod.metadata) {
        if status.reason.as_deref() == Some("NodeLost") {
            summary.reason = "Unknown".to_owned();
        } else if !pod::is_terminal(pod) {
            summary.reason = "Terminating".to_owned();
        }
    }
    summary.restarts = restarts.count;
    summary.last_restart = restarts.last;
    summary
}

fn initial_reason(pod: &Pod) -> String {
    let gated = pod::condition(pod, "PodScheduled")
        .is_some_and(|condition| condition.reason.as_deref() == Some("SchedulingGated"));
    if gated {
        return "SchedulingGated".to_owned();
    }
    let reason = pod.status.as_ref().and_then(|status| status.reason.as_deref());
    reason.filter(|reason| !reason.is_empty()).unwrap_or_else(|| pod::phase(pod)).to_owned()
}

fn is_sidecar(pod: &Pod, name: &str) -> bool {
    let containers = pod.spec.as_ref().and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
    let container = containers.iter().find(|container| container.name == name);
    container.is_some_and(|container| container.restart_policy.as_deref() == Some("Always"))
}

/// How far an init container is.
enum InitStep {
    /// It is done, or a sidecar that has started.
    Passed {
        /// Whether it counts as a ready container.
        ready: bool,
    },
    /// The pod is still at this container, and shows this.
    At(String),
}

fn init_step(status: &ContainerStatus, is_sidecar: bool, index: usize, count: usize) -> InitStep {
    let state = status.state.clone().unwrap_or_default();
    match (&state.terminated, &state.waiting) {
        (Some(end), _) if end.exit_code == 0 => InitStep::Passed { ready: false },
        _ if is_sidecar && status.started == Some(true) => InitStep::Passed { ready: status.ready },
        (Some(end), _) => InitStep::At(format!("Init:{}", end_reason(end))),
        (None, Some(waiting)) => match waiting.reason.as_deref() {
            Some(reason) if !reason.is_empty() && reason != "PodInitializing" => {
                InitStep::At(format!("Init:{reason}"))
            }
            _ => InitStep::At(format!("Init:{index}/{count}")),
        },
        (None, None) => InitStep::At(format!("Init:{index}/{count}")),
    }
}

fn end_reason(end: &ContainerStateTerminated) -> String {
    match (end.reason.as_deref(), end.signal) {
        (Some(reason), _) if !reason.is_empty() => reason.to_owned(),
        (_, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", end.exit_code),
    }
}

fn main_containers(pod: &Pod, summary: &mut PodSummary, restarts: &mut Restarts) {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref());
    let mut has_running = false;
    for container in statuses.unwrap_or_default().iter().rev() {
        restarts.add(container);
        let state = container.state.clone().unwrap_or_default();
        match waiting_or_ended(&state) {
            Some(reason) => summary.reason = reason,
            None if container.ready && state.running.is_some() => {
                has_running = true;
                summary.ready_containers += 1;
            }
            None => {}
        }
    }
    if summary.reason == "Completed" && has_running {
        summary.reason = if pod::is_ready(pod) { "Running" } else { "NotReady" }.to_owned();
    }
}

fn waiting_or_ended(state: &ContainerState) -> Option<String> {
    let waiting = state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref());
    if let Some(reason) = waiting.filter(|reason| !reason.is_empty()) {
        return Some(reason.to_owned());
    }
    state.terminated.as_ref().map(end_reason)
}

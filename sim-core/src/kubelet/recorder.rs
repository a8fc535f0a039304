//! [`RecorderKubelet`]: the simple node of the recordings.
//!
//! A scheduled pod is Running after `profile.sandbox`, Ready another `profile.container_start`
//! later, and gone `profile.teardown` after its deletion was asked for. No events, no probes, no
//! restarts. See `tests/recordings/README.md`.

use std::collections::BTreeSet;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
    HostIP, Pod, PodCondition, PodIP, PodStatus,
};

use crate::api::{Kind, ObjectKey, ObjectRef, SimTime, meta, pod};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::engine::{Context, Pace, ReconcileError};

/// Seconds that a `:slow` pod takes longer to be ready.
const SLOW: std::time::Duration = std::time::Duration::from_secs(3);

/// From one write of the recorder's loop to the next, as the traces show.
const WRITE_TAKES: std::time::Duration = std::time::Duration::from_millis(9);

/// The address of every node of the recordings.
const HOST_IP: &str = "192.168.49.2";

/// How a pod of the recordings behaves; an image tag or a mode says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecorderMode {
    /// Runs and becomes ready.
    Good,
    /// Its image is never pulled.
    Bad,
    /// Its program exits at once.
    Crash,
    /// Runs and is never ready.
    NotReady,
    /// Becomes ready three seconds later.
    Slow,
}

impl RecorderMode {
    /// The mode of that name, which is also its image tag; every other word is `Good`.
    pub fn named(word: &str) -> RecorderMode {
        match word {
            "bad" => RecorderMode::Bad,
            "crash" => RecorderMode::Crash,
            "notready" => RecorderMode::NotReady,
            "slow" => RecorderMode::Slow,
            _ => RecorderMode::Good,
        }
    }
}

/// What the user makes a pod's node report.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Report {
    Ready(bool),
    Phase(String),
}

/// Where a pod is on its way.
#[derive(Clone, Debug)]
struct Progress {
    uid: String,
    stage: Stage,
    /// When the stage ends.
    due: Option<SimTime>,
    /// When the pod is gone, once its deletion was noticed.
    gone_at: Option<SimTime>,
    reports: Vec<Report>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Starting,
    Running,
    Steady,
}

/// The nodes of the recordings.
#[derive(Clone, Debug, Default)]
pub struct RecorderKubelet {
    pods: OrdMap<ObjectKey, Progress>,
    modes: OrdMap<String, RecorderMode>,
    dead: OrdSet<String>,
    addresses: u32,
    /// The recorder's nodes are one loop: it writes about one pod after the other.
    free_at: SimTime,
}

impl RecorderKubelet {
    /// From its next start the pod of that name behaves so.
    pub fn set_mode(&mut self, pod_name: &str, mode: RecorderMode) {
        self.modes.insert(pod_name.to_owned(), mode);
    }

    /// The pod's node reports it ready or not, when it next looks; false when it knows no such pod.
    pub fn set_ready(&mut self, key: &ObjectKey, ready: bool) -> bool {
        self.report(key, Report::Ready(ready))
    }

    /// The pod's node reports that phase, when it next looks; false when it knows no such pod.
    pub fn set_phase(&mut self, key: &ObjectKey, phase: &str) -> bool {
        self.report(key, Report::Phase(phase.to_owned()))
    }

    /// The node falls silent.
    pub fn stop(&mut self, node: &str) {
        self.dead.insert(node.to_owned());
    }

    /// The node is back.
    pub fn start(&mut self, node: &str) {
        self.dead.remove(node);
    }

    /// All nodes are back; answers the pods to look at.
    pub fn start_all(&mut self) -> Vec<ObjectKey> {
        self.dead.clear();
        self.pods.keys().cloned().collect()
    }

    /// Whether the node is silent.
    pub fn is_dead(&self, node: &str) -> bool {
        self.dead.contains(node)
    }

    fn report(&mut self, key: &ObjectKey, report: Report) -> bool {
        match self.pods.get_mut(key) {
            Some(progress) => {
                progress.reports.push(report);
                true
            }
            None => false,
        }
    }

    /// Brings one pod as far as its time has come.
    ///
    /// # Errors
    /// The API server's refusals.
    pub fn reconcile(&mut self, key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(pod) = context.view.shared::<Pod>(key) else {
            self.pods.remove(key);
            return Ok(());
        };
        let Some(node) = pod::node_name(&pod) else { return Ok(()) };
        if self.dead.contains(node) {
            return Ok(());
        }
        let known = self.pods.get(key).filter(|progress| progress.uid == meta::uid(&pod.metadata));
        let mut progress = known.cloned().unwrap_or_else(|| Progress {
            uid: meta::uid(&pod.metadata).to_owned(),
            stage: Stage::Starting,
            due: Some(context.now + context.config.profile.sandbox.draw(context.random)),
            gone_at: None,
            reports: Vec::new(),
        });
        if meta::is_terminating(&pod.metadata) {
            let teardown = context.config.profile.teardown;
            let gone_at = progress.gone_at.unwrap_or_else(|| context.now + teardown.draw(context.random));
            progress.gone_at = Some(gone_at);
            self.pods.insert(key.clone(), progress);
            return self.end(key, &pod, gone_at, context);
        }
        self.advance(&mut progress, key, &pod, context)?;
        if progress.stage != Stage::Starting {
            for report in std::mem::take(&mut progress.reports) {
                apply_report(&report, key, context)?;
                progress.due = None;
                progress.stage = Stage::Steady;
            }
        }
        if let Some(due) = progress.due {
            context.wakes.at(ObjectRef::new(Kind::Pod, key.clone()), due, Pace::Progress);
        }
        self.pods.insert(key.clone(), progress);
        Ok(())
    }

    fn end(
        &mut self,
        key: &ObjectKey,
        pod: &Pod,
        gone_at: SimTime,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        if context.now < gone_at {
            context.wakes.at(ObjectRef::new(Kind::Pod, key.clone()), gone_at, Pace::Progress);
            return Ok(());
        }
        if context.now < self.free_at {
            context.wakes.at(ObjectRef::new(Kind::Pod, key.clone()), self.free_at, Pace::Progress);
            return Ok(());
        }
        self.free_at = context.now + WRITE_TAKES;
        // A finalizer keeps a pod whose node is done with it.
        if pod.metadata.deletion_grace_period_seconds == Some(0) {
            return Ok(());
        }
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        match context.api.delete(Kind::Pod, key, &options) {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn advance(
        &mut self,
        progress: &mut Progress,
        key: &ObjectKey,
        pod: &Pod,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        if progress.due.is_none_or(|due| due > context.now) || pod::is_terminal(pod) {
            return Ok(());
        }
        let now = context.now;
        if now < self.free_at {
            progress.due = Some(self.free_at);
            return Ok(());
        }
        self.free_at = now + WRITE_TAKES;
        let mode = self.mode_of(pod);
        match progress.stage {
            Stage::Starting => {
                self.addresses += 1;
                let ip = format!("10.244.{}.{}", self.addresses / 254, self.addresses % 254 + 1);
                context.api.modify::<Pod>(key, Subresource::Status, |pod| start(pod, mode, &ip, now))?;
                progress.stage = Stage::Running;
                let start = now + context.config.profile.container_start.draw(context.random);
                progress.due = match mode {
                    RecorderMode::Good => Some(start),
                    RecorderMode::Slow => Some(start + SLOW),
                    _ => None,
                };
            }
            Stage::Running | Stage::Steady => {
                context
                    .api
                    .modify::<Pod>(key, Subresource::Status, |pod| set_ready(pod, true, now, false))?;
                progress.stage = Stage::Steady;
                progress.due = None;
            }
        }
        Ok(())
    }

    fn mode_of(&self, pod: &Pod) -> RecorderMode {
        if let Some(mode) = self.modes.get(meta::name(&pod.metadata)) {
            return *mode;
        }
        let images = pod.spec.iter().flat_map(|spec| &spec.containers).filter_map(|c| c.image.as_deref());
        let modes: BTreeSet<RecorderMode> = images
            .filter_map(|image| image.rsplit_once(':'))
            .map(|(_, tag)| RecorderMode::named(tag))
            .collect();
        modes.into_iter().find(|mode| *mode != RecorderMode::Good).unwrap_or(RecorderMode::Good)
    }
}

fn apply_report(report: &Report, key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    let now = context.now;
    context.api.modify::<Pod>(key, Subresource::Status, |pod| match report {
        Report::Ready(ready) => set_ready(pod, *ready, now, true),
        Report::Phase(phase) => set_phase(pod, phase, now),
    })?;
    Ok(())
}

/// The pod's first status from its node.
fn start(pod: &mut Pod, mode: RecorderMode, ip: &str, now: SimTime) {
    let containers: Vec<ContainerStatus> = pod
        .spec
        .iter()
        .flat_map(|spec| &spec.containers)
        .map(|container| {
            let image = container.image.clone().unwrap_or_default();
            ContainerStatus {
                name: container.name.clone(),
                image_id: format!("fake://{image}"),
                state: Some(first_state(mode, &image, now)),
                last_state: Some(ContainerState::default()),
                ready: false,
                restart_count: 0,
                started: Some(false),
                image,
                ..ContainerStatus::default()
            }
        })
        .collect();
    let names: Vec<&str> = containers.iter().map(|container| container.name.as_str()).collect();
    let unready = format!("containers with unready status: [{}]", names.join(" "));
    let generation = pod.metadata.generation;
    let status = pod.status.get_or_insert_with(PodStatus::default);
    status.observed_generation = generation;
    status.phase = Some(if mode == RecorderMode::Bad { "Pending" } else { "Running" }.to_owned());
    let facts = [
        ("PodReadyToStartContainers", true),
        ("Initialized", true),
        ("Ready", false),
        ("ContainersReady", false),
    ];
    let fresh = facts.map(|(condition, holds)| PodCondition {
        type_: condition.to_owned(),
        status: if holds { "True" } else { "False" }.to_owned(),
        last_transition_time: Some(now.to_time()),
        reason: (!holds).then(|| "ContainersNotReady".to_owned()),
        message: (!holds).then(|| unready.clone()),
        ..PodCondition::default()
    });
    let kept = status.conditions.take().unwrap_or_default();
    let kept = kept.into_iter().filter(|old| facts.iter().all(|(condition, _)| old.type_ != *condition));
    status.conditions = Some(fresh.into_iter().chain(kept).collect());
    status.host_ip = Some(HOST_IP.to_owned());
    status.host_ips = Some(vec![HostIP { ip: HOST_IP.to_owned() }]);
    status.pod_ip = Some(ip.to_owned());
    status.pod_ips = Some(vec![PodIP { ip: ip.to_owned() }]);
    status.start_time = Some(now.to_time());
    status.container_statuses = Some(containers);
}

fn first_state(mode: RecorderMode, image: &str, now: SimTime) -> ContainerState {
    let waiting = |reason: &str, message: String| ContainerState {
        waiting: Some(ContainerStateWaiting { reason: Some(reason.to_owned()), message: Some(message) }),
        ..ContainerState::default()
    };
    match mode {
        RecorderMode::Bad => waiting("ImagePullBackOff", format!("Back-off pulling image \"{image}\"")),
        RecorderMode::Crash => waiting("CrashLoopBackOff", "back-off restarting failed container".to_owned()),
        _ => running(now),
    }
}

fn running(now: SimTime) -> ContainerState {
    let running = ContainerStateRunning { started_at: Some(now.to_time()) };
    ContainerState { running: Some(running), ..ContainerState::default() }
}

/// Readiness as these nodes report it: reason and message of the earlier condition stay.
fn set_ready(pod: &mut Pod, ready: bool, now: SimTime, restarted: bool) {
    let Some(status) = pod.status.as_mut() else { return };
    for container in status.container_statuses.iter_mut().flatten() {
        container.ready = ready;
        container.started = Some(ready);
        if restarted {
            container.state = Some(running(now));
        }
    }
    status.phase = Some("Running".to_owned());
    for condition in status.conditions.iter_mut().flatten() {
        if condition.type_ == "Ready" || condition.type_ == "ContainersReady" {
            condition.status = if ready { "True" } else { "False" }.to_owned();
            condition.last_transition_time = Some(now.to_time());
        }
    }
}

fn set_phase(pod: &mut Pod, phase: &str, now: SimTime) {
    let Some(status) = pod.status.as_mut() else { return };
    let failed = phase == "Failed";
    status.phase = Some(phase.to_owned());
    for container in status.container_statuses.iter_mut().flatten() {
        let terminated = ContainerStateTerminated {
            exit_code: i32::from(failed),
            reason: Some(if failed { "Error" } else { "Completed" }.to_owned()),
            finished_at: Some(now.to_time()),
            ..ContainerStateTerminated::default()
        };
        container.ready = false;
        container.state = Some(ContainerState { terminated: Some(terminated), ..ContainerState::default() });
    }
    for condition in status.conditions.iter_mut().flatten().filter(|condition| condition.type_ == "Ready") {
        condition.status = "False".to_owned();
        condition.reason = Some(if failed { "PodFailed" } else { "PodCompleted" }.to_owned());
        condition.last_transition_time = Some(now.to_time());
    }
}

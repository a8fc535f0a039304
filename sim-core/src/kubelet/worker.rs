//! [`Worker`]: what the kubelet knows of one pod, and [`Sync`]: one look at it.
//!
//! Models pkg/kubelet: pod_workers and syncPod.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container as ContainerSpec, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::backoff::Backoff;
use super::failure::Failure;
use super::probe::ProbeState;
use super::resize::Resize;
use super::volumes::Volumes;
use crate::api::{Kind, ObjectKey, ObjectRef, SimTime, pod};
use crate::engine::{Context, EventType, Pace};
use crate::runtime::{Exit, Image, Runtime};

/// How long the kubelet takes to notice that a container ended, or to look again after a failure.
///
/// Models pkg/kubelet/pleg: relistPeriod.
pub(super) const RELIST: Duration = Duration::from_secs(1);

/// A container of a pod, over all its runs.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub name: String,
    pub role: Role,
    pub stage: Stage,
    /// Why it waits; shown while it does not run and has not just ended.
    pub waiting: Waiting,
    /// When to look again while it waits.
    pub retry_at: Option<SimTime>,
    /// How its newest run ended, while that is its state.
    pub ended: Option<Ended>,
    /// How the run before ended.
    pub last: Option<Ended>,
    /// How many runs there were.
    pub runs: i32,
    /// Whether it was removed and will be created anew, while all of the pod's containers are restarted.
    pub removed: bool,
    pub image: Option<Image>,
    pub container_id: String,
    pub started_at: SimTime,
    pub pull_backoff: Backoff,
    pub pull_error: String,
    pub crash_backoff: Backoff,
    /// Whether it counts as started: no startup probe, or that probe succeeded.
    pub started: bool,
    pub ready: bool,
    pub probes: [ProbeState; 3],
    /// While its postStart hook runs: whether that fails.
    pub hook: Option<bool>,
    /// Whether its run is ended to give it other resources.
    pub resizing: bool,
    /// When a run that is to be restarted is killed at the latest.
    pub stopping: Option<Stopping>,
}

/// Which list of the pod's spec a container stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Init,
    Main,
    /// Added to the running pod; never restarted, and the pod's state does not depend on it.
    Ephemeral,
}

/// Where a container is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits to be started: for its turn, for an image, for a backoff.
    Waiting,
    /// Its image is being pulled.
    Pulling { since: SimTime, until: SimTime },
    /// It is being created and started.
    Creating { until: SimTime },
    /// It runs.
    Running,
    /// It ended, and what comes next is not decided yet or never comes.
    Ended,
}

/// A waiting state's reason and message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    pub reason: &'static str,
    pub message: String,
}

/// A run of a container that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub exit: Exit,
    pub started_at: SimTime,
    pub container_id: String,
}

/// A running container that was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stopping {
    /// When SIGTERM is sent, after the preStop hook.
    pub term_at: SimTime,
    pub term_sent: bool,
    /// When SIGKILL is sent.
    pub kill_at: SimTime,
    /// When a preStop hook that fails is known to: at the container's end at the latest.
    pub hook_fails_at: Option<SimTime>,
}

/// How a hook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HookEnd {
    Succeeded,
    Failed,
    /// It ran when its time was over, and runs on until its container ends.
    Unfinished,
}

/// The end of a pod whose deletion was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ending {
    /// The grace period that the deadlines were computed from.
    pub grace_seconds: i64,
    /// When the pod is gone, once all containers have ended.
    pub gone_at: Option<SimTime>,
}

/// What the kubelet knows of one pod.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    /// What tells the pod from others of its name; see `pod::identity`.
    pub uid: String,
    pub started_at: SimTime,
    /// For a pod that was running before the clock started: since when.
    pub since: Option<Time>,
    pub ip: String,
    /// The pod's volumes, once they are mounted.
    pub volumes: Option<Volumes>,
    /// When changes of what fills its volumes reach them.
    pub refresh_at: Option<SimTime>,
    pub mount_failures: u32,
    pub mount_retry_at: Option<SimTime>,
    /// When the sandbox is up.
    pub sandbox_at: Option<SimTime>,
    pub sandbox_up: bool,
    pub slots: Vec<Slot>,
    /// The specs of the ephemeral containers, whose slots come last.
    pub ephemeral: Vec<ContainerSpec>,
    pub ending: Option<Ending>,
    /// Whether the node is to evict the pod for its memory.
    pub evict: bool,
    /// Why the node ended the pod.
    pub failure: Option<Failure>,
    /// Whether the pod has ended for good.
    pub terminal: bool,
    /// Outcomes that the user forces on the pod's probes, by kind.
    pub forced: [Option<bool>; 3],
    /// Whether all containers are being ended, to be created anew.
    pub restarting_all: bool,
    /// The resize that is not done.
    pub resize: Option<Box<Resize>>,
}

impl Worker {
    /// A worker for a pod that the kubelet sees for the first time.
    pub(super) fn new(pod: &Pod, spec: &PodSpec, now: SimTime) -> Worker {
        let init = spec.init_containers.iter().flatten().map(|container| (container, Role::Init));
        let main = spec.containers.iter().map(|container| (container, Role::Main));
        let slots = init.chain(main).map(|(container, role)| Slot::new(container, role, spec));
        let mut slots: Vec<Slot> = slots.collect();
        // There are many pods, and few of them get ephemeral containers.
        slots.shrink_to_fit();
        Worker {
            uid: pod::identity(pod).to_owned(),
            started_at: now,
            since: None,
            ip: String::new(),
            volumes: None,
            refresh_at: None,
            mount_failures: 0,
            mount_retry_at: None,
            sandbox_at: None,
            sandbox_up: false,
            slots,
            ephemeral: Vec::new(),
            ending: None,
            evict: false,
            failure: None,
            terminal: false,
            forced: [None; 3],
            restarting_all: false,
            resize: None,
        }
    }

    /// A moment of the pod's as its status gives it: what was before the clock started has a time of its own.
    pub(super) fn time_of(&self, moment: SimTime) -> Time {
        match &self.since {
            Some(since) if moment == SimTime::ZERO => since.clone(),
            _ => moment.to_time(),
        }
    }

    /// Takes up ephemeral containers that were added to the pod.
    pub(super) fn add_ephemeral(&mut self, spec: &PodSpec) {
        for added in spec.ephemeral_containers.iter().flatten() {
            // A patch may put one before the others.
            if self.ephemeral.iter().any(|known| known.name == added.name) {
                continue;
            }
            let container = pod::as_container(added);
            self.slots.push(Slot::new(&container, Role::Ephemeral, spec));
            self.ephemeral.push(container);
        }
    }
}

impl Slot {
    fn new(container: &ContainerSpec, role: Role, spec: &PodSpec) -> Slot {
        let has_init = spec.init_containers.as_ref().is_some_and(|list| !list.is_empty());
        let reason = if has_init { "PodInitializing" } else { "ContainerCreating" };
        Slot {
            name: container.name.clone(),
            role,
            stage: Stage::Waiting,
            waiting: Waiting { reason, message: String::new() },
            retry_at: None,
            ended: None,
            last: None,
            runs: 0,
            removed: false,
            image: None,
            container_id: String::new(),
            started_at: SimTime::ZERO,
            pull_backoff: Backoff::default(),
            pull_error: String::new(),
            crash_backoff: Backoff::default(),
            started: false,
            ready: false,
            probes: Default::default(),
            hook: None,
            resizing: false,
            stopping: None,
        }
    }

    pub(super) fn is_init(&self) -> bool {
        self.role == Role::Init
    }

    /// Whether it is one of the containers that make up the pod.
    pub(super) fn is_main(&self) -> bool {
        self.role == Role::Main
    }

    /// How often it was restarted.
    pub(super) fn restarts(&self) -> i32 {
        (self.runs - i32::from(!self.removed)).max(0)
    }

    pub(super) fn is_running(&self) -> bool {
        self.stage == Stage::Running
    }

    /// Whether it is on its way up, so that the containers after it must wait.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.stage, Stage::Pulling { .. } | Stage::Creating { .. })
    }

    /// Whether it ended well and will not run again, as an init container does.
    pub(super) fn is_completed(&self) -> bool {
        self.stage == Stage::Ended && self.ended.as_ref().is_some_and(|ended| ended.exit.code == 0)
    }

    /// Whether a crash loop has become a steady state, which `settle` does not wait for.
    pub(super) fn pace(&self) -> Pace {
        if self.restarts() >= 3 { Pace::Periodic } else { Pace::Progress }
    }
}

/// One look at one pod: everything that the parts of the kubelet work with.
pub(super) struct Sync<'a, 'b> {
    pub key: &'a ObjectKey,
    pub pod: &'a Pod,
    pub spec: &'a PodSpec,
    pub node: &'a str,
    pub worker: &'a mut Worker,
    pub runtime: &'a mut Runtime,
    pub context: &'a mut Context<'b>,
}

impl Sync<'_, '_> {
    pub(super) fn now(&self) -> SimTime {
        self.context.now
    }

    /// Asks to look at the pod again at `time`.
    pub(super) fn wake(&mut self, time: SimTime, pace: Pace) {
        self.context.wakes.at(ObjectRef::new(Kind::Pod, self.key.clone()), time, pace);
    }

    /// Records an event about a container, or about the pod when `slot` is absent.
    pub(super) fn event(
        &mut self,
        slot: Option<usize>,
        event_type: EventType,
        reason: &'static str,
        message: &str,
    ) {
        let field_path = slot.and_then(|index| self.worker.slots.get(index)).map(|slot| {
            let list = match slot.role {
                Role::Init => "initContainers",
                Role::Main => "containers",
                Role::Ephemeral => "ephemeralContainers",
            };
            format!("spec.{list}{{{}}}", slot.name)
        });
        let Some(mut about) = self.context.view.get(Kind::Pod, self.key).cloned() else { return };
        // A static pod's events outlive its mirrors: they are about the pod of the manifest.
        if pod::mirrored(self.pod).is_some() {
            about.meta_mut().uid = Some(self.worker.uid.clone());
        }
        let context = &mut *self.context;
        context.events.kubelet_event(context.api, &about, field_path, self.node, event_type, reason, message);
    }

    /// The spec of a container.
    pub(super) fn container_spec(&self, index: usize) -> Option<&ContainerSpec> {
        let init = self.spec.init_containers.as_deref().unwrap_or_default();
        let main = index.checked_sub(init.len());
        let ephemeral = main.and_then(|index| index.checked_sub(self.spec.containers.len()));
        let found = init.get(index).or_else(|| self.spec.containers.get(main?));
        found.or_else(|| self.worker.ephemeral.get(ephemeral?))
    }

    /// A random time from `first` to half as much again, as upstream's jittered periods are.
    pub(super) fn jittered(&mut self, first: Duration) -> Duration {
        let ms = u64::try_from(first.as_millis()).unwrap_or(u64::MAX);
        crate::engine::Span::between(ms, ms + ms / 2).draw(self.context.random)
    }

    /// The pod's name as backoff messages give it, `web-0_default(uid)`.
    pub(super) fn pod_text(&self) -> String {
        format!("{}_{}({})", self.key.name, self.key.namespace, self.worker.uid)
    }

    /// `docker` or `containerd`: the scheme of container ids on this node.
    pub(super) fn runtime_name(&self) -> String {
        runtime_name(self.context.view.typed(&ObjectKey::cluster(self.node)))
    }
}

/// The runtime that a node names, `containerd` when it names none.
fn runtime_name(node: Option<&k8s_openapi::api::core::v1::Node>) -> String {
    let info = node.and_then(|node| node.status.as_ref()).and_then(|status| status.node_info.as_ref());
    let version = info.map(|info| info.container_runtime_version.as_str()).unwrap_or_default();
    version.split_once("://").map_or_else(|| "containerd".to_owned(), |(name, _)| name.to_owned())
}

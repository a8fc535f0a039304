//! The status that the kubelet reports: phase, conditions, container statuses.
//!
//! Models pkg/kubelet (generateAPIPodStatus, getPhase) and pkg/kubelet/status.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container as ContainerSpec, ContainerState, ContainerStateRunning, ContainerStateTerminated,
    ContainerStateWaiting, ContainerStatus, ContainerUser, HostIP, LinuxContainerUser, Pod, PodCondition,
    PodIP, PodStatus, ResourceRequirements, VolumeMountStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::resize::CONDITIONS;
use super::restart::{RESTARTING_ALL, could_restart_all, should_restart};
use super::start_failure::{RUN_CONTAINER_ERROR, START_ERROR};
use super::worker::{Ended, Role, Slot, Stage, Sync, Worker};
use super::{environment, identity};
use crate::api::{Feature, pod};
use crate::apiserver::Subresource;
use crate::engine::ReconcileError;
use crate::runtime::{Image, User};

/// The condition of a pod whose containers may all be restarted.
const ALL_RESTARTING: &str = "AllContainersRestarting";

/// What a condition should say.
struct Fact {
    condition: &'static str,
    holds: bool,
    reason: &'static str,
    message: String,
}

impl Fact {
    fn new(condition: &'static str, holds: bool) -> Fact {
        Fact { condition, holds, reason: "", message: String::new() }
    }

    fn because(condition: &'static str, reason: &'static str, message: String) -> Fact {
        Fact { condition, holds: false, reason, message }
    }
}

impl Sync<'_, '_> {
    /// Reports the pod's status when it differs from the one that is known.
    ///
    /// # Errors
    /// The API server's refusals.
    pub(super) fn report_status(&mut self) -> Result<(), ReconcileError> {
        let Ok(current) = self.context.api.typed::<Pod>(self.key) else { return Ok(()) };
        let old = current.status.clone().unwrap_or_default();
        let status = self.status(&old);
        if status == old {
            return Ok(());
        }
        self.context.api.modify::<Pod>(self.key, Subresource::Status, |pod| pod.status = Some(status))?;
        Ok(())
    }

    fn status(&self, old: &PodStatus) -> PodStatus {
        let phase = self.phase(old.phase.as_deref().unwrap_or("Pending"));
        let host_ip = environment::host_ip(self);
        let ip = &self.worker.ip;
        let mut containers: Vec<ContainerStatus> = Vec::new();
        let mut init: Vec<ContainerStatus> = Vec::new();
        let mut ephemeral: Vec<ContainerStatus> = Vec::new();
        for (index, slot) in self.worker.slots.iter().enumerate() {
            let status = self.container_status(index, slot);
            match slot.role {
                Role::Init => init.push(status),
                Role::Main => containers.push(status),
                Role::Ephemeral => ephemeral.push(ContainerStatus { started: None, ready: false, ..status }),
            }
        }
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        ephemeral.sort_by(|a, b| a.name.cmp(&b.name));
        let failure = self.worker.failure.as_ref();
        // A pod keeps this for its life, and a grown vector has room for four.
        containers.shrink_to_fit();
        PodStatus {
            reason: failure.map(|failure| failure.reason.to_owned()).or_else(|| old.reason.clone()),
            message: failure.map(|failure| failure.message.clone()).or_else(|| old.message.clone()),
            observed_generation: self.generation(),
            phase: Some(phase.to_owned()),
            conditions: Some(self.conditions(phase, old.conditions.as_deref().unwrap_or_default())),
            host_ips: (!host_ip.is_empty()).then(|| vec![HostIP { ip: host_ip.clone() }]),
            host_ip: (!host_ip.is_empty()).then_some(host_ip),
            pod_ips: (!ip.is_empty()).then(|| vec![PodIP { ip: ip.clone() }]),
            pod_ip: (!ip.is_empty()).then(|| ip.clone()),
            start_time: old.start_time.clone().or_else(|| Some(self.worker.time_of(self.worker.started_at))),
            init_container_statuses: (!init.is_empty()).then_some(init),
            container_statuses: Some(containers),
            ephemeral_container_statuses: (!ephemeral.is_empty()).then_some(ephemeral),
            nominated_node_name: None,
            ..old.clone()
        }
    }

    /// The generation that the status is about. A static pod has none: its mirror's counts for nothing.
    fn generation(&self) -> Option<i64> {
        self.pod.metadata.generation.filter(|_| pod::mirrored(self.pod).is_none())
    }

    /// Models pkg/kubelet: getPhase.
    fn phase(&self, old: &str) -> &'static str {
        let ended = self.worker.failure.is_some() && !self.worker.slots.iter().any(Slot::is_running);
        if old == "Failed" || ended {
            return "Failed";
        }
        if old == "Succeeded" {
            return "Succeeded";
        }
        let slots = &self.worker.slots;
        let ends = self.worker.terminal && self.worker.ending.is_some();
        let sidecar = |index: usize| self.is_sidecar(index);
        let main = slots.iter().enumerate().filter(|(_, slot)| slot.is_main());
        let (mut waiting, mut running, mut stopped, mut succeeded, mut restarts) = (0, 0, 0, 0, false);
        for (index, slot) in main {
            match (slot.stage, slot.ended.as_ref().or(slot.last.as_ref())) {
                (Stage::Running, _) => running += 1,
                (_, Some(end)) => {
                    stopped += 1;
                    succeeded += i32::from(end.exit.code == 0);
                    let spec = self.container_spec(index);
                    restarts |= end.exit.reason == RESTARTING_ALL
                        || spec.is_some_and(|spec| should_restart(spec, self.spec, end.exit.code));
                }
                (_, None) => waiting += 1,
            }
        }
        let init_failed = slots.iter().enumerate().any(|(index, slot)| {
            let code = slot.ended.as_ref().map_or(0, |ended| ended.exit.code);
            let failed = slot.stage == Stage::Ended && code != 0;
            let spec = self.container_spec(index).filter(|_| slot.is_init() && !sidecar(index) && failed);
            spec.is_some_and(|spec| !should_restart(spec, self.spec, code))
        });
        let init_pending = slots.iter().enumerate().any(|(index, slot)| {
            let begun = slot.removed || (sidecar(index) && slot.runs > 0);
            slot.is_init() && !slot.is_completed() && !begun
        });
        if init_failed {
            return "Failed";
        }
        if ends {
            let clean = waiting == 0 && stopped == succeeded;
            return if clean && stopped > 0 { "Succeeded" } else { "Failed" };
        }
        if init_pending || waiting > 0 {
            return "Pending";
        }
        // Sidecars are ended before the pod counts as ended.
        if running > 0 || slots.iter().any(|slot| slot.is_init() && slot.is_running()) {
            return "Running";
        }
        match stopped {
            0 => "Pending",
            _ if restarts => "Running",
            _ if stopped == succeeded => "Succeeded",
            _ => "Failed",
        }
    }

    /// Whether the pod has ended by itself, for good.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.phase("Pending"), "Failed" | "Succeeded")
    }

    fn conditions(&self, phase: &str, old: &[PodCondition]) -> Vec<PodCondition> {
        let generation = self.generation();
        let now = self.context.now.to_time();
        let facts = self.facts(phase, old);
        let mut conditions: Vec<PodCondition> = facts
            .into_iter()
            .map(|fact| {
                let status = if fact.holds { "True" } else { "False" };
                let known = old.iter().find(|known| known.type_ == fact.condition);
                let since = known.filter(|known| known.status == status);
                let since = since.and_then(|known| known.last_transition_time.clone());
                PodCondition {
                    type_: fact.condition.to_owned(),
                    status: status.to_owned(),
                    reason: (!fact.reason.is_empty()).then(|| fact.reason.to_owned()),
                    message: (!fact.message.is_empty()).then_some(fact.message),
                    // Upstream gives none to the one that came last.
                    observed_generation: generation.filter(|_| fact.condition != ALL_RESTARTING),
                    last_transition_time: since.or_else(|| Some(now.clone())),
                    last_probe_time: None,
                }
            })
            .collect();
        if let Some(condition) = self.resize_condition() {
            conditions.insert(0, condition);
        }
        if let Some(condition) = self.disruption()
            && !old.iter().any(|known| known.type_ == condition.type_)
        {
            conditions.push(condition);
        }
        let foreign = old.iter().filter(|known| conditions.iter().all(|own| own.type_ != known.type_));
        let foreign = foreign.filter(|known| !CONDITIONS.contains(&known.type_.as_str()));
        let foreign: Vec<PodCondition> = foreign.cloned().collect();
        conditions.extend(foreign);
        conditions
    }

    /// Models pkg/kubelet/status: Generate*Condition.
    fn facts(&self, phase: &str, old: &[PodCondition]) -> Vec<Fact> {
        let slots = &self.worker.slots;
        let incomplete: Vec<&str> = slots
            .iter()
            .enumerate()
            .filter(|(index, slot)| {
                slot.is_init() && !slot.is_completed() && !self.is_started_sidecar(*index)
            })
            .map(|(_, slot)| slot.name.as_str())
            .collect();
        let began = slots.iter().any(|slot| slot.is_main() && slot.runs > 0);
        let initialized = if phase == "Succeeded" {
            Fact { reason: "PodCompleted", ..Fact::new("Initialized", true) }
        } else if incomplete.is_empty() || began {
            Fact::new("Initialized", true)
        } else {
            let message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
            Fact::because("Initialized", "ContainersNotInitialized", message)
        };
        let unready: Vec<&str> = slots
            .iter()
            .filter(|slot| slot.is_main() && !slot.ready)
            .map(|slot| slot.name.as_str())
            .collect();
        let why_not = match phase {
            "Succeeded" => Some(("PodCompleted", String::new())),
            "Failed" => Some(("PodFailed", String::new())),
            _ if unready.is_empty() => None,
            _ => Some((
                "ContainersNotReady",
                format!("containers with unready status: [{}]", unready.join(" ")),
            )),
        };
        let gate = self.failing_gate(old);
        let (ready, containers_ready) = match why_not {
            Some((reason, message)) => (
                Fact::because("Ready", reason, message.clone()),
                Fact::because("ContainersReady", reason, message),
            ),
            None => (
                gate.map_or_else(
                    || Fact::new("Ready", true),
                    |message| Fact::because("Ready", "ReadinessGatesNotReady", message),
                ),
                Fact::new("ContainersReady", true),
            ),
        };
        let mut facts = vec![
            Fact::new("PodReadyToStartContainers", self.shows_sandbox(old)),
            initialized,
            ready,
            containers_ready,
            Fact::new("PodScheduled", true),
        ];
        if could_restart_all(self.spec) {
            facts.push(self.all_restarting(phase));
        }
        facts
    }

    /// Models pkg/kubelet/status: GenerateAllContainersRestartingCondition.
    fn all_restarting(&self, phase: &str) -> Fact {
        let condition = ALL_RESTARTING;
        match phase {
            "Succeeded" => Fact::because(condition, "PodCompleted", String::new()),
            "Failed" => Fact::because(condition, "PodFailed", String::new()),
            _ if self.worker.restarting_all => Fact {
                reason: "RestartAllContainersStarted",
                message: "container exited with restart policy rule".to_owned(),
                ..Fact::new(condition, true)
            },
            _ => Fact::new(condition, false),
        }
    }

    /// Whether the status tells that the sandbox is up. Before it was told at once, the next status came when the
    /// kubelet had pulled the images of the containers that it could start, and started them.
    fn shows_sandbox(&self, old: &[PodCondition]) -> bool {
        if !self.worker.sandbox_up || self.context.api.gates.has(Feature::SandboxShownAtOnce) {
            return self.worker.sandbox_up;
        }
        let is_true =
            |known: &PodCondition| known.type_ == "PodReadyToStartContainers" && known.status == "True";
        let is_untouched =
            |slot: &Slot| slot.stage == Stage::Waiting && slot.runs == 0 && slot.retry_at.is_none();
        let slots = &self.worker.slots;
        old.iter().any(is_true) || !(slots.iter().any(Slot::is_busy) || slots.iter().all(is_untouched))
    }

    fn failing_gate(&self, conditions: &[PodCondition]) -> Option<String> {
        let failing = self.spec.readiness_gates.iter().flatten().filter_map(|gate| {
            let name = &gate.condition_type;
            match conditions.iter().find(|condition| condition.type_ == *name) {
                None => {
                    Some(format!("corresponding condition of pod readiness gate \"{name}\" does not exist."))
                }
                Some(known) if known.status != "True" => Some(format!(
                    "the status of pod readiness gate \"{name}\" is not \"True\", but {}",
                    known.status
                )),
                Some(_) => None,
            }
        });
        let failing: Vec<String> = failing.collect();
        (!failing.is_empty()).then(|| failing.join(", "))
    }

    fn container_status(&self, index: usize, slot: &Slot) -> ContainerStatus {
        let spec = self.container_spec(index);
        let user = slot.image.as_ref().map(|image| identity::user(self.spec, spec, &image.spec));
        let user = user.unwrap_or_default();
        let mut status = container_status(self.worker, slot, spec, &self.runtime_name(), &user);
        self.show_resize(index, &mut status);
        status
    }
}

/// What a node with that container runtime reports of a container, whose processes are `user`'s.
pub(super) fn container_status(
    worker: &Worker,
    slot: &Slot,
    spec: Option<&ContainerSpec>,
    runtime: &str,
    user: &User,
) -> ContainerStatus {
    let asked = spec.and_then(|spec| spec.image.clone()).unwrap_or_default();
    // A run whose postStart hook is not done has not been told of yet.
    let ran = slot.runs > i32::from(slot.hook.is_some()) && !slot.removed;
    let image = slot.image.as_ref().filter(|_| ran);
    let resources = spec.and_then(|spec| spec.resources.clone()).unwrap_or_default();
    // What could not be started and is tried again waits, and its end is past already.
    let is_tried_again = slot.stage == Stage::Ended && slot.waiting.reason == RUN_CONTAINER_ERROR;
    let (ended, last) = if is_tried_again { (&None, &slot.ended) } else { (&slot.ended, &slot.last) };
    let state = match (slot.stage, ended) {
        (Stage::Running, _) => ContainerState {
            running: Some(ContainerStateRunning { started_at: Some(worker.time_of(slot.started_at)) }),
            ..ContainerState::default()
        },
        (_, Some(ended)) => terminated(worker, ended, runtime),
        (_, None) => waiting(slot.waiting.reason, &slot.waiting.message),
    };
    ContainerStatus {
        name: slot.name.clone(),
        image: image.map_or(asked, |image| shown_image(image, runtime)),
        image_id: image.map(|image| image_id(image, runtime)).unwrap_or_default(),
        container_id: ran.then(|| format!("{runtime}://{}", slot.container_id)),
        state: Some(state),
        last_state: Some(last.as_ref().map(|ended| terminated(worker, ended, runtime)).unwrap_or_default()),
        // Upstream: pkg/kubelet/prober: UpdatePodStatus. Of those that run before the rest only sidecars are probed.
        ready: match slot.role {
            Role::Init if spec.and_then(|spec| spec.restart_policy.as_deref()) == Some("Always") => {
                slot.is_completed() || (slot.is_running() && slot.ready)
            }
            Role::Init => slot.is_completed(),
            Role::Main | Role::Ephemeral => slot.ready,
        },
        restart_count: slot.restarts(),
        started: Some(slot.is_running() && slot.started),
        allocated_resources: resources.requests.clone().filter(|requests| !requests.is_empty()),
        resources: Some(ResourceRequirements { claims: None, ..resources }),
        user: (slot.is_running() && runtime == "containerd").then(|| linux_user(user)),
        volume_mounts: mounts(spec),
        ..ContainerStatus::default()
    }
}

fn waiting(reason: &str, message: &str) -> ContainerState {
    let waiting = ContainerStateWaiting {
        reason: Some(reason.to_owned()),
        message: (!message.is_empty()).then(|| message.to_owned()),
    };
    ContainerState { waiting: Some(waiting), ..ContainerState::default() }
}

fn terminated(worker: &Worker, ended: &Ended, runtime: &str) -> ContainerState {
    // What was removed cannot be asked about any more.
    if ended.container_id.is_empty() {
        let terminated = ContainerStateTerminated {
            exit_code: ended.exit.code,
            reason: Some(ended.exit.reason.clone()),
            message: ended.exit.message.clone(),
            ..ContainerStateTerminated::default()
        };
        return ContainerState { terminated: Some(terminated), ..ContainerState::default() };
    }
    let started_at = if ended.exit.reason == START_ERROR {
        // The runtime gives no start time to what never ran; it is shown as the beginning of Unix time.
        Time(jiff::Timestamp::UNIX_EPOCH)
    } else {
        worker.time_of(ended.started_at)
    };
    let terminated = ContainerStateTerminated {
        container_id: Some(format!("{runtime}://{}", ended.container_id)),
        exit_code: ended.exit.code,
        reason: Some(ended.exit.reason.clone()),
        message: ended.exit.message.clone(),
        started_at: Some(started_at),
        finished_at: Some(ended.exit.at.to_time()),
        signal: None,
    };
    ContainerState { terminated: Some(terminated), ..ContainerState::default() }
}

/// containerd knows images by their full name, docker by the short one.
pub(super) fn shown_image(image: &Image, runtime: &str) -> String {
    if runtime == "docker" { short(image, ":", &image.reference.tag) } else { image.reference.full() }
}

fn image_id(image: &Image, runtime: &str) -> String {
    if runtime == "docker" {
        format!("docker-pullable://{}", short(image, "@", &image.digest))
    } else {
        format!("{}@{}", image.reference.repository(), image.digest)
    }
}

pub(super) fn short(image: &Image, separator: &str, suffix: &str) -> String {
    let path = image.reference.path.strip_prefix("library/").unwrap_or(&image.reference.path);
    let domain = if image.reference.domain == "docker.io" { "" } else { image.reference.domain.as_str() };
    let slash = if domain.is_empty() { "" } else { "/" };
    format!("{domain}{slash}{path}{separator}{suffix}")
}

fn linux_user(user: &User) -> ContainerUser {
    let groups = user.groups.iter().copied().map(i64::from).collect();
    let linux = LinuxContainerUser {
        uid: i64::from(user.uid),
        gid: i64::from(user.gid),
        supplemental_groups: Some(groups),
    };
    ContainerUser { linux: Some(linux) }
}

fn mounts(spec: Option<&ContainerSpec>) -> Option<Vec<VolumeMountStatus>> {
    let mounts = spec?.volume_mounts.as_ref()?;
    let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
    let statuses: Vec<VolumeMountStatus> = mounts
        .iter()
        .filter(|mount| seen.insert(&mount.mount_path, ()).is_none())
        .map(|mount| VolumeMountStatus {
            name: mount.name.clone(),
            mount_path: mount.mount_path.clone(),
            read_only: mount.read_only.filter(|read_only| *read_only),
            recursive_read_only: (mount.read_only == Some(true)).then(|| "Disabled".to_owned()),
            volume_status: None,
        })
        .collect();
    (!statuses.is_empty()).then_some(statuses)
}

//! Bringing containers up: images, creation, restarts.
//!
//! Models pkg/kubelet/kuberuntime (startContainer, doBackOff) and pkg/kubelet/images (EnsureImageExists).

use std::time::Duration;

use k8s_openapi::api::core::v1::ResourceRequirements;
use rand_core::Rng;

use super::backoff::go_duration;
use super::probe::ProbeState;
use super::start_failure::{RUN_CONTAINER_ERROR, StartFailure};
use super::worker::{Ended, HookEnd, RELIST, Slot, Stage, Sync, Waiting};
use super::{adopt, environment, identity, node_status};
use crate::api::{Feature, Kind, ObjectKey, ObjectRef, SimTime};
use crate::engine::{EventType, Pace};
use crate::runtime::fs::FileSystem;
use crate::runtime::{ContainerConfig, Exit, Image, Reference, normal_path, pull_error};

/// How often a pod in a steady state is looked at. Upstream: pkg/kubelet resyncInterval.
const RESYNC: Duration = Duration::from_secs(60);
/// The most of a termination message that is kept. Upstream: MaxContainerTerminationMessageLength.
const MESSAGE_BYTES: usize = 4096;
/// How much of the log stands in for it. Upstream: MaxContainerTerminationMessageLogLines and -Length.
const FALLBACK_LINES: usize = 80;
const FALLBACK_BYTES: usize = 2048;
/// How long a postStart hook may take before it is given up.
const HOOK_LIMIT: Duration = Duration::from_secs(120);
/// When a pod that cannot be started for its configuration is tried again. Upstream: backOffPeriod.
const RETRY: Duration = Duration::from_secs(10);

impl Sync<'_, '_> {
    /// Takes every container as far as it can go now: init containers in order, then the others.
    pub(super) fn run_containers(&mut self) {
        // Ephemeral containers come first, so that a pod can be looked into that does not get up.
        let mains = self.worker.slots.len() - self.worker.ephemeral.len();
        for index in mains..self.worker.slots.len() {
            self.drive(index);
        }
        for index in 0..mains {
            let was_init = self.worker.slots[index].is_init();
            if was_init && self.worker.slots[index].is_completed() {
                continue;
            }
            self.drive(index);
            let slot = &self.worker.slots[index];
            let blocks = if was_init {
                !slot.is_completed() && !self.is_started_sidecar(index)
            } else {
                slot.is_busy()
            };
            if blocks {
                return;
            }
            if was_init {
                self.show_creating();
            }
        }
    }

    /// Whether it is an init container that keeps running beside the others, and is up.
    pub(super) fn is_started_sidecar(&self, index: usize) -> bool {
        self.is_sidecar(index) && self.worker.slots[index].is_running() && self.worker.slots[index].started
    }

    /// Once the init containers are done, the others no longer wait for them.
    fn show_creating(&mut self) {
        let waiting = self.worker.slots.iter_mut().filter(|slot| !slot.is_init() && slot.runs == 0);
        for slot in waiting.filter(|slot| slot.waiting.reason == "ContainerCreating") {
            slot.waiting.reason = "PodInitializing";
        }
    }

    fn drive(&mut self, index: usize) {
        match self.worker.slots[index].stage {
            Stage::Waiting => self.try_start(index),
            Stage::Pulling { since, until } if until <= self.now() => self.finish_pull(index, since),
            Stage::Creating { until } if until <= self.now() => match self.worker.slots[index].hook {
                Some(failed) => self.finish_start(index, failed),
                None => self.start(index),
            },
            Stage::Pulling { until, .. } | Stage::Creating { until } => {
                let pace = self.worker.slots[index].pace();
                self.wake(until, pace);
            }
            Stage::Ended => self.after_end(index),
            Stage::Running => {}
        }
    }

    /// What comes after the end of a run: nothing, a restart, or the wait for one.
    fn after_end(&mut self, index: usize) {
        if !self.should_restart(index) {
            return;
        }
        let Some(ended_at) = self.worker.slots[index].ended.as_ref().map(|ended| ended.exit.at) else {
            return;
        };
        // What was ended to be started again is waited for.
        let resizing = self.worker.slots[index].resizing;
        let noticed = if resizing { ended_at } else { ended_at + RELIST };
        if self.now() < noticed {
            let pace = self.worker.slots[index].pace();
            self.wake(noticed, pace);
            return;
        }
        self.try_start(index);
    }

    /// Starts the container unless a backoff holds it.
    fn try_start(&mut self, index: usize) {
        let now = self.now();
        let slot = &mut self.worker.slots[index];
        if let Some(at) = slot.retry_at.filter(|at| *at > now) {
            let pace =
                if slot.waiting.reason == "CrashLoopBackOff" { slot.pace() } else { waiting_pace(slot) };
            self.wake(at, pace);
            return;
        }
        slot.retry_at = None;
        let last_end = slot.ended.as_ref().or(slot.last.as_ref()).map(|ended| ended.exit.at);
        // What was removed left nothing behind that a backoff could be counted from.
        let last_end = last_end.filter(|_| !slot.removed && !slot.resizing);
        if let Some(ended_at) = last_end {
            if let Some(until) = slot.crash_backoff.held_until(ended_at, now) {
                self.hold_back(index, until);
                return;
            }
            slot.crash_backoff.lengthen(ended_at, now);
        }
        self.ensure_image(index);
    }

    /// Shows CrashLoopBackOff until the backoff is over; looks again as often as upstream does.
    fn hold_back(&mut self, index: usize, until: SimTime) {
        let name = self.worker.slots[index].name.clone();
        let pod = self.pod_text();
        let delay = go_duration(self.worker.slots[index].crash_backoff.delay());
        let event = format!("Back-off restarting failed container {name} in pod {pod}");
        self.event(Some(index), EventType::Warning, "BackOff", &event);
        let message = format!("back-off {delay} restarting failed container={name} pod={pod}");
        let again = self.now() + self.jittered(RESYNC);
        let slot = &mut self.worker.slots[index];
        if let Some(ended) = slot.ended.take() {
            slot.last = Some(ended);
        }
        slot.stage = Stage::Waiting;
        slot.waiting = Waiting { reason: "CrashLoopBackOff", message };
        let at = until.min(again);
        slot.retry_at = Some(at);
        let pace = slot.pace();
        self.wake(at, pace);
    }

    fn ensure_image(&mut self, index: usize) {
        let Some(spec) = self.container_spec(index) else { return };
        let image = spec.image.clone().unwrap_or_default();
        let policy = spec.image_pull_policy.clone().unwrap_or_else(|| "IfNotPresent".to_owned());
        let reference = match Reference::parse(&image) {
            Ok(reference) => reference,
            Err(why) => {
                let message = format!(
                    "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {why}"
                );
                self.event(Some(index), EventType::Warning, "InspectFailed", &message);
                return self.refuse(index, "InvalidImageName", message, self.now() + RETRY);
            }
        };
        let present = self.is_present(&reference);
        if present && policy != "Always" {
            let access =
                if self.has(Feature::ImageAccessInEvent) { " and can be accessed by the pod" } else { "" };
            let text = format!("Container image \"{image}\" already present on machine{access}");
            self.event(Some(index), EventType::Normal, "Pulled", &text);
            return self.create(index, &reference);
        }
        if policy == "Never" {
            let text = format!("Container image \"{image}\" is not present with pull policy of Never");
            self.event(Some(index), EventType::Warning, "ErrImageNeverPull", &text);
            let again = self.now() + self.jittered(RETRY);
            return self.refuse(index, "ErrImageNeverPull", text, again);
        }
        if let Some(until) = self.worker.slots[index].pull_backoff.held_since_use(self.now()) {
            let text = format!("Back-off pulling image \"{image}\"");
            self.event(Some(index), EventType::Normal, "BackOff", &text);
            let message = format!("{text}: {}", self.worker.slots[index].pull_error);
            let again = (self.now() + self.jittered(RESYNC)).min(until);
            return self.refuse(index, "ImagePullBackOff", message, again);
        }
        self.event(Some(index), EventType::Normal, "Pulling", &format!("Pulling image \"{image}\""));
        let now = self.now();
        let full = self.context.config.profile.image_pull.draw(self.context.random);
        // A pull of what is there already only asks the registry for the digest.
        let until = now + if present { full / 4 } else { full };
        self.worker.slots[index].stage = Stage::Pulling { since: now, until };
        if until <= now {
            self.finish_pull(index, now);
        } else {
            let pace = self.worker.slots[index].pace();
            self.wake(until, pace);
        }
    }

    /// Whether the node has the image. A minikube node has those of the labs from the start: they were
    /// built in it or pulled long ago, and the seed's pods are up three seconds after their creation. A node of a
    /// cluster that shows its own pods comes with their images.
    fn is_present(&self, reference: &Reference) -> bool {
        const BUILT_IN: [&str; 6] =
            ["alpine", "busybox", "crash-looper", "nginx", "python-app", "slow-starter"];
        let config = self.context.config;
        let local = config.profile.name == "minikube" && BUILT_IN.contains(&reference.name());
        let local = local || (config.has_system_pods() && adopt::is_system_image(reference));
        let exists = || self.runtime.registry.find(reference).is_some();
        self.runtime.has_image(self.node, reference) || (local && exists())
    }

    /// A start that failed: the container waits with this reason and is tried again.
    fn refuse(&mut self, index: usize, reason: &'static str, message: String, again: SimTime) {
        let error = if matches!(reason, "CreateContainerConfigError") { message.as_str() } else { reason };
        let text = format!("Error: {error}");
        self.event(Some(index), EventType::Warning, "Failed", &text);
        let slot = &mut self.worker.slots[index];
        slot.stage = Stage::Waiting;
        if let Some(ended) = slot.ended.take() {
            slot.last = Some(ended);
        }
        slot.waiting = Waiting { reason, message };
        slot.retry_at = Some(again);
        let pace = waiting_pace(slot);
        self.wake(again, pace);
    }

    fn finish_pull(&mut self, index: usize, since: SimTime) {
        let image = self.container_spec(index).and_then(|spec| spec.image.clone()).unwrap_or_default();
        let Ok(reference) = Reference::parse(&image) else { return };
        let Some(found) = self.runtime.registry.find(&reference) else {
            let error = pull_error(&reference, &self.runtime_name());
            let text = format!("Failed to pull image \"{image}\": {error}");
            self.event(Some(index), EventType::Warning, "Failed", &text);
            let now = self.now();
            let slot = &mut self.worker.slots[index];
            slot.pull_backoff.lengthen(now, now);
            slot.pull_error = format!("ErrImagePull: {error}");
            return self.refuse(index, "ErrImagePull", error, now + RELIST);
        };
        let took = go_duration(self.now().since(since));
        let mut text = format!("Successfully pulled image \"{image}\" in {took} ({took} including waiting)");
        if self.has(Feature::ImageSizeInEvent) {
            text.push_str(&format!(". Image size: {} bytes.", found.spec.size_bytes));
        }
        self.event(Some(index), EventType::Normal, "Pulled", &text);
        self.create(index, &reference);
    }

    /// Begins the creation of a container whose image is there.
    fn create(&mut self, index: usize, reference: &Reference) {
        let Some(image) = self.runtime.registry.find(reference) else { return };
        if self.runtime.add_image(self.node, reference) {
            let node = ObjectRef::new(Kind::Node, ObjectKey::cluster(self.node));
            self.context.wakes.at(node, node_status::next_sync(self.now()), Pace::Periodic);
        }
        let sound = environment::of(self, index, &image).map(drop);
        if let Err(message) = sound.and_then(|()| identity::verify(self, index, &image.spec)) {
            let again = self.now() + self.jittered(RETRY);
            return self.refuse(index, "CreateContainerConfigError", message, again);
        }
        let now = self.now();
        let until = now + self.context.config.profile.container_start.draw(self.context.random);
        let slot = &mut self.worker.slots[index];
        slot.image = Some(image);
        slot.stage = Stage::Creating { until };
        if until <= now {
            self.start(index);
        } else {
            let pace = self.worker.slots[index].pace();
            self.wake(until, pace);
        }
    }

    pub(super) fn has(&self, feature: Feature) -> bool {
        self.context.api.gates.has(feature)
    }

    /// The messages of the events `Created` and `Started`.
    fn start_messages(&self, index: usize) -> [String; 2] {
        let name = &self.worker.slots[index].name;
        if self.has(Feature::NamelessContainerEvents) {
            return ["Container created".to_owned(), "Container started".to_owned()];
        }
        let colon = if self.has(Feature::ContainerEventColon) { ":" } else { "" };
        [format!("Created container{colon} {name}"), format!("Started container {name}")]
    }

    fn start(&mut self, index: usize) {
        let now = self.now();
        let Some(image) = self.worker.slots[index].image.clone() else { return };
        let config = match self.container_config(index, image) {
            Ok(config) => config,
            Err(message) => {
                let again = now + self.jittered(RETRY);
                return self.refuse(index, "CreateContainerConfigError", message, again);
            }
        };
        let id = config.id.clone();
        let [created, was_started] = self.start_messages(index);
        self.event(Some(index), EventType::Normal, "Created", &created);
        let started = self.runtime.start_container(self.key, config, now);
        let slot = &mut self.worker.slots[index];
        if let Some(ended) = slot.ended.take() {
            slot.last = Some(ended);
        }
        slot.runs += 1;
        slot.removed = false;
        slot.resizing = false;
        slot.container_id = id.clone();
        slot.started_at = now;
        slot.stopping = None;
        slot.probes = [ProbeState::default(); 3];
        match started {
            Ok(()) => {
                slot.stage = Stage::Creating { until: now };
                self.event(Some(index), EventType::Normal, "Started", &was_started);
                self.run_post_start(index);
            }
            Err(error) => {
                let failure = StartFailure::of(&self.runtime_name(), &id, &error);
                let exit = Exit { at: now, ..failure.exit };
                let slot = &mut self.worker.slots[index];
                let text = format!("Error: {}", failure.message.replace(&id, &slot.name));
                slot.ended = Some(Ended { exit, started_at: now, container_id: id });
                slot.stage = Stage::Ended;
                let waits = self.should_restart(index);
                let waiting = Waiting { reason: RUN_CONTAINER_ERROR, message: failure.message };
                self.worker.slots[index].waiting = if waits { waiting } else { Waiting::default() };
                self.event(Some(index), EventType::Warning, "Failed", &text);
                self.after_end(index);
            }
        }
    }

    /// The container whose processes an ephemeral one asks to share.
    fn target_of(&self, index: usize) -> Option<String> {
        let name = &self.worker.slots.get(index)?.name;
        let own =
            self.spec.ephemeral_containers.iter().flatten().find(|container| container.name == *name)?;
        own.target_container_name.clone().filter(|target| !target.is_empty())
    }

    /// Runs the postStart hook, if there is one: the container counts as started when that is done.
    fn run_post_start(&mut self, index: usize) {
        let spec = self.container_spec(index);
        let hook = spec.and_then(|spec| spec.lifecycle.as_ref()?.post_start.clone());
        let Some(hook) = hook else { return self.finish_start(index, false) };
        let (took, end) = self.run_hook(index, &hook, HOOK_LIMIT);
        let failed = end == HookEnd::Failed;
        let until = self.now() + took;
        let slot = &mut self.worker.slots[index];
        slot.hook = Some(failed);
        slot.stage = Stage::Creating { until };
        if took.is_zero() {
            return self.finish_start(index, failed);
        }
        let pace = slot.pace();
        self.wake(until, pace);
    }

    /// A container runs from here on; one whose postStart hook failed is killed.
    fn finish_start(&mut self, index: usize, failed: bool) {
        let slot = &mut self.worker.slots[index];
        slot.hook = None;
        slot.waiting = Waiting::default();
        slot.stage = Stage::Running;
        self.begin_probes(index);
        if failed {
            self.event(Some(index), EventType::Warning, "FailedPostStartHook", "PostStartHook failed");
            let grace = self.spec.termination_grace_period_seconds.unwrap_or(30);
            self.stop_container(index, grace, "FailedPostStartHook");
        }
    }

    /// What the runtime needs to start a container.
    fn container_config(&mut self, index: usize, image: Image) -> Result<ContainerConfig, String> {
        let env = environment::of(self, index, &image)?;
        let id: String = (0..4).map(|_| format!("{:016x}", self.context.random.next_u64())).collect();
        let mounts = self.mounts(index, &env);
        let files = environment::files(self);
        let user = identity::user(self.spec, self.container_spec(index), &image.spec);
        let Some(spec) = self.container_spec(index) else { return Err("no such container".to_owned()) };
        let expand = |words: &Option<Vec<String>>| {
            words.iter().flatten().map(|word| environment::expand(word, &env)).collect::<Vec<String>>()
        };
        let ports = spec.ports.iter().flatten().filter_map(|port| u16::try_from(port.container_port).ok());
        Ok(ContainerConfig {
            name: spec.name.clone(),
            id,
            image,
            command: expand(&spec.command),
            args: expand(&spec.args),
            working_dir: spec.working_dir.clone(),
            ports: ports.collect(),
            mounts,
            files,
            tty: spec.tty.unwrap_or(false),
            stdin: spec.stdin.unwrap_or(false),
            root_read_only: spec
                .security_context
                .as_ref()
                .and_then(|context| context.read_only_root_filesystem)
                .unwrap_or(false),
            target: self.target_of(index),
            capabilities: identity::capabilities(self.container_spec(index)),
            shared_pid: identity::shared_pid(self.spec, index),
            user,
            memory_limit: memory_limit(self.allocated(index)),
            env,
        })
    }

    /// What a container says of its end: the file that its spec names, or the end of its log.
    ///
    /// Models pkg/kubelet/kuberuntime: getTerminationMessage.
    fn termination_message(&self, index: usize, code: i32) -> Option<String> {
        let spec = self.container_spec(index)?;
        let path = normal_path(spec.termination_message_path.as_deref().unwrap_or("/dev/termination-log"));
        let bytes = self.runtime.files(self.key, &spec.name).and_then(|files| files.read(&path).ok());
        let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        if !text.is_empty() {
            return Some(text.chars().take(MESSAGE_BYTES).collect());
        }
        if spec.termination_message_policy.as_deref() != Some("FallbackToLogsOnError") || code == 0 {
            return None;
        }
        let log = self.runtime.logs(self.key, &spec.name, false)?;
        let mut lines: Vec<&str> = log.lines().rev().take(FALLBACK_LINES).map(|line| &*line.text).collect();
        lines.reverse();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let skip = text.chars().count().saturating_sub(FALLBACK_BYTES);
        let text: String = text.chars().skip(skip).collect();
        (!text.is_empty()).then_some(text)
    }

    /// Notices containers that ended; answers whether one did.
    pub(super) fn notice_ends(&mut self) -> bool {
        let mut any = false;
        for index in 0..self.worker.slots.len() {
            let slot = &mut self.worker.slots[index];
            if !slot.is_running() {
                continue;
            }
            let container = self.runtime.container(self.key, &slot.name);
            let Some(mut exit) = container.and_then(|container| container.exit.clone()) else { continue };
            if exit.message.is_none() {
                exit.message = self.termination_message(index, exit.code);
            }
            let slot = &mut self.worker.slots[index];
            slot.ended =
                Some(Ended { exit, started_at: slot.started_at, container_id: slot.container_id.clone() });
            slot.stage = Stage::Ended;
            slot.ready = false;
            slot.started = false;
            self.tell_failed_hook(index, true);
            self.worker.slots[index].stopping = None;
            any = true;
        }
        any
    }
}

/// A container's limit of memory, in bytes.
pub(super) fn memory_limit(resources: Option<&ResourceRequirements>) -> Option<u64> {
    let limit = resources?.limits.as_ref()?.get("memory")?;
    u64::try_from(environment::milli_units(&limit.0)? / 1_000).ok()
}

/// A container that waits for something outside is in a steady state once it was tried a few times.
fn waiting_pace(slot: &Slot) -> Pace {
    match slot.waiting.reason {
        "ErrImagePull" => Pace::Progress,
        _ => Pace::Periodic,
    }
}

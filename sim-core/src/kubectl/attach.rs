//! Attaching to a container's own program: `attach`, and `run -i`.

use k8s_openapi::api::core::v1::Pod;

use super::error::CliError;
use super::{Env, Progress, Task, pods};
use crate::api::{Feature, Kind, ObjectKey, SimTime};
use crate::apiserver::DeleteOptions;
use crate::engine::CauseKind;
use crate::runtime::shell::Stream;

/// Signal of Ctrl-C.
const SIGINT: i32 = 2;

/// What to attach to, and what comes after.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The command line, as the cause of what it does.
    pub command: String,
    /// The pod.
    pub pod: ObjectKey,
    /// The container.
    pub container: String,
    /// Whether the user's lines go to the program.
    pub stdin: bool,
    /// Whether the program has a terminal.
    pub tty: bool,
    /// Whether only the program's own words are printed.
    pub quiet: bool,
    /// All of the input, when it is known from the start.
    pub given: Option<String>,
    /// What it waits for, and from where on it prints.
    pub begins: Begins,
    /// Until when that must be so; `None` for a wait without end.
    pub deadline: Option<SimTime>,
    /// Whether the pod's end gives the exit code: it is not restarted.
    pub ends_with_pod: bool,
    /// Whether the pod goes when the program ends.
    pub removes: bool,
}

/// When an attachment begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// `attach`: when the pod is ready, with what the program says from then on.
    Now,
    /// `run`: when the pod is ready, with all that the program said.
    PodReady,
    /// `debug`: when the container runs or ran, with all that its program said.
    ContainerStarted,
}

enum Stage {
    /// The pod does not run yet.
    Starting,
    /// The program's output is followed.
    Attached,
    /// The program ended; the pod's status has still to say so.
    Ending,
}

/// Follows a container's program.
pub struct Attached {
    what: Attachment,
    stage: Stage,
    /// The log's line to go on from, and how much of it was printed.
    place: (u64, usize),
    started: Option<SimTime>,
    prompt: Option<String>,
    /// The version of the pod that was warned of.
    seen: Option<String>,
    /// Whether the program had ended before, so that its log stands in for it.
    only_logs: bool,
}

impl Attached {
    /// A follower that has done nothing yet.
    pub fn new(what: Attachment) -> Attached {
        Attached {
            what,
            stage: Stage::Starting,
            place: (0, 0),
            started: None,
            prompt: None,
            seen: None,
            only_logs: false,
        }
    }

    fn pod(&self, env: &Env<'_>) -> Result<Pod, CliError> {
        Ok(env.cluster.api().typed::<Pod>(&self.what.pod)?.clone())
    }

    /// Models kubectl pkg/cmd/run and pkg/cmd/debug: handleAttachPod.
    fn start(&mut self, env: &mut Env<'_>) -> Result<bool, CliError> {
        let pod = self.pod(env)?;
        let is_over = matches!(pods::phase(&pod), "Succeeded" | "Failed");
        let is_up = match self.what.begins {
            Begins::Now | Begins::PodReady => {
                self.only_logs = is_over;
                is_over || pods::phase(&pod) == "Running" && pods::is_ready(&pod)
            }
            Begins::ContainerStarted => self.container_is_up(&pod, env),
        };
        if !is_up {
            if self.what.deadline.is_some_and(|deadline| env.cluster.now() >= deadline) {
                return Err(CliError::plain("timed out waiting for the condition"));
            }
            return Ok(false);
        }
        if !self.only_logs {
            self.greet(&pod, env);
        }
        self.stage = Stage::Attached;
        self.started = self.container_started(env);
        if self.what.begins == Begins::Now {
            let runtime = env.cluster.runtime();
            self.place =
                runtime.logs(&self.what.pod, &self.what.container, false).map_or((0, 0), |log| log.tail());
        }
        if let Some(text) = self.what.given.take() {
            for line in text.lines() {
                self.send(Some(line), env);
            }
            self.send(None, env);
        }
        Ok(true)
    }

    /// Whether `debug` has its container; tells of what holds it up, and whether its log is all that is left.
    ///
    /// Models kubectl pkg/cmd/debug: waitForContainer.
    fn container_is_up(&mut self, pod: &Pod, env: &mut Env<'_>) -> bool {
        let state = pods::container_state(pod, &self.what.container);
        let Some(state) = state else { return false };
        self.only_logs = state.terminated.is_some();
        if self.only_logs || state.running.is_some() {
            return true;
        }
        let why = state.waiting.as_ref().and_then(|waiting| waiting.message.as_deref()).unwrap_or_default();
        if !self.what.quiet && !why.is_empty() && self.seen != pod.metadata.resource_version {
            self.seen.clone_from(&pod.metadata.resource_version);
            env.out.err_line(format!("Warning: container {}: {why}", self.what.container));
        }
        false
    }

    /// What is said before the program's own words. Models kubectl pkg/cmd/attach: AttachOptions.Run.
    fn greet(&mut self, pod: &Pod, env: &mut Env<'_>) {
        let container = &self.what.container;
        if self.what.tty && !pods::has_terminal(pod, container) {
            self.what.tty = false;
            if !self.what.quiet {
                let why = format!("error: Unable to use a TTY - container {container} did not allocate one");
                env.out.err_line(why);
            }
        }
        if self.what.quiet {
            return;
        }
        if env.cluster.api().gates.has(Feature::AttachSaysRecorded) {
            env.out.err_line(
                "All commands and output from this session will be recorded in container logs, including \
                 credentials and sensitive information passed through the command prompt.",
            );
        }
        env.out.err_line("If you don't see a command prompt, try pressing enter.");
    }

    fn container_started(&self, env: &Env<'_>) -> Option<SimTime> {
        let container = env.cluster.runtime().container(&self.what.pod, &self.what.container);
        container.map(|container| container.started)
    }

    fn send(&mut self, line: Option<&str>, env: &mut Env<'_>) {
        let now = env.cluster.now();
        let (runtime, _) = env.cluster.runtime_mut();
        runtime.container_input(&self.what.pod, &self.what.container, line, now);
        self.poke(env);
    }

    fn poke(&self, env: &mut Env<'_>) {
        env.cluster.poke_kubelet(self.what.pod.clone(), CauseKind::Command(self.what.command.clone()));
    }

    /// Prints what is new; true when the program has ended.
    fn follow(&mut self, env: &mut Env<'_>) -> bool {
        let current = self.container_started(env);
        let runtime = env.cluster.runtime();
        let previous = current.is_some() && current != self.started;
        if let Some(log) = runtime.logs(&self.what.pod, &self.what.container, previous) {
            let (place, printed) = self.place;
            for (index, line) in log.since(place).enumerate() {
                let skipped = if index == 0 { printed.min(line.text.len()) } else { 0 };
                let mut text = line.text.get(skipped..).unwrap_or_default().to_owned();
                if line.ended {
                    text.push('\n');
                }
                let to_err = line.stream == Stream::Err && !self.what.tty;
                if to_err { env.out.err(text) } else { env.out.out(text) }
            }
            self.place = log.tail();
        }
        let running = runtime
            .container(&self.what.pod, &self.what.container)
            .is_some_and(|container| container.is_running());
        let ended = current != self.started || !running;
        self.prompt = match self.what.stdin && !ended {
            true => runtime.container_prompt(&self.what.pod, &self.what.container),
            false => None,
        };
        ended
    }

    /// The exit code, once the pod's status tells it.
    ///
    /// Models kubectl pkg/cmd/run: RunOptions.Run.
    fn exit(&self, env: &Env<'_>) -> Result<Option<u8>, CliError> {
        if !self.what.ends_with_pod {
            return Ok(Some(0));
        }
        let pod = self.pod(env)?;
        let name = &self.what.pod;
        match pods::phase(&pod) {
            "Succeeded" => Ok(Some(0)),
            "Failed" => {
                let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
                let state = statuses.and_then(|list| list.first()?.state.as_ref()?.terminated.as_ref());
                let Some(ended) = state.filter(|ended| ended.exit_code != 0) else {
                    return Err(CliError::plain(format!("pod {name} failed with unknown exit code")));
                };
                let reason = ended.reason.as_deref().unwrap_or_default();
                let words = ended.message.as_deref().unwrap_or_default();
                let code = u8::try_from(ended.exit_code.rem_euclid(256)).unwrap_or(1);
                Err(CliError::Code { code, message: format!("pod {name} terminated ({reason})\n{words}") })
            }
            _ => Ok(None),
        }
    }

    fn remove(&self, env: &mut Env<'_>) {
        if !self.what.removes {
            return;
        }
        let deleted = env
            .cluster
            .act(&self.what.command, |api| api.delete(Kind::Pod, &self.what.pod, &DeleteOptions::default()));
        if deleted.is_ok() && !self.what.quiet {
            let (name, namespace) = (&self.what.pod.name, &self.what.pod.namespace);
            env.out.line(format!("pod \"{name}\" deleted from {namespace} namespace"));
        }
    }

    /// How to get back to the program. Models kubectl pkg/cmd/attach: reattachMessage.
    fn farewell(&self, env: &Env<'_>) -> String {
        let (name, container, namespace) =
            (&self.what.pod.name, &self.what.container, &self.what.pod.namespace);
        let again = format!("'kubectl attach {name} -c {container} -n {namespace} -i -t'");
        if self.pod(env).is_ok_and(|pod| is_ephemeral(&pod, container)) {
            return format!(
                "Session ended, the ephemeral container will not be restarted but may be reattached using {again} \
                 if it is still running"
            );
        }
        format!("Session ended, resume using {again} command")
    }

    fn step(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        if matches!(self.stage, Stage::Starting) && !self.start(env)? {
            return Ok(Progress::Waiting);
        }
        if matches!(self.stage, Stage::Attached) {
            if !self.follow(env) {
                return Ok(Progress::Waiting);
            }
            self.stage = Stage::Ending;
            if self.what.tty && self.what.stdin && !self.what.quiet && !self.only_logs {
                let farewell = self.farewell(env);
                env.out.line(farewell);
            }
        }
        Ok(self.exit(env)?.map_or(Progress::Waiting, Progress::Done))
    }
}

fn is_ephemeral(pod: &Pod, container: &str) -> bool {
    let spec = pod.spec.iter();
    spec.flat_map(|spec| spec.ephemeral_containers.iter().flatten()).any(|of| of.name == container)
}

impl Task for Attached {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let step = self.step(env);
        if !matches!(step, Ok(Progress::Waiting)) {
            self.remove(env);
        }
        step
    }

    fn deadline(&self) -> Option<SimTime> {
        self.what.deadline.filter(|_| matches!(self.stage, Stage::Starting))
    }

    fn prompt(&self) -> Option<String> {
        self.prompt.clone()
    }

    fn input(&mut self, line: Option<&str>, env: &mut Env<'_>) {
        self.prompt = None;
        self.send(line, env);
    }

    fn interrupt(&mut self, env: &mut Env<'_>) {
        let now = env.cluster.now();
        let (runtime, _) = env.cluster.runtime_mut();
        runtime.signal(&self.what.pod, &self.what.container, SIGINT, now);
        self.poke(env);
    }
    fn holds_terminal(&self) -> bool {
        matches!(self.stage, Stage::Attached) && self.what.tty && self.what.stdin
    }
}

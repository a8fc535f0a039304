//! `exec`: commands that a user runs in containers, and the running of processes in general.

use std::sync::Arc;

use super::Runtime;
use super::container::{ContainerConfig, Exit, Program, Sandbox};
use super::host::ContainerHost;
use super::shell::{Process, ProcessState, StartError, Stream};
use crate::api::{ObjectKey, SimTime};
use crate::store::Store;

/// Exit code of what SIGKILL ended.
const KILLED: i32 = 137;

/// Names an exec while it runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExecId {
    /// The pod.
    pub pod: ObjectKey,
    number: u64,
}

/// A command in a container.
#[derive(Clone, Debug)]
pub struct Exec {
    pub(super) container: String,
    pub(super) pid: u32,
    pub(super) started: SimTime,
    pub(super) command_line: String,
    process: Option<Process>,
    output: Vec<(Stream, String)>,
    waiting: bool,
    wake: Option<SimTime>,
    exit: Option<i32>,
}

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct ExecRequest {
    /// The container; the pod's first when absent.
    pub container: Option<String>,
    /// The command.
    pub argv: Vec<String>,
    /// All of its standard input, when it is known from the start.
    pub stdin: Option<String>,
    /// Whether its standard input stays open for [`Runtime::exec_input`].
    pub interactive: bool,
    /// Whether it has a terminal.
    pub tty: bool,
}

/// How far an exec is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecStatus {
    /// What it printed since the last look.
    pub output: Vec<(Stream, String)>,
    /// Whether it waits for input.
    pub waiting_for_input: bool,
    /// The prompt, while a shell on a terminal waits for a command.
    pub prompt: Option<String>,
    /// Its exit code, once it ended.
    pub exit: Option<i32>,
}

/// Why a command could not be started, in the words that reach the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecError {
    /// The pod has no such container running.
    #[error("unable to upgrade connection: container not found (\"{0}\")")]
    NoContainer(String),
    /// The runtime cannot start the command.
    #[error("OCI runtime exec failed: exec failed: unable to start container process: {0}: unknown")]
    Start(StartError),
}

impl ExecError {
    /// The exit code that a shell would give: 127 for a command that is not there.
    pub fn exit_code(&self) -> i32 {
        match self {
            ExecError::NoContainer(_) => 1,
            ExecError::Start(StartError::NotFound(_) | StartError::NoSuchFile(_)) => 127,
            ExecError::Start(_) => 126,
        }
    }
}

impl Runtime {
    /// Starts a command in a container and lets it go as far as no time has to pass.
    ///
    /// Afterwards the pod's kubelet must look at the pod, since it is what lets the command go on.
    ///
    /// # Errors
    /// [`ExecError`].
    pub fn exec(
        &mut self,
        pod: &ObjectKey,
        request: ExecRequest,
        store: &Store,
        now: SimTime,
    ) -> Result<ExecId, ExecError> {
        let wanted = request.container.clone();
        let missing = || ExecError::NoContainer(wanted.clone().unwrap_or_default());
        let sandbox = self.sandboxes.get(pod).ok_or_else(missing)?;
        let name = match &request.container {
            Some(name) => name.clone(),
            None => self.default_container(store, pod).ok_or_else(missing)?,
        };
        let container = sandbox.containers.get(&name).filter(|container| container.is_running());
        let container = container.ok_or_else(|| ExecError::NoContainer(name.clone()))?;
        let config = container.config.clone();
        let mut process = new_process(&config, request.argv).map_err(ExecError::Start)?;
        if request.tty {
            process.attach_terminal();
        } else if request.interactive {
            process.attach_input();
        }
        if let Some(text) = request.stdin {
            process.set_stdin(text);
        }
        self.last_pid += 1;
        let first = if config.shared_pid.is_some() { 20 } else { 6 };
        let pid = first + u32::try_from(self.last_pid % 30_000).unwrap_or(0);
        process.set_pid(pid);
        let exec = Exec {
            container: name,
            pid,
            started: now,
            command_line: process.command_line(),
            process: Some(process),
            output: Vec::new(),
            waiting: false,
            wake: Some(now),
            exit: None,
        };
        let id = ExecId { pod: pod.clone(), number: self.last_pid };
        self.execs.insert(id.clone(), exec);
        self.run_exec(&id, store, now);
        Ok(id)
    }

    /// How far an exec is; takes what it printed. An exec that ended is forgotten with this.
    /// `None` when there is no such exec (any more).
    pub fn exec_poll(&mut self, id: &ExecId) -> Option<ExecStatus> {
        let exec = self.execs.get_mut(id)?;
        let status = ExecStatus {
            output: std::mem::take(&mut exec.output),
            waiting_for_input: exec.waiting && exec.exit.is_none(),
            prompt: exec.process.as_ref().and_then(Process::prompt),
            exit: exec.exit,
        };
        if exec.exit.is_some() {
            self.execs.remove(id);
        }
        Some(status)
    }

    /// Gives an exec a line of input, or the end of input.
    pub fn exec_input(&mut self, id: &ExecId, line: Option<&str>, store: &Store, now: SimTime) {
        if let Some(process) = self.execs.get_mut(id).and_then(|exec| exec.process.as_mut()) {
            process.input(line);
        }
        self.run_exec(id, store, now);
    }

    /// Sends a signal to an exec.
    pub fn exec_signal(&mut self, id: &ExecId, signal: i32, store: &Store, now: SimTime) {
        if let Some(process) = self.execs.get_mut(id).and_then(|exec| exec.process.as_mut()) {
            process.signal(signal);
        }
        self.run_exec(id, store, now);
    }

    /// Gives a container's own program a line of input, or the end of input. The pod's next advance
    /// carries it on.
    pub fn container_input(&mut self, pod: &ObjectKey, container: &str, line: Option<&str>, now: SimTime) {
        let found = self.sandbox_mut(pod).and_then(|sandbox| sandbox.containers.get_mut(container));
        if let Some(container) = found.filter(|container| container.is_running())
            && let Program::Process(process) = &mut container.program
        {
            process.input(line);
            container.wake = Some(now);
        }
    }

    /// The prompt at which a container's own program waits for a line, empty when it shows none; `None`
    /// when it does not wait.
    pub fn container_prompt(&self, pod: &ObjectKey, container: &str) -> Option<String> {
        let container = self.container(pod, container).filter(|container| container.is_running())?;
        match &container.program {
            Program::Process(process) if container.wake.is_none() && container.config.stdin => {
                Some(process.prompt().unwrap_or_default())
            }
            _ => None,
        }
    }

    /// The container that `kubectl exec` picks when none is named: the annotation's, or the first.
    fn default_container(&self, store: &Store, pod: &ObjectKey) -> Option<String> {
        let pod = store.typed::<k8s_openapi::api::core::v1::Pod>(pod)?;
        let annotated =
            crate::api::meta::annotations(&pod.metadata).get("kubectl.kubernetes.io/default-container");
        annotated.cloned().or_else(|| Some(pod.spec.as_ref()?.containers.first()?.name.clone()))
    }

    pub(super) fn execs_of<'a>(
        &'a self,
        pod: &'a ObjectKey,
        container: &'a str,
    ) -> impl Iterator<Item = &'a Exec> {
        let first = ExecId { pod: pod.clone(), number: 0 };
        self.execs
            .range(first..)
            .take_while(move |(id, _)| id.pod == *pod)
            .map(|(_, exec)| exec)
            .filter(move |exec| exec.container == container && exec.exit.is_none())
    }

    fn exec_ids(&self, pod: &ObjectKey) -> Vec<ExecId> {
        let first = ExecId { pod: pod.clone(), number: 0 };
        self.execs.range(first..).map(|(id, _)| id).take_while(|id| id.pod == *pod).cloned().collect()
    }

    /// Lets the pod's programs and execs do what is due; answers when one wants to run again.
    pub fn advance(&mut self, pod: &ObjectKey, store: &Store, now: SimTime) -> Option<SimTime> {
        let names: Vec<String> = self.sandboxes.get(pod)?.containers.keys().cloned().collect();
        for name in &names {
            self.run_container(pod, name, store, now);
        }
        for id in self.exec_ids(pod) {
            self.run_exec(&id, store, now);
        }
        let containers = self.sandboxes.get(pod)?.containers.values();
        let programs = containers.filter(|container| container.is_running()).filter_map(|c| c.wake);
        let ids = self.exec_ids(pod);
        let execs = ids.iter().filter_map(|id| self.execs.get(id)).filter_map(|exec| exec.wake);
        programs.chain(execs).min()
    }

    /// Runs a container's program when it is due.
    fn run_container(&mut self, pod: &ObjectKey, name: &str, store: &Store, now: SimTime) {
        let Some(sandbox) = self.sandbox_mut(pod) else { return };
        let (hostname, ip) = (sandbox.hostname.clone(), sandbox.ip.clone());
        let Some(container) = sandbox.containers.get_mut(name) else { return };
        if !container.is_running() || container.wake.is_none_or(|wake| wake > now) {
            return;
        }
        let Program::Process(process) = &mut container.program else {
            container.advance_native(super::program::Place { hostname: &hostname, ip: &ip }, now);
            return;
        };
        let mut process = process.clone();
        let Some((state, signals)) = self.run_process(&mut process, pod, name, store, now) else { return };
        let Some(sandbox) = self.sandbox_mut(pod) else { return };
        let Some(container) = sandbox.containers.get_mut(name) else { return };
        for (stream, text) in process.take_output() {
            container.log.print(now, stream, &text);
        }
        container.changes += u64::from(!container.steady);
        container.wake = match state {
            ProcessState::SleepingUntil(at) => Some(at),
            ProcessState::WaitingForInput => process.deadline(),
            ProcessState::Exited(_) => None,
        };
        let first = container.config.first_pid();
        container.services.retain(|service| service.root != first || process.has_part(service.owner));
        container.program = Program::Process(process);
        if let ProcessState::Exited(code) = state {
            container.end(Exit::with_code(code, now));
        } else if let Some(arguments) = container.hands_over.take() {
            Arc::make_mut(&mut container.config).become_told(&arguments);
            let config = container.config.clone();
            let native = super::program::start(&config.image.spec, &config.ports, &config.env, now);
            container.program = Program::Native(native);
            container.wake = Some(now);
        }
        self.deliver(pod, name, &signals, store, now);
    }

    fn run_exec(&mut self, id: &ExecId, store: &Store, now: SimTime) {
        let Some(exec) = self.execs.get_mut(id) else { return };
        let (name, pid) = (exec.container.clone(), exec.pid);
        let Some(mut process) = exec.process.take() else { return };
        let ran = match self.sandboxes.get(&id.pod).and_then(|sandbox| sandbox.containers.get(&name)) {
            Some(container) if container.is_running() => {
                self.run_process(&mut process, &id.pod, &name, store, now)
            }
            _ => None,
        };
        let Some(exec) = self.execs.get_mut(id) else { return };
        exec.output.extend(process.take_output());
        let (state, signals) = ran.unwrap_or((ProcessState::Exited(KILLED), Vec::new()));
        exec.waiting = state == ProcessState::WaitingForInput;
        exec.wake = match state {
            ProcessState::SleepingUntil(at) => Some(at),
            ProcessState::WaitingForInput => process.deadline(),
            ProcessState::Exited(code) => {
                exec.exit = Some(code);
                None
            }
        };
        let ended = exec.exit.is_some();
        let parts = |owner: u32| !ended && process.has_part(owner);
        let found = self.sandboxes.get_mut(&id.pod).filter(|sandbox| has_services(sandbox, &name));
        if let Some(container) = found.and_then(|sandbox| Arc::make_mut(sandbox).containers.get_mut(&name)) {
            container.services.retain(|service| service.root != pid || parts(service.owner));
        }
        let Some(exec) = self.execs.get_mut(id) else { return };
        if !ended {
            exec.process = Some(process);
        }
        let others: Vec<(u32, i32)> = signals.iter().copied().filter(|(to, _)| *to != pid).collect();
        let own = signals.iter().find(|(to, _)| *to == pid);
        if let (Some((_, signal)), Some(exec)) = (own, self.execs.get_mut(id))
            && let Some(process) = exec.process.as_mut()
        {
            process.signal(*signal);
            exec.wake = Some(now);
        }
        self.deliver(&id.pod, &name, &others, store, now);
    }

    fn run_process(
        &mut self,
        process: &mut Process,
        pod: &ObjectKey,
        container: &str,
        store: &Store,
        now: SimTime,
    ) -> Option<(ProcessState, Vec<(u32, i32)>)> {
        let mut host = ContainerHost::new(self, store, pod, container, now)?;
        let state = process.run(&mut host);
        Some((state, host.finish()))
    }

    /// Delivers signals that a process sent to others in its container.
    pub(super) fn deliver(
        &mut self,
        pod: &ObjectKey,
        container: &str,
        signals: &[(u32, i32)],
        store: &Store,
        now: SimTime,
    ) {
        let first = self.container(pod, container).and_then(|container| container.config.target.clone());
        let first = first.unwrap_or_else(|| container.to_owned());
        let shares = self.container(pod, container).is_some_and(|known| known.config.shared_pid.is_some());
        for (pid, signal) in signals {
            if shares {
                self.deliver_in_pod(pod, (*pid, *signal), store, now);
                continue;
            }
            if *pid == 1 {
                // The kernel lets no process of a container kill its first one with SIGKILL.
                if *signal != super::program::SIGKILL {
                    self.signal(pod, &first, *signal, now);
                }
                continue;
            }
            if self.signal_part(pod, container, (*pid, *signal), now) {
                continue;
            }
            let ids = self.exec_ids(pod);
            let found = ids.into_iter().find(|id| {
                self.execs.get(id).is_some_and(|exec| exec.pid == *pid && exec.container == container)
            });
            if let Some(id) = found {
                self.exec_signal(&id, *signal, store, now);
            }
        }
    }
}

impl Runtime {
    /// Delivers a signal to whichever process of a pod that shares them has the id. The sandbox's own heeds none.
    fn deliver_in_pod(&mut self, pod: &ObjectKey, (pid, signal): (u32, i32), store: &Store, now: SimTime) {
        let Some(sandbox) = self.sandboxes.get(pod) else { return };
        let names: Vec<String> = sandbox.containers.keys().cloned().collect();
        for name in names {
            let is_first = self.container(pod, &name).is_some_and(|known| known.config.first_pid() == pid);
            if is_first {
                return self.signal(pod, &name, signal, now);
            }
            if self.signal_part(pod, &name, (pid, signal), now) {
                return;
            }
        }
        let found =
            self.exec_ids(pod).into_iter().find(|id| self.execs.get(id).is_some_and(|exec| exec.pid == pid));
        if let Some(id) = found {
            self.exec_signal(&id, signal, store, now);
        }
    }
}

fn has_services(sandbox: &Sandbox, container: &str) -> bool {
    sandbox.containers.get(container).is_some_and(|container| !container.services.is_empty())
}

impl Runtime {
    /// Sends a signal to a child of the container's own program; false when it has none of that id.
    fn signal_part(
        &mut self,
        pod: &ObjectKey,
        container: &str,
        (pid, signal): (u32, i32),
        now: SimTime,
    ) -> bool {
        let Some(sandbox) = self.sandbox_mut(pod) else { return false };
        let Some(container) = sandbox.containers.get_mut(container) else { return false };
        let Program::Process(process) = &mut container.program else { return false };
        let sent = process.signal_part(pid, signal);
        if sent {
            container.wake = Some(now);
        }
        sent
    }
}

/// A process of a container, if its image has the program.
///
/// # Errors
/// [`StartError`]
pub(super) fn new_process(config: &ContainerConfig, argv: Vec<String>) -> Result<Process, StartError> {
    if let Some(word) = argv.first() {
        let (folder, name) = word.rsplit_once('/').unwrap_or(("", word));
        if !config.image.has_tool(name) {
            let bare = folder.is_empty() && !word.contains('/');
            let error = if bare { StartError::NotFound } else { StartError::NoSuchFile };
            return Err(error(word.clone()));
        }
    }
    let own = argv.first().is_some_and(|word| {
        let base = word.rsplit('/').next().unwrap_or_default();
        config.image.spec.programs.iter().any(|program| program.rsplit('/').next() == Some(base))
    });
    Process::of_argv(argv, config.env.clone(), &working_dir(config), own)
}

/// The working directory of a container's processes.
pub(super) fn working_dir(config: &ContainerConfig) -> String {
    let own = config.working_dir.clone().filter(|dir| !dir.is_empty());
    let dir = own.unwrap_or_else(|| config.image.spec.working_dir.clone());
    if dir.is_empty() { "/".to_owned() } else { dir }
}

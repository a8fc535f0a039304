//! `exec`

use super::Verb;
use crate::api::{ApiError, Feature, Kind, ObjectKey};
use crate::engine::CauseKind;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, Progress, Task, pods};
use crate::runtime::shell::Stream;
use crate::runtime::{ExecId, ExecRequest};

/// Signal of Ctrl-C.
const SIGINT: i32 = 2;
/// Exit code of what SIGKILL ended.
const KILLED: u8 = 137;

/// `exec`
pub static VERB: Verb = Verb {
    name: "exec",
    about: "Execute a command in a container.",
    usage: "exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
    flags: &[
        Flag::short("container", 'c', Takes::Text, "The container"),
        Flag::short("stdin", 'i', Takes::Bool, "Pass standard input to the command"),
        Flag::short("tty", 't', Takes::Bool, "Standard input is a terminal"),
        Flag::short("quiet", 'q', Takes::Bool, "Only what the command says"),
        Flag::new("pod-running-timeout", Takes::Duration, "Accepted for kubectl's sake"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let bare = if args.after_dashes.is_none() { args.words.get(1..).unwrap_or_default() } else { &[] };
    if !bare.is_empty() && args.gates.has(Feature::ExecNeedsDashes) {
        let why = "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead";
        return Err(CliError::misuse("exec", why));
    }
    if !bare.is_empty() && !args.flag("quiet") {
        env.out.err_line(
            "kubectl exec [POD] [COMMAND] is DEPRECATED and will be removed in a future version. Use kubectl exec \
             [POD] -- [COMMAND] instead.",
        );
    }
    let Some(word) = args.words.first() else {
        return Err(CliError::plain("pod, type/name or --filename must be specified"));
    };
    let argv = args.after_dashes.clone().unwrap_or_else(|| bare.to_vec());
    if argv.is_empty() {
        return Err(CliError::plain("you must specify at least one command for the container"));
    }
    let Some(pod) = pods::first(pods::pods_of(word, "attach to", env)?, false) else {
        return Err(CliError::plain("timed out waiting for the condition"));
    };
    let phase = pods::phase(&pod);
    if matches!(phase, "Succeeded" | "Failed") {
        let why = format!("cannot exec into a container in a completed pod; current phase is {phase}");
        return Err(CliError::plain(why));
    }
    let quiet = args.flag("quiet");
    let key = ObjectKey::of(&pod.metadata);
    env.cluster.engine().authorize("create", (Kind::Pod, "exec"), (&key.namespace, &key.name))?;
    let gates = env.cluster.api().gates;
    let container = pods::container_to_run_in(&pod, args.text("container"), quiet, gates, env.out)?;
    if !pods::is_bound(&pod) {
        return Err(ApiError::bad_request(format!("pod {} does not have a host assigned", key.name)).into());
    }
    let stdin = args.flag("stdin");
    let mut tty = stdin && args.flag("tty");
    if tty && env.stdin.is_some() {
        tty = false;
        if !quiet {
            env.out.err_line("Unable to use a TTY - input is not a terminal or the right kind of file");
        }
    }
    let given = env.stdin.filter(|_| stdin).map(str::to_owned);
    let request = ExecRequest {
        container: Some(container),
        argv,
        interactive: stdin && given.is_none(),
        stdin: given,
        tty,
    };
    start(args.command(), &key, request, env)
}

/// Starts a command in a container and follows it.
///
/// # Errors
/// The runtime's complaint, or the command's exit code when it ended already.
pub fn start(
    command: &str,
    pod: &ObjectKey,
    request: ExecRequest,
    env: &mut Env<'_>,
) -> Result<Flow, CliError> {
    let tty = request.tty;
    let now = env.cluster.now();
    let (runtime, store) = env.cluster.runtime_mut();
    let started = runtime.exec(pod, request, store, now);
    let id = match started {
        Ok(id) => id,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(1);
            if code == 1 {
                return Err(CliError::plain(error.to_string()));
            }
            env.out.err_line(error.to_string());
            return Err(ended(code));
        }
    };
    let mut task = Running { id, command: command.to_owned(), tty, prompt: None };
    task.poke(env);
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

fn ended(code: u8) -> CliError {
    CliError::Code { code, message: format!("command terminated with exit code {code}") }
}

/// A command in a container.
struct Running {
    id: ExecId,
    command: String,
    tty: bool,
    prompt: Option<String>,
}

impl Running {
    /// The pod's kubelet is what lets the command go on.
    fn poke(&self, env: &mut Env<'_>) {
        env.cluster.poke_kubelet(self.id.pod.clone(), CauseKind::Command(self.command.clone()));
    }
}

impl Task for Running {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let (runtime, _) = env.cluster.runtime_mut();
        let Some(status) = runtime.exec_poll(&self.id) else { return Err(ended(KILLED)) };
        for (stream, text) in status.output {
            if stream == Stream::Err && !self.tty { env.out.err(text) } else { env.out.out(text) }
        }
        self.prompt = match (status.waiting_for_input, status.prompt) {
            (true, prompt) => Some(prompt.unwrap_or_default()),
            (false, _) => None,
        };
        match status.exit {
            None => Ok(Progress::Waiting),
            Some(0) => Ok(Progress::Done(0)),
            Some(code) => Err(ended(u8::try_from(code.rem_euclid(256)).unwrap_or(1))),
        }
    }

    fn prompt(&self) -> Option<String> {
        self.prompt.clone()
    }

    fn input(&mut self, line: Option<&str>, env: &mut Env<'_>) {
        let now = env.cluster.now();
        let (runtime, store) = env.cluster.runtime_mut();
        runtime.exec_input(&self.id, line, store, now);
        self.poke(env);
    }

    fn interrupt(&mut self, env: &mut Env<'_>) {
        let now = env.cluster.now();
        let (runtime, store) = env.cluster.runtime_mut();
        runtime.exec_signal(&self.id, SIGINT, store, now);
        self.poke(env);
    }
    fn holds_terminal(&self) -> bool {
        self.tty
    }
}

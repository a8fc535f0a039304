//! `attach`

use std::time::Duration;

use super::Verb;
use crate::api::{Kind, ObjectKey};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::attach::{Attached, Attachment, Begins};
use crate::kubectl::error::CliError;
use crate::kubectl::pods::{self, NoContainer};
use crate::kubectl::{Env, Flow, Progress, Task};

/// How long a pod has to run when nothing is said.
pub const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// `attach`
pub static VERB: Verb = Verb {
    name: "attach",
    about: "Attach to a process that is already running inside an existing container.",
    usage: "attach (POD | TYPE/NAME) -c CONTAINER",
    flags: &[
        Flag::short("container", 'c', Takes::Text, "The container"),
        Flag::short("stdin", 'i', Takes::Bool, "Pass standard input to the program"),
        Flag::short("tty", 't', Takes::Bool, "Standard input is a terminal"),
        Flag::short("quiet", 'q', Takes::Bool, "Only what the program says"),
        Flag::new("pod-running-timeout", Takes::Duration, "How long to wait for the pod to run"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let word = match args.words.as_slice() {
        [] => return Err(CliError::plain("at least 1 argument is required for attach")),
        [word] => word.clone(),
        [kind, name] => format!("{kind}/{name}"),
        words => {
            return Err(CliError::plain(format!(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {}: [{}]",
                words.len(),
                words.join(" ")
            )));
        }
    };
    let Some(pod) = pods::first(pods::pods_of(&word, "attach to", env)?, false) else {
        return Err(CliError::plain("timed out waiting for the condition"));
    };
    let phase = pods::phase(&pod);
    if matches!(phase, "Succeeded" | "Failed") {
        let why = format!("cannot attach a container in a completed pod; current phase is {phase}");
        return Err(CliError::plain(why));
    }
    let quiet = args.flag("quiet");
    let key = ObjectKey::of(&pod.metadata);
    env.cluster.engine().authorize("create", (Kind::Pod, "attach"), (&key.namespace, &key.name))?;
    let gates = env.cluster.api().gates;
    let container =
        pods::container(&pod, args.text("container"), quiet, gates, env.out).map_err(|missing| {
            let why = match missing {
                NoContainer::Refused(why) => why,
                NoContainer::Unseen(name) => format!("container {name} not found in pod {}", key.name),
            };
            CliError::plain(format!("cannot attach to the container: {why}"))
        })?;
    let stdin = args.flag("stdin");
    start(
        args,
        env,
        Attachment {
            command: args.command().to_owned(),
            pod: key,
            container,
            stdin,
            tty: stdin && args.flag("tty"),
            quiet,
            given: None,
            begins: Begins::Now,
            deadline: Some(env.cluster.now() + STARTS_WITHIN),
            ends_with_pod: false,
            removes: false,
        },
    )
}

/// Follows the container.
///
/// # Errors
/// What went wrong at once.
pub fn start(args: &Args, env: &mut Env<'_>, mut what: Attachment) -> Result<Flow, CliError> {
    if let Some(timeout) = args.duration("pod-running-timeout") {
        what.deadline = Some(env.cluster.now() + timeout.length);
    }
    what.given = env.stdin.filter(|_| what.stdin).map(str::to_owned);
    if what.tty && what.given.is_some() {
        what.tty = false;
        if !what.quiet {
            env.out.err_line("Unable to use a TTY - input is not a terminal or the right kind of file");
        }
    }
    let mut task = Attached::new(what);
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

//! `delete`

use std::collections::VecDeque;
use std::time::Duration;

use super::Verb;
use crate::api::{Kind, ObjectKey, SimTime};
use crate::apiserver::{DeleteOptions, Propagation};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, ALL_NAMESPACES, Builder, FIELD_SELECTOR, Info, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, DryRun, OUTPUT};
use crate::kubectl::{Env, Flow, Progress, Task};

/// How long a wait without limit lasts.
const FOREVER: Duration = Duration::from_secs(168 * 3600);

/// `delete`
pub static VERB: Verb = Verb {
    name: "delete",
    about: "Delete resources by file names, stdin, resources and names, or by resources and label selector.",
    usage: "delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        FIELD_SELECTOR,
        ALL,
        ALL_NAMESPACES,
        DRY_RUN,
        OUTPUT,
        Flag::new("cascade", Takes::TextOr("background"), "background, foreground or orphan"),
        Flag::new("force", Takes::Bool, "Remove the object at once, whatever its kubelet says"),
        Flag::new("grace-period", Takes::Int, "Seconds of grace; -1 is the object's own"),
        Flag::new("ignore-not-found", Takes::Bool, "What is not there is no error"),
        Flag::new("now", Takes::Bool, "One second of grace"),
        Flag::new("timeout", Takes::Duration, "How long to wait for the end"),
        Flag::new("wait", Takes::Bool, "Wait until the objects are gone (the default)"),
        Flag::short("interactive", 'i', Takes::Bool, "Not supported"),
    ],
    run,
};

struct Options {
    dry_run: DryRun,
    name_only: bool,
    grace: Option<i64>,
    propagation: Propagation,
    ignore_missing: bool,
}

impl Options {
    fn parse(args: &Args) -> Result<Options, CliError> {
        let force = args.flag("force");
        let mut grace = args.int("grace-period").unwrap_or(-1);
        if args.flag("now") {
            if grace != -1 {
                return Err(CliError::plain("--now and --grace-period cannot be specified together"));
            }
            grace = 1;
        }
        if grace == 0 && !force {
            grace = 1;
        }
        if force && grace < 0 {
            grace = 0;
        }
        let name_only = match args.text("output") {
            None | Some("") => false,
            Some("name") => true,
            Some(other) => {
                let why = format!("unexpected -o output mode: {other}. We only support '-o name'");
                return Err(CliError::plain(why));
            }
        };
        for other in ["selector", "field-selector"] {
            if args.flag("all") && args.text(other).is_some_and(|text| !text.is_empty()) {
                return Err(CliError::plain(format!("cannot set --all and --{other} at the same time")));
            }
        }
        if force && grace > 0 {
            let why = "--force and --grace-period greater than 0 cannot be specified together";
            return Err(CliError::plain(why));
        }
        let selects = ["selector", "field-selector"].iter().any(|flag| args.has(flag)) || args.flag("all");
        Ok(Options {
            dry_run: DryRun::parse(args)?,
            name_only,
            grace: (grace >= 0).then_some(grace),
            propagation: propagation(args.text("cascade"))?,
            ignore_missing: args.flag("ignore-not-found") || (selects && !args.has("ignore-not-found")),
        })
    }

    fn line(&self, info: &Info) -> String {
        let singular = info.kind.info().qualified_singular();
        if self.name_only {
            return format!("{singular}/{}", info.name);
        }
        let operation = if self.grace == Some(0) { "force deleted" } else { "deleted" };
        let dry = self.dry_run.suffix();
        let place = match info.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" from {namespace} namespace"),
        };
        format!("{singular} \"{}\" {operation}{place}{dry}", info.name)
    }
}

/// Models kubectl pkg/cmd/delete: ParseCascadingFlag.
fn propagation(cascade: Option<&str>) -> Result<Propagation, CliError> {
    match cascade {
        None | Some("background") => Ok(Propagation::Background),
        Some("foreground") => Ok(Propagation::Foreground),
        Some("orphan") => Ok(Propagation::Orphan),
        Some(other) => Err(CliError::plain(format!(
            "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
        ))),
    }
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if args.flag("interactive") {
        return Err(CliError::plain("--interactive is not supported by the simulator"));
    }
    let options = Options::parse(args)?;
    let selection = Builder::default().select(args, env, &args.words)?;
    if options.grace == Some(0) && args.flag("force") {
        env.out.err_line(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
             terminated. The resource may continue to run on the cluster indefinitely.",
        );
    }
    if args.has("namespace") && selection.infos.iter().any(|info| !info.kind.info().namespaced) {
        env.out.err_line("Warning: deleting cluster-scoped resources, not scoped to the provided namespace");
    }
    let found = selection.infos.len();
    let mut errors = selection.errors;
    let mut waiting = VecDeque::new();
    delete_all(args, env, &options, &selection.infos, &mut waiting, &mut errors);
    if options.ignore_missing {
        errors.retain(|error| !matches!(error, CliError::Api { error, .. } if error.is_not_found()));
    }
    if let Some(error) = CliError::aggregate(errors) {
        return Err(error);
    }
    if found == 0 {
        env.out.line("No resources found");
        return Ok(Flow::OK);
    }
    let waits = !args.has("wait") || args.flag("wait");
    if !waits || options.dry_run.is_dry() || waiting.is_empty() {
        return Ok(Flow::OK);
    }
    let timeout = args.duration("timeout").filter(|timeout| !timeout.length.is_zero());
    let limit =
        timeout.map_or(FOREVER, |timeout| if timeout.negative { Duration::ZERO } else { timeout.length });
    let mut task = Gone { waiting, deadline: env.cluster.now() + limit };
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

fn delete_all(
    args: &Args,
    env: &mut Env<'_>,
    options: &Options,
    infos: &[Info],
    waiting: &mut VecDeque<Waited>,
    errors: &mut Vec<CliError>,
) {
    let how = DeleteOptions {
        grace_period_seconds: options.grace,
        propagation: options.propagation,
        dry_run: options.dry_run == DryRun::Server,
        ..DeleteOptions::default()
    };
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in infos {
            if options.dry_run == DryRun::Client {
                out.line(options.line(info));
                continue;
            }
            match api.delete(info.kind, &info.key(), &how) {
                Ok(deleted) => {
                    out.line(options.line(info));
                    if !deleted.gone {
                        let uid = deleted.object.uid().to_owned();
                        waiting.push_back(Waited { kind: info.kind, key: info.key(), uid });
                    }
                }
                Err(error) => errors.push(info.error("deleting", error)),
            }
        }
    });
}

struct Waited {
    kind: Kind,
    key: ObjectKey,
    uid: String,
}

/// Waits until objects are gone, in order. Each poll looks only at those that went since the last.
struct Gone {
    waiting: VecDeque<Waited>,
    deadline: SimTime,
}

impl Task for Gone {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let store = env.cluster.store();
        while let Some(first) = self.waiting.front() {
            if store.get(first.kind, &first.key).is_some_and(|object| object.uid() == first.uid) {
                break;
            }
            self.waiting.pop_front();
        }
        match self.waiting.front() {
            None => Ok(Progress::Done(0)),
            Some(first) if env.cluster.now() >= self.deadline => Err(CliError::plain(format!(
                "timed out waiting for the condition on {}/{}",
                first.kind.info().plural,
                first.key.name
            ))),
            Some(_) => Ok(Progress::Waiting),
        }
    }

    fn deadline(&self) -> Option<SimTime> {
        Some(self.deadline)
    }
}

//! `delete`

use std::collections::VecDeque;
use std::time::Duration;

use super::{Verb, raw};
use crate::api::{Feature, FeatureGates, Kind, ObjectKey, SimTime};
use crate::apiserver::{DeleteOptions, Propagation};
use crate::kubectl::apply::NO_NAME;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, ALL_NAMESPACES, Builder, FIELD_SELECTOR, Info, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, DryRun, OUTPUT};
use crate::kubectl::{Env, Flow, Output, Progress, Task, warnings};

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
        raw::RAW,
        Flag::short("interactive", 'i', Takes::Bool, "Ask before anything is deleted"),
    ],
    run,
};

struct Options {
    dry_run: DryRun,
    name_only: bool,
    grace: Option<i64>,
    propagation: Propagation,
    ignore_missing: bool,
    names_namespace: bool,
}

impl Options {
    fn parse(args: &Args, gates: FeatureGates, out: &mut Output) -> Result<Options, CliError> {
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
                return Err(CliError::plain("setting 'all' parameter but found a non empty selector. "));
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
            propagation: propagation(args.text("cascade"), out)?,
            ignore_missing: args.flag("ignore-not-found") || (selects && !args.has("ignore-not-found")),
            names_namespace: gates.has(Feature::DeleteNamesNamespace),
        })
    }

    fn line(&self, info: &Info) -> String {
        let singular = info.kind.info().qualified_singular();
        if self.name_only {
            return format!("{singular}/{}", info.name);
        }
        let operation = if self.grace == Some(0) { "force deleted" } else { "deleted" };
        format!("{}{}", deleted_line(info, operation, self.names_namespace), self.dry_run.suffix())
    }
}

/// `pod "web-0" deleted from default namespace`
pub fn deleted_line(info: &Info, operation: &str, names_namespace: bool) -> String {
    let place = match info.namespace.as_str() {
        _ if !names_namespace => String::new(),
        "" => String::new(),
        namespace => format!(" from {namespace} namespace"),
    };
    format!("{} \"{}\" {operation}{place}", info.kind.info().qualified_singular(), info.name)
}

/// Models kubectl pkg/cmd/delete: ParseCascadingFlag.
pub fn propagation(cascade: Option<&str>, out: &mut Output) -> Result<Propagation, CliError> {
    let mut deprecated = |given: &str, instead: &str| {
        out.err_line(format!(
            "warning: --cascade={given} is deprecated (boolean value) and can be replaced with --cascade={instead}."
        ));
    };
    match cascade {
        None | Some("background") => Ok(Propagation::Background),
        Some(given @ ("1" | "t" | "T" | "true" | "TRUE" | "True")) => {
            deprecated(given, "background");
            Ok(Propagation::Background)
        }
        Some(given @ ("0" | "f" | "F" | "false" | "FALSE" | "False")) => {
            deprecated(given, "orphan");
            Ok(Propagation::Orphan)
        }
        Some("foreground") => Ok(Propagation::Foreground),
        Some("orphan") => Ok(Propagation::Orphan),
        Some(other) => Err(CliError::plain(format!(
            "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
        ))),
    }
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let options = Options::parse(args, env.cluster.api().gates, env.out)?;
    if let Some(path) = raw::path(args) {
        if options.grace == Some(0) && args.flag("force") {
            env.out.err_line(FORCED);
        }
        return raw::delete(args, env, path);
    }
    let selection = Builder::default().select(args, env, &args.words)?;
    if options.grace == Some(0) && args.flag("force") {
        env.out.err_line(FORCED);
    }
    if args.has("namespace") && selection.infos.iter().any(|info| !info.kind.info().namespaced) {
        env.out.err_line("Warning: deleting cluster-scoped resources, not scoped to the provided namespace");
    }
    if selection.infos.is_empty() && selection.errors.is_empty() {
        env.out.line("No resources found");
        return Ok(Flow::OK);
    }
    let timeout = args.duration("timeout").filter(|timeout| !timeout.length.is_zero());
    let limit =
        timeout.map_or(FOREVER, |timeout| if timeout.negative { Duration::ZERO } else { timeout.length });
    let is_missing = |error: &CliError| matches!(error, CliError::Api { error, .. } if error.is_not_found());
    let mut unread = selection.errors;
    unread.retain(|error| !(options.ignore_missing && is_missing(error)));
    let task = Deleting {
        command: args.command().to_owned(),
        waits: (!args.has("wait") || args.flag("wait")) && !options.dry_run.is_dry(),
        infos: selection.infos.into(),
        request: Duration::from_millis(env.cluster.engine().config().profile.request_ms),
        next: env.cluster.now(),
        errors: Vec::new(),
        unread,
        options,
        limit,
        waiting: VecDeque::new(),
        deadline: None,
    };
    if args.flag("interactive") {
        env.out.line(format!("You are about to delete the following {} resource(s):", task.infos.len()));
        task.infos.iter().for_each(|info| env.out.line(info.result_name()));
        let answer = env.stdin.map(|text| {
            env.out.out(QUESTION);
            is_yes(text.lines().next())
        });
        return begin(Confirming { then: task, answer }, env);
    }
    begin(task, env)
}

/// Said before anything is deleted by force.
const FORCED: &str = "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
    terminated. The resource may continue to run on the cluster indefinitely.";

/// Runs as much of it as takes no time.
fn begin(mut task: impl Task + 'static, env: &mut Env<'_>) -> Result<Flow, CliError> {
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

/// What `-i` asks.
const QUESTION: &str = "Do you want to continue? (y/N): ";

fn is_yes(line: Option<&str>) -> bool {
    matches!(line.map(str::trim), Some("y" | "Y"))
}

/// A deletion that waits for the user's word.
///
/// Models kubectl pkg/cmd/delete: DeleteOptions.confirmation.
struct Confirming {
    then: Deleting,
    answer: Option<bool>,
}

impl Task for Confirming {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        match self.answer {
            None => Ok(Progress::Waiting),
            Some(true) => self.then.poll(env),
            Some(false) => {
                env.out.line("deletion is cancelled");
                Ok(Progress::Done(0))
            }
        }
    }

    fn deadline(&self) -> Option<SimTime> {
        self.answer.and_then(|_| self.then.deadline())
    }

    fn prompt(&self) -> Option<String> {
        self.answer.is_none().then(|| QUESTION.to_owned())
    }

    fn input(&mut self, line: Option<&str>, env: &mut Env<'_>) {
        self.answer = Some(is_yes(line));
        self.then.next = env.cluster.now();
    }
}

struct Waited {
    kind: Kind,
    key: ObjectKey,
    uid: String,
}

/// Asks for deletions one after the other, then waits until the objects are gone, in order. Each poll
/// of the wait looks only at the objects that went since the last.
struct Deleting {
    command: String,
    options: Options,
    waits: bool,
    /// What is still to be deleted.
    infos: VecDeque<Info>,
    /// How long a request takes.
    request: Duration,
    /// When the next request is sent.
    next: SimTime,
    errors: Vec<CliError>,
    /// What could not be read; that is said last.
    unread: Vec<CliError>,
    /// How long the wait may last.
    limit: Duration,
    /// What was deleted and may not be gone yet.
    waiting: VecDeque<Waited>,
    /// When the wait ends, once it has begun.
    deadline: Option<SimTime>,
}

impl Deleting {
    fn delete(&mut self, info: &Info, env: &mut Env<'_>) {
        if info.name.is_empty() {
            let source = info.source.as_deref().unwrap_or_default();
            let why = format!("error when deleting \"{source}\": {NO_NAME}");
            return self.errors.push(CliError::plain(why));
        }
        if self.options.dry_run == DryRun::Client {
            return env.out.line(self.options.line(info));
        }
        warnings::warn(info.kind, env.cluster.api().gates, env.out);
        let how = DeleteOptions {
            grace_period_seconds: self.options.grace,
            propagation: self.options.propagation,
            dry_run: self.options.dry_run == DryRun::Server,
            ..DeleteOptions::default()
        };
        match env.cluster.act(&self.command, |api| api.delete(info.kind, &info.key(), &how)) {
            Ok(deleted) => {
                env.out.line(self.options.line(info));
                if !deleted.gone {
                    let uid = deleted.object.uid().to_owned();
                    self.waiting.push_back(Waited { kind: info.kind, key: info.key(), uid });
                }
            }
            Err(error) if self.options.ignore_missing && error.is_not_found() => {}
            Err(error) => self.errors.push(info.error("deleting", error)),
        }
    }

    /// Sends the requests that are due; true when all were sent.
    fn send(&mut self, env: &mut Env<'_>) -> bool {
        while env.cluster.now() >= self.next {
            let Some(info) = self.infos.pop_front() else { break };
            self.delete(&info, env);
            self.next = self.next + self.request;
        }
        self.infos.is_empty()
    }

    /// The first object that is not gone.
    fn first_left(&mut self, env: &Env<'_>) -> Option<&Waited> {
        let store = env.cluster.store();
        while let Some(first) = self.waiting.front() {
            if store.get(first.kind, &first.key).is_some_and(|object| object.uid() == first.uid) {
                break;
            }
            self.waiting.pop_front();
        }
        self.waiting.front()
    }
}

impl Task for Deleting {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        if !self.send(env) {
            return Ok(Progress::Waiting);
        }
        self.errors.append(&mut self.unread);
        if let Some(error) = CliError::aggregate(std::mem::take(&mut self.errors)) {
            return Err(error);
        }
        if !self.waits {
            return Ok(Progress::Done(0));
        }
        let now = env.cluster.now();
        let deadline = *self.deadline.get_or_insert(now + self.limit);
        match self.first_left(env) {
            None => Ok(Progress::Done(0)),
            Some(first) if now >= deadline => Err(CliError::plain(format!(
                "timed out waiting for the condition on {}/{}",
                first.kind.info().plural,
                first.key.name
            ))),
            Some(_) => Ok(Progress::Waiting),
        }
    }

    fn deadline(&self) -> Option<SimTime> {
        if self.infos.is_empty() { self.deadline } else { Some(self.next) }
    }
}

//! `logs`

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use super::Verb;
use crate::api::{ApiError, Feature, FeatureGates, Kind, Object, ObjectKey, SimTime, meta};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{SELECTOR, SELECTOR_AND_NAME};
use crate::kubectl::error::CliError;
use crate::kubectl::output::{Output, Stream};
use crate::kubectl::pods::{self, NoContainer};
use crate::kubectl::selection::Selection;
use crate::kubectl::{Env, Flow, Progress, Task};
use crate::runtime::{Log, LogLine, Runtime};

/// Lines of each container that a selector shows when nothing is said.
const SELECTOR_TAIL: i64 = 10;
/// How long a container may wait to start whose log is followed, when nothing is said.
const USUAL_PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether it has started.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// Logs that can be followed at once when nothing is said.
const MOST_FOLLOWED: i64 = 5;

/// What the kubelet says of a container that has no log yet.
const WAITS: &str = "is waiting to start";

/// `logs`
pub static VERB: Verb = Verb {
    name: "logs",
    about: "Print the logs for a container in a pod or specified resource.",
    usage: "logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
    flags: &[
        SELECTOR,
        Flag::short("container", 'c', Takes::Text, "The container"),
        Flag::short("follow", 'f', Takes::Bool, "Go on as lines are printed"),
        Flag::short("previous", 'p', Takes::Bool, "The container before the one that runs"),
        Flag::new("tail", Takes::Int, "Only so many of the newest lines"),
        Flag::new("since", Takes::Duration, "Only lines younger than this"),
        Flag::new("since-time", Takes::Text, "Only lines after this time"),
        Flag::new("limit-bytes", Takes::Int, "At most so many bytes"),
        Flag::new("all-containers", Takes::Bool, "All containers of the pod"),
        Flag::new("all-pods", Takes::Bool, "All pods of the object"),
        Flag::new("timestamps", Takes::Bool, "The time before each line"),
        Flag::new("prefix", Takes::Bool, "Pod and container before each line"),
        Flag::new("ignore-errors", Takes::Bool, "Go on when a log cannot be followed"),
        Flag::new("max-log-requests", Takes::Int, "How many logs may be followed at once"),
        Flag::new("pod-running-timeout", Takes::Duration, "How long a container may wait to start (20s)"),
    ],
    run,
};

#[derive(Default)]
struct Options {
    follow: bool,
    previous: bool,
    tail: Option<usize>,
    after: Option<SimTime>,
    limit: Option<usize>,
    timestamps: bool,
    prefix: bool,
}

impl Options {
    fn parse(args: &Args, now: SimTime) -> Result<Options, CliError> {
        if args.has("since") && args.has("since-time") {
            return Err(CliError::plain("at most one of `sinceTime` or `sinceSeconds` may be specified"));
        }
        let limit = args.int("limit-bytes").unwrap_or(0);
        if limit < 0 {
            return Err(CliError::plain("--limit-bytes must be greater than 0"));
        }
        let mut after = None;
        if let Some(since) = args.duration("since").filter(|since| !since.length.is_zero()) {
            if since.negative {
                return Err(CliError::plain("--since must be greater than 0"));
            }
            let whole =
                Duration::from_secs(since.length.as_secs() + u64::from(since.length.subsec_millis() >= 500));
            after = Some(SimTime(now.0.saturating_sub(u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX))));
        }
        if let Some(text) = args.text("since-time") {
            let time: jiff::Timestamp = text.parse().map_err(|_| {
                let shape = "\"2006-01-02T15:04:05Z07:00\"";
                CliError::plain(format!(
                    "parsing time \"{text}\" as {shape}: cannot parse \"{text}\" as \"2006\""
                ))
            })?;
            let nanos = time.as_nanosecond() - SimTime::ZERO.timestamp().as_nanosecond();
            after = Some(SimTime(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)));
        }
        let tail = match args.int("tail") {
            Some(tail) if tail < -1 => {
                return Err(CliError::plain("--tail must be greater than or equal to -1"));
            }
            Some(tail) => usize::try_from(tail).ok(),
            None if args.has("selector") => usize::try_from(SELECTOR_TAIL).ok(),
            None => None,
        };
        Ok(Options {
            follow: args.flag("follow"),
            previous: args.flag("previous"),
            tail,
            after,
            limit: usize::try_from(limit).ok().filter(|limit| *limit > 0),
            timestamps: args.flag("timestamps"),
            prefix: args.flag("prefix"),
        })
    }
}

/// The one value that is read before the pods are looked up.
fn check_since_time(args: &Args) -> Result<(), CliError> {
    match args.text("since-time").map(str::parse::<jiff::Timestamp>) {
        Some(Err(_)) => {
            let text = args.text("since-time").unwrap_or_default();
            Err(CliError::plain(format!(
                "parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""
            )))
        }
        _ => Ok(()),
    }
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let selector = args.text("selector").filter(|text| !text.is_empty());
    let (word, inline) = match (args.words.as_slice(), selector) {
        ([], Some(_)) => (None, None),
        ([_], Some(_)) => {
            return Err(CliError::misuse("logs", "only a selector (-l) or a POD name is allowed"));
        }
        ([_, _], Some(_)) => return Err(CliError::plain(SELECTOR_AND_NAME)),
        ([word], None) => (Some(word), None),
        ([word, container], _) => (Some(word), Some(container.as_str())),
        _ => {
            return Err(CliError::misuse(
                "logs",
                "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required \
                 argument for the logs command",
            ));
        }
    };
    check_since_time(args)?;
    let pods = match word {
        Some(word) => pods_named(word, args, env)?,
        None => {
            let listed = Selection::of(args, env.namespace).list(env.cluster.engine(), Kind::Pod)?;
            let found: Vec<Pod> = listed.iter().filter_map(Object::as_ref).cloned().collect();
            if found.is_empty() {
                env.out.err_line(format!("No resources found in {} namespace.", env.namespace));
            }
            found
        }
    };
    let options = Options::parse(args, env.cluster.now())?;
    let every = args.flag("all-containers") || args.flag("all-pods");
    let named = args.text("container").filter(|name| !name.is_empty());
    if let Some(name) = named.or(inline).filter(|_| every) {
        let why = format!("--all-containers=true should not be specified with container name {name}");
        return Err(CliError::plain(why));
    }
    if named.is_some() && inline.is_some() {
        return Err(CliError::plain("only one of -c or an inline [CONTAINER] arg is allowed"));
    }
    let gates = env.cluster.api().gates;
    let mut sources = Vec::new();
    for pod in &pods {
        for container in containers(pod, named.or(inline), every, gates, env.out)? {
            sources.push(Source::new(pod, container));
        }
    }
    let most = args.int("max-log-requests").unwrap_or(MOST_FOLLOWED);
    let count = i64::try_from(sources.len()).unwrap_or(i64::MAX);
    if options.follow && count > 1 && count > most {
        return Err(CliError::plain(format!(
            "you are attempting to follow {count} log streams, but maximum allowed concurrency is {most}, use \
             --max-log-requests to increase the limit"
        )));
    }
    let patience = args.duration("pod-running-timeout").map_or(USUAL_PATIENCE, |wait| wait.length);
    let waits = options.follow && gates.has(Feature::LogsWaitForStart);
    let until = env.cluster.now() + patience;
    let mut task = Following { sources, options, until: waits.then_some(until), looks_at: env.cluster.now() };
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

/// All that the container has logged.
///
/// # Errors
/// There is no log yet.
pub fn whole(pod: &Pod, container: &str, env: &mut Env<'_>) -> Result<String, CliError> {
    let mut out = Output::default();
    let mut inner = Env {
        cluster: env.cluster,
        namespace: env.namespace,
        files: env.files,
        stdin: None,
        workstation: env.workstation,
        out: &mut out,
    };
    Source::new(pod, container.to_owned()).open(&Options::default(), &mut inner)?;
    Ok(out.text(Stream::Out))
}

fn pods_named(word: &str, args: &Args, env: &mut Env<'_>) -> Result<Vec<Pod>, CliError> {
    let found = pods::pods_of(word, "get the logs from", env).map_err(|error| match error {
        CliError::Api { error, .. } if error.is_not_found() => CliError::plain(format!(
            "error from server (NotFound): {error} in namespace \"{}\"",
            env.namespace
        )),
        other => other,
    })?;
    for pod in &found {
        let place = (meta::namespace(&pod.metadata), meta::name(&pod.metadata));
        env.cluster.engine().authorize("get", (Kind::Pod, "log"), place)?;
    }
    let count = found.len();
    if args.flag("all-pods") {
        return Ok(found);
    }
    let Some(first) = pods::first(found, true) else {
        return Err(CliError::plain("timed out waiting for the condition"));
    };
    if count > 1 {
        env.out.err_line(format!("Found {count} pods, using pod/{}", meta::name(&first.metadata)));
    }
    Ok(vec![first])
}

/// Models kubectl pkg/polymorphichelpers: logsForObjectWithClient.
fn containers(
    pod: &Pod,
    named: Option<&str>,
    every: bool,
    gates: FeatureGates,
    out: &mut Output,
) -> Result<Vec<String>, CliError> {
    if every {
        let spec = pod.spec.as_ref();
        let init = spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
        let plain = spec.iter().flat_map(|spec| spec.containers.iter());
        return Ok(init.chain(plain).map(|container| container.name.clone()).collect());
    }
    let found = pods::container(pod, named, false, gates, out).map_err(|missing| {
        CliError::plain(match missing {
            NoContainer::Refused(why) => why,
            NoContainer::Unseen(name) => {
                format!("container {name} is not valid for pod {}", meta::name(&pod.metadata))
            }
        })
    })?;
    Ok(vec![found])
}

/// One container's log.
struct Source {
    pod: ObjectKey,
    container: String,
    /// The line to go on from.
    place: u64,
    /// When the run that is followed was started.
    started: Option<SimTime>,
    is_open: bool,
    done: bool,
}

impl Source {
    fn new(pod: &Pod, container: String) -> Source {
        Source {
            pod: ObjectKey::of(&pod.metadata),
            container,
            place: 0,
            started: None,
            is_open: false,
            done: false,
        }
    }

    /// Prints what it has for the first time.
    fn open(&mut self, options: &Options, env: &mut Env<'_>) -> Result<(), CliError> {
        let Some(pod) = env.cluster.store().typed::<Pod>(&self.pod) else {
            self.done = true;
            return Ok(());
        };
        self.done = !pods::is_bound(pod);
        if self.done {
            return Ok(());
        }
        check(pod, &self.container, options.previous).map_err(ApiError::bad_request)?;
        let runtime = env.cluster.runtime();
        self.started = runtime.container(&self.pod, &self.container).map(|container| container.started);
        let Some(log) = runtime.logs(&self.pod, &self.container, options.previous) else {
            self.done = true;
            return Ok(());
        };
        let lines: Vec<&LogLine> =
            log.lines().filter(|line| options.after.is_none_or(|after| line.at >= after)).collect();
        let skipped = options.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        let mut left = options.limit.unwrap_or(usize::MAX);
        for line in &lines[skipped..] {
            let text = self.shown(line, options);
            let end =
                text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= left).last();
            env.out.out(&text[..end.unwrap_or(0)]);
            left -= end.unwrap_or(0);
        }
        self.place = ended_lines(log);
        self.done = options.previous || !options.follow || !self.is_running(runtime);
        Ok(())
    }

    /// Prints what is new.
    fn follow(&mut self, options: &Options, env: &mut Env<'_>) {
        let runtime = env.cluster.runtime();
        let current = runtime.container(&self.pod, &self.container).map(|container| container.started);
        let previous = current.is_some() && current != self.started;
        if let Some(log) = runtime.logs(&self.pod, &self.container, previous) {
            for line in log.since(self.place).filter(|line| line.ended) {
                env.out.out(self.shown(line, options));
            }
            self.place = self.place.max(ended_lines(log));
        }
        self.done = current != self.started || !self.is_running(runtime);
    }

    fn is_running(&self, runtime: &Runtime) -> bool {
        runtime.container(&self.pod, &self.container).is_some_and(|container| container.is_running())
    }

    fn shown(&self, line: &LogLine, options: &Options) -> String {
        let mut text = String::new();
        if options.prefix {
            text.push_str(&format!("[pod/{}/{}] ", self.pod.name, self.container));
        }
        if options.timestamps {
            text.push_str(&format!("{:.9} ", line.at.timestamp()));
        }
        text.push_str(&line.text);
        if line.ended {
            text.push('\n');
        }
        text
    }
}

/// The place after the last line that is complete.
fn ended_lines(log: &Log) -> u64 {
    let grows = log.lines().next_back().is_some_and(|line| !line.ended);
    log.end() - u64::from(grows)
}

/// Whether the kubelet has a log of the container to give.
///
/// Models pkg/kubelet: validateContainerLogStatus.
fn check(pod: &Pod, container: &str, previous: bool) -> Result<(), String> {
    let name = meta::name(&pod.metadata);
    let mut statuses = pod.status.iter().flat_map(|status| {
        status.container_statuses.iter().flatten().chain(status.init_container_statuses.iter().flatten())
    });
    let status = statuses.find(|status| status.name == container);
    let Some(status) = status else {
        return Err(format!("container \"{container}\" in pod \"{name}\" is not available"));
    };
    let last = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    // Of what all containers' restart removed, nothing is left to ask for.
    let kept = last.is_some_and(|end| end.container_id.is_some());
    if previous {
        return if kept {
            Ok(())
        } else {
            Err(format!("previous terminated container \"{container}\" in pod \"{name}\" not found"))
        };
    }
    let state = status.state.clone().unwrap_or_default();
    if state.running.is_some() || state.terminated.is_some() || kept {
        return Ok(());
    }
    if last.is_some() {
        return Err(format!("container \"{container}\" in pod \"{name}\" is terminated"));
    }
    let starting = format!("container \"{container}\" in pod \"{name}\" {WAITS}");
    Err(match state.waiting.and_then(|waiting| waiting.reason).as_deref() {
        None => format!("{starting} - no logs yet"),
        Some("ErrImagePull") => format!("{starting}: image can't be pulled"),
        Some("ImagePullBackOff") => format!("{starting}: trying and failing to pull image"),
        Some(reason) => format!("{starting}: {reason}"),
    })
}

struct Following {
    sources: Vec<Source>,
    options: Options,
    /// Until when containers may wait to start; nothing when they may not.
    until: Option<SimTime>,
    /// When it is looked next whether they have.
    looks_at: SimTime,
}

impl Following {
    /// Opens the log of a container that may still be waiting to start, which is said each time.
    ///
    /// Models kubectl pkg/cmd/logs (#136411).
    fn open(&mut self, index: usize, env: &mut Env<'_>) -> Result<(), CliError> {
        let Some(source) = self.sources.get_mut(index) else { return Ok(()) };
        let Err(error) = source.open(&self.options, env) else {
            source.is_open = true;
            return Ok(());
        };
        let why = match &error {
            CliError::Api { error, .. } => error.to_string(),
            _ => return Err(error),
        };
        if self.until.is_none() || !why.contains(WAITS) {
            return Err(error);
        }
        env.out.err_line(why);
        if self.until.is_some_and(|until| env.cluster.now() >= until) {
            return Err(CliError::plain("context deadline exceeded"));
        }
        Ok(())
    }
}

impl Task for Following {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let looks = env.cluster.now() >= self.looks_at;
        for index in 0..self.sources.len() {
            let source = &mut self.sources[index];
            if source.is_open && !source.done {
                source.follow(&self.options, env);
            } else if !source.is_open && looks {
                self.open(index, env)?;
            }
        }
        if looks {
            self.looks_at = env.cluster.now() + LOOKS_EVERY;
        }
        let all = self.sources.iter().all(|source| source.done);
        Ok(if all { Progress::Done(0) } else { Progress::Waiting })
    }

    fn deadline(&self) -> Option<SimTime> {
        self.sources.iter().any(|source| !source.is_open).then_some(self.looks_at)
    }
}

//! `drain`
//!
//! Models kubectl pkg/cmd/drain and pkg/drain: every pod of a node is asked to go at the same time, one that its
//! disruption budget keeps is asked again every five seconds, and each that goes is waited for.

use std::collections::VecDeque;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use super::Verb;
use super::cordon;
use crate::api::selector::Selector;
use crate::api::{ApiResult, Kind, ObjectKey, SimTime, meta, pod};
use crate::apiserver::DeleteOptions;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::SELECTOR;
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, DryRun};
use crate::kubectl::{Env, Flow, Progress, Task};
use crate::kubelet::go_duration;

/// How long until a pod that may not go is asked again.
const RETRY: Duration = Duration::from_secs(5);
/// How often a pod that goes is looked for.
const POLL: Duration = Duration::from_secs(1);

/// `drain`
pub static VERB: Verb = Verb {
    name: "drain",
    about: "Drain node in preparation for maintenance.",
    usage: "drain NODE",
    flags: &[
        DRY_RUN,
        SELECTOR,
        Flag::new("delete-emptydir-data", Takes::Bool, "Go on even where pods use emptyDir"),
        Flag::new("disable-eviction", Takes::Bool, "Delete, without asking disruption budgets"),
        Flag::new("force", Takes::Bool, "Go on even where pods have no controller"),
        Flag::new("grace-period", Takes::Int, "Seconds of grace; -1 is each pod's own"),
        Flag::new("ignore-daemonsets", Takes::Bool, "Leave pods of DaemonSets where they are"),
        Flag::new("pod-selector", Takes::Text, "Label selector of the pods"),
        Flag::new("timeout", Takes::Duration, "How long to wait; 0 is for ever"),
        Flag::new("chunk-size", Takes::Int, "Accepted: lists are always whole"),
    ],
    run,
};

/// What the flags ask for.
struct Options {
    command: String,
    dry_run: DryRun,
    delete_empty_dir: bool,
    disable_eviction: bool,
    force: bool,
    ignore_daemon_sets: bool,
    grace: Option<i64>,
    pods: Selector,
    timeout: Option<Duration>,
    /// How long a request takes.
    request: Duration,
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let pods = args.text("pod-selector").unwrap_or_default();
    let pods = Selector::parse(pods)
        .map_err(|_| CliError::plain("--pod-selector=<pod_selector> must be a valid label selector"))?;
    let timeout = args.duration("timeout").filter(|timeout| !timeout.length.is_zero() && !timeout.negative);
    let options = Options {
        command: args.command().to_owned(),
        dry_run: DryRun::parse(args)?,
        delete_empty_dir: args.flag("delete-emptydir-data"),
        disable_eviction: args.flag("disable-eviction"),
        force: args.flag("force"),
        ignore_daemon_sets: args.flag("ignore-daemonsets"),
        grace: args.int("grace-period").filter(|seconds| *seconds >= 0),
        pods,
        timeout: timeout.map(|timeout| timeout.length),
        request: Duration::from_millis(env.cluster.engine().config().profile.request_ms),
    };
    let nodes = cordon::mark("drain", args, env, true)?;
    let mut task =
        Draining { options, nodes: nodes.into(), current: None, failed: Vec::new(), errors: Vec::new() };
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

/// How far a pod is.
enum Stage {
    /// It is asked to go at that time.
    Ask(SimTime),
    /// It is looked for at that time.
    Look(SimTime),
    /// It is gone, or given up.
    Done,
}

struct Leaving {
    key: ObjectKey,
    uid: String,
    stage: Stage,
}

/// The node that is being drained.
struct Current {
    name: String,
    pods: Vec<Leaving>,
    /// When waiting ends.
    end: Option<SimTime>,
    errors: Vec<String>,
}

/// Nodes are drained one after the other, a node's pods side by side.
struct Draining {
    options: Options,
    nodes: VecDeque<String>,
    current: Option<Current>,
    /// Nodes that could not be drained.
    failed: Vec<String>,
    errors: Vec<Vec<String>>,
}

impl Task for Draining {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        loop {
            let Some(mut current) = self.current.take() else {
                let Some(name) = self.nodes.pop_front() else { return self.end(env) };
                self.begin(name, env);
                continue;
            };
            for leaving in &mut current.pods {
                while self.options.advance(leaving, current.end, &mut current.errors, env) {}
            }
            if current.pods.iter().any(|leaving| !matches!(leaving.stage, Stage::Done)) {
                self.current = Some(current);
                return Ok(Progress::Waiting);
            }
            self.finish(current, env);
        }
    }

    fn deadline(&self) -> Option<SimTime> {
        let due = |leaving: &Leaving| match leaving.stage {
            Stage::Ask(at) | Stage::Look(at) => Some(at),
            Stage::Done => None,
        };
        self.current.iter().flat_map(|current| &current.pods).filter_map(due).min()
    }
}

impl Draining {
    /// Picks the node's pods, or says why they cannot all be picked.
    fn begin(&mut self, name: String, env: &mut Env<'_>) {
        let picked = self.options.pick(&name, env);
        let keys = match picked {
            Ok(keys) => keys,
            Err(errors) => return self.fail(name, errors, env),
        };
        if self.options.dry_run != DryRun::None {
            let suffix = self.options.dry_run.suffix();
            for (key, _) in &keys {
                env.out.line(format!("evicting pod {}/{}{suffix}", key.namespace, key.name));
            }
            env.out.line(format!("node/{name} drained{suffix}"));
            return;
        }
        let now = env.cluster.now();
        let start = now + self.options.request * 2;
        let leaving = |(key, uid)| Leaving { key, uid, stage: Stage::Ask(start) };
        self.current = Some(Current {
            name,
            pods: keys.into_iter().map(leaving).collect(),
            end: self.options.timeout.map(|timeout| now + timeout),
            errors: Vec::new(),
        });
    }

    fn finish(&mut self, current: Current, env: &mut Env<'_>) {
        if current.errors.is_empty() {
            return env.out.line(format!("node/{} drained", current.name));
        }
        // The second look neither warns nor fails again.
        let left = self.options.candidates(&current.name, env).0;
        if !left.is_empty() {
            env.out.err_line(format!(
                "There are pending pods in node \"{}\" when an error occurred: {}",
                current.name,
                joined(&current.errors)
            ));
            for (key, _) in left {
                env.out.err_line(format!("pod/{}", key.name));
            }
        }
        self.fail(current.name, current.errors, env);
    }

    fn fail(&mut self, name: String, errors: Vec<String>, env: &mut Env<'_>) {
        env.out.err_line(format!(
            "error: unable to drain node \"{name}\" due to error: {}, continuing command...",
            joined(&errors)
        ));
        self.failed.push(name);
        self.errors.push(errors);
    }

    fn end(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        if self.failed.is_empty() {
            return Ok(Progress::Done(0));
        }
        env.out.err_line("There are pending nodes to be drained:");
        for name in &self.failed {
            env.out.err_line(format!(" {name}"));
        }
        let lines: Vec<String> = match self.errors.as_slice() {
            [errors] => errors.clone(),
            several => several.iter().map(|errors| joined(errors)).collect(),
        };
        Err(CliError::Verbatim(lines.join("\n")))
    }
}

/// Several errors as Go's aggregate writes them.
fn joined(errors: &[String]) -> String {
    match errors {
        [only] => only.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

/// Pods to evict.
type Picked = Vec<(ObjectKey, String)>;
/// What stands in the way or is worth a warning, and of which pods.
type Notes = Vec<(&'static str, Vec<String>)>;

impl Options {
    fn pick(&self, node: &str, env: &mut Env<'_>) -> Result<Picked, Vec<String>> {
        let (picked, errors, warnings) = self.candidates(node, env);
        let line = |(what, pods): &(&str, Vec<String>)| format!("{what}: {}", pods.join(", "));
        if !errors.is_empty() {
            return Err(errors.iter().map(|error| format!("cannot delete {}", line(error))).collect());
        }
        if !warnings.is_empty() {
            let lines: Vec<String> = warnings.iter().map(line).collect();
            env.out.err_line(format!("Warning: {}", lines.join("; ")));
        }
        Ok(picked)
    }

    /// Models kubectl pkg/drain: GetPodsForDeletion and its filters.
    fn candidates(&self, node: &str, env: &Env<'_>) -> (Picked, Notes, Notes) {
        let (mut picked, mut errors, mut warnings) = (Picked::new(), Notes::new(), Notes::new());
        let pods = env.cluster.store().pods_on(node);
        for pod in pods.filter(|pod| self.pods.matches(meta::labels(&pod.metadata))) {
            let key = ObjectKey::of(&pod.metadata);
            match self.judge(pod) {
                Verdict::Skip => continue,
                Verdict::Error(what) => {
                    add(&mut errors, what, &key);
                    continue;
                }
                Verdict::Leave(what) => {
                    add(&mut warnings, what, &key);
                    continue;
                }
                Verdict::Warn(what) => add(&mut warnings, what, &key),
                Verdict::Go => {}
            }
            picked.push((key, meta::uid(&pod.metadata).to_owned()));
        }
        (picked, errors, warnings)
    }

    fn judge(&self, pod: &Pod) -> Verdict {
        if pod::mirrored(pod).is_some() {
            return Verdict::Skip;
        }
        if pod::is_terminal(pod) {
            return Verdict::Go;
        }
        let owner = meta::controller_of(&pod.metadata);
        if owner.is_some_and(|owner| owner.kind == "DaemonSet") {
            if self.ignore_daemon_sets {
                return Verdict::Leave("ignoring DaemonSet-managed Pods");
            }
            return Verdict::Error("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)");
        }
        let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        let local = volumes.into_iter().any(|volume| volume.empty_dir.is_some());
        if local && !self.delete_empty_dir {
            return Verdict::Error("Pods with local storage (use --delete-emptydir-data to override)");
        }
        match owner {
            // The last filter's verdict counts, so that of emptyDir is not warned of.
            Some(_) => Verdict::Go,
            None if self.force => Verdict::Warn("deleting Pods that declare no controller"),
            None => Verdict::Error("Pods that declare no controller (use --force to override)"),
        }
    }

    /// Takes one pod a step further; true when it may be taken another one at once.
    fn advance(
        &self,
        leaving: &mut Leaving,
        end: Option<SimTime>,
        errors: &mut Vec<String>,
        env: &mut Env<'_>,
    ) -> bool {
        let now = env.cluster.now();
        let late = end.is_some_and(|end| now >= end);
        let limit = go_duration(self.timeout.unwrap_or_default());
        let (namespace, name) = (&leaving.key.namespace, &leaving.key.name);
        match leaving.stage {
            Stage::Ask(at) if at <= now => {
                if !self.disable_eviction {
                    env.out.line(format!("evicting pod {namespace}/{name}"));
                }
                let place = format!("error when evicting pods/\"{name}\" -n \"{namespace}\"");
                if late {
                    errors.push(format!("{place}: global timeout reached: {limit}"));
                    leaving.stage = Stage::Done;
                    return false;
                }
                leaving.stage = match self.ask(&leaving.key, env) {
                    Ok(()) => Stage::Look(now),
                    Err(error) if error.is_not_found() => Stage::Done,
                    Err(error) if error.code() == 429 => {
                        env.out.err_line(format!("{place} (will retry after 5s): {error}"));
                        Stage::Ask(now + RETRY)
                    }
                    Err(error) => {
                        errors.push(format!("{place}: {error}"));
                        Stage::Done
                    }
                };
                true
            }
            Stage::Look(at) if at <= now => {
                let found = env.cluster.store().get(Kind::Pod, &leaving.key);
                if found.is_none_or(|found| found.uid() != leaving.uid) {
                    let how = if self.disable_eviction { "deleted" } else { "evicted" };
                    env.out.line(format!("pod/{name} {how}"));
                    leaving.stage = Stage::Done;
                } else if late {
                    errors.push(format!(
                        "error when waiting for pod \"{name}\" in namespace \"{namespace}\" to terminate: global \
                         timeout reached: {limit}"
                    ));
                    leaving.stage = Stage::Done;
                } else {
                    leaving.stage = Stage::Look(now + POLL);
                }
                false
            }
            _ => false,
        }
    }

    fn ask(&self, key: &ObjectKey, env: &mut Env<'_>) -> ApiResult<()> {
        let how = DeleteOptions { grace_period_seconds: self.grace, ..DeleteOptions::default() };
        env.cluster.act(&self.command, |api| {
            if self.disable_eviction {
                api.delete(Kind::Pod, key, &how).map(drop)
            } else {
                api.evict(key, &how)
            }
        })
    }
}

/// What becomes of a pod on the node.
enum Verdict {
    Go,
    /// It goes, with a warning.
    Warn(&'static str),
    /// It stays, with a warning.
    Leave(&'static str),
    /// It stays.
    Skip,
    /// Nothing goes.
    Error(&'static str),
}

fn add(notes: &mut Notes, what: &'static str, key: &ObjectKey) {
    let pod = format!("{}/{}", key.namespace, key.name);
    match notes.iter_mut().find(|(known, _)| *known == what) {
        Some((_, pods)) => pods.push(pod),
        None => notes.push((what, vec![pod])),
    }
}

//! [`World`]: a cluster with something of every kind, lines that are run on it, and what must hold of each.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use proptest::test_runner::TestCaseError;
use serde_json::Value;
use sim_core::api::{Kind, Object};
use sim_core::cluster::Cluster;
use sim_core::engine::{CauseKind, ClusterConfig, TimingProfile};
use sim_core::kubectl::args::Args;
use sim_core::kubectl::{
    self, Env, FileError, Files, Flow, Output, Progress, Stream, Task, Workstation, verbs,
};
use sim_core::store::{Change, ChangeType};

use crate::tape::Tape;

/// How many reconciles may follow one line within [`PATIENCE`]. What the world does in that time by itself takes
/// a few hundred.
const STEP_LIMIT: u64 = 20_000;
/// Who asks for more pods than these has more to be done than a test has time for, and the clock is left where it is.
const PODS_MAX: i64 = 1_000;
/// How long a line that waits is waited for, in virtual time.
const PATIENCE: Duration = Duration::from_secs(90);

/// A cluster and the machine in front of it.
#[derive(Clone)]
pub struct World {
    pub cluster: Cluster,
    workstation: Workstation,
    said: String,
}

/// A line with what it reads.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub words: Vec<String>,
    pub stdin: String,
    /// What the editor makes of the text.
    pub edited: String,
}

/// What became of a line.
pub struct Outcome {
    pub exit: u8,
    pub out: String,
    /// The changes that the line itself made.
    pub own: Vec<Change>,
}

struct Reader<'a>(&'a Line);

impl Files for Reader<'_> {
    fn read(&self, path: &str, _recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        match path {
            "" | "missing" => Err(FileError::NotFound),
            _ => Ok(vec![(path.to_owned(), self.0.stdin.clone())]),
        }
    }

    fn edit(&self, _name: &str, text: &str) -> Option<Result<String, String>> {
        Some(Ok(if self.0.edited.is_empty() { text.to_owned() } else { self.0.edited.clone() }))
    }
}

thread_local! {
    static BASE: RefCell<Option<World>> = const { RefCell::new(None) };
}

impl World {
    /// The world, as it always begins.
    pub fn base() -> World {
        BASE.with_borrow_mut(|base| base.get_or_insert_with(World::build).clone())
    }

    fn build() -> World {
        let mut config =
            ClusterConfig::for_profile(TimingProfile::named("instant").expect("it is built in"), 1);
        config.set_nodes("node", 2);
        let mut world =
            World { cluster: Cluster::new(config), workstation: Workstation::default(), said: String::new() };
        let line = Line {
            words: words("apply -f -"),
            stdin: include_str!("base.yaml").to_owned(),
            ..Line::default()
        };
        let outcome = world.run(&line).expect("the base is sound");
        assert_eq!(outcome.exit, 0, "{}", world.said);
        world.cluster.advance(Duration::from_secs(40));
        world.said.clear();
        world
    }

    /// An object of the cluster; every kind as likely as the others.
    pub fn live(&self, tape: &mut Tape<'_>) -> Value {
        let kinds: Vec<Kind> =
            Kind::ALL.iter().copied().filter(|kind| self.cluster.store().count(*kind) > 0).collect();
        let kind = kinds[tape.below(kinds.len())];
        let objects: Vec<&Object> = self.cluster.store().list(kind).collect();
        objects[tape.below(objects.len())].to_value()
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// The clock hangs, or a component panics.
    pub fn pass(&mut self, time: Duration) -> Result<(), TestCaseError> {
        let end = self.cluster.now() + time;
        let first = self.cluster.engine().steps();
        self.guarded(|world| {
            while world.cluster.next_time().is_some_and(|next| next <= end) {
                world.cluster.step();
                if world.cluster.engine().steps() - first > STEP_LIMIT {
                    return world.stopped();
                }
            }
            world.cluster.advance_to(end);
            Ok(())
        })?
    }

    /// Why there are more reconciles than [`STEP_LIMIT`].
    ///
    /// # Errors
    /// Nothing asks for that many pods.
    fn stopped(&self) -> Result<(), TestCaseError> {
        let asked = |kind: Kind, path: &'static str| {
            let objects = self.cluster.store().list(kind).map(Object::to_value);
            objects.filter_map(move |value| value.pointer(path).and_then(Value::as_i64)).sum::<i64>()
        };
        let pods = asked(Kind::StatefulSet, "/spec/replicas")
            + asked(Kind::ReplicaSet, "/spec/replicas")
            + asked(Kind::Job, "/spec/parallelism");
        self.expect(pods > PODS_MAX, "the clock hangs")
    }

    /// Runs a line to its end, and checks what must hold of any line.
    ///
    /// # Errors
    /// What does not hold.
    pub fn run(&mut self, line: &Line) -> Result<Outcome, TestCaseError> {
        self.said.push_str(&format!("$ {:?}\n", line.words));
        if !line.stdin.is_empty() {
            self.said.push_str(&format!("<< {}\n", line.stdin));
        }
        if !line.edited.is_empty() {
            self.said.push_str(&format!("edited: {}\n", line.edited));
        }
        let before = self.cluster.store().revision();
        let (exit, output) = self.guarded(|world| world.finish(line))??;
        let (out, err) = (output.text(Stream::Out), output.text(Stream::Err));
        self.said.push_str(&format!("{out}! {err}exit {exit}\n"));
        let own = self.own_changes(before);
        let outcome = Outcome { exit, out, own };
        self.check(line, &outcome)?;
        Ok(outcome)
    }

    fn finish(&mut self, line: &Line) -> Result<(u8, Output), TestCaseError> {
        let mut output = Output::default();
        let files = Reader(line);
        let (give_up, first) = (self.cluster.now() + PATIENCE, self.cluster.engine().steps());
        let mut env = Env {
            cluster: &mut self.cluster,
            namespace: "default",
            files: &files,
            stdin: Some(&line.stdin),
            workstation: &mut self.workstation,
            out: &mut output,
        };
        let mut flow = kubectl::start(&line.words, &mut env);
        loop {
            match flow {
                Flow::Done(code) => return Ok((code, output)),
                Flow::Task(ref mut task) => {
                    let mut env = Env {
                        cluster: &mut self.cluster,
                        namespace: "default",
                        files: &files,
                        stdin: None,
                        workstation: &mut self.workstation,
                        out: &mut output,
                    };
                    if task.prompt().is_some() {
                        task.input(None, &mut env);
                    }
                    if let Some(code) = wait(task.as_mut(), &mut env, give_up) {
                        flow = Flow::Done(code);
                    }
                }
            }
            if self.cluster.engine().steps() - first > STEP_LIMIT {
                self.stopped()?;
                return Ok((0, output));
            }
        }
    }

    /// What the user's own commands changed after `revision`, without what followed from it.
    fn own_changes(&self, revision: u64) -> Vec<Change> {
        let causes = self.cluster.engine().causes();
        let is_own = |change: &&Change| {
            causes.get(change.cause).is_some_and(|cause| matches!(cause.kind, CauseKind::Command(_)))
        };
        self.cluster.store().log().since(revision).filter(is_own).cloned().collect()
    }

    /// What holds of every line: reading and trying write nothing, what fails writes nothing that it does not
    /// tell of, and what is told happened.
    fn check(&self, line: &Line, outcome: &Outcome) -> Result<(), TestCaseError> {
        let told = |name: &str| outcome.out.contains(name);
        let parsed = verbs::find(&line.words)
            .and_then(|(verb, rest)| Ok((verb.name, Args::parse(verb.name, verb.flags, &rest)?)));
        let Ok((verb, args)) = parsed else {
            return self.expect(outcome.own.is_empty(), "a line that cannot be read wrote something");
        };
        if matches!(args.text("dry-run"), Some("client" | "server")) {
            self.expect(outcome.own.is_empty(), "a dry run wrote something")?;
        }
        if READERS.contains(&verb) {
            self.expect(outcome.own.is_empty(), "a reading verb wrote something")?;
        }
        if args.flag("local") {
            return self.expect(outcome.own.is_empty(), "a local change wrote something");
        }
        if outcome.exit != 0 && !matches!(verb, "drain" | "run" | "debug") {
            // A quota changes within the request that it is charged for.
            let quota = |change: &&Change| matches!(change.object, Object::ResourceQuota(_));
            for change in outcome.own.iter().filter(|change| !quota(change)) {
                let name = change.object.meta().name.as_deref().unwrap_or_default();
                let is_text =
                    args.text("output").is_none_or(|output| matches!(output, "" | "name" | "yaml" | "json"));
                let is_told = told(name) || (!is_text && !outcome.out.is_empty());
                self.expect(is_told, &format!("a failing line changed {name} and did not say so"))?;
            }
        }
        for said in outcome.out.lines() {
            self.happened(said, outcome)?;
        }
        Ok(())
    }

    /// Checks one sentence such as `pod/web-0 patched`.
    fn happened(&self, said: &str, outcome: &Outcome) -> Result<(), TestCaseError> {
        let mut words = said.splitn(2, ' ');
        let (Some(place), Some(what)) = (words.next(), words.next()) else { return Ok(()) };
        let Some((_, name)) = place.split_once('/') else { return Ok(()) };
        let made = |kind: &[ChangeType]| {
            outcome.own.iter().any(|change| {
                kind.contains(&change.change) && change.object.meta().name.as_deref() == Some(name)
            })
        };
        let (expected, really) = match what {
            "created" | "exposed" | "autoscaled" => (true, made(&[ChangeType::Added])),
            // `configured` and `edited` are said of changes that the API server drops, too.
            "patched" | "labeled" | "unlabeled" => {
                // The last change of an object that waits for its finalizers takes it away.
                (true, made(&[ChangeType::Modified, ChangeType::Deleted]))
            }
            "unchanged" | "patched (no change)" | "not labeled" if outcome.out.lines().count() == 1 => {
                (false, made(&[ChangeType::Modified, ChangeType::Added, ChangeType::Deleted]))
            }
            _ => return Ok(()),
        };
        self.expect(expected == really, &format!("{said:?} is not what happened"))
    }

    /// What was stored can be read, described and stored again as it is.
    ///
    /// # Errors
    /// What does not hold.
    pub fn stored_is_sound(&mut self, outcome: &Outcome) -> Result<(), TestCaseError> {
        for change in outcome.own.iter().rev().take(3) {
            let reference = change.object.reference();
            let Some(object) = self.cluster.store().get(reference.kind, &reference.key).cloned() else {
                continue;
            };
            let info = reference.kind.info();
            let place = format!("{}/{}", info.qualified_plural(), reference.key.name);
            let at = |verb: &str, rest: &str| {
                let mut line = words(verb);
                line.extend([place.clone(), format!("--namespace={}", reference.key.namespace)]);
                line.extend(words(rest));
                Line { words: line, ..Line::default() }
            };
            let shown = self.run(&at("get", "-o yaml --show-managed-fields"))?;
            let version = format!("resourceVersion: \"{}\"", object.revision());
            self.expect(shown.exit == 0 && shown.out.contains(&version), "what was stored cannot be read")?;
            for (verb, rest) in [("get", "-o wide"), ("describe", "")] {
                let exit = self.run(&at(verb, rest))?.exit;
                self.expect(exit == 0, "what was stored cannot be shown")?;
            }
            let again =
                Line { words: words("replace --dry-run=server -f -"), stdin: shown.out, ..Line::default() };
            let exit = self.run(&again)?.exit;
            self.expect(exit == 0, "what was stored is refused")?;
        }
        Ok(())
    }

    fn guarded<T>(&mut self, act: impl FnOnce(&mut World) -> T) -> Result<T, TestCaseError> {
        let result = catch_unwind(AssertUnwindSafe(|| act(self)));
        result.map_err(|_| self.failure("panic"))
    }

    fn expect(&self, holds: bool, what: &str) -> Result<(), TestCaseError> {
        if holds { Ok(()) } else { Err(self.failure(what)) }
    }

    fn failure(&self, what: &str) -> TestCaseError {
        TestCaseError::fail(format!("{what}, after\n{}", self.said))
    }
}

/// Verbs that change no object.
const READERS: &[&str] = &[
    "api-resources",
    "api-versions",
    "auth can-i",
    "auth whoami",
    "cluster-info",
    "config current-context",
    "config get-contexts",
    "config set-context",
    "config use-context",
    "config view",
    "cp",
    "describe",
    "diff",
    "events",
    "exec",
    "explain",
    "get",
    "kustomize",
    "logs",
    "options",
    "port-forward",
    "rollout history",
    "rollout status",
    "top node",
    "top pod",
    "version",
    "wait",
    "attach",
];

/// Moves the clock to the next moment at which `task` may end; its exit code when it did.
fn wait(task: &mut dyn Task, env: &mut Env<'_>, give_up: sim_core::api::SimTime) -> Option<u8> {
    let due = env.cluster.next_time();
    let next = match (due, task.deadline()) {
        (Some(due), Some(deadline)) => Some(due.min(deadline)),
        (due, deadline) => due.or(deadline),
    };
    match next.filter(|next| *next <= give_up) {
        Some(next) if due.is_some_and(|due| due <= next) => {
            env.cluster.step();
        }
        Some(next) => env.cluster.advance_to(next),
        None => {
            task.interrupt(env);
            return Some(130);
        }
    }
    match kubectl::poll(task, env) {
        Progress::Done(code) => Some(code),
        Progress::Waiting => None,
    }
}

/// A line's words, where nothing is quoted.
pub fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

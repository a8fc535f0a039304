//! Plays a recording's steps against a cluster of the recorder's kind.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use sim_core::api::{Kind, ObjectKey, SimTime};
use sim_core::apiserver::DeleteOptions;
use sim_core::cluster::{Cluster, Fault};
use sim_core::engine::ClusterConfig;
use sim_core::kubectl::{self, Env, FileError, Files, Flow, Output, Progress, Stream, Task, Workstation};
use sim_core::kubelet::RecorderMode;

use super::recording::{Recording, Step};
use super::trace;
use crate::files::SCHEMA;

/// How long a kubectl process takes before its request arrives, as the recordings' times show.
const KUBECTL_STARTS: Duration = Duration::from_millis(50);
/// How often the recorder looked whether an `until` holds, beside the time kubectl takes.
const UNTIL_POLLS: Duration = Duration::from_millis(100);
/// How long an `until` waits when it does not say.
const UNTIL_WAITS_SECONDS: u64 = 60;
/// How long a command without deadline may wait before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(600);

/// What one line printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub exit: u8,
}

/// What came of a recording's steps.
#[derive(Debug, Default)]
pub struct Played {
    /// What each step printed; a step that prints nothing has `None`.
    pub printed: Vec<Option<Printed>>,
    /// For each step, whether it was an `until` that gave up.
    pub timed_out: Vec<bool>,
    /// What the watches would have noted.
    pub trace: Vec<Value>,
    /// The objects at the end, `(kind, object)`.
    pub end: Vec<(String, Value)>,
}

/// No files, but the descriptions that a real API server serves.
struct OnlySchema;

impl Files for OnlySchema {
    fn read(&self, _path: &str, _recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        Err(FileError::NotFound)
    }

    fn schema(&self) -> Option<&str> {
        Some(SCHEMA)
    }
}

/// A `get -w` that prints until the scenario ends.
struct Watcher {
    step: usize,
    task: Box<dyn Task>,
    out: Output,
}

struct Player {
    cluster: Cluster,
    workstation: Workstation,
    watchers: Vec<Watcher>,
    seen: u64,
    trace: Vec<Value>,
}

/// By how much two seeds' beginnings differ within a second.
const PHASE: Duration = Duration::from_millis(125);

/// Plays `recording` on a cluster of the recorder's kind.
///
/// # Errors
/// A step that the format does not have.
pub fn play(recording: &Recording, config: ClusterConfig) -> anyhow::Result<Played> {
    let phase = PHASE * u32::try_from(config.seed % 8).unwrap_or_default();
    let mut cluster = Cluster::new(config);
    if !has_kubernetes_service(recording) {
        let key = ObjectKey::new("default", "kubernetes");
        // It is there: a new cluster has it.
        let _ = cluster.act("clean up", |api| api.delete(Kind::Service, &key, &DeleteOptions::default()));
    }
    let seen = cluster.store().revision();
    let workstation = Workstation::default();
    let mut player = Player { cluster, workstation, watchers: Vec::new(), seen, trace: Vec::new() };
    // Kubernetes' times are whole seconds, and a recording began at any part of one.
    player.run_for(phase);
    let mut played = Played::default();
    for (number, step) in recording.transcript.iter().enumerate() {
        let (printed, timed_out) =
            player.step(number, step).with_context(|| format!("step {}", number + 1))?;
        played.printed.push(printed);
        played.timed_out.push(timed_out);
    }
    for watcher in player.watchers {
        let printed = Printed { stdout: watcher.out.text(Stream::Out), ..Printed::default() };
        played.printed[watcher.step] = Some(printed);
    }
    played.trace = player.trace;
    for (kind, objects) in &recording.end {
        let Some(known) = sim_core::api::Kind::ALL.iter().find(|known| known.name() == kind) else {
            continue;
        };
        let _ = objects;
        for object in player.cluster.store().list(*known) {
            played.end.push((kind.clone(), object.to_value()));
        }
    }
    Ok(played)
}

/// Whether the recorded cluster had the API server's own Service when the scenario first listed Services.
///
/// The recorder cleaned up between scenarios by deleting all Services, this one too; the API server puts it
/// back at its next look, which comes every 10 s.
fn has_kubernetes_service(recording: &Recording) -> bool {
    let lists = |step: &&Step| {
        let line = step.run.as_deref().unwrap_or_default();
        line.contains("get all") || line.split([' ', ',']).any(|word| word == "svc")
    };
    let first = recording.transcript.iter().filter(|step| step.run.is_some()).find(lists);
    first.is_none_or(|step| step.stdout.contains("service/kubernetes"))
}

impl Player {
    fn step(&mut self, number: usize, step: &Step) -> anyhow::Result<(Option<Printed>, bool)> {
        if let Some(line) = &step.run {
            self.run_for(KUBECTL_STARTS);
            return Ok((Some(self.kubectl(line, step.stdin.as_deref())?), false));
        }
        let Some(act) = &step.act else { bail!("neither run nor do") };
        let word = act.first().and_then(Value::as_str).unwrap_or_default();
        let text = |at: usize| act.get(at).and_then(Value::as_str).unwrap_or_default();
        let flag = |at: usize| act.get(at).and_then(Value::as_bool).unwrap_or_default();
        match word {
            "sleep" => self.run_for(seconds(act.get(1))),
            "until" => {
                let limit = act.get(3).map_or(Duration::from_secs(UNTIL_WAITS_SECONDS), |s| seconds(Some(s)));
                let held = self.until(text(1), text(2), limit)?;
                return Ok((None, !held));
            }
            "mode" => {
                self.fault(Fault::RecorderMode { pod: text(1).into(), mode: RecorderMode::named(text(2)) })?
            }
            "ready" => self.fault(Fault::RecorderReady { pod: pod(text(1)), ready: flag(2) })?,
            "phase" => self.fault(Fault::RecorderPhase { pod: pod(text(1)), phase: text(2).into() })?,
            "dead" => self.fault(Fault::RecorderDead { node: text(1).into() })?,
            "alive" => self.fault(Fault::RecorderAlive)?,
            "watch" => self.watch(number, text(1))?,
            other => bail!("the format has no \"{other}\""),
        }
        Ok((None, false))
    }

    fn fault(&mut self, fault: Fault) -> anyhow::Result<()> {
        // A pod that is gone by then is part of some recordings.
        let _ = self.cluster.fault(fault);
        self.note();
        Ok(())
    }

    fn kubectl(&mut self, line: &str, stdin: Option<&str>) -> anyhow::Result<Printed> {
        let words = words(line)?;
        let mut out = Output::default();
        let flow =
            kubectl::start(&words, &mut env(&mut self.cluster, &mut self.workstation, stdin, &mut out));
        self.note();
        let exit = match flow {
            Flow::Done(code) => code,
            Flow::Task(mut task) => self.wait_for(task.as_mut(), &mut out)?,
        };
        Ok(Printed { stdout: out.text(Stream::Out), stderr: out.text(Stream::Err), exit })
    }

    fn wait_for(&mut self, task: &mut dyn Task, out: &mut Output) -> anyhow::Result<u8> {
        let give_up = self.cluster.now() + PATIENCE;
        loop {
            if let Progress::Done(code) =
                kubectl::poll(task, &mut env(&mut self.cluster, &mut self.workstation, None, out))
            {
                self.note();
                return Ok(code);
            }
            let next = [self.cluster.next_time(), task.deadline()].into_iter().flatten().min();
            match next {
                Some(next) if next <= give_up => self.move_to(next),
                _ => {
                    out.err_line("(the command would wait for ever)");
                    return Ok(124);
                }
            }
        }
    }

    fn until(&mut self, line: &str, wanted: &str, limit: Duration) -> anyhow::Result<bool> {
        let end = self.cluster.now() + limit;
        while self.cluster.now() < end {
            self.run_for(KUBECTL_STARTS);
            if self.kubectl(line, None)?.stdout.trim() == wanted {
                return Ok(true);
            }
            self.run_for(UNTIL_POLLS);
        }
        Ok(false)
    }

    fn watch(&mut self, step: usize, line: &str) -> anyhow::Result<()> {
        self.run_for(KUBECTL_STARTS);
        let words = words(line)?;
        let mut out = Output::default();
        if let Flow::Task(task) =
            kubectl::start(&words, &mut env(&mut self.cluster, &mut self.workstation, None, &mut out))
        {
            self.watchers.push(Watcher { step, task, out });
        }
        // The recorder gave a watch time to print its list.
        self.run_for(Duration::from_millis(600));
        Ok(())
    }

    fn run_for(&mut self, duration: Duration) {
        let end = self.cluster.now() + duration;
        while let Some(next) = self.cluster.next_time().filter(|next| *next <= end) {
            self.move_to(next);
        }
        self.cluster.advance_to(end);
    }

    fn move_to(&mut self, time: SimTime) {
        if self.cluster.next_time().is_some_and(|next| next <= time) {
            self.cluster.step();
        } else {
            self.cluster.advance_to(time);
        }
        self.note();
    }

    /// Notes what changed, and lets the watches print it.
    fn note(&mut self) {
        let store = self.cluster.store();
        if store.revision() == self.seen {
            return;
        }
        self.trace.extend(store.log().since(self.seen).map(trace::entry));
        self.seen = store.revision();
        for watcher in &mut self.watchers {
            kubectl::poll(
                watcher.task.as_mut(),
                &mut env(&mut self.cluster, &mut self.workstation, None, &mut watcher.out),
            );
        }
    }
}

fn env<'a>(
    cluster: &'a mut Cluster,
    workstation: &'a mut Workstation,
    stdin: Option<&'a str>,
    out: &'a mut Output,
) -> Env<'a> {
    Env { cluster, namespace: "default", files: &OnlySchema, stdin, workstation, out }
}

fn words(line: &str) -> anyhow::Result<Vec<String>> {
    // The recorder split its lines without quotes' protection for `\t`, as Python's shlex does; so does this.
    let mut words = shlex::split(line).with_context(|| format!("cannot split: {line}"))?;
    if words.first().is_some_and(|word| word == "kubectl") {
        words.remove(0);
    }
    Ok(words)
}

fn pod(name: &str) -> ObjectKey {
    ObjectKey::new("default", name)
}

fn seconds(value: Option<&Value>) -> Duration {
    let text = value.map(Value::to_string).unwrap_or_default();
    let millis = text.parse::<f64>().map_or(0.0, |seconds| seconds * 1000.0);
    Duration::from_millis(millis as u64)
}

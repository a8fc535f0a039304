//! Commands that the kubelet runs in a container to their end: exec probes and hooks.

use std::time::Duration;

use super::Runtime;
use super::exec::new_process;
use super::host::ContainerHost;
use super::shell::ProcessState;
use crate::api::{ObjectKey, SimTime};
use crate::store::Store;

/// How a command went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// It ended by itself.
    Exited {
        /// Its exit code.
        code: i32,
        /// All that it printed.
        output: String,
        /// How long it took.
        took: Duration,
    },
    /// It was still running at its deadline, or waited for input that never comes.
    TimedOut,
    /// It could not be started, in the runtime's words.
    NotStarted(String),
}

impl Runtime {
    /// Runs a command in a container to its end. What it sleeps is added up, the clock does not move:
    /// its effects are those of `now`.
    pub fn run_command(
        &mut self,
        pod: &ObjectKey,
        container: &str,
        argv: Vec<String>,
        store: &Store,
        now: SimTime,
        timeout: Duration,
    ) -> CommandOutcome {
        let running = self.container(pod, container).filter(|container| container.is_running());
        let Some(config) = running.map(|container| container.config.clone()) else {
            return CommandOutcome::NotStarted("container not running".to_owned());
        };
        let mut process = match new_process(&config, argv) {
            Ok(process) => process,
            Err(error) => return CommandOutcome::NotStarted(error.to_string()),
        };
        let (mut time, deadline) = (now, now + timeout);
        let mut output = String::new();
        // A process that only computes comes back without time passing; the bound keeps that finite.
        for _ in 0..10_000 {
            let Some(mut host) = ContainerHost::new(self, store, pod, container, time) else {
                return CommandOutcome::NotStarted("container not running".to_owned());
            };
            let state = process.run(&mut host);
            let signals = host.finish();
            output.extend(process.take_output().into_iter().map(|(_, text)| text));
            self.deliver(pod, container, &signals, store, now);
            match state {
                ProcessState::Exited(code) => {
                    return CommandOutcome::Exited { code, output, took: time.since(now) };
                }
                ProcessState::SleepingUntil(at) if at <= deadline => time = time.max(at),
                ProcessState::SleepingUntil(_) | ProcessState::WaitingForInput => break,
            }
        }
        CommandOutcome::TimedOut
    }
}

//! Ending containers and pods: hooks, SIGTERM, SIGKILL, removal.
//!
//! Models pkg/kubelet/kuberuntime: killContainer, and pkg/kubelet: syncTerminatingPod.

use std::time::Duration;

use k8s_openapi::api::core::v1::LifecycleHandler;

use super::probe::gateway;
use super::worker::{Ending, HookEnd, Role, Slot, Stopping, Sync};
use crate::api::{Kind, meta};
use crate::apiserver::{DeleteOptions, Preconditions};
use crate::engine::{EventType, Pace, ReconcileError};
use crate::network::http::HttpRequest;
use crate::runtime::{CommandOutcome, SIGKILL, SIGTERM};

/// A pod whose grace is shorter is still given this long. Upstream: minimumGracePeriodInSeconds.
const LEAST_GRACE: i64 = 2;

fn whole_seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

impl Sync<'_, '_> {
    /// Begins to end a running container: hook, then SIGTERM, then SIGKILL after the grace period.
    pub(super) fn stop_container(&mut self, index: usize, grace_seconds: i64, why: &str) {
        let slot = &self.worker.slots[index];
        if !slot.is_running() || slot.stopping.is_some() {
            return;
        }
        self.event(Some(index), EventType::Normal, "Killing", why);
        let now = self.now();
        let hook = self.container_spec(index).and_then(|spec| spec.lifecycle.as_ref()?.pre_stop.clone());
        let grace = whole_seconds(grace_seconds);
        // Without grace there is no time for a hook.
        let hook = hook.filter(|_| !grace.is_zero()).map(|hook| self.run_hook(index, &hook, grace));
        let (took, end) = hook.unwrap_or((Duration::ZERO, HookEnd::Succeeded));
        // What the hook took is taken from the grace period, down to two seconds.
        let left = grace.saturating_sub(took).max(whole_seconds(LEAST_GRACE.min(grace_seconds)));
        let term_at = now + took;
        let kill_at = term_at + left;
        let hook_fails_at = match end {
            HookEnd::Succeeded => None,
            HookEnd::Failed => Some(term_at),
            HookEnd::Unfinished => Some(kill_at),
        };
        let stopping = Stopping { term_at, term_sent: false, kill_at, hook_fails_at };
        self.worker.slots[index].stopping = Some(stopping);
        self.pursue_stop(index);
    }

    /// Tells that the preStop hook failed: when it did, or once the container that it ran in has ended.
    ///
    /// Models pkg/kubelet/kuberuntime: executePreStopHook.
    pub(super) fn tell_failed_hook(&mut self, index: usize, has_ended: bool) {
        let now = self.now();
        let Some(stopping) = self.worker.slots[index].stopping.as_mut() else { return };
        if stopping.hook_fails_at.is_some_and(|at| at <= now || has_ended) {
            stopping.hook_fails_at = None;
            self.event(Some(index), EventType::Warning, "FailedPreStopHook", "PreStopHook failed");
        }
    }

    /// Runs a hook; answers how long it takes and how it ends.
    pub(super) fn run_hook(
        &mut self,
        index: usize,
        hook: &LifecycleHandler,
        limit: Duration,
    ) -> (Duration, HookEnd) {
        let name = self.worker.slots[index].name.clone();
        let (now, store) = (self.now(), self.context.view);
        if let Some(sleep) = &hook.sleep {
            return (whole_seconds(sleep.seconds).min(limit), HookEnd::Succeeded);
        }
        if let Some(action) = &hook.exec {
            let command = action.command.clone().unwrap_or_default();
            return match self.runtime.run_command(self.key, &name, command, store, now, limit) {
                CommandOutcome::Exited { code: 0, took, .. } => (took, HookEnd::Succeeded),
                CommandOutcome::Exited { took, .. } => (took, HookEnd::Failed),
                CommandOutcome::TimedOut => (limit, HookEnd::Unfinished),
                CommandOutcome::NotStarted(_) => (Duration::ZERO, HookEnd::Failed),
            };
        }
        if let Some(action) = &hook.http_get
            && let Some(port) = self.port(index, &action.port)
        {
            let host =
                action.host.clone().filter(|host| !host.is_empty()).unwrap_or_else(|| self.worker.ip.clone());
            let request = HttpRequest::get(action.path.as_deref().unwrap_or("/"));
            let from = gateway(&self.worker.ip);
            let answer = self.runtime.request(store, Some(self.key), (&host, port), &from, &request, now);
            return match answer {
                Ok((_, latency)) => (latency.min(limit), HookEnd::Succeeded),
                Err(_) => (Duration::ZERO, HookEnd::Failed),
            };
        }
        (Duration::ZERO, HookEnd::Succeeded)
    }

    /// Whether a sidecar has to run on while the pod ends: those that it serves end first.
    ///
    /// Models pkg/kubelet/kuberuntime: terminationOrdering.
    fn is_needed(&self, index: usize) -> bool {
        let slots = &self.worker.slots;
        let later = slots.iter().enumerate().skip(index + 1);
        slots[index].is_init()
            && later.into_iter().any(|(_, slot)| slot.is_running() && slot.role != Role::Ephemeral)
    }

    /// Ends what runs beside the pod's containers once those are done; true when nothing runs any more.
    pub(super) fn stop_companions(&mut self) -> bool {
        let grace = self.spec.termination_grace_period_seconds.unwrap_or(30);
        self.stop_running(grace)
    }

    /// Ends what runs, sidecars last; true when nothing runs any more.
    pub(super) fn stop_running(&mut self, grace: i64) -> bool {
        for index in 0..self.worker.slots.len() {
            if self.worker.slots[index].is_running() {
                let text = format!("Stopping container {}", self.worker.slots[index].name);
                self.stop_container(index, grace, &text);
            }
        }
        for _ in 0..self.worker.slots.len() {
            for index in (0..self.worker.slots.len()).rev() {
                self.pursue_stop(index);
            }
            if !self.notice_ends() {
                break;
            }
        }
        !self.worker.slots.iter().any(Slot::is_running)
    }

    /// Sends the signals that are due to a container that is being ended.
    pub(super) fn pursue_stop(&mut self, index: usize) {
        let now = self.now();
        if self.worker.slots[index].is_running() {
            self.tell_failed_hook(index, false);
        }
        let ends = self.worker.ending.is_some() || self.worker.failure.is_some() || self.mains_are_done();
        let needed = ends && self.is_needed(index);
        let slot = &mut self.worker.slots[index];
        let Some(stopping) = slot.stopping.as_mut().filter(|_| slot.stage == super::worker::Stage::Running)
        else {
            return;
        };
        let name = slot.name.clone();
        if needed && now < stopping.kill_at {
            let kill_at = stopping.kill_at;
            return self.wake(kill_at, Pace::Progress);
        }
        let mut signal = None;
        if now >= stopping.kill_at {
            signal = Some(SIGKILL);
        } else if now >= stopping.term_at && !stopping.term_sent {
            stopping.term_sent = true;
            let image = slot.image.as_ref();
            signal = Some(image.map_or(SIGTERM, |image| image.spec.stop_signal));
        }
        let next = if stopping.term_sent { stopping.kill_at } else { stopping.term_at };
        if let Some(signal) = signal {
            self.runtime.signal(self.key, &name, signal, now);
            // What the signal does shows at once, or when the program is done with it.
            let store = self.context.view;
            if let Some(at) = self.runtime.advance(self.key, store, now) {
                self.wake(at, Pace::Progress);
            }
        }
        if next > now {
            self.wake(next, Pace::Progress);
        }
    }

    /// Takes a terminating pod towards its removal.
    ///
    /// # Errors
    /// The API server's refusals.
    pub(super) fn end_pod(&mut self) -> Result<(), ReconcileError> {
        let grace = self.pod.metadata.deletion_grace_period_seconds.unwrap_or(30);
        let ending = match self.worker.ending {
            Some(ending) if grace >= ending.grace_seconds => ending,
            Some(ending) => {
                self.shorten_grace(grace);
                Ending { grace_seconds: grace, ..ending }
            }
            None => {
                self.worker.ending = Some(Ending { grace_seconds: grace, gone_at: None });
                self.stop_all(grace);
                Ending { grace_seconds: grace, gone_at: None }
            }
        };
        self.worker.ending = Some(ending);
        // What ends makes way for the sidecars before it, at the same moment.
        for _ in 0..=self.worker.slots.len() {
            for index in 0..self.worker.slots.len() {
                self.pursue_stop(index);
            }
            if !self.notice_ends() {
                break;
            }
        }
        if self.worker.slots.iter().any(|slot| slot.is_running()) {
            return Ok(());
        }
        let now = self.now();
        let gone_at = match ending.gone_at {
            Some(gone_at) => gone_at,
            None => now + self.context.config.profile.teardown.draw(self.context.random),
        };
        self.worker.ending = Some(Ending { gone_at: Some(gone_at), ..ending });
        if gone_at > now {
            self.wake(gone_at, Pace::Progress);
            return Ok(());
        }
        self.worker.terminal = true;
        self.worker.sandbox_up = false;
        Ok(())
    }

    fn stop_all(&mut self, grace: i64) {
        for index in 0..self.worker.slots.len() {
            let slot = &mut self.worker.slots[index];
            if slot.hook.take().is_some() {
                slot.stage = super::worker::Stage::Running;
            }
            if slot.is_running() {
                let text = format!("Stopping container {}", slot.name);
                // A restart that was under way gives way to the pod's own end.
                slot.stopping = None;
                self.stop_container(index, grace, &text);
            } else if slot.is_busy() {
                slot.stage = super::worker::Stage::Waiting;
            }
        }
    }

    fn shorten_grace(&mut self, grace: i64) {
        let deadline = self.now() + whole_seconds(grace);
        for slot in &mut self.worker.slots {
            if let Some(stopping) = slot.stopping.as_mut() {
                stopping.kill_at = stopping.kill_at.min(deadline);
                stopping.term_at = stopping.term_at.min(deadline);
            }
        }
    }

    /// Removes a pod that has ended from the API server.
    ///
    /// # Errors
    /// The API server's refusals.
    pub(super) fn delete_pod(&mut self) -> Result<(), ReconcileError> {
        let uid = Some(meta::uid(&self.pod.metadata).to_owned());
        let preconditions = Preconditions { uid, ..Preconditions::default() };
        let options =
            DeleteOptions { grace_period_seconds: Some(0), preconditions, ..DeleteOptions::default() };
        match self.context.api.delete(Kind::Pod, self.key, &options) {
            Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

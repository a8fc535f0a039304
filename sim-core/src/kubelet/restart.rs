//! Which containers are started again once they end: policies, rules, and the restart of all at once.
//!
//! Models pkg/api/v1/pod (ContainerShouldRestart, FindMatchingContainerRestartRule), and of pkg/kubelet:
//! ShouldAllContainersRestart and what SyncPod does then. KEP-5307, KEP-5532.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container as ContainerSpec, ContainerRestartRule, PodSpec};

use super::worker::{Ended, RELIST, Role, Slot, Stage, Stopping, Sync, Waiting};
use crate::api::SimTime;
use crate::engine::{EventType, Pace};
use crate::runtime::Exit;

/// Why a container waits, or ended, whose pod starts all its containers again.
pub(super) const RESTARTING_ALL: &str = "RestartingAllContainers";
const REMOVED: &str = "The container is removed because RestartAllContainers in place";
/// The action of a rule that starts all containers again.
const RESTART_ALL: &str = "RestartAllContainers";
/// How long a container has to end then. Upstream: minimumGracePeriodInSeconds.
const GRACE: Duration = Duration::from_secs(2);

/// The first of the container's rules that is about the exit code.
fn matching_rule(container: &ContainerSpec, code: i32) -> Option<&ContainerRestartRule> {
    container.restart_policy_rules.iter().flatten().find(|rule| {
        rule.exit_codes.as_ref().is_some_and(|codes| {
            let listed = codes.values.as_ref().is_some_and(|values| values.contains(&code));
            match codes.operator.as_str() {
                "In" => listed,
                "NotIn" => !listed,
                _ => false,
            }
        })
    })
}

/// Whether a container that ended with that code is started again: its rules first, then its own policy, then the
/// pod's.
pub(super) fn should_restart(container: &ContainerSpec, spec: &PodSpec, code: i32) -> bool {
    let own = container.restart_policy.as_deref();
    if own.is_some() && matching_rule(container, code).is_some() {
        return true;
    }
    match own.or(spec.restart_policy.as_deref()) {
        Some("Never") => false,
        Some("OnFailure") => code != 0,
        _ => true,
    }
}

/// Whether the end of a container can start all of the pod's again.
pub(super) fn could_restart_all(spec: &PodSpec) -> bool {
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    containers.flat_map(|container| container.restart_policy_rules.iter().flatten()).any(is_for_all)
}

fn is_for_all(rule: &ContainerRestartRule) -> bool {
    rule.action == RESTART_ALL
}

impl Sync<'_, '_> {
    /// Whether the container is a sidecar: an init container that runs beside the others.
    pub(super) fn is_sidecar(&self, index: usize) -> bool {
        self.worker.slots.get(index).is_some_and(Slot::is_init)
            && self.container_spec(index).and_then(|spec| spec.restart_policy.as_deref()) == Some("Always")
    }

    /// Models pkg/kubelet/container: ShouldContainerBeRestarted.
    pub(super) fn should_restart(&self, index: usize) -> bool {
        let slot = &self.worker.slots[index];
        let code = slot.ended.as_ref().map_or(0, |ended| ended.exit.code);
        match self.container_spec(index) {
            _ if self.worker.ending.is_some() || slot.role == Role::Ephemeral => false,
            _ if slot.resizing => true,
            _ if self.is_sidecar(index) => !self.mains_are_done(),
            Some(spec) => (!slot.is_init() || code != 0) && should_restart(spec, self.spec, code),
            None => false,
        }
    }

    /// Whether the containers that make up the pod have ended for good.
    pub(super) fn mains_are_done(&self) -> bool {
        !self.worker.restarting_all
            && self.worker.slots.iter().enumerate().all(|(index, slot)| {
                !slot.is_main() || (slot.stage == Stage::Ended && !self.should_restart(index))
            })
    }

    /// Ends and removes all containers once one ended as a rule says; false when no such restart is under way.
    pub(super) fn restart_all(&mut self) -> bool {
        if !self.worker.restarting_all {
            let asks = (0..self.worker.slots.len()).filter_map(|index| self.asked_to_restart_all(index));
            let Some(noticed) = asks.min().map(|ended| ended + RELIST) else { return false };
            if noticed > self.now() {
                let pace = self.pace_of_all();
                self.wake(noticed, pace);
                return false;
            }
            self.worker.restarting_all = true;
            (0..self.worker.slots.len()).for_each(|index| self.kill_for_restart(index));
            self.notice_ends();
        }
        let runs = |slot: &Slot| slot.role != Role::Ephemeral && slot.is_running();
        if self.worker.slots.iter().any(runs) {
            return true;
        }
        let now = self.now();
        for index in 0..self.worker.slots.len() {
            let slot = &mut self.worker.slots[index];
            if slot.role != Role::Ephemeral {
                slot.remove(now);
                let name = slot.name.clone();
                self.runtime.remove_container(self.key, &name);
            }
        }
        self.worker.restarting_all = false;
        let pace = self.pace_of_all();
        self.wake(now, pace);
        true
    }

    /// A pod that goes on restarting all its containers has become a steady state.
    fn pace_of_all(&self) -> Pace {
        let steady = self.worker.slots.iter().any(|slot| slot.pace() == Pace::Periodic);
        if steady { Pace::Periodic } else { Pace::Progress }
    }

    /// When the container ended, if a rule of its own asks for all containers' restart then.
    fn asked_to_restart_all(&self, index: usize) -> Option<SimTime> {
        let slot = &self.worker.slots[index];
        let ended =
            slot.ended.as_ref().filter(|_| slot.stage == Stage::Ended && slot.role != Role::Ephemeral)?;
        let rule = matching_rule(self.container_spec(index)?, ended.exit.code)?;
        is_for_all(rule).then_some(ended.exit.at)
    }

    /// No preStop hook is run, and only the least time is given.
    fn kill_for_restart(&mut self, index: usize) {
        let now = self.now();
        let slot = &mut self.worker.slots[index];
        if slot.role == Role::Ephemeral {
            return;
        }
        if slot.hook.take().is_some() {
            slot.stage = Stage::Running;
        }
        if !slot.is_running() {
            return;
        }
        slot.stopping =
            Some(Stopping { term_at: now, term_sent: false, kill_at: now + GRACE, hook_fails_at: None });
        let text = format!("Stopping container {}", slot.name);
        self.event(Some(index), EventType::Normal, "Killing", &text);
        self.pursue_stop(index);
    }
}

impl Slot {
    /// The container is removed, to be created anew; one that ran or had just ended counts a restart.
    fn remove(&mut self, now: SimTime) {
        if self.runs == 0 {
            self.stage = Stage::Waiting;
            return;
        }
        self.removed = true;
        if matches!(self.stage, Stage::Running | Stage::Ended) {
            let message = REMOVED.to_owned();
            let exit = Exit {
                code: 137,
                reason: RESTARTING_ALL.to_owned(),
                message: Some(message.clone()),
                at: now,
            };
            self.last = Some(Ended { exit, started_at: now, container_id: String::new() });
            self.waiting = Waiting { reason: RESTARTING_ALL, message };
        } else {
            self.runs -= 1;
        }
        self.stage = Stage::Waiting;
        self.ended = None;
        self.retry_at = None;
        self.ready = false;
        self.started = false;
        self.stopping = None;
    }
}

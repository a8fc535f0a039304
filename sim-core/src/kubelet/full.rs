//! [`FullKubelet`]: the kubelets of all nodes, one worker a pod.
//!
//! Models pkg/kubelet: syncPod, syncTerminatingPod, syncTerminatedPod.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Node, Pod};

use super::worker::{Slot, Sync, Worker};
use super::{admission, dns, environment, node_status};
use crate::api::{Kind, ObjectKey, ObjectRef, SimTime, meta, pod};
use crate::engine::{Context, Pace, ReconcileError, Wakes};
use crate::runtime::{Runtime, Sandbox};

/// How many addresses of its block a node has for pods.
const BLOCK: u32 = 253;
/// Where the addresses of a node that has used up its block go on: 64 blocks further.
const OVERFLOW: u32 = 64 * 256;

/// How long a node says that it lacks what it lacked once (`--eviction-pressure-transition-period`).
const PRESSURE_TRANSITION_PERIOD: Duration = Duration::from_secs(5 * 60);

/// How long after its start a program counts as settling.
const SETTLING: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct FullKubelet {
    pub(super) workers: OrdMap<ObjectKey, Arc<Worker>>,
    /// How many addresses each node has given out.
    pub(super) addresses: OrdMap<String, u32>,
    /// Pods with volumes that are attached to their nodes.
    attached: OrdMap<ObjectKey, Arc<str>>,
    /// Pods whose resize waits for room on their node.
    deferred: OrdSet<(Arc<str>, ObjectKey)>,
    /// Nodes that are stopped: their kubelets and containers stand still.
    stopped: OrdSet<String>,
    /// When nodes were last low on memory, for as long as they say so.
    low_on_memory: OrdMap<String, SimTime>,
    /// The static pods of all nodes, as their mirrors were when they were seen last.
    pub(super) statics: Vec<Arc<Pod>>,
}

impl FullKubelet {
    /// Brings one pod as far as its time has come.
    ///
    /// # Errors
    /// The API server's refusals.
    pub(super) fn reconcile(
        &mut self,
        key: &ObjectKey,
        runtime: &mut Runtime,
        context: &mut Context<'_>,
    ) -> Result<(), ReconcileError> {
        let Some(pod) = context.view.shared::<Pod>(key) else {
            if self.mirror_again(key, context)? {
                return Ok(());
            }
            self.forget(key, runtime);
            return self.let_volumes_go(key, context);
        };
        let (Some(node), Some(spec)) = (pod::node_name(&pod), pod.spec.as_ref()) else { return Ok(()) };
        if self.stopped.contains(node) {
            return Ok(());
        }
        if pod::mirrored(&pod).is_some() && self.replace_mirror(key, &pod, context)? {
            return Ok(());
        }
        if self.workers.get(key).is_some_and(|worker| worker.uid != pod::identity(&pod)) {
            self.forget(key, runtime);
        }
        let worker = match self.workers.remove(key) {
            Some(worker) => worker,
            // Nothing of a pod that ended before the kubelet saw it is left to run.
            None if pod::is_terminal(&pod) => return Ok(()),
            // No kubelet goes by that name.
            None if context.view.get(Kind::Node, &ObjectKey::cluster(node)).is_none() => return Ok(()),
            None => {
                let short = self.low_on_memory_until(node, context.now).is_some();
                let runs = |other: &ObjectKey| self.workers.get(other).is_some_and(|worker| !worker.terminal);
                if let Some(refused) = admission::refusal(&pod, node, short, runs, context) {
                    return admission::reject(key, node, refused, context);
                }
                if super::attach::needs_attaching(&pod, context.view) {
                    self.attached.insert(key.clone(), node.into());
                }
                Arc::new(Worker::new(&pod, spec, context.now))
            }
        };
        let mut worker = Arc::unwrap_or_clone(worker);
        worker.add_ephemeral(spec);
        let evicts = worker.evict && worker.failure.is_none();
        let mut sync = Sync { key, pod: &pod, spec, node, worker: &mut worker, runtime, context };
        let result = sync.run(&mut self.addresses);
        if evicts {
            self.low_on_memory.insert(node.to_owned(), context.now);
            let node = ObjectRef::new(Kind::Node, ObjectKey::cluster(node));
            context.wakes.at(node, node_status::next_sync(context.now), Pace::Progress);
        }
        let place = (node.into(), key.clone());
        let waits = worker.resize.as_ref().is_some_and(|resize| resize.is_deferred());
        if waits && !worker.terminal {
            self.deferred.insert(place);
        } else if !self.deferred.is_empty() {
            self.deferred.remove(&place);
        }
        self.workers.insert(key.clone(), Arc::new(worker));
        result
    }

    /// Looks again at the pods of a node whose resize waits for room, except `key`.
    pub(super) fn retry_resizes(&self, node: &str, key: &ObjectKey, wakes: &mut Wakes) {
        let waiting = self.deferred.iter().filter(|(of, waiting)| &**of == node && waiting != key);
        for (_, waiting) in waiting {
            wakes.soon(ObjectRef::new(Kind::Pod, waiting.clone()));
        }
    }

    /// Whether a node runs that pod.
    pub(super) fn knows(&self, key: &ObjectKey) -> bool {
        self.workers.contains_key(key)
    }

    /// The pod's volumes are filled anew at `due`.
    pub(super) fn refresh_at(&mut self, key: &ObjectKey, due: SimTime) {
        if let Some(worker) = self.workers.get_mut(key) {
            Arc::make_mut(worker).refresh_at.get_or_insert(due);
        }
    }

    fn forget(&mut self, key: &ObjectKey, runtime: &mut Runtime) {
        if let Some(sandbox) = runtime.sandbox(key) {
            self.deferred.remove(&(sandbox.node.as_str().into(), key.clone()));
        }
        self.workers.remove(key);
        runtime.remove_sandbox(key);
    }

    /// A pod is gone: its node uses the pod's volumes no more, unless it stands still.
    fn let_volumes_go(&mut self, key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        match self.attached.remove(key) {
            Some(node) if !self.is_stopped(&node) => Ok(super::attach::report_in_use(&node, context)?),
            _ => Ok(()),
        }
    }

    /// A node stops or runs again.
    pub(super) fn set_stopped(&mut self, node: &str, stopped: bool) {
        if stopped {
            self.stopped.insert(node.to_owned());
        } else {
            self.stopped.remove(node);
        }
    }

    /// Whether the node stands still.
    pub(super) fn is_stopped(&self, node: &str) -> bool {
        self.stopped.contains(node)
    }

    /// Until when the node says that it is low on memory, if it does.
    ///
    /// Models pkg/kubelet/eviction: nodeConditionsObservedSince.
    pub(super) fn low_on_memory_until(&mut self, node: &str, now: SimTime) -> Option<SimTime> {
        let until = *self.low_on_memory.get(node)? + PRESSURE_TRANSITION_PERIOD;
        if until <= now {
            self.low_on_memory.remove(node);
            return None;
        }
        Some(until)
    }

    /// The node evicts a pod when it next looks; false when it runs no such pod.
    pub(super) fn evict(&mut self, key: &ObjectKey) -> bool {
        let found = self.workers.get_mut(key).filter(|worker| !worker.terminal);
        found.map(|worker| Arc::make_mut(worker).evict = true).is_some()
    }

    /// Forces an outcome on a pod's probes, or with `None` lets them run again.
    pub(super) fn force_probe(
        &mut self,
        key: &ObjectKey,
        kind: super::ProbeKind,
        outcome: Option<bool>,
    ) -> bool {
        let Some(worker) = self.workers.get_mut(key) else { return false };
        let worker = Arc::make_mut(worker);
        worker.forced[kind as usize] = outcome;
        for slot in &mut worker.slots {
            slot.probes[kind as usize].expect_change();
        }
        true
    }
}

impl Sync<'_, '_> {
    fn run(&mut self, addresses: &mut OrdMap<String, u32>) -> Result<(), ReconcileError> {
        if self.worker.terminal {
            return self.finish();
        }
        self.run_programs();
        self.notice_ends();
        if meta::is_terminating(&self.pod.metadata) {
            self.run_probes();
            self.end_pod()?;
        } else {
            self.resize();
            self.bring_up(addresses);
            self.finish_resize();
        }
        self.report_status()?;
        if self.worker.terminal { self.finish() } else { Ok(()) }
    }

    /// The pod has ended: its last status is known, and if its deletion was asked for it goes.
    fn finish(&mut self) -> Result<(), ReconcileError> {
        if meta::is_terminating(&self.pod.metadata) {
            return self.delete_pod();
        }
        Ok(())
    }

    /// Volumes, sandbox, containers, probes.
    fn bring_up(&mut self, addresses: &mut OrdMap<String, u32>) {
        self.fail_if_due();
        if self.worker.failure.is_some() {
            if self.end_failed() {
                self.worker.terminal = true;
                self.worker.sandbox_up = false;
            }
            return;
        }
        if !self.mount_volumes() || !self.set_up_sandbox(addresses) {
            return;
        }
        self.refresh_volumes();
        for index in 0..self.worker.slots.len() {
            self.pursue_stop(index);
        }
        self.notice_ends();
        // A program that ends at once makes way for the next container at the same moment.
        for _ in 0..=self.worker.slots.len() {
            if self.restart_all() {
                return;
            }
            self.run_containers();
            self.run_programs();
            if !self.notice_ends() {
                break;
            }
        }
        self.run_probes();
        if self.notice_ends() {
            if self.restart_all() {
                return;
            }
            self.run_containers();
        }
        if self.mains_are_done() && !self.stop_companions() {
            return;
        }
        if self.has_ended() {
            self.worker.terminal = true;
            self.worker.sandbox_up = false;
        }
    }

    /// Lets the pod's programs do what is due; those just started listen before they are probed.
    fn run_programs(&mut self) {
        let store = self.context.view;
        if let Some(at) = self.runtime.advance(self.key, store, self.now()) {
            let pace = self.program_pace(at);
            self.wake(at, pace);
        }
    }

    /// What a program will do within a minute of its start is progress: it begins to listen, or ends.
    /// Later it repeats itself, as a loop around `sleep` does, and `settle` does not wait for it.
    fn program_pace(&self, at: SimTime) -> Pace {
        let soon = at.since(self.now()) <= SETTLING;
        let fresh = |slot: &Slot| {
            let steady =
                self.runtime.container(self.key, &slot.name).is_some_and(|container| container.steady);
            slot.is_running()
                && !steady
                && slot.restarts() < 3
                && self.now().since(slot.started_at) < SETTLING
        };
        let awaited = |slot: &Slot| slot.stopping.is_some() || (slot.is_init() && slot.is_running());
        let any = self.worker.slots.iter().any(|slot| awaited(slot) || (soon && fresh(slot)));
        if any { Pace::Progress } else { Pace::Periodic }
    }

    fn set_up_sandbox(&mut self, addresses: &mut OrdMap<String, u32>) -> bool {
        if self.worker.sandbox_up {
            return true;
        }
        let now = self.now();
        let due = match self.worker.sandbox_at {
            Some(due) => due,
            None => now + self.context.config.profile.sandbox.draw(self.context.random),
        };
        self.worker.sandbox_at = Some(due);
        if due > now {
            self.wake(due, Pace::Progress);
            return false;
        }
        self.worker.ip = self.new_address(addresses);
        let resolver = dns::of(self);
        let sandbox = Sandbox {
            uid: self.worker.uid.clone(),
            node: self.node.to_owned(),
            ip: self.worker.ip.clone(),
            host_network: self.spec.host_network == Some(true),
            hostname: environment::hostname(self),
            asks_cluster: resolver.servers.contains(&environment::nameserver(self)),
            nameserver: resolver.servers.first().cloned().unwrap_or_default(),
            search: resolver.searches,
            ..Sandbox::default()
        };
        self.runtime.create_sandbox(self.key, sandbox);
        self.fill_volumes();
        self.worker.sandbox_up = true;
        true
    }

    /// The next address of the node's block that no pod has; one that became free is not used again soon.
    fn new_address(&self, addresses: &mut OrdMap<String, u32>) -> String {
        if self.spec.host_network == Some(true) {
            return environment::host_ip(self);
        }
        let node = self.context.view.typed::<Node>(&ObjectKey::cluster(self.node));
        let block = node.and_then(|node| node.spec.as_ref()?.pod_cidr.as_deref());
        let base = block.and_then(base_address).unwrap_or(0x0af4_0000);
        let given = addresses.get(self.node).copied().unwrap_or(0);
        let address = |offset: u32| Ipv4Addr::from(base.wrapping_add(offset));
        // .0 is the network, .1 the bridge, .255 for broadcast.
        let has_room = self.runtime.pods_between(address(2), address(254)) < BLOCK as usize;
        let numbers = (given..=u32::MAX).chain(0..given);
        let places = numbers.map(|number| {
            (number, if has_room { 2 + number % BLOCK } else { OVERFLOW.wrapping_add(number) })
        });
        let mut free = places.filter(|(_, offset)| self.runtime.pod_at(address(*offset)).is_none());
        // Every other address there is would be a pod's.
        let (number, offset) = free.next().unwrap_or((given, 2));
        addresses.insert(self.node.to_owned(), number.wrapping_add(1));
        address(offset).to_string()
    }
}

/// The address that a pod gets of a block from which `given` were given out before.
pub(super) fn pod_address(block: &str, given: u32) -> String {
    let base = base_address(block).unwrap_or_default();
    Ipv4Addr::from(base.wrapping_add(2 + given % BLOCK)).to_string()
}

/// The first address of a block, `10.244.0.0/24`.
fn base_address(block: &str) -> Option<u32> {
    let (address, _) = block.split_once('/')?;
    address.parse::<Ipv4Addr>().ok().map(u32::from)
}

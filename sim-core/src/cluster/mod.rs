//! [`Cluster`]: the engine and the components put together, and the clock in the user's hands.

mod bootstrap;
mod faults;
mod plane;

use std::time::Duration;

pub use faults::{Fault, FaultError};
pub use plane::Plane;

#[cfg(test)]
pub(crate) use bootstrap::register_node;

use crate::api::{Feature, ObjectKey, ObjectRef, SimTime};
use crate::apiserver::ApiServer;
use crate::apiserver::authorization::User;
use crate::engine::{CauseKind, ClusterConfig, Engine, KubeletKind};
use crate::network::dns::Dns;
use crate::runtime::Runtime;
use crate::store::Store;

/// A simulated cluster. Cloning it is a checkpoint.
#[derive(Clone, Debug)]
pub struct Cluster {
    engine: Engine,
    plane: Plane,
}

impl Cluster {
    /// A cluster as it is after its installation, settled.
    pub fn new(config: ClusterConfig) -> Cluster {
        let mut cluster = Cluster { engine: Engine::new(config), plane: Plane::default() };
        cluster.engine.attach(&mut cluster.plane);
        if !cluster.api().gates.has(Feature::UncachedDns) {
            cluster.plane.kubelet.runtime.set_dns(Dns::caching());
        }
        bootstrap::install(&mut cluster);
        // The recorded cluster ran without this admission.
        let admits = cluster.engine.config().kubelet == KubeletKind::Full;
        cluster.engine.admit_accounts(admits);
        cluster
    }

    /// Virtual now.
    pub fn now(&self) -> SimTime {
        self.engine.now()
    }

    /// The event loop, for reading.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The components, for reading.
    pub fn plane(&self) -> &Plane {
        &self.plane
    }

    /// The store, for reading.
    pub fn store(&self) -> &Store {
        self.engine.api().store()
    }

    /// The API server, for reading.
    pub fn api(&self) -> &ApiServer {
        self.engine.api()
    }

    /// The containers, for reading.
    pub fn runtime(&self) -> &Runtime {
        &self.plane.kubelet.runtime
    }

    /// The containers, for a user's exec, logs and requests. Poke the pod's kubelet afterwards.
    pub fn runtime_mut(&mut self) -> (&mut Runtime, &Store) {
        (&mut self.plane.kubelet.runtime, self.engine.api().store())
    }

    /// Names the program that the user acts with from now on: the field manager of its writes.
    pub fn set_field_manager(&mut self, manager: &str) {
        self.engine.set_field_manager(manager);
    }

    /// The user acts as somebody else from now on, or as themselves, where roles decide what they may do.
    pub(crate) fn impersonate(&mut self, user: Option<User>) {
        let user = user.filter(|_| self.engine.config().has_rbac());
        self.engine.impersonate(user);
    }

    /// Lets a user act on the API server at the present moment, then delivers what changed.
    pub fn act<T>(&mut self, command: &str, action: impl FnOnce(&mut ApiServer) -> T) -> T {
        self.engine.act(&mut self.plane, CauseKind::Command(command.to_owned()), action)
    }

    /// Another client asks, who is to hear of nothing that was said to the last one.
    pub(crate) fn forget_warnings(&mut self) {
        self.engine.forget_warnings();
    }

    /// Makes the kubelet look at a pod now, because the user did something to it.
    pub fn poke_kubelet(&mut self, pod: ObjectKey, why: CauseKind) {
        self.engine.poke(Plane::KUBELET, ObjectRef::new(crate::api::Kind::Pod, pod), why);
    }

    /// When the next thing happens.
    pub fn next_time(&self) -> Option<SimTime> {
        self.engine.queue().next_time()
    }

    /// Lets the next thing happen; false when there is none.
    pub fn step(&mut self) -> bool {
        self.engine.step(&mut self.plane).is_some()
    }

    /// Lets the next thing happen and says what it was, `3.204s statefulset-controller: StatefulSet default/web`.
    pub fn step_named(&mut self) -> Option<String> {
        let wake = self.engine.step(&mut self.plane)?;
        let component = self.engine.component_name(wake.component);
        Some(format!("{} {component}: {}", self.now(), wake.key))
    }

    /// Runs until `time`, everything due by then included.
    pub fn advance_to(&mut self, time: SimTime) {
        while self.next_time().is_some_and(|next| next <= time) {
            self.step();
        }
        self.engine.set_now(time);
    }

    /// Runs for `duration`.
    pub fn advance(&mut self, duration: Duration) {
        self.advance_to(self.now() + duration);
    }

    /// Runs until nothing is pending but timers that repeat, or until `limit` has passed.
    ///
    /// Returns whether it settled.
    pub fn settle(&mut self, limit: Duration) -> bool {
        let end = self.now() + limit;
        while !self.engine.queue().is_settled() {
            match self.next_time() {
                Some(next) if next <= end => self.step(),
                _ => return false,
            };
        }
        true
    }

    /// Runs until `condition` holds, looking after every event, or until `limit` has passed.
    ///
    /// Returns whether it held.
    pub fn run_until(&mut self, limit: Duration, mut condition: impl FnMut(&Cluster) -> bool) -> bool {
        let end = self.now() + limit;
        loop {
            if condition(self) {
                return true;
            }
            match self.next_time() {
                Some(next) if next <= end => self.step(),
                _ => {
                    self.advance_to(end);
                    return condition(self);
                }
            };
        }
    }

    /// The digest of everything that happened so far.
    pub fn history_hash(&self) -> u64 {
        self.engine.history_hash()
    }
}

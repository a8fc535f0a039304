//! The event loop: virtual clock, ordered queue, seeded randomness, causes.
//!
//! Nobody but the loop moves time. One [`Engine::step`] takes the next wake, lets its component
//! reconcile one key, and delivers the changes that it made to all components.

mod cause;
mod component;
mod config;
mod correlator;
mod events;
mod history;
mod journal;
mod profile;
mod queue;
mod random;
mod recent;

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use rand_chacha::ChaCha8Rng;

pub use cause::{Cause, CauseKind, CauseLog};
pub use component::{Component, Context, ControlPlane, ReconcileError, Wakes};
pub(crate) use config::NODE_MEMORY;
pub use config::{ClusterConfig, KubeletKind, NodeConfig, StorageClassConfig};
pub use events::{EventType, Recorder, reference};
pub use history::HistoryHash;
pub use journal::{FileRead, Input, InputKind, Journal, JournalError, LineInput};
pub use profile::TimingProfile;
pub use queue::{ComponentId, Pace, Wake, WakeQueue};
pub use random::{Span, stream};

use crate::api::{ApiResult, Kind, Object, ObjectRef, SimTime};
use crate::apiserver::authorization::{self, User};
use crate::apiserver::{ApiServer, Author};
use crate::store::{CauseId, Change, ChangeType, Store};
use component::Delay;
use events::EventCache;

/// Watch-log entries that are kept for watches that lag, beyond those of the newest step.
const WATCH_LOG_KEPT: usize = 1_000;

/// First delay of a failed key; it doubles with each failure.
///
/// Models client-go workqueue: DefaultTypedControllerRateLimiter (5 ms to 1000 s).
const BACKOFF_FIRST: Duration = Duration::from_millis(5);
/// Longest delay of a failed key.
const BACKOFF_MOST: Duration = Duration::from_secs(1000);

/// The event loop and all state that is not a component's own. Cloning it is a checkpoint.
#[derive(Clone, Debug)]
pub struct Engine {
    config: ClusterConfig,
    now: SimTime,
    queue: WakeQueue,
    api: ApiServer,
    /// The informers' shared cache. It is a copy of its own and no snapshot of the API server's store:
    /// a snapshot that is held while the store is written makes each write copy the nodes it touches.
    view: Store,
    names: Vec<&'static str>,
    streams: Vec<ChaCha8Rng>,
    latencies: Vec<Span>,
    /// Until when a key's last reconcile is still writing; it does not run again before.
    busy: OrdMap<(ComponentId, ObjectRef), SimTime>,
    failures: OrdMap<(ComponentId, ObjectRef), u32>,
    causes: CauseLog,
    event_cache: EventCache,
    delivered: u64,
    history: HistoryHash,
    steps: u64,
    /// In whose name a user's acts are done.
    user: Author,
    /// Whom the user acts as.
    impersonated: Option<Arc<User>>,
}

impl Engine {
    /// An engine at time zero over an empty store.
    pub fn new(config: ClusterConfig) -> Engine {
        let mut causes = CauseLog::default();
        causes.push(Cause { kind: CauseKind::Start, at: SimTime::ZERO, parent: None });
        let mut api = ApiServer::new(stream(config.seed, "apiserver"));
        api.gates = config.gates();
        Engine {
            api,
            view: Store::new(),
            now: SimTime::ZERO,
            queue: WakeQueue::default(),
            names: Vec::new(),
            streams: Vec::new(),
            latencies: Vec::new(),
            busy: OrdMap::new(),
            failures: OrdMap::new(),
            causes,
            event_cache: EventCache::default(),
            delivered: 0,
            history: HistoryHash::default(),
            steps: 0,
            user: Author::System,
            impersonated: None,
            config,
        }
    }

    /// Gives every component its random stream, named after it.
    pub fn attach(&mut self, plane: &mut dyn ControlPlane) {
        self.names = (0..plane.count()).map(|id| plane.component(ComponentId(id)).name()).collect();
        self.streams = self.names.iter().map(|name| stream(self.config.seed, name)).collect();
        self.latencies = (0..plane.count())
            .map(|id| {
                let component = plane.component(ComponentId(id));
                let own = self.config.profile.components.get(component.name()).copied();
                own.unwrap_or_else(|| component.latency(&self.config))
            })
            .collect();
    }

    /// What a component is called.
    pub fn component_name(&self, id: ComponentId) -> &'static str {
        self.names.get(usize::from(id.0)).copied().unwrap_or_default()
    }

    /// Virtual now.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The cluster's set-up.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// Nothing is heard of the node's kubelet since then, or it is heard again.
    pub(crate) fn set_silent(&mut self, node: &str, since: Option<SimTime>) {
        self.api.set_silent(node, since);
    }

    /// Takes a node into the set-up; answers its index.
    pub(crate) fn add_node(&mut self, node: NodeConfig) -> usize {
        self.config.nodes.push(node);
        self.config.nodes.len() - 1
    }

    /// The API server, for reading.
    pub fn api(&self) -> &ApiServer {
        &self.api
    }

    /// Why things happened.
    pub fn causes(&self) -> &CauseLog {
        &self.causes
    }

    /// What is to run, in order.
    pub fn queue(&self) -> &WakeQueue {
        &self.queue
    }

    /// How many reconciles have run.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The digest of all changes so far.
    pub fn history_hash(&self) -> u64 {
        self.history.digest()
    }

    /// Switches ServiceAccount admission.
    pub(crate) fn admit_accounts(&mut self, admits: bool) {
        self.api.admits_accounts = admits;
    }

    /// Names the program that the user acts with from now on: the field manager of its writes.
    pub fn set_field_manager(&mut self, manager: &str) {
        self.user = Author::User(manager.into());
    }

    /// The user acts as somebody else from now on, or as themselves.
    pub(crate) fn impersonate(&mut self, user: Option<User>) {
        self.impersonated = user.map(Arc::new);
    }

    /// Refuses what whoever the user acts as may not read: an object, or all of a kind where the name is empty.
    ///
    /// # Errors
    /// Forbidden.
    pub(crate) fn authorize(
        &self,
        verb: &str,
        kind: (Kind, &str),
        namespace_and_name: (&str, &str),
    ) -> ApiResult<()> {
        match &self.impersonated {
            Some(user) => authorization::check(self.api.store(), user, verb, kind, namespace_and_name),
            None => Ok(()),
        }
    }

    /// Lets a user act on the API server at the present moment, then delivers what changed.
    pub fn act<T>(
        &mut self,
        plane: &mut dyn ControlPlane,
        kind: CauseKind,
        action: impl FnOnce(&mut ApiServer) -> T,
    ) -> T {
        let cause = self.causes.push(Cause { kind, at: self.now, parent: None });
        self.api.begin(self.now, cause);
        self.api.heed_warnings();
        self.api.speak_as(self.user.clone());
        self.api.act_as(self.impersonated.clone());
        let result = action(&mut self.api);
        self.api.act_as(None);
        self.deliver(plane);
        result
    }

    /// Forgets what the last client was warned of.
    pub(crate) fn forget_warnings(&mut self) {
        self.api.forget_warnings();
    }

    /// Puts objects where they were before the clock started: `make` plants them, and nothing follows from them.
    ///
    /// They are as their components leave them, so that those only take note. No change tells of them, and what
    /// they draw is drawn apart, as `consumer`: a history is the same with and without them.
    pub(crate) fn plant<P: ControlPlane>(
        &mut self,
        plane: &mut P,
        consumer: &str,
        make: impl FnOnce(&mut ApiServer, &mut P) -> Vec<Object>,
    ) {
        let planted = self.api.apart(stream(self.config.seed, consumer), |api| make(api, plane));
        for object in &planted {
            self.view.plant(object.clone());
        }
        let revision = self.api.store().revision();
        for object in planted {
            let reference = object.reference();
            let (at, cause, change) = (self.now, CauseId::default(), ChangeType::Added);
            let change = Change { revision, at, cause, change, reference, object, previous: None };
            for id in (0..plane.count()).map(ComponentId) {
                plane.component(id).observe(&change, &self.view, &mut Wakes::default());
            }
        }
    }

    /// Wakes `component` for `key` now, because of a user's `kind` of cause.
    pub fn poke(&mut self, component: ComponentId, key: ObjectRef, kind: CauseKind) {
        let cause = self.causes.push(Cause { kind, at: self.now, parent: None });
        self.queue.push(Wake { at: self.now, component, key, pace: Pace::Progress, cause });
    }

    /// Runs the next wake and returns it, or `None` when there is none.
    pub fn step(&mut self, plane: &mut dyn ControlPlane) -> Option<Wake> {
        let wake = self.queue.pop()?;
        self.now = self.now.max(wake.at);
        self.steps += 1;
        let kind = CauseKind::Reconcile(wake.component, wake.key.clone());
        let cause = self.causes.push(Cause { kind, at: self.now, parent: Some(wake.cause) });
        self.api.begin(self.now, cause);
        let before = self.api.store().revision();
        let mut wakes = Wakes::default();
        let component = plane.component(wake.component);
        self.api.speak_as(Author::Component(component.name()));
        let mut context = Context {
            now: self.now,
            view: &self.view,
            random: &mut self.streams[usize::from(wake.component.0)],
            config: &self.config,
            wakes: &mut wakes,
            events: Recorder {
                source: component.name().into(),
                machine: self.config.control_plane(),
                now: self.now,
                cache: &mut self.event_cache,
            },
            api: &mut self.api,
        };
        let result = component.reconcile(&wake.key, &mut context);
        let writes = self.api.store().revision() - before;
        let cause = if writes > 0 { cause } else { wake.cause };
        if writes == 0 {
            self.causes.pop_unused();
        }
        self.keep_busy(&wake, writes);
        self.retry(&wake, &result, cause);
        self.enqueue(wake.component, wakes, cause);
        self.deliver(plane);
        Some(wake)
    }

    /// Moves the clock to `time`, which must not be before a pending wake.
    pub fn set_now(&mut self, time: SimTime) {
        debug_assert!(self.queue.next_time().is_none_or(|next| next >= time), "time may not skip a wake");
        self.now = self.now.max(time);
    }

    /// A reconcile that writes takes time in the profiles that say so; its key waits for it.
    fn keep_busy(&mut self, wake: &Wake, writes: u64) {
        let id = (wake.component, wake.key.clone());
        let took = Duration::from_millis(writes.saturating_mul(self.config.profile.write_ms));
        if took.is_zero() {
            if !self.busy.is_empty() {
                self.busy.remove(&id);
            }
        } else {
            self.busy.insert(id, self.now + took);
        }
    }

    fn retry(&mut self, wake: &Wake, result: &Result<(), ReconcileError>, cause: CauseId) {
        let id = (wake.component, wake.key.clone());
        if result.is_ok() {
            self.failures.remove(&id);
            return;
        }
        let failed = self.failures.get(&id).copied().unwrap_or(0);
        self.failures.insert(id, failed + 1);
        let delay = BACKOFF_FIRST.saturating_mul(1 << failed.min(20)).min(BACKOFF_MOST);
        // A key that has failed often is in a steady state of failing; `settle` does not wait for it.
        let pace = if failed < 8 { Pace::Progress } else { Pace::Periodic };
        let retry =
            Wake { at: self.now + delay, component: wake.component, key: wake.key.clone(), pace, cause };
        self.queue.push(retry);
    }

    fn enqueue(&mut self, component: ComponentId, wakes: Wakes, cause: CauseId) {
        let latency = self.latencies[usize::from(component.0)];
        for asked in wakes.asked {
            let at = match asked.delay {
                Delay::Latency => self.now + latency.draw(&mut self.streams[usize::from(component.0)]),
                Delay::Last => self.now,
                Delay::After(delay) => self.now + delay,
                Delay::At(time) => time.max(self.now),
            };
            let free =
                if self.busy.is_empty() { None } else { self.busy.get(&(component, asked.key.clone())) };
            let at = free.map_or(at, |free| at.max(*free));
            let wake = Wake { at, component, key: asked.key, pace: asked.pace, cause };
            match asked.delay {
                Delay::Last => self.queue.push_last(wake),
                _ => self.queue.push(wake),
            }
        }
    }

    /// Tells every component of the changes since the last delivery.
    fn deliver(&mut self, plane: &mut dyn ControlPlane) {
        let from = self.delivered;
        let changes: Vec<Change> = self.api.store().log().since(from).cloned().collect();
        let Some(newest) = changes.last().map(|change| change.revision) else { return };
        for change in &changes {
            self.history.add(change);
            self.view.follow(change);
        }
        for change in &changes {
            for id in (0..plane.count()).map(ComponentId) {
                let component = plane.component(id);
                let mut wakes = Wakes::default();
                component.observe(change, &self.view, &mut wakes);
                self.enqueue(id, wakes, change.cause);
            }
        }
        self.delivered = newest;
        self.api.compact(from, WATCH_LOG_KEPT);
    }
}

//! [`Component`]: a controller, the scheduler or the kubelets, as the event loop runs them.

use std::fmt;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;

use super::config::ClusterConfig;
use super::queue::{ComponentId, Pace};
use super::random::Span;
use crate::api::{ApiError, ObjectRef, SimTime};
use crate::apiserver::ApiServer;
use crate::store::{Change, Store};

/// A reconciler: it is told of changes, asks to be woken for keys, and acts on one key at a time.
///
/// Level-triggered: any reconcile may run again, late or early, and must do no harm.
pub trait Component {
    /// The component's upstream name, `statefulset-controller`.
    fn name(&self) -> &'static str;

    /// From a change to the reconcile that it causes.
    fn latency(&self, config: &ClusterConfig) -> Span {
        config.profile.controller
    }

    /// Asks for the keys that `change` concerns. Sees every change once, in order.
    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes);

    /// Brings the world nearer to what the object at `key` wants.
    ///
    /// # Errors
    /// Any error means: try again after the rate limiter's backoff.
    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError>;
}

/// The components of a cluster, in the order in which they are told of changes.
pub trait ControlPlane {
    /// How many components there are.
    fn count(&self) -> u8;

    /// One of them. Ids run from 0 to below [`ControlPlane::count`].
    fn component(&mut self, id: ComponentId) -> &mut dyn Component;
}

/// Keys that a component wants to look at.
#[derive(Debug, Default)]
pub struct Wakes {
    pub(super) asked: Vec<AskedWake>,
}

/// One wake that was asked for.
#[derive(Debug)]
pub(super) struct AskedWake {
    pub key: ObjectRef,
    pub delay: Delay,
    pub pace: Pace,
}

/// When an asked wake is due.
#[derive(Clone, Copy, Debug)]
pub(super) enum Delay {
    /// After the component's own latency.
    Latency,
    /// When nothing else is due at the present moment.
    Last,
    /// After a given time.
    After(Duration),
    /// At a given time.
    At(SimTime),
}

impl Wakes {
    /// Look at `key` soon: after the component's own latency.
    pub fn soon(&mut self, key: ObjectRef) {
        self.asked.push(AskedWake { key, delay: Delay::Latency, pace: Pace::Progress });
    }

    /// Look at `key` once all else that happens at the present moment has happened.
    pub fn last(&mut self, key: ObjectRef) {
        self.asked.push(AskedWake { key, delay: Delay::Last, pace: Pace::Progress });
    }

    /// Look at `key` after `delay`.
    pub fn after(&mut self, key: ObjectRef, delay: Duration) {
        self.asked.push(AskedWake { key, delay: Delay::After(delay), pace: Pace::Progress });
    }

    /// Look at `key` at `time`; `pace` says whether `settle` waits for it.
    pub fn at(&mut self, key: ObjectRef, time: SimTime, pace: Pace) {
        self.asked.push(AskedWake { key, delay: Delay::At(time), pace });
    }
}

/// What a reconcile works with.
pub struct Context<'a> {
    /// Virtual now.
    pub now: SimTime,
    /// The informer caches: the store as it was when this reconcile began. A reconcile does not see
    /// its own writes here, as upstream's listers do not.
    pub view: &'a Store,
    /// The API server, for writes and for reads that must be live.
    pub api: &'a mut ApiServer,
    /// The component's own random stream.
    pub random: &'a mut ChaCha8Rng,
    /// The cluster's set-up.
    pub config: &'a ClusterConfig,
    /// Wakes to ask for.
    pub wakes: &'a mut Wakes,
    /// Kubernetes Events to record.
    pub events: super::events::Recorder<'a>,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({})", self.now)
    }
}

/// Why a reconcile is to be tried again.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReconcileError {
    /// The API server refused a write.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Something else is not yet as it must be.
    #[error("{0}")]
    NotYet(String),
}

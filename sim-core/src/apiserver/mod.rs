//! The API server without I/O: every read and write of the store goes through here.
//!
//! A write is decoded, defaulted, admitted, validated and stored, or refused with an
//! [`ApiError`] and without effect. Controllers, kubelets, kubectl and (later) HTTP all use the same
//! methods.

mod admission;
mod allocate;
pub mod authorization;
mod delete;
pub(crate) mod eviction;
mod leniency;
mod limit_range;
mod managed;
mod patch;
mod placement;
mod plant;
mod pod_security;
mod quota;
mod resize;
mod scale;
mod service;
mod service_account;
mod strategy;
#[cfg(test)]
mod tests;
mod unserved;
mod write;

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

pub use delete::{
    DeleteOptions, Deleted, FOREGROUND_FINALIZER, ORPHAN_FINALIZER, Preconditions, Propagation,
};
pub use managed::{ApplyRequest, Author};
pub use service_account::{DEFAULT_ACCOUNT, ROOT_CA};
pub use write::{Subresource, WriteOptions};

use crate::api::{ApiError, ApiResult, FeatureGates, Kind, Object, ObjectKey, Resource, SimTime};
use crate::store::{CauseId, Stamp, Store};
use allocate::Allocator;
use authorization::User;
use managed::Ledger;

/// The API server and the store behind it.
#[derive(Clone, Debug)]
pub struct ApiServer {
    /// What this Kubernetes version does.
    pub gates: FeatureGates,
    /// Whether pods get service accounts and their tokens (the ServiceAccount admission plugin).
    pub admits_accounts: bool,
    store: Store,
    now: SimTime,
    cause: CauseId,
    allocator: Allocator,
    ledger: Ledger,
    /// What a client has been warned of since it was said why it writes; nothing when none listens.
    warnings: Option<Vec<String>>,
    /// Whom the client acts as, when that is somebody whom roles may hold back.
    user: Option<Arc<User>>,
}

impl ApiServer {
    /// An API server over an empty store, drawing uids and name suffixes from `random`.
    pub fn new(random: ChaCha8Rng) -> ApiServer {
        ApiServer {
            gates: FeatureGates::default(),
            admits_accounts: false,
            store: Store::new(),
            now: SimTime::ZERO,
            cause: CauseId::default(),
            allocator: Allocator::new(random),
            ledger: Ledger::default(),
            warnings: None,
            user: None,
        }
    }

    /// The store, for reading. Clone it for a snapshot.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Virtual now, as of the event that is being handled.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The object of `kind` at `key`.
    ///
    /// # Errors
    /// NotFound.
    pub fn get(&self, kind: Kind, key: &ObjectKey) -> ApiResult<&Object> {
        self.store.get(kind, key).ok_or_else(|| ApiError::not_found(kind, &key.name))
    }

    /// The typed object at `key`.
    ///
    /// # Errors
    /// NotFound.
    pub fn typed<T: Resource>(&self, key: &ObjectKey) -> ApiResult<&T> {
        self.store.typed(key).ok_or_else(|| ApiError::not_found(T::API_KIND, &key.name))
    }

    /// The writes that follow are made by `user`, or by somebody who may do everything.
    pub(crate) fn act_as(&mut self, user: Option<Arc<User>>) -> Option<Arc<User>> {
        std::mem::replace(&mut self.user, user)
    }

    /// `action` once whoever acts was allowed to do it: nothing that it consists of is asked for again.
    fn allowed<T>(&mut self, action: impl FnOnce(&mut ApiServer) -> T) -> T {
        let user = self.act_as(None);
        let result = action(self);
        self.act_as(user);
        result
    }

    /// Refuses what whoever acts may not do with an object.
    fn authorize(&self, verb: &str, kind: (Kind, &str), key: (&str, &str)) -> ApiResult<()> {
        match &self.user {
            Some(user) => authorization::check(&self.store, user, verb, kind, key),
            None => Ok(()),
        }
    }

    /// Nothing is heard of the node's kubelet since then, or it is heard again.
    pub(crate) fn set_silent(&mut self, node: &str, since: Option<SimTime>) {
        self.store.set_silent(node, since);
    }

    /// Lets `action` draw uids from `random`, so that what it creates shifts nobody else's.
    pub(crate) fn with_identities<T>(
        &mut self,
        random: ChaCha8Rng,
        action: impl FnOnce(&mut ApiServer) -> T,
    ) -> T {
        let own = self.allocator.replace_stream(random);
        let result = action(self);
        self.allocator.replace_stream(own);
        result
    }

    /// Says when and why the writes that follow happen. Only the event loop calls this.
    pub(crate) fn begin(&mut self, now: SimTime, cause: CauseId) {
        self.now = now;
        self.cause = cause;
        self.warnings = None;
    }

    /// Keeps what the client is warned of whose writes follow: a controller would not look at it.
    pub(crate) fn heed_warnings(&mut self) {
        self.warnings = Some(Vec::new());
    }

    /// Forgets what the last client was warned of.
    pub(crate) fn forget_warnings(&mut self) {
        self.warnings = None;
    }

    /// What the client has been warned of that writes now.
    pub fn warnings(&self) -> &[String] {
        self.warnings.as_deref().unwrap_or_default()
    }

    /// Drops watch-log entries that were delivered; see [`Store::compact`].
    pub(crate) fn compact(&mut self, revision: u64, keep: usize) {
        self.store.compact(revision, keep);
    }

    fn stamp(&self) -> Stamp {
        Stamp { at: self.now, cause: self.cause }
    }
}

//! RollingUpdate: old pods go, or new ones come beside them, a few nodes at a time.
//!
//! Models pkg/controller/daemon: rollingUpdate.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use xxhash_rust::xxh3::xxh3_64;

use super::manage::name_of;
use super::sync::{Sync, is_updated};
use crate::api::{ApiResult, meta};

/// The pods of a node that are not being deleted.
struct Pair {
    new: Option<Arc<Pod>>,
    old: Option<Arc<Pod>>,
}

impl Sync<'_, '_> {
    /// One step.
    pub(super) fn roll(&mut self, hash: &str) -> ApiResult<()> {
        let (surge, unavailable) = self.limits();
        if surge == 0 { self.replace(unavailable, hash) } else { self.surge(surge, hash) }
    }

    /// The nodes that have pods or are to have one, in the order in which they are looked at: upstream takes a Go
    /// map's, which is any.
    fn concerned(&self) -> Vec<String> {
        let wanted = self.nodes.iter().filter(|(_, fitness)| fitness.should_run).map(|(node, _)| node);
        let mut nodes: Vec<String> = self.pods.keys().chain(wanted).cloned().collect();
        nodes.sort();
        nodes.dedup();
        if self.context.config.profile.write_ms > 0 {
            let uid = meta::uid(&self.set.metadata);
            nodes.sort_by_cached_key(|node| xxh3_64(format!("{uid}/{node}").as_bytes()));
        }
        nodes
    }

    /// The node's new and old pod; `None` when there are too many, which are for the next sync to prune.
    ///
    /// Models pkg/controller/daemon: findUpdatedPodsOnNode.
    fn pair_on(&self, node: &str, hash: &str) -> Option<Pair> {
        let mut pair = Pair { new: None, old: None };
        for daemon in self.pods.get(node).into_iter().flatten() {
            if meta::is_terminating(&daemon.metadata) {
                continue;
            }
            let place = if is_updated(daemon, hash) { &mut pair.new } else { &mut pair.old };
            if place.replace(daemon.clone()).is_some() {
                return None;
            }
        }
        Some(pair)
    }

    /// Deletes old pods so that not more than `limit` nodes are without an available one.
    fn replace(&mut self, limit: usize, hash: &str) -> ApiResult<()> {
        let (mut unavailable, mut delete, mut candidates) = (0, Vec::new(), Vec::new());
        for node in self.concerned() {
            match self.pair_on(&node, hash) {
                Some(Pair { new: Some(new), old: None }) => {
                    unavailable += usize::from(!self.is_available(&new));
                }
                Some(Pair { new: None, old: Some(old) }) if !self.is_available(&old) => {
                    delete.push(name_of(&old));
                    unavailable += 1;
                }
                Some(Pair { new: None, old: Some(old) }) => {
                    if unavailable < limit {
                        candidates.push(name_of(&old));
                    }
                }
                _ => unavailable += 1,
            }
        }
        delete.extend(candidates.into_iter().take(limit.saturating_sub(unavailable)));
        self.sync_nodes(&delete, &[], hash)
    }

    /// Creates new pods beside old ones on not more than `limit` nodes; old ones go when new ones are available.
    fn surge(&mut self, limit: usize, hash: &str) -> ApiResult<()> {
        let (mut surging, mut available) = (0, 0_usize);
        let (mut delete, mut misplaced) = (Vec::new(), Vec::new());
        let (mut create, mut candidates) = (Vec::new(), Vec::new());
        for node in self.concerned() {
            let Some(pair) = self.pair_on(&node, hash) else {
                surging += 1;
                continue;
            };
            if pair.old.as_ref().or(pair.new.as_ref()).is_some_and(|daemon| self.is_available(daemon)) {
                available += 1;
            }
            let Some(old) = pair.old else { continue };
            let should_run = self.nodes.get(&node).is_some_and(|fitness| fitness.should_run);
            match pair.new {
                Some(new) if self.is_available(&new) => delete.push(name_of(&old)),
                Some(_) => surging += 1,
                None if !self.is_available(&old) && should_run => create.push(node),
                None if !self.is_available(&old) => delete.push(name_of(&old)),
                None if !should_run => misplaced.push(name_of(&old)),
                None if surging < limit => candidates.push(node),
                None => {}
            }
        }
        // Where a pod no longer belongs it stays until there are enough elsewhere.
        delete.extend(misplaced.into_iter().take(available.saturating_sub(self.desired())));
        create.extend(candidates.into_iter().take(limit.saturating_sub(surging)));
        self.sync_nodes(&delete, &create, hash)
    }
}

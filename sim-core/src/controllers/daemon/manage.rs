//! A pod for each node that needs one, and none where it does not belong.
//!
//! Models pkg/controller/daemon: manage and podsShouldBeOnNode.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use super::Backoff;
use super::nodes::Fitness;
use super::sync::{Sync, is_updated};
use crate::api::{ApiResult, meta, pod};
use crate::engine::EventType;

/// How long a node's first failed pod is left.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// The longest that a failed pod is left.
const LONGEST_BACKOFF: Duration = Duration::from_secs(15 * 60);

impl Sync<'_, '_> {
    /// Creates and deletes; whether there was anything to do.
    pub(super) fn manage(&mut self, hash: &str) -> ApiResult<bool> {
        let (mut create, mut delete) = (Vec::new(), Vec::new());
        for (node, fitness) in self.nodes.clone() {
            self.manage_node(&node, fitness, hash, &mut create, &mut delete);
        }
        // A pod for a node that is gone would never be scheduled, and nobody else would delete it.
        let lost = self.pods.iter().filter(|(node, _)| !self.nodes.contains_key(*node));
        let waiting = lost.flat_map(|(_, daemons)| daemons).filter(|daemon| pod::node_name(daemon).is_none());
        delete.extend(waiting.map(|daemon| name_of(daemon)));
        self.sync_nodes(&delete, &create, hash)?;
        Ok(!(create.is_empty() && delete.is_empty()))
    }

    fn manage_node(
        &mut self,
        node: &str,
        fitness: Fitness,
        hash: &str,
        create: &mut Vec<String>,
        delete: &mut Vec<String>,
    ) {
        let daemons = self.pods.get(node).cloned();
        let Some(daemons) = daemons else {
            if fitness.should_run {
                create.push(node.to_owned());
            }
            return;
        };
        let present = daemons.iter().filter(|daemon| !meta::is_terminating(&daemon.metadata));
        if !fitness.may_stay {
            delete.extend(present.map(|daemon| name_of(daemon)));
            return;
        }
        let mut running: Vec<Arc<Pod>> = Vec::new();
        for daemon in present {
            match pod::phase(daemon) {
                "Failed" => self.replace_failed(node, daemon, delete),
                "Succeeded" => {
                    self.tell_of(daemon, node, "Found succeeded", "SucceededDaemonPod", EventType::Normal);
                    delete.push(name_of(daemon));
                }
                _ => running.push(daemon.clone()),
            }
        }
        running.sort_by_key(|daemon| by_age(daemon));
        if !self.allows_surge() {
            delete.extend(running.iter().skip(1).map(|daemon| name_of(daemon)));
        } else if running.is_empty() {
            if fitness.should_run {
                create.push(node.to_owned());
            }
        } else {
            self.prune_surge(&running, hash, delete);
        }
    }

    /// Of two pods on a node the old one goes when it is not ready or the new one is available.
    fn prune_surge(&self, running: &[Arc<Pod>], hash: &str, delete: &mut Vec<String>) {
        if running.len() < 2 {
            return;
        }
        let (new, old): (Vec<_>, Vec<_>) = running.iter().partition(|daemon| is_updated(daemon, hash));
        delete.extend(new.iter().skip(1).chain(old.iter().skip(1)).map(|daemon| name_of(daemon)));
        if let (Some(new), Some(old)) = (new.first(), old.first())
            && (!pod::is_ready(old) || self.is_available(new))
        {
            delete.push(name_of(old));
        }
    }

    fn allows_surge(&self) -> bool {
        self.limits().0 > 0
    }

    /// Deletes a failed pod, unless one was deleted on that node a short while ago.
    fn replace_failed(&mut self, node: &str, daemon: &Pod, delete: &mut Vec<String>) {
        let id = (meta::uid(&self.set.metadata).to_owned(), node.to_owned());
        let now = self.now();
        let earlier = self.backoffs.get(&id).copied();
        if let Some(earlier) = earlier
            && now.since(earlier.since) < earlier.delay
        {
            self.wake_after(earlier.delay);
            return;
        }
        let delay = match earlier {
            // One that was quiet for long begins again.
            Some(earlier) if now.since(earlier.since) <= 2 * LONGEST_BACKOFF => {
                (earlier.delay * 2).min(LONGEST_BACKOFF)
            }
            _ => FIRST_BACKOFF,
        };
        self.backoffs.insert(id, Backoff { delay, since: now });
        self.tell_of(daemon, node, "Found failed", "FailedDaemonPod", EventType::Warning);
        delete.push(name_of(daemon));
    }

    fn tell_of(
        &mut self,
        daemon: &Pod,
        node: &str,
        found: &str,
        reason: &'static str,
        event_type: EventType,
    ) {
        let verb = if event_type == EventType::Warning { "kill" } else { "delete" };
        let (namespace, name) = (meta::namespace(&daemon.metadata), meta::name(&daemon.metadata));
        let message = format!("{found} daemon pod {namespace}/{name} on node {node}, will try to {verb} it");
        self.event(event_type, reason, &message);
    }
}

pub(super) fn name_of(daemon: &Pod) -> String {
    meta::name(&daemon.metadata).to_owned()
}

/// Bound pods first, then the oldest.
///
/// Models pkg/controller/daemon: podByCreationTimestampAndPhase.
pub(super) fn by_age(daemon: &Pod) -> impl Ord + use<> {
    let created = daemon.metadata.creation_timestamp.as_ref().map(|time| time.0);
    (pod::node_name(daemon).is_none(), created, name_of(daemon))
}

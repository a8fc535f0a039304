//! [`Sync`]: one look at one DaemonSet.
//!
//! Models pkg/controller/daemon: syncDaemonSet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec};
use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::nodes::{self, Fitness};
use super::revisions::{self, History};
use super::{Backoff, nodes::HASH_LABEL};
use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, Resource, SimTime, meta, pod};
use crate::apiserver::DeleteOptions;
use crate::controllers::batches::{in_batches, race};
use crate::engine::{Context, EventType, Pace, ReconcileError};

/// How many pods one sync creates or deletes at most.
const BURST_REPLICAS: usize = 250;

/// What one sync works with.
pub(super) struct Sync<'a, 'b> {
    pub set: Arc<DaemonSet>,
    pub spec: DaemonSetSpec,
    /// All nodes by name, with how they fit.
    pub nodes: BTreeMap<String, Fitness>,
    /// The set's pods by the node that they run on or are meant for, each node's by name.
    pub pods: BTreeMap<String, Vec<Arc<Pod>>>,
    pub backoffs: &'a mut OrdMap<(String, String), Backoff>,
    pub context: &'a mut Context<'b>,
}

impl<'a, 'b> Sync<'a, 'b> {
    pub(super) fn new(
        set: Arc<DaemonSet>,
        backoffs: &'a mut OrdMap<(String, String), Backoff>,
        context: &'a mut Context<'b>,
    ) -> Self {
        let name = |node: &Node| meta::name(&node.metadata).to_owned();
        let nodes = context.view.all::<Node>().map(|node| (name(node), nodes::fitness(&set, node))).collect();
        let mut pods: BTreeMap<String, Vec<Arc<Pod>>> = BTreeMap::new();
        let uid = meta::uid(&set.metadata);
        let owned = context.view.owned_by_of_kind(uid, Kind::Pod);
        for daemon in owned.filter(|pod| meta::is_controlled_by(pod.meta(), uid)).filter_map(Pod::from_object)
        {
            let ended = pod::is_terminal(&daemon) && meta::is_terminating(&daemon.metadata);
            if let Some(node) = nodes::target_of(&daemon).filter(|_| !ended) {
                pods.entry(node.to_owned()).or_default().push(daemon);
            }
        }
        let spec = set.spec.clone().unwrap_or_default();
        Sync { set, spec, nodes, pods, backoffs, context }
    }

    pub(super) fn now(&self) -> SimTime {
        self.context.now
    }

    /// Does what there is to do, and reports it whatever became of it.
    pub(super) fn run(mut self) -> Result<(), ReconcileError> {
        let history = revisions::settle(&self.set, self.context)?;
        let updated = self.update(&history);
        let reported = self.write_status(&history);
        updated?;
        reported?;
        Ok(())
    }

    fn update(&mut self, history: &History) -> ApiResult<()> {
        let moved = self.manage(&history.hash)?;
        let strategy = self.spec.update_strategy.as_ref().and_then(|strategy| strategy.type_.as_deref());
        if !moved && strategy != Some("OnDelete") {
            self.roll(&history.hash)?;
        }
        revisions::clean_up(&self.set, history, self.context)
    }

    /// Creates pods for these nodes and deletes those pods.
    ///
    /// Models pkg/controller/daemon: syncNodes.
    pub(super) fn sync_nodes(&mut self, delete: &[String], create: &[String], hash: &str) -> ApiResult<()> {
        let owner = Object::from(self.set.clone());
        let nodes = create.iter().take(BURST_REPLICAS);
        let mut failed = in_batches(nodes, |node| self.create_pod(&owner, node, hash)).err();
        let namespace = meta::namespace(&self.set.metadata).to_owned();
        let mut going: Vec<&String> = delete.iter().take(BURST_REPLICAS).collect();
        race(&mut going, meta::uid(&self.set.metadata), self.context.config);
        for name in going {
            let key = ObjectKey::new(&namespace, name);
            match self.context.api.delete(Kind::Pod, &key, &DeleteOptions::default()) {
                Ok(_) => {
                    self.event(EventType::Normal, "SuccessfulDelete", &format!("Deleted pod: {name}"));
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    let message = format!("Error deleting: {error}");
                    self.event(EventType::Warning, "FailedDelete", &message);
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn create_pod(&mut self, owner: &Object, node: &str, hash: &str) -> ApiResult<()> {
        match self.context.api.create(nodes::new_pod(&self.set, owner, node, hash)) {
            Ok(created) => {
                let message = format!("Created pod: {}", meta::name(created.meta()));
                self.event(EventType::Normal, "SuccessfulCreate", &message);
                Ok(())
            }
            // Whatever is created in a namespace that goes would only go with it.
            Err(error) if error.is_namespace_terminating() => Ok(()),
            Err(error) => {
                let message = format!("Error creating: {error}");
                self.event(EventType::Warning, "FailedCreate", &message);
                Err(error)
            }
        }
    }

    pub(super) fn event(&mut self, event_type: EventType, reason: &'static str, message: &str) {
        let about = Object::from(self.set.clone());
        self.context.events.event(self.context.api, &about, event_type, reason, message);
    }

    /// Asks to look at the set again after `delay`.
    pub(super) fn wake_after(&mut self, delay: Duration) {
        let key = ObjectRef::new(Kind::DaemonSet, ObjectKey::of(&self.set.metadata));
        let time = self.now() + delay;
        self.context.wakes.at(key, time, Pace::Progress);
    }

    pub(super) fn is_available(&self, daemon: &Pod) -> bool {
        pod::is_available(daemon, self.spec.min_ready_seconds.unwrap_or(0), self.now())
    }

    /// How many nodes are to run a pod.
    pub(super) fn desired(&self) -> usize {
        self.nodes.values().filter(|fitness| fitness.should_run).count()
    }

    /// How many nodes may have two pods, and how many may have none, while an update goes on.
    ///
    /// Models pkg/controller/daemon: updatedDesiredNodeCounts.
    pub(super) fn limits(&self) -> (usize, usize) {
        let desired = self.desired();
        let rolling = self.spec.update_strategy.as_ref().and_then(|strategy| strategy.rolling_update.clone());
        let rolling = rolling.unwrap_or_default();
        let surge = scaled_up(rolling.max_surge.as_ref(), desired);
        let unavailable = scaled_up(rolling.max_unavailable.as_ref(), desired);
        if desired > 0 && surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
    }
}

/// Whether the pod has the newest template.
pub(super) fn is_updated(daemon: &Pod, hash: &str) -> bool {
    meta::labels(&daemon.metadata).get(HASH_LABEL).is_some_and(|label| label == hash)
}

/// A number, or a percentage of `total` rounded up.
fn scaled_up(value: Option<&IntOrString>, total: usize) -> usize {
    match value {
        None => 0,
        Some(IntOrString::Int(number)) => usize::try_from(*number).unwrap_or(0),
        Some(IntOrString::String(text)) => {
            let percent: usize = text.trim_end_matches('%').parse().unwrap_or(0);
            percent.saturating_mul(total).div_ceil(100)
        }
    }
}

//! [`NodeCache`]: the nodes with what is taken of them, kept pod by pod.
//!
//! Models pkg/scheduler/backend/cache. Placing a pod costs the same however many pods there are.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Node, Pod};

use super::nominated::priority;
use super::pod_counts::{ByNode, KeptKey, PodCounts};
use super::pod_terms::Picks;
use super::resources::{Resources, requests, scored_requests};
use crate::api::quantity::Quantity;
use crate::api::{ObjectKey, meta, storage};
use crate::store::Store;

/// A port on a node's own addresses: protocol, port, address.
pub(super) type HostPort = (Arc<str>, i32, Arc<str>);

/// The address that stands for all of a node's.
pub(super) const ANY_ADDRESS: &str = "0.0.0.0";

/// A node and what is taken of it.
#[derive(Clone, Debug)]
pub(super) struct NodeInfo {
    pub node: Arc<Node>,
    pub allocatable: Arc<Resources>,
    /// How many pods it takes.
    pub pod_limit: i64,
    pub pods: i64,
    pub requested: Resources,
    /// As `requested`, with a little for containers that say nothing: for scores.
    pub scored: Resources,
    /// Host ports in use, and by how many pods.
    pub ports: OrdMap<HostPort, u32>,
}

impl NodeInfo {
    /// The node while nothing of it is taken.
    pub(super) fn of(node: &Arc<Node>) -> NodeInfo {
        let list = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
        NodeInfo {
            node: node.clone(),
            allocatable: Arc::new(Resources::of(list)),
            pod_limit: list.and_then(|list| list.get("pods")).map_or(0, |pods| Quantity::of(pods).value()),
            pods: 0,
            requested: Resources::default(),
            scored: Resources::default(),
            ports: OrdMap::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        meta::name(&self.node.metadata)
    }

    /// The value of the node's label.
    pub(super) fn label(&self, key: &str) -> Option<&str> {
        meta::labels(&self.node.metadata).get(key).map(String::as_str)
    }

    /// The pod takes its share of this node.
    pub(super) fn add(&mut self, share: &Share) {
        self.pods += 1;
        self.requested.add(&share.requested);
        self.scored.add(&share.scored);
        for port in &share.ports {
            *self.ports.entry(port.clone()).or_insert(0) += 1;
        }
    }

    /// The pod gives its share of this node back.
    pub(super) fn remove(&mut self, share: &Share) {
        self.pods -= 1;
        self.requested.subtract(&share.requested);
        self.scored.subtract(&share.scored);
        for port in &share.ports {
            match self.ports.get_mut(port) {
                Some(count) if *count > 1 => *count -= 1,
                _ => {
                    self.ports.remove(port);
                }
            }
        }
    }
}

/// What a pod takes of its node.
#[derive(Clone, Debug)]
pub(super) struct Share {
    node: Arc<str>,
    requested: Resources,
    scored: Resources,
    ports: Vec<HostPort>,
    owner: Option<Arc<str>>,
    priority: i64,
    claims: Vec<ObjectKey>,
    terms: Vec<KeptKey>,
}

impl Share {
    /// What `pod` takes, or would take, of `node`.
    pub(super) fn of(pod: &Pod, node: &str) -> Share {
        Share {
            node: node.into(),
            requested: requests(pod),
            scored: scored_requests(pod),
            ports: host_ports(pod),
            owner: owner(pod),
            priority: priority(pod),
            claims: storage::claims_of_pod(pod).collect(),
            terms: Vec::new(),
        }
    }
}

/// Nodes by name, pods by key.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeCache {
    nodes: OrdMap<Arc<str>, NodeInfo>,
    shares: OrdMap<ObjectKey, Arc<Share>>,
    /// How many pods of one owner are on a node.
    spread: OrdMap<(Arc<str>, Arc<str>), u32>,
    /// How many pods of one priority are on a node.
    priorities: OrdMap<(Arc<str>, i64), u32>,
    /// Claim and pod, for pods on nodes.
    users: OrdSet<(ObjectKey, ObjectKey)>,
    /// The pods on nodes by what others ask of them.
    pub counts: PodCounts,
    /// Where the next search for a node begins.
    pub cursor: Option<Arc<str>>,
}

impl NodeCache {
    /// Adds or updates a node; pods that were assigned before it was known count.
    pub(super) fn set_node(&mut self, node: &Arc<Node>) {
        let name: Arc<str> = meta::name(&node.metadata).into();
        let mut info = NodeInfo::of(node);
        if let Some(known) = self.nodes.get_mut(&name) {
            (known.node, known.allocatable, known.pod_limit) = (info.node, info.allocatable, info.pod_limit);
            return;
        }
        for share in self.shares.values().filter(|share| share.node == name) {
            info.add(share);
        }
        self.nodes.insert(name, info);
    }

    pub(super) fn remove_node(&mut self, name: &str) {
        self.nodes.remove(name);
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn get(&self, name: &str) -> Option<&NodeInfo> {
        self.nodes.get(name)
    }

    /// All nodes once, from where the last search ended.
    pub(super) fn rotated(&self) -> impl Iterator<Item = &NodeInfo> {
        let start: Arc<str> = self.cursor.clone().unwrap_or_else(|| "".into());
        self.nodes.range(start.clone()..).chain(self.nodes.range(..start)).map(|(_, info)| info)
    }

    /// All nodes, in order of name.
    pub(super) fn all(&self) -> impl Iterator<Item = &NodeInfo> {
        self.nodes.values()
    }

    /// The pod takes its share of the node, if it has not yet.
    pub(super) fn assign(&mut self, key: &ObjectKey, node: &str, pod: &Pod) {
        if self.shares.get(key).is_some_and(|share| *share.node == *node) {
            return;
        }
        self.release(key);
        let mut share = Share::of(pod, node);
        if let Some(info) = self.nodes.get_mut(&share.node) {
            info.add(&share);
        }
        if let Some(owner) = &share.owner {
            *self.spread.entry((owner.clone(), share.node.clone())).or_insert(0) += 1;
        }
        *self.priorities.entry((share.node.clone(), share.priority)).or_insert(0) += 1;
        for claim in &share.claims {
            self.users.insert((claim.clone(), key.clone()));
        }
        self.counts.set(key, &share.node, pod);
        share.terms = self.counts.keep_terms(&share.node, pod);
        self.shares.insert(key.clone(), Arc::new(share));
    }

    /// The labels of a pod on a node changed, or its deletion was asked for.
    pub(super) fn recount(&mut self, key: &ObjectKey, pod: &Pod) {
        if let Some(share) = self.shares.get(key) {
            self.counts.set(key, &share.node, pod);
        }
    }

    /// The pod gives its share back; false when it had none.
    pub(super) fn release(&mut self, key: &ObjectKey) -> bool {
        let Some(share) = self.shares.remove(key) else { return false };
        if let Some(info) = self.nodes.get_mut(&share.node) {
            info.remove(&share);
        }
        if let Some(owner) = &share.owner {
            count_down(&mut self.spread, (owner.clone(), share.node.clone()));
        }
        count_down(&mut self.priorities, (share.node.clone(), share.priority));
        for claim in &share.claims {
            self.users.remove(&(claim.clone(), key.clone()));
        }
        self.counts.unset(key);
        self.counts.drop_terms(&share.node, &share.terms);
        true
    }

    /// Whether the node has a pod of lower priority.
    pub(super) fn has_weaker(&self, node: &str, priority: i64) -> bool {
        let node: Arc<str> = node.into();
        self.priorities.range((node.clone(), i64::MIN)..(node, priority)).next().is_some()
    }

    /// What the pod takes of its node.
    pub(super) fn share(&self, key: &ObjectKey) -> Option<&Share> {
        self.shares.get(key).map(|share| &**share)
    }

    /// How many of the picked pods are on each node.
    pub(super) fn count(&mut self, picks: Picks, view: &Store) -> ByNode {
        let shares = &self.shares;
        let pods = shares
            .iter()
            .filter_map(|(key, share)| Some((key.clone(), share.node.clone(), view.typed::<Pod>(key)?)));
        self.counts.ask(picks, pods)
    }

    /// The pods on nodes that use the claim.
    pub(super) fn users_of<'a>(&'a self, claim: &'a ObjectKey) -> impl Iterator<Item = &'a ObjectKey> {
        let start = (claim.clone(), ObjectKey::cluster(""));
        self.users.range(start..).take_while(move |(of, _)| of == claim).map(|(_, pod)| pod)
    }

    /// The nodes that have pods of `owner`, and how many.
    pub(super) fn pods_of<'a>(&'a self, owner: &'a str) -> impl Iterator<Item = (&'a Arc<str>, u32)> {
        let start = (Arc::from(owner), Arc::from(""));
        self.spread
            .range(start..)
            .take_while(move |((of, _), _)| &**of == owner)
            .map(|((_, node), count)| (node, *count))
    }
}

/// Takes one from a count; a count of none is not kept.
fn count_down<K: Ord + Clone>(counts: &mut OrdMap<K, u32>, key: K) {
    match counts.get_mut(&key) {
        Some(count) if *count > 1 => *count -= 1,
        _ => {
            counts.remove(&key);
        }
    }
}

/// The uid of the controller that made the pod: pods of one controller spread over the nodes.
pub(super) fn owner(pod: &Pod) -> Option<Arc<str>> {
    meta::controller_of(&pod.metadata).map(|owner| owner.uid.as_str().into())
}

/// The ports of its node that the pod wants for itself.
pub(super) fn host_ports(pod: &Pod) -> Vec<HostPort> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let sidecars = spec
        .init_containers
        .iter()
        .flatten()
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    spec.containers
        .iter()
        .chain(sidecars)
        .flat_map(|container| container.ports.iter().flatten())
        .filter_map(|port| {
            let number = port.host_port.filter(|number| *number > 0)?;
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            let address = port.host_ip.as_deref().filter(|ip| !ip.is_empty()).unwrap_or(ANY_ADDRESS);
            Some((protocol.into(), number, address.into()))
        })
        .collect()
}

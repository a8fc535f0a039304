//! [`Scene`]: what the map shows, read from the store. The work is that of what is shown, not of what there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::{Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::SYSTEM_NAMESPACES;
use super::state::State;
use crate::api::kinds::pod_summary::summarize;
use crate::api::{Kind, ObjectKey, Resource, meta, pod, storage};
use crate::store::Store;

/// How many pods a picture shows at most.
pub(super) const PODS_MAX: usize = 500;
/// How many more pods are counted before the picture says "or more".
const COUNTED_MAX: usize = 10_000;
pub(super) const NODES_MAX: usize = 100;
/// How many other namespaces are told of.
const NAMESPACES_MAX: usize = 20;
const SETS_MAX: usize = 40;
const SERVICES_MAX: usize = 40;
const CLAIMS_MAX: usize = 1_000;
const SLICES_MAX: usize = 100;

/// The label by which an EndpointSlice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// What the map shows.
pub(super) struct Scene {
    /// The namespace that is shown; all when absent.
    pub namespace: Option<String>,
    /// The other namespaces that have objects of a user's, and how many.
    others: Vec<(String, usize)>,
    pub nodes: Vec<NodeView>,
    /// By group, then by ordinal or name.
    pub pods: Vec<PodView>,
    /// How many pods are not shown.
    pub more_pods: usize,
    pub sets: Vec<SetView>,
    /// Claims of no set.
    pub claims: Vec<ClaimView>,
    pub services: Vec<ServiceView>,
}

pub(super) struct NodeView {
    pub name: Arc<str>,
    pub is_ready: bool,
    /// `ready`, `not ready, no new pods`.
    pub words: String,
}

pub(super) struct PodView {
    pub key: ObjectKey,
    /// What it belongs to, `StatefulSet web`; empty for a pod of its own.
    pub group: String,
    pub ordinal: Option<i32>,
    pub node: Option<String>,
    pub state: State,
    /// The Status column where it says more than the state.
    pub word: String,
    pub ready: (usize, usize),
    pub restarts: i64,
    pub address: String,
}

pub(super) struct SetView {
    pub key: ObjectKey,
    /// `2 of 3 ready, OrderedReady`.
    pub words: String,
    pub seats: Vec<Seat>,
}

/// The place of an ordinal in its set, whether or not there is a pod.
pub(super) struct Seat {
    pub name: String,
    pub ordinal: i32,
    /// Its index among the pods.
    pub pod: Option<usize>,
    pub is_wanted: bool,
    pub claims: Vec<ClaimView>,
}

pub(super) struct ClaimView {
    pub key: ObjectKey,
    pub state: State,
    /// The phase and the size, `Bound 1Gi`.
    pub words: String,
    /// The volume's name and phase.
    pub volume: Option<(String, String)>,
}

pub(super) struct ServiceView {
    pub key: ObjectKey,
    /// `ClusterIP 10.96.0.10`, `headless`.
    pub words: String,
    /// Pods by index, and whether traffic is sent to them.
    pub reaches: Vec<(usize, bool)>,
}

/// `1 restart`, `2 restarts`.
pub(super) fn in_words(restarts: i64) -> String {
    if restarts == 1 { "1 restart".to_owned() } else { format!("{restarts} restarts") }
}

impl Scene {
    /// Reads the scene of `namespace`, or of all.
    pub fn read(store: &Store, namespace: Option<&str>) -> Scene {
        let (mut pods, more_pods) = pods(store, namespace);
        pods.sort_by(|a, b| {
            (&a.key.namespace, &a.group, a.ordinal, &a.key.name).cmp(&(
                &b.key.namespace,
                &b.group,
                b.ordinal,
                &b.key.name,
            ))
        });
        let index: BTreeMap<ObjectKey, usize> =
            pods.iter().enumerate().map(|(index, pod)| (pod.key.clone(), index)).collect();
        let mut claims: BTreeMap<ObjectKey, ClaimView> = listed::<PersistentVolumeClaim>(store, namespace)
            .take(CLAIMS_MAX)
            .map(|claim| (claim.key(), claim_view(store, claim)))
            .collect();
        let sets = listed::<StatefulSet>(store, namespace)
            .take(SETS_MAX)
            .map(|set| set_view(set, &pods, &index, &mut claims))
            .collect();
        Scene {
            namespace: namespace.map(str::to_owned),
            others: others(store, namespace),
            nodes: store.all::<Node>().take(NODES_MAX).map(node_view).collect(),
            sets,
            claims: claims.into_values().collect(),
            services: services(store, namespace, &index),
            pods,
            more_pods,
        }
    }

    /// What is there and not shown: `Not shown: 3 objects in blue, 1 object in dev`.
    pub fn elsewhere(&self) -> Option<String> {
        let told = self.others.iter().map(|(name, count)| match count {
            1 => format!("1 object in {name}"),
            count if *count > COUNTED_MAX => format!("more than {COUNTED_MAX} objects in {name}"),
            count => format!("{count} objects in {name}"),
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| format!("Not shown: {}", told.join(", ")))
    }

    /// How many pods are in each state that occurs, `2 ready, 1 pending`.
    pub fn counts(&self) -> String {
        let count = |state: State| self.pods.iter().filter(|pod| pod.state == state).count();
        let words =
            State::ALL.iter().map(|state| (count(*state), state.word())).filter(|(count, _)| *count > 0);
        let words: Vec<String> = words.map(|(count, word)| format!("{count} {word}")).collect();
        if words.is_empty() { "no pods".to_owned() } else { words.join(", ") }
    }
}

impl PodView {
    /// What is true of the pod, for hovering and for screen readers.
    pub fn about(&self) -> String {
        let mut about = format!("Pod {}: {}", self.key.name, self.state.word());
        if !self.word.is_empty() {
            about.push_str(&format!(" ({})", self.word));
        }
        about.push_str(&format!(", {}/{} containers ready", self.ready.0, self.ready.1));
        if self.restarts > 0 {
            about.push_str(&format!(", {}", in_words(self.restarts)));
        }
        match &self.node {
            Some(node) => about.push_str(&format!(", on {node}")),
            None => about.push_str(", no node yet"),
        }
        if !self.address.is_empty() {
            about.push_str(&format!(", {}", self.address));
        }
        about
    }
}

impl ClaimView {
    /// What is true of the claim.
    pub fn about(&self) -> String {
        match &self.volume {
            Some((volume, _)) => format!("Claim {}: {}, volume {volume}", self.key.name, self.words),
            None => format!("Claim {}: {}, no volume", self.key.name, self.words),
        }
    }
}

fn listed<'a, T: Resource>(
    store: &'a Store,
    namespace: Option<&'a str>,
) -> Box<dyn Iterator<Item = &'a T> + 'a> {
    match namespace {
        Some(namespace) => Box::new(store.all_in::<T>(namespace)),
        None => Box::new(store.all::<T>()),
    }
}

/// How many pods, sets, services and claims the namespaces have that are not shown and not the cluster's own.
fn others(store: &Store, shown: Option<&str>) -> Vec<(String, usize)> {
    let Some(shown) = shown else { return Vec::new() };
    let names = store.all::<Namespace>().map(|namespace| meta::name(&namespace.metadata));
    let names = names.filter(|name| *name != shown && !SYSTEM_NAMESPACES.contains(name));
    let kinds = [Kind::Pod, Kind::StatefulSet, Kind::Service, Kind::PersistentVolumeClaim];
    let count = |name: &str| -> usize {
        let all = kinds.iter().flat_map(|kind| store.list_in(*kind, name));
        all.filter(|object| !is_the_servers(object.meta())).take(COUNTED_MAX + 1).count()
    };
    let counted = names.take(NAMESPACES_MAX).map(|name| (name.to_owned(), count(name)));
    counted.filter(|(_, count)| *count > 0).collect()
}

/// Whether it is the service by which pods reach the API server.
fn is_the_servers(meta: &ObjectMeta) -> bool {
    meta::name(meta) == "kubernetes" && meta::namespace(meta) == "default"
}

fn pods(store: &Store, namespace: Option<&str>) -> (Vec<PodView>, usize) {
    let mut all = listed::<Pod>(store, namespace);
    let shown: Vec<PodView> = all.by_ref().take(PODS_MAX).map(|pod| pod_view(store, pod)).collect();
    (shown, all.take(COUNTED_MAX).count())
}

fn pod_view(store: &Store, pod: &Pod) -> PodView {
    let summary = summarize(pod);
    let state = State::of_pod(pod, &summary);
    let says_less =
        matches!(summary.reason.as_str(), "Running" | "Pending" | "Terminating" | "Failed" | "Completed");
    let name = meta::name(&pod.metadata);
    let (group, is_of_set) = group(store, pod);
    PodView {
        key: pod.key(),
        ordinal: if is_of_set { ordinal(name) } else { None },
        group,
        node: pod::node_name(pod).map(str::to_owned),
        state,
        word: if says_less { String::new() } else { summary.reason },
        ready: (summary.ready_containers, summary.total_containers),
        restarts: summary.restarts,
        address: pod.status.as_ref().and_then(|status| status.pod_ip.clone()).unwrap_or_default(),
    }
}

/// What a pod belongs to, a Deployment rather than its ReplicaSet, and whether that is a StatefulSet.
fn group(store: &Store, pod: &Pod) -> (String, bool) {
    let Some(owner) = meta::controller_of(&pod.metadata) else { return (String::new(), false) };
    if owner.kind == "ReplicaSet" {
        let key = ObjectKey::new(meta::namespace(&pod.metadata), &owner.name);
        let replica_set = store.typed::<ReplicaSet>(&key);
        if let Some(top) = replica_set.and_then(|set| meta::controller_of(&set.metadata)) {
            return (format!("{} {}", top.kind, top.name), false);
        }
    }
    (format!("{} {}", owner.kind, owner.name), owner.kind == "StatefulSet")
}

/// The number that a name ends with, `web-10`.
fn ordinal(name: &str) -> Option<i32> {
    name.rsplit_once('-')?.1.parse().ok()
}

fn node_view(node: &Node) -> NodeView {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let is_ready =
        conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True");
    let is_cordoned = node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false);
    let mut words = if is_ready { "ready" } else { "not ready" }.to_owned();
    if is_cordoned {
        words.push_str(", no new pods");
    }
    NodeView { name: meta::name(&node.metadata).into(), is_ready, words }
}

fn claim_view(store: &Store, claim: &PersistentVolumeClaim) -> ClaimView {
    let status = claim.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
    let capacity = status.and_then(|status| status.capacity.as_ref()?.get("storage"));
    let requests = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    let size = capacity.or_else(|| requests?.get("storage")).map_or("", |size| size.0.as_str());
    let phase = if meta::is_terminating(&claim.metadata) { "Terminating" } else { phase };
    let volume = storage::volume_name(claim).map(|name| {
        let volume = store.typed::<PersistentVolume>(&ObjectKey::cluster(name));
        let phase = match volume {
            Some(volume) if meta::is_terminating(&volume.metadata) => Some("Terminating".to_owned()),
            _ => volume.and_then(|volume| volume.status.as_ref()?.phase.clone()),
        };
        (name.to_owned(), phase.unwrap_or_else(|| "missing".to_owned()))
    });
    ClaimView {
        key: claim.key(),
        state: State::of_claim(claim),
        words: format!("{phase} {size}").trim_end().to_owned(),
        volume,
    }
}

fn set_view(
    set: &StatefulSet,
    pods: &[PodView],
    index: &BTreeMap<ObjectKey, usize>,
    claims: &mut BTreeMap<ObjectKey, ClaimView>,
) -> SetView {
    let (name, namespace) = (meta::name(&set.metadata), meta::namespace(&set.metadata));
    let spec = set.spec.as_ref();
    let replicas = spec.and_then(|spec| spec.replicas).unwrap_or(1);
    let start = spec.and_then(|spec| spec.ordinals.as_ref()).and_then(|ordinals| ordinals.start).unwrap_or(0);
    let wanted = start..start.saturating_add(replicas);
    let mut seats: BTreeMap<i32, Vec<ClaimView>> =
        wanted.clone().take(PODS_MAX).map(|ordinal| (ordinal, Vec::new())).collect();
    let group = format!("StatefulSet {name}");
    let own = pods.iter().filter(|pod| pod.group == group && *pod.key.namespace == *namespace);
    for ordinal in own.filter_map(|pod| pod.ordinal) {
        seats.entry(ordinal).or_default();
    }
    let templates = spec.and_then(|spec| spec.volume_claim_templates.as_deref()).unwrap_or_default();
    for template in templates {
        let prefix = format!("{}-{name}-", meta::name(&template.metadata));
        let first = ObjectKey::new(namespace, &prefix);
        let of_template = claims
            .range(first..)
            .take_while(|(key, _)| *key.namespace == *namespace && key.name.starts_with(&prefix));
        let found: Vec<(i32, ObjectKey)> = of_template
            .filter_map(|(key, _)| Some((key.name[prefix.len()..].parse().ok()?, key.clone())))
            .collect();
        for (ordinal, key) in found {
            let claim = claims.remove(&key);
            seats.entry(ordinal).or_default().extend(claim);
        }
    }
    let seats = seats.into_iter().take(PODS_MAX).map(|(ordinal, claims)| {
        let pod = format!("{name}-{ordinal}");
        let found = index.get(&ObjectKey::new(namespace, &pod)).copied();
        Seat { pod: found, is_wanted: wanted.contains(&ordinal), name: pod, ordinal, claims }
    });
    let ready = set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
    let policy = spec.and_then(|spec| spec.pod_management_policy.as_deref()).unwrap_or("OrderedReady");
    SetView {
        key: set.key(),
        words: format!("{ready} of {replicas} ready, {policy}"),
        seats: seats.collect(),
    }
}

fn services(store: &Store, namespace: Option<&str>, index: &BTreeMap<ObjectKey, usize>) -> Vec<ServiceView> {
    let mut reaches: BTreeMap<ObjectKey, BTreeMap<usize, bool>> = BTreeMap::new();
    for slice in listed::<EndpointSlice>(store, namespace).take(SLICES_MAX) {
        let Some(service) = meta::labels(&slice.metadata).get(SERVICE_NAME) else { continue };
        let namespace = meta::namespace(&slice.metadata);
        let pods = reaches.entry(ObjectKey::new(namespace, service)).or_default();
        for endpoint in slice.endpoints.iter().flatten() {
            let target = endpoint.target_ref.as_ref().and_then(|target| target.name.as_deref());
            let Some(pod) = target.and_then(|name| index.get(&ObjectKey::new(namespace, name))) else {
                continue;
            };
            let conditions = endpoint.conditions.as_ref();
            pods.insert(*pod, conditions.and_then(|conditions| conditions.ready).unwrap_or(true));
        }
    }
    let view = |service: &Service| {
        let key = service.key();
        let spec = service.spec.as_ref();
        let address = spec.and_then(|spec| spec.cluster_ip.as_deref()).unwrap_or_default();
        let kind = spec.and_then(|spec| spec.type_.as_deref()).unwrap_or("ClusterIP");
        let words = match (kind, address) {
            (_, "None") => "headless".to_owned(),
            (kind, address) => format!("{kind} {address}").trim_end().to_owned(),
        };
        let reaches = reaches.remove(&key).unwrap_or_default().into_iter().collect();
        ServiceView { key, words, reaches }
    };
    listed::<Service>(store, namespace).take(SERVICES_MAX).map(view).collect()
}

//! What belongs to what.

use std::collections::{BTreeMap, VecDeque};

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use petgraph::graph::NodeIndex;

use super::{Relations, VERTICES_MAX, Vertex};
use crate::api::kinds::pod_summary::summarize;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta, storage};
use crate::store::Store;

/// The label by which an EndpointSlice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// The family of an object: its topmost owner, all that descends from it, and what that holds without owning it.
///
/// Owners are those of ownerReferences. Claims made from a set's templates that no pod mounts and nothing owns are
/// kept by the set: they stay when their pods go. None when there is no such object.
pub fn owners(store: &Store, of: &ObjectRef) -> Option<Relations> {
    let top = topmost(store, store.get(of.kind, &of.key)?);
    let mut family =
        Family { store, graph: Relations::new(), known: BTreeMap::new(), waiting: VecDeque::new() };
    family.vertex(top);
    family.grow();
    family.keep_claims();
    family.grow();
    Some(family.graph)
}

/// The object at the end of the chain of owners.
fn topmost<'a>(store: &'a Store, object: &'a Object) -> &'a Object {
    let mut top = object;
    // Nothing forbids owners in a circle.
    for _ in 0..VERTICES_MAX {
        let namespace = meta::namespace(top.meta());
        let found = meta::owners(top.meta()).iter().find_map(|owner| {
            let kind = Kind::from_word(&owner.kind)?;
            let namespace = if kind.info().namespaced { namespace } else { "" };
            store.get(kind, &ObjectKey::new(namespace, &owner.name)).filter(|found| found.uid() == owner.uid)
        });
        match found {
            Some(owner) if !std::ptr::eq(owner, object) => top = owner,
            _ => break,
        }
    }
    top
}

struct Family<'a> {
    store: &'a Store,
    graph: Relations,
    known: BTreeMap<ObjectRef, NodeIndex>,
    waiting: VecDeque<(NodeIndex, &'a Object)>,
}

impl<'a> Family<'a> {
    fn vertex(&mut self, object: &'a Object) -> Option<NodeIndex> {
        let reference = object.reference();
        if let Some(known) = self.known.get(&reference) {
            return Some(*known);
        }
        if self.graph.node_count() >= VERTICES_MAX {
            return None;
        }
        let name = format!("{} {}", reference.kind.name(), reference.key.name);
        let vertex = self.graph.add_node(Vertex { name, about: about(object) });
        self.known.insert(reference, vertex);
        self.waiting.push_back((vertex, object));
        Some(vertex)
    }

    fn edge(&mut self, from: NodeIndex, to: &'a Object, relation: &'static str) {
        if let Some(to) = self.vertex(to)
            && from != to
        {
            self.graph.update_edge(from, to, relation);
        }
    }

    fn grow(&mut self) {
        while let Some((from, object)) = self.waiting.pop_front() {
            self.relate(from, object);
        }
    }

    /// Adds what hangs on `object`.
    fn relate(&mut self, from: NodeIndex, object: &'a Object) {
        let store = self.store;
        for owned in store.owned_by(object.uid()) {
            self.edge(from, owned, "owns");
        }
        let namespace = meta::namespace(object.meta());
        match object {
            Object::Pod(pod) => {
                for (kind, name) in mounted(pod) {
                    if let Some(volume) = store.get(kind, &ObjectKey::new(namespace, &name)) {
                        self.edge(from, volume, "mounts");
                    }
                }
            }
            Object::PersistentVolumeClaim(claim) => {
                let volume = storage::volume_name(claim).map(ObjectKey::cluster);
                if let Some(volume) = volume.and_then(|key| store.get(Kind::PersistentVolume, &key)) {
                    self.edge(from, volume, "is bound to");
                }
            }
            Object::Service(service) => self.reach(from, service),
            _ => {}
        }
    }

    fn reach(&mut self, from: NodeIndex, service: &Service) {
        let namespace = meta::namespace(&service.metadata);
        for slice in self.store.all_in::<EndpointSlice>(namespace) {
            let name = meta::labels(&slice.metadata).get(SERVICE_NAME).map(String::as_str);
            if name != service.metadata.name.as_deref() {
                continue;
            }
            for target in slice.endpoints.iter().flatten().filter_map(|endpoint| endpoint.target_ref.as_ref())
            {
                let key = ObjectKey::new(namespace, target.name.as_deref().unwrap_or_default());
                if let Some(pod) = self.store.get(Kind::Pod, &key) {
                    self.edge(from, pod, "reaches");
                }
            }
        }
    }

    /// Adds the claims of the sets' templates that nothing led to.
    fn keep_claims(&mut self) {
        let store = self.store;
        let sets: Vec<(&StatefulSet, NodeIndex)> = self
            .known
            .iter()
            .filter(|(reference, _)| reference.kind == Kind::StatefulSet)
            .filter_map(|(reference, vertex)| Some((store.typed(&reference.key)?, *vertex)))
            .collect();
        for (set, from) in sets {
            let templates = set.spec.as_ref().and_then(|spec| spec.volume_claim_templates.as_deref());
            for template in templates.unwrap_or_default() {
                let prefix = format!("{}-{}-", meta::name(&template.metadata), meta::name(&set.metadata));
                for claim in store.list_in(Kind::PersistentVolumeClaim, meta::namespace(&set.metadata)) {
                    let ordinal = meta::name(claim.meta()).strip_prefix(&prefix);
                    let is_known = self.known.contains_key(&claim.reference());
                    if !is_known && ordinal.is_some_and(|ordinal| ordinal.parse::<u32>().is_ok()) {
                        self.edge(from, claim, "keeps");
                    }
                }
            }
        }
    }
}

/// Claims, ConfigMaps and Secrets that a pod mounts.
fn mounted(pod: &Pod) -> Vec<(Kind, String)> {
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
    let mut found = Vec::new();
    for volume in volumes {
        if let Some(claim) = &volume.persistent_volume_claim {
            found.push((Kind::PersistentVolumeClaim, claim.claim_name.clone()));
        } else if let Some(map) = &volume.config_map {
            found.push((Kind::ConfigMap, map.name.clone()));
        } else if let Some(secret) = &volume.secret {
            found.push((Kind::Secret, secret.secret_name.clone().unwrap_or_default()));
        }
    }
    found
}

/// What is to be said of an object in a word or two.
fn about(object: &Object) -> String {
    if meta::is_terminating(object.meta()) {
        return "Terminating".to_owned();
    }
    let of = |ready: Option<i32>, all: Option<i32>| {
        format!("{} of {} ready", ready.unwrap_or(0), all.unwrap_or(1))
    };
    match object {
        Object::Pod(pod) => {
            let summary = summarize(pod);
            format!("{}, {}/{} ready", summary.reason, summary.ready_containers, summary.total_containers)
        }
        Object::StatefulSet(set) => of(
            set.status.as_ref().and_then(|status| status.ready_replicas),
            set.spec.as_ref().and_then(|spec| spec.replicas),
        ),
        Object::Deployment(deployment) => of(
            deployment.status.as_ref().and_then(|status| status.ready_replicas),
            deployment.spec.as_ref().and_then(|spec| spec.replicas),
        ),
        Object::ReplicaSet(set) => of(
            set.status.as_ref().and_then(|status| status.ready_replicas),
            set.spec.as_ref().and_then(|spec| spec.replicas),
        ),
        Object::PersistentVolumeClaim(claim) => phase(claim),
        Object::PersistentVolume(volume) => {
            volume.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default()
        }
        Object::ControllerRevision(revision) => format!("revision {}", revision.revision),
        _ => String::new(),
    }
}

fn phase(claim: &PersistentVolumeClaim) -> String {
    claim.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_else(|| "Pending".to_owned())
}

//! A bench for the storage controllers and the scheduler: those components alone over a real engine.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use serde_json::{Value, json};

use crate::api::{Kind, Object, ObjectKey, SimTime, meta, storage};
use crate::apiserver::{ApiServer, DeleteOptions, Subresource};
use crate::cluster::Plane;
use crate::engine::{
    CauseKind, ClusterConfig, Component, ComponentId, ControlPlane, Engine, StorageClassConfig, TimingProfile,
};
use crate::store::ChangeType;

/// The components under test; the others of the plane stay silent.
#[derive(Default)]
struct StoragePlane(Plane);

impl ControlPlane for StoragePlane {
    fn count(&self) -> u8 {
        4
    }

    fn component(&mut self, id: ComponentId) -> &mut dyn Component {
        match id.0 {
            0 => &mut self.0.persistentvolume,
            1 => &mut self.0.provisioner,
            2 => &mut self.0.volumeprotection,
            _ => &mut self.0.scheduler,
        }
    }
}

/// An engine with the components under test.
pub(crate) struct Bench {
    engine: Engine,
    plane: StoragePlane,
    shown: u64,
}

impl Bench {
    /// The cluster of the recordings: classes `standard` and `wait`, three nodes.
    pub fn recorder() -> Bench {
        Bench::new(ClusterConfig::recorder(1))
    }

    /// minikube: one node, hostPath volumes.
    pub fn minikube() -> Bench {
        let profile = TimingProfile::named("minikube").expect("built in");
        Bench::new(ClusterConfig::for_profile(profile, 1))
    }

    pub fn new(config: ClusterConfig) -> Bench {
        let mut plane = StoragePlane::default();
        let mut engine = Engine::new(config.clone());
        engine.attach(&mut plane);
        let mut bench = Bench { engine, plane, shown: 0 };
        bench.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}));
        for class in &config.storage_classes {
            bench.create_class(class);
        }
        for (index, node) in config.nodes.iter().enumerate() {
            bench.act(|api| crate::cluster::register_node(api, &config, node, index));
        }
        bench.settle();
        bench.shown = bench.engine.api().store().revision();
        bench
    }

    pub fn create_class(&mut self, class: &StorageClassConfig) {
        let mode = if class.wait_for_first_consumer { "WaitForFirstConsumer" } else { "Immediate" };
        self.create(json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": class.name}, "provisioner": class.provisioner, "reclaimPolicy": "Delete",
            "volumeBindingMode": mode}));
    }

    pub fn act<T>(&mut self, action: impl FnOnce(&mut ApiServer) -> T) -> T {
        self.engine.act(&mut self.plane, CauseKind::Command("test".to_owned()), action)
    }

    /// Creates what the manifest says.
    pub fn create(&mut self, manifest: Value) -> Object {
        let word = |field: &str| manifest[field].as_str().unwrap_or_default().to_owned();
        let kind = Kind::from_api(&word("apiVersion"), &word("kind")).expect("a known kind");
        let object = Object::from_value(kind, manifest, &mut |path| panic!("unknown field {path}"));
        let object = object.expect("decodes");
        self.act(|api| api.create(object)).expect("created")
    }

    pub fn create_claim(&mut self, name: &str, class: &str, size: &str) {
        self.create(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default",
                "finalizers": ["kubernetes.io/pvc-protection"]},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": class, "volumeMode": "Filesystem",
                "resources": {"requests": {"storage": size}}},
            "status": {"phase": "Pending"}}));
    }

    pub fn create_volume(&mut self, name: &str, class: &str, size: &str, extra: Value) {
        let mut manifest = json!({"apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": name, "finalizers": ["kubernetes.io/pv-protection"]},
            "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size},
                "hostPath": {"path": "/data"}, "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": class, "volumeMode": "Filesystem"},
            "status": {"phase": "Pending"}});
        json_patch::merge(&mut manifest, &extra);
        self.create(manifest);
    }

    pub fn create_pod(&mut self, name: &str, claims: &[&str], node: Option<&str>) {
        self.create_pod_with(name, claims, json!({"nodeName": node}));
    }

    /// A pod whose spec has `extra` merged into it.
    pub fn create_pod_with(&mut self, name: &str, claims: &[&str], extra: Value) {
        let volumes: Vec<Value> = claims
            .iter()
            .map(|claim| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}}))
            .collect();
        let mut spec = json!({"containers": [{"name": "app", "image": "app:1.0"}], "volumes": volumes,
            "schedulerName": "default-scheduler"});
        json_patch::merge(&mut spec, &extra);
        self.create(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default"},
            "spec": spec, "status": {"phase": "Pending"}}));
    }

    pub fn set_pod_phase(&mut self, name: &str, phase: &str) {
        let phase = Some(phase.to_owned());
        self.act(|api| {
            api.modify::<Pod>(&ObjectKey::new("default", name), Subresource::Status, |pod| {
                pod.status.get_or_insert_default().phase = phase;
            })
        })
        .expect("modified");
    }

    pub fn delete(&mut self, kind: Kind, name: &str) {
        self.delete_with(kind, name, DeleteOptions::default());
    }

    /// Deletes without grace, as the kubelet does at a pod's end.
    pub fn delete_now(&mut self, kind: Kind, name: &str) {
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        self.delete_with(kind, name, options);
    }

    fn delete_with(&mut self, kind: Kind, name: &str, options: DeleteOptions) {
        let key =
            if kind.info().namespaced { ObjectKey::new("default", name) } else { ObjectKey::cluster(name) };
        self.act(|api| api.delete(kind, &key, &options)).expect("deleted");
    }

    /// Runs until nothing is pending but repetition.
    pub fn settle(&mut self) {
        let end = self.engine.now() + Duration::from_secs(1_200);
        while !self.engine.queue().is_settled() && self.engine.now() < end {
            self.engine.step(&mut self.plane);
        }
        assert!(self.engine.queue().is_settled(), "still busy: {:?}", self.engine.queue().iter().next());
    }

    /// Runs for `duration`, repetition included.
    pub fn advance(&mut self, duration: Duration) {
        let end = self.engine.now() + duration;
        while self.engine.queue().next_time().is_some_and(|next| next <= end) {
            self.engine.step(&mut self.plane);
        }
        self.engine.set_now(end);
    }

    pub fn now(&self) -> SimTime {
        self.engine.now()
    }

    pub fn steps(&self) -> u64 {
        self.engine.steps()
    }

    pub fn api(&self) -> &ApiServer {
        self.engine.api()
    }

    pub fn claim(&self, name: &str) -> Option<&PersistentVolumeClaim> {
        self.engine.api().store().typed(&ObjectKey::new("default", name))
    }

    pub fn pod(&self, name: &str) -> Option<&Pod> {
        self.engine.api().store().typed(&ObjectKey::new("default", name))
    }

    pub fn volume(&self, name: &str) -> Option<&PersistentVolume> {
        self.engine.api().store().typed(&ObjectKey::cluster(name))
    }

    pub fn bound_volume(&self, claim: &str) -> Option<String> {
        self.claim(claim).and_then(storage::volume_name).map(str::to_owned)
    }

    /// What changed since the last call, a line each, uids masked, repeats of an object's state folded.
    pub fn changes(&mut self) -> String {
        let store = self.engine.api().store();
        let mut latest: BTreeMap<String, String> = BTreeMap::new();
        let mut lines = Vec::new();
        for change in store.log().since(self.shown) {
            let line = mask_uids(&describe(change.change, &change.object));
            let before = latest.insert(change.reference.clone().to_string(), line.clone());
            if before.is_none_or(|before| before != line) {
                lines.push(line);
            }
        }
        self.shown = store.revision();
        lines.join("\n")
    }
}

fn describe(change: ChangeType, object: &Object) -> String {
    let name = meta::name(object.meta());
    let deleting = if meta::is_terminating(object.meta()) { " deleting" } else { "" };
    let head = format!("{} {} ", change.as_str(), object.kind().name());
    let detail = match object {
        Object::PersistentVolumeClaim(claim) => {
            let phase = claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("-");
            let notes = notes(meta::annotations(&claim.metadata).keys());
            format!("{name} {phase} volume={}{notes}", storage::volume_name(claim).unwrap_or("-"))
        }
        Object::PersistentVolume(volume) => {
            let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("-");
            let claim = storage::claim_of(volume).map_or("-".to_owned(), |key| key.to_string());
            format!("{name} {phase} claim={claim}")
        }
        Object::Pod(pod) => {
            let node = crate::api::pod::node_name(pod).unwrap_or("-");
            let scheduled = crate::api::pod::condition(pod, "PodScheduled");
            let scheduled = scheduled.map_or("-".to_owned(), |condition| {
                format!("{}/{}", condition.status, condition.reason.as_deref().unwrap_or(""))
            });
            let nominated = pod.status.as_ref().and_then(|status| status.nominated_node_name.as_deref());
            let nominated = nominated.map_or(String::new(), |node| format!(" nominated={node}"));
            format!("{name} node={node} scheduled={scheduled}{nominated}")
        }
        Object::Event(event) => {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let series = event.series.as_ref().and_then(|series| series.count);
            let count = event.count.or(series).unwrap_or(1);
            format!(
                "{}/{} {} {} x{count} {}",
                text(&event.involved_object.kind),
                text(&event.involved_object.name),
                text(&event.type_),
                text(&event.reason),
                text(&event.message)
            )
        }
        _ => name.to_owned(),
    };
    format!("{head}{detail}{deleting}")
}

/// Annotation keys without their prefixes.
fn notes<'a>(keys: impl Iterator<Item = &'a String>) -> String {
    let short: Vec<&str> =
        keys.filter(|key| !key.contains(".beta.")).map(|key| key.rsplit('/').next().unwrap_or(key)).collect();
    if short.is_empty() { String::new() } else { format!(" [{}]", short.join(" ")) }
}

fn mask_uids(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.find("pvc-") {
        Some(at) if word.len() >= at + 40 => format!("{}pvc-UID{}", &word[..at], &word[at + 40..]),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

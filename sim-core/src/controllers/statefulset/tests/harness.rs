//! [`Bench`]: a cluster of this controller and a kubelet that does what it is told.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetStatus};
use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim, Pod, PodCondition};
use serde_json::{Value, json};

use super::super::StatefulSetController;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, Resource, meta, pod};
use crate::apiserver::{ApiServer, DeleteOptions, Subresource};
use crate::engine::{
    CauseKind, ClusterConfig, Component, ComponentId, Context, ControlPlane, Engine, ReconcileError,
    TimingProfile, Wakes,
};
use crate::store::{Change, ChangeType, Store};

/// Starts pods 600 ms after they were created, makes them ready 400 ms later, ends them 400 ms after
/// their deletion was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct FakeKubelet {
    /// Pods that never become ready, by name.
    pub never_ready: BTreeMap<String, bool>,
    /// Whether pods that terminate stay.
    pub keeps_terminating: bool,
}

impl Component for FakeKubelet {
    fn name(&self) -> &'static str {
        "fake-kubelet"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        let Object::Pod(pod) = &change.object else { return };
        if change.change == ChangeType::Deleted || pod::is_terminal(pod) {
            return;
        }
        let key = ObjectRef::new(Kind::Pod, pod.key());
        let wait = match (meta::is_terminating(&pod.metadata), pod::phase(pod)) {
            (true, _) => 400,
            (false, "Running") => 400,
            (false, _) if pod::node_name(pod).is_none() => 0,
            (false, _) => 600,
        };
        wakes.after(key, Duration::from_millis(wait));
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(pod) = context.view.shared::<Pod>(&key.key) else { return Ok(()) };
        if meta::is_terminating(&pod.metadata) {
            if !self.keeps_terminating {
                let now = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
                context.api.delete(Kind::Pod, &key.key, &now)?;
            }
            return Ok(());
        }
        if pod::node_name(&pod).is_none() {
            context.api.modify::<Pod>(&key.key, Subresource::Binding, |pod| {
                pod.spec.get_or_insert_default().node_name = Some("node-1".to_owned());
                pod.status.get_or_insert_default().phase = Some("Pending".to_owned());
            })?;
        } else if pod::phase(&pod) == "Pending" {
            context.api.modify::<Pod>(&key.key, Subresource::Status, |pod| {
                pod.status.get_or_insert_default().phase = Some("Running".to_owned());
            })?;
        } else if !self.never_ready.contains_key(meta::name(&pod.metadata)) {
            let now = context.now;
            set_ready(context.api, &key.key, true, now)?;
        }
        Ok(())
    }
}

fn set_ready(
    api: &mut ApiServer,
    key: &ObjectKey,
    ready: bool,
    now: crate::api::SimTime,
) -> Result<(), ReconcileError> {
    if pod::is_ready(api.typed::<Pod>(key)?) == ready {
        return Ok(());
    }
    api.modify::<Pod>(key, Subresource::Status, |pod| {
        let condition = PodCondition {
            type_: "Ready".to_owned(),
            status: if ready { "True" } else { "False" }.to_owned(),
            last_transition_time: Some(now.to_time()),
            ..PodCondition::default()
        };
        pod.status.get_or_insert_default().conditions = Some(vec![condition]);
    })?;
    Ok(())
}

#[derive(Clone, Debug, Default)]
pub(super) struct BenchPlane {
    pub sets: StatefulSetController,
    pub kubelet: FakeKubelet,
}

impl ControlPlane for BenchPlane {
    fn count(&self) -> u8 {
        2
    }

    fn component(&mut self, id: ComponentId) -> &mut dyn Component {
        if id.0 == 0 { &mut self.sets } else { &mut self.kubelet }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Bench {
    pub engine: Engine,
    pub plane: BenchPlane,
}

pub(super) fn key(name: &str) -> ObjectKey {
    ObjectKey::new("default", name)
}

/// The set of the recordings, every default filled in.
pub(super) fn web(replicas: i32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "serviceName": "web", "replicas": replicas,
            "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "selector": {"matchLabels": {"app": "web"}},
            "template": template("app:1.0"),
            "volumeClaimTemplates": [{
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem",
                         "resources": {"requests": {"storage": "1Gi"}}},
                "status": {"phase": "Pending"},
            }],
        },
    })
}

pub(super) fn template(image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [{
                "name": "app", "image": image,
                "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
                "resources": {},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "IfNotPresent",
            }],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 5,
            "dnsPolicy": "ClusterFirst", "securityContext": {}, "schedulerName": "default-scheduler",
        },
    })
}

impl Bench {
    pub fn new() -> Bench {
        let mut profile = TimingProfile::recorder();
        profile.controller = crate::engine::Span::exactly(5);
        let mut bench = Bench {
            engine: Engine::new(ClusterConfig::for_profile(profile, 7)),
            plane: BenchPlane::default(),
        };
        bench.engine.attach(&mut bench.plane);
        bench.act(|api| {
            let mut namespace = Namespace::default();
            namespace.metadata.name = Some("default".to_owned());
            api.create(namespace).expect("a namespace");
        });
        bench
    }

    /// A bench with this set, not started yet.
    pub fn with(set: Value) -> Bench {
        let mut bench = Bench::new();
        bench.create(set);
        bench
    }

    pub fn act<T>(&mut self, action: impl FnOnce(&mut ApiServer) -> T) -> T {
        self.engine.act(&mut self.plane, CauseKind::Command(String::new()), action)
    }

    pub fn create(&mut self, set: Value) {
        let set: StatefulSet = serde_json::from_value(set).expect("a set");
        self.act(|api| api.create(set)).expect("created");
    }

    pub fn change_set(&mut self, change: impl FnOnce(&mut StatefulSet)) {
        self.act(|api| api.modify(&key("web"), Subresource::Main, change)).expect("changed");
    }

    pub fn scale(&mut self, replicas: i32) {
        self.change_set(|set| set.spec.as_mut().expect("a spec").replicas = Some(replicas));
    }

    pub fn set_image(&mut self, image: &str) {
        let template = serde_json::from_value(template(image)).expect("a template");
        self.change_set(|set| set.spec.as_mut().expect("a spec").template = template);
    }

    pub fn set_partition(&mut self, partition: i32) {
        self.change_set(|set| {
            let strategy =
                set.spec.as_mut().and_then(|spec| spec.update_strategy.as_mut()).expect("a strategy");
            strategy.rolling_update.get_or_insert_default().partition = Some(partition);
        });
    }

    pub fn delete_pod(&mut self, name: &str) {
        let options = DeleteOptions::default();
        self.act(|api| api.delete(Kind::Pod, &key(name), &options)).expect("deleted");
    }

    /// Lets claims go that are being deleted, as the protection controller does when no pod uses them.
    pub fn release_claims(&mut self) {
        let going = |claim: &&PersistentVolumeClaim| meta::is_terminating(&claim.metadata);
        let going: Vec<_> =
            self.store().all::<PersistentVolumeClaim>().filter(going).map(Resource::key).collect();
        for claim in going {
            let release = |claim: &mut PersistentVolumeClaim| claim.metadata.finalizers = None;
            self.act(|api| api.modify(&claim, Subresource::Main, release)).expect("released");
        }
    }

    pub fn set_phase(&mut self, name: &str, phase: &str) {
        let change = |pod: &mut Pod| {
            let status = pod.status.get_or_insert_default();
            status.phase = Some(phase.to_owned());
            status.conditions = None;
        };
        self.act(|api| api.modify(&key(name), Subresource::Status, change)).expect("changed");
    }

    pub fn make_ready(&mut self, name: &str, ready: bool) {
        let now = self.engine.now();
        if ready {
            self.plane.kubelet.never_ready.remove(name);
        } else {
            self.plane.kubelet.never_ready.insert(name.to_owned(), true);
        }
        self.act(|api| set_ready(api, &key(name), ready, now)).expect("changed");
    }

    pub fn step(&mut self) -> bool {
        self.engine.step(&mut self.plane).is_some()
    }

    /// Runs for this many milliseconds.
    pub fn run(&mut self, milliseconds: u64) {
        let end = self.engine.now() + Duration::from_millis(milliseconds);
        while self.engine.queue().next_time().is_some_and(|next| next <= end) {
            self.step();
        }
        self.engine.set_now(end);
    }

    /// Runs until nothing is left to do.
    pub fn settle(&mut self) {
        for _ in 0..100_000 {
            if self.engine.queue().is_settled() {
                return;
            }
            self.step();
        }
        panic!("does not settle");
    }

    pub fn store(&self) -> &Store {
        self.engine.api().store()
    }

    pub fn pod(&self, name: &str) -> Option<&Pod> {
        self.store().typed(&key(name))
    }

    pub fn claim(&self, name: &str) -> Option<&PersistentVolumeClaim> {
        self.store().typed(&key(name))
    }

    pub fn status(&self) -> StatefulSetStatus {
        let set = self.store().typed::<StatefulSet>(&key("web")).expect("the set");
        set.status.clone().unwrap_or_default()
    }

    pub fn blocked(&self) -> String {
        self.plane.sets.blocked(&key("web")).map_or_else(String::new, ToString::to_string)
    }

    /// Pod names in key order, `!` behind the terminating ones.
    pub fn pods(&self) -> String {
        let mark = |pod: &Pod| if meta::is_terminating(&pod.metadata) { "!" } else { "" };
        let pods = self.store().all::<Pod>();
        let names: Vec<_> = pods.map(|pod| format!("{}{}", meta::name(&pod.metadata), mark(pod))).collect();
        names.join(" ")
    }

    /// The last four letters of each pod's revision, in key order.
    pub fn revisions(&self) -> String {
        let short = |pod: &Pod| {
            let revision =
                meta::labels(&pod.metadata).get("controller-revision-hash").cloned().unwrap_or_default();
            revision[revision.len().saturating_sub(4)..].to_owned()
        };
        self.store().all::<Pod>().map(short).collect::<Vec<_>>().join(" ")
    }

    /// What happened to pods, one line each: `+web-0`, `~web-0` running, `*web-0` ready, `!web-0` terminating,
    /// `-web-0` gone.
    pub fn pod_history(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for change in self.store().log().since(0) {
            let Some(pod) = Pod::from_ref(&change.object) else { continue };
            let before = change.previous.as_ref().and_then(Pod::from_ref);
            let name = meta::name(&pod.metadata);
            let was_ready = before.is_some_and(pod::is_ready);
            let was_going = before.is_some_and(|pod| meta::is_terminating(&pod.metadata));
            match change.change {
                ChangeType::Added => lines.push(format!("+{name}")),
                ChangeType::Deleted => lines.push(format!("-{name}")),
                ChangeType::Modified if pod::is_ready(pod) && !was_ready => lines.push(format!("*{name}")),
                ChangeType::Modified if meta::is_terminating(&pod.metadata) && !was_going => {
                    lines.push(format!("!{name}"));
                }
                ChangeType::Modified => {}
            }
        }
        lines.join(" ")
    }

    /// The set's statuses in order, repeats folded, as [`status_line`] writes them.
    pub fn status_history(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for change in self.store().log().since(0) {
            let Some(set) = StatefulSet::from_ref(&change.object) else { continue };
            let status = serde_json::to_value(set.status.clone().unwrap_or_default()).expect("json");
            let line = status_line(&status);
            if is_written_by_the_controller(&status) && lines.last() != Some(&line) {
                lines.push(line);
            }
        }
        lines
    }

    /// Events about the set: reason, message, count.
    pub fn events(&self) -> Vec<String> {
        self.store()
            .all::<k8s_openapi::api::core::v1::Event>()
            .map(|event| {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("{} {}: {}", text(&event.type_), text(&event.reason), text(&event.message))
            })
            .collect()
    }
}

/// The first status is the API server's, and not this controller's.
pub(super) fn is_written_by_the_controller(status: &Value) -> bool {
    status.get("observedGeneration").is_some()
}

/// A status on one line, in the words of `kubectl`: `gen 1 replicas 3 ready 2 ...`.
pub(super) fn status_line(status: &Value) -> String {
    let field = |name: &str| status.get(name).map(Value::to_string).unwrap_or("-".to_owned());
    let revision = |name: &str| {
        let text = status.get(name).and_then(Value::as_str).unwrap_or("----").to_owned();
        text[text.len() - 4..].to_owned()
    };
    format!(
        "seen {} replicas {} ready {} current {} updated {} available {} revisions {}>{} collisions {}",
        field("observedGeneration"),
        field("replicas"),
        field("readyReplicas"),
        field("currentReplicas"),
        field("updatedReplicas"),
        field("availableReplicas"),
        revision("currentRevision"),
        revision("updateRevision"),
        field("collisionCount"),
    )
}

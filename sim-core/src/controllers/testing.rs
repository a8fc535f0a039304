//! A bench for controllers: an engine with a few chosen components, driven by hand.

use std::time::Duration;

use crate::api::{ApiResult, Kind, Object, ObjectKey, Resource, SimTime, meta};
use crate::apiserver::{ApiServer, DeleteOptions, Propagation, Subresource};
use crate::engine::{CauseKind, ClusterConfig, Component, ComponentId, ControlPlane, Engine, TimingProfile};
use crate::store::{Change, Store};

/// The components under test.
pub struct Bench {
    engine: Engine,
    plane: BenchPlane,
    seen: u64,
}

struct BenchPlane {
    components: Vec<Box<dyn Component>>,
}

impl ControlPlane for BenchPlane {
    fn count(&self) -> u8 {
        self.components.len() as u8
    }

    fn component(&mut self, id: ComponentId) -> &mut dyn Component {
        self.components[usize::from(id.0)].as_mut()
    }
}

impl Bench {
    /// A cluster of the namespace `default` and these components, with no latencies.
    pub fn new(components: Vec<Box<dyn Component>>) -> Bench {
        let profile = TimingProfile::named("instant").unwrap();
        let mut engine = Engine::new(ClusterConfig::for_profile(profile, 1));
        let mut plane = BenchPlane { components };
        engine.attach(&mut plane);
        let mut bench = Bench { engine, plane, seen: 0 };
        bench.create("{apiVersion: v1, kind: Namespace, metadata: {name: default}}");
        bench.settle();
        bench.seen = bench.store().revision();
        bench
    }

    pub fn store(&self) -> &Store {
        self.engine.api().store()
    }

    pub fn now(&self) -> SimTime {
        self.engine.now()
    }

    /// Acts on the API server, without letting the components run.
    pub fn act<T>(&mut self, action: impl FnOnce(&mut ApiServer) -> T) -> T {
        self.engine.act(&mut self.plane, CauseKind::Command("test".to_owned()), action)
    }

    /// Creates the objects of a manifest; namespaced ones without a namespace go to `default`.
    pub fn create(&mut self, manifest: &str) {
        for object in parse(manifest) {
            self.act(|api| api.create(object)).unwrap();
        }
    }

    /// Changes the spec or metadata of an object.
    pub fn modify<T: Resource>(&mut self, name: &str, change: impl FnOnce(&mut T)) {
        self.act(|api| api.modify(&key_of(T::API_KIND, name), Subresource::Main, change)).unwrap();
    }

    /// Changes an object's status.
    pub fn modify_status<T: Resource>(&mut self, name: &str, change: impl FnOnce(&mut T)) {
        self.act(|api| api.modify(&key_of(T::API_KIND, name), Subresource::Status, change)).unwrap();
    }

    /// Deletes an object.
    pub fn delete(&mut self, kind: Kind, name: &str, propagation: Propagation) {
        self.try_delete(kind, name, DeleteOptions { propagation, ..DeleteOptions::default() }).unwrap();
    }

    /// Deletes an object with any options.
    pub fn try_delete(&mut self, kind: Kind, name: &str, options: DeleteOptions) -> ApiResult<()> {
        self.act(|api| api.delete(kind, &key_of(kind, name), &options)).map(|_| ())
    }

    /// Removes a pod at once, as its kubelet does when its containers have stopped.
    pub fn finish_pod(&mut self, name: &str) {
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        self.try_delete(Kind::Pod, name, options).unwrap();
    }

    pub fn get<T: Resource>(&self, name: &str) -> &T {
        self.store().typed(&key_of(T::API_KIND, name)).unwrap()
    }

    pub fn exists(&self, kind: Kind, name: &str) -> bool {
        self.store().get(kind, &key_of(kind, name)).is_some()
    }

    pub fn uid(&self, kind: Kind, name: &str) -> String {
        self.store().get(kind, &key_of(kind, name)).unwrap().uid().to_owned()
    }

    /// Runs until nothing but repetition is pending, at the present moment only.
    pub fn settle(&mut self) {
        let now = self.now();
        while self.engine.queue().next_time().is_some_and(|next| next <= now) {
            self.engine.step(&mut self.plane);
            assert!(self.engine.steps() < 1_000_000, "it does not settle");
        }
    }

    /// Runs for `duration`.
    pub fn advance(&mut self, duration: Duration) {
        let end = self.now() + duration;
        while self.engine.queue().next_time().is_some_and(|next| next <= end) {
            self.engine.step(&mut self.plane);
        }
        self.engine.set_now(end);
    }

    /// The changes since the last call, one a line, as `line` writes them; lines that are empty are left out.
    pub fn changes(&mut self, line: impl Fn(&Change) -> String) -> String {
        let store = self.store().clone();
        let lines: Vec<String> =
            store.log().since(self.seen).map(line).filter(|line| !line.is_empty()).collect();
        self.seen = store.revision();
        lines.join("\n")
    }

    /// The changes since the last call: `MODIFIED Pod web-0`.
    pub fn plain_changes(&mut self) -> String {
        self.changes(|change| {
            let name = meta::name(change.object.meta());
            format!("{} {} {name}", change.change.as_str(), change.object.kind().name())
        })
    }

    /// The messages of the Events about an object, oldest first.
    pub fn messages(&self, name: &str) -> String {
        let mut events: Vec<_> = self
            .store()
            .all::<k8s_openapi::api::core::v1::Event>()
            .filter(|event| event.involved_object.name.as_deref() == Some(name))
            .collect();
        events.sort_by_key(|event| Object::from((*event).clone()).revision());
        let text = |event: &&k8s_openapi::api::core::v1::Event| {
            format!(
                "{} {} {}",
                event.type_.as_deref().unwrap_or_default(),
                event.reason.as_deref().unwrap_or_default(),
                event.message.as_deref().unwrap_or_default()
            )
        };
        events.iter().map(text).collect::<Vec<_>>().join("\n")
    }

    /// Reports a pod Running with an address on a node, as its kubelet does.
    pub fn run_pod(&mut self, name: &str, node: &str, ip: &str, ready: bool) {
        let at = self.now().to_time();
        let node = node.to_owned();
        self.act(|api| {
            api.modify::<k8s_openapi::api::core::v1::Pod>(
                &key_of(Kind::Pod, name),
                Subresource::Binding,
                |pod| {
                    pod.spec.get_or_insert_default().node_name = Some(node);
                    let status = pod.status.get_or_insert_default();
                    status.phase = Some("Running".to_owned());
                    status.pod_ip = Some(ip.to_owned());
                    status.pod_ips = Some(vec![k8s_openapi::api::core::v1::PodIP { ip: ip.to_owned() }]);
                    status.conditions = Some(vec![k8s_openapi::api::core::v1::PodCondition {
                        type_: "Ready".to_owned(),
                        status: if ready { "True" } else { "False" }.to_owned(),
                        last_transition_time: Some(at),
                        ..Default::default()
                    }]);
                },
            )
        })
        .unwrap();
    }
}

/// The key of an object in the namespace `default`, or of a cluster-scoped one.
pub fn key_of(kind: Kind, name: &str) -> ObjectKey {
    if kind.info().namespaced { ObjectKey::new("default", name) } else { ObjectKey::cluster(name) }
}

fn parse(manifest: &str) -> Vec<Object> {
    use serde::Deserialize;
    serde_yaml::Deserializer::from_str(manifest)
        .map(|document| {
            let mut value = serde_json::Value::deserialize(document).unwrap();
            let text = |name: &str| value[name].as_str().unwrap().to_owned();
            let kind = Kind::from_api(&text("apiVersion"), &text("kind")).unwrap();
            if kind.info().namespaced && value["metadata"]["namespace"].is_null() {
                value["metadata"]["namespace"] = "default".into();
            }
            Object::from_value(kind, value, &mut |path| panic!("unknown field {path}")).unwrap()
        })
        .collect()
}

impl Bench {
    /// How many reconciles have run.
    pub fn steps(&self) -> u64 {
        self.engine.steps()
    }
}

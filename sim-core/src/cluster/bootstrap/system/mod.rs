//! The pods that a cluster consists of itself, and all that belongs to them, as they are a week after the installation.
//!
//! Nothing here is an event: these objects come before the history, and draw from streams of their own, so that what a
//! user does has the same outcome with and without them. Only the addresses of nodes' later pods are others, as on a
//! real cluster.

mod accounts;
mod addons;
mod control_plane;
mod images;
mod logs;
mod place;
mod settings;
#[cfg(test)]
mod tests;
mod workloads;

use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

use super::map;
use crate::api::{ApiResult, Feature, Object, ObjectKey, meta};
use crate::apiserver::{ApiServer, DEFAULT_ACCOUNT};
use crate::cluster::Cluster;
use crate::controllers::rootcacertpublisher;
use crate::engine::{ClusterConfig, stream};
use crate::kubelet::Kubelet;

pub(super) use images::preloaded;
use place::Place;
use workloads::{Scaling, Workload};

const KUBE_SYSTEM: &str = "kube-system";
/// Where kind's provisioner lives.
const LOCAL_PATH: &str = "local-path-storage";

/// Plants the objects of `kube-system`, if the cluster shows any.
pub(super) fn install(cluster: &mut Cluster, created: &Time) {
    let config = cluster.engine.config().clone();
    if Place::of(&config).is_none() {
        return;
    }
    // Their pods come after what they mount, which would otherwise be news to them.
    plant(cluster, &config, created, "system settings", |installer| installer.grounds());
    plant(cluster, &config, created, "system pods", |installer| installer.pods());
}

/// Plants what `step` makes. A refusal would be a mistake of the tables here; what was planted by then stays.
fn plant(
    cluster: &mut Cluster,
    config: &ClusterConfig,
    created: &Time,
    consumer: &str,
    step: fn(&mut Installer<'_>) -> ApiResult<()>,
) {
    let Some(place) = Place::of(config) else { return };
    let random = stream(config.seed, &format!("{consumer}: identities"));
    cluster.engine.plant(&mut cluster.plane, consumer, |api, plane| {
        let (kubelet, planted) = (&mut plane.kubelet, Vec::new());
        let mut installer = Installer { api, kubelet, config, created, place, random, planted };
        let outcome = step(&mut installer);
        debug_assert!(outcome.is_ok(), "{outcome:?}");
        installer.planted
    });
}

/// What the planting works with.
struct Installer<'a> {
    api: &'a mut ApiServer,
    kubelet: &'a mut Kubelet,
    config: &'a ClusterConfig,
    created: &'a Time,
    place: Place,
    random: ChaCha8Rng,
    planted: Vec<Object>,
}

impl Installer<'_> {
    fn plant(&mut self, object: impl Into<Object>, finish: &mut dyn FnMut(&mut Object)) -> ApiResult<Object> {
        let planted = self.api.plant(object, self.created, finish)?;
        self.planted.push(planted.clone());
        Ok(planted)
    }

    fn has_kindnet(&self) -> bool {
        addons::has_kindnet(&self.place, self.config)
    }

    /// 32 hexadecimal digits.
    fn digits(&mut self) -> String {
        format!("{:016x}{:016x}", self.random.next_u64(), self.random.next_u64())
    }

    /// A version 4 UUID.
    fn uuid(&mut self) -> String {
        let mut digits = self.digits();
        digits.replace_range(12..13, "4");
        digits.replace_range(16..17, "a");
        super::nodes::dashed(&digits)
    }

    /// What the pods rest on: namespaces, accounts, settings, leases, images.
    fn grounds(&mut self) -> ApiResult<()> {
        let is_uncached = self.api.gates.has(Feature::UncachedDns);
        for image in images::all(&self.place, is_uncached) {
            self.kubelet.runtime.registry.add(image);
        }
        self.kubelet.runtime.rest_dns_on_pods();
        self.accounts()?;
        self.settings()?;
        self.leases()?;
        if self.place.is_kind() { self.local_path_namespace() } else { Ok(()) }
    }

    fn local_path_namespace(&mut self) -> ApiResult<()> {
        let namespace: Namespace = super::namespace(LOCAL_PATH, self.created);
        self.plant(namespace, &mut |_| {})?;
        for name in [DEFAULT_ACCOUNT, "local-path-provisioner-service-account"] {
            let (name, namespace) = (Some(name.to_owned()), Some(LOCAL_PATH.to_owned()));
            self.account(ObjectMeta { name, namespace, ..ObjectMeta::default() })?;
        }
        self.plant(rootcacertpublisher::bundle(LOCAL_PATH, self.config.seed), &mut |_| {})?;
        let data = [
            ("config.json", include_str!("texts/local-path-config.json")),
            ("helperPod.yaml", include_str!("texts/local-path-helper.yaml")),
            ("setup", "#!/bin/sh\nset -eu\nmkdir -m 0777 -p \"$VOL_DIR\""),
            ("teardown", "#!/bin/sh\nset -eu\nrm -rf \"$VOL_DIR\""),
        ];
        self.settle(LOCAL_PATH, "local-path-config", &[], &data)
    }

    /// The pods and their controllers.
    fn pods(&mut self) -> ApiResult<()> {
        self.control_plane()?;
        self.kube_proxy()?;
        if self.has_kindnet() {
            self.kindnet()?;
        }
        self.coredns()?;
        if self.place.is_kind() { self.local_path_provisioner() } else { self.storage_provisioner() }
    }

    fn control_plane(&mut self) -> ApiResult<()> {
        let node = self.api.typed::<Node>(&ObjectKey::cluster(&self.place.node))?;
        let owner = meta::uid(&node.metadata).to_owned();
        for part in &control_plane::PARTS {
            let hash = self.digits();
            let nanos = u64::from(self.random.next_u32() % 1_000_000_000);
            let seen = self.created.0.checked_add(std::time::Duration::from_nanos(nanos));
            let seen = seen.unwrap_or(self.created.0).to_string();
            let mirror = control_plane::mirror(&self.place, part, &hash, &seen, &owner);
            self.run(mirror, 0)?;
        }
        Ok(())
    }

    fn kube_proxy(&mut self) -> ApiResult<()> {
        let labels = map(&[("k8s-app", "kube-proxy")]);
        let what = Workload {
            namespace: KUBE_SYSTEM,
            name: "kube-proxy",
            labels: labels.clone(),
            pod_labels: labels.clone(),
            selector: labels,
            hash: "66d5f8d6f6",
        };
        let spec = addons::kube_proxy(&self.place);
        self.daemon(&what, spec)
    }

    fn kindnet(&mut self) -> ApiResult<()> {
        let labels = map(&[("app", "kindnet"), ("k8s-app", "kindnet"), ("tier", "node")]);
        let what = Workload {
            namespace: KUBE_SYSTEM,
            name: "kindnet",
            labels: labels.clone(),
            pod_labels: labels,
            selector: map(&[("app", "kindnet")]),
            hash: "7d64c8f5d9",
        };
        let spec = addons::kindnet(&self.place);
        self.daemon(&what, spec)
    }

    /// kubeadm makes two; minikube leaves one of them.
    fn coredns(&mut self) -> ApiResult<()> {
        let labels = map(&[("k8s-app", "kube-dns")]);
        let what = Workload {
            namespace: KUBE_SYSTEM,
            name: "coredns",
            labels: labels.clone(),
            pod_labels: labels.clone(),
            selector: labels,
            hash: self.place.release.coredns_hash,
        };
        let (replicas, most, generation) = if self.place.is_kind() { (2, 3, 1) } else { (1, 2, 2) };
        let max_unavailable = Some(IntOrString::Int(1));
        let spec = addons::coredns(&self.place);
        self.deploy(&what, spec, &Scaling { replicas, most, max_unavailable, generation })
    }

    fn local_path_provisioner(&mut self) -> ApiResult<()> {
        let labels = map(&[("app", "local-path-provisioner")]);
        let what = Workload {
            namespace: LOCAL_PATH,
            name: "local-path-provisioner",
            labels: Default::default(),
            pod_labels: labels.clone(),
            selector: labels,
            hash: "7dc846544d",
        };
        let scaling = Scaling { replicas: 1, most: 2, max_unavailable: None, generation: 1 };
        self.deploy(&what, addons::local_path_provisioner(), &scaling)
    }

    fn storage_provisioner(&mut self) -> ApiResult<()> {
        let labels = map(&[
            ("addonmanager.kubernetes.io/mode", "Reconcile"),
            ("integration-test", "storage-provisioner"),
        ]);
        let metadata = ObjectMeta {
            name: Some("storage-provisioner".to_owned()),
            namespace: Some(KUBE_SYSTEM.to_owned()),
            labels: Some(labels),
            ..ObjectMeta::default()
        };
        let spec = Some(addons::storage_provisioner(&self.place));
        self.run(Pod { metadata, spec, status: None }, 0)
    }
}

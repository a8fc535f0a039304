//! What an installed cluster holds before anyone uses it: namespaces, nodes, classes, the API's Service.
//!
//! Everything is as old as the installation, so that ages look as they do on a cluster in use.

mod companions;
mod nodes;
mod roles;
mod services;
mod system;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, NamespaceSpec, NamespaceStatus, ServiceAccount};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use super::Cluster;
use crate::api::SimTime;
use crate::api::validation::SYSTEM_CLASSES;
use crate::apiserver::{ApiServer, DEFAULT_ACCOUNT, Subresource};
use crate::controllers::rootcacertpublisher;
use crate::engine::{CauseKind, ClusterConfig, NODE_MEMORY, NodeConfig, StorageClassConfig, stream};

/// The namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Time enough for controllers to have seen the first objects.
const SETTLE_LIMIT: Duration = Duration::from_secs(60);

/// Creates the first objects and lets the cluster settle.
///
/// A refused write here would be a mistake of the set-up, a node name given twice for one: the first
/// object of that name stays.
pub(super) fn install(cluster: &mut Cluster) {
    let config = cluster.engine.config().clone();
    let created = installation_time(&config);
    cluster.engine.act(&mut cluster.plane, CauseKind::Start, |api| {
        for name in NAMESPACES {
            let _ = api.create(namespace(name, &created));
        }
        services::create(api, &config, &created);
        for (index, node) in config.nodes.iter().enumerate() {
            nodes::register(api, &config, node, index, &created, false);
        }
        for class in &config.storage_classes {
            let _ = api.create(storage_class(class, &config, &created));
        }
        api.with_identities(stream(config.seed, "service accounts"), |api| {
            for name in NAMESPACES {
                let account = ServiceAccount {
                    metadata: meta(DEFAULT_ACCOUNT, Some(name), &created),
                    ..ServiceAccount::default()
                };
                let _ = api.create(account);
                let mut bundle = rootcacertpublisher::bundle(name, config.seed);
                bundle.metadata.creation_timestamp = Some(created.clone());
                let _ = api.create(bundle);
            }
        });
        api.with_identities(stream(config.seed, "built-in objects"), |api| {
            for class in priority_classes(&created) {
                let _ = api.create(class);
            }
            for node in &config.nodes {
                companions::create(api, &config, &node.name, &created);
            }
        });
    });
    roles::install(cluster, &created);
    system::install(cluster, &created);
    cluster.settle(SETTLE_LIMIT);
}

/// A machine joins: its kubelet registers it, and its network comes up a little later.
///
/// A node of that name which is there already is left as it is.
pub(super) fn join(cluster: &mut Cluster, name: &str, why: CauseKind) {
    let model = cluster.engine.config().nodes.first().cloned();
    let mut node = model.unwrap_or_else(|| NodeConfig {
        name: String::new(),
        zone: None,
        cpu: "4".to_owned(),
        memory: NODE_MEMORY.to_owned(),
        pods: 110,
    });
    node.name = name.to_owned();
    let known = cluster.engine.config().nodes.iter().position(|known| known.name == name);
    if let Some(known) = known.and_then(|index| cluster.engine.config().nodes.get(index)) {
        node.zone = known.zone.clone();
    }
    let index = known.unwrap_or_else(|| {
        node.zone = node.zone.as_ref().map(|_| format!("zone-{}", cluster.engine.config().nodes.len() + 1));
        cluster.engine.add_node(node.clone())
    });
    let (config, now) = (cluster.engine.config().clone(), cluster.now().to_time());
    cluster.engine.act(&mut cluster.plane, why, |api| {
        nodes::register(api, &config, &node, index, &now, true);
        companions::create(api, &config, &node.name, &now);
    });
}

/// When the cluster was installed: before the clock's zero.
fn installation_time(config: &ClusterConfig) -> Time {
    let age = Duration::from_secs(config.installed_seconds_ago);
    Time(SimTime::ZERO.to_time().0.checked_sub(age).unwrap_or(Timestamp::MIN))
}

fn meta(name: &str, namespace: Option<&str>, created: &Time) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(str::to_owned),
        creation_timestamp: Some(created.clone()),
        ..ObjectMeta::default()
    }
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Models pkg/controlplane/controller/systemnamespaces and the NamespaceDefaultLabelName rule.
fn namespace(name: &str, created: &Time) -> Namespace {
    let mut meta = meta(name, None, created);
    meta.labels = Some(map(&[("kubernetes.io/metadata.name", name)]));
    Namespace {
        metadata: meta,
        spec: Some(NamespaceSpec { finalizers: Some(vec!["kubernetes".to_owned()]) }),
        status: Some(NamespaceStatus { phase: Some("Active".to_owned()), conditions: None }),
    }
}

/// Models pkg/apis/scheduling/v1: systemPriorityClasses.
fn priority_classes(created: &Time) -> impl Iterator<Item = PriorityClass> {
    let descriptions = [
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        "Used for system critical pods that must not be moved from their current node.",
    ];
    SYSTEM_CLASSES.into_iter().zip(descriptions).map(|((name, value), description)| PriorityClass {
        metadata: meta(name, None, created),
        value: Some(value),
        description: Some(description.to_owned()),
        ..PriorityClass::default()
    })
}

fn storage_class(class: &StorageClassConfig, config: &ClusterConfig, created: &Time) -> StorageClass {
    let mut meta = meta(&class.name, None, created);
    if class.default {
        meta.annotations = Some(map(&[("storageclass.kubernetes.io/is-default-class", "true")]));
    }
    if class.provisioner == "k8s.io/minikube-hostpath" && config.profile.name != "recorder" {
        meta.labels = Some(map(&[("addonmanager.kubernetes.io/mode", "EnsureExists")]));
    }
    let mode = if class.wait_for_first_consumer { "WaitForFirstConsumer" } else { "Immediate" };
    StorageClass {
        metadata: meta,
        provisioner: class.provisioner.clone(),
        reclaim_policy: Some("Delete".to_owned()),
        volume_binding_mode: Some(mode.to_owned()),
        ..StorageClass::default()
    }
}

/// Stores an object whose status is its own to report: creation may drop a status, an update of it may not.
fn create_with_status<T>(api: &mut ApiServer, object: T, write: impl FnOnce(&mut T))
where
    T: crate::api::Resource,
{
    let key = object.key();
    if api.create(object).is_ok() {
        let _ = api.modify::<T>(&key, Subresource::Status, write);
    }
}

/// Registers a node for a test that runs without a whole cluster.
#[cfg(test)]
pub(crate) fn register_node(
    api: &mut ApiServer,
    config: &ClusterConfig,
    node: &crate::engine::NodeConfig,
    index: usize,
) {
    nodes::register(api, config, node, index, &installation_time(config), false);
}

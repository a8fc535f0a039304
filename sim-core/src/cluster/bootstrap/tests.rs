//! What a new cluster shows.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Service};

use crate::api::{Kind, ObjectKey, SimTime};
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, TimingProfile};

fn minikube() -> Cluster {
    let profile = TimingProfile::named("minikube").expect("built in");
    Cluster::new(ClusterConfig::for_profile(profile, 1))
}

fn names(cluster: &Cluster, kind: Kind) -> String {
    cluster.store().list(kind).map(|object| object.key().to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_new_cluster_has_the_objects_of_every_cluster() {
    let cluster = minikube();
    assert_eq!(names(&cluster, Kind::Namespace), "default kube-node-lease kube-public kube-system");
    assert_eq!(names(&cluster, Kind::Service), "default/kubernetes kube-system/kube-dns");
    assert_eq!(names(&cluster, Kind::Node), "minikube");
    assert_eq!(names(&cluster, Kind::StorageClass), "standard");
    assert!(names(&cluster, Kind::EndpointSlice).contains("default/kubernetes"));
    let service: &Service = cluster.store().typed(&ObjectKey::new("default", "kubernetes")).expect("there");
    assert_eq!(service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()), Some("10.96.0.1"));
}

#[test]
fn first_objects_are_as_old_as_the_installation() {
    let cluster = minikube();
    let age = Duration::from_secs(cluster.engine().config().installed_seconds_ago);
    for kind in [Kind::Namespace, Kind::Node, Kind::StorageClass, Kind::Service] {
        for object in cluster.store().list(kind) {
            let created = object.meta().creation_timestamp.as_ref().expect("created");
            assert_eq!(SimTime::ZERO.age_of(created), age, "{}", object.reference());
        }
    }
}

#[test]
fn recorded_nodes_look_as_recorded() {
    let cluster = Cluster::new(ClusterConfig::recorder(1));
    assert_eq!(names(&cluster, Kind::Node), "node-1 node-2 node-3");
    assert_eq!(names(&cluster, Kind::Service), "default/kubernetes");
    assert_eq!(names(&cluster, Kind::StorageClass), "standard wait");
    let node: &Node = cluster.store().typed(&ObjectKey::cluster("node-1")).expect("there");
    let status = node.status.as_ref().expect("status");
    let capacity: Vec<String> =
        status.capacity.iter().flatten().map(|(name, quantity)| format!("{name}={}", quantity.0)).collect();
    assert_eq!(capacity.join(" "), "cpu=4 ephemeral-storage=100Gi memory=8Gi pods=2k");
    let labels: Vec<String> =
        node.metadata.labels.iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    insta::assert_snapshot!(labels.join("\n"), @r"
    beta.kubernetes.io/arch=amd64
    beta.kubernetes.io/os=linux
    kubernetes.io/arch=amd64
    kubernetes.io/hostname=node-1
    kubernetes.io/os=linux
    topology.kubernetes.io/zone=zone-1
    ");
}

#[test]
fn nodes_have_distinct_addresses() {
    let mut config = ClusterConfig::for_profile(TimingProfile::named("minikube").expect("built in"), 1);
    config.set_nodes("minikube", 600);
    let cluster = Cluster::new(config);
    let mut addresses = std::collections::BTreeSet::new();
    let mut blocks = std::collections::BTreeSet::new();
    for node in cluster.store().all::<Node>() {
        let listed = node.status.as_ref().and_then(|status| status.addresses.as_ref()).expect("addresses");
        assert!(addresses.insert(listed[0].address.clone()));
        assert!(blocks.insert(node.spec.as_ref().and_then(|spec| spec.pod_cidr.clone()).expect("block")));
    }
    assert!(addresses.contains("192.168.49.2") && blocks.contains("10.244.0.0/24"));
}

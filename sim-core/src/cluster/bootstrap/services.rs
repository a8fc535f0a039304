//! The Services that every cluster has: `kubernetes` for the API server, `kube-dns` for names.

use k8s_openapi::api::core::v1::{
    EndpointAddress, EndpointSubset, Endpoints, Service, ServicePort, ServiceSpec,
};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{map, meta, nodes};
use crate::apiserver::ApiServer;
use crate::controllers::endpointslicemirroring::LABEL_SKIP_MIRROR;
use crate::engine::{ClusterConfig, KubeletKind, stream};

/// Creates the Services. The recorded cluster ran no DNS.
pub(super) fn create(api: &mut ApiServer, config: &ClusterConfig, created: &Time) {
    let port = api_server_port(config);
    let _ = api.create(kubernetes_service(port, created));
    let _ = api.create(kubernetes_slice(config, port, created));
    api.with_identities(stream(config.seed, "endpoints"), |api| {
        let _ = api.create(kubernetes_endpoints(config, port, created));
    });
    if config.kubelet == KubeletKind::Full {
        let _ = api.create(dns_service(created));
    }
}

/// The port on which the API server listens on its node.
pub(super) fn api_server_port(config: &ClusterConfig) -> i32 {
    match config.profile.name.as_str() {
        "kind" => 6443,
        "recorder" => 16443,
        "slow-cloud" => 443,
        _ => 8443,
    }
}

/// Models pkg/controlplane/controller/kubernetesservice.
fn kubernetes_service(port: i32, created: &Time) -> Service {
    let mut meta = meta("kubernetes", Some("default"), created);
    meta.labels = Some(map(&[("component", "apiserver"), ("provider", "kubernetes")]));
    let https = service_port("https", "TCP", 443, port);
    Service { metadata: meta, spec: Some(cluster_ip_spec("10.96.0.1", vec![https])), status: None }
}

/// Models pkg/controlplane/reconcilers: the API server writes its own slice.
fn kubernetes_slice(config: &ClusterConfig, port: i32, created: &Time) -> EndpointSlice {
    let mut meta = meta("kubernetes", Some("default"), created);
    meta.labels = Some(map(&[("kubernetes.io/service-name", "kubernetes")]));
    EndpointSlice {
        metadata: meta,
        address_type: "IPv4".to_owned(),
        endpoints: Some(vec![Endpoint {
            addresses: vec![nodes::internal_ip(config, 0)],
            conditions: Some(EndpointConditions { ready: Some(true), ..EndpointConditions::default() }),
            ..Endpoint::default()
        }]),
        ports: Some(vec![EndpointPort {
            name: Some("https".to_owned()),
            port: Some(port),
            protocol: Some("TCP".to_owned()),
            app_protocol: None,
        }]),
    }
}

/// Models pkg/controlplane/reconcilers, which also writes what that slice says as Endpoints.
fn kubernetes_endpoints(config: &ClusterConfig, port: i32, created: &Time) -> Endpoints {
    let mut meta = meta("kubernetes", Some("default"), created);
    meta.labels = Some(map(&[(LABEL_SKIP_MIRROR, "true")]));
    let address = EndpointAddress { ip: nodes::internal_ip(config, 0), ..EndpointAddress::default() };
    let https = k8s_openapi::api::core::v1::EndpointPort {
        name: Some("https".to_owned()),
        port,
        protocol: Some("TCP".to_owned()),
        app_protocol: None,
    };
    let subset = EndpointSubset {
        addresses: Some(vec![address]),
        ports: Some(vec![https]),
        ..EndpointSubset::default()
    };
    Endpoints { metadata: meta, subsets: Some(vec![subset]) }
}

/// Models kubeadm's kube-dns Service manifest.
fn dns_service(created: &Time) -> Service {
    let mut meta = meta("kube-dns", Some("kube-system"), created);
    meta.labels = Some(map(&[
        ("k8s-app", "kube-dns"),
        ("kubernetes.io/cluster-service", "true"),
        ("kubernetes.io/name", "CoreDNS"),
    ]));
    meta.annotations = Some(map(&[("prometheus.io/port", "9153"), ("prometheus.io/scrape", "true")]));
    let mut spec = cluster_ip_spec(
        "10.96.0.10",
        vec![
            service_port("dns", "UDP", 53, 53),
            service_port("dns-tcp", "TCP", 53, 53),
            service_port("metrics", "TCP", 9153, 9153),
        ],
    );
    spec.selector = Some(map(&[("k8s-app", "kube-dns")]));
    Service { metadata: meta, spec: Some(spec), status: None }
}

fn cluster_ip_spec(address: &str, ports: Vec<ServicePort>) -> ServiceSpec {
    ServiceSpec {
        cluster_ip: Some(address.to_owned()),
        cluster_ips: Some(vec![address.to_owned()]),
        internal_traffic_policy: Some("Cluster".to_owned()),
        ip_families: Some(vec!["IPv4".to_owned()]),
        ip_family_policy: Some("SingleStack".to_owned()),
        ports: Some(ports),
        session_affinity: Some("None".to_owned()),
        type_: Some("ClusterIP".to_owned()),
        ..ServiceSpec::default()
    }
}

fn service_port(name: &str, protocol: &str, port: i32, target: i32) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        protocol: Some(protocol.to_owned()),
        port,
        target_port: Some(IntOrString::Int(target)),
        ..ServicePort::default()
    }
}

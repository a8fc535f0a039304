//! Nodes as their kubelets register them.
//!
//! Models pkg/kubelet/nodestatus and the node IPAM controller's `podCIDR`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    DaemonEndpoint, Node, NodeAddress, NodeDaemonEndpoints, NodeSpec, NodeStatus, NodeSystemInfo, Taint,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use rand_core::Rng;

use super::{create_with_status, map, meta};
use crate::api::Feature;
use crate::apiserver::ApiServer;
use crate::engine::{ClusterConfig, KubeletKind, NodeConfig, stream};
use crate::kubelet::{healthy_conditions, starting_conditions};

/// The port of every kubelet.
const KUBELET_PORT: i32 = 10_250;

/// The label and the taint of nodes that run the control plane.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// Where a cluster of some profile lives and what its machines run.
struct Platform {
    /// First two parts of the nodes' addresses, third part, and the first node's last part.
    network: &'static str,
    first_host: usize,
    kernel: &'static str,
    os_image: &'static str,
    runtime: &'static str,
    disk: &'static str,
}

fn platform(config: &ClusterConfig) -> Platform {
    match (config.kubelet, config.profile.name.as_str()) {
        (KubeletKind::Recorder, _) => Platform {
            network: "192.168.49",
            first_host: 2,
            kernel: "6.1",
            os_image: "fake",
            runtime: "fake://1",
            disk: "100Gi",
        },
        (_, "kind") => Platform {
            network: "172.18.0",
            first_host: 2,
            kernel: "6.12.41-amd64",
            os_image: "Debian GNU/Linux 12 (bookworm)",
            runtime: "containerd://2.1.3",
            disk: "61202244Ki",
        },
        (_, "slow-cloud") => Platform {
            network: "10.0.1",
            first_host: 11,
            kernel: "6.12.40-63.114.amzn2023.x86_64",
            os_image: "Amazon Linux 2023",
            runtime: "containerd://2.1.4",
            disk: "83873772Ki",
        },
        _ => Platform {
            network: "192.168.49",
            first_host: 2,
            kernel: "6.12.41-amd64",
            os_image: "Debian GNU/Linux 12 (bookworm)",
            runtime: "docker://28.4.0",
            disk: "61202244Ki",
        },
    }
}

/// The InternalIP of the node at `index`. The recorded nodes all named the same one.
pub(super) fn internal_ip(config: &ClusterConfig, index: usize) -> String {
    let platform = platform(config);
    let offset = if config.kubelet == KubeletKind::Recorder { 0 } else { index };
    // Beyond 250 nodes the third part counts up, so that addresses stay valid and distinct.
    let host = platform.first_host + offset;
    let (carry, host) = (host / 250, host % 250);
    match platform.network.rsplit_once('.') {
        Some((prefix, third)) => {
            let third = third.parse::<usize>().unwrap_or(0) + carry;
            format!("{prefix}.{third}.{host}")
        }
        None => platform.network.to_owned(),
    }
}

/// Creates the Node and reports its status; one that is `fresh` is not ready yet.
pub(super) fn register(
    api: &mut ApiServer,
    config: &ClusterConfig,
    node: &NodeConfig,
    index: usize,
    created: &Time,
    fresh: bool,
) {
    let mut metadata = meta(&node.name, None, created);
    metadata.labels = Some(labels(config, node, index));
    metadata.annotations = Some(annotations(config));
    let mut status = status(config, node, index, created);
    if fresh {
        status.conditions = Some(starting_conditions(config.kubelet, created));
    }
    let object = Node { metadata, spec: Some(spec(config, node, index)), status: Some(status.clone()) };
    create_with_status(api, object, |node| node.status = Some(status));
}

fn labels(config: &ClusterConfig, node: &NodeConfig, index: usize) -> BTreeMap<String, String> {
    let mut labels = map(&[
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", &node.name),
        ("kubernetes.io/os", "linux"),
    ]);
    if let Some(zone) = &node.zone {
        labels.insert("topology.kubernetes.io/zone".to_owned(), zone.clone());
    }
    if is_minikube(config) {
        let primary = if index == 0 { "true" } else { "false" };
        labels.extend(map(&[("minikube.k8s.io/name", "minikube"), ("minikube.k8s.io/primary", primary)]));
    }
    if index == 0 && (is_minikube(config) || is_kind(config)) {
        labels.insert(CONTROL_PLANE.to_owned(), String::new());
        // kind takes this label away where there is no other node.
        if is_minikube(config) || config.nodes.len() > 1 {
            let excluded = "node.kubernetes.io/exclude-from-external-load-balancers";
            labels.insert(excluded.to_owned(), String::new());
        }
    }
    labels
}

fn annotations(config: &ClusterConfig) -> BTreeMap<String, String> {
    let mut annotations = map(&[("node.alpha.kubernetes.io/ttl", "0")]);
    if config.kubelet == KubeletKind::Full {
        annotations.extend(map(&[("volumes.kubernetes.io/controller-managed-attach-detach", "true")]));
    }
    annotations
}

fn is_minikube(config: &ClusterConfig) -> bool {
    config.kubelet == KubeletKind::Full && !matches!(config.profile.name.as_str(), "kind" | "slow-cloud")
}

fn is_kind(config: &ClusterConfig) -> bool {
    config.kubelet == KubeletKind::Full && config.profile.name == "kind"
}

/// The block of addresses for the pods of the node at `index`: /24s of 10.244.0.0/16, and further /16s for clusters of
/// more than 256 nodes.
pub(super) fn pod_block(index: usize) -> String {
    format!("10.{}.{}.0/24", 244 + index / 256, index % 256)
}

fn spec(config: &ClusterConfig, node: &NodeConfig, index: usize) -> NodeSpec {
    if config.kubelet == KubeletKind::Recorder {
        return NodeSpec::default();
    }
    let block = pod_block(index);
    // kubeadm keeps pods off the control plane; minikube, and kind where there is no other node, let them.
    let taint = Taint { key: CONTROL_PLANE.to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() };
    NodeSpec {
        pod_cidr: Some(block.clone()),
        pod_cidrs: Some(vec![block]),
        provider_id: is_kind(config).then(|| format!("kind://docker/kind/{}", node.name)),
        taints: (is_kind(config) && index == 0 && config.nodes.len() > 1).then(|| vec![taint]),
        ..NodeSpec::default()
    }
}

fn status(config: &ClusterConfig, node: &NodeConfig, index: usize, created: &Time) -> NodeStatus {
    let platform = platform(config);
    let capacity = capacity(config, node, platform.disk);
    let kubelet_endpoint =
        NodeDaemonEndpoints { kubelet_endpoint: Some(DaemonEndpoint { port: KUBELET_PORT }) };
    let address = |type_: &str, address: String| NodeAddress { type_: type_.to_owned(), address };
    let images = super::system::preloaded(config);
    NodeStatus {
        images: (!images.is_empty()).then_some(images),
        addresses: Some(vec![
            address("InternalIP", internal_ip(config, index)),
            address("Hostname", node.name.clone()),
        ]),
        allocatable: Some(capacity.clone()),
        capacity: Some(capacity),
        conditions: Some(healthy_conditions(config.kubelet, created)),
        daemon_endpoints: (config.kubelet == KubeletKind::Full).then_some(kubelet_endpoint),
        node_info: Some(node_info(config, &platform, index)),
        ..NodeStatus::default()
    }
}

fn capacity(config: &ClusterConfig, node: &NodeConfig, disk: &str) -> BTreeMap<String, Quantity> {
    let mut capacity = BTreeMap::new();
    let mut add = |name: &str, quantity: String| capacity.insert(name.to_owned(), Quantity(quantity));
    add("cpu", node.cpu.clone());
    add("ephemeral-storage", disk.to_owned());
    add("memory", node.memory.clone());
    add("pods", canonical_count(node.pods));
    if config.kubelet == KubeletKind::Full {
        add("hugepages-1Gi", "0".to_owned());
        add("hugepages-2Mi", "0".to_owned());
    }
    capacity
}

/// A count as the API server writes it back: `110`, but `2k`.
fn canonical_count(count: u32) -> String {
    match count {
        0 => "0".to_owned(),
        _ if count.is_multiple_of(1_000_000) => format!("{}M", count / 1_000_000),
        _ if count.is_multiple_of(1_000) => format!("{}k", count / 1_000),
        _ => count.to_string(),
    }
}

fn node_info(config: &ClusterConfig, platform: &Platform, index: usize) -> NodeSystemInfo {
    let mut info = NodeSystemInfo {
        architecture: "amd64".to_owned(),
        container_runtime_version: platform.runtime.to_owned(),
        kernel_version: platform.kernel.to_owned(),
        kubelet_version: config.kubernetes_version.server().to_owned(),
        operating_system: "linux".to_owned(),
        os_image: platform.os_image.to_owned(),
        ..NodeSystemInfo::default()
    };
    if !config.gates().has(Feature::NodeWithoutProxyVersion) {
        // The kubelet takes kube-proxy to be of its own release.
        info.kube_proxy_version = info.kubelet_version.clone();
    }
    if config.kubelet == KubeletKind::Full {
        let mut random = stream(config.seed, &format!("machine {index}"));
        let mut digits = || format!("{:016x}{:016x}", random.next_u64(), random.next_u64());
        info.machine_id = digits();
        info.system_uuid = dashed(&digits());
        info.boot_id = dashed(&digits());
    }
    info
}

/// 32 hexadecimal digits in the groups of a UUID.
pub(super) fn dashed(digits: &str) -> String {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

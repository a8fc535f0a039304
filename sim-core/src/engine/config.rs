//! [`ClusterConfig`]: everything besides the inputs that a history depends on.

use serde::{Deserialize, Serialize};

use super::profile::TimingProfile;
use crate::api::{Feature, FeatureGates, KubernetesVersion};

/// How a cluster is set up. With the journal of inputs it determines the whole history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterConfig {
    /// Seed of all randomness.
    pub seed: u64,
    /// How long things take.
    pub profile: TimingProfile,
    /// The nodes, in order.
    pub nodes: Vec<NodeConfig>,
    /// Which kubelet the nodes run.
    pub kubelet: KubeletKind,
    /// The storage classes.
    pub storage_classes: Vec<StorageClassConfig>,
    /// How long ago the cluster was installed, in seconds: the age of its first objects.
    pub installed_seconds_ago: u64,
    /// How long a node's kubelet may be silent before nothing is known of the node, in seconds
    /// (kube-controller-manager's `--node-monitor-grace-period`).
    #[serde(default = "node_monitor_grace_period_seconds")]
    pub node_monitor_grace_period_seconds: u64,
    /// The release of Kubernetes, and of the kubectl that is used with it.
    #[serde(default)]
    pub kubernetes_version: KubernetesVersion,
}

/// `--node-monitor-grace-period` before v1.32.
const FORMER_GRACE_PERIOD_SECONDS: u64 = 40;
/// What a kernel finds of 8 GiB of memory.
pub(crate) const NODE_MEMORY: &str = "8131740Ki";

/// The default since v1.32.
fn node_monitor_grace_period_seconds() -> u64 {
    50
}

/// A node as it joins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeConfig {
    /// Its name.
    pub name: String,
    /// Its zone label, if it has one.
    pub zone: Option<String>,
    /// CPU capacity, a quantity.
    pub cpu: String,
    /// Memory capacity, a quantity.
    pub memory: String,
    /// How many pods it takes.
    pub pods: u32,
}

/// Which kubelet the nodes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KubeletKind {
    /// A whole one: images, programs, probes, restarts, events.
    Full,
    /// The simple one of the recordings: see `tests/recordings/README.md`.
    Recorder,
}

/// A storage class that is there from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageClassConfig {
    /// Its name.
    pub name: String,
    /// The provisioner it names.
    pub provisioner: String,
    /// Whether claims without a class get it.
    pub default: bool,
    /// Whether binding waits for the first pod.
    pub wait_for_first_consumer: bool,
}

impl ClusterConfig {
    /// The cluster that `profile` usually is: minikube has one node, kind and the cloud have three.
    pub fn for_profile(profile: TimingProfile, seed: u64) -> ClusterConfig {
        let (provisioner, count) = match profile.name.as_str() {
            "kind" => ("rancher.io/local-path", 3),
            "slow-cloud" => ("ebs.csi.aws.com", 3),
            _ => ("k8s.io/minikube-hostpath", 1),
        };
        let waits = profile.name == "kind" || profile.name == "slow-cloud";
        let mut config = ClusterConfig {
            seed,
            profile,
            nodes: Vec::new(),
            kubelet: KubeletKind::Full,
            storage_classes: vec![StorageClassConfig {
                name: "standard".to_owned(),
                provisioner: provisioner.to_owned(),
                default: true,
                wait_for_first_consumer: waits,
            }],
            installed_seconds_ago: 6 * 86_400 + 23 * 3_600,
            node_monitor_grace_period_seconds: node_monitor_grace_period_seconds(),
            kubernetes_version: KubernetesVersion::default(),
        };
        config.set_node_count(count);
        config
    }

    /// Makes it a cluster of `version`, with that release's defaults.
    pub fn set_kubernetes_version(&mut self, version: KubernetesVersion) {
        self.kubernetes_version = version;
        let long = self.gates().has(Feature::LongerNodeGrace);
        self.node_monitor_grace_period_seconds =
            if long { node_monitor_grace_period_seconds() } else { FORMER_GRACE_PERIOD_SECONDS };
    }

    /// Whether the cluster shows the pods that it consists of itself, in `kube-system`: those whose every part can be
    /// looked up do. A cloud hides them or runs its vendor's own, and the others are made for tests and recordings.
    pub fn has_system_pods(&self) -> bool {
        self.kubelet == KubeletKind::Full && matches!(self.profile.name.as_str(), "minikube" | "kind")
    }

    /// Whether roles decide what a user may do: the control plane of the recordings allows everything.
    pub fn has_rbac(&self) -> bool {
        self.kubelet == KubeletKind::Full
    }

    /// What this cluster's release has.
    pub fn gates(&self) -> FeatureGates {
        FeatureGates::of(self.kubernetes_version)
    }

    /// The name of the machine that the control plane runs on: the first node, where it has none of its own.
    pub fn control_plane(&self) -> &str {
        match (self.profile.name.as_str(), self.nodes.first()) {
            ("recorder" | "slow-cloud", _) | (_, None) => "control-plane",
            (_, Some(node)) => &node.name,
        }
    }

    /// Replaces the nodes by `count` of them, as the profile's cluster names them.
    pub fn set_node_count(&mut self, count: u32) {
        let prefix = match self.profile.name.as_str() {
            "kind" => "kind",
            "slow-cloud" | "recorder" => "node",
            _ => "minikube",
        };
        self.set_nodes(prefix, count);
    }

    /// Replaces the nodes by `count` of them: `minikube`, `minikube-m02`, ..., or `kind-control-plane`,
    /// `kind-worker`, `kind-worker2`, ..., or with another `prefix` numbered.
    pub fn set_nodes(&mut self, prefix: &str, count: u32) {
        self.nodes = (1..=count)
            .map(|number| NodeConfig {
                name: match (prefix, number) {
                    ("minikube", 1) => prefix.to_owned(),
                    ("minikube", _) => format!("minikube-m{number:02}"),
                    ("kind", 1) => "kind-control-plane".to_owned(),
                    ("kind", 2) => "kind-worker".to_owned(),
                    ("kind", _) => format!("kind-worker{}", number - 1),
                    _ => format!("{prefix}-{number}"),
                },
                zone: (prefix == "node").then(|| format!("zone-{number}")),
                cpu: "4".to_owned(),
                memory: NODE_MEMORY.to_owned(),
                pods: 110,
            })
            .collect();
    }

    /// The cluster of the recordings: three nodes in three zones with simple kubelets, two classes.
    pub fn recorder(seed: u64) -> ClusterConfig {
        let class = |name: &str, waits: bool| StorageClassConfig {
            name: name.to_owned(),
            provisioner: "example.com/fake".to_owned(),
            default: !waits,
            wait_for_first_consumer: waits,
        };
        let mut config = ClusterConfig {
            seed,
            profile: TimingProfile::recorder(),
            nodes: Vec::new(),
            kubelet: KubeletKind::Recorder,
            storage_classes: vec![class("standard", false), class("wait", true)],
            installed_seconds_ago: 0,
            node_monitor_grace_period_seconds: 12,
            kubernetes_version: KubernetesVersion::default(),
        };
        config.set_nodes("node", 3);
        // Recorded: `describe node` shows 8Gi, and room for 2k pods.
        for node in &mut config.nodes {
            node.memory = "8Gi".to_owned();
            node.pods = 2_000;
        }
        config
    }
}

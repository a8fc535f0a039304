//! [`Place`]: what the cluster's own programs are told of where they run, and [`Release`]: which programs they are.

use crate::api::KubernetesVersion;
use crate::cluster::bootstrap::nodes;
use crate::engine::ClusterConfig;

/// Who installed the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distribution {
    Minikube,
    Kind,
}

/// How kubeadm probes the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probes {
    /// By number of a port, and etcd at `/health`.
    Health,
    /// By number of a port, and etcd at `/livez` and `/readyz`.
    Numbered,
    /// By a port's name, and the scheduler at `/livez` and `/readyz` too.
    Named,
}

/// What kubeadm installs with a release of Kubernetes: cmd/kubeadm/app/constants.
#[derive(Debug)]
pub(super) struct Release {
    version: KubernetesVersion,
    pub etcd: &'static str,
    pub coredns: &'static str,
    /// Compiler and commit, as CoreDNS says them in its log.
    pub coredns_build: &'static str,
    /// The `pod-template-hash` of its Deployment: a function of the template, so the same in every cluster.
    pub coredns_hash: &'static str,
    pub probes: Probes,
}

const fn release(
    version: KubernetesVersion,
    (etcd, probes): (&'static str, Probes),
    (coredns, coredns_build, coredns_hash): (&'static str, &'static str, &'static str),
) -> Release {
    Release { version, etcd, coredns, coredns_build, coredns_hash, probes }
}

static RELEASES: [Release; 6] = [
    release(
        KubernetesVersion::V1_27,
        ("3.5.12-0", Probes::Health),
        ("1.10.1", "go1.20, 055b2c3", "5d78c9869d"),
    ),
    release(
        KubernetesVersion::V1_31,
        ("3.5.15-0", Probes::Numbered),
        ("1.11.3", "go1.21.11, a6338e9", "7c65d6cfc9"),
    ),
    release(
        KubernetesVersion::V1_34,
        ("3.6.5-0", Probes::Named),
        ("1.12.1", "go1.24.1, 707c7c1", "66bc5c9577"),
    ),
    release(
        KubernetesVersion::V1_35_0,
        ("3.6.6-0", Probes::Named),
        ("1.13.1", "go1.25.2, 1db4568", "7d764666f9"),
    ),
    release(
        KubernetesVersion::V1_35_4,
        ("3.6.6-0", Probes::Named),
        ("1.13.1", "go1.25.2, 1db4568", "7d764666f9"),
    ),
    release(
        KubernetesVersion::V1_36,
        ("3.6.8-0", Probes::Named),
        ("1.14.2", "go1.26.1, dd1df4f", "589f44dc88"),
    ),
];

/// See the module.
pub(super) struct Place {
    pub distribution: Distribution,
    pub release: &'static Release,
    /// The container runtime of its nodes.
    pub runtime: &'static str,
    /// The first node, which runs the control plane.
    pub node: String,
    pub api_port: i32,
    words: Vec<(&'static str, String)>,
}

impl Place {
    /// The place of a cluster; `None` when the cluster shows no pods of its own.
    pub fn of(config: &ClusterConfig) -> Option<Place> {
        let first = config.nodes.first().filter(|_| config.has_system_pods())?;
        let is_kind = config.profile.name == "kind";
        let version = config.kubernetes_version;
        let release = RELEASES.iter().find(|release| release.version == version)?;
        let (node, address) = (first.name.clone(), nodes::internal_ip(config, 0));
        let api_port = super::super::services::api_server_port(config);
        let choose = |minikube: &str, kind: &str| if is_kind { kind } else { minikube }.to_owned();
        let words = vec![
            ("{node}", node.clone()),
            ("{ip}", address),
            ("{port}", api_port.to_string()),
            ("{version}", version.server().to_owned()),
            ("{etcd}", release.etcd.to_owned()),
            ("{coredns}", release.coredns.to_owned()),
            ("{cluster}", choose("mk", "kind")),
            ("{endpoint}", choose("control-plane.minikube.internal:8443", &format!("{node}:6443"))),
            ("{certs}", choose("/var/lib/minikube/certs", "/etc/kubernetes/pki")),
            ("{data}", choose("/var/lib/minikube/etcd", "/var/lib/etcd")),
            ("{services}", choose("10.96.0.0/12", "10.96.0.0/16")),
            ("{leads}", choose("false", "true")),
            ("{cpus}", first.cpu.clone()),
        ];
        let distribution = if is_kind { Distribution::Kind } else { Distribution::Minikube };
        let runtime = if is_kind { "containerd" } else { "docker" };
        Some(Place { distribution, release, runtime, node, api_port, words })
    }

    pub fn is_kind(&self) -> bool {
        self.distribution == Distribution::Kind
    }

    /// Whether kubeadm's manifest of CoreDNS gives the ports of its probes names (since v1.34).
    pub fn names_dns_probes(&self) -> bool {
        self.release.probes == Probes::Named
    }

    /// The text with the place's words in it, `{node}` for one.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (word, value) in &self.words {
            if filled.contains(word) {
                filled = filled.replace(word, value);
            }
        }
        filled
    }
}

//! Who the cluster's own programs are, and which of them is at work: service accounts and leases.

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::{Endpoints, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};

use super::{Installer, KUBE_SYSTEM};
use crate::api::{ApiResult, KubernetesVersion};
use crate::cluster::bootstrap::map;

/// The accounts that kube-controller-manager's controllers act with (`--use-service-account-credentials`), and from
/// which of our releases on they are there: cmd/kube-controller-manager/app.
const CONTROLLERS: [(&str, KubernetesVersion); 37] = {
    use KubernetesVersion::{V1_27, V1_31, V1_34, V1_36};
    [
        ("attachdetach-controller", V1_27),
        ("bootstrap-signer", V1_27),
        ("certificate-controller", V1_27),
        ("clusterrole-aggregation-controller", V1_27),
        ("cronjob-controller", V1_27),
        ("daemon-set-controller", V1_27),
        ("deployment-controller", V1_27),
        ("device-taint-eviction-controller", V1_36),
        ("disruption-controller", V1_27),
        ("endpoint-controller", V1_27),
        ("endpointslice-controller", V1_27),
        ("endpointslicemirroring-controller", V1_27),
        ("ephemeral-volume-controller", V1_27),
        ("expand-controller", V1_27),
        ("generic-garbage-collector", V1_27),
        ("horizontal-pod-autoscaler", V1_27),
        ("job-controller", V1_27),
        ("legacy-service-account-token-cleaner", V1_31),
        ("namespace-controller", V1_27),
        ("node-controller", V1_27),
        ("persistent-volume-binder", V1_27),
        ("pod-garbage-collector", V1_27),
        ("pv-protection-controller", V1_27),
        ("pvc-protection-controller", V1_27),
        ("replicaset-controller", V1_27),
        ("replication-controller", V1_27),
        ("resource-claim-controller", V1_34),
        ("resourcequota-controller", V1_27),
        ("root-ca-cert-publisher", V1_27),
        ("service-account-controller", V1_27),
        ("service-cidrs-controller", V1_34),
        ("statefulset-controller", V1_27),
        ("token-cleaner", V1_27),
        ("ttl-after-finished-controller", V1_27),
        ("ttl-controller", V1_27),
        ("validatingadmissionpolicy-status-controller", V1_31),
        ("volumeattributesclass-protection-controller", V1_34),
    ]
};

/// The name under which an API server announces itself, a hash of its host's: apiserver pkg/server/options.
const API_SERVERS: [(&str, &str); 2] = [
    ("minikube", "apiserver-kcdegeihzlqbkh65rirrc5zxju"),
    ("kind-control-plane", "apiserver-c4vwjftbvpc5os2vvzle4qg27a"),
];

fn named(name: &str, namespace: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), namespace: Some(namespace.to_owned()), ..ObjectMeta::default() }
}

impl Installer<'_> {
    /// The accounts of `kube-system`.
    pub(super) fn accounts(&mut self) -> ApiResult<()> {
        let version = self.config.kubernetes_version;
        for (name, since) in CONTROLLERS {
            if since <= version {
                self.account(named(name, KUBE_SYSTEM))?;
            }
        }
        for name in ["coredns", "kube-proxy"] {
            self.account(named(name, KUBE_SYSTEM))?;
        }
        if self.has_kindnet() {
            self.account(named("kindnet", KUBE_SYSTEM))?;
        }
        if self.place.is_kind() {
            return Ok(());
        }
        let labels = Some(map(&[("addonmanager.kubernetes.io/mode", "Reconcile")]));
        self.account(ObjectMeta { labels: labels.clone(), ..named("storage-provisioner", KUBE_SYSTEM) })?;
        // minikube's provisioner elects its leader by an object that is nothing else.
        let leader =
            format!("{{\"holderIdentity\":\"minikube_{}\",\"leaseDurationSeconds\":15,", self.uuid());
        let time = self.created.0.to_string();
        let leader =
            format!("{leader}\"acquireTime\":\"{time}\",\"renewTime\":\"{time}\",\"leaderTransitions\":0}}");
        let annotations = Some(map(&[("control-plane.alpha.kubernetes.io/leader", leader.as_str())]));
        let metadata = ObjectMeta { labels, annotations, ..named("k8s.io-minikube-hostpath", KUBE_SYSTEM) };
        self.plant(Endpoints { metadata, subsets: None }, &mut |_| {}).map(|_| ())
    }

    /// An account.
    pub(super) fn account(&mut self, metadata: ObjectMeta) -> ApiResult<()> {
        self.plant(ServiceAccount { metadata, ..ServiceAccount::default() }, &mut |_| {}).map(|_| ())
    }

    /// The leases of the control plane; minikube's has no other that would take over (`--leader-elect=false`).
    pub(super) fn leases(&mut self) -> ApiResult<()> {
        let node = self.place.node.clone();
        let known = API_SERVERS.iter().find(|(host, _)| *host == node);
        let server = known.map_or_else(|| format!("apiserver-{node}"), |(_, name)| (*name).to_owned());
        let labels = map(&[
            ("apiserver.kubernetes.io/identity", "kube-apiserver"),
            ("kubernetes.io/hostname", node.as_str()),
        ]);
        self.lease(
            ObjectMeta { labels: Some(labels), ..named(&server, KUBE_SYSTEM) },
            &server,
            (3600, None),
        )?;
        if self.place.is_kind() {
            for leader in ["kube-controller-manager", "kube-scheduler"] {
                self.lease(named(leader, KUBE_SYSTEM), &node, (15, Some(0)))?;
            }
        }
        Ok(())
    }

    /// A lease with its duration and how often it changed hands.
    fn lease(
        &mut self,
        metadata: ObjectMeta,
        holder: &str,
        (seconds, transitions): (i32, Option<i32>),
    ) -> ApiResult<()> {
        let since = MicroTime(self.created.0);
        let spec = LeaseSpec {
            acquire_time: transitions.map(|_| since.clone()),
            holder_identity: Some(format!("{holder}_{}", self.uuid())),
            lease_duration_seconds: Some(seconds),
            lease_transitions: transitions,
            renew_time: Some(since),
            ..LeaseSpec::default()
        };
        self.plant(Lease { metadata, spec: Some(spec) }, &mut |_| {}).map(|_| ())
    }
}

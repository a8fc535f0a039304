//! The ConfigMaps of the cluster's own programs.
//!
//! Models cmd/kubeadm/app/phases (addons, uploadconfig, kubelet, bootstraptoken/clusterinfo), the API server's own
//! (pkg/controlplane/controller: clusterauthenticationtrust, legacytokentracking), and minikube's change of the Corefile.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Installer, KUBE_SYSTEM};
use crate::api::{ApiResult, Feature, token};
use crate::cluster::bootstrap::map;

/// What minikube has CoreDNS know besides: the machine that it runs on.
const HOSTS: &str = "    hosts {\n       192.168.49.1 host.minikube.internal\n       fallthrough\n    }\n";
/// The zone is not cached since v1.32.
const UNCACHED: &str = " {\n       disable success cluster.local\n       disable denial cluster.local\n    }";

impl Installer<'_> {
    /// Plants them.
    pub(super) fn settings(&mut self) -> ApiResult<()> {
        let place = &self.place;
        let is_kind = place.is_kind();
        let choose = |minikube: &'static str, kind: &'static str| if is_kind { kind } else { minikube };
        let proxy = place
            .fill(include_str!("texts/kube-proxy.yaml"))
            .replace("{conntrack}", choose("0s", "null"))
            .replace("{sync}", choose("0s", "1s"))
            .replace("{metrics}", choose("0.0.0.0:10249", ""))
            .replace("{mode}", choose("\"\"", "iptables"));
        let kubeconfig = place.fill(include_str!("texts/kubeconfig.yaml"));
        let kubeadm = place.fill(choose(
            include_str!("texts/kubeadm-minikube.yaml"),
            include_str!("texts/kubeadm-kind.yaml"),
        ));
        let kubelet = place
            .fill(include_str!("texts/kubelet.yaml"))
            .replace("{root}", choose("", "cgroupRoot: /kubelet\n"))
            .replace("{hairpin}", choose("hairpinMode: hairpin-veth\n", ""))
            .replace("{timeout}", choose("15m0s", "0s"));
        let corefile = self.corefile();
        self.settle(KUBE_SYSTEM, "coredns", &[], &[("Corefile", &corefile)])?;
        self.authentication()?;
        let since = self.created.0.strftime("%Y-%m-%d").to_string();
        let tracking = "kube-apiserver-legacy-service-account-token-tracking";
        self.settle(KUBE_SYSTEM, tracking, &[], &[("since", &since)])?;
        let data = [("config.conf", proxy.as_str()), ("kubeconfig.conf", &kubeconfig)];
        self.settle(KUBE_SYSTEM, "kube-proxy", &[("app", "kube-proxy")], &data)?;
        self.settle(KUBE_SYSTEM, "kubeadm-config", &[], &[("ClusterConfiguration", &kubeadm)])?;
        self.settle(KUBE_SYSTEM, "kubelet-config", &[], &[("kubelet", &kubelet)])?;
        self.cluster_info()
    }

    fn corefile(&self) -> String {
        let is_kind = self.place.is_kind();
        let uncached = self.api.gates.has(Feature::UncachedDns);
        include_str!("texts/coredns.Corefile")
            .replace("{log}", if is_kind { "" } else { "    log\n" })
            .replace("{hosts}", if is_kind { "" } else { HOSTS })
            .replace("{uncached}", if uncached { UNCACHED } else { "" })
    }

    /// What other API servers need to know whom to trust.
    fn authentication(&mut self) -> ApiResult<()> {
        let (clients, proxies) =
            (token::certificate(self.config.seed), token::certificate(self.config.seed.wrapping_add(1)));
        let data = [
            ("client-ca-file", clients.as_str()),
            ("requestheader-allowed-names", "[\"front-proxy-client\"]"),
            ("requestheader-client-ca-file", &proxies),
            ("requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]"),
            ("requestheader-group-headers", "[\"X-Remote-Group\"]"),
            ("requestheader-username-headers", "[\"X-Remote-User\"]"),
        ];
        self.settle(KUBE_SYSTEM, "extension-apiserver-authentication", &[], &data)
    }

    /// What anybody may know of the cluster. Its signature went with the bootstrap token, after a day.
    fn cluster_info(&mut self) -> ApiResult<()> {
        let authority = token::encoded(token::certificate(self.config.seed).as_bytes());
        let server = self.place.fill("https://{endpoint}");
        let kubeconfig = format!(
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {authority}\n    server: {server}\n  \
             name: \"\"\ncontexts: null\ncurrent-context: \"\"\nkind: Config\nusers: null\n"
        );
        self.settle("kube-public", "cluster-info", &[], &[("kubeconfig", &kubeconfig)])
    }

    /// Plants a ConfigMap.
    pub(super) fn settle(
        &mut self,
        namespace: &str,
        name: &str,
        labels: &[(&str, &str)],
        data: &[(&str, &str)],
    ) -> ApiResult<()> {
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            labels: (!labels.is_empty()).then(|| map(labels)),
            ..ObjectMeta::default()
        };
        let settings = ConfigMap { metadata, data: Some(map(data)), ..ConfigMap::default() };
        self.plant(settings, &mut |_| {}).map(|_| ())
    }
}

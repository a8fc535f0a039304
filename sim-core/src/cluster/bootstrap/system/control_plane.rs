//! The static pods of the control plane, as kubeadm writes their manifests.
//!
//! Models cmd/kubeadm/app: phases/controlplane/manifests.go, phases/etcd/local.go and util/staticpod, with what minikube
//! and kind have kubeadm add.

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, HTTPGetAction, HostPathVolumeSource, Pod, PodSecurityContext, PodSpec, Probe,
    ResourceRequirements, SeccompProfile, Toleration, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::place::{Place, Probes};
use crate::api::pod;
use crate::cluster::bootstrap::map;

/// The name of the port that is probed.
const PROBE_PORT: &str = "probe-port";

/// A program of the control plane.
pub(super) struct Part {
    pub name: &'static str,
    pub image: &'static str,
    /// What stands in its command besides its name: everywhere, on minikube, on kind. It is sorted when it is written.
    flags: [&'static str; 3],
    folders: &'static [Folder],
    requests: &'static [(&'static str, &'static str)],
    annotation: Option<(&'static str, &'static str)>,
    /// Scheme, address and port that are probed.
    probed: (&'static str, &'static str, &'static str),
    /// The paths of the liveness, readiness and startup probes, by [`Probes`]; an empty one is not probed.
    paths: [[&'static str; 3]; 3],
}

/// A folder or file of the node that a container sees at the same path.
#[derive(Clone, Copy)]
pub(super) struct Folder {
    pub name: &'static str,
    pub path: &'static str,
    /// The type of the hostPath volume.
    pub kind: &'static str,
    pub read_only: bool,
}

const fn folder(name: &'static str, path: &'static str, kind: &'static str, read_only: bool) -> Folder {
    Folder { name, path, kind, read_only }
}

const CERTIFICATES: Folder = folder("ca-certs", "/etc/ssl/certs", "DirectoryOrCreate", true);
const ETC_CERTIFICATES: Folder =
    folder("etc-ca-certificates", "/etc/ca-certificates", "DirectoryOrCreate", true);
const KEYS: Folder = folder("k8s-certs", "{certs}", "DirectoryOrCreate", true);
const LOCAL_CERTIFICATES: Folder =
    folder("usr-local-share-ca-certificates", "/usr/local/share/ca-certificates", "DirectoryOrCreate", true);
const SHARED_CERTIFICATES: Folder =
    folder("usr-share-ca-certificates", "/usr/share/ca-certificates", "DirectoryOrCreate", true);

/// The four of them.
pub(super) static PARTS: [Part; 4] = [
    Part {
        name: "etcd",
        image: "registry.k8s.io/etcd:{etcd}",
        flags: [
            "--advertise-client-urls=https://{ip}:2379 --cert-file={certs}/etcd/server.crt --client-cert-auth=true \
             --data-dir={data} --initial-advertise-peer-urls=https://{ip}:2380 \
             --initial-cluster={node}=https://{ip}:2380 --key-file={certs}/etcd/server.key \
             --listen-client-urls=https://127.0.0.1:2379,https://{ip}:2379 \
             --listen-metrics-urls=http://127.0.0.1:2381 --listen-peer-urls=https://{ip}:2380 --name={node} \
             --peer-cert-file={certs}/etcd/peer.crt --peer-client-cert-auth=true \
             --peer-key-file={certs}/etcd/peer.key --peer-trusted-ca-file={certs}/etcd/ca.crt \
             --snapshot-count=10000 --trusted-ca-file={certs}/etcd/ca.crt",
            "",
            "",
        ],
        folders: &[
            folder("etcd-data", "{data}", "DirectoryOrCreate", false),
            folder("etcd-certs", "{certs}/etcd", "DirectoryOrCreate", false),
        ],
        requests: &[("cpu", "100m"), ("memory", "100Mi")],
        annotation: Some(("kubeadm.kubernetes.io/etcd.advertise-client-urls", "https://{ip}:2379")),
        probed: ("HTTP", "127.0.0.1", "2381"),
        paths: [
            ["/health?exclude=NOSPACE&serializable=true", "", "/health?serializable=false"],
            ["/livez", "/readyz", "/readyz"],
            ["/livez", "/readyz", "/readyz"],
        ],
    },
    Part {
        name: "kube-apiserver",
        image: "registry.k8s.io/kube-apiserver:{version}",
        flags: [
            "--advertise-address={ip} --allow-privileged=true --authorization-mode=Node,RBAC \
             --client-ca-file={certs}/ca.crt --enable-bootstrap-token-auth=true \
             --etcd-cafile={certs}/etcd/ca.crt --etcd-certfile={certs}/apiserver-etcd-client.crt \
             --etcd-keyfile={certs}/apiserver-etcd-client.key --etcd-servers=https://127.0.0.1:2379 \
             --kubelet-client-certificate={certs}/apiserver-kubelet-client.crt \
             --kubelet-client-key={certs}/apiserver-kubelet-client.key \
             --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname \
             --proxy-client-cert-file={certs}/front-proxy-client.crt \
             --proxy-client-key-file={certs}/front-proxy-client.key \
             --requestheader-allowed-names=front-proxy-client \
             --requestheader-client-ca-file={certs}/front-proxy-ca.crt \
             --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group \
             --requestheader-username-headers=X-Remote-User --secure-port={port} \
             --service-account-issuer=https://kubernetes.default.svc.cluster.local \
             --service-account-key-file={certs}/sa.pub --service-account-signing-key-file={certs}/sa.key \
             --service-cluster-ip-range={services} --tls-cert-file={certs}/apiserver.crt \
             --tls-private-key-file={certs}/apiserver.key",
            "--enable-admission-plugins=NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,\
             DefaultTolerationSeconds,NodeRestriction,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota",
            "--enable-admission-plugins=NodeRestriction --runtime-config=",
        ],
        folders: &[CERTIFICATES, ETC_CERTIFICATES, KEYS, LOCAL_CERTIFICATES, SHARED_CERTIFICATES],
        requests: &[("cpu", "250m")],
        annotation: Some(("kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint", "{ip}:{port}")),
        probed: ("HTTPS", "{ip}", "{port}"),
        paths: [["/livez", "/readyz", "/livez"]; 3],
    },
    Part {
        name: "kube-controller-manager",
        image: "registry.k8s.io/kube-controller-manager:{version}",
        flags: [
            "--allocate-node-cidrs=true --authentication-kubeconfig=/etc/kubernetes/controller-manager.conf \
             --authorization-kubeconfig=/etc/kubernetes/controller-manager.conf --bind-address=127.0.0.1 \
             --client-ca-file={certs}/ca.crt --cluster-cidr=10.244.0.0/16 --cluster-name={cluster} \
             --cluster-signing-cert-file={certs}/ca.crt --cluster-signing-key-file={certs}/ca.key \
             --controllers=*,bootstrapsigner,tokencleaner --kubeconfig=/etc/kubernetes/controller-manager.conf \
             --leader-elect={leads} --requestheader-client-ca-file={certs}/front-proxy-ca.crt \
             --root-ca-file={certs}/ca.crt --service-account-private-key-file={certs}/sa.key \
             --service-cluster-ip-range={services} --use-service-account-credentials=true",
            "",
            "--enable-hostpath-provisioner=true",
        ],
        folders: &[
            CERTIFICATES,
            ETC_CERTIFICATES,
            folder(
                "flexvolume-dir",
                "/usr/libexec/kubernetes/kubelet-plugins/volume/exec",
                "DirectoryOrCreate",
                false,
            ),
            KEYS,
            folder("kubeconfig", "/etc/kubernetes/controller-manager.conf", "FileOrCreate", true),
            LOCAL_CERTIFICATES,
            SHARED_CERTIFICATES,
        ],
        requests: &[("cpu", "200m")],
        annotation: None,
        probed: ("HTTPS", "127.0.0.1", "10257"),
        paths: [["/healthz", "", "/healthz"]; 3],
    },
    Part {
        name: "kube-scheduler",
        image: "registry.k8s.io/kube-scheduler:{version}",
        flags: [
            "--authentication-kubeconfig=/etc/kubernetes/scheduler.conf \
             --authorization-kubeconfig=/etc/kubernetes/scheduler.conf --bind-address=127.0.0.1 \
             --kubeconfig=/etc/kubernetes/scheduler.conf --leader-elect={leads}",
            "",
            "",
        ],
        folders: &[folder("kubeconfig", "/etc/kubernetes/scheduler.conf", "FileOrCreate", true)],
        requests: &[("cpu", "100m")],
        annotation: None,
        probed: ("HTTPS", "127.0.0.1", "10259"),
        paths: [["/healthz", "", "/healthz"], ["/healthz", "", "/healthz"], ["/livez", "/readyz", "/livez"]],
    },
];

/// How etcd is told to look at its data and to keep watches awake: under other names since etcd 3.6.
const ETCD_EXTRAS: [&str; 2] = [
    "--experimental-initial-corrupt-check=true --experimental-watch-progress-notify-interval=5s",
    "--feature-gates=InitialCorruptCheck=true --watch-progress-notify-interval=5s",
];

/// The mirror of a part's pod. `hash` is its manifest's, `seen` when the kubelet saw that, `owner` the node's uid.
pub(super) fn mirror(place: &Place, part: &Part, hash: &str, seen: &str, owner: &str) -> Pod {
    let mut annotations = map(&[
        ("kubernetes.io/config.hash", hash),
        (pod::MIRROR, hash),
        ("kubernetes.io/config.seen", seen),
        ("kubernetes.io/config.source", "file"),
    ]);
    annotations.extend(part.annotation.map(|(name, value)| (name.to_owned(), place.fill(value))));
    let owner = OwnerReference {
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        name: place.node.clone(),
        uid: owner.to_owned(),
        controller: Some(true),
        ..OwnerReference::default()
    };
    Pod {
        metadata: ObjectMeta {
            name: Some(format!("{}-{}", part.name, place.node)),
            namespace: Some("kube-system".to_owned()),
            labels: Some(map(&[("component", part.name), ("tier", "control-plane")])),
            annotations: Some(annotations),
            owner_references: Some(vec![owner]),
            ..ObjectMeta::default()
        },
        spec: Some(spec(place, part)),
        status: None,
    }
}

fn spec(place: &Place, part: &Part) -> PodSpec {
    let mut folders = part.folders.to_vec();
    folders.sort_by_key(|folder| folder.name);
    let profile = SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() };
    PodSpec {
        containers: vec![container(place, part)],
        host_network: Some(true),
        node_name: Some(place.node.clone()),
        priority_class_name: Some("system-node-critical".to_owned()),
        security_context: Some(PodSecurityContext {
            seccomp_profile: Some(profile),
            ..PodSecurityContext::default()
        }),
        // The kubelet's own addition to static pods.
        tolerations: Some(vec![Toleration {
            effect: Some("NoExecute".to_owned()),
            operator: Some("Exists".to_owned()),
            ..Toleration::default()
        }]),
        volumes: Some(folders.iter().map(|folder| folder.volume(place)).collect()),
        ..PodSpec::default()
    }
}

fn container(place: &Place, part: &Part) -> Container {
    let named = place.release.probes == Probes::Named;
    let extras = if part.name == "etcd" { ETCD_EXTRAS[usize::from(named)] } else { "" };
    let own = part.flags[1 + usize::from(place.is_kind())];
    let words = [part.flags[0], own, extras];
    let mut flags: Vec<String> =
        words.iter().flat_map(|text| text.split_whitespace()).map(|flag| place.fill(flag)).collect();
    flags.sort();
    flags.insert(0, part.name.to_owned());
    let port = place.fill(part.probed.2).parse().unwrap_or(0);
    let [liveness, readiness, startup] = part.paths[place.release.probes as usize];
    let requests = part.requests.iter();
    Container {
        name: part.name.to_owned(),
        image: Some(place.fill(part.image)),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: Some(flags),
        ports: named.then(|| {
            vec![ContainerPort {
                container_port: port,
                name: Some(PROBE_PORT.to_owned()),
                protocol: Some("TCP".to_owned()),
                ..ContainerPort::default()
            }]
        }),
        liveness_probe: probe(place, part, liveness, (Some(10), 10, 8)),
        readiness_probe: probe(place, part, readiness, (None, 1, 3)),
        startup_probe: probe(place, part, startup, (Some(10), 10, 24)),
        resources: Some(ResourceRequirements {
            requests: Some(requests.map(|(name, amount)| quantity(name, amount)).collect()),
            ..ResourceRequirements::default()
        }),
        volume_mounts: Some(part.folders.iter().map(|folder| folder.mount(place)).collect()),
        ..Container::default()
    }
}

/// A resource and its amount.
pub(super) fn quantity(name: &str, amount: &str) -> (String, Quantity) {
    (name.to_owned(), Quantity(amount.to_owned()))
}

/// A probe with its initial delay, its period and its failure threshold.
fn probe(
    place: &Place,
    part: &Part,
    path: &str,
    (initial_delay_seconds, period, failures): (Option<i32>, i32, i32),
) -> Option<Probe> {
    let (scheme, host, port) = part.probed;
    let port = match place.release.probes {
        Probes::Named => IntOrString::String(PROBE_PORT.to_owned()),
        _ => IntOrString::Int(place.fill(port).parse().unwrap_or(0)),
    };
    (!path.is_empty()).then(|| Probe {
        http_get: Some(HTTPGetAction {
            host: Some(place.fill(host)),
            path: Some(path.to_owned()),
            port,
            scheme: Some(scheme.to_owned()),
            http_headers: None,
        }),
        initial_delay_seconds,
        period_seconds: Some(period),
        failure_threshold: Some(failures),
        timeout_seconds: Some(15),
        ..Probe::default()
    })
}

impl Folder {
    pub(super) fn volume(&self, place: &Place) -> Volume {
        let source = HostPathVolumeSource { path: place.fill(self.path), type_: Some(self.kind.to_owned()) };
        Volume { name: self.name.to_owned(), host_path: Some(source), ..Volume::default() }
    }

    pub(super) fn mount(&self, place: &Place) -> VolumeMount {
        VolumeMount {
            name: self.name.to_owned(),
            mount_path: place.fill(self.path),
            read_only: self.read_only.then_some(true),
            ..VolumeMount::default()
        }
    }
}

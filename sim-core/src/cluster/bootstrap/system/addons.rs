//! What runs beside the control plane: names, proxies, the network between nodes, volumes.
//!
//! Models cmd/kubeadm/app/phases/addons (dns, proxy), minikube's pkg/minikube/cni/kindnet.go and
//! deploy/addons/storage-provisioner, and kind's pkg/build/nodeimage (const_cni.go, const_storage.go).

use k8s_openapi::api::core::v1::{
    Affinity, Capabilities, ConfigMapVolumeSource, Container, ContainerPort, EnvVar, EnvVarSource,
    HTTPGetAction, KeyToPath, ObjectFieldSelector, PodAffinityTerm, PodAntiAffinity, PodSpec, Probe,
    ResourceRequirements, SecurityContext, Toleration, Volume, VolumeMount, WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::control_plane::{Folder, quantity};
use super::place::Place;
use crate::cluster::bootstrap::map;
use crate::engine::ClusterConfig;

const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

const LOCK: Folder =
    Folder { name: "xtables-lock", path: "/run/xtables.lock", kind: "FileOrCreate", read_only: false };
const MODULES: Folder = Folder { name: "lib-modules", path: "/lib/modules", kind: "", read_only: true };

const COREDNS: &str = "registry.k8s.io/coredns/coredns:v{coredns}";
const KUBE_PROXY: &str = "registry.k8s.io/kube-proxy:{version}";
const LOCAL_PATH_PROVISIONER: &str = "docker.io/kindest/local-path-provisioner:v20260521-9fb22683";
const STORAGE_PROVISIONER: &str = "gcr.io/k8s-minikube/storage-provisioner:v5";

fn kindnetd(place: &Place) -> &'static str {
    if place.is_kind() {
        "docker.io/kindest/kindnetd:v20260528-9350166c"
    } else {
        "docker.io/kindest/kindnetd:v20250512-df8de77b"
    }
}

/// The images of all that runs besides the control plane.
pub(super) fn images(place: &Place, config: &ClusterConfig) -> impl Iterator<Item = &'static str> {
    let provisioner = if place.is_kind() { LOCAL_PATH_PROVISIONER } else { STORAGE_PROVISIONER };
    let network = has_kindnet(place, config).then(|| kindnetd(place));
    [COREDNS, KUBE_PROXY, provisioner].into_iter().chain(network)
}

/// Whether kindnet joins the nodes: minikube leaves a single one to Docker's bridge.
pub(super) fn has_kindnet(place: &Place, config: &ClusterConfig) -> bool {
    place.is_kind() || config.nodes.len() > 1
}

/// Words as a list.
fn words(text: &str) -> Option<Vec<String>> {
    Some(text.split_whitespace().map(str::to_owned).collect())
}

fn toleration(key: &str, operator: &str, effect: &str) -> Toleration {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Toleration { key: given(key), operator: given(operator), effect: given(effect), ..Toleration::default() }
}

/// A variable: a value, or `@` and the field of the pod that it shows.
fn variable(name: &str, value: &str) -> EnvVar {
    let field = value.strip_prefix('@').map(|path| EnvVarSource {
        field_ref: Some(ObjectFieldSelector { field_path: path.to_owned(), api_version: None }),
        ..EnvVarSource::default()
    });
    let value = field.is_none().then(|| value.to_owned());
    EnvVar { name: name.to_owned(), value, value_from: field }
}

fn config_volume(name: &str, source: &str, items: Option<Vec<KeyToPath>>) -> Volume {
    let source = ConfigMapVolumeSource { name: source.to_owned(), items, ..ConfigMapVolumeSource::default() };
    Volume { name: name.to_owned(), config_map: Some(source), ..Volume::default() }
}

fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount { name: name.to_owned(), mount_path: path.to_owned(), ..VolumeMount::default() }
}

fn on_linux() -> Option<std::collections::BTreeMap<String, String>> {
    Some(map(&[("kubernetes.io/os", "linux")]))
}

/// A container of that name and image; its pods' other fields follow.
fn container(name: &str, image: String) -> Container {
    Container { name: name.to_owned(), image: Some(image), ..Container::default() }
}

/// CoreDNS.
pub(super) fn coredns(place: &Place) -> PodSpec {
    let mut program = container("coredns", place.fill(COREDNS));
    program.args = words("-conf /etc/coredns/Corefile");
    program.resources = Some(ResourceRequirements {
        limits: Some([quantity("memory", "170Mi")].into()),
        requests: Some([quantity("cpu", "100m"), quantity("memory", "70Mi")].into()),
        claims: None,
    });
    program.volume_mounts =
        Some(vec![VolumeMount { read_only: Some(true), ..mount("config-volume", "/etc/coredns") }]);
    let port = |(name, number, protocol): (&str, i32, &str)| ContainerPort {
        name: Some(name.to_owned()),
        container_port: number,
        protocol: Some(protocol.to_owned()),
        ..ContainerPort::default()
    };
    let mut ports = vec![("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"), ("metrics", 9153, "TCP")];
    if place.names_dns_probes() {
        ports.extend([("liveness-probe", 8080, "TCP"), ("readiness-probe", 8181, "TCP")]);
    }
    program.ports = Some(ports.into_iter().map(port).collect());
    let get = |path: &str, name: &str, number: i32| HTTPGetAction {
        path: Some(path.to_owned()),
        port: if place.names_dns_probes() {
            IntOrString::String(name.to_owned())
        } else {
            IntOrString::Int(number)
        },
        scheme: Some("HTTP".to_owned()),
        ..HTTPGetAction::default()
    };
    program.liveness_probe = Some(Probe {
        http_get: Some(get("/health", "liveness-probe", 8080)),
        initial_delay_seconds: Some(60),
        timeout_seconds: Some(5),
        failure_threshold: Some(5),
        ..Probe::default()
    });
    program.readiness_probe =
        Some(Probe { http_get: Some(get("/ready", "readiness-probe", 8181)), ..Probe::default() });
    program.security_context = Some(SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { add: words("NET_BIND_SERVICE"), drop: words("ALL") }),
        read_only_root_filesystem: Some(true),
        ..SecurityContext::default()
    });
    let file = KeyToPath { key: "Corefile".to_owned(), path: "Corefile".to_owned(), mode: None };
    PodSpec {
        affinity: Some(apart()),
        containers: vec![program],
        dns_policy: Some("Default".to_owned()),
        node_selector: on_linux(),
        priority_class_name: Some("system-cluster-critical".to_owned()),
        service_account_name: Some("coredns".to_owned()),
        tolerations: Some(vec![
            toleration("CriticalAddonsOnly", "Exists", ""),
            toleration(CONTROL_PLANE, "", "NoSchedule"),
        ]),
        volumes: Some(vec![config_volume("config-volume", "coredns", Some(vec![file]))]),
        ..PodSpec::default()
    }
}

/// CoreDNS's pods would rather be on nodes of their own.
fn apart() -> Affinity {
    let is_dns = LabelSelectorRequirement {
        key: "k8s-app".to_owned(),
        operator: "In".to_owned(),
        values: words("kube-dns"),
    };
    let term = PodAffinityTerm {
        label_selector: Some(LabelSelector {
            match_expressions: Some(vec![is_dns]),
            ..LabelSelector::default()
        }),
        topology_key: "kubernetes.io/hostname".to_owned(),
        ..PodAffinityTerm::default()
    };
    let preferred = vec![WeightedPodAffinityTerm { pod_affinity_term: term, weight: 100 }];
    Affinity {
        pod_anti_affinity: Some(PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: Some(preferred),
            ..PodAntiAffinity::default()
        }),
        ..Affinity::default()
    }
}

/// kube-proxy.
pub(super) fn kube_proxy(place: &Place) -> PodSpec {
    let mut program = container("kube-proxy", place.fill(KUBE_PROXY));
    program.command = words(
        "/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf --hostname-override=$(NODE_NAME)",
    );
    program.env = Some(vec![variable("NODE_NAME", "@spec.nodeName")]);
    program.security_context = Some(SecurityContext { privileged: Some(true), ..SecurityContext::default() });
    program.volume_mounts =
        Some(vec![mount("kube-proxy", "/var/lib/kube-proxy"), LOCK.mount(place), MODULES.mount(place)]);
    PodSpec {
        containers: vec![program],
        host_network: Some(true),
        node_selector: on_linux(),
        priority_class_name: Some("system-node-critical".to_owned()),
        service_account_name: Some("kube-proxy".to_owned()),
        tolerations: Some(vec![toleration("", "Exists", "")]),
        volumes: Some(vec![
            config_volume("kube-proxy", "kube-proxy", None),
            LOCK.volume(place),
            MODULES.volume(place),
        ]),
        ..PodSpec::default()
    }
}

/// kindnet, which joins the networks of several nodes.
pub(super) fn kindnet(place: &Place) -> PodSpec {
    const NET: Folder = Folder { name: "cni-cfg", path: "/etc/cni/net.d", kind: "", read_only: false };
    let mut program = container("kindnet-cni", kindnetd(place).to_owned());
    let mut variables = vec![
        variable("HOST_IP", "@status.hostIP"),
        variable("POD_IP", "@status.podIP"),
        variable("POD_SUBNET", "10.244.0.0/16"),
    ];
    if place.is_kind() {
        variables.push(variable("CONTROL_PLANE_ENDPOINT", &place.fill("{endpoint}")));
    }
    program.env = Some(variables);
    let amounts = Some([quantity("cpu", "100m"), quantity("memory", "50Mi")].into());
    program.resources =
        Some(ResourceRequirements { limits: amounts.clone(), requests: amounts, claims: None });
    program.security_context = Some(SecurityContext {
        capabilities: Some(Capabilities { add: words("NET_RAW NET_ADMIN"), drop: None }),
        privileged: Some(false),
        ..SecurityContext::default()
    });
    let folders = [NET, LOCK, MODULES];
    program.volume_mounts = Some(folders.iter().map(|folder| folder.mount(place)).collect());
    PodSpec {
        containers: vec![program],
        host_network: Some(true),
        node_selector: on_linux().filter(|_| place.is_kind()),
        service_account_name: Some("kindnet".to_owned()),
        tolerations: Some(vec![toleration("", "Exists", if place.is_kind() { "" } else { "NoSchedule" })]),
        volumes: Some(folders.iter().map(|folder| folder.volume(place)).collect()),
        ..PodSpec::default()
    }
}

/// kind's provisioner of volumes.
pub(super) fn local_path_provisioner() -> PodSpec {
    let mut program = container("local-path-provisioner", LOCAL_PATH_PROVISIONER.to_owned());
    program.command = words(
        "local-path-provisioner --debug start --helper-image \
         docker.io/kindest/local-path-helper:v20260131-7181c60a --config /etc/config/config.json",
    );
    program.env = Some(vec![
        variable("POD_NAMESPACE", "@metadata.namespace"),
        variable("CONFIG_MOUNT_PATH", "/etc/config/"),
    ]);
    program.volume_mounts = Some(vec![mount("config-volume", "/etc/config/")]);
    PodSpec {
        containers: vec![program],
        node_selector: on_linux(),
        service_account_name: Some("local-path-provisioner-service-account".to_owned()),
        tolerations: Some(vec![
            toleration(CONTROL_PLANE, "Equal", "NoSchedule"),
            toleration("node-role.kubernetes.io/master", "Equal", "NoSchedule"),
        ]),
        volumes: Some(vec![config_volume("config-volume", "local-path-config", None)]),
        ..PodSpec::default()
    }
}

/// minikube's provisioner of volumes, a pod of its own.
pub(super) fn storage_provisioner(place: &Place) -> PodSpec {
    const TMP: Folder = Folder { name: "tmp", path: "/tmp", kind: "Directory", read_only: false };
    let mut program = container("storage-provisioner", STORAGE_PROVISIONER.to_owned());
    program.command = words("/storage-provisioner");
    program.volume_mounts = Some(vec![TMP.mount(place)]);
    PodSpec {
        containers: vec![program],
        host_network: Some(true),
        node_name: Some(place.node.clone()),
        service_account_name: Some("storage-provisioner".to_owned()),
        volumes: Some(vec![TMP.volume(place)]),
        ..PodSpec::default()
    }
}

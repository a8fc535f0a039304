//! Of pods and pod templates. Models pkg/api/pod: warningsForPodSpecAndMeta.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    Affinity, ContainerPort, EnvVar, PodAffinityTerm, PodSpec, ResourceRequirements, SecurityContext, Volume,
    WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Warnings, deprecated_label, volume};
use crate::api::meta;

/// Annotations that nobody reads any more.
const DEPRECATED_ANNOTATIONS: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];
const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP: &str = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
const NULL_SELECTOR: &str = "a null labelSelector results in matching no pod";

/// Looks at the spec of the pod or template at `root`, which is empty or ends with a dot.
pub(super) fn spec(warnings: &mut Warnings, root: &str, metadata: &ObjectMeta, spec: Option<&PodSpec>) {
    let Some(spec) = spec else { return };
    let path = format!("{root}spec");
    let annotations = meta::annotations(metadata);
    placement(warnings, &path, spec);
    for (key, why) in DEPRECATED_ANNOTATIONS.iter().filter(|(key, _)| annotations.contains_key(*key)) {
        warnings.add(format!("{root}metadata.annotations[{key}]: {why}"));
    }
    volumes(warnings, &path, spec.volumes.as_deref().unwrap_or_default());
    let hosts = spec.host_aliases.iter().flatten().map(|alias| alias.ip.as_str());
    duplicates(warnings, hosts, |index, ip| format!("{path}.hostAliases[{index}].ip: duplicate ip \"{ip}\""));
    let secrets = || spec.image_pull_secrets.iter().flatten().map(|secret| secret.name.as_str());
    duplicates(warnings, secrets(), |index, name| {
        format!("{path}.imagePullSecrets[{index}].name: duplicate name \"{name}\"")
    });
    for (index, _) in secrets().enumerate().filter(|(_, name)| name.is_empty()) {
        warnings.add(format!("{path}.imagePullSecrets[{index}].name: invalid empty name \"\""));
    }
    for resource in ["memory", "ephemeral-storage"] {
        let overhead = spec.overhead.as_ref().and_then(|overhead| overhead.get(resource));
        warnings.whole_bytes(&format!("{path}.overhead[{resource}]"), overhead);
    }
    let security = spec.security_context.as_ref();
    if security.is_none_or(|security| security.seccomp_profile.is_none())
        && annotations.contains_key(SECCOMP_POD)
    {
        warnings.add(format!("{root}metadata.annotations[{SECCOMP_POD}]: {SECCOMP}"));
    }
    let is_armored = security.is_some_and(|security| security.app_armor_profile.is_some());
    let containers = containers(&path, spec);
    for container in &containers {
        profiles(warnings, root, annotations, container, is_armored);
        resources(warnings, container);
        environment(warnings, container);
    }
    ports(warnings, &containers);
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        warnings.add(format!(
            "{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        ));
    }
    affinity(warnings, &path, spec.affinity.as_ref());
}

/// What is looked at of a container of any kind.
struct Container<'a> {
    path: String,
    name: &'a str,
    security: Option<&'a SecurityContext>,
    resources: Option<&'a ResourceRequirements>,
    env: &'a [EnvVar],
    ports: &'a [ContainerPort],
}

/// Models pkg/apis/core/pods: VisitContainersWithPath.
fn containers<'a>(path: &str, spec: &'a PodSpec) -> Vec<Container<'a>> {
    let ordinary = |field: &'static str, list: &'a [k8s_openapi::api::core::v1::Container]| {
        let path = format!("{path}.{field}");
        list.iter().enumerate().map(move |(index, container)| Container {
            path: format!("{path}[{index}]"),
            name: &container.name,
            security: container.security_context.as_ref(),
            resources: container.resources.as_ref(),
            env: container.env.as_deref().unwrap_or_default(),
            ports: container.ports.as_deref().unwrap_or_default(),
        })
    };
    let ephemeral =
        spec.ephemeral_containers.iter().flatten().enumerate().map(|(index, container)| Container {
            path: format!("{path}.ephemeralContainers[{index}]"),
            name: &container.name,
            security: container.security_context.as_ref(),
            resources: container.resources.as_ref(),
            env: container.env.as_deref().unwrap_or_default(),
            ports: container.ports.as_deref().unwrap_or_default(),
        });
    let init = ordinary("initContainers", spec.init_containers.as_deref().unwrap_or_default());
    init.chain(ordinary("containers", &spec.containers)).chain(ephemeral).collect()
}

fn placement(warnings: &mut Warnings, path: &str, spec: &PodSpec) {
    for key in spec.node_selector.iter().flat_map(BTreeMap::keys) {
        if let Some(why) = deprecated_label(key) {
            warnings.add(format!("{path}.nodeSelector[{key}]: {why}"));
        }
    }
    if let Some(affinity) = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref()) {
        let path = format!("{path}.affinity.nodeAffinity");
        let required = affinity.required_during_scheduling_ignored_during_execution.as_ref();
        let required = required.iter().flat_map(|selector| &selector.node_selector_terms).enumerate();
        let required = required.map(|(index, term)| {
            (
                format!("requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[{index}]"),
                &term.match_expressions,
            )
        });
        let preferred = affinity.preferred_during_scheduling_ignored_during_execution.iter().flatten();
        let preferred = preferred.enumerate().map(|(index, term)| {
            (
                format!("preferredDuringSchedulingIgnoredDuringExecution[{index}].preference"),
                &term.preference.match_expressions,
            )
        });
        for (place, expressions) in required.chain(preferred) {
            for (index, expression) in expressions.iter().flatten().enumerate() {
                if let Some(why) = deprecated_label(&expression.key) {
                    let key = &expression.key;
                    warnings.add(format!("{path}.{place}.matchExpressions[{index}].key: {key} is {why}"));
                }
            }
        }
    }
    for (index, constraint) in spec.topology_spread_constraints.iter().flatten().enumerate() {
        let path = format!("{path}.topologySpreadConstraints[{index}]");
        if let Some(why) = deprecated_label(&constraint.topology_key) {
            warnings.add(format!("{path}.topologyKey: {} is {why}", constraint.topology_key));
        }
        if constraint.label_selector.is_none() {
            warnings.add(format!("{path}.labelSelector: {NULL_SELECTOR}"));
        }
    }
}

fn affinity(warnings: &mut Warnings, path: &str, affinity: Option<&Affinity>) {
    let Some(affinity) = affinity else { return };
    let (with, apart) = (affinity.pod_affinity.as_ref(), affinity.pod_anti_affinity.as_ref());
    if let Some(with) = with {
        let path = format!("{path}.affinity.podAffinity");
        required(warnings, &path, with.required_during_scheduling_ignored_during_execution.as_deref());
        preferred(warnings, &path, with.preferred_during_scheduling_ignored_during_execution.as_deref());
    }
    if let Some(apart) = apart {
        let path = format!("{path}.affinity.podAntiAffinity");
        required(warnings, &path, apart.required_during_scheduling_ignored_during_execution.as_deref());
        preferred(warnings, &path, apart.preferred_during_scheduling_ignored_during_execution.as_deref());
    }
}

fn required(warnings: &mut Warnings, path: &str, terms: Option<&[PodAffinityTerm]>) {
    let bare = terms.unwrap_or_default().iter().enumerate().filter(|(_, term)| term.label_selector.is_none());
    for (index, _) in bare {
        let place = format!("requiredDuringSchedulingIgnoredDuringExecution[{index}].labelSelector");
        warnings.add(format!("{path}.{place}: {NULL_SELECTOR}"));
    }
}

fn preferred(warnings: &mut Warnings, path: &str, terms: Option<&[WeightedPodAffinityTerm]>) {
    let terms = terms.unwrap_or_default().iter().enumerate();
    for (index, _) in terms.filter(|(_, term)| term.pod_affinity_term.label_selector.is_none()) {
        let place =
            format!("preferredDuringSchedulingIgnoredDuringExecution[{index}].podAffinityTerm.labelSelector");
        warnings.add(format!("{path}.{place}: {NULL_SELECTOR}"));
    }
}

fn volumes(warnings: &mut Warnings, path: &str, volumes: &[Volume]) {
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{path}.volumes[{index}]");
        let mut gone = |is_there: bool, field: &str, why: &str| {
            if is_there {
                warnings.add(format!("{path}.{field}: {why}"));
            }
        };
        gone(
            volume.photon_persistent_disk.is_some(),
            "photonPersistentDisk",
            "deprecated in v1.11, non-functional in v1.16+",
        );
        gone(volume.git_repo.is_some(), "gitRepo", "deprecated in v1.11");
        gone(volume.scale_io.is_some(), "scaleIO", "deprecated in v1.16, non-functional in v1.22+");
        gone(volume.flocker.is_some(), "flocker", "deprecated in v1.22, non-functional in v1.25+");
        gone(volume.storageos.is_some(), "storageOS", "deprecated in v1.22, non-functional in v1.25+");
        gone(volume.quobyte.is_some(), "quobyte", "deprecated in v1.22, non-functional in v1.25+");
        gone(volume.glusterfs.is_some(), "glusterfs", "deprecated in v1.25, non-functional in v1.26+");
        gone(volume.cephfs.is_some(), "cephfs", "deprecated in v1.28, non-functional in v1.31+");
        gone(volume.rbd.is_some(), "rbd", "deprecated in v1.28, non-functional in v1.31+");
        let claim = volume.ephemeral.as_ref().and_then(|ephemeral| ephemeral.volume_claim_template.as_ref());
        if let Some(claim) = claim {
            let path = format!("{path}.ephemeral.volumeClaimTemplate.spec");
            volume::storage(warnings, &path, claim.spec.resources.as_ref());
        }
    }
}

/// Of each of `names` that came before.
fn duplicates<'a>(
    warnings: &mut Warnings,
    names: impl Iterator<Item = &'a str>,
    say: impl Fn(usize, &str) -> String,
) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            warnings.add(say(index, name));
        }
    }
}

/// Of annotations that stood for what is a field of the container now.
fn profiles(
    warnings: &mut Warnings,
    root: &str,
    annotations: &BTreeMap<String, String>,
    container: &Container<'_>,
    is_armored: bool,
) {
    let security = container.security;
    let key = format!("{SECCOMP_CONTAINER}{}", container.name);
    if security.is_none_or(|security| security.seccomp_profile.is_none()) && annotations.contains_key(&key) {
        warnings.add(format!("{root}metadata.annotations[{key}]: {SECCOMP}"));
    }
    let key = format!("{APP_ARMOR}{}", container.name);
    let is_armored = is_armored || security.is_some_and(|security| security.app_armor_profile.is_some());
    if !root.is_empty() && !is_armored && annotations.contains_key(&key) {
        let why = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
        warnings.add(format!("{root}metadata.annotations[{key}]: {why}"));
    }
}

fn resources(warnings: &mut Warnings, container: &Container<'_>) {
    let Some(resources) = container.resources else { return };
    for resource in ["memory", "ephemeral-storage"] {
        for (field, map) in [("limits", &resources.limits), ("requests", &resources.requests)] {
            let path = format!("{}.resources.{field}[{resource}]", container.path);
            warnings.whole_bytes(&path, map.as_ref().and_then(|map| map.get(resource)));
        }
    }
}

/// Of a variable that is set twice, unless the second value is made of the first.
fn environment(warnings: &mut Warnings, container: &Container<'_>) {
    let mut seen = BTreeSet::new();
    for (index, variable) in container.env.iter().enumerate() {
        if seen.insert(variable.name.as_str()) {
            continue;
        }
        let reference = format!("$({})", variable.name);
        let value = variable.value.as_deref().unwrap_or_default();
        if variable.value_from.is_some() || value == reference || !value.contains(&reference) {
            warnings.add(format!(
                "{}.env[{index}]: hides previous definition of \"{}\", which may be dropped when using apply",
                container.path, variable.name
            ));
        }
    }
}

/// Of ports that several containers, or one of them several times, say they have.
fn ports(warnings: &mut Warnings, containers: &[Container<'_>]) {
    let mut all: BTreeMap<(i32, &str), Vec<(String, &ContainerPort)>> = BTreeMap::new();
    for container in containers {
        for (index, port) in container.ports.iter().enumerate() {
            let path = format!("{}.ports[{index}]", container.path);
            let (ip, host) = host(port);
            if !ip.is_empty() && host == 0 {
                warnings.add(format!("{path}: hostIP set without hostPort: {}", as_go_prints(port)));
            }
            let key = (port.container_port, port.protocol.as_deref().unwrap_or_default());
            let others = all.entry(key).or_default();
            for (other_path, other) in others.iter() {
                let (other_ip, other_host) = self::host(other);
                let how = if (ip, host) == (other_ip, other_host) {
                    "duplicate"
                } else if host == 0 || other_host == 0 {
                    "overlapping"
                } else if host == other_host && ip.is_empty() != other_ip.is_empty() {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                warnings.add(format!("{path}: {how} port definition with {other_path}"));
            }
            others.push((path, port));
        }
    }
}

fn host(port: &ContainerPort) -> (&str, i32) {
    (port.host_ip.as_deref().unwrap_or_default(), port.host_port.unwrap_or(0))
}

/// The port as Go prints a struct of the API's internal type.
fn as_go_prints(port: &ContainerPort) -> String {
    format!(
        "{{Name:{} HostPort:{} ContainerPort:{} Protocol:{} HostIP:{}}}",
        port.name.as_deref().unwrap_or_default(),
        port.host_port.unwrap_or(0),
        port.container_port,
        port.protocol.as_deref().unwrap_or_default(),
        port.host_ip.as_deref().unwrap_or_default()
    )
}

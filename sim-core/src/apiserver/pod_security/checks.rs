//! What the levels look for. Models k8s.io/pod-security-admission, policy: check_*.go.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{PodSpec, SecurityContext, Volume};

/// Something that is not allowed.
#[derive(Debug)]
pub struct Violation {
    /// What, in a few words.
    pub reason: &'static str,
    /// Where, and what to do.
    pub detail: String,
}

/// Capabilities that a container may add under the baseline.
const DEFAULT_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
/// Sysctls that harm nobody else.
const SAFE_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

type Check = fn(&Looked<'_>) -> Option<Violation>;

/// The checks of the baseline, in the order of their names; those that a check of the restricted level covers are marked.
const BASELINE: &[(Check, bool)] = &[
    (capabilities, true),
    (host_namespaces, false),
    (host_paths, true),
    (host_ports, false),
    (privileged, false),
    (proc_mounts, false),
    (seccomp, true),
    (sysctls, false),
];
const RESTRICTED: &[Check] = &[
    privilege_escalation,
    capabilities_restricted,
    restricted_volumes,
    run_as_non_root,
    run_as_root,
    seccomp_restricted,
];

/// What the baseline does not allow.
pub fn baseline(spec: &PodSpec) -> Vec<Violation> {
    let looked = Looked::new(spec);
    BASELINE.iter().filter_map(|(check, _)| check(&looked)).collect()
}

/// What the restricted level does not allow.
pub fn restricted(spec: &PodSpec) -> Vec<Violation> {
    let looked = Looked::new(spec);
    let baseline = BASELINE.iter().filter(|(_, is_covered)| !is_covered).map(|(check, _)| check);
    baseline.chain(RESTRICTED).filter_map(|check| check(&looked)).collect()
}

/// A pod's spec, with its containers of all kinds.
struct Looked<'a> {
    spec: &'a PodSpec,
    containers: Vec<Container<'a>>,
}

struct Container<'a> {
    name: &'a str,
    security: Option<&'a SecurityContext>,
    host_ports: Vec<i32>,
}

impl<'a> Looked<'a> {
    fn new(spec: &'a PodSpec) -> Looked<'a> {
        let plain = spec.init_containers.iter().flatten().chain(&spec.containers);
        let plain = plain.map(|container| (&container.name, &container.security_context, &container.ports));
        let ephemeral = spec.ephemeral_containers.iter().flatten();
        let ephemeral =
            ephemeral.map(|container| (&container.name, &container.security_context, &container.ports));
        let containers = plain.chain(ephemeral).map(|(name, security, ports)| Container {
            name,
            security: security.as_ref(),
            host_ports: ports
                .iter()
                .flatten()
                .filter_map(|port| port.host_port)
                .filter(|port| *port != 0)
                .collect(),
        });
        Looked { spec, containers: containers.collect() }
    }

    /// The containers whose security context is not as it should be, told with their number.
    fn bad(&self, is_bad: impl Fn(Option<&SecurityContext>) -> bool) -> Option<String> {
        let bad = self.containers.iter().filter(|container| is_bad(container.security));
        let names: Vec<&str> = bad.map(|container| container.name).collect();
        (!names.is_empty()).then(|| counted("container", "containers", &names))
    }

    /// Who sets what `is_bad` says: the pod, some containers, or both.
    fn setters(&self, pod: bool, is_bad: impl Fn(&SecurityContext) -> bool) -> Option<String> {
        let containers = self.bad(|security| security.is_some_and(&is_bad));
        let all: Vec<String> = pod.then(|| "pod".to_owned()).into_iter().chain(containers).collect();
        (!all.is_empty()).then(|| all.join(" and "))
    }

    /// The values of a field in all containers that `find` does not like, sorted and quoted.
    fn values<'s>(&'s self, find: impl Fn(&'s SecurityContext) -> Vec<&'s str>) -> String {
        let all: BTreeSet<&str> =
            self.containers.iter().filter_map(|container| container.security).flat_map(find).collect();
        quoted(&all.into_iter().collect::<Vec<_>>())
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn counted(one: &str, many: &str, names: &[&str]) -> String {
    format!("{} {}", if names.len() == 1 { one } else { many }, quoted(names))
}

fn violation(reason: &'static str, detail: String) -> Option<Violation> {
    Some(Violation { reason, detail })
}

fn added(security: &SecurityContext) -> impl Iterator<Item = &str> {
    security.capabilities.iter().flat_map(|all| all.add.iter().flatten()).map(String::as_str)
}

fn capabilities(looked: &Looked<'_>) -> Option<Violation> {
    let odd = |name: &&str| !DEFAULT_CAPABILITIES.contains(name);
    let bad =
        looked.bad(|security| security.is_some_and(|security| added(security).any(|name| odd(&name))))?;
    let odd = looked.values(|security| added(security).filter(odd).collect());
    let detail = format!("{bad} must not include {odd} in securityContext.capabilities.add");
    violation("non-default capabilities", detail)
}

fn host_namespaces(looked: &Looked<'_>) -> Option<Violation> {
    let spec = looked.spec;
    let shared = [("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)];
    let shared = shared.iter().filter(|(_, is_shared)| *is_shared == Some(true));
    let shared: Vec<String> = shared.map(|(name, _)| format!("{name}=true")).collect();
    if shared.is_empty() { None } else { violation("host namespaces", shared.join(", ")) }
}

fn host_paths(looked: &Looked<'_>) -> Option<Violation> {
    let volumes = looked.spec.volumes.iter().flatten().filter(|volume| volume.host_path.is_some());
    let names: Vec<&str> = volumes.map(|volume| volume.name.as_str()).collect();
    if names.is_empty() { None } else { violation("hostPath volumes", counted("volume", "volumes", &names)) }
}

fn host_ports(looked: &Looked<'_>) -> Option<Violation> {
    let bad = || looked.containers.iter().filter(|container| !container.host_ports.is_empty());
    let names: Vec<&str> = bad().map(|container| container.name).collect();
    // Sorted as text, as upstream's set of strings is.
    let ports: BTreeSet<String> =
        bad().flat_map(|container| &container.host_ports).map(ToString::to_string).collect();
    if names.is_empty() {
        return None;
    }
    let detail = format!(
        "{} {} {} {}",
        counted("container", "containers", &names),
        if names.len() == 1 { "uses" } else { "use" },
        if ports.len() == 1 { "hostPort" } else { "hostPorts" },
        ports.into_iter().collect::<Vec<_>>().join(", ")
    );
    violation("hostPort", detail)
}

fn privileged(looked: &Looked<'_>) -> Option<Violation> {
    let bad = looked.bad(|security| security.is_some_and(|security| security.privileged == Some(true)))?;
    violation("privileged", format!("{bad} must not set securityContext.privileged=true"))
}

fn proc_mounts(looked: &Looked<'_>) -> Option<Violation> {
    let odd =
        |security: &SecurityContext| security.proc_mount.as_deref().is_some_and(|mount| mount != "Default");
    let bad = looked.bad(|security| security.is_some_and(odd))?;
    let values = looked
        .values(|security| security.proc_mount.as_deref().filter(|_| odd(security)).into_iter().collect());
    violation("procMount", format!("{bad} must not set securityContext.procMount to {values}"))
}

fn profile(security: &SecurityContext) -> Option<&str> {
    security.seccomp_profile.as_ref().map(|profile| profile.type_.as_str())
}

fn pod_profile<'a>(looked: &Looked<'a>) -> Option<&'a str> {
    let profile = looked.spec.security_context.as_ref()?.seccomp_profile.as_ref()?;
    Some(&profile.type_)
}

fn is_confined(profile: &str) -> bool {
    matches!(profile, "RuntimeDefault" | "Localhost")
}

fn seccomp(looked: &Looked<'_>) -> Option<Violation> {
    let odd = |profile: &str| !is_confined(profile);
    let pod = pod_profile(looked).filter(|profile| odd(profile));
    let who = looked.setters(pod.is_some(), |security| profile(security).is_some_and(odd))?;
    let mut values: BTreeSet<&str> = looked
        .containers
        .iter()
        .filter_map(|container| profile(container.security?))
        .filter(|p| odd(p))
        .collect();
    values.extend(pod);
    let values = quoted(&values.into_iter().collect::<Vec<_>>());
    violation("seccompProfile", format!("{who} must not set securityContext.seccompProfile.type to {values}"))
}

fn sysctls(looked: &Looked<'_>) -> Option<Violation> {
    let set = looked.spec.security_context.iter().flat_map(|security| security.sysctls.iter().flatten());
    let names = set.map(|sysctl| sysctl.name.as_str()).filter(|name| !SAFE_SYSCTLS.contains(name));
    let names: Vec<&str> = names.collect();
    if names.is_empty() { None } else { violation("forbidden sysctls", names.join(", ")) }
}

fn privilege_escalation(looked: &Looked<'_>) -> Option<Violation> {
    let allows = |security: Option<&SecurityContext>| {
        security.and_then(|security| security.allow_privilege_escalation) != Some(false)
    };
    let bad = looked.bad(allows)?;
    let detail = format!("{bad} must set securityContext.allowPrivilegeEscalation=false");
    violation("allowPrivilegeEscalation != false", detail)
}

fn capabilities_restricted(looked: &Looked<'_>) -> Option<Violation> {
    let drops_all = |security: &SecurityContext| {
        let capabilities = security.capabilities.as_ref();
        capabilities.is_some_and(|all| all.drop.iter().flatten().any(|name| name == "ALL"))
    };
    let odd = |name: &&str| *name != "NET_BIND_SERVICE";
    let keeping = looked.bad(|security| !security.is_some_and(drops_all));
    let adding =
        looked.bad(|security| security.is_some_and(|security| added(security).any(|name| odd(&name))));
    let keeping = keeping.map(|bad| format!("{bad} must set securityContext.capabilities.drop=[\"ALL\"]"));
    let adding = adding.map(|bad| {
        let odd = looked.values(|security| added(security).filter(odd).collect());
        format!("{bad} must not include {odd} in securityContext.capabilities.add")
    });
    let details: Vec<String> = keeping.into_iter().chain(adding).collect();
    if details.is_empty() { None } else { violation("unrestricted capabilities", details.join("; ")) }
}

/// The kind of a volume that only an administrator may hand out, by a PersistentVolume.
fn restricted_type(volume: &Volume) -> Option<&'static str> {
    let kinds = [
        (volume.host_path.is_some(), "hostPath"),
        (volume.gce_persistent_disk.is_some(), "gcePersistentDisk"),
        (volume.aws_elastic_block_store.is_some(), "awsElasticBlockStore"),
        (volume.git_repo.is_some(), "gitRepo"),
        (volume.nfs.is_some(), "nfs"),
        (volume.iscsi.is_some(), "iscsi"),
        (volume.glusterfs.is_some(), "glusterfs"),
        (volume.rbd.is_some(), "rbd"),
        (volume.flex_volume.is_some(), "flexVolume"),
        (volume.cinder.is_some(), "cinder"),
        (volume.cephfs.is_some(), "cephfs"),
        (volume.flocker.is_some(), "flocker"),
        (volume.fc.is_some(), "fc"),
        (volume.azure_file.is_some(), "azureFile"),
        (volume.vsphere_volume.is_some(), "vsphereVolume"),
        (volume.quobyte.is_some(), "quobyte"),
        (volume.azure_disk.is_some(), "azureDisk"),
        (volume.portworx_volume.is_some(), "portworxVolume"),
        (volume.photon_persistent_disk.is_some(), "photonPersistentDisk"),
        (volume.scale_io.is_some(), "scaleIO"),
        (volume.storageos.is_some(), "storageos"),
    ];
    kinds.iter().find(|(is_there, _)| *is_there).map(|(_, name)| *name)
}

fn restricted_volumes(looked: &Looked<'_>) -> Option<Violation> {
    let volumes = looked.spec.volumes.iter().flatten();
    let bad: Vec<(&str, &str)> =
        volumes.filter_map(|volume| Some((volume.name.as_str(), restricted_type(volume)?))).collect();
    if bad.is_empty() {
        return None;
    }
    let names: Vec<&str> = bad.iter().map(|(name, _)| *name).collect();
    let types: BTreeSet<&str> = bad.iter().map(|(_, kind)| *kind).collect();
    let types: Vec<&str> = types.into_iter().collect();
    let detail = format!(
        "{} {} {}",
        counted("volume", "volumes", &names),
        if names.len() == 1 { "uses" } else { "use" },
        counted("restricted volume type", "restricted volume types", &types)
    );
    violation("restricted volume types", detail)
}

fn run_as_non_root(looked: &Looked<'_>) -> Option<Violation> {
    const REASON: &str = "runAsNonRoot != true";
    let pod = looked.spec.security_context.as_ref().and_then(|security| security.run_as_non_root);
    if let Some(who) = looked.setters(pod == Some(false), |security| security.run_as_non_root == Some(false))
    {
        return violation(REASON, format!("{who} must not set securityContext.runAsNonRoot=false"));
    }
    let silent =
        |security: Option<&SecurityContext>| security.is_none_or(|own| own.run_as_non_root.is_none());
    let bad = looked.bad(|security| pod != Some(true) && silent(security))?;
    violation(REASON, format!("pod or {bad} must set securityContext.runAsNonRoot=true"))
}

fn run_as_root(looked: &Looked<'_>) -> Option<Violation> {
    let pod = looked.spec.security_context.as_ref().and_then(|security| security.run_as_user);
    let who = looked.setters(pod == Some(0), |security| security.run_as_user == Some(0))?;
    violation("runAsUser=0", format!("{who} must not set runAsUser=0"))
}

fn seccomp_restricted(looked: &Looked<'_>) -> Option<Violation> {
    if let Some(set) = seccomp(looked) {
        return Some(set);
    }
    let is_set = pod_profile(looked).is_some();
    let bad = looked.bad(|security| !is_set && security.and_then(profile).is_none())?;
    let detail = format!(
        "pod or {bad} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""
    );
    violation("seccompProfile", detail)
}

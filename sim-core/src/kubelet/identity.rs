//! Who a container's processes are: `securityContext` of the container, of the pod, and the image's user.
//!
//! Models pkg/securitycontext: DetermineEffectiveSecurityContext, and pkg/kubelet/kuberuntime:
//! verifyRunAsNonRoot.

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::worker::Sync;
use crate::runtime::{ImageSpec, User};

/// An id of the API as the kernel has it.
fn id(value: Option<i64>) -> Option<u32> {
    value.and_then(|value| u32::try_from(value).ok())
}

/// The group that the pod's volumes belong to.
pub(super) fn fs_group(spec: &PodSpec) -> Option<u32> {
    id(spec.security_context.as_ref()?.fs_group)
}

/// The user that a container runs as.
pub(super) fn user(spec: &PodSpec, container: Option<&Container>, image: &ImageSpec) -> User {
    let own = container.and_then(|container| container.security_context.as_ref());
    let pod = spec.security_context.as_ref();
    let asked = id(own.and_then(|own| own.run_as_user).or(pod.and_then(|pod| pod.run_as_user)));
    let group = id(own.and_then(|own| own.run_as_group).or(pod.and_then(|pod| pod.run_as_group)));
    let (image_uid, image_gid) = image_user(image).unwrap_or((0, 0));
    let gid = group.unwrap_or(if asked.is_some() { 0 } else { image_gid });
    let more = pod.and_then(|pod| pod.supplemental_groups.clone()).unwrap_or_default();
    let mut groups: Vec<u32> = more.into_iter().filter_map(|group| id(Some(group))).collect();
    groups.extend(fs_group(spec));
    groups.push(gid);
    groups.sort_unstable();
    groups.dedup();
    User { uid: asked.unwrap_or(image_uid), gid, groups }
}

/// The id that the first process of a container has among all processes of a pod that shares them, of which the
/// sandbox's own is 1.
pub(super) fn shared_pid(spec: &PodSpec, index: usize) -> Option<u32> {
    let is_shared = spec.share_process_namespace == Some(true);
    is_shared.then(|| u32::try_from(index).unwrap_or(0).saturating_mul(7).saturating_add(8))
}

/// The capabilities of Linux, by their bits.
const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// What a runtime lets containers do without being asked.
const USUAL_CAPABILITIES: u64 = 0xa804_25fb;

/// The capabilities of a container, a bit each.
pub(super) fn capabilities(container: Option<&Container>) -> u64 {
    let all = (1u64 << CAPABILITIES.len()) - 1;
    let Some(context) = container.and_then(|container| container.security_context.as_ref()) else {
        return USUAL_CAPABILITIES;
    };
    if context.privileged == Some(true) {
        return all;
    }
    let bits = |names: &Option<Vec<String>>| {
        let bit = |name: &String| {
            let name = name.to_ascii_uppercase();
            let name = name.strip_prefix("CAP_").unwrap_or(&name);
            if name == "ALL" {
                return all;
            }
            CAPABILITIES.iter().position(|known| *known == name).map_or(0, |at| 1 << at)
        };
        names.iter().flatten().map(bit).fold(0, |all, bit| all | bit)
    };
    let asked = context.capabilities.as_ref();
    let (add, drop) = asked.map_or((0, 0), |asked| (bits(&asked.add), bits(&asked.drop)));
    // ALL is taken first, so that what else is named comes on top of it.
    match (add == all, drop == all) {
        (true, _) => all & !drop,
        (_, true) => add,
        _ => (USUAL_CAPABILITIES | add) & !drop,
    }
}

/// The ids of an image's user; `None` when it is a name that only the image knows.
fn image_user(image: &ImageSpec) -> Option<(u32, u32)> {
    match image.user.as_str() {
        "" | "root" => Some((0, 0)),
        text => {
            let (user, group) = text.split_once(':').unwrap_or((text, "0"));
            Some((user.parse().ok()?, group.parse().unwrap_or(0)))
        }
    }
}

/// Refuses a container that must not run as root and does, or may.
///
/// # Errors
/// The message of the container's waiting state.
pub(super) fn verify(sync: &Sync<'_, '_>, index: usize, image: &ImageSpec) -> Result<(), String> {
    let Some(spec) = sync.container_spec(index) else { return Ok(()) };
    let own = spec.security_context.as_ref();
    let pod = sync.spec.security_context.as_ref();
    let non_root = own.and_then(|own| own.run_as_non_root).or(pod.and_then(|pod| pod.run_as_non_root));
    if non_root != Some(true) {
        return Ok(());
    }
    let place = format!("(pod: \"{}\", container: {})", sync.pod_text(), spec.name);
    let asked = own.and_then(|own| own.run_as_user).or(pod.and_then(|pod| pod.run_as_user));
    match (asked, image_user(image)) {
        (Some(0), _) => Err(format!("container's runAsUser breaks non-root policy {place}")),
        (Some(_), _) => Ok(()),
        (None, Some((0, _))) => Err(format!("container has runAsNonRoot and image will run as root {place}")),
        (None, None) => Err(format!(
            "container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is non-root {place}",
            image.user
        )),
        (None, Some(_)) => Ok(()),
    }
}

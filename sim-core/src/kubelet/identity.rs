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

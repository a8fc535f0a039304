//! Volumes that must be attached to the node before its pods can use them.
//!
//! Models pkg/kubelet/volumemanager: waiting for the attach/detach controller, and the node's `volumesInUse`.

use k8s_openapi::api::core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::storage::v1::VolumeAttachment;

use super::worker::Sync;
use crate::api::storage::{self, attachment_name};
use crate::api::{ApiResult, Kind, ObjectKey, ObjectRef, Resource, meta, pod};
use crate::apiserver::Subresource;
use crate::engine::{Context, Wakes};
use crate::store::Store;

impl Sync<'_, '_> {
    /// Whether the volumes of the pod that need it are attached to the node. The kubelet waits for them without a
    /// word: that its time is over it tells its log alone.
    ///
    /// Models pkg/kubelet: SyncPod, which has an event for other errors of WaitForAttachAndMount than interruption.
    pub(super) fn are_volumes_attached(&mut self) -> bool {
        let view = self.context.view.clone();
        let mut volumes = attachable_volumes(self.pod, &view).peekable();
        if volumes.peek().is_some() {
            // A report that is lost is made again with the next pod.
            let _ = report_in_use(self.node, self.context);
        }
        // Their attachment wakes the pod.
        volumes.all(|(_, volume)| is_attached(meta::name(&volume.metadata), self.node, &view))
    }
}

/// The volumes of a pod that are a CSI driver's, each with its name in the pod.
fn attachable_volumes<'a>(
    pod: &'a Pod,
    view: &'a Store,
) -> impl Iterator<Item = (String, &'a PersistentVolume)> {
    let namespace = meta::namespace(&pod.metadata);
    let own = meta::name(&pod.metadata);
    pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten()).filter_map(move |volume| {
        let claim = match (&volume.persistent_volume_claim, &volume.ephemeral) {
            (Some(source), _) => source.claim_name.clone(),
            (None, Some(_)) => format!("{own}-{}", volume.name),
            (None, None) => return None,
        };
        let claim = view.typed::<PersistentVolumeClaim>(&ObjectKey::new(namespace, &claim))?;
        let found = view.typed::<PersistentVolume>(&ObjectKey::cluster(storage::volume_name(claim)?))?;
        storage::is_attachable(found).then(|| (volume.name.clone(), found))
    })
}

fn is_attached(volume: &str, node: &str, view: &Store) -> bool {
    let key = ObjectKey::cluster(&attachment_name(volume, node));
    let attachment = view.typed::<VolumeAttachment>(&key);
    attachment.is_some_and(|found| {
        !meta::is_terminating(&found.metadata) && found.status.as_ref().is_some_and(|status| status.attached)
    })
}

/// Whether the pod uses volumes that need to be attached.
pub(super) fn needs_attaching(pod: &Pod, view: &Store) -> bool {
    attachable_volumes(pod, view).next().is_some()
}

/// Reports which attachable volumes the node's pods use, when the API server knows it otherwise.
///
/// # Errors
/// The API server's refusals.
pub(super) fn report_in_use(node: &str, context: &mut Context<'_>) -> ApiResult<()> {
    let key = ObjectKey::cluster(node);
    let Some(known) = context.view.shared::<Node>(&key) else { return Ok(()) };
    let mut in_use: Vec<String> = context
        .view
        .pods_on(node)
        .filter(|pod| !pod::is_terminal(pod))
        .flat_map(|pod| attachable_volumes(pod, context.view))
        .filter_map(|(_, volume)| storage::unique_name(volume))
        .collect();
    in_use.sort();
    in_use.dedup();
    let reported = known.status.as_ref().and_then(|status| status.volumes_in_use.clone()).unwrap_or_default();
    if reported == in_use {
        return Ok(());
    }
    context
        .api
        .modify::<Node>(&key, Subresource::Status, |node| {
            node.status.get_or_insert_default().volumes_in_use = Some(in_use).filter(|list| !list.is_empty());
        })
        .map(drop)
}

/// A volume was attached: the node's pods that use it go on.
pub(super) fn wake_users(attachment: &VolumeAttachment, view: &Store, wakes: &mut Wakes) {
    let volume = attachment.spec.source.persistent_volume_name.as_deref().unwrap_or_default();
    for pod in view.pods_on(&attachment.spec.node_name) {
        if attachable_volumes(pod, view).any(|(_, used)| meta::name(&used.metadata) == volume) {
            wakes.soon(ObjectRef::new(Kind::Pod, pod.key()));
        }
    }
}

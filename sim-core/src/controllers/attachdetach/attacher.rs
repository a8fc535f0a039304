//! What a CSI driver's external-attacher does for a VolumeAttachment.
//!
//! Models kubernetes-csi/external-attacher: csiHandler.

use k8s_openapi::api::core::v1::PersistentVolume;
use k8s_openapi::api::storage::v1::{VolumeAttachment, VolumeAttachmentStatus};

use super::AttachDetachController;
use crate::api::{ApiResult, Kind, ObjectKey, ObjectRef, Resource, meta};
use crate::apiserver::Subresource;
use crate::engine::{Context, Pace};

impl AttachDetachController {
    /// Attaches or detaches, each in its time.
    pub(super) fn drive(&mut self, key: &ObjectKey, context: &mut Context<'_>) -> ApiResult<()> {
        let Some(attachment) = context.view.shared::<VolumeAttachment>(key) else { return Ok(()) };
        let finalizer = finalizer(&attachment.spec.attacher);
        let leaves = meta::is_terminating(&attachment.metadata);
        let attached = attachment.status.as_ref().is_some_and(|status| status.attached);
        if !leaves && !meta::finalizers(&attachment.metadata).contains(&finalizer) {
            protect_volume(&attachment, &finalizer, context)?;
            return context
                .api
                .modify::<VolumeAttachment>(key, Subresource::Main, |attachment| {
                    attachment.metadata.finalizers.get_or_insert_default().push(finalizer);
                })
                .map(drop);
        }
        if attached && !leaves {
            return Ok(());
        }
        if !self.is_due(key, leaves != attached, context) {
            return Ok(());
        }
        if leaves {
            return context
                .api
                .modify::<VolumeAttachment>(key, Subresource::Main, |attachment| {
                    attachment.metadata.finalizers = None;
                })
                .map(drop);
        }
        let status = VolumeAttachmentStatus { attached: true, ..VolumeAttachmentStatus::default() };
        context
            .api
            .modify::<VolumeAttachment>(key, Subresource::Status, |attachment| {
                attachment.status = Some(status);
            })
            .map(drop)
    }

    /// Whether the driver is done by now; `instant` work takes no time.
    fn is_due(&mut self, key: &ObjectKey, instant: bool, context: &mut Context<'_>) -> bool {
        let due = match self.due.get(key) {
            Some(due) => *due,
            None => {
                let takes = context.config.profile.attach.draw(context.random);
                let due = context.now + if instant { std::time::Duration::ZERO } else { takes };
                self.due.insert(key.clone(), due);
                due
            }
        };
        if context.now < due {
            let key = ObjectRef::new(Kind::VolumeAttachment, key.clone());
            context.wakes.at(key, due, Pace::Progress);
            return false;
        }
        self.due.remove(key);
        true
    }
}

/// `external-attacher/ebs-csi-aws-com`
fn finalizer(driver: &str) -> String {
    format!("external-attacher/{}", driver.replace('.', "-"))
}

/// Keeps the volume as long as it is attached.
fn protect_volume(
    attachment: &VolumeAttachment,
    finalizer: &str,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    let volume = attachment.spec.source.persistent_volume_name.as_deref().unwrap_or_default();
    let key = ObjectKey::cluster(volume);
    let Some(found) = context.view.typed::<PersistentVolume>(&key) else { return Ok(()) };
    if found.metadata.finalizers.iter().flatten().any(|name| name == finalizer) {
        return Ok(());
    }
    context
        .api
        .modify::<PersistentVolume>(&found.key(), Subresource::Main, |volume| {
            volume.metadata.finalizers.get_or_insert_default().push(finalizer.to_owned());
        })
        .map(drop)
}

/// Lets a deleted volume go that is attached nowhere.
pub(super) fn release_volume(volume: &str, context: &mut Context<'_>) -> ApiResult<()> {
    let key = ObjectKey::cluster(volume);
    let Some(found) = context.view.typed::<PersistentVolume>(&key) else { return Ok(()) };
    let is_ours = |name: &String| name.starts_with("external-attacher/");
    if !meta::is_terminating(&found.metadata) || !meta::finalizers(&found.metadata).iter().any(is_ours) {
        return Ok(());
    }
    context
        .api
        .modify::<PersistentVolume>(&key, Subresource::Main, |volume| {
            volume.metadata.finalizers.get_or_insert_default().retain(|name| !is_ours(name));
        })
        .map(drop)
}

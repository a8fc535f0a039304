//! Questions about claims, volumes and classes that the storage controllers and the scheduler share.
//!
//! Models k8s.io/component-helpers/storage/volume.

use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::storage::v1::StorageClass;

use super::object::Resource;
use super::quantity::Quantity;
use super::selector::Selector;
use super::{ObjectKey, meta};
use crate::api::pod;

/// Annotation keys of claims and volumes.
pub mod annotation {
    /// On a claim: the binding is complete; a later loss is an error.
    pub const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
    /// On a claim or volume: the controller, not the user, chose the other side.
    pub const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
    /// On a claim: who is to make its volume.
    pub const STORAGE_PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
    /// The older name of [`STORAGE_PROVISIONER`].
    pub const BETA_STORAGE_PROVISIONER: &str = "volume.beta.kubernetes.io/storage-provisioner";
    /// On a claim: the node that the scheduler chose for its first pod.
    pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
    /// On a volume: who made it.
    pub const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
    /// On a claim or volume: its class, from before the field existed.
    pub const BETA_STORAGE_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
}

/// The fields of a volume's spec that do not say where its bytes are.
pub const ABOUT_VOLUMES: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

/// The class a claim asks for, empty when it asks for none.
pub fn claim_class(claim: &PersistentVolumeClaim) -> &str {
    if let Some(class) = meta::annotations(&claim.metadata).get(annotation::BETA_STORAGE_CLASS) {
        return class;
    }
    claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default()
}

/// The class a volume is of, empty when it is of none.
pub fn volume_class(volume: &PersistentVolume) -> &str {
    if let Some(class) = meta::annotations(&volume.metadata).get(annotation::BETA_STORAGE_CLASS) {
        return class;
    }
    volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default()
}

/// The volume that a claim is bound to, or asks for by name.
pub fn volume_name(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim.spec.as_ref()?.volume_name.as_deref().filter(|name| !name.is_empty())
}

/// The reference of a volume to its claim.
pub fn claim_ref(volume: &PersistentVolume) -> Option<&ObjectReference> {
    volume.spec.as_ref()?.claim_ref.as_ref()
}

/// The key of the claim that a volume is bound to or kept for.
pub fn claim_of(volume: &PersistentVolume) -> Option<ObjectKey> {
    let reference = claim_ref(volume)?;
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    Some(ObjectKey::new(&text(&reference.namespace), &text(&reference.name)))
}

/// Whether a volume is bound to this very claim or kept for it by name.
///
/// Models volume.IsVolumeBoundToClaim.
pub fn is_volume_bound_to(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let Some(reference) = claim_ref(volume) else { return false };
    let uid = reference.uid.as_deref().unwrap_or_default();
    claim_of(volume).is_some_and(|key| key == claim.key())
        && (uid.is_empty() || uid == meta::uid(&claim.metadata))
}

/// Whether the claim's binding is complete.
pub fn is_claim_fully_bound(claim: &PersistentVolumeClaim) -> bool {
    volume_name(claim).is_some()
        && meta::annotations(&claim.metadata).contains_key(annotation::BIND_COMPLETED)
}

/// Bytes that a claim asks for.
pub fn requested_bytes(claim: &PersistentVolumeClaim) -> i64 {
    let requests = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    requests.and_then(|requests| requests.get("storage")).map_or(0, |size| Quantity::of(size).value())
}

/// Bytes that a volume holds.
pub fn capacity_bytes(volume: &PersistentVolume) -> i64 {
    let capacity = volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref());
    capacity.and_then(|capacity| capacity.get("storage")).map_or(0, |size| Quantity::of(size).value())
}

/// Whether a claim and a volume differ in being a file system or a block device.
pub fn volume_modes_differ(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let default = "Filesystem";
    let claimed = claim.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref()).unwrap_or(default);
    let offered = volume.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref()).unwrap_or(default);
    claimed != offered
}

/// Whether a volume offers every access mode that a claim asks for.
pub fn has_access_modes(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let offered = volume.spec.as_ref().and_then(|spec| spec.access_modes.as_deref()).unwrap_or_default();
    let wanted = claim.spec.as_ref().and_then(|spec| spec.access_modes.as_deref()).unwrap_or_default();
    wanted.iter().all(|mode| offered.contains(mode))
}

/// Whether a claim's selector, if it has one, picks the volume.
pub fn selects(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let selector = claim.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    selector.is_none_or(|selector| Selector::from_api(selector).matches(meta::labels(&volume.metadata)))
}

/// Whether a volume that nobody has could serve the claim: everything but size and node affinity.
///
/// Models volume.FindMatchingVolume.
pub fn could_serve(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let available = volume.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Available");
    available
        && !meta::is_terminating(&volume.metadata)
        && volume_class(volume) == claim_class(claim)
        && !volume_modes_differ(claim, volume)
        && has_access_modes(volume, claim)
        && selects(claim, volume)
}

/// Whether the volume is a CSI driver's, and so has to be attached to a node before it can be used there.
pub fn is_attachable(volume: &PersistentVolume) -> bool {
    volume.spec.as_ref().is_some_and(|spec| spec.csi.is_some())
}

/// The name under which nodes speak of a volume, `kubernetes.io/csi/ebs.csi.aws.com^vol-0123`.
///
/// Models pkg/volume/util: GetUniqueVolumeName.
pub fn unique_name(volume: &PersistentVolume) -> Option<String> {
    let csi = volume.spec.as_ref()?.csi.as_ref()?;
    Some(format!("kubernetes.io/csi/{}^{}", csi.driver, csi.volume_handle))
}

/// The name of the VolumeAttachment of a volume on a node: `csi-` and the digits of a digest.
///
/// Models pkg/volume/csi: getAttachmentName, with a digest of our own.
pub fn attachment_name(volume: &str, node: &str) -> String {
    let part = |seed: u64| {
        let text = format!("{volume}\0{node}");
        xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), seed)
    };
    format!("csi-{:016x}{:016x}{:016x}{:016x}", part(0), part(1), part(2), part(3))
}

/// Whether claims of the class wait for their first pod.
pub fn waits_for_first_consumer(class: &StorageClass) -> bool {
    class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
}

/// The keys of the claims that a pod uses, generic ephemeral volumes included.
pub fn claims_of_pod(pod: &Pod) -> impl Iterator<Item = ObjectKey> {
    let namespace = meta::namespace(&pod.metadata);
    let name = meta::name(&pod.metadata);
    pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten()).filter_map(move |volume| {
        if let Some(claim) = &volume.persistent_volume_claim {
            return Some(ObjectKey::new(namespace, &claim.claim_name));
        }
        volume.ephemeral.as_ref().map(|_| ObjectKey::new(namespace, &format!("{name}-{}", volume.name)))
    })
}

/// Whether the pod is neither bound to a node nor at its end.
pub fn awaits_scheduling(pod: &Pod) -> bool {
    pod::node_name(pod).is_none() && !pod::is_terminal(pod)
}

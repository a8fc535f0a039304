//! Makes volumes larger when their claims ask for more.
//!
//! Models pkg/controller/volume/expand, which leaves the work to others, kubernetes-csi/external-resizer, which
//! makes a CSI driver's volume larger, and the kubelet's part, which makes the file system on it larger
//! (KEP-1790). Volumes that are not a CSI driver's stay as they are.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{
    PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimCondition, PersistentVolumeClaimStatus, Pod,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use crate::api::quantity::Quantity;
use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, Resource, SimTime, meta, pod, storage};
use crate::apiserver::Subresource;
use crate::engine::{Component, Context, EventType, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

const SIZE: &str = "storage";
/// A kubelet looks at the sizes of a running pod's volumes when it syncs the pod again.
const POD_RESYNC: Duration = Duration::from_secs(60);

/// Where a claim's expansion is.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The driver makes the volume larger until then.
    Volume(SimTime),
    /// The node makes the file system larger then.
    FileSystem(SimTime),
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct VolumeExpandController {
    steps: OrdMap<ObjectKey, Step>,
    /// Volume and node, where it is attached.
    attached: OrdSet<(Arc<str>, Arc<str>)>,
}

impl Component for VolumeExpandController {
    fn name(&self) -> &'static str {
        "volume_expand"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::PersistentVolumeClaim(claim) if change.change == ChangeType::Modified => {
                let before = match &change.previous {
                    Some(Object::PersistentVolumeClaim(before)) => storage::requested_bytes(before),
                    _ => 0,
                };
                if storage::requested_bytes(claim) > before && wants_more(claim) {
                    wakes.soon(change.reference.clone());
                }
            }
            Object::PersistentVolumeClaim(_) if change.change == ChangeType::Deleted => {
                self.steps.remove(&change.reference.key);
            }
            Object::VolumeAttachment(attachment) => {
                let Some(volume) = &attachment.spec.source.persistent_volume_name else { return };
                let place = (Arc::from(volume.as_str()), Arc::from(attachment.spec.node_name.as_str()));
                let there = change.change != ChangeType::Deleted
                    && attachment.status.as_ref().is_some_and(|status| status.attached);
                if !there {
                    self.attached.remove(&place);
                } else if self.attached.insert(place).is_none() {
                    let volume = view.typed::<PersistentVolume>(&ObjectKey::cluster(volume));
                    if let Some(claim) = volume.and_then(storage::claim_of) {
                        wakes.soon(ObjectRef::new(Kind::PersistentVolumeClaim, claim));
                    }
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(claim) = context.view.shared::<PersistentVolumeClaim>(&key.key) else { return Ok(()) };
        let volume = storage::volume_name(&claim).map(ObjectKey::cluster);
        let volume = volume.and_then(|volume| context.view.shared::<PersistentVolume>(&volume));
        let Some(volume) = volume.filter(|_| wants_more(&claim)) else {
            self.steps.remove(&key.key);
            return Ok(());
        };
        Ok(self.pursue(&claim, &volume, context)?)
    }
}

impl VolumeExpandController {
    fn pursue(
        &mut self,
        claim: &PersistentVolumeClaim,
        volume: &PersistentVolume,
        context: &mut Context<'_>,
    ) -> ApiResult<()> {
        let key = claim.key();
        let larger = storage::requested_bytes(claim) > storage::capacity_bytes(volume);
        match self.steps.get(&key).copied() {
            Some(Step::Volume(due)) if context.now < due => self.look_again(&key, due, context),
            Some(Step::Volume(_)) => {
                self.steps.remove(&key);
                grow_volume(claim, volume, context)?;
                self.await_file_system(claim, volume, context);
            }
            Some(Step::FileSystem(due)) if context.now < due => self.look_again(&key, due, context),
            Some(Step::FileSystem(_)) if !larger => {
                self.steps.remove(&key);
                self.grow_file_system(claim, volume, context)?;
            }
            _ if larger => self.begin(claim, volume, context)?,
            _ => self.await_file_system(claim, volume, context),
        }
        Ok(())
    }

    fn look_again(&mut self, key: &ObjectKey, due: SimTime, context: &mut Context<'_>) {
        let reference = ObjectRef::new(Kind::PersistentVolumeClaim, key.clone());
        context.wakes.at(reference, due, Pace::Progress);
    }

    /// Models expand: syncHandler, and the external-resizer's markControllerResizeInProgress.
    fn begin(
        &mut self,
        claim: &PersistentVolumeClaim,
        volume: &PersistentVolume,
        context: &mut Context<'_>,
    ) -> ApiResult<()> {
        let about = Object::from(claim.clone());
        let driver = volume.spec.as_ref().and_then(|spec| spec.csi.as_ref()).map(|csi| csi.driver.clone());
        let message = "waiting for an external controller to expand this PVC";
        context.events.event(context.api, &about, EventType::Normal, "ExternalExpanding", message);
        let Some(driver) = driver else { return Ok(()) };
        let now = context.now;
        let wanted = requested(claim);
        set_status(claim, context, |status| {
            status.allocated_resources = Some(BTreeMap::from([(SIZE.to_owned(), wanted)]));
            set_stage(status, Some("ControllerResizeInProgress"));
            set_conditions(status, Some(condition("Resizing", "", now)));
        })?;
        context.events.speak_as(format!("external-resizer {driver}"));
        let message = format!("External resizer is resizing volume {}", meta::name(&volume.metadata));
        context.events.event(context.api, &about, EventType::Normal, "Resizing", &message);
        let due = now + context.config.profile.attach.draw(context.random);
        self.steps.insert(claim.key(), Step::Volume(due));
        self.look_again(&claim.key(), due, context);
        Ok(())
    }

    /// The file system grows where a pod uses it, when its kubelet looks at it next; otherwise it waits for one.
    fn await_file_system(
        &mut self,
        claim: &PersistentVolumeClaim,
        volume: &PersistentVolume,
        context: &mut Context<'_>,
    ) {
        if self.user(claim, volume, context.view).is_some() {
            let due = context.now + POD_RESYNC;
            self.steps.insert(claim.key(), Step::FileSystem(due));
            self.look_again(&claim.key(), due, context);
        }
    }

    /// A running pod that uses the volume where it is attached.
    fn user(
        &self,
        claim: &PersistentVolumeClaim,
        volume: &PersistentVolume,
        view: &Store,
    ) -> Option<Arc<Pod>> {
        let name: Arc<str> = meta::name(&volume.metadata).into();
        let places = self.attached.range((name.clone(), Arc::from(""))..);
        let key = claim.key();
        let mut nodes = places.take_while(|(of, _)| *of == name).map(|(_, node)| node);
        nodes.find_map(|node| {
            let uses =
                |pod: &&Pod| !pod::is_terminal(pod) && storage::claims_of_pod(pod).any(|used| used == key);
            let pod = view.pods_on(node).find(uses)?;
            view.shared::<Pod>(&pod.key())
        })
    }

    /// Models pkg/volume/util/operationexecutor: nodeExpandVolume.
    fn grow_file_system(
        &mut self,
        claim: &PersistentVolumeClaim,
        volume: &PersistentVolume,
        context: &mut Context<'_>,
    ) -> ApiResult<()> {
        let Some(pod) = self.user(claim, volume, context.view) else { return Ok(()) };
        let node = pod::node_name(&pod).unwrap_or_default().to_owned();
        let size = capacity(volume);
        set_status(claim, context, |status| {
            status.capacity.get_or_insert_default().insert(SIZE.to_owned(), size);
            set_stage(status, None);
            set_conditions(status, None);
        })?;
        let name = meta::name(&volume.metadata);
        let message = format!("MountVolume.NodeExpandVolume succeeded for volume \"{name}\" {node}");
        context.events.speak_as("kubelet".to_owned());
        for about in [Object::Pod(pod), Object::from(claim.clone())] {
            let reason = "FileSystemResizeSuccessful";
            let normal = EventType::Normal;
            context.events.kubelet_event(context.api, &about, None, &node, normal, reason, &message);
        }
        Ok(())
    }
}

/// The driver made the volume larger. Models the external-resizer's markForPendingNodeExpansion.
fn grow_volume(
    claim: &PersistentVolumeClaim,
    volume: &PersistentVolume,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    let wanted = requested(claim);
    context.api.modify::<PersistentVolume>(&volume.key(), Subresource::Main, |volume| {
        let capacity = volume.spec.get_or_insert_default().capacity.get_or_insert_default();
        capacity.insert(SIZE.to_owned(), wanted);
    })?;
    let now = context.now;
    let message = "Waiting for user to (re-)start a pod to finish file system resize of volume on node.";
    set_status(claim, context, |status| {
        set_stage(status, Some("NodeResizePending"));
        set_conditions(status, Some(condition("FileSystemResizePending", message, now)));
    })?;
    if let Some(csi) = volume.spec.as_ref().and_then(|spec| spec.csi.as_ref()) {
        context.events.speak_as(format!("external-resizer {}", csi.driver));
    }
    let about = Object::from(claim.clone());
    let message = "Require file system resize of volume on node";
    context.events.event(context.api, &about, EventType::Normal, "FileSystemResizeRequired", message);
    Ok(())
}

/// Whether the claim is bound and asks for more than it has.
fn wants_more(claim: &PersistentVolumeClaim) -> bool {
    let status = claim.status.as_ref();
    let has =
        status.and_then(|status| status.capacity.as_ref()?.get(SIZE)).map(|size| Quantity::of(size).value());
    has.is_some_and(|has| storage::requested_bytes(claim) > has)
}

fn requested(claim: &PersistentVolumeClaim) -> ApiQuantity {
    let requests = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    requests.and_then(|requests| requests.get(SIZE)).cloned().unwrap_or_default()
}

fn capacity(volume: &PersistentVolume) -> ApiQuantity {
    let capacity = volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref());
    capacity.and_then(|capacity| capacity.get(SIZE)).cloned().unwrap_or_default()
}

fn set_status(
    claim: &PersistentVolumeClaim,
    context: &mut Context<'_>,
    change: impl FnOnce(&mut PersistentVolumeClaimStatus),
) -> ApiResult<()> {
    context
        .api
        .modify::<PersistentVolumeClaim>(&claim.key(), Subresource::Status, |claim| {
            change(claim.status.get_or_insert_default());
        })
        .map(drop)
}

/// Where the expansion stands, in the word of `allocatedResourceStatuses`.
fn set_stage(status: &mut PersistentVolumeClaimStatus, stage: Option<&str>) {
    status.allocated_resource_statuses =
        stage.map(|stage| BTreeMap::from([(SIZE.to_owned(), stage.to_owned())]));
}

fn condition(name: &str, message: &str, now: SimTime) -> PersistentVolumeClaimCondition {
    PersistentVolumeClaimCondition {
        type_: name.to_owned(),
        status: "True".to_owned(),
        message: Some(message.to_owned()).filter(|message| !message.is_empty()),
        last_transition_time: Some(now.to_time()),
        ..PersistentVolumeClaimCondition::default()
    }
}

/// Replaces the conditions of an expansion. Models pkg/volume/util: MergeResizeConditionOnPVC.
fn set_conditions(status: &mut PersistentVolumeClaimStatus, new: Option<PersistentVolumeClaimCondition>) {
    let mut conditions = status.conditions.take().unwrap_or_default();
    conditions.retain(|old| !matches!(old.type_.as_str(), "Resizing" | "FileSystemResizePending"));
    conditions.extend(new);
    status.conditions = Some(conditions).filter(|conditions| !conditions.is_empty());
}

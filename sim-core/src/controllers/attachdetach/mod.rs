//! Attaches volumes to the nodes whose pods use them, and detaches them when nobody does any more.
//!
//! Models pkg/controller/volume/attachdetach. `attacher` is the CSI driver's external-attacher, which does what
//! the VolumeAttachments ask for. Volumes that are not a CSI driver's need no attaching.

mod attacher;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::storage::v1::{VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::storage::{self, attachment_name};
use crate::api::{ApiResult, Kind, Object, ObjectKey, ObjectRef, SimTime, meta, pod};
use crate::apiserver::DeleteOptions;
use crate::engine::{Component, Context, EventType, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// How long a volume that a node still has mounted is left there after its last pod is gone
/// (maxWaitForUnmountDuration).
const UNMOUNT_PATIENCE: Duration = Duration::from_secs(6 * 60);
/// Says that a node is down for good, and that its volumes may be taken away (KEP-2268).
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// A volume and a node.
type Place = (Arc<str>, Arc<str>);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct AttachDetachController {
    /// Volume and node, and the pods for which the volume is to be there.
    wanted: OrdMap<Place, OrdSet<ObjectKey>>,
    /// Where a pod wants volumes.
    of_pod: OrdMap<ObjectKey, Vec<Place>>,
    /// Where volumes are attached, being attached or being detached.
    present: OrdSet<Place>,
    /// Since when nobody has wanted a volume that is there.
    unwanted_since: OrdMap<Place, SimTime>,
    /// Places for which it was said that the volume is elsewhere.
    reported: OrdSet<Place>,
    /// Places for which it was said that the volume is there.
    told: OrdSet<Place>,
    /// When the driver will have done what an attachment asks for.
    due: OrdMap<ObjectKey, SimTime>,
}

impl Component for AttachDetachController {
    fn name(&self) -> &'static str {
        "attachdetach-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Pod(pod) => self.pod_changed(change, pod, view, wakes),
            Object::VolumeAttachment(attachment) => self.attachment_changed(change, attachment, wakes),
            Object::Node(node) => self.node_changed(change, node, wakes),
            Object::PersistentVolume(volume)
                if change.change == ChangeType::Modified && meta::is_terminating(&volume.metadata) =>
            {
                wakes.soon(change.reference.clone());
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        match key.kind {
            Kind::VolumeAttachment => Ok(self.drive(&key.key, context)?),
            _ => Ok(self.sync_volume(&key.key.name.shared(), context)?),
        }
    }
}

impl AttachDetachController {
    fn pod_changed(&mut self, change: &Change, pod: &Pod, view: &Store, wakes: &mut Wakes) {
        let wants = |pod: &Pod| pod::node_name(pod).is_some() && !pod::is_terminal(pod);
        let wanted = matches!(&change.previous, Some(Object::Pod(old)) if wants(old));
        let node = pod::node_name(pod).filter(|_| change.change != ChangeType::Deleted && wants(pod));
        if node.is_some() == wanted {
            return;
        }
        let key = change.reference.key.clone();
        let places = match node {
            Some(node) => {
                let places: Vec<Place> =
                    attachable(pod, view).into_iter().map(|volume| (volume, Arc::from(node))).collect();
                if !places.is_empty() {
                    self.of_pod.insert(key.clone(), places.clone());
                }
                Some(places)
            }
            None => self.of_pod.remove(&key),
        };
        for place in places.unwrap_or_default() {
            wakes.soon(volume_ref(&place.0));
            let pods = self.wanted.entry(place.clone()).or_default();
            match node {
                Some(_) => pods.insert(key.clone()),
                None => pods.remove(&key),
            };
            if pods.is_empty() {
                self.wanted.remove(&place);
                self.reported.remove(&place);
                self.told.remove(&place);
            }
        }
    }

    fn attachment_changed(&mut self, change: &Change, attachment: &VolumeAttachment, wakes: &mut Wakes) {
        let Some(place) = place_of(attachment) else { return };
        wakes.soon(volume_ref(&place.0));
        if change.change == ChangeType::Deleted {
            self.present.remove(&place);
            self.unwanted_since.remove(&place);
            self.due.remove(&change.reference.key);
            return;
        }
        self.present.insert(place);
        wakes.soon(change.reference.clone());
    }

    /// A node that stopped using a volume, or that is out of service, frees what nobody wants there.
    fn node_changed(&mut self, change: &Change, node: &Node, wakes: &mut Wakes) {
        if self.unwanted_since.is_empty() {
            return;
        }
        let same = |old: &Node| {
            old.spec == node.spec
                && is_ready(old) == is_ready(node)
                && old.status.as_ref().map(|status| &status.volumes_in_use)
                    == node.status.as_ref().map(|status| &status.volumes_in_use)
        };
        if matches!(&change.previous, Some(Object::Node(old)) if same(old)) {
            return;
        }
        let name = meta::name(&node.metadata);
        for (volume, _) in self.unwanted_since.keys().filter(|(_, at)| **at == *name) {
            wakes.soon(volume_ref(volume));
        }
    }

    /// Models attachdetach/reconciler: reconcile, for one volume: detaches come before attaches.
    fn sync_volume(&mut self, volume: &Arc<str>, context: &mut Context<'_>) -> ApiResult<()> {
        for place in places(&self.present, volume) {
            if self.wanted.contains_key(&place) {
                self.unwanted_since.remove(&place);
                self.say_attached(&place, context)?;
            } else {
                self.detach(&place, context)?;
            }
        }
        let wanted: Vec<Place> = self
            .wanted
            .range((volume.clone(), Arc::from(""))..)
            .map(|(place, _)| place.clone())
            .take_while(|(of, _)| of == volume)
            .filter(|place| !self.present.contains(place))
            .collect();
        for place in wanted {
            self.attach(&place, context)?;
        }
        if places(&self.present, volume).next().is_none() {
            attacher::release_volume(volume, context)?;
        }
        Ok(())
    }

    fn attach(&mut self, place: &Place, context: &mut Context<'_>) -> ApiResult<()> {
        let Some(volume) = context.view.shared::<PersistentVolume>(&ObjectKey::cluster(&place.0)) else {
            return Ok(());
        };
        let others: Vec<Place> = places(&self.present, &place.0).collect();
        if !others.is_empty() && is_for_one_node(&volume) {
            self.say_it_is_elsewhere(place, &others, context);
            return Ok(());
        }
        let driver = volume.spec.as_ref().and_then(|spec| Some(spec.csi.as_ref()?.driver.clone()));
        let (Some(driver), false) = (driver, self.present.contains(place)) else { return Ok(()) };
        let attachment = VolumeAttachment {
            metadata: ObjectMeta { name: Some(attachment_name(&place.0, &place.1)), ..ObjectMeta::default() },
            spec: VolumeAttachmentSpec {
                attacher: driver,
                node_name: place.1.to_string(),
                source: VolumeAttachmentSource {
                    persistent_volume_name: Some(place.0.to_string()),
                    ..VolumeAttachmentSource::default()
                },
            },
            status: None,
        };
        match context.api.create(attachment) {
            Err(error) if error.is_already_exists() => Ok(()),
            other => other.map(drop),
        }
    }

    /// Takes the volume away from a node where nobody wants it, unless the node still has it mounted.
    fn detach(&mut self, place: &Place, context: &mut Context<'_>) -> ApiResult<()> {
        let key = ObjectKey::cluster(&attachment_name(&place.0, &place.1));
        let Some(attachment) = context.view.typed::<VolumeAttachment>(&key) else { return Ok(()) };
        if meta::is_terminating(&attachment.metadata) {
            return Ok(());
        }
        let since = *self.unwanted_since.entry(place.clone()).or_insert(context.now);
        let node = context.view.typed::<Node>(&ObjectKey::cluster(&place.1));
        let deadline = since + UNMOUNT_PATIENCE;
        let force =
            node.is_some_and(is_out_of_service) || (context.now >= deadline && !node.is_some_and(is_ready));
        let mounted = node.is_none_or(|node| has_mounted(node, &place.0, context.view));
        if mounted && !force {
            if context.now < deadline {
                // A node that is well lets go of the volume itself.
                let pace = if node.is_some_and(is_ready) { Pace::Periodic } else { Pace::Progress };
                context.wakes.at(volume_ref(&place.0), deadline, pace);
            }
            return Ok(());
        }
        context.api.delete(Kind::VolumeAttachment, &key, &DeleteOptions::default()).map(drop)
    }

    /// Says that the volume is there, to the pods that waited for it.
    fn say_attached(&mut self, place: &Place, context: &mut Context<'_>) -> ApiResult<()> {
        let key = ObjectKey::cluster(&attachment_name(&place.0, &place.1));
        let attached = context
            .view
            .typed::<VolumeAttachment>(&key)
            .is_some_and(|found| found.status.as_ref().is_some_and(|status| status.attached));
        if !attached || self.told.insert(place.clone()).is_some() {
            return Ok(());
        }
        let message = format!("AttachVolume.Attach succeeded for volume \"{}\" ", place.0);
        self.tell_pods(place, EventType::Normal, "SuccessfulAttachVolume", |_| message.clone(), context);
        Ok(())
    }

    /// Models attachdetach/reconciler: reportMultiAttachError.
    fn say_it_is_elsewhere(&mut self, place: &Place, others: &[Place], context: &mut Context<'_>) {
        if self.reported.insert(place.clone()).is_some() {
            return;
        }
        let users: Vec<ObjectKey> =
            others.iter().filter_map(|other| self.wanted.get(other)).flatten().cloned().collect();
        let message = |pod: &ObjectKey| {
            let why = multi_attach_reason(pod, &users);
            format!("Multi-Attach error for volume \"{}\" {why}", place.0)
        };
        self.tell_pods(place, EventType::Warning, "FailedAttachVolume", message, context);
    }

    fn tell_pods(
        &self,
        place: &Place,
        event_type: EventType,
        reason: &'static str,
        message: impl Fn(&ObjectKey) -> String,
        context: &mut Context<'_>,
    ) {
        for key in self.wanted.get(place).into_iter().flatten() {
            if let Some(pod) = context.view.shared::<Pod>(key) {
                let text = message(key);
                context.events.event(context.api, &Object::Pod(pod), event_type, reason, &text);
            }
        }
    }
}

/// Who has the volume, as far as the pod may know.
fn multi_attach_reason(pod: &ObjectKey, users: &[ObjectKey]) -> String {
    if users.is_empty() {
        return "Volume is already exclusively attached to one node and can't be attached to another"
            .to_owned();
    }
    let local: Vec<&str> =
        users.iter().filter(|user| user.namespace == pod.namespace).map(|user| &*user.name).collect();
    let foreign = users.len() - local.len();
    match (local.is_empty(), foreign) {
        (true, _) => format!("Volume is already used by {foreign} pod(s) in different namespaces"),
        (false, 0) => format!("Volume is already used by pod(s) {}", local.join(", ")),
        (false, _) => format!(
            "Volume is already used by pod(s) {} and {foreign} pod(s) in different namespaces",
            local.join(", ")
        ),
    }
}

fn volume_ref(volume: &str) -> ObjectRef {
    ObjectRef::new(Kind::PersistentVolume, ObjectKey::cluster(volume))
}

fn place_of(attachment: &VolumeAttachment) -> Option<Place> {
    let volume = attachment.spec.source.persistent_volume_name.as_deref()?;
    Some((volume.into(), attachment.spec.node_name.as_str().into()))
}

fn places(all: &OrdSet<Place>, volume: &Arc<str>) -> impl Iterator<Item = Place> + use<> {
    let volume = volume.clone();
    let found: Vec<Place> =
        all.range((volume.clone(), Arc::from(""))..).take_while(|(of, _)| *of == volume).cloned().collect();
    found.into_iter()
}

/// The pod's volumes that are a CSI driver's.
fn attachable(pod: &Pod, view: &Store) -> Vec<Arc<str>> {
    storage::claims_of_pod(pod)
        .filter_map(|claim| {
            let claim = view.typed::<PersistentVolumeClaim>(&claim)?;
            let name = storage::volume_name(claim)?;
            let volume = view.typed::<PersistentVolume>(&ObjectKey::cluster(name))?;
            storage::is_attachable(volume).then(|| name.into())
        })
        .collect()
}

/// Models attachdetach/util: IsMultiAttachAllowed, turned round.
fn is_for_one_node(volume: &PersistentVolume) -> bool {
    let modes = volume.spec.as_ref().and_then(|spec| spec.access_modes.as_deref()).unwrap_or_default();
    !modes.is_empty() && !modes.iter().any(|mode| mode == "ReadWriteMany" || mode == "ReadOnlyMany")
}

fn is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn is_out_of_service(node: &Node) -> bool {
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    taints.into_iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

/// Whether the node's kubelet says that it uses the volume.
fn has_mounted(node: &Node, volume: &str, view: &Store) -> bool {
    let in_use = node.status.as_ref().and_then(|status| status.volumes_in_use.as_deref()).unwrap_or_default();
    let name = view.typed::<PersistentVolume>(&ObjectKey::cluster(volume)).and_then(storage::unique_name);
    name.is_some_and(|name| in_use.contains(&name))
}

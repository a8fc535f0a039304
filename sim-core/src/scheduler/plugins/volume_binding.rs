//! Pods go where their volumes are, or where volumes can be made for them.
//!
//! Models pkg/scheduler/framework/plugins/volumebinding.

use std::sync::Arc;

use imbl::OrdSet;
use k8s_openapi::api::core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::storage::v1::StorageClass;

use super::super::cache::NodeInfo;
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection};
use super::super::node_selector;
use crate::api::storage::{self, annotation};
use crate::api::{ApiResult, Kind, Name, Object, ObjectKey, Resource, meta};
use crate::apiserver::{ApiServer, Subresource};
use crate::engine::reference;
use crate::store::{Change, ChangeType, Store};

/// The provisioner of classes whose volumes are made by hand.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// Volumes that no claim has, by class and size.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct VolumeIndex {
    unclaimed: OrdSet<(Name, i64, ObjectKey)>,
}

impl VolumeIndex {
    pub(in super::super) fn volume_changed(&mut self, change: &Change) {
        if let Some(Object::PersistentVolume(old)) = &change.previous
            && storage::claim_ref(old).is_none()
        {
            self.unclaimed.remove(&entry(old));
        }
        if let Object::PersistentVolume(new) = &change.object
            && change.change != ChangeType::Deleted
            && storage::claim_ref(new).is_none()
        {
            self.unclaimed.insert(entry(new));
        }
    }

    /// The volumes of `class` that hold `bytes`, smallest first.
    fn of(&self, class: &str, bytes: i64) -> impl Iterator<Item = &ObjectKey> {
        let start = (Name::from(class), bytes, ObjectKey::cluster(""));
        let class = class.to_owned();
        self.unclaimed.range(start..).take_while(move |(of, ..)| **of == *class).map(|(.., key)| key)
    }
}

fn entry(volume: &PersistentVolume) -> (Name, i64, ObjectKey) {
    (storage::volume_class(volume).into(), storage::capacity_bytes(volume), volume.key())
}

/// The claims of a pod, sorted by what is to be done for them.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct PodVolumes {
    /// The volumes of the claims that are bound: looked up once, asked about for every node.
    bound: Vec<Arc<PersistentVolume>>,
    /// Claims whose volume is chosen or made for the node of the pod.
    waiting: Vec<Arc<PersistentVolumeClaim>>,
}

impl PodVolumes {
    /// Whether the pod's own volumes decide which nodes it can run on.
    pub(in super::super) fn tie_to_nodes(&self) -> bool {
        let affine =
            |volume: &PersistentVolume| volume.spec.as_ref().is_some_and(|spec| spec.node_affinity.is_some());
        !self.waiting.is_empty() || self.volumes().any(affine)
    }

    /// The volumes of the claims that are bound.
    pub(super) fn volumes(&self) -> impl Iterator<Item = &PersistentVolume> {
        self.bound.iter().map(Arc::as_ref)
    }
}

/// What is to be done on a node before the pod can be bound to it.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct NodeVolumes {
    /// Volumes to keep for claims.
    matched: Vec<(ObjectKey, Arc<PersistentVolumeClaim>)>,
    /// Claims to have a volume made for.
    provisioned: Vec<ObjectKey>,
}

impl NodeVolumes {
    pub(in super::super) fn is_empty(&self) -> bool {
        self.matched.is_empty() && self.provisioned.is_empty()
    }
}

/// Looks at the pod's claims before any node: an immediate claim must be bound by now.
///
/// Models the PreFilters of volumerestrictions, which looks for the claims first, of volumebinding, and of
/// volumezone, which looks for the volumes.
///
/// # Errors
/// The plugin that cannot place the pod anywhere yet, and why.
pub(in super::super) fn pre_filter(pod: &Pod, view: &Store) -> Result<PodVolumes, (Plugins, String)> {
    let keys: Vec<ObjectKey> = storage::claims_of_pod(pod).collect();
    let found = |key: &ObjectKey| view.shared::<PersistentVolumeClaim>(key);
    if let Some(missing) = keys.iter().find(|key| found(key).is_none() && !is_ephemeral(pod, &key.name)) {
        let kind = Kind::PersistentVolumeClaim.info().qualified_singular();
        return Err((Plugins::VOLUME_RESTRICTIONS, format!("{kind} \"{}\" not found", missing.name)));
    }
    let mut claims = Vec::new();
    for key in &keys {
        let claim = found(key);
        if let Some(why) = unusable(&key.name, claim.as_deref()) {
            return Err((Plugins::VOLUME_BINDING, why));
        }
        claims.extend(claim);
    }
    let (mut volumes, mut lost) = (PodVolumes::default(), None);
    for claim in claims {
        if storage::is_claim_fully_bound(&claim) {
            match volume_of(&claim, view) {
                Some(volume) => volumes.bound.push(volume),
                None => lost = lost.or_else(|| storage::volume_name(&claim).map(str::to_owned)),
            }
        } else if storage::volume_name(&claim).is_none() && delays_binding(&claim, view) {
            volumes.waiting.push(claim);
        } else {
            let why = "pod has unbound immediate PersistentVolumeClaims".to_owned();
            return Err((Plugins::VOLUME_BINDING, why));
        }
    }
    if let Some(name) = lost {
        let kind = Kind::PersistentVolume.info().qualified_singular();
        return Err((Plugins::VOLUME_ZONE, format!("{kind} \"{name}\" not found")));
    }
    volumes.waiting.sort_by_key(|claim| storage::requested_bytes(claim));
    Ok(volumes)
}

/// Why no pod can use the claim, if none can.
fn unusable(name: &str, claim: Option<&PersistentVolumeClaim>) -> Option<String> {
    let Some(claim) = claim else {
        return Some(format!(
            "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
        ));
    };
    if claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Lost") {
        let volume = storage::volume_name(claim).unwrap_or_default();
        return Some(format!(
            "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
        ));
    }
    let deleted = meta::is_terminating(&claim.metadata);
    deleted.then(|| format!("persistentvolumeclaim \"{name}\" is being deleted"))
}

fn is_ephemeral(pod: &Pod, claim: &str) -> bool {
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    let own = meta::name(&pod.metadata);
    volumes
        .filter(|volume| volume.ephemeral.is_some())
        .any(|volume| format!("{own}-{}", volume.name) == claim)
}

fn class_of<'a>(claim: &PersistentVolumeClaim, view: &'a Store) -> Option<&'a StorageClass> {
    view.typed(&ObjectKey::cluster(storage::claim_class(claim)))
}

fn delays_binding(claim: &PersistentVolumeClaim, view: &Store) -> bool {
    class_of(claim, view).is_some_and(storage::waits_for_first_consumer)
}

fn volume_of(claim: &PersistentVolumeClaim, view: &Store) -> Option<Arc<PersistentVolume>> {
    view.shared(&ObjectKey::cluster(storage::volume_name(claim)?))
}

fn reaches(volume: &PersistentVolume, node: &Node) -> bool {
    let affinity = volume.spec.as_ref().and_then(|spec| spec.node_affinity.as_ref()?.required.as_ref());
    affinity.is_none_or(|required| node_selector::matches(required, node))
}

/// Models pkg/scheduler/framework/plugins/volumebinding.
pub(super) struct VolumeBinding;

impl FilterPlugin for VolumeBinding {
    fn plugin(&self) -> Plugins {
        Plugins::VOLUME_BINDING
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        let out_of_reach = |volume: &PersistentVolume| !reaches(volume, &node.node);
        if state.volumes.volumes().any(out_of_reach) {
            return Rejection::unresolvable("node(s) didn't match PersistentVolume's node affinity");
        }
        match find_on_node(state, node) {
            Some(_) => None,
            None => Rejection::unresolvable("node(s) didn't find available persistent volumes to bind"),
        }
    }
}

/// A volume on the node for each claim that waits, one that is there before one that is to be made.
pub(in super::super) fn find_on_node(state: &CycleState<'_>, node: &NodeInfo) -> Option<NodeVolumes> {
    let mut found = NodeVolumes::default();
    for claim in &state.volumes.waiting {
        let selected = meta::annotations(&claim.metadata).get(annotation::SELECTED_NODE);
        if let Some(selected) = selected {
            if selected != node.name() {
                return None;
            }
            found.provisioned.push(claim.key());
            continue;
        }
        let class = storage::claim_class(claim);
        let free = |key: &&ObjectKey| found.matched.iter().all(|(taken, _)| taken != *key);
        let fits = |key: &&ObjectKey| {
            state
                .view
                .typed::<PersistentVolume>(key)
                .is_some_and(|volume| storage::could_serve(volume, claim) && reaches(volume, &node.node))
        };
        let bytes = storage::requested_bytes(claim);
        let matched = state.volume_index.of(class, bytes).filter(free).find(fits).cloned();
        match matched {
            Some(volume) => found.matched.push((volume, claim.clone())),
            None if can_provision(claim, node, state.view) => found.provisioned.push(claim.key()),
            None => return None,
        }
    }
    Some(found)
}

/// Whether the claim's class makes volumes that the node can reach.
fn can_provision(claim: &PersistentVolumeClaim, node: &NodeInfo, view: &Store) -> bool {
    let Some(class) = class_of(claim, view) else { return false };
    let topologies = class.allowed_topologies.as_deref().unwrap_or_default();
    let labels = meta::labels(&node.node.metadata);
    let allows = |term: &k8s_openapi::api::core::v1::TopologySelectorTerm| {
        let wanted = term.match_label_expressions.iter().flatten();
        wanted
            .into_iter()
            .all(|wanted| labels.get(&wanted.key).is_some_and(|has| wanted.values.contains(has)))
    };
    class.provisioner != NO_PROVISIONER && (topologies.is_empty() || topologies.iter().any(allows))
}

/// Keeps the matched volumes for their claims and asks for the others to be made for the node.
///
/// Models volumebinding: bindAPIUpdate.
pub(in super::super) fn bind_on_node(
    volumes: &NodeVolumes,
    node: &str,
    api: &mut ApiServer,
) -> ApiResult<()> {
    for (volume, claim) in &volumes.matched {
        let claim_ref = reference(&Object::PersistentVolumeClaim(claim.clone()));
        api.modify::<PersistentVolume>(volume, Subresource::Main, |volume| {
            volume.spec.get_or_insert_default().claim_ref = Some(claim_ref);
            let annotations = volume.metadata.annotations.get_or_insert_default();
            annotations.insert(annotation::BOUND_BY_CONTROLLER.to_owned(), "yes".to_owned());
        })?;
    }
    for claim in &volumes.provisioned {
        api.modify::<PersistentVolumeClaim>(claim, Subresource::Main, |claim| {
            let annotations = claim.metadata.annotations.get_or_insert_default();
            annotations.insert(annotation::SELECTED_NODE.to_owned(), node.to_owned());
        })?;
    }
    Ok(())
}

/// Whether all claims of the placed pod are bound.
///
/// Models volumebinding: checkBindings.
///
/// # Errors
/// Why they will not be: a claim vanished or its node was given up.
pub(in super::super) fn are_bound(pod: &Pod, node: &str, view: &Store) -> Result<bool, String> {
    for key in storage::claims_of_pod(pod) {
        let Some(claim) = view.typed::<PersistentVolumeClaim>(&key) else {
            let kind = Kind::PersistentVolumeClaim.info().qualified_singular();
            return Err(format!("error getting PVC \"{key}\": {kind} \"{}\" not found", key.name));
        };
        if storage::is_claim_fully_bound(claim) {
            continue;
        }
        let selected = meta::annotations(&claim.metadata).get(annotation::SELECTED_NODE);
        match selected {
            Some(selected) if selected != node => {
                return Err(format!("provisioning failed for PVC \"{}\"", key.name));
            }
            _ => return Ok(false),
        }
    }
    Ok(true)
}

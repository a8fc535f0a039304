//! Admission: what the built-in admission plugins change or refuse.
//!
//! Here are DefaultTolerationSeconds, Priority, PodTopologyLabels, DefaultStorageClass, DefaultIngressClass,
//! StorageObjectInUseProtection and PersistentVolumeClaimResize. ServiceAccount, LimitRanger and ResourceQuota have files of their own.

use std::cmp::Reverse;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, PodSpec, Toleration};
use k8s_openapi::api::networking::v1::{Ingress, IngressClass};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::quantity::Quantity;
use crate::api::validation::CLASS_ANNOTATION;
use crate::api::{ApiError, ApiResult, Feature, FeatureGates, Kind, Object, ObjectKey, meta, pod};
use crate::store::Store;

/// Keeps a claim while a pod uses it.
pub const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
/// Keeps a volume while a claim is bound to it.
pub const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";

const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
const DEFAULT_CLASS_BETA: &str = "storageclass.beta.kubernetes.io/is-default-class";
const DEFAULT_INGRESS_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";
const CLASS_BETA: &str = "volume.beta.kubernetes.io/storage-class";
const TOPOLOGY_LABELS: [&str; 2] = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];
const TOLERATED_SECONDS: i64 = 300;

/// Changes a new object as the default admission plugins do.
///
/// # Errors
/// Forbidden, in a plugin's words.
pub fn admit_create(object: &mut Object, store: &Store, gates: FeatureGates) -> ApiResult<()> {
    match object {
        Object::Pod(pod) => {
            let pod = Arc::make_mut(pod);
            let name = pod.metadata.name.clone().unwrap_or_default();
            let spec = pod.spec.get_or_insert_default();
            set_priority(spec, &name, store)?;
            tolerate_lost_nodes(spec);
            refuse_runtime_class(spec, &name)?;
            copy_topology_labels(pod, store, gates);
        }
        Object::PersistentVolumeClaim(claim) => {
            let claim = Arc::make_mut(claim);
            set_default_class(claim, store);
            add_finalizer(&mut claim.metadata, CLAIM_FINALIZER);
        }
        Object::PersistentVolume(volume) => {
            add_finalizer(&mut Arc::make_mut(volume).metadata, VOLUME_FINALIZER);
        }
        Object::Ingress(ingress) => set_ingress_class(Arc::make_mut(ingress), store),
        _ => {}
    }
    Ok(())
}

/// Changes an updated object as the default admission plugins do.
pub fn admit_update(object: &mut Object, old: &Object, store: &Store, gates: FeatureGates) {
    if let (Object::Pod(new), Object::Pod(old)) = (object, old)
        && pod::node_name(new).is_some()
        && pod::node_name(old).is_none()
    {
        copy_topology_labels(Arc::make_mut(new), store, gates);
    }
}

/// Refuses a valid object as the validating admission plugins do; `old` is what an update replaces.
///
/// # Errors
/// Forbidden, in a plugin's words.
pub fn validate(object: &Object, old: Option<&Object>, store: &Store) -> ApiResult<()> {
    match (object, old) {
        (Object::PriorityClass(class), _) => check_default_priority(class, store),
        (Object::PersistentVolumeClaim(new), Some(Object::PersistentVolumeClaim(old))) => {
            check_resize(new, old, store)
        }
        _ => Ok(()),
    }
}

fn add_finalizer(meta: &mut ObjectMeta, name: &str) {
    let finalizers = meta.finalizers.get_or_insert_default();
    if !finalizers.iter().any(|other| other == name) {
        finalizers.push(name.to_owned());
    }
}

/// Refuses a pod of a RuntimeClass: there is none.
///
/// Models plugin/pkg/admission/runtimeclass: fetchRuntimeClass.
fn refuse_runtime_class(spec: &PodSpec, name: &str) -> ApiResult<()> {
    match spec.runtime_class_name.as_deref() {
        None | Some("") => Ok(()),
        Some(class) => {
            let why = format!("pod rejected: RuntimeClass \"{class}\" not found");
            Err(ApiError::forbidden(Kind::Pod, name, &why))
        }
    }
}

/// Gives the pod the priority of its class, or of the default one.
///
/// Models plugin/pkg/admission/priority: admitPod.
fn set_priority(spec: &mut PodSpec, name: &str, store: &Store) -> ApiResult<()> {
    let refuse = |why: String| Err(ApiError::forbidden(Kind::Pod, name, &why));
    let named = spec.priority_class_name.as_deref().filter(|class| !class.is_empty());
    let class = match named {
        None => default_priority(store),
        Some(class) => match store.typed::<PriorityClass>(&ObjectKey::cluster(class)) {
            None => return refuse(format!("no PriorityClass with name {class} was found")),
            found => found,
        },
    };
    let priority = class.and_then(|class| class.value).unwrap_or(0);
    if let Some(given) = spec.priority.filter(|given| *given != priority) {
        return refuse(format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {priority} from the given PriorityClass name"
        ));
    }
    let policy = class.and_then(|class| class.preemption_policy.as_deref()).unwrap_or("PreemptLowerPriority");
    if let Some(given) = spec.preemption_policy.as_deref().filter(|given| *given != policy) {
        return refuse(format!(
            "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
        ));
    }
    if named.is_none()
        && let Some(class) = class
    {
        spec.priority_class_name = class.metadata.name.clone();
    }
    spec.priority = Some(priority);
    spec.preemption_policy = Some(policy.to_owned());
    Ok(())
}

/// The class of pods that name none: of several the one with the lowest value.
fn default_priority(store: &Store) -> Option<&PriorityClass> {
    let defaults = store.all::<PriorityClass>().filter(|class| class.global_default == Some(true));
    defaults.min_by_key(|class| class.value)
}

/// Models plugin/pkg/admission/priority: validatePriorityClass.
fn check_default_priority(class: &PriorityClass, store: &Store) -> ApiResult<()> {
    let name = meta::name(&class.metadata);
    match default_priority(store).map(|other| meta::name(&other.metadata)) {
        Some(other) if class.global_default == Some(true) && other != name => {
            let why =
                format!("PriorityClass {other} is already marked as default. Only one default can exist");
            Err(ApiError::forbidden(Kind::PriorityClass, name, &why))
        }
        _ => Ok(()),
    }
}

/// Models plugin/pkg/admission/defaulttolerationseconds.
fn tolerate_lost_nodes(spec: &mut PodSpec) {
    let tolerations = spec.tolerations.get_or_insert_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerates = |toleration: &Toleration| {
            let (own, effect) = (toleration.key.as_deref(), toleration.effect.as_deref());
            (own == Some(key) || own.unwrap_or_default().is_empty())
                && matches!(effect.unwrap_or_default(), "" | "NoExecute")
        };
        if !tolerations.iter().any(tolerates) {
            tolerations.push(Toleration {
                key: Some(key.to_owned()),
                operator: Some("Exists".to_owned()),
                effect: Some("NoExecute".to_owned()),
                toleration_seconds: Some(TOLERATED_SECONDS),
                ..Toleration::default()
            });
        }
    }
}

/// Models plugin/pkg/admission/podtopologylabels (KEP-4742).
fn copy_topology_labels(pod: &mut Pod, store: &Store, gates: FeatureGates) {
    if !gates.has(Feature::PodTopologyLabels) {
        return;
    }
    let Some(node) = pod::node_name(pod) else { return };
    let Some(node) = store.get(Kind::Node, &ObjectKey::cluster(node)) else { return };
    for label in TOPOLOGY_LABELS {
        if let Some(value) = meta::labels(node.meta()).get(label) {
            pod.metadata.labels.get_or_insert_default().insert(label.to_owned(), value.clone());
        }
    }
}

/// The newest of the default classes. Models plugin/pkg/admission/storage/storageclass/setdefault.
fn set_default_class(claim: &mut PersistentVolumeClaim, store: &Store) {
    let spec = claim.spec.get_or_insert_default();
    if spec.storage_class_name.is_some() || meta::annotations(&claim.metadata).contains_key(CLASS_BETA) {
        return;
    }
    let is_default = |class: &&StorageClass| {
        let annotations = meta::annotations(&class.metadata);
        [DEFAULT_CLASS, DEFAULT_CLASS_BETA]
            .iter()
            .any(|key| annotations.get(*key).is_some_and(|v| v == "true"))
    };
    let newest_first = |class: &&StorageClass| {
        let created = class.metadata.creation_timestamp.as_ref().map(|time| time.0);
        (Reverse(created), class.metadata.name.clone())
    };
    let class = store.all::<StorageClass>().filter(is_default).min_by_key(newest_first);
    spec.storage_class_name = class.and_then(|class| class.metadata.name.clone());
}

/// The newest of the default classes.
///
/// Models plugin/pkg/admission/network/defaultingressclass: getDefaultClass.
fn set_ingress_class(ingress: &mut Ingress, store: &Store) {
    let spec = ingress.spec.get_or_insert_default();
    if spec.ingress_class_name.is_some()
        || meta::annotations(&ingress.metadata).contains_key(CLASS_ANNOTATION)
    {
        return;
    }
    let is_default = |class: &&IngressClass| {
        meta::annotations(&class.metadata).get(DEFAULT_INGRESS_CLASS).is_some_and(|value| value == "true")
    };
    let newest_first = |class: &&IngressClass| {
        let created = class.metadata.creation_timestamp.as_ref().map(|time| time.0);
        (Reverse(created), class.metadata.name.clone())
    };
    let class = store.all::<IngressClass>().filter(is_default).min_by_key(newest_first);
    spec.ingress_class_name = class.and_then(|class| class.metadata.name.clone());
}

/// Models plugin/pkg/admission/storage/persistentvolume/resize.
fn check_resize(new: &PersistentVolumeClaim, old: &PersistentVolumeClaim, store: &Store) -> ApiResult<()> {
    let size = |claim: &PersistentVolumeClaim| {
        let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
        requests.get("storage").map(Quantity::of)
    };
    let (Some(wanted), Some(present)) = (size(new), size(old)) else { return Ok(()) };
    if wanted <= present {
        return Ok(());
    }
    let class = old.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default();
    let class = store.typed::<StorageClass>(&ObjectKey::cluster(class));
    if class.is_some_and(|class| class.allow_volume_expansion == Some(true)) {
        return Ok(());
    }
    let why = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
    Err(ApiError::forbidden(Kind::PersistentVolumeClaim, meta::name(&new.metadata), why))
}

//! Per-kind rules of the registry: what a create or an update may carry over or must reset.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{DaemonSet, StatefulSet, StatefulSetStatus};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    Namespace, NamespaceStatus, PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimStatus,
    PersistentVolumeStatus, Pod, PodStatus, ServiceStatus,
};

use k8s_openapi::api::networking::v1::IngressStatus;
use k8s_openapi::api::policy::v1::PodDisruptionBudgetStatus;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::allocate::Allocator;
use super::write::Subresource;
use super::{placement, resize, service};
use crate::api::kinds::daemon_set::TEMPLATE_GENERATION;
use crate::api::kinds::job::{CONTROLLER_UID, JOB_NAME};
use crate::api::{ApiResult, Feature, FeatureGates, Object, SimTime, meta, pod};

/// Clears what a creator may not set and allocates what the server hands out.
pub fn prepare_for_create(
    object: &mut Object,
    allocator: &mut Allocator,
    now: SimTime,
    gates: FeatureGates,
) -> ApiResult<()> {
    object.meta_mut().generation = object.kind().info().counts_generation.then_some(1);
    match object {
        Object::Pod(pod) => {
            let pod = Arc::make_mut(pod);
            reset_pod(pod);
            placement::prepare(pod, now);
        }
        Object::StatefulSet(set) => {
            let set = Arc::make_mut(set);
            set.status = Some(StatefulSetStatus { available_replicas: Some(0), ..Default::default() });
            drop_gated(set, gates);
        }
        Object::DaemonSet(set) => {
            let set = Arc::make_mut(set);
            set.status = Some(Default::default());
            let given = template_generation(set);
            set_template_generation(set, given.max(1));
        }
        Object::Deployment(deployment) => Arc::make_mut(deployment).status = Some(Default::default()),
        Object::ReplicaSet(set) => Arc::make_mut(set).status = Some(Default::default()),
        Object::PersistentVolumeClaim(claim) => reset_claim(Arc::make_mut(claim)),
        Object::PersistentVolume(volume) => reset_volume(Arc::make_mut(volume), now),
        Object::Namespace(namespace) => reset_namespace(Arc::make_mut(namespace)),
        Object::Service(service) => {
            let service = Arc::make_mut(service);
            service.status =
                Some(ServiceStatus { load_balancer: Some(Default::default()), ..Default::default() });
            service::allocate(service, allocator)?;
        }
        Object::HorizontalPodAutoscaler(scaler) => Arc::make_mut(scaler).status = Some(Default::default()),
        Object::CronJob(cron) => Arc::make_mut(cron).status = Some(Default::default()),
        Object::Job(job) => {
            let job = Arc::make_mut(job);
            job.status = Some(Default::default());
            job.metadata.uid = Some(allocator.uid());
            generate_selector(job);
            if job.metadata.labels.as_ref().is_none_or(|labels| labels.is_empty()) {
                let template = job.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
                job.metadata.labels = template.and_then(|template| template.labels.clone());
            }
        }
        Object::PodDisruptionBudget(budget) => {
            Arc::make_mut(budget).status = Some(PodDisruptionBudgetStatus {
                current_healthy: Some(0),
                desired_healthy: Some(0),
                disruptions_allowed: Some(0),
                expected_pods: Some(0),
                ..Default::default()
            });
        }
        Object::ResourceQuota(quota) => Arc::make_mut(quota).status = Some(Default::default()),
        Object::Ingress(ingress) => {
            Arc::make_mut(ingress).status = Some(IngressStatus { load_balancer: Some(Default::default()) });
        }
        // A node is created by its kubelet together with its status.
        _ => {}
    }
    Ok(())
}

/// Gives a Job's pods labels that are theirs alone and lets the Job select them.
///
/// Models pkg/registry/batch/job: generateSelector. A Job without labels has those of its template.
fn generate_selector(job: &mut Job) {
    let (name, uid) = (meta::name(&job.metadata).to_owned(), meta::uid(&job.metadata).to_owned());
    let spec = job.spec.get_or_insert_default();
    if spec.manual_selector == Some(true) {
        return;
    }
    let labels = spec.template.metadata.get_or_insert_default().labels.get_or_insert_default();
    for (label, value) in
        [("job-name", &name), (JOB_NAME, &name), ("controller-uid", &uid), (CONTROLLER_UID, &uid)]
    {
        labels.entry(label.to_owned()).or_insert_with(|| value.clone());
    }
    let selected = spec.selector.get_or_insert_default().match_labels.get_or_insert_default();
    selected.entry(CONTROLLER_UID.to_owned()).or_insert(uid);
}

/// How often the set's template was changed; 0 when nothing says so.
fn template_generation(set: &DaemonSet) -> i64 {
    let text = meta::annotations(&set.metadata).get(TEMPLATE_GENERATION);
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Models pkg/apis/apps/v1: the conversion of a DaemonSet's templateGeneration to an annotation.
fn set_template_generation(set: &mut DaemonSet, generation: i64) {
    let annotations = set.metadata.annotations.get_or_insert_default();
    annotations.insert(TEMPLATE_GENERATION.to_owned(), generation.to_string());
}

fn reset_pod(pod: &mut Pod) {
    let qos_class = pod::qos_class(pod).to_owned();
    pod.status = Some(PodStatus {
        phase: Some("Pending".to_owned()),
        qos_class: Some(qos_class),
        ..PodStatus::default()
    });
}

fn reset_claim(claim: &mut PersistentVolumeClaim) {
    let pending = Some("Pending".to_owned());
    claim.status = Some(PersistentVolumeClaimStatus { phase: pending, ..Default::default() });
}

fn reset_volume(volume: &mut PersistentVolume, now: SimTime) {
    volume.status = Some(PersistentVolumeStatus {
        phase: Some("Pending".to_owned()),
        last_phase_transition_time: Some(now.to_time()),
        ..Default::default()
    });
}

fn reset_namespace(namespace: &mut Namespace) {
    let finalizers = namespace.spec.get_or_insert_default().finalizers.get_or_insert_default();
    if !finalizers.iter().any(|name| name == "kubernetes") {
        finalizers.push("kubernetes".to_owned());
    }
    namespace.status = Some(NamespaceStatus { phase: Some("Active".to_owned()), conditions: None });
}

/// Drops what the feature gates leave off, and defaults what they bring: `maxUnavailable` of a StatefulSet (KEP-961).
fn drop_gated(set: &mut StatefulSet, gates: FeatureGates) {
    let strategy = set.spec.as_mut().and_then(|spec| spec.update_strategy.as_mut());
    let Some(strategy) = strategy else { return };
    let is_rolling = strategy.type_.as_deref() == Some("RollingUpdate");
    let Some(rolling) = &mut strategy.rolling_update else { return };
    if !gates.has(Feature::MaxUnavailableStatefulSet) {
        rolling.max_unavailable = None;
    } else if is_rolling {
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
    }
}

/// Keeps what an update through `subresource` may not change and counts the generation.
pub fn prepare_for_update(
    new: &mut Object,
    old: &Object,
    subresource: Subresource,
    allocator: &mut Allocator,
    now: SimTime,
    gates: FeatureGates,
) -> ApiResult<()> {
    match subresource {
        Subresource::Main => keep_status(new, old),
        Subresource::Status => keep_all_but_status(new, old, now),
        Subresource::EphemeralContainers => keep_all_but_ephemeral(new, old),
        Subresource::Resize => resize::keep_all_but_resources(new, old),
        Subresource::Binding => {}
    }
    if subresource == Subresource::Main {
        match (&mut *new, old) {
            (Object::Service(new), Object::Service(old)) => {
                service::reallocate(Arc::make_mut(new), old, allocator)?;
            }
            (Object::DaemonSet(new), Object::DaemonSet(old)) => {
                let template = |set: &DaemonSet| set.spec.as_ref().map(|spec| spec.template.clone());
                let changed = template(new) != template(old);
                set_template_generation(Arc::make_mut(new), template_generation(old) + i64::from(changed));
            }
            (Object::StatefulSet(new), Object::StatefulSet(_)) => drop_gated(Arc::make_mut(new), gates),
            _ => {}
        }
    }
    if old.kind().info().counts_generation {
        let changed =
            !matches!(subresource, Subresource::Status | Subresource::Binding) && raises_generation(new, old);
        let generation = old.meta().generation.unwrap_or(1) + i64::from(changed);
        new.meta_mut().generation = Some(generation);
    }
    Ok(())
}

macro_rules! with_status {
    ($new:expr, $old:expr, |$n:ident, $o:ident| $body:expr; $($kind:ident),*) => {
        match ($new, $old) {
            $((Object::$kind(new), Object::$kind(old)) => {
                let ($n, $o) = (Arc::make_mut(new), old.as_ref());
                $body
            })*
            _ => {}
        }
    };
}

fn keep_status(new: &mut Object, old: &Object) {
    with_status!(new, old, |n, o| if n.status != o.status {
            n.status = o.status.clone();
        };
        Namespace, Node, PersistentVolumeClaim, PersistentVolume, Pod, Service,
        DaemonSet, Deployment, ReplicaSet, StatefulSet, HorizontalPodAutoscaler, CronJob, Job,
        PodDisruptionBudget, ResourceQuota, VolumeAttachment, Ingress);
}

fn keep_all_but_status(new: &mut Object, old: &Object, now: SimTime) {
    with_status!(&mut *new, old, |n, o| {
            // Most writers changed nothing else: comparing costs far less than another copy.
            if n.spec != o.spec {
                n.spec = o.spec.clone();
            }
            let version = n.metadata.resource_version.take();
            n.metadata.resource_version.clone_from(&o.metadata.resource_version);
            if n.metadata != o.metadata {
                n.metadata = o.metadata.clone();
            }
            n.metadata.resource_version = version;
        };
        Namespace, Node, PersistentVolumeClaim, PersistentVolume, Pod, Service,
        DaemonSet, Deployment, ReplicaSet, StatefulSet, HorizontalPodAutoscaler, CronJob, Job,
        PodDisruptionBudget, ResourceQuota, VolumeAttachment, Ingress);
    match (new, old) {
        (Object::Pod(new), Object::Pod(old)) => keep_qos_class(Arc::make_mut(new), old),
        (Object::PersistentVolume(new), Object::PersistentVolume(old)) => {
            stamp_phase(Arc::make_mut(new), old, now);
        }
        _ => {}
    }
}

/// Models pkg/registry/core/pod: dropNonEphemeralContainerUpdates.
fn keep_all_but_ephemeral(new: &mut Object, old: &Object) {
    let (Object::Pod(new), Object::Pod(old)) = (new, old) else { return };
    let mut kept = Pod::clone(old);
    let wanted = new.spec.as_ref().and_then(|spec| spec.ephemeral_containers.clone());
    kept.spec.get_or_insert_default().ephemeral_containers = wanted;
    *new = Arc::new(kept);
}

fn keep_qos_class(new: &mut Pod, old: &Pod) {
    let status = new.status.get_or_insert_default();
    if status.qos_class.is_none() {
        status.qos_class = old.status.as_ref().and_then(|status| status.qos_class.clone());
    }
}

/// Models pkg/registry/core/persistentvolume: the status strategy's phase transition time (KEP-3762).
fn stamp_phase(new: &mut PersistentVolume, old: &PersistentVolume, now: SimTime) {
    let Some(status) = &mut new.status else { return };
    let earlier = old.status.clone().unwrap_or_default();
    if status.phase != earlier.phase
        && status.last_phase_transition_time == earlier.last_phase_transition_time
    {
        status.last_phase_transition_time = Some(now.to_time());
    }
}

/// Whether a change counts as one of the desired state. A Deployment counts changes of its annotations too.
fn raises_generation(new: &Object, old: &Object) -> bool {
    match (new, old) {
        (Object::Pod(new), Object::Pod(old)) => new.spec != old.spec,
        (Object::Deployment(new), Object::Deployment(old)) => {
            new.spec != old.spec || new.metadata.annotations != old.metadata.annotations
        }
        (Object::DaemonSet(new), Object::DaemonSet(old)) => new.spec != old.spec,
        (Object::ReplicaSet(new), Object::ReplicaSet(old)) => new.spec != old.spec,
        (Object::StatefulSet(new), Object::StatefulSet(old)) => new.spec != old.spec,
        (Object::CronJob(new), Object::CronJob(old)) => new.spec != old.spec,
        (Object::Job(new), Object::Job(old)) => new.spec != old.spec,
        (Object::PodDisruptionBudget(new), Object::PodDisruptionBudget(old)) => new.spec != old.spec,
        (Object::Ingress(new), Object::Ingress(old)) => new.spec != old.spec,
        (Object::IngressClass(new), Object::IngressClass(old)) => new.spec != old.spec,
        (Object::NetworkPolicy(new), Object::NetworkPolicy(old)) => new.spec != old.spec,
        (Object::EndpointSlice(new), Object::EndpointSlice(old)) => {
            new.endpoints != old.endpoints
                || new.ports != old.ports
                || new.metadata.labels != old.metadata.labels
        }
        _ => false,
    }
}

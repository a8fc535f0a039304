//! What the API of an older release does not know: fields that are refused or not kept.
//!
//! The components of the simulator write as those of the newest release do; the older API server, and the
//! older kubelet behind it, would not have had the field. [`crate::api::differences`] says who has what.

mod restarts;

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodSpec, PodStatus};

use crate::api::template;
use crate::api::{ApiError, ApiResult, Feature, FeatureGates, FieldError, KubernetesVersion, Object};

/// Refuses fields that the API of the cluster's release lacks, as strict decoding does.
///
/// # Errors
/// BadRequest.
pub fn refuse_unknown(object: &Object, gates: FeatureGates) -> ApiResult<()> {
    let mut fields = restarts::unknown(object, gates);
    if !gates.has(Feature::JobPolicies) {
        fields.extend(job_policies(object));
    }
    if !gates.has(Feature::ImageVolumeKnown) {
        fields.extend(image_volumes(object));
    }
    if !gates.has(Feature::HpaToleranceKnown) {
        fields.extend(tolerances(object));
    }
    if fields.is_empty() {
        return Ok(());
    }
    let (kind, version) = (object.kind().name(), object.kind().info().version);
    Err(ApiError::bad_request(format!(
        "{kind} in version \"{version}\" cannot be handled as a {kind}: strict decoding error: {}",
        fields.join(", ")
    )))
}

/// The images among the volumes of the object's pods.
fn image_volumes(object: &Object) -> Vec<String> {
    let Some(spec) = template::pod_spec(object) else { return Vec::new() };
    let prefix = template::pod_spec_path(object.kind());
    let images = spec.volumes.iter().flatten().enumerate().filter(|(_, volume)| volume.image.is_some());
    images.map(|(index, _)| format!("unknown field \"{prefix}.volumes[{index}].image\"")).collect()
}

/// The fields of a Job, or of a CronJob's, that say more of failure and success than the release knows.
fn job_policies(object: &Object) -> Vec<String> {
    let (prefix, spec) = match object {
        Object::Job(job) => ("spec", job.spec.as_ref()),
        Object::CronJob(cron) => ("spec.jobTemplate.spec", cron.spec.job_template.spec.as_ref()),
        _ => return Vec::new(),
    };
    let Some(spec) = spec else { return Vec::new() };
    let fields = [
        ("backoffLimitPerIndex", spec.backoff_limit_per_index.is_some()),
        ("maxFailedIndexes", spec.max_failed_indexes.is_some()),
        ("podReplacementPolicy", spec.pod_replacement_policy.is_some()),
        ("successPolicy", spec.success_policy.is_some()),
    ];
    let given = fields.into_iter().filter(|(_, given)| *given);
    given.map(|(name, _)| format!("unknown field \"{prefix}.{name}\"")).collect()
}

/// The tolerances of an autoscaler's directions.
fn tolerances(object: &Object) -> Vec<String> {
    let Object::HorizontalPodAutoscaler(scaler) = object else { return Vec::new() };
    let Some(behavior) = scaler.spec.behavior.as_ref() else { return Vec::new() };
    let rules = [("scaleDown", &behavior.scale_down), ("scaleUp", &behavior.scale_up)];
    let given =
        rules.into_iter().filter(|(_, rules)| rules.as_ref().is_some_and(|rules| rules.tolerance.is_some()));
    given.map(|(name, _)| format!("unknown field \"spec.behavior.{name}.tolerance\"")).collect()
}

/// What validation refuses in the cluster's release, though the newest takes it.
pub fn refused_values(object: &Object, gates: FeatureGates) -> Vec<FieldError> {
    restarts::refused(object, gates)
}

/// Drops what the API of the cluster's release does not keep.
pub fn drop_fields(object: &mut Object, gates: FeatureGates) {
    if gates.version() == KubernetesVersion::default() {
        return;
    }
    restarts::drop_rules(object, gates);
    if !gates.has(Feature::InPlacePodResize) {
        drop_resize_policies(object);
    }
    let has_images = |spec: &PodSpec| spec.volumes.iter().flatten().any(|volume| volume.image.is_some());
    if !gates.has(Feature::ImageVolume)
        && template::pod_spec(object).is_some_and(has_images)
        && let Some(spec) = template::pod_spec_mut(object)
    {
        drop_image_volumes(spec);
    }
    match object {
        Object::Pod(pod) => drop_from_pod(Arc::make_mut(pod), gates),
        Object::Deployment(deployment) if !gates.has(Feature::TerminatingReplicas) => {
            if let Some(status) = &mut Arc::make_mut(deployment).status {
                status.terminating_replicas = None;
            }
        }
        Object::ReplicaSet(set) if !gates.has(Feature::TerminatingReplicas) => {
            if let Some(status) = &mut Arc::make_mut(set).status {
                status.terminating_replicas = None;
            }
        }
        Object::Job(job) if !gates.has(Feature::JobPolicies) => {
            if let Some(spec) = &mut Arc::make_mut(job).spec {
                spec.pod_replacement_policy = None;
            }
        }
        Object::CronJob(cron) if !gates.has(Feature::JobPolicies) => {
            if let Some(spec) = &mut Arc::make_mut(cron).spec.job_template.spec {
                spec.pod_replacement_policy = None;
            }
        }
        Object::HorizontalPodAutoscaler(scaler) if !gates.has(Feature::HpaTolerance) => {
            let behavior = Arc::make_mut(scaler).spec.behavior.as_mut();
            for rules in
                behavior.into_iter().flat_map(|behavior| [&mut behavior.scale_up, &mut behavior.scale_down])
            {
                rules.iter_mut().for_each(|rules| rules.tolerance = None);
            }
        }
        Object::PersistentVolume(volume) if !gates.has(Feature::VolumePhaseTime) => {
            if let Some(status) = &mut Arc::make_mut(volume).status {
                status.last_phase_transition_time = None;
            }
        }
        _ => {}
    }
}

fn drop_resize_policies(object: &mut Object) {
    let uses = |spec: &PodSpec| {
        let mut containers = spec.init_containers.iter().flatten().chain(&spec.containers);
        containers.any(|container| container.resize_policy.is_some())
    };
    if template::pod_spec(object).is_some_and(uses)
        && let Some(spec) = template::pod_spec_mut(object)
    {
        template::containers_mut(spec).for_each(|container| container.resize_policy = None);
    }
}

/// Models pkg/api/pod: dropImageVolumes.
fn drop_image_volumes(spec: &mut PodSpec) {
    let volumes = spec.volumes.take().unwrap_or_default();
    let (images, kept): (Vec<_>, Vec<_>) = volumes.into_iter().partition(|volume| volume.image.is_some());
    spec.volumes = (!kept.is_empty()).then_some(kept);
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        if let Some(mounts) = &mut container.volume_mounts {
            mounts.retain(|mount| !images.iter().any(|image| image.name == mount.name));
        }
    }
}

fn drop_from_pod(pod: &mut Pod, gates: FeatureGates) {
    if !gates.has(Feature::PodGeneration) {
        pod.metadata.generation = None;
    }
    let Some(status) = &mut pod.status else { return };
    if !gates.has(Feature::PodObservedGeneration) {
        status.observed_generation = None;
        for condition in status.conditions.iter_mut().flatten() {
            condition.observed_generation = None;
        }
    }
    if !gates.has(Feature::PodReadyToStartContainers)
        && let Some(conditions) = &mut status.conditions
    {
        conditions.retain(|condition| condition.type_ != "PodReadyToStartContainers");
    }
    if !gates.has(Feature::PodHostIps) {
        status.host_ips = None;
    }
    drop_from_containers(status, gates);
}

fn drop_from_containers(status: &mut PodStatus, gates: FeatureGates) {
    let lists = [&mut status.init_container_statuses, &mut status.container_statuses];
    for container in lists.into_iter().flatten().flatten() {
        let ContainerStatus { resources, allocated_resources, user, volume_mounts, .. } = container;
        if !gates.has(Feature::ContainerResourceStatus) {
            (*resources, *allocated_resources) = (None, None);
        }
        if !gates.has(Feature::ContainerUserStatus) {
            *user = None;
        }
        if !gates.has(Feature::ContainerMountStatus) {
            *volume_mounts = None;
        }
    }
}

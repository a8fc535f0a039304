//! What the API of an older release does not know: fields that are refused or not kept.
//!
//! The components of the simulator write as those of the newest release do; the older API server, and the
//! older kubelet behind it, would not have had the field. [`crate::api::differences`] says who has what.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodSpec, PodStatus};

use crate::api::{ApiError, ApiResult, Feature, FeatureGates, KubernetesVersion, Object};

/// Refuses fields that the API of the cluster's release lacks, as strict decoding does.
///
/// # Errors
/// BadRequest.
pub fn refuse_unknown(object: &Object, gates: FeatureGates) -> ApiResult<()> {
    let mut fields = if gates.has(Feature::SidecarContainers) { Vec::new() } else { sidecars(object) };
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

/// The spec of the object's pods, and where it stands.
fn pod_spec(object: &Object) -> Option<(&'static str, &PodSpec)> {
    let template = match object {
        Object::Pod(pod) => return Some(("spec", pod.spec.as_ref()?)),
        Object::CronJob(cron) => {
            let spec = cron.spec.job_template.spec.as_ref()?.template.spec.as_ref()?;
            return Some(("spec.jobTemplate.spec.template.spec", spec));
        }
        Object::StatefulSet(set) => &set.spec.as_ref()?.template,
        Object::Deployment(deployment) => &deployment.spec.as_ref()?.template,
        Object::DaemonSet(set) => &set.spec.as_ref()?.template,
        Object::ReplicaSet(set) => set.spec.as_ref()?.template.as_ref()?,
        Object::Job(job) => &job.spec.as_ref()?.template,
        _ => return None,
    };
    Some(("spec.template.spec", template.spec.as_ref()?))
}

/// The same for change.
fn pod_spec_mut(object: &mut Object) -> Option<&mut PodSpec> {
    let template = match object {
        Object::Pod(pod) => return Arc::make_mut(pod).spec.as_mut(),
        Object::CronJob(cron) => &mut Arc::make_mut(cron).spec.job_template.spec.as_mut()?.template,
        Object::StatefulSet(set) => &mut Arc::make_mut(set).spec.as_mut()?.template,
        Object::Deployment(deployment) => &mut Arc::make_mut(deployment).spec.as_mut()?.template,
        Object::DaemonSet(set) => &mut Arc::make_mut(set).spec.as_mut()?.template,
        Object::ReplicaSet(set) => Arc::make_mut(set).spec.as_mut()?.template.as_mut()?,
        Object::Job(job) => &mut Arc::make_mut(job).spec.as_mut()?.template,
        _ => return None,
    };
    template.spec.as_mut()
}

/// The fields of sidecar containers in the object's pods.
fn sidecars(object: &Object) -> Vec<String> {
    pod_spec(object).map(|(prefix, spec)| sidecar_fields(prefix, spec)).unwrap_or_default()
}

/// The images among the volumes of the object's pods.
fn image_volumes(object: &Object) -> Vec<String> {
    let Some((prefix, spec)) = pod_spec(object) else { return Vec::new() };
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

fn sidecar_fields(prefix: &str, spec: &PodSpec) -> Vec<String> {
    let init = spec.init_containers.iter().flatten().enumerate();
    init.filter(|(_, container)| container.restart_policy.is_some())
        .map(|(index, _)| format!("unknown field \"{prefix}.initContainers[{index}].restartPolicy\""))
        .collect()
}

/// Drops what the API of the cluster's release does not keep.
pub fn drop_fields(object: &mut Object, gates: FeatureGates) {
    if gates.version() == KubernetesVersion::default() {
        return;
    }
    let has_images =
        |(_, spec): (_, &PodSpec)| spec.volumes.iter().flatten().any(|volume| volume.image.is_some());
    if !gates.has(Feature::ImageVolume)
        && pod_spec(object).is_some_and(has_images)
        && let Some(spec) = pod_spec_mut(object)
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

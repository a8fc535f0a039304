//! Defaults of pods and pod templates. Models pkg/apis/core/v1: SetDefaults_PodSpec and its neighbours.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, EnvVar, EphemeralContainer, HTTPGetAction, Pod, PodSpec, PodTemplateSpec,
    Probe, ResourceRequirements, Volume, VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::{core, number, text};
use crate::api::quantity;

/// Mode of files from a ConfigMap, a Secret or the downward API: 0644.
const FILE_MODE: i32 = 0o644;

pub(super) fn set_template(template: &mut PodTemplateSpec) {
    template.metadata.get_or_insert_default();
    set_pod_spec(template.spec.get_or_insert_default());
}

pub(super) fn set_pod(pod: &mut Pod) {
    let spec = pod.spec.get_or_insert_default();
    set_pod_spec(spec);
    spec.enable_service_links.get_or_insert(true);
    let host_network = spec.host_network == Some(true);
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        if let Some(resources) = &mut container.resources {
            request_the_limits(resources);
        }
        if host_network {
            container
                .ports
                .iter_mut()
                .flatten()
                .for_each(|port| number(&mut port.host_port, port.container_port));
        }
    }
    request_for_the_whole(spec);
}

/// A pod that limits itself as a whole requests what its containers do, or else the limit.
///
/// Models pkg/apis/core/v1: defaultPodRequests (KEP-2837).
fn request_for_the_whole(spec: &mut PodSpec) {
    let Some(whole) = spec.resources.as_mut().filter(|whole| whole.limits.is_some()) else { return };
    let mut asked: BTreeMap<String, quantity::Quantity> = BTreeMap::new();
    let containers = spec.containers.iter().filter_map(|container| container.resources.as_ref());
    for (name, amount) in containers.flat_map(|resources| resources.requests.iter().flatten()) {
        let amount = quantity::Quantity::of(amount);
        asked.entry(name.clone()).and_modify(|sum| *sum = sum.plus(amount)).or_insert(amount);
    }
    let requests = whole.requests.get_or_insert_default();
    for (name, amount) in asked.into_iter().filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory")) {
        requests.entry(name).or_insert_with(|| amount.to_api());
    }
    request_the_limits(whole);
}

/// What has a limit and no request requests the limit.
fn request_the_limits(resources: &mut ResourceRequirements) {
    let Some(limits) = resources.limits.as_ref().filter(|limits| !limits.is_empty()) else { return };
    let requests = resources.requests.get_or_insert_default();
    for (name, limit) in limits {
        requests.entry(name.clone()).or_insert_with(|| limit.clone());
    }
}

fn set_pod_spec(spec: &mut PodSpec) {
    text(&mut spec.dns_policy, "ClusterFirst");
    text(&mut spec.restart_policy, "Always");
    spec.security_context.get_or_insert_default();
    spec.termination_grace_period_seconds.get_or_insert(30);
    text(&mut spec.scheduler_name, "default-scheduler");
    let host_network = spec.host_network == Some(true);
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        set_container(container);
        if host_network {
            container
                .ports
                .iter_mut()
                .flatten()
                .for_each(|port| number(&mut port.host_port, port.container_port));
        }
    }
    spec.ephemeral_containers.iter_mut().flatten().for_each(set_ephemeral_container);
    spec.volumes.iter_mut().flatten().for_each(set_volume);
    // The older name of the same field is kept equal, as the API's conversion does.
    match (&spec.service_account_name, &spec.service_account) {
        (Some(name), _) => spec.service_account = Some(name.clone()),
        (None, Some(name)) => spec.service_account_name = Some(name.clone()),
        (None, None) => {}
    }
}

/// What an ephemeral container may have of a container's fields.
fn set_ephemeral_container(container: &mut EphemeralContainer) {
    set_pull_policy(&mut container.image_pull_policy, container.image.as_deref());
    text(&mut container.termination_message_path, "/dev/termination-log");
    text(&mut container.termination_message_policy, "File");
    container.resources.get_or_insert_default();
    container.ports.iter_mut().flatten().for_each(|port| text(&mut port.protocol, "TCP"));
    container.env.iter_mut().flatten().for_each(set_env);
}

fn set_pull_policy(policy: &mut Option<String>, image: Option<&str>) {
    let latest = is_latest(image.unwrap_or_default());
    text(policy, if latest { "Always" } else { "IfNotPresent" });
}

fn set_container(container: &mut Container) {
    set_pull_policy(&mut container.image_pull_policy, container.image.as_deref());
    text(&mut container.termination_message_path, "/dev/termination-log");
    text(&mut container.termination_message_policy, "File");
    container.resources.get_or_insert_default();
    container.ports.iter_mut().flatten().for_each(|port: &mut ContainerPort| text(&mut port.protocol, "TCP"));
    container.env.iter_mut().flatten().for_each(set_env);
    let probes =
        [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe];
    probes.into_iter().flatten().for_each(set_probe);
    if let Some(lifecycle) = &mut container.lifecycle {
        let hooks = [&mut lifecycle.post_start, &mut lifecycle.pre_stop];
        let actions = hooks.into_iter().flatten().filter_map(|hook| hook.http_get.as_mut());
        actions.for_each(set_http_get);
    }
}

/// Whether the image's tag is `latest`, said or unsaid. Models parsers.ParseImageName.
fn is_latest(image: &str) -> bool {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => digest.is_none() && !image.is_empty(),
    }
}

fn set_env(variable: &mut EnvVar) {
    let Some(source) = &mut variable.value_from else { return };
    if let Some(field) = &mut source.field_ref {
        text(&mut field.api_version, "v1");
    }
    if let Some(field) = &mut source.resource_field_ref {
        field.divisor.get_or_insert_with(|| Quantity("0".to_owned()));
    }
}

fn set_probe(probe: &mut Probe) {
    number(&mut probe.timeout_seconds, 1);
    number(&mut probe.period_seconds, 10);
    number(&mut probe.success_threshold, 1);
    number(&mut probe.failure_threshold, 3);
    if let Some(action) = &mut probe.http_get {
        set_http_get(action);
    }
    if let Some(action) = &mut probe.grpc {
        action.service.get_or_insert_default();
    }
}

fn set_http_get(action: &mut HTTPGetAction) {
    text(&mut action.path, "/");
    text(&mut action.scheme, "HTTP");
}

fn set_volume(volume: &mut Volume) {
    let bare = Volume { name: volume.name.clone(), ..Volume::default() };
    if *volume == bare {
        volume.empty_dir = Some(Default::default());
    }
    if let Some(source) = &mut volume.config_map {
        source.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(source) = &mut volume.secret {
        source.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(source) = &mut volume.downward_api {
        source.default_mode.get_or_insert(FILE_MODE);
        let fields = source.items.iter_mut().flatten().filter_map(|item| item.field_ref.as_mut());
        fields.for_each(|field| text(&mut field.api_version, "v1"));
    }
    if let Some(source) = &mut volume.projected {
        source.default_mode.get_or_insert(FILE_MODE);
        source.sources.iter_mut().flatten().for_each(set_projection);
    }
    if let Some(source) = &mut volume.image {
        set_pull_policy(&mut source.pull_policy, source.reference.as_deref());
    }
    if let Some(source) = &mut volume.host_path {
        source.type_.get_or_insert_default();
    }
    if let Some(template) = volume.ephemeral.as_mut().and_then(|source| source.volume_claim_template.as_mut())
    {
        core::set_claim_spec(&mut template.spec);
    }
}

fn set_projection(projection: &mut VolumeProjection) {
    if let Some(token) = &mut projection.service_account_token {
        token.expiration_seconds.get_or_insert(3600);
    }
    let items = projection.downward_api.as_mut().and_then(|source| source.items.as_mut());
    for field in items.into_iter().flatten().filter_map(|item| item.field_ref.as_mut()) {
        text(&mut field.api_version, "v1");
    }
}

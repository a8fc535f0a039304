//! Defaults of the core, scheduling, storage and discovery groups but for pods. Models pkg/apis/core/v1: defaults.go.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Endpoints, LimitRange, Namespace, Node, PersistentVolume, PersistentVolumeClaim,
    PersistentVolumeClaimSpec, Secret, Service,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use k8s_openapi::{ByteString, api::core::v1::ServiceSpec};

use super::text;

pub(super) fn set_service(service: &mut Service) {
    let spec = service.spec.get_or_insert_default();
    text(&mut spec.session_affinity, "None");
    if spec.session_affinity.as_deref() == Some("ClientIP") {
        let config = spec.session_affinity_config.get_or_insert_default();
        config.client_ip.get_or_insert_default().timeout_seconds.get_or_insert(10_800);
    } else {
        spec.session_affinity_config = None;
    }
    text(&mut spec.type_, "ClusterIP");
    for port in spec.ports.iter_mut().flatten() {
        text(&mut port.protocol, "TCP");
        let unset = match &port.target_port {
            None | Some(IntOrString::Int(0)) => true,
            Some(IntOrString::String(name)) => name.is_empty(),
            Some(IntOrString::Int(_)) => false,
        };
        if unset {
            port.target_port = Some(IntOrString::Int(port.port));
        }
    }
    set_traffic_policies(spec);
    service.status.get_or_insert_default().load_balancer.get_or_insert_default();
}

fn set_traffic_policies(spec: &mut ServiceSpec) {
    let service_type = spec.type_.as_deref().unwrap_or_default();
    if matches!(service_type, "NodePort" | "LoadBalancer") {
        text(&mut spec.external_traffic_policy, "Cluster");
    }
    if service_type == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
    if matches!(service_type, "ClusterIP" | "NodePort" | "LoadBalancer") {
        text(&mut spec.internal_traffic_policy, "Cluster");
    }
}

pub(super) fn set_claim(claim: &mut PersistentVolumeClaim) {
    set_claim_spec(claim.spec.get_or_insert_default());
    text(&mut claim.status.get_or_insert_default().phase, "Pending");
}

pub(super) fn set_claim_spec(spec: &mut PersistentVolumeClaimSpec) {
    spec.resources.get_or_insert_default();
    text(&mut spec.volume_mode, "Filesystem");
}

pub(super) fn set_volume(volume: &mut PersistentVolume) {
    let spec = volume.spec.get_or_insert_default();
    text(&mut spec.persistent_volume_reclaim_policy, "Retain");
    text(&mut spec.volume_mode, "Filesystem");
    if let Some(host_path) = &mut spec.host_path {
        host_path.type_.get_or_insert_default();
    }
    text(&mut volume.status.get_or_insert_default().phase, "Pending");
}

/// Moves `stringData`, which is only ever written, into `data`.
pub(super) fn set_secret(secret: &mut Secret) {
    text(&mut secret.type_, "Opaque");
    if let Some(texts) = secret.string_data.take().filter(|texts| !texts.is_empty()) {
        let data = secret.data.get_or_insert_default();
        data.extend(texts.into_iter().map(|(key, text)| (key, ByteString(text.into_bytes()))));
    }
}

pub(super) fn set_namespace(namespace: &mut Namespace) {
    text(&mut namespace.status.get_or_insert_default().phase, "Active");
    if let Some(name) = namespace.metadata.name.clone().filter(|name| !name.is_empty()) {
        let labels = namespace.metadata.labels.get_or_insert_default();
        labels.insert("kubernetes.io/metadata.name".to_owned(), name);
    }
}

pub(super) fn set_node(node: &mut Node) {
    node.spec.get_or_insert_default();
    // The one address range stands for the first of the list, whichever way they are written.
    let spec = node.spec.get_or_insert_default();
    let ranges = spec.pod_cidrs.take().unwrap_or_default();
    spec.pod_cidrs = match spec.pod_cidr.take().filter(|range| !range.is_empty()) {
        Some(range) if ranges.first() != Some(&range) => Some(vec![range]),
        _ => Some(ranges).filter(|ranges| !ranges.is_empty()),
    };
    spec.pod_cidr = spec.pod_cidrs.as_ref().and_then(|ranges| ranges.first().cloned());
    let status = node.status.get_or_insert_default();
    if status.allocatable.is_none() {
        status.allocatable = status.capacity.clone();
    }
}

pub(super) fn set_storage_class(class: &mut StorageClass) {
    text(&mut class.reclaim_policy, "Delete");
    text(&mut class.volume_binding_mode, "Immediate");
}

pub(super) fn set_priority_class(class: &mut PriorityClass) {
    text(&mut class.preemption_policy, "PreemptLowerPriority");
}

pub(super) fn set_endpoints(endpoints: &mut Endpoints) {
    let ports = endpoints.subsets.iter_mut().flatten().flat_map(|subset| subset.ports.iter_mut().flatten());
    ports.for_each(|port| text(&mut port.protocol, "TCP"));
}

pub(super) fn set_endpoint_slice(slice: &mut EndpointSlice) {
    // Go holds them by value, so that they are there even when they say nothing.
    for endpoint in slice.endpoints.iter_mut().flatten() {
        endpoint.conditions.get_or_insert_default();
    }
    for port in slice.ports.iter_mut().flatten() {
        port.name.get_or_insert_default();
        text(&mut port.protocol, "TCP");
    }
}

/// Models pkg/apis/core/v1: SetDefaults_LimitRangeItem.
pub(super) fn set_limit_range(range: &mut LimitRange) {
    let items = range.spec.iter_mut().flat_map(|spec| &mut spec.limits);
    for item in items.filter(|item| item.type_ == "Container") {
        let fill = |list: &mut Option<BTreeMap<String, Quantity>>,
                    from: &Option<BTreeMap<String, Quantity>>| {
            for (name, amount) in from.iter().flatten() {
                list.get_or_insert_default().entry(name.clone()).or_insert_with(|| amount.clone());
            }
        };
        fill(&mut item.default, &item.max);
        fill(&mut item.default_request, &item.default);
        fill(&mut item.default_request, &item.min);
    }
}

//! The cluster in short, as JSON: what the lab's marks are decided from and what the inspector lists.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::{Value, json};
use sim_core::api::{Kind, meta, pod};
use sim_core::store::Store;
use sim_core::view::SYSTEM_NAMESPACES;

/// At most this many objects of a kind are told of.
const MOST: usize = 500;

/// The state of `store`, for somebody who works in `namespace`: the cluster's own pods are told of among themselves.
pub fn state(store: &Store, namespace: &str) -> Value {
    let is_told = |pod: &&Pod| {
        let home = meta::namespace(&pod.metadata);
        home == namespace || !SYSTEM_NAMESPACES.contains(&home)
    };
    let names = |kind: &Kind| {
        let of = store.list(*kind).take(MOST);
        let named = of.map(|object| json!([meta::namespace(object.meta()), meta::name(object.meta())]));
        (kind.name().to_owned(), Value::Array(named.collect()))
    };
    let told = [
        Kind::Node,
        Kind::Pod,
        Kind::StatefulSet,
        Kind::Deployment,
        Kind::ReplicaSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::CronJob,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::PersistentVolumeClaim,
        Kind::PersistentVolume,
        Kind::StorageClass,
        Kind::ConfigMap,
        Kind::Secret,
        Kind::HorizontalPodAutoscaler,
        Kind::PodDisruptionBudget,
        Kind::NetworkPolicy,
        Kind::Ingress,
        Kind::ResourceQuota,
        Kind::LimitRange,
        Kind::ServiceAccount,
        Kind::Namespace,
    ];
    json!({
        "revision": store.revision(),
        "objects": told.iter().map(names).collect::<serde_json::Map<String, Value>>(),
        "pods": store.all::<Pod>().filter(is_told).take(MOST).map(pod_state).collect::<Vec<_>>(),
        "sets": store.all::<StatefulSet>().take(MOST).map(set_state).collect::<Vec<_>>(),
        "claims": store.all::<PersistentVolumeClaim>().take(MOST).map(claim_state).collect::<Vec<_>>(),
        "services": store.all::<Service>().take(MOST).map(service_state).collect::<Vec<_>>(),
        "endpoints": store.all::<EndpointSlice>().take(MOST).map(slice_state).collect::<Vec<_>>(),
    })
}

fn pod_state(pod: &Pod) -> Value {
    let containers = pod.status.iter().filter_map(|status| status.container_statuses.as_ref()).flatten();
    json!({
        "namespace": meta::namespace(&pod.metadata),
        "name": meta::name(&pod.metadata),
        "uid": meta::uid(&pod.metadata),
        "phase": pod::phase(pod),
        "ready": pod::is_ready(pod),
        "terminating": meta::is_terminating(&pod.metadata),
        "restarts": containers.map(|container| container.restart_count).sum::<i32>(),
        "owner": meta::controller_of(&pod.metadata).map(|owner| owner.name.as_str()),
    })
}

fn set_state(set: &StatefulSet) -> Value {
    let spec = set.spec.as_ref();
    let ready = set.status.as_ref().and_then(|status| status.ready_replicas);
    json!({
        "name": meta::name(&set.metadata),
        "replicas": spec.and_then(|spec| spec.replicas).unwrap_or(1),
        "ready": ready.unwrap_or(0),
        "policy": spec.and_then(|spec| spec.pod_management_policy.as_deref()),
    })
}

fn claim_state(claim: &PersistentVolumeClaim) -> Value {
    json!({
        "name": meta::name(&claim.metadata),
        "phase": claim.status.as_ref().and_then(|status| status.phase.as_deref()),
        "volume": claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()),
    })
}

fn service_state(service: &Service) -> Value {
    json!({
        "name": meta::name(&service.metadata),
        "clusterIP": service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()),
    })
}

fn slice_state(slice: &EndpointSlice) -> Value {
    let service = meta::labels(&slice.metadata).get("kubernetes.io/service-name");
    let ready = slice.endpoints.iter().flatten().filter(|endpoint| {
        endpoint.conditions.as_ref().is_none_or(|conditions| conditions.ready.unwrap_or(true))
    });
    let pods = ready.filter_map(|endpoint| endpoint.target_ref.as_ref()?.name.as_deref());
    json!({ "service": service, "ready": pods.collect::<Vec<_>>() })
}

//! Defaulting: what the API server fills in before it validates. One file per API group.

mod apps;
mod autoscaling;
mod batch;
mod core;
mod networking;
mod pod;
mod rbac;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::object::Object;

/// Fills in the defaults of `object` as API version v1.36 does. Idempotent.
///
/// Models pkg/apis/*/v1: SetObjectDefaults. An object that has them already is not copied.
pub fn apply(object: &mut Object) {
    match object {
        Object::Pod(object) => pod::set_pod(Arc::make_mut(object)),
        Object::StatefulSet(object) => apps::set_stateful_set(Arc::make_mut(object)),
        Object::DaemonSet(object) => apps::set_daemon_set(Arc::make_mut(object)),
        Object::Deployment(object) => apps::set_deployment(Arc::make_mut(object)),
        Object::ReplicaSet(object) => apps::set_replica_set(Arc::make_mut(object)),
        Object::HorizontalPodAutoscaler(object) => autoscaling::set_autoscaler(Arc::make_mut(object)),
        Object::CronJob(object) => batch::set_cron_job(Arc::make_mut(object)),
        Object::Job(object) => batch::set_job(Arc::make_mut(object)),
        Object::Service(object) => core::set_service(Arc::make_mut(object)),
        Object::PersistentVolumeClaim(object) => core::set_claim(Arc::make_mut(object)),
        Object::PersistentVolume(object) => core::set_volume(Arc::make_mut(object)),
        Object::Secret(object) => core::set_secret(Arc::make_mut(object)),
        Object::Namespace(object) => core::set_namespace(Arc::make_mut(object)),
        Object::Node(object) => core::set_node(Arc::make_mut(object)),
        Object::PriorityClass(object) => core::set_priority_class(Arc::make_mut(object)),
        Object::StorageClass(object) => core::set_storage_class(Arc::make_mut(object)),
        Object::Endpoints(object) => core::set_endpoints(Arc::make_mut(object)),
        Object::EndpointSlice(object) => core::set_endpoint_slice(Arc::make_mut(object)),
        Object::LimitRange(object) => core::set_limit_range(Arc::make_mut(object)),
        Object::Ingress(object) => networking::set_ingress(Arc::make_mut(object)),
        Object::IngressClass(object) => networking::set_ingress_class(Arc::make_mut(object)),
        Object::NetworkPolicy(object) => networking::set_network_policy(Arc::make_mut(object)),
        Object::ClusterRoleBinding(object) => rbac::set_cluster_role_binding(Arc::make_mut(object)),
        Object::RoleBinding(object) => rbac::set_role_binding(Arc::make_mut(object)),
        Object::ClusterRole(_)
        | Object::Role(_)
        | Object::ConfigMap(_)
        | Object::ResourceQuota(_)
        | Object::ServiceAccount(_)
        | Object::Event(_)
        | Object::ControllerRevision(_)
        | Object::PodDisruptionBudget(_)
        | Object::Lease(_)
        | Object::CSINode(_)
        | Object::VolumeAttachment(_) => {}
    }
}

/// Sets a text that is absent or empty.
fn text(field: &mut Option<String>, value: &str) {
    if field.as_deref().unwrap_or_default().is_empty() {
        *field = Some(value.to_owned());
    }
}

/// Sets a number that is absent or zero, as Go sees numbers that it holds by value.
fn number(field: &mut Option<i32>, value: i32) {
    if field.unwrap_or(0) == 0 {
        *field = Some(value);
    }
}

//! Validation, with upstream's field paths, messages and order. One file per kind or shared type.

mod apps;
mod autoscaling;
mod batch;
pub(crate) mod cidr;
pub(crate) mod cluster_ips;
mod config;
mod container;
mod cron_job;
mod daemon_set;
mod dns;
mod endpoints;
mod environment;
mod ephemeral;
pub(crate) mod format;
mod ingress;
mod internal;
mod meta;
mod network;
mod network_policy;
mod node;
mod persistent_volume;
mod placement;
mod pod;
mod pod_update;
mod policy;
mod priority;
mod probe;
mod quota;
mod rbac;
mod resize;
mod resources;
mod restart;
mod security;
mod storage;
#[cfg(test)]
mod tests;
mod unified;
mod volume;

use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use super::FeatureGates;
use super::field::FieldError;
use super::object::Object;

pub(crate) use ingress::CLASS_ANNOTATION;
pub(crate) use priority::SYSTEM_CLASSES;

/// What is wrong with a new object; empty when nothing is.
pub fn validate_create(object: &Object) -> Vec<FieldError> {
    let mut errors = Errors::default();
    if matches!(object, Object::Event(_)) {
        meta::event(&mut errors, object.meta());
        return errors.0;
    }
    meta::create(&mut errors, object);
    validate_content(&mut errors, object);
    errors.0
}

/// What is wrong with replacing `old` by `new`; empty when nothing is.
pub fn validate_update(new: &Object, old: &Object, gates: FeatureGates) -> Vec<FieldError> {
    let mut errors = Errors::default();
    if matches!(new, Object::Event(_)) {
        return errors.0;
    }
    meta::update(&mut errors, new, old);
    match (new, old) {
        (Object::Pod(new), Object::Pod(old)) => pod_update::check(&mut errors, new, old),
        (Object::StatefulSet(new), Object::StatefulSet(old)) => {
            apps::stateful_set_update(&mut errors, new, old)
        }
        (Object::DaemonSet(new), Object::DaemonSet(old)) => daemon_set::update(&mut errors, new, old),
        (Object::Deployment(new), Object::Deployment(old)) => apps::deployment_update(&mut errors, new, old),
        (Object::ReplicaSet(new), Object::ReplicaSet(old)) => apps::replica_set_update(&mut errors, new, old),
        (Object::ControllerRevision(new), Object::ControllerRevision(old)) => {
            apps::controller_revision_update(&mut errors, new, old);
        }
        (Object::HorizontalPodAutoscaler(new), _) => autoscaling::autoscaler(&mut errors, new),
        (Object::CronJob(new), Object::CronJob(old)) => cron_job::update(&mut errors, new, old),
        (Object::Job(new), Object::Job(old)) => batch::job_update(&mut errors, new, old, gates),
        (Object::Service(new), Object::Service(old)) => network::service_update(&mut errors, new, old),
        (Object::PersistentVolumeClaim(new), Object::PersistentVolumeClaim(old)) => {
            storage::claim_update(&mut errors, new, old);
        }
        (Object::PersistentVolume(new), Object::PersistentVolume(old)) => {
            persistent_volume::update(&mut errors, new, old);
        }
        (Object::PriorityClass(new), Object::PriorityClass(old)) => {
            priority::class_update(&mut errors, new, old)
        }
        (Object::StorageClass(new), Object::StorageClass(old)) => {
            storage::class_update(&mut errors, new, old)
        }
        (Object::Node(new), Object::Node(old)) => node::node_update(&mut errors, new, old),
        (Object::ResourceQuota(new), Object::ResourceQuota(old)) => {
            quota::quota_update(&mut errors, new, old)
        }
        (Object::ConfigMap(new), Object::ConfigMap(old)) => config::config_map_update(&mut errors, new, old),
        (Object::Secret(new), Object::Secret(old)) => config::secret_update(&mut errors, new, old),
        (Object::Ingress(new), Object::Ingress(old)) => ingress::update(&mut errors, new, old),
        (Object::IngressClass(new), Object::IngressClass(old)) => {
            ingress::class_update(&mut errors, new, old)
        }
        (Object::ClusterRoleBinding(new), Object::ClusterRoleBinding(old)) => {
            rbac::cluster_role_binding_update(&mut errors, new, old);
        }
        (Object::RoleBinding(new), Object::RoleBinding(old)) => {
            rbac::role_binding_update(&mut errors, new, old);
        }
        _ => validate_content(&mut errors, new),
    }
    errors.0
}

/// What is wrong with replacing the status of `old` by that of `new`; empty when nothing is, or nobody looks.
pub fn validate_status_update(new: &Object, old: &Object) -> Vec<FieldError> {
    let mut errors = Errors::default();
    if let (Object::StatefulSet(new), Object::StatefulSet(old)) = (new, old) {
        apps::stateful_set_status(&mut errors, new, old);
    }
    if let Object::Ingress(new) = new {
        ingress::status_update(&mut errors, new);
    }
    errors.0
}

/// What is wrong with a pod's ephemeral containers, asked for through their subresource.
///
/// Models pkg/apis/core/validation: ValidatePodEphemeralContainersUpdate.
pub fn validate_ephemeral_containers(new: &Pod, old: &Pod) -> Vec<FieldError> {
    let mut errors = Errors::default();
    ephemeral::check(&mut errors, new);
    ephemeral::update(&mut errors, new, old);
    errors.0
}

/// What is wrong with a pod's resize, asked for through its subresource.
///
/// Models pkg/apis/core/validation: ValidatePodResize.
pub fn validate_resize(new: &Pod, old: &Pod) -> Vec<FieldError> {
    let mut errors = Errors::default();
    resize::check(&mut errors, new, old);
    errors.0
}

fn validate_content(errors: &mut Errors, object: &Object) {
    match object {
        Object::Pod(object) => pod::create(errors, object),
        Object::StatefulSet(object) => apps::stateful_set(errors, object),
        Object::DaemonSet(object) => daemon_set::create(errors, object),
        Object::Deployment(object) => apps::deployment(errors, object),
        Object::ReplicaSet(object) => apps::replica_set(errors, object),
        Object::ControllerRevision(object) => apps::controller_revision(errors, object),
        Object::HorizontalPodAutoscaler(object) => autoscaling::autoscaler(errors, object),
        Object::CronJob(object) => cron_job::create(errors, object),
        Object::Job(object) => batch::job(errors, object),
        Object::Service(object) => network::service(errors, object),
        Object::Endpoints(object) => endpoints::check(errors, object),
        Object::EndpointSlice(object) => network::endpoint_slice(errors, object),
        Object::PersistentVolumeClaim(object) => storage::claim(errors, object),
        Object::PersistentVolume(object) => persistent_volume::create(errors, object),
        Object::PodDisruptionBudget(object) => policy::budget(errors, object),
        Object::PriorityClass(object) => priority::class(errors, object),
        Object::ResourceQuota(object) => quota::quota(errors, object),
        Object::LimitRange(object) => quota::limit_range(errors, object),
        Object::StorageClass(object) => storage::class(errors, object),
        Object::ConfigMap(object) => config::config_map(errors, object),
        Object::Secret(object) => config::secret(errors, object),
        Object::Node(object) => node::node(errors, object),
        Object::Ingress(object) => ingress::create(errors, object),
        Object::IngressClass(object) => ingress::class(errors, object),
        Object::NetworkPolicy(object) => network_policy::create(errors, object),
        Object::ClusterRole(object) => rbac::cluster_role(errors, object),
        Object::ClusterRoleBinding(object) => rbac::cluster_role_binding(errors, object),
        Object::Role(object) => rbac::role(errors, object),
        Object::RoleBinding(object) => rbac::role_binding(errors, object),
        Object::Namespace(_)
        | Object::Event(_)
        | Object::Lease(_)
        | Object::CSINode(_)
        | Object::ServiceAccount(_)
        | Object::VolumeAttachment(_) => {}
    }
}

/// What is wrong with the name of a port.
pub(crate) fn port_name_problems(name: &str) -> Vec<String> {
    format::port_name(name)
}

/// Whether the text is a DNS subdomain, as most names are.
pub(crate) fn is_dns_subdomain(name: &str) -> bool {
    !name.is_empty() && format::dns_subdomain(name).is_empty()
}

/// Complaints in the order in which they are found.
#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn push(&mut self, error: FieldError) {
        self.0.push(error);
    }

    fn invalid(&mut self, path: impl Into<String>, value: impl Into<Value>, why: impl Into<String>) {
        self.push(FieldError::invalid(path, value, why));
    }

    /// A complaint about a structure, which is shown as the API server's own.
    fn invalid_struct(&mut self, path: impl Into<String>, value: Value, shown: String, why: &str) {
        self.push(FieldError { shown: Some(shown), ..FieldError::invalid(path, value, why) });
    }

    /// One complaint for each problem of a text.
    fn invalid_all(&mut self, path: impl Into<String>, value: &str, problems: format::Problems) {
        if problems.is_empty() {
            return;
        }
        let path = path.into();
        for problem in problems {
            self.invalid(path.as_str(), value, problem);
        }
    }

    fn required(&mut self, path: impl Into<String>, why: impl Into<String>) {
        self.push(FieldError::required(path, why));
    }

    fn forbidden(&mut self, path: impl Into<String>, why: impl Into<String>) {
        self.push(FieldError::forbidden(path, why));
    }

    fn not_negative(&mut self, path: impl Into<String>, number: Option<impl Into<i64>>) {
        if let Some(number) = number.map(Into::into).filter(|number| *number < 0) {
            self.invalid(path, number, "must be greater than or equal to 0");
        }
    }

    /// One of a closed set of words.
    fn one_of(&mut self, path: impl Into<String>, value: Option<&str>, supported: &[&str]) {
        match value.unwrap_or_default() {
            "" => self.required(path, ""),
            value if supported.contains(&value) => {}
            value => self.push(FieldError::not_supported(path, value, supported)),
        }
    }
}

//! The pod template of any object that has one, for reading and for change.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};

use super::{Kind, Object};

/// The pod spec inside `object`: its own, or its template's.
pub fn pod_spec(object: &Object) -> Option<&PodSpec> {
    match object {
        Object::Pod(pod) => pod.spec.as_ref(),
        other => template(other)?.spec.as_ref(),
    }
}

/// The pod spec inside `object`, for change; copies the object when it is shared.
pub fn pod_spec_mut(object: &mut Object) -> Option<&mut PodSpec> {
    match object {
        Object::Pod(pod) => Arc::make_mut(pod).spec.as_mut(),
        other => template_mut(other)?.spec.as_mut(),
    }
}

/// Where [`pod_spec`] stands in an object of that kind.
pub fn pod_spec_path(kind: Kind) -> &'static str {
    match kind {
        Kind::Pod => "spec",
        Kind::CronJob => "spec.jobTemplate.spec.template.spec",
        _ => "spec.template.spec",
    }
}

/// Gives the object the specs that Go's types always have.
pub fn complete(object: &mut Object) {
    match object {
        Object::Pod(pod) => _ = Arc::make_mut(pod).spec.get_or_insert_default(),
        Object::StatefulSet(set) => _ = Arc::make_mut(set).spec.get_or_insert_default(),
        Object::Deployment(deployment) => _ = Arc::make_mut(deployment).spec.get_or_insert_default(),
        Object::DaemonSet(set) => _ = Arc::make_mut(set).spec.get_or_insert_default(),
        Object::CronJob(cron) => {
            _ = Arc::make_mut(cron).spec.job_template.spec.get_or_insert_default();
        }
        Object::Job(job) => _ = Arc::make_mut(job).spec.get_or_insert_default(),
        Object::ReplicaSet(set) => {
            _ = Arc::make_mut(set).spec.get_or_insert_default().template.get_or_insert_default();
        }
        _ => {}
    }
    if let Some(template) = template_mut(object) {
        template.spec.get_or_insert_default();
    }
}

/// The pod template of `object`.
pub fn template(object: &Object) -> Option<&PodTemplateSpec> {
    match object {
        Object::StatefulSet(set) => Some(&set.spec.as_ref()?.template),
        Object::Deployment(deployment) => Some(&deployment.spec.as_ref()?.template),
        Object::DaemonSet(set) => Some(&set.spec.as_ref()?.template),
        Object::CronJob(cron) => Some(&cron.spec.job_template.spec.as_ref()?.template),
        Object::Job(job) => Some(&job.spec.as_ref()?.template),
        Object::ReplicaSet(set) => set.spec.as_ref()?.template.as_ref(),
        _ => None,
    }
}

/// The pod template of `object`, for change; copies the object when it is shared.
pub fn template_mut(object: &mut Object) -> Option<&mut PodTemplateSpec> {
    match object {
        Object::StatefulSet(set) => Some(&mut Arc::make_mut(set).spec.as_mut()?.template),
        Object::Deployment(deployment) => Some(&mut Arc::make_mut(deployment).spec.as_mut()?.template),
        Object::DaemonSet(set) => Some(&mut Arc::make_mut(set).spec.as_mut()?.template),
        Object::CronJob(cron) => Some(&mut Arc::make_mut(cron).spec.job_template.spec.as_mut()?.template),
        Object::Job(job) => Some(&mut Arc::make_mut(job).spec.as_mut()?.template),
        Object::ReplicaSet(set) => Arc::make_mut(set).spec.as_mut()?.template.as_mut(),
        _ => None,
    }
}

/// Every container of the pod, init containers first.
pub fn containers_mut(spec: &mut PodSpec) -> impl Iterator<Item = &mut Container> {
    spec.init_containers.iter_mut().flatten().chain(spec.containers.iter_mut())
}

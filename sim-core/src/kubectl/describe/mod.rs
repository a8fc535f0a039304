//! `kubectl describe`'s texts, one kind a file.
//!
//! Models kubectl pkg/describe. Every text is computed from the store at one moment.

mod containers;

mod cron_job;
mod daemon_set;
mod deployment;
mod events;
mod generic;
mod horizontal_pod_autoscaler;
mod ingress;
mod job;
mod network_policy;
mod node;
mod persistent_volume;
mod persistent_volume_claim;
mod pod;
mod quota;
mod rbac;
mod service;
mod small;
mod stateful_set;
mod template;
mod text;
mod volumes;
mod workload;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

pub(in crate::kubectl) use containers::resource_field;
pub use events::interval;

use crate::api::{FeatureGates, Kind, Object, SimTime, meta};
use crate::store::Store;
use text::Text;

/// What a description may look at beside its object.
pub(super) struct Subject<'a> {
    store: &'a Store,
    now: SimTime,
    namespace: &'a str,
}

/// The description of `object`, with the events about it when `show_events` says so.
pub fn describe(
    store: &Store,
    object: &Object,
    now: SimTime,
    show_events: bool,
    gates: FeatureGates,
) -> String {
    let subject = Subject { store, now, namespace: meta::namespace(object.meta()) };
    let mut text = Text::default();
    match object {
        Object::Pod(pod) => pod::describe(&mut text, pod, &subject),
        Object::StatefulSet(set) => stateful_set::describe(&mut text, set, &subject),
        Object::DaemonSet(set) => daemon_set::describe(&mut text, set, &subject),
        Object::Deployment(deployment) => deployment::describe(&mut text, deployment, &subject),
        Object::ReplicaSet(set) => deployment::describe_replica_set(&mut text, set, &subject),
        Object::HorizontalPodAutoscaler(scaler) => horizontal_pod_autoscaler::describe(&mut text, scaler),
        Object::CronJob(cron) => cron_job::describe(&mut text, cron, gates),
        Object::Job(job) => job::describe(&mut text, job),
        Object::Service(service) => service::describe(&mut text, service, &subject, gates),
        Object::PersistentVolumeClaim(claim) => persistent_volume_claim::describe(&mut text, claim, &subject),
        Object::PersistentVolume(volume) => persistent_volume::describe(&mut text, volume, &subject),
        Object::Node(node) => node::describe(&mut text, node, &subject),
        Object::Namespace(namespace) => small::namespace(&mut text, namespace, &subject),
        Object::ResourceQuota(object) => quota::quota(&mut text, object),
        Object::LimitRange(object) => quota::limit_range(&mut text, object),
        Object::ServiceAccount(account) => small::service_account(&mut text, account, &subject, gates),
        Object::ConfigMap(map) => small::config_map(&mut text, map),
        Object::Secret(secret) => small::secret(&mut text, secret),
        Object::StorageClass(class) => small::storage_class(&mut text, class),
        Object::Endpoints(endpoints) => small::endpoints(&mut text, endpoints),
        Object::EndpointSlice(slice) => small::endpoint_slice(&mut text, slice),
        Object::PodDisruptionBudget(budget) => small::disruption_budget(&mut text, budget),
        Object::PriorityClass(class) => small::priority_class(&mut text, class),
        Object::CSINode(node) => small::csi_node(&mut text, node),
        Object::Ingress(ingress) => ingress::describe(&mut text, ingress, &subject, gates),
        Object::IngressClass(class) => ingress::describe_class(&mut text, class),
        Object::NetworkPolicy(policy) => network_policy::describe(&mut text, policy),
        Object::ClusterRole(role) => rbac::cluster_role(&mut text, role),
        Object::ClusterRoleBinding(binding) => rbac::cluster_role_binding(&mut text, binding),
        Object::Role(role) => rbac::role(&mut text, role),
        Object::RoleBinding(binding) => rbac::role_binding(&mut text, binding),
        Object::ControllerRevision(_) | Object::Event(_) | Object::Lease(_) | Object::VolumeAttachment(_) => {
            generic::describe(&mut text, object);
        }
    }
    if show_events && has_events(object.kind()) {
        events::describe(&mut text, &events::about(store, object), now, gates);
    }
    text.finish()
}

/// Whether upstream looks for events of the kind.
fn has_events(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Namespace
            | Kind::Secret
            | Kind::ResourceQuota
            | Kind::LimitRange
            | Kind::NetworkPolicy
            | Kind::ClusterRole
            | Kind::ClusterRoleBinding
            | Kind::Role
            | Kind::RoleBinding
    )
}

/// The pod template as `rollout history --revision` prints it: tabs instead of aligned columns.
pub fn pod_template(template: &PodTemplateSpec) -> String {
    let mut text = Text::default();
    template::describe(&mut text, Some(template));
    text.unaligned()
}

fn or_empty(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

fn bool_text(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// A list as Go's `%v` writes it, `[a b]`.
fn list_text(items: &[String]) -> String {
    format!("[{}]", items.join(" "))
}

/// A time in the form of RFC 1123 with a numeric zone, `Mon, 23 Nov 2026 11:51:48 +0000`; an absent time
/// is Go's zero time.
fn time_text(time: Option<&Time>) -> String {
    match time {
        Some(time) => time.0.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
        None => "Mon, 01 Jan 0001 00:00:00 +0000".to_owned(),
    }
}

//! Defaults of `apps/v1`. Models pkg/apis/apps/v1: defaults.go.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{core, pod, text};

pub(super) fn set_stateful_set(set: &mut StatefulSet) {
    let spec = set.spec.get_or_insert_default();
    pod::set_template(&mut spec.template);
    spec.volume_claim_templates.iter_mut().flatten().for_each(core::set_claim);
    text(&mut spec.pod_management_policy, "OrderedReady");
    let strategy = spec.update_strategy.get_or_insert_default();
    // A type that the user gave gets no parameters beside it, and new pods are then of another revision.
    if strategy.type_.as_deref().unwrap_or_default().is_empty() {
        strategy.rolling_update.get_or_insert_default();
    }
    text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate")
        && let Some(rolling) = &mut strategy.rolling_update
    {
        rolling.partition.get_or_insert(0);
    }
    let retention = spec.persistent_volume_claim_retention_policy.get_or_insert_default();
    text(&mut retention.when_deleted, "Retain");
    text(&mut retention.when_scaled, "Retain");
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(10);
    set.status.get_or_insert_default().available_replicas.get_or_insert(0);
}

pub(super) fn set_deployment(deployment: &mut Deployment) {
    let spec = deployment.spec.get_or_insert_default();
    pod::set_template(&mut spec.template);
    spec.replicas.get_or_insert(1);
    let strategy = spec.strategy.get_or_insert_default();
    text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert_with(|| IntOrString::String("25%".to_owned()));
        rolling.max_surge.get_or_insert_with(|| IntOrString::String("25%".to_owned()));
    }
    spec.revision_history_limit.get_or_insert(10);
    spec.progress_deadline_seconds.get_or_insert(600);
    deployment.status.get_or_insert_default();
}

pub(super) fn set_daemon_set(set: &mut DaemonSet) {
    let spec = set.spec.get_or_insert_default();
    pod::set_template(&mut spec.template);
    let strategy = spec.update_strategy.get_or_insert_default();
    text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
        rolling.max_surge.get_or_insert(IntOrString::Int(0));
    }
    spec.revision_history_limit.get_or_insert(10);
    set.status.get_or_insert_default();
}

pub(super) fn set_replica_set(set: &mut ReplicaSet) {
    let spec = set.spec.get_or_insert_default();
    pod::set_template(spec.template.get_or_insert_default());
    spec.replicas.get_or_insert(1);
    set.status.get_or_insert_default();
}

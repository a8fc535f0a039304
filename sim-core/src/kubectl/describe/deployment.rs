//! Models kubectl pkg/describe: describeDeployment and describeReplicaSet.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};

use super::containers::port_number;
use super::text::Text;
use super::{Subject, or_empty, template, time_text, workload};
use crate::api::kinds::format::{NONE, format_selector};
use crate::api::meta;

pub(super) fn describe(text: &mut Text, deployment: &Deployment, subject: &Subject<'_>) {
    let spec = deployment.spec.clone().unwrap_or_default();
    let status = deployment.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&deployment.metadata));
    text.field(0, "Namespace", meta::namespace(&deployment.metadata));
    text.field(0, "CreationTimestamp", time_text(deployment.metadata.creation_timestamp.as_ref()));
    text.labels("", "Labels", deployment.metadata.labels.as_ref());
    text.annotations("Annotations", deployment.metadata.annotations.as_ref());
    text.field(0, "Selector", format_selector(&spec.selector));
    text.field(
        0,
        "Replicas",
        format_args!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            spec.replicas.unwrap_or(0),
            status.updated_replicas.unwrap_or(0),
            status.replicas.unwrap_or(0),
            status.available_replicas.unwrap_or(0),
            status.unavailable_replicas.unwrap_or(0)
        ),
    );
    let strategy = spec.strategy.unwrap_or_default();
    text.field(0, "StrategyType", or_empty(&strategy.type_));
    text.field(0, "MinReadySeconds", spec.min_ready_seconds.unwrap_or(0));
    if let Some(rolling) = &strategy.rolling_update {
        let unavailable = rolling.max_unavailable.as_ref().map(port_number).unwrap_or_default();
        let surge = rolling.max_surge.as_ref().map(port_number).unwrap_or_default();
        let value = format!("{unavailable} max unavailable, {surge} max surge");
        text.field(0, "RollingUpdateStrategy", value);
    }
    template::describe(text, Some(&spec.template));
    let conditions = status.conditions.iter().flatten();
    condition_table(text, conditions.map(|c| (c.type_.as_str(), c.status.as_str(), or_empty(&c.reason))));
    let (old, new) = workload::replica_sets(subject.store, deployment);
    if !old.is_empty() || new.is_some() {
        text.field(0, "OldReplicaSets", list(&old));
        text.field(0, "NewReplicaSet", list(new.as_slice()));
    }
}

pub(super) fn describe_replica_set(text: &mut Text, set: &ReplicaSet, subject: &Subject<'_>) {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&set.metadata));
    text.field(0, "Namespace", meta::namespace(&set.metadata));
    text.field(0, "Selector", format_selector(&spec.selector));
    text.labels("", "Labels", set.metadata.labels.as_ref());
    text.annotations("Annotations", set.metadata.annotations.as_ref());
    if let Some(owner) = meta::controller_of(&set.metadata) {
        text.field(0, "Controlled By", format_args!("{}/{}", owner.kind, owner.name));
    }
    let desired = spec.replicas.unwrap_or(0);
    text.field(0, "Replicas", format_args!("{} current / {desired} desired", status.replicas));
    text.field(0, "Pods Status", workload::pods_status(subject.store, meta::uid(&set.metadata)));
    template::describe(text, spec.template.as_ref());
    let conditions = status.conditions.iter().flatten();
    condition_table(text, conditions.map(|c| (c.type_.as_str(), c.status.as_str(), or_empty(&c.reason))));
}

fn condition_table<'a>(text: &mut Text, conditions: impl Iterator<Item = (&'a str, &'a str, &'a str)>) {
    for (index, (name, status, reason)) in conditions.enumerate() {
        if index == 0 {
            text.line(0, "Conditions:\n  Type\tStatus\tReason");
            text.line(1, "----\t------\t------");
        }
        text.line(1, format_args!("{name} \t{status}\t{reason}"));
    }
}

fn list(sets: &[&ReplicaSet]) -> String {
    let texts: Vec<String> = sets
        .iter()
        .map(|set| {
            let created = set.status.as_ref().map_or(0, |status| status.replicas);
            let desired = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
            format!("{} ({created}/{desired} replicas created)", meta::name(&set.metadata))
        })
        .collect();
    if texts.is_empty() { NONE.to_owned() } else { texts.join(", ") }
}

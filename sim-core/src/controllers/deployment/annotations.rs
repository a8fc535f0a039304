//! The annotations by which a Deployment and its ReplicaSets know each other's revisions and sizes.
//!
//! Models pkg/controller/deployment/util: SetNewReplicaSetAnnotations and its neighbours.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};

use crate::api::meta;

/// The revision of a ReplicaSet's template, and of a Deployment's current one.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
/// The revisions that a ReplicaSet had before it was rolled back to.
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The Deployment's replicas when the ReplicaSet was last scaled.
const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// The most pods the Deployment allowed when the ReplicaSet was last scaled.
const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// Annotations of the Deployment that do not come to its ReplicaSets.
const NOT_COPIED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

type Annotations = BTreeMap<String, String>;

/// The ReplicaSet's revision, 0 when it has none.
pub(super) fn revision_of(set: &ReplicaSet) -> i64 {
    number(&set.metadata.annotations, REVISION).unwrap_or(0)
}

/// The size of the Deployment that the ReplicaSet knows.
pub(super) fn desired_replicas(set: &ReplicaSet) -> Option<i32> {
    number(&set.metadata.annotations, DESIRED_REPLICAS).and_then(|number| i32::try_from(number).ok())
}

/// The most pods of the Deployment that the ReplicaSet knows.
pub(super) fn max_replicas(set: &ReplicaSet) -> Option<i32> {
    number(&set.metadata.annotations, MAX_REPLICAS).and_then(|number| i32::try_from(number).ok())
}

/// Writes the sizes; returns whether that changed anything.
pub(super) fn set_replicas(set: &mut ReplicaSet, desired: i32, max: i32) -> bool {
    let annotations = set.metadata.annotations.get_or_insert_default();
    let desired = put(annotations, DESIRED_REPLICAS, desired.to_string());
    let max = put(annotations, MAX_REPLICAS, max.to_string());
    desired || max
}

/// Writes the revision into the Deployment; returns whether that changed anything.
pub(super) fn set_deployment_revision(deployment: &mut Deployment, revision: i64) -> bool {
    put(deployment.metadata.annotations.get_or_insert_default(), REVISION, revision.to_string())
}

/// Copies the Deployment's annotations and raises the revision; returns whether that changed anything.
pub(super) fn set_new(deployment: &Deployment, set: &mut ReplicaSet, revision: i64) -> bool {
    let old = number(&set.metadata.annotations, REVISION);
    let annotations = set.metadata.annotations.get_or_insert_default();
    let mut changed = false;
    for (key, value) in meta::annotations(&deployment.metadata) {
        if !NOT_COPIED.contains(&key.as_str()) {
            changed |= put(annotations, key, value.clone());
        }
    }
    if old.unwrap_or(0) >= revision {
        return changed;
    }
    annotations.insert(REVISION.to_owned(), revision.to_string());
    if let Some(old) = old {
        let history = match annotations.get(REVISION_HISTORY).filter(|history| !history.is_empty()) {
            Some(history) => format!("{history},{old}"),
            None => old.to_string(),
        };
        annotations.insert(REVISION_HISTORY.to_owned(), history);
    }
    true
}

fn number(annotations: &Option<Annotations>, key: &str) -> Option<i64> {
    annotations.as_ref()?.get(key)?.parse().ok()
}

fn put(annotations: &mut Annotations, key: &str, value: String) -> bool {
    if annotations.get(key) == Some(&value) {
        return false;
    }
    annotations.insert(key.to_owned(), value);
    true
}

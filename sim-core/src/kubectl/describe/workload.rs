//! What descriptions of controllers share: the pods that they run, and the replica sets of a deployment.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};

use crate::api::{meta, pod};
use crate::store::Store;

/// `2 Running / 0 Waiting / 0 Succeeded / 0 Failed`
///
/// Models kubectl pkg/describe: getPodStatusForController.
pub(super) fn pods_status(store: &Store, owner_uid: &str) -> String {
    let mut counts = [0_usize; 4];
    let pods = store.owned_by(owner_uid).filter_map(|object| object.as_ref::<Pod>());
    for owned in pods.filter(|pod| meta::is_controlled_by(&pod.metadata, owner_uid)) {
        let phases = ["Running", "Pending", "Succeeded", "Failed"];
        if let Some(index) = phases.iter().position(|phase| *phase == pod::phase(owned)) {
            counts[index] += 1;
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed")
}

/// The replica sets of a deployment: the older ones, and the one of its present template.
///
/// Models kubectl pkg/util/deployment: GetAllReplicaSetsInChunks.
pub(super) fn replica_sets<'a>(
    store: &'a Store,
    deployment: &'a Deployment,
) -> (Vec<&'a ReplicaSet>, Option<&'a ReplicaSet>) {
    let uid = meta::uid(&deployment.metadata);
    let mut all: Vec<&ReplicaSet> = store
        .owned_by(uid)
        .filter_map(|object| object.as_ref::<ReplicaSet>())
        .filter(|set| meta::is_controlled_by(&set.metadata, uid))
        .collect();
    all.sort_by_key(|set| {
        (set.metadata.creation_timestamp.as_ref().map(|time| time.0), meta::name(&set.metadata).to_owned())
    });
    let wanted = deployment.spec.as_ref().map(|spec| without_hash(&spec.template));
    let newest = all.iter().copied().find(|set| {
        let template = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
        template.map(without_hash) == wanted
    });
    let old = all.into_iter().filter(|set| newest.is_none_or(|new| !std::ptr::eq(*set, new))).collect();
    (old, newest)
}

fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    if let Some(labels) = template.metadata.as_mut().and_then(|meta| meta.labels.as_mut()) {
        labels.remove("pod-template-hash");
    }
    template
}

//! Which pods go first when a ReplicaSet shrinks.
//!
//! Models pkg/controller: ActivePodsWithRanks, and pkg/controller/replicaset: getPodsToDelete.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{Object, SimTime, meta, pod};
use crate::store::Store;

/// What a user thinks it costs to lose the pod; the cheaper one goes first. See KEP 2255.
const ANNOTATION_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The pods in the order in which they go.
pub(super) fn by_deletion_order<'a>(
    mut pods: Vec<&'a Pod>,
    set: &ReplicaSet,
    view: &Store,
    now: SimTime,
) -> Vec<&'a Pod> {
    let related = related_pods_on_nodes(set, view);
    pods.sort_by_cached_key(|pod| key_of(pod, &related, now));
    pods
}

/// How many active pods of the set's siblings and its own each node has. None for a set without a controller.
///
/// Models pkg/controller/replicaset: getIndirectlyRelatedPods and getPodsRankedByRelatedPodsOnSameNode.
fn related_pods_on_nodes(set: &ReplicaSet, view: &Store) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let Some(controller) = meta::controller_of(&set.metadata) else { return counts };
    let sets = view.owned_by(&controller.uid).filter(|owned| {
        matches!(owned, Object::ReplicaSet(_)) && meta::is_controlled_by(owned.meta(), &controller.uid)
    });
    for set in sets {
        for pod in view.owned_by(set.uid()).filter_map(Object::as_ref::<Pod>) {
            if !pod::is_terminal(pod) && !meta::is_terminating(&pod.metadata) {
                *counts.entry(pod::node_name(pod).unwrap_or_default().to_owned()).or_insert(0) += 1;
            }
        }
    }
    counts
}

/// Smaller goes first: unassigned, pending, not ready, cheap, on a crowded node, ready for less long, restarted
/// more, younger. Ages count by powers of two, and the uid decides between those of one age (KEP 2185).
///
/// Upstream lets the uid decide at once between pods that became ready at different times within one power of
/// two, and is then no total order; here restarts and creation are looked at before the uid.
fn key_of(pod: &Pod, related: &BTreeMap<String, usize>, now: SimTime) -> impl Ord + use<> {
    let node = pod::node_name(pod).unwrap_or_default();
    let phase = match pod::phase(pod) {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };
    let ready = pod::condition(pod, "Ready").filter(|condition| condition.status == "True");
    let ready_age = ready.map(|condition| age_rank(condition.last_transition_time.as_ref(), now));
    (
        (!node.is_empty(), phase, ready.is_some(), deletion_cost(pod)),
        Reverse(related.get(node).copied().unwrap_or(0)),
        ready_age,
        Reverse(restarts(pod)),
        age_rank(pod.metadata.creation_timestamp.as_ref(), now),
        meta::uid(&pod.metadata).to_owned(),
    )
}

/// The age's power of two in nanoseconds; none for no age at all.
fn age_rank(since: Option<&Time>, now: SimTime) -> Option<u32> {
    let age = since.map(|since| now.age_of(since).as_nanos()).unwrap_or(0);
    age.checked_ilog2()
}

fn deletion_cost(pod: &Pod) -> i32 {
    let cost = meta::annotations(&pod.metadata).get(ANNOTATION_DELETION_COST);
    cost.and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

/// The most restarts of one container.
fn restarts(pod: &Pod) -> i32 {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref());
    let restarts = |status: &ContainerStatus| status.restart_count;
    statuses.unwrap_or_default().iter().map(restarts).max().unwrap_or(0)
}

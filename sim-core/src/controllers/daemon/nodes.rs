//! Which nodes a DaemonSet's pods belong on, and what a pod for a node looks like.
//!
//! Models pkg/controller/daemon: nodeShouldRunDaemonPod, and its util: CreatePodTemplate,
//! AddOrUpdateDaemonPodTolerations and ReplaceDaemonSetPodNodeNameNodeAffinity.

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{
    Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, Taint, Toleration,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::{Object, meta, pod};
use crate::scheduler::wants_node;

/// The label that carries the hash of a pod's revision.
pub(crate) const HASH_LABEL: &str = "controller-revision-hash";
/// The label that carries the number of a pod's template.
const GENERATION_LABEL: &str = "pod-template-generation";
/// The annotation that counts a DaemonSet's templates.
const GENERATION: &str = "deprecated.daemonset.template.generation";

/// Taints of nodes in trouble, which daemons bear.
const BORNE: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// Whether a pod is to run on a node, and whether one that runs there may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fitness {
    pub should_run: bool,
    pub may_stay: bool,
}

/// How the node fits the set.
pub(super) fn fitness(set: &DaemonSet, node: &Node) -> Fitness {
    let mut spec = set.spec.as_ref().and_then(|spec| spec.template.spec.clone()).unwrap_or_default();
    let name = meta::name(&node.metadata);
    let no = Fitness { should_run: false, may_stay: false };
    if spec.node_name.as_deref().is_some_and(|wanted| !wanted.is_empty() && wanted != name) {
        return no;
    }
    bear_taints(&mut spec);
    let daemon = Pod { spec: Some(spec), ..Pod::default() };
    if !wants_node(&daemon, node) {
        return no;
    }
    let tolerations = daemon.spec.iter().flat_map(|spec| spec.tolerations.iter().flatten());
    let tolerations: Vec<&Toleration> = tolerations.collect();
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    let not_borne: Vec<&Taint> = taints
        .filter(|taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute"))
        .filter(|taint| !tolerations.iter().any(|toleration| pod::tolerates(toleration, taint)))
        .collect();
    Fitness {
        should_run: not_borne.is_empty(),
        may_stay: not_borne.iter().all(|taint| taint.effect != "NoExecute"),
    }
}

/// The node that the pod runs on or is meant for.
///
/// Models pkg/controller/daemon/util: GetTargetNodeName.
pub(super) fn target_of(daemon: &Pod) -> Option<&str> {
    let bound = pod::node_name(daemon);
    let affinity = || {
        let affinity = daemon.spec.as_ref()?.affinity.as_ref()?.node_affinity.as_ref()?;
        let required = affinity.required_during_scheduling_ignored_during_execution.as_ref()?;
        let fields = required.node_selector_terms.iter().flat_map(|term| term.match_fields.iter().flatten());
        let mut names = fields.filter(|field| field.key == "metadata.name" && field.operator == "In");
        names.next()?.values.as_ref()?.first().map(String::as_str)
    };
    bound.or_else(affinity)
}

/// A pod of the set for the node.
pub(crate) fn new_pod(set: &DaemonSet, owner: &Object, node: &str, hash: &str) -> Pod {
    let template = set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    let metadata = template.metadata.unwrap_or_default();
    let mut spec = template.spec.unwrap_or_default();
    bear_taints(&mut spec);
    bind_to(&mut spec, node);
    let mut labels = metadata.labels.unwrap_or_default();
    if let Some(generation) = meta::annotations(&set.metadata).get(GENERATION) {
        labels.insert(GENERATION_LABEL.to_owned(), generation.clone());
    }
    labels.insert(HASH_LABEL.to_owned(), hash.to_owned());
    Pod {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", meta::name(&set.metadata))),
            namespace: set.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: metadata.annotations,
            finalizers: metadata.finalizers,
            owner_references: Some(vec![meta::controller_reference(owner)]),
            ..ObjectMeta::default()
        },
        spec: Some(spec),
        status: None,
    }
}

/// Lets the pod bear what befalls nodes in trouble, as DaemonSets' pods do.
fn bear_taints(spec: &mut PodSpec) {
    let without_network = spec.host_network == Some(true);
    let network = ("node.kubernetes.io/network-unavailable", "NoSchedule");
    let tolerations = spec.tolerations.get_or_insert_default();
    for (key, effect) in BORNE.into_iter().chain(without_network.then_some(network)) {
        let toleration = Toleration {
            key: Some(key.to_owned()),
            operator: Some("Exists".to_owned()),
            effect: Some(effect.to_owned()),
            ..Toleration::default()
        };
        let same = |other: &&mut Toleration| {
            other.key == toleration.key
                && other.effect == toleration.effect
                && other.operator == toleration.operator
                && other.value.as_deref().unwrap_or_default().is_empty()
        };
        match tolerations.iter_mut().find(same) {
            Some(other) => *other = toleration,
            None => tolerations.push(toleration),
        }
    }
}

/// Only this node will do; preferences stay.
fn bind_to(spec: &mut PodSpec, node: &str) {
    let field = NodeSelectorRequirement {
        key: "metadata.name".to_owned(),
        operator: "In".to_owned(),
        values: Some(vec![node.to_owned()]),
    };
    let term = NodeSelectorTerm { match_fields: Some(vec![field]), ..NodeSelectorTerm::default() };
    let affinity = spec.affinity.get_or_insert_default().node_affinity.get_or_insert_default();
    affinity.required_during_scheduling_ignored_during_execution =
        Some(NodeSelector { node_selector_terms: vec![term] });
}

//! Which change may let in a pod that a plugin turned down.
//!
//! Models the plugins' EventsToRegister and queueing hints (KEP-4247): a pod is tried again only when a plugin
//! that turned it down says that the change may matter to it.

use k8s_openapi::api::core::v1::{Node, Pod};

use super::cache::host_ports;
use super::framework::Plugins;
use super::plugins::{collide, node_affinity, taint_toleration};
use super::pod_terms::{PodTerm, Wish, terms_of};
use super::resources::{Resources, requests};
use crate::api::quantity::Quantity;
use crate::api::selector::Selector;
use crate::api::{meta, storage};
use crate::store::Store;

/// A thing as it was and as it is; one of them is absent when it came or went.
pub(super) struct News<'a, T> {
    pub old: Option<&'a T>,
    pub new: Option<&'a T>,
}

impl<T> News<'_, T> {
    /// Whether it is so now, and was not before.
    fn became(&self, is_so: impl Fn(&T) -> bool) -> bool {
        self.new.is_some_and(&is_so) && !self.old.is_some_and(&is_so)
    }
}

/// The plugins to which the change of a node may matter; none for a heartbeat.
///
/// Models pkg/scheduler/framework: NodeSchedulingPropertiesChange.
pub(super) fn asked_of_node(news: &News<'_, Node>) -> Plugins {
    let (Some(old), Some(new)) = (news.old, news.new) else {
        return if news.new.is_some() { Plugins::ALL } else { Plugins::POD_TOPOLOGY_SPREAD };
    };
    let mut plugins = Plugins::default();
    let spec = |node: &Node| node.spec.clone().unwrap_or_default();
    let allocatable = |node: &Node| node.status.as_ref().and_then(|status| status.allocatable.clone());
    if old.metadata.labels != new.metadata.labels {
        plugins = plugins
            .with(Plugins::NODE_AFFINITY)
            .with(Plugins::VOLUME_BINDING)
            .with(Plugins::VOLUME_ZONE)
            .with(Plugins::NEIGHBOURS);
    }
    if spec(old).taints != spec(new).taints {
        plugins = plugins.with(Plugins::TAINT_TOLERATION).with(Plugins::POD_TOPOLOGY_SPREAD);
    }
    if spec(old).unschedulable != spec(new).unschedulable {
        plugins = plugins.with(Plugins::NODE_UNSCHEDULABLE);
    }
    if allocatable(old) != allocatable(new) {
        plugins = plugins.with(Plugins::NODE_RESOURCES_FIT);
    }
    plugins
}

/// Whether the change of a node may let the pod in.
pub(super) fn node_helps(rejected_by: Plugins, pod: &Pod, news: &News<'_, Node>) -> bool {
    let has = |plugins: Plugins| rejected_by.overlaps(plugins);
    if rejected_by == Plugins::ALL || has(Plugins::POD_TOPOLOGY_SPREAD) && moves_domains(pod, news) {
        return true;
    }
    let Some(new) = news.new else { return false };
    let added = news.old.is_none();
    let relabelled = news.old.is_none_or(|old| old.metadata.labels != new.metadata.labels);
    let on_nodes = Plugins::NODE_NAME
        .with(Plugins::NODE_PORTS)
        .with(Plugins::VOLUME_RESTRICTIONS)
        .with(Plugins::NODE_VOLUME_LIMITS);
    added && has(on_nodes)
        || relabelled && has(Plugins::VOLUME_BINDING.with(Plugins::VOLUME_ZONE))
        || has(Plugins::NODE_UNSCHEDULABLE) && news.became(|node| !is_cordoned(node))
        || has(Plugins::TAINT_TOLERATION) && news.became(|node| taint_toleration::bears_taints(pod, node))
        || has(Plugins::NODE_AFFINITY) && news.became(|node| node_affinity::is_wanted(pod, node))
        || has(Plugins::NODE_RESOURCES_FIT) && gives_room(pod, news.old, new)
        || has(Plugins::INTER_POD_AFFINITY) && moves_places(pod, news.old, new)
}

fn is_cordoned(node: &Node) -> bool {
    node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true))
}

/// Models noderesources: isSchedulableAfterNodeChange. The empty node has room, and more than before of something
/// that the pod asks for.
fn gives_room(pod: &Pod, old: Option<&Node>, new: &Node) -> bool {
    let wanted = requests(pod);
    let (has, pods) = allocatable(new);
    let fits = pods > 0 && wanted.amounts().all(|(name, amount)| amount <= has.amount(name));
    fits && old.is_none_or(|old| {
        let (had, had_pods) = allocatable(old);
        let more = |(name, amount): (&str, i64)| amount > 0 && has.amount(name) > had.amount(name);
        pods > had_pods || wanted.amounts().any(more)
    })
}

fn allocatable(node: &Node) -> (Resources, i64) {
    let list = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
    let pods = list.and_then(|list| list.get("pods")).map_or(0, |pods| Quantity::of(pods).value());
    (Resources::of(list), pods)
}

/// Models podtopologyspread: isSchedulableAfterNodeChange.
fn moves_domains(pod: &Pod, news: &News<'_, Node>) -> bool {
    let keys: Vec<&str> = hard_constraints(pod).map(|(key, _)| key).collect();
    let counts = |node: Option<&Node>| {
        node.is_some_and(|node| keys.iter().all(|key| meta::labels(&node.metadata).contains_key(*key)))
    };
    let (counted, counts_now) = (counts(news.old), counts(news.new));
    let (Some(old), Some(new)) = (news.old, news.new) else { return counted || counts_now };
    let moved = |key: &&str| {
        let value = |node: &Node| meta::labels(&node.metadata).get(*key).cloned();
        value(old) != value(new)
    };
    let taints = |node: &Node| node.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
    counted != counts_now || counts_now && (keys.iter().any(moved) || taints(old) != taints(new))
}

/// Models interpodaffinity: isSchedulableAfterNodeChange.
fn moves_places(pod: &Pod, old: Option<&Node>, new: &Node) -> bool {
    let value = |node: &Node, term: &PodTerm| meta::labels(&node.metadata).get(&*term.topology_key).cloned();
    let any = |wish: Wish, moves: fn(Option<String>, Option<String>) -> bool| {
        terms_of(pod, wish).iter().any(|(term, _)| match old {
            None => value(new, term).is_some(),
            Some(old) => moves(value(old, term), value(new, term)),
        })
    };
    any(Wish::RequiredNear, |was, is| is.is_some() && is != was)
        || any(Wish::RequiredFar, |was, is| was.is_some() && is != was)
}

/// The keys and selectors of the constraints that nodes must keep.
fn hard_constraints(pod: &Pod) -> impl Iterator<Item = (&str, Option<Selector>)> {
    let constraints = pod.spec.iter().flat_map(|spec| spec.topology_spread_constraints.iter().flatten());
    constraints.filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule").map(|constraint| {
        (constraint.topology_key.as_str(), constraint.label_selector.as_ref().map(Selector::from_api))
    })
}

/// Whether what became of another pod on a node may let the waiting one in.
pub(super) fn pod_helps(rejected_by: Plugins, waiting: &Pod, news: &News<'_, Pod>, view: &Store) -> bool {
    if rejected_by == Plugins::ALL {
        return true;
    }
    let frees = || match (news.old, news.new) {
        (Some(gone), None) => leaves_room(rejected_by, waiting, gone),
        _ => false,
    };
    frees()
        || rejected_by.overlaps(Plugins::POD_TOPOLOGY_SPREAD) && changes_skew(waiting, news)
        || rejected_by.overlaps(Plugins::INTER_POD_AFFINITY) && changes_neighbours(waiting, news, view)
}

/// Whether the pod that went had what the waiting one wants.
///
/// Models the hints of noderesources, nodeports, volumerestrictions and nodevolumelimits for deleted pods.
fn leaves_room(rejected_by: Plugins, waiting: &Pod, gone: &Pod) -> bool {
    let has = |plugin: Plugins| rejected_by.overlaps(plugin);
    let shares_port = || {
        let freed = host_ports(gone);
        host_ports(waiting).iter().any(|wanted| freed.iter().any(|port| collide(wanted, port)))
    };
    let shares_claim = || {
        storage::claims_of_pod(waiting).any(|claim| storage::claims_of_pod(gone).any(|used| used == claim))
    };
    has(Plugins::NODE_RESOURCES_FIT)
        || has(Plugins::NODE_PORTS) && shares_port()
        || has(Plugins::VOLUME_RESTRICTIONS) && shares_claim()
        || has(Plugins::NODE_VOLUME_LIMITS) && storage::claims_of_pod(gone).next().is_some()
}

/// Models podtopologyspread: isSchedulableAfterPodChange.
fn changes_skew(waiting: &Pod, news: &News<'_, Pod>) -> bool {
    let counts = |pod: Option<&Pod>| {
        pod.filter(|pod| pod.metadata.namespace == waiting.metadata.namespace).is_some_and(|pod| {
            let labels = meta::labels(&pod.metadata);
            hard_constraints(waiting)
                .any(|(_, selector)| selector.is_some_and(|selector| selector.matches(labels)))
        })
    };
    counts(news.old) != counts(news.new)
}

/// Models interpodaffinity: isSchedulableAfterPodChange. That the peer of a pod that wants its like near is gone
/// lets it go anywhere, which upstream does not see (kubernetes/kubernetes#141354).
fn changes_neighbours(waiting: &Pod, news: &News<'_, Pod>, view: &Store) -> bool {
    let meets = |pod: &Pod, wish: Wish| {
        let terms = terms_of(waiting, wish);
        !terms.is_empty() && terms.iter().all(|(term, _)| term.matches(pod, view))
    };
    let shuns =
        |pod: &Pod| terms_of(pod, Wish::RequiredFar).iter().any(|(term, _)| term.matches(waiting, view));
    match (news.old, news.new) {
        (Some(old), Some(new)) => {
            news.became(|pod| meets(pod, Wish::RequiredNear))
                || meets(old, Wish::RequiredFar) && !meets(new, Wish::RequiredFar)
        }
        (None, Some(new)) => meets(new, Wish::RequiredNear),
        (Some(gone), None) => meets(gone, Wish::RequiredFar) || shuns(gone),
        (None, None) => false,
    }
}

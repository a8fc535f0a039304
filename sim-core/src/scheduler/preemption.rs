//! Preemption: making room for a pod by deleting pods of lower priority.
//!
//! Models pkg/scheduler/framework/preemption and plugins/defaultpreemption.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, PodCondition};
use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

use super::Scheduler;
use super::budgets::Budgets;
use super::cache::NodeInfo;
use super::cycle::rejection;
use super::diagnosis::counted;
use super::framework::{CycleState, Refusal, Rejection};
use super::nominated::{nominated_node, priority};
use crate::api::{ApiResult, Kind, Object, ObjectKey, Resource, meta, pod};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::engine::{Context, EventType};

/// What came of the wish to make room.
#[derive(Clone, Debug)]
pub(super) enum Attempt {
    /// It was not tried: the pod itself is at fault, whatever the nodes.
    Nothing,
    /// The pod may not, or not yet again; its nomination stays.
    NotEligible(&'static str),
    /// No node gets room by it; the reasons, each with the nodes that have it.
    NoCandidate(Vec<String>),
    /// These pods leave the node.
    Chosen {
        /// The node.
        node: Arc<str>,
        /// The most important first.
        victims: Vec<Arc<Pod>>,
    },
}

impl Attempt {
    /// What the failed cycle says of it, among `total` nodes.
    pub(super) fn message(&self, total: usize) -> String {
        match self {
            Attempt::Nothing | Attempt::Chosen { .. } => String::new(),
            Attempt::NotEligible(why) => format!("preemption: {why}"),
            Attempt::NoCandidate(reasons) => {
                format!("preemption: 0/{total} nodes are available: {}.", counted(reasons))
            }
        }
    }
}

/// A node that fits without some of its pods.
struct Candidate {
    node: Arc<str>,
    victims: Vec<Arc<Pod>>,
    violations: usize,
}

/// Looks for the node that gives the pod room at the least harm.
///
/// Models preemption: Evaluator.Preempt.
pub(super) fn attempt(
    state: &CycleState<'_>,
    refusals: &[Refusal],
    scheduler: &Scheduler,
    random: &mut ChaCha8Rng,
) -> Attempt {
    if let Some(why) = not_eligible(state, refusals) {
        return Attempt::NotEligible(why);
    }
    let mut reasons = Vec::new();
    let mut candidates = Vec::new();
    let mut budgets = None;
    for (name, _, refusal) in refusals {
        let node = scheduler.nodes.get(name).filter(|_| refusal.resolvable);
        let Some(node) = node else {
            reasons.push("Preemption is not helpful for scheduling".to_owned());
            continue;
        };
        let budgets = budgets.get_or_insert_with(|| Budgets::of(state.view));
        match victims_on(state, node, scheduler, budgets) {
            Ok(candidate) => candidates.push(candidate),
            Err(rejection) => reasons.extend(rejection.reasons),
        }
    }
    match pick(candidates, random) {
        Some(candidate) => Attempt::Chosen { node: candidate.node, victims: candidate.victims },
        None => Attempt::NoCandidate(reasons),
    }
}

/// Why the pod may not preempt, if it may not. Models defaultpreemption: PodEligibleToPreemptOthers.
fn not_eligible(state: &CycleState<'_>, refusals: &[Refusal]) -> Option<&'static str> {
    let policy = state.pod.spec.as_ref().and_then(|spec| spec.preemption_policy.as_deref());
    if policy == Some("Never") {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let node = nominated_node(state.pod)?;
    if refusals.iter().any(|(name, _, refusal)| **name == *node && !refusal.resolvable) {
        return None;
    }
    let leaves = |other: &Pod| priority(other) < priority(state.pod) && is_leaving_for_another(other);
    let why = "not eligible due to a terminating pod on the nominated node.";
    state.view.pods_on(node).any(leaves).then_some(why)
}

fn is_leaving_for_another(pod: &Pod) -> bool {
    let condition = pod::condition(pod, "DisruptionTarget");
    meta::is_terminating(&pod.metadata)
        && condition.is_some_and(|condition| {
            condition.status == "True" && condition.reason.as_deref() == Some("PreemptionByScheduler")
        })
}

/// The fewest and least important pods of the node without which the pod fits there.
///
/// Models defaultpreemption: SelectVictimsOnNode.
///
/// # Errors
/// Why it fits there in no case.
fn victims_on(
    state: &CycleState<'_>,
    node: &NodeInfo,
    scheduler: &Scheduler,
    budgets: &Budgets,
) -> Result<Candidate, Rejection> {
    let own = priority(state.pod);
    if !scheduler.nodes.has_weaker(node.name(), own) {
        let reasons = vec!["No preemption victims found for incoming pod".to_owned()];
        return Err(Rejection { reasons, resolvable: false });
    }
    let mut weaker: Vec<Arc<Pod>> = state
        .view
        .pods_on(node.name())
        .filter(|other| priority(other) < own && !pod::is_terminal(other))
        .filter_map(|other| state.view.shared::<Pod>(&other.key()))
        .collect();
    let mut trial = Trial { state: state.clone(), node: node.clone(), scheduler };
    weaker.iter().for_each(|other| trial.remove(other));
    if let Some((_, rejection)) = rejection(&trial.state, &trial.node, scheduler) {
        return Err(rejection);
    }
    weaker.sort_by_key(|other| importance(other));
    let (violating, others) = budgets.divide(weaker);
    let mut victims = Vec::new();
    for other in violating {
        trial.spare_or(other, &mut victims);
    }
    let violations = victims.len();
    for other in others {
        trial.spare_or(other, &mut victims);
    }
    victims.sort_by_key(|other| importance(other));
    if victims.is_empty() {
        // The pod fits without anybody's leaving: its nominated rivals' room is all that it lacked.
        let reasons = vec![format!("expected at least one victim pod on node \"{}\"", node.name())];
        return Err(Rejection { reasons, resolvable: false });
    }
    Ok(Candidate { node: node.name().into(), victims, violations })
}

/// A node as it would be without some of its pods.
struct Trial<'a> {
    state: CycleState<'a>,
    node: NodeInfo,
    scheduler: &'a Scheduler,
}

impl Trial<'_> {
    fn remove(&mut self, other: &Pod) {
        let key = other.key();
        if let Some(share) = self.scheduler.nodes.share(&key) {
            self.node.remove(share);
        }
        self.state.without(other, &key, &self.node.node);
    }

    fn put_back(&mut self, other: &Pod) {
        let key = other.key();
        if let Some(share) = self.scheduler.nodes.share(&key) {
            self.node.add(share);
        }
        self.state.with(other, &key, &self.node.node);
    }

    /// Leaves the pod where it is, if there is room for both; otherwise it is a victim.
    fn spare_or(&mut self, other: Arc<Pod>, victims: &mut Vec<Arc<Pod>>) {
        self.put_back(&other);
        if rejection(&self.state, &self.node, self.scheduler).is_some() {
            self.remove(&other);
            victims.push(other);
        }
    }
}

/// Sorts the most important first: higher priority, then longer running.
///
/// Models pkg/scheduler/util: MoreImportantPod.
fn importance(pod: &Pod) -> (i64, Option<jiff::Timestamp>, ObjectKey) {
    (-priority(pod), Some(started(pod)), pod.key())
}

/// When the pod started; one that has not counts as starting last.
fn started(pod: &Pod) -> jiff::Timestamp {
    let start = pod.status.as_ref().and_then(|status| status.start_time.as_ref());
    start.map_or(jiff::Timestamp::MAX, |time| time.0)
}

/// The candidate that does the least harm, by lot among equals.
///
/// Models preemption: pickOneNodeForPreemption.
fn pick(mut candidates: Vec<Candidate>, random: &mut ChaCha8Rng) -> Option<Candidate> {
    type Harm = fn(&Candidate) -> i128;
    const MEASURES: [Harm; 5] = [
        |candidate| candidate.violations as i128,
        |candidate| candidate.victims.first().map_or(0, |pod| i128::from(priority(pod))),
        |candidate| candidate.victims.iter().map(|pod| i128::from(priority(pod)) + (1 << 31)).sum(),
        |candidate| candidate.victims.len() as i128,
        |candidate| -earliest_start(candidate),
    ];
    for measure in MEASURES {
        let least = candidates.iter().map(measure).min()?;
        candidates.retain(|candidate| measure(candidate) == least);
    }
    let lot = match candidates.len() {
        1 => 0,
        many => random.next_u64() as usize % many,
    };
    (lot < candidates.len()).then(|| candidates.swap_remove(lot))
}

/// When the first of its most important victims started, in nanoseconds.
fn earliest_start(candidate: &Candidate) -> i128 {
    let highest = candidate.victims.first().map(|pod| priority(pod));
    let most_important = candidate.victims.iter().filter(|pod| Some(priority(pod)) == highest);
    most_important.map(|pod| started(pod).as_nanosecond()).min().unwrap_or(0)
}

/// Asks the victims to leave, and takes the nominations of weaker pods for the node back.
///
/// Models preemption: Executor.prepareCandidateAsync, PreemptPod.
///
/// # Errors
/// The API server's refusals.
pub(super) fn make_room(
    preemptor: &Pod,
    node: &str,
    victims: &[Arc<Pod>],
    scheduler: &Scheduler,
    context: &mut Context<'_>,
) -> ApiResult<()> {
    for key in scheduler.nominated.on(node) {
        let weaker = context.view.typed::<Pod>(key).is_some_and(|pod| priority(pod) < priority(preemptor));
        if weaker {
            let status = Subresource::Status;
            context.api.modify::<Pod>(key, status, |pod| {
                pod.status.get_or_insert_default().nominated_node_name = None;
            })?;
            context.wakes.soon(crate::api::ObjectRef::new(Kind::Pod, key.clone()));
        }
    }
    for victim in victims.iter().filter(|victim| !meta::is_terminating(&victim.metadata)) {
        match evict(preemptor, victim, context) {
            Err(error) if error.is_not_found() => continue,
            other => other?,
        }
        let message = format!("Preempted by pod {} on node {node}", meta::uid(&preemptor.metadata));
        let about = Object::from(victim.clone());
        context.events.scheduling_event(context.api, &about, EventType::Normal, "Preempted", &message);
    }
    Ok(())
}

fn evict(preemptor: &Pod, victim: &Pod, context: &mut Context<'_>) -> ApiResult<()> {
    let by = preemptor.spec.as_ref().and_then(|spec| spec.scheduler_name.as_deref()).unwrap_or_default();
    let condition = PodCondition {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: Some("PreemptionByScheduler".to_owned()),
        message: Some(format!("{by}: preempting to accommodate a higher priority pod")),
        ..PodCondition::default()
    };
    let (key, now) = (victim.key(), context.now);
    context.api.modify::<Pod>(&key, Subresource::Status, |pod| pod::set_condition(pod, condition, now))?;
    context.api.delete(Kind::Pod, &key, &DeleteOptions::default()).map(drop)
}

//! Keeps the status of PodDisruptionBudgets: how many of their pods may be evicted now.
//!
//! Models pkg/controller/disruption. The pods of a budget are counted as they change, so that a change of one
//! pod costs the same with many as with few.

mod cover;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::api::{Kind, Object, ObjectKey, ObjectRef, SimTime, meta};
use crate::apiserver::Subresource;
use crate::apiserver::eviction::set_disruption_allowed;
use crate::engine::{Component, Context, EventType, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};
use cover::{Cover, Owner};

/// A pod whose eviction was allowed and that is still there after this time counts again.
const DELETION_TIMEOUT: Duration = Duration::from_secs(120);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct DisruptionController {
    covers: OrdMap<ObjectKey, Cover>,
}

impl Component for DisruptionController {
    fn name(&self) -> &'static str {
        "disruption-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        let gone = change.change == ChangeType::Deleted;
        match &change.object {
            Object::PodDisruptionBudget(_) if gone => {
                self.covers.remove(&key);
            }
            Object::PodDisruptionBudget(budget) => {
                if !self.covers.get(&key).is_some_and(|cover| cover.fits(budget)) {
                    let cover = Cover::new(budget, view.all_in::<Pod>(&key.namespace));
                    self.covers.insert(key.clone(), cover);
                }
                wakes.soon(ObjectRef::new(Kind::PodDisruptionBudget, key));
            }
            Object::Pod(pod) if !self.covers.is_empty() => {
                let first = ObjectKey::new(&key.namespace, "");
                let budgets: OrdSet<ObjectKey> = self
                    .covers
                    .range(first..)
                    .map(|(budget, _)| budget.clone())
                    .take_while(|budget| budget.namespace == key.namespace)
                    .collect();
                for budget in budgets {
                    let Some(cover) = self.covers.get_mut(&budget) else { continue };
                    if cover.note(&key.name, (!gone).then_some(pod)) {
                        wakes.soon(ObjectRef::new(Kind::PodDisruptionBudget, budget));
                    }
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(budget) = context.view.shared::<PodDisruptionBudget>(&key.key) else { return Ok(()) };
        let Some(cover) = self.covers.get(&key.key) else { return Ok(()) };
        context.events.speak_as("controllermanager".to_owned());
        let about = Object::from(budget.clone());
        let say = |context: &mut Context<'_>, event_type, reason, message: &str| {
            context.events.event(context.api, &about, event_type, reason, message);
        };
        if cover.len() == 0 {
            say(context, EventType::Normal, "NoPods", "No matching pods found");
        }
        let (expected, desired) = match wanted(&budget, cover, context.view) {
            Ok(wanted) => wanted,
            Err(why) => {
                let message = format!("Failed to calculate the number of expected pods: {why}");
                say(context, EventType::Warning, "CalculateExpectedPodCountFailed", &message);
                return fail_safe(&key.key, &why, context);
            }
        };
        let leaving = self.leaving(&budget, cover, key, context);
        let healthy = cover.healthy_but(leaving.keys());
        let allowed = if expected <= 0 { 0 } else { (healthy - desired).max(0) };
        let now = context.now;
        context.api.modify::<PodDisruptionBudget>(&key.key, Subresource::Status, |budget| {
            let generation = budget.metadata.generation;
            let status = budget.status.get_or_insert_default();
            let conditions = status.conditions.take();
            *status = PodDisruptionBudgetStatus {
                conditions,
                current_healthy: Some(healthy),
                desired_healthy: Some(desired),
                expected_pods: Some(expected),
                disruptions_allowed: Some(allowed),
                disrupted_pods: (!leaving.is_empty()).then_some(leaving),
                observed_generation: generation,
            };
            set_disruption_allowed(status, now);
        })?;
        Ok(())
    }
}

impl DisruptionController {
    /// Pods whose eviction was allowed and whose deletion was not seen yet.
    ///
    /// Models pkg/controller/disruption: buildDisruptedPodMap.
    fn leaving(
        &self,
        budget: &PodDisruptionBudget,
        cover: &Cover,
        key: &ObjectRef,
        context: &mut Context<'_>,
    ) -> BTreeMap<String, Time> {
        let known =
            budget.status.as_ref().and_then(|status| status.disrupted_pods.clone()).unwrap_or_default();
        let mut leaving = BTreeMap::new();
        for (name, since) in known {
            let there = cover.get(&name).is_some_and(|fact| !fact.terminating);
            let age = context.now.age_of(&since);
            if there && age <= DELETION_TIMEOUT {
                let recheck = context.now + (DELETION_TIMEOUT - age) + Duration::from_millis(1);
                context.wakes.at(key.clone(), recheck, Pace::Periodic);
                leaving.insert(name, since);
            }
        }
        leaving
    }
}

/// How many pods there should be, and how many of them healthy.
///
/// Models pkg/controller/disruption: getExpectedPodCount.
fn wanted(budget: &PodDisruptionBudget, cover: &Cover, view: &Store) -> Result<(i32, i32), String> {
    let spec = budget.spec.clone().unwrap_or_default();
    let namespace = meta::namespace(&budget.metadata);
    if let Some(most) = &spec.max_unavailable {
        let expected = scale(cover, namespace, view)?;
        return Ok((expected, (expected - scaled(most, expected)?).max(0)));
    }
    match &spec.min_available {
        Some(IntOrString::Int(least)) => Ok((cover.len(), *least)),
        Some(least) => {
            let expected = scale(cover, namespace, view)?;
            Ok((expected, scaled(least, expected)?))
        }
        None => Ok((0, 0)),
    }
}

/// The number, or the percentage of `total` rounded up.
fn scaled(value: &IntOrString, total: i32) -> Result<i32, String> {
    match value {
        IntOrString::Int(number) => Ok(*number),
        IntOrString::String(text) => {
            let percent = text.strip_suffix('%').and_then(|digits| digits.parse::<i64>().ok());
            let percent = percent.ok_or_else(|| {
                format!("invalid value for IntOrString: invalid type: string is not a percentage: {text:?}")
            })?;
            let number = (percent.saturating_mul(i64::from(total)) + 99).div_euclid(100);
            Ok(i32::try_from(number).unwrap_or(i32::MAX))
        }
    }
}

/// The replicas of all controllers of the pods, each controller once.
///
/// Models pkg/controller/disruption: getExpectedScale.
fn scale(cover: &Cover, namespace: &str, view: &Store) -> Result<i32, String> {
    let mut scales: BTreeMap<String, i32> = BTreeMap::new();
    for owner in cover.owners() {
        let (uid, replicas) = controller_scale(owner, namespace, view)
            .ok_or_else(|| format!("found no controllers for pods of {} \"{}\"", owner.kind, owner.name))?;
        scales.insert(uid, replicas);
    }
    Ok(scales.values().sum())
}

/// A ReplicaSet of a Deployment counts as the Deployment.
fn controller_scale(owner: &Owner, namespace: &str, view: &Store) -> Option<(String, i32)> {
    let key = ObjectKey::new(namespace, &owner.name);
    match owner.kind.as_str() {
        "StatefulSet" => {
            let set = view.typed::<StatefulSet>(&key).filter(|set| meta::uid(&set.metadata) == owner.uid)?;
            Some((owner.uid.clone(), set.spec.as_ref()?.replicas.unwrap_or(1)))
        }
        "ReplicaSet" => {
            let set = view.typed::<ReplicaSet>(&key).filter(|set| meta::uid(&set.metadata) == owner.uid)?;
            let Some(above) = meta::controller_of(&set.metadata).filter(|above| above.kind == "Deployment")
            else {
                return Some((owner.uid.clone(), set.spec.as_ref()?.replicas.unwrap_or(1)));
            };
            let deployment = view.typed::<Deployment>(&ObjectKey::new(namespace, &above.name))?;
            Some((above.uid.clone(), deployment.spec.as_ref()?.replicas.unwrap_or(1)))
        }
        _ => None,
    }
}

/// What cannot be calculated allows no disruption. Models pkg/controller/disruption: failSafe.
fn fail_safe(key: &ObjectKey, why: &str, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    let now: SimTime = context.now;
    context.api.modify::<PodDisruptionBudget>(key, Subresource::Status, |budget| {
        let status = budget.status.get_or_insert_default();
        status.disruptions_allowed = Some(0);
        set_disruption_allowed(status, now);
        for condition in status.conditions.iter_mut().flatten() {
            condition.reason = "SyncFailed".to_owned();
            condition.message = why.to_owned();
        }
    })?;
    Ok(())
}

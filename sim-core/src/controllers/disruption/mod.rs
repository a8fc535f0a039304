//! Keeps the status of PodDisruptionBudgets: how many of their pods may be evicted now.
//!
//! Models pkg/controller/disruption. The pods of a budget are counted as they change, so that a change of one
//! pod costs the same with many as with few.

mod cover;
mod expected;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, Time};

use crate::api::{Kind, Object, ObjectKey, ObjectRef, SimTime};
use crate::apiserver::Subresource;
use crate::apiserver::eviction::set_disruption_allowed;
use crate::engine::{Component, Context, EventType, Pace, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};
use cover::Cover;
use expected::Expected;

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
                    let changed = cover.note(&key.name, (!gone).then_some(pod));
                    // Upstream looks at every change of a pod, which shows where each look is told of.
                    if changed || cover.has_unmanaged() && cover.get(&key.name).is_some() {
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
        let Expected { pods: expected, healthy: desired, needs_scale } =
            match Expected::of(&budget, cover, context.view) {
                Ok(wanted) => wanted,
                Err(why) => {
                    let message = format!("Failed to calculate the number of expected pods: {why}");
                    say(context, EventType::Warning, "CalculateExpectedPodCountFailed", &message);
                    return fail_safe(&key.key, &why, context);
                }
            };
        if needs_scale && cover.has_unmanaged() {
            say(context, EventType::Warning, "UnmanagedPods", &unmanaged_pods(&budget));
        }
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

fn unmanaged_pods(budget: &PodDisruptionBudget) -> String {
    let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    format!(
        "Pods selected by this PodDisruptionBudget (selector: {}) were found to be unmanaged. As a result, the status \
         of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods \
         please set \".spec.minAvailable\" field of the PDB to an integer value.",
        selector.map_or_else(|| "nil".to_owned(), go_text)
    )
}

/// The selector as Go prints it.
fn go_text(selector: &LabelSelector) -> String {
    let labels = selector.match_labels.iter().flatten();
    let labels: String = labels.map(|(key, value)| format!("{key}: {value},")).collect();
    let expressions = selector.match_expressions.iter().flatten();
    let expressions: String = expressions
        .map(|expression| {
            let values = expression.values.as_deref().unwrap_or_default().join(" ");
            let (key, operator) = (&expression.key, &expression.operator);
            format!("LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{values}],}},")
        })
        .collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},\
         MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )
}

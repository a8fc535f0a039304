//! `pods/eviction`: a deletion that asks the pod's disruption budget first.
//!
//! Models pkg/registry/core/pod/storage: EvictionREST.

use k8s_openapi::api::core::v1::{Pod, PodCondition};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, StatusCause};

use super::{ApiServer, DeleteOptions, Subresource};
use crate::api::selector::Selector;
use crate::api::{ApiError, ApiResult, Kind, ObjectKey, Resource, SimTime, meta, pod};

/// Evictions that the disruption controller has not seen the end of; more are refused.
const DISRUPTED_PODS_MAX: usize = 2000;

impl ApiServer {
    /// Deletes the pod if its disruption budget allows it.
    ///
    /// # Errors
    /// NotFound; TooManyRequests when the budget forbids it for now; an internal error when more than one budget
    /// covers the pod; otherwise as [`ApiServer::delete`].
    pub fn evict(&mut self, key: &ObjectKey, options: &DeleteOptions) -> ApiResult<()> {
        self.authorize("create", (Kind::Pod, "eviction"), (&key.namespace, &key.name))?;
        self.allowed(|api| api.evict_allowed(key, options))
    }

    fn evict_allowed(&mut self, key: &ObjectKey, options: &DeleteOptions) -> ApiResult<()> {
        let pod = self.typed::<Pod>(key)?.clone();
        if !is_free_to_go(&pod) {
            self.ask_budget(&pod, options.dry_run)?;
        }
        if !options.dry_run {
            let now = self.now;
            self.modify::<Pod>(key, Subresource::Status, |pod| {
                pod::set_condition(pod, disruption_target(), now);
            })?;
        }
        self.delete(Kind::Pod, key, options)?;
        Ok(())
    }

    fn ask_budget(&mut self, pod: &Pod, dry_run: bool) -> ApiResult<()> {
        let namespace = meta::namespace(&pod.metadata);
        let covers = |budget: &&PodDisruptionBudget| {
            selector_of(budget).is_some_and(|selector| selector.matches(meta::labels(&pod.metadata)))
        };
        let mut budgets = self.store.all_in::<PodDisruptionBudget>(namespace).filter(covers);
        let Some(budget) = budgets.next().cloned() else { return Ok(()) };
        let several = budgets.next().is_some();
        drop(budgets);
        if several {
            return Err(ApiError::unexplained(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        }
        let status = budget.status.clone().unwrap_or_default();
        if !pod::is_ready(pod) && may_evict_unready(&budget, &status) {
            return Ok(());
        }
        check(&budget, &status)?;
        if !dry_run {
            let (now, name) = (self.now, meta::name(&pod.metadata).to_owned());
            self.modify::<PodDisruptionBudget>(&budget.key(), Subresource::Status, |budget| {
                let status = budget.status.get_or_insert_default();
                let left = status.disruptions_allowed.unwrap_or(0) - 1;
                status.disruptions_allowed = Some(left);
                status.disrupted_pods.get_or_insert_default().insert(name, now.to_time());
                if left == 0 {
                    set_disruption_allowed(status, now);
                }
            })?;
        }
        Ok(())
    }
}

/// The pods that a budget covers; `None` when it covers none at all.
pub(crate) fn selector_of(budget: &PodDisruptionBudget) -> Option<Selector> {
    budget.spec.as_ref()?.selector.as_ref().map(Selector::from_api)
}

/// Sets the DisruptionAllowed condition by what the status allows.
///
/// Models component-helpers apps/poddisruptionbudget: UpdateDisruptionAllowedCondition.
pub(crate) fn set_disruption_allowed(status: &mut PodDisruptionBudgetStatus, now: SimTime) {
    let allowed = status.disruptions_allowed.unwrap_or(0) > 0;
    let (word, reason) = if allowed { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let conditions = status.conditions.get_or_insert_default();
    let mut new = Condition {
        type_: "DisruptionAllowed".to_owned(),
        status: word.to_owned(),
        reason: reason.to_owned(),
        message: String::new(),
        observed_generation: status.observed_generation,
        last_transition_time: now.to_time(),
    };
    match conditions.iter_mut().find(|old| old.type_ == new.type_) {
        Some(old) => {
            if old.status == new.status {
                new.last_transition_time = old.last_transition_time.clone();
            }
            *old = new;
        }
        None => conditions.push(new),
    }
}

fn disruption_target() -> PodCondition {
    PodCondition {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: Some("EvictionByEvictionAPI".to_owned()),
        message: Some("Eviction API: evicting".to_owned()),
        ..PodCondition::default()
    }
}

/// A pod that ended, never ran or is going already disrupts nothing more.
fn is_free_to_go(pod: &Pod) -> bool {
    matches!(pod::phase(pod), "Succeeded" | "Failed" | "Pending") || meta::is_terminating(&pod.metadata)
}

/// Whether a pod that is not ready may go whatever the budget has left.
fn may_evict_unready(budget: &PodDisruptionBudget, status: &PodDisruptionBudgetStatus) -> bool {
    let policy = budget.spec.as_ref().and_then(|spec| spec.unhealthy_pod_eviction_policy.as_deref());
    let (current, desired) = (status.current_healthy.unwrap_or(0), status.desired_healthy.unwrap_or(0));
    policy == Some("AlwaysAllow") || (current >= desired && desired > 0)
}

/// Models pkg/registry/core/pod/storage: checkAndDecrement.
fn check(budget: &PodDisruptionBudget, status: &PodDisruptionBudgetStatus) -> ApiResult<()> {
    let name = meta::name(&budget.metadata);
    let refuse = |why: String| {
        let cause =
            StatusCause { reason: Some("DisruptionBudget".to_owned()), message: Some(why), field: None };
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        Err(ApiError::too_many_requests(message, Some(cause)))
    };
    if status.observed_generation.unwrap_or(0) < budget.metadata.generation.unwrap_or(0) {
        return refuse(format!("The disruption budget {name} is still being processed by the server."));
    }
    if status.disrupted_pods.as_ref().is_some_and(|pods| pods.len() > DISRUPTED_PODS_MAX) {
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(ApiError::forbidden(Kind::PodDisruptionBudget, name, why));
    }
    if status.disruptions_allowed.unwrap_or(0) <= 0 {
        return refuse(format!(
            "The disruption budget {name} needs {} healthy pods and has {} currently",
            status.desired_healthy.unwrap_or(0),
            status.current_healthy.unwrap_or(0)
        ));
    }
    Ok(())
}

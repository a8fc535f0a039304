//! [`Budgets`]: the disruption budgets that preemption would rather keep.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use crate::api::meta;
use crate::api::selector::Selector;
use crate::apiserver::eviction::selector_of;
use crate::store::Store;

struct Budget {
    namespace: String,
    selector: Selector,
    allowed: i32,
    /// Pods whose eviction was granted and is under way.
    disrupted: Vec<String>,
}

/// See the module.
pub(super) struct Budgets(Vec<Budget>);

impl Budgets {
    /// All budgets that cover any pods.
    pub(super) fn of(view: &Store) -> Budgets {
        let read = |budget: &PodDisruptionBudget| {
            let selector = selector_of(budget).filter(|selector| !selector.is_everything())?;
            let status = budget.status.clone().unwrap_or_default();
            Some(Budget {
                namespace: meta::namespace(&budget.metadata).to_owned(),
                selector,
                allowed: status.disruptions_allowed.unwrap_or(0),
                disrupted: status.disrupted_pods.unwrap_or_default().into_keys().collect(),
            })
        };
        Budgets(view.all::<PodDisruptionBudget>().filter_map(read).collect())
    }

    /// The pods whose going, one after the other, breaks a budget, and the others.
    ///
    /// Models defaultpreemption: filterPodsWithPDBViolation.
    pub(super) fn divide(&self, pods: Vec<Arc<Pod>>) -> (Vec<Arc<Pod>>, Vec<Arc<Pod>>) {
        let mut left: Vec<i32> = self.0.iter().map(|budget| budget.allowed).collect();
        pods.into_iter().partition(|pod| {
            let mut breaks = false;
            for (budget, left) in self.0.iter().zip(&mut left) {
                if budget.covers(pod) {
                    *left -= 1;
                    breaks |= *left < 0;
                }
            }
            breaks
        })
    }
}

impl Budget {
    fn covers(&self, pod: &Pod) -> bool {
        let labels = meta::labels(&pod.metadata);
        !labels.is_empty()
            && self.namespace == meta::namespace(&pod.metadata)
            && self.selector.matches(labels)
            && !self.disrupted.iter().any(|name| name == meta::name(&pod.metadata))
    }
}

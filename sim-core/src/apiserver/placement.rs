//! What a new pod says of its placement, completed.
//!
//! Models pkg/registry/core/pod: applyMatchLabelKeysAndMismatchLabelKeys (KEP-3633, KEP-3243) and
//! applySchedulingGatedCondition (KEP-3521).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, PodAffinityTerm, PodCondition, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use crate::api::SimTime;

/// Puts the pod's own label values into the selectors that ask for them, and says that a gated pod waits.
pub(super) fn prepare(pod: &mut Pod, now: SimTime) {
    let labels = pod.metadata.labels.clone().unwrap_or_default();
    let Some(spec) = &mut pod.spec else { return };
    for term in affinity_terms(spec) {
        if let Some(selector) = &mut term.label_selector {
            merge(selector, term.match_label_keys.as_deref(), "In", &labels);
            merge(selector, term.mismatch_label_keys.as_deref(), "NotIn", &labels);
        }
    }
    for constraint in spec.topology_spread_constraints.iter_mut().flatten() {
        if let Some(selector) = &mut constraint.label_selector {
            merge(selector, constraint.match_label_keys.as_deref(), "In", &labels);
        }
    }
    if spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
        let gated = PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "False".to_owned(),
            reason: Some("SchedulingGated".to_owned()),
            message: Some("Scheduling is blocked due to non-empty scheduling gates".to_owned()),
            last_transition_time: Some(now.to_time()),
            ..PodCondition::default()
        };
        pod.status.get_or_insert_default().conditions.get_or_insert_default().push(gated);
    }
}

fn affinity_terms(spec: &mut PodSpec) -> impl Iterator<Item = &mut PodAffinityTerm> {
    let (near, far) = match &mut spec.affinity {
        Some(affinity) => (affinity.pod_affinity.as_mut(), affinity.pod_anti_affinity.as_mut()),
        None => (None, None),
    };
    let near = near.map(|near| {
        (
            &mut near.preferred_during_scheduling_ignored_during_execution,
            &mut near.required_during_scheduling_ignored_during_execution,
        )
    });
    let far = far.map(|far| {
        (
            &mut far.preferred_during_scheduling_ignored_during_execution,
            &mut far.required_during_scheduling_ignored_during_execution,
        )
    });
    near.into_iter().chain(far).flat_map(|(preferred, required)| {
        let preferred = preferred.iter_mut().flatten().map(|term| &mut term.pod_affinity_term);
        preferred.chain(required.iter_mut().flatten())
    })
}

fn merge(
    selector: &mut LabelSelector,
    keys: Option<&[String]>,
    operator: &str,
    labels: &BTreeMap<String, String>,
) {
    for key in keys.unwrap_or_default() {
        if let Some(value) = labels.get(key) {
            selector.match_expressions.get_or_insert_default().push(LabelSelectorRequirement {
                key: key.clone(),
                operator: operator.to_owned(),
                values: Some(vec![value.clone()]),
            });
        }
    }
}

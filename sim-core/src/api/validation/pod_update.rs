//! What an update of a pod may change. Models pkg/apis/core/validation: ValidatePodUpdate.

use k8s_openapi::api::core::v1::{
    Affinity, Container, NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, Toleration,
};
use serde_json::json;

use crate::api::to_value;

use super::Errors;
use super::internal::{self, types};
use super::pod::{check_tolerations_of, is_gated, whole};

/// Which fields of a pod's spec an update may change, as the refusal says it.
const UPDATABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

pub(super) fn check(errors: &mut Errors, new_pod: &Pod, old_pod: &Pod) {
    let empty = PodSpec::default();
    let (new, old) = (new_pod.spec.as_ref().unwrap_or(&empty), old_pod.spec.as_ref().unwrap_or(&empty));
    if new == old {
        return;
    }
    whole(errors, new_pod, new);
    let (init, earlier) = (new.init_containers.as_deref(), old.init_containers.as_deref());
    let (init, earlier) = (init.unwrap_or_default(), earlier.unwrap_or_default());
    if !containers(errors, "spec.containers", &new.containers, &old.containers)
        || !containers(errors, "spec.initContainers", init, earlier)
        || !deadline(errors, new.active_deadline_seconds, old.active_deadline_seconds)
    {
        return;
    }
    tolerations(errors, new, old);
    gates(errors, new, old);
    let mut munged = new.clone();
    take_images(&mut munged.containers, &old.containers);
    take_images(munged.init_containers.as_deref_mut().unwrap_or_default(), earlier);
    munged.active_deadline_seconds = old.active_deadline_seconds;
    munged.scheduling_gates = old.scheduling_gates.clone();
    munged.tolerations = old.tolerations.clone();
    let negative = old.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0);
    if negative && new.termination_grace_period_seconds == Some(1) {
        munged.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    if is_gated(old) {
        node_selector(errors, &mut munged, old);
        node_affinity(errors, &mut munged, old);
    }
    if munged != *old {
        let shown = internal::pod_spec_diff(&to_value(&old), &to_value(&munged));
        errors.forbidden("spec", format!("{UPDATABLE}\n{shown}"));
    }
}

/// Models ValidateContainerUpdates; whether there is more to say.
fn containers(errors: &mut Errors, path: &str, new: &[Container], old: &[Container]) -> bool {
    if new.len() != old.len() {
        errors.forbidden(path, "pod updates may not add or remove containers");
        return false;
    }
    for (index, container) in new.iter().enumerate() {
        let image = container.image.as_deref().unwrap_or_default();
        if image.is_empty() {
            errors.required(format!("{path}[{index}].image"), "");
        }
        if image.trim() != image {
            let why = "must not have leading or trailing whitespace";
            errors.invalid(format!("{path}[{index}].image"), image, why);
        }
    }
    true
}

/// Whether there is more to say.
fn deadline(errors: &mut Errors, new: Option<i64>, old: Option<i64>) -> bool {
    const PATH: &str = "spec.activeDeadlineSeconds";
    match (new, old) {
        (Some(new), _) if !(0..=i64::from(i32::MAX)).contains(&new) => {
            errors.invalid(PATH, new, "must be between 0 and 2147483647, inclusive");
            false
        }
        (Some(new), Some(old)) if new > old => {
            errors.invalid(PATH, new, "must be less than or equal to previous value");
            false
        }
        (None, Some(_)) => {
            errors.invalid(PATH, json!(null), "must not update from a positive integer to nil value");
            true
        }
        _ => true,
    }
}

/// Models validateOnlyAddedTolerations.
fn tolerations(errors: &mut Errors, new: &PodSpec, old: &PodSpec) {
    let bare = |toleration: &Toleration| Toleration { toleration_seconds: None, ..toleration.clone() };
    let now: Vec<Toleration> = new.tolerations.iter().flatten().map(bare).collect();
    let missing = old.tolerations.iter().flatten().any(|toleration| !now.contains(&bare(toleration)));
    if missing {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden("spec.tolerations", why);
        return;
    }
    check_tolerations_of(errors, "spec.tolerations", new);
}

/// Models validateOnlyDeletedSchedulingGates.
fn gates(errors: &mut Errors, new: &PodSpec, old: &PodSpec) {
    let kept = old.scheduling_gates.as_deref().unwrap_or_default();
    for (index, gate) in new.scheduling_gates.iter().flatten().enumerate() {
        if !kept.contains(gate) {
            let why = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            errors.forbidden(format!("spec.schedulingGates[{index}].name"), why);
        }
    }
}

fn take_images(new: &mut [Container], old: &[Container]) {
    for (new, old) in new.iter_mut().zip(old) {
        new.image.clone_from(&old.image);
    }
}

/// A pod that waits for its gates may be given fewer nodes to choose from (KEP-3838).
///
/// Models validateNodeSelectorMutation.
fn node_selector(errors: &mut Errors, munged: &mut PodSpec, old: &PodSpec) {
    let now = munged.node_selector.clone().unwrap_or_default();
    if old.node_selector.iter().flatten().any(|(key, value)| now.get(key) != Some(value)) {
        let why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        errors.invalid("spec.nodeSelector", to_value(&munged.node_selector), why);
    }
    munged.node_selector.clone_from(&old.node_selector);
}

fn node_affinity(errors: &mut Errors, munged: &mut PodSpec, old: &PodSpec) {
    let wish = |spec: &PodSpec| spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.clone());
    let (now, before) = (wish(munged), wish(old));
    if now == before {
        return;
    }
    tightened(errors, now.as_ref(), before.as_ref());
    match &mut munged.affinity {
        None if before.is_none() => {}
        None => munged.affinity = Some(Affinity { node_affinity: before, ..Affinity::default() }),
        Some(affinity)
            if old.affinity.is_none()
                && affinity.pod_affinity.is_none()
                && affinity.pod_anti_affinity.is_none() =>
        {
            munged.affinity = None;
        }
        Some(affinity) => affinity.node_affinity = before,
    }
}

/// Models validateNodeAffinityMutation.
fn tightened(errors: &mut Errors, now: Option<&NodeAffinity>, before: Option<&NodeAffinity>) {
    const PATH: &str =
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let terms = |wish: Option<&NodeAffinity>| {
        let required =
            wish.and_then(|wish| wish.required_during_scheduling_ignored_during_execution.as_ref());
        required.map(|required| required.node_selector_terms.clone())
    };
    let Some(before) = terms(before) else { return };
    let after = terms(now);
    let now = after.clone().unwrap_or_default();
    if !before.is_empty() && before.len() != now.len() {
        let value = to_value(&after);
        let shown = internal::one_line_list(&value, types::NODE_TERM);
        let why = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        errors.invalid_struct(PATH, value, shown, why);
        return;
    }
    for (index, (now, before)) in now.iter().zip(&before).enumerate() {
        if !has_only_additions(now, before) {
            let value = to_value(&now);
            let shown = internal::one_line(&value, types::NODE_TERM);
            let why = "only additions are allowed (no mutations or deletions)";
            errors.invalid_struct(format!("{PATH}[{index}]"), value, shown, why);
        }
    }
}

/// Models validateNodeSelectorTermHasOnlyAdditions.
fn has_only_additions(now: &NodeSelectorTerm, before: &NodeSelectorTerm) -> bool {
    let list = |list: &Option<Vec<NodeSelectorRequirement>>| list.clone().unwrap_or_default();
    let (labels, fields) = (list(&now.match_expressions), list(&now.match_fields));
    let (old_labels, old_fields) = (list(&before.match_expressions), list(&before.match_fields));
    if old_labels.is_empty() && old_fields.is_empty() {
        return labels.is_empty() && fields.is_empty();
    }
    labels.starts_with(&old_labels) && fields.starts_with(&old_fields)
}

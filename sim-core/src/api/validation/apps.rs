//! Validation of `apps/v1`. Models pkg/apis/apps/validation.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{
    ControllerRevision, Deployment, DeploymentSpec, DeploymentStrategy, ReplicaSet, ReplicaSetSpec,
    StatefulSet, StatefulSetSpec, StatefulSetStatus, StatefulSetUpdateStrategy,
};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;

use super::internal::{self, types};
use super::{Errors, format, meta, pod, storage};
use crate::api::field::FieldError;
use crate::api::selector::Selector;
use crate::api::to_value;

/// What is said of a Deployment's selector that makes no sense.
const NO_SELECTOR: &str = "invalid label selector";

pub(super) fn stateful_set(errors: &mut Errors, set: &StatefulSet) {
    let empty = StatefulSetSpec::default();
    stateful_set_spec(errors, set.spec.as_ref().unwrap_or(&empty));
}

fn stateful_set_spec(errors: &mut Errors, spec: &StatefulSetSpec) {
    match spec.pod_management_policy.as_deref().unwrap_or_default() {
        "" => errors.required("spec.podManagementPolicy", ""),
        "OrderedReady" | "Parallel" => {}
        other => errors.invalid("spec.podManagementPolicy", other, "must be 'OrderedReady' or 'Parallel'"),
    }
    let none = StatefulSetUpdateStrategy::default();
    update_strategy(errors, spec.update_strategy.as_ref().unwrap_or(&none));
    if let Some(policy) = &spec.persistent_volume_claim_retention_policy {
        let path = "spec.persistentVolumeClaimRetentionPolicy";
        let supported = ["Retain", "Delete"];
        errors.one_of(format!("{path}.whenDeleted"), policy.when_deleted.as_deref(), &supported);
        errors.one_of(format!("{path}.whenScaled"), policy.when_scaled.as_deref(), &supported);
    }
    errors.not_negative("spec.replicas", spec.replicas);
    errors.not_negative("spec.minReadySeconds", spec.min_ready_seconds);
    errors.not_negative("spec.ordinals.start", spec.ordinals.as_ref().and_then(|ordinals| ordinals.start));
    errors.not_negative("spec.revisionHistoryLimit", spec.revision_history_limit);
    let is_selector = check_selector(errors, &spec.selector, "statefulset", "");
    let claims: Vec<&str> = spec
        .volume_claim_templates
        .iter()
        .flatten()
        .filter_map(|claim| claim.metadata.name.as_deref())
        .collect();
    if is_selector {
        check_template(errors, &spec.template, &spec.selector, &claims, "StatefulSet");
    } else {
        check_lasting(errors, &spec.template, "StatefulSet");
    }
    if let Some(name) = spec.service_name.as_deref().filter(|name| !name.is_empty()) {
        errors.invalid_all("spec.serviceName", name, format::dns_label(name));
    }
    for (index, claim) in spec.volume_claim_templates.iter().flatten().enumerate() {
        let path = format!("spec.volumeClaimTemplates[{index}]");
        match claim.metadata.name.as_deref().unwrap_or_default() {
            "" => errors.required(format!("{path}.metadata.name"), ""),
            name => errors.invalid_all(format!("{path}.metadata.name"), name, format::dns_subdomain(name)),
        }
        if let Some(spec) = &claim.spec {
            storage::claim_spec(errors, &format!("{path}.spec"), spec);
        }
    }
}

fn update_strategy(errors: &mut Errors, strategy: &StatefulSetUpdateStrategy) {
    let path = "spec.updateStrategy";
    let rolling = strategy.rolling_update.as_ref();
    match strategy.type_.as_deref().unwrap_or_default() {
        "" => errors.required(path, ""),
        "OnDelete" => {
            if let Some(rolling) = rolling {
                let why = "only allowed for updateStrategy 'RollingUpdate'";
                let value = to_value(&rolling);
                let shown = internal::one_line(&value, types::SET_ROLLING);
                errors.invalid_struct(format!("{path}.rollingUpdate"), value, shown, why);
            }
        }
        "RollingUpdate" => {
            let Some(rolling) = rolling else { return };
            errors.not_negative(format!("{path}.rollingUpdate.partition"), rolling.partition);
            if let Some(value) = &rolling.max_unavailable {
                let path = format!("{path}.rollingUpdate.maxUnavailable");
                int_or_percent(errors, &path, value);
                if number(value) == 0 {
                    errors.invalid(&*path, to_value(&value), "cannot be 0");
                }
                at_most_all(errors, &path, value);
            }
        }
        _ => {
            let value = to_value(&strategy);
            let shown = internal::one_line(&value, types::SET_STRATEGY);
            errors.invalid_struct(path, value, shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// Whether the selector makes sense, and the template can be asked whether it fits. `kind` is what upstream calls
/// the object in the complaint about an empty selector, and `why` what it says of one that makes none.
fn check_selector(errors: &mut Errors, selector: &LabelSelector, kind: &str, why: &str) -> bool {
    let before = errors.0.len();
    if meta::is_declared_empty(selector) {
        let why = format!("empty selector is invalid for {kind}");
        errors.invalid("spec.selector", json!({}), why);
        return true;
    }
    if meta::is_empty_selector(selector) {
        errors.required("spec.selector", "");
        return true;
    }
    meta::selector(errors, "spec.selector", selector);
    let makes_sense = errors.0.len() == before;
    if !makes_sense {
        errors.invalid("spec.selector", to_value(&selector), why);
    }
    makes_sense
}

/// A template of pods that are restarted for ever. Models ValidatePodTemplateSpecForReplicaSet.
fn check_template(
    errors: &mut Errors,
    template: &PodTemplateSpec,
    selector: &LabelSelector,
    claims: &[&str],
    kind: &str,
) {
    let matches = meta::is_declared_empty(selector) || selects(selector, template);
    if !matches {
        unfit_labels(errors, template);
    }
    pod::template(errors, "spec.template", template, claims);
    check_lasting(errors, template, kind);
}

/// Whether the selector selects the template's pods. No selector selects nothing.
pub(super) fn selects(selector: &LabelSelector, template: &PodTemplateSpec) -> bool {
    let none = BTreeMap::new();
    let labels = template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref());
    (meta::is_declared_empty(selector) || !meta::is_empty_selector(selector))
        && Selector::from_api(selector).matches(labels.unwrap_or(&none))
}

pub(super) fn unfit_labels(errors: &mut Errors, template: &PodTemplateSpec) {
    let labels = template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref());
    let why = "`selector` does not match template `labels`";
    errors.invalid("spec.template.metadata.labels", to_value(&labels), why);
}

/// Pods of the template are always restarted, and have no deadline.
pub(super) fn check_lasting(errors: &mut Errors, template: &PodTemplateSpec, kind: &str) {
    let spec = template.spec.as_ref();
    let restart = spec.and_then(|spec| spec.restart_policy.as_deref()).unwrap_or_default();
    if restart != "Always" {
        let path = "spec.template.spec.restartPolicy";
        errors.push(FieldError::not_supported(path, restart, &["Always"]));
    }
    if spec.is_some_and(|spec| spec.active_deadline_seconds.is_some()) {
        let why = format!("activeDeadlineSeconds in {kind} is not Supported");
        errors.forbidden("spec.template.spec.activeDeadlineSeconds", why);
    }
}

pub(super) fn stateful_set_update(errors: &mut Errors, new: &StatefulSet, old: &StatefulSet) {
    stateful_set(errors, new);
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let fixed = |spec: &StatefulSetSpec| StatefulSetSpec {
        replicas: None,
        ordinals: None,
        template: PodTemplateSpec::default(),
        update_strategy: None,
        revision_history_limit: None,
        persistent_volume_claim_retention_policy: None,
        min_ready_seconds: None,
        ..spec.clone()
    };
    if fixed(new) != fixed(old) {
        errors.forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}

/// Models ValidateStatefulSetStatusUpdate. The controller runs into it when it deletes an outdated pod and none is of
/// the current revision: it counts one off all the same, and its write is refused.
pub(super) fn stateful_set_status(errors: &mut Errors, new: &StatefulSet, old: &StatefulSet) {
    let (Some(new), empty) = (&new.status, StatefulSetStatus::default()) else { return };
    let path = |field: &str| format!("status.{field}");
    let all = new.replicas;
    let [ready, current, updated, available] =
        [new.ready_replicas, new.current_replicas, new.updated_replicas, new.available_replicas]
            .map(|number| number.unwrap_or(0));
    let numbers = [
        ("readyReplicas", ready),
        ("currentReplicas", current),
        ("updatedReplicas", updated),
        ("availableReplicas", available),
    ];
    errors.not_negative(path("replicas"), Some(all));
    for (field, number) in numbers {
        errors.not_negative(path(field), Some(number));
    }
    errors.not_negative(path("observedGeneration"), new.observed_generation);
    errors.not_negative(path("collisionCount"), new.collision_count);
    for (field, number) in numbers.into_iter().filter(|(_, number)| *number > all) {
        errors.invalid(path(field), number, "cannot be greater than status.replicas");
    }
    if available > ready {
        errors.invalid(path("availableReplicas"), available, "cannot be greater than status.readyReplicas");
    }
    let collisions = |status: &StatefulSetStatus| status.collision_count;
    if let Some(before) = collisions(old.status.as_ref().unwrap_or(&empty))
        && collisions(new).is_none_or(|now| now < before)
    {
        errors.invalid(path("collisionCount"), collisions(new).unwrap_or(0), "cannot be decremented");
    }
}

pub(super) fn deployment(errors: &mut Errors, deployment: &Deployment) {
    let empty = DeploymentSpec::default();
    let spec = deployment.spec.as_ref().unwrap_or(&empty);
    errors.not_negative("spec.replicas", spec.replicas);
    if check_selector(errors, &spec.selector, "deployment", NO_SELECTOR) {
        check_template(errors, &spec.template, &spec.selector, &[], "ReplicaSet");
    }
    if let Some(strategy) = &spec.strategy {
        deployment_strategy(errors, strategy);
    }
    errors.not_negative("spec.minReadySeconds", spec.min_ready_seconds);
    errors.not_negative("spec.revisionHistoryLimit", spec.revision_history_limit);
    errors.not_negative("spec.progressDeadlineSeconds", spec.progress_deadline_seconds);
    if let Some(deadline) = spec.progress_deadline_seconds
        && deadline <= spec.min_ready_seconds.unwrap_or(0)
    {
        errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
    }
}

fn deployment_strategy(errors: &mut Errors, strategy: &DeploymentStrategy) {
    let path = "spec.strategy";
    match strategy.type_.as_deref().unwrap_or_default() {
        "Recreate" if strategy.rolling_update.is_some() => {
            let why = "may not be specified when strategy `type` is 'Recreate'";
            errors.forbidden(format!("{path}.rollingUpdate"), why);
        }
        "Recreate" => {}
        "RollingUpdate" => {
            let Some(rolling) = &strategy.rolling_update else { return };
            let one_hundred = IntOrString::Int(1);
            let unavailable = rolling.max_unavailable.as_ref().unwrap_or(&one_hundred);
            let surge = rolling.max_surge.as_ref().unwrap_or(&one_hundred);
            let unavailable_path = format!("{path}.rollingUpdate.maxUnavailable");
            int_or_percent(errors, &unavailable_path, unavailable);
            int_or_percent(errors, &format!("{path}.rollingUpdate.maxSurge"), surge);
            if number(unavailable) == 0 && number(surge) == 0 {
                let why = "may not be 0 when `maxSurge` is 0";
                errors.invalid(unavailable_path.as_str(), to_value(&unavailable), why);
            }
            at_most_all(errors, &unavailable_path, unavailable);
        }
        _ => {
            let value = to_value(&strategy);
            let shown = Some(internal::one_line(&value, types::STRATEGY));
            let supported = ["Recreate", "RollingUpdate"];
            errors.push(FieldError { shown, ..FieldError::not_supported(path, value, &supported) });
        }
    }
}

/// The number, or the percentage without its sign; what is neither counts as nothing.
///
/// Models getIntOrPercentValue.
pub(super) fn number(value: &IntOrString) -> i32 {
    match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => text.strip_suffix('%').unwrap_or(text).parse().unwrap_or(0),
    }
}

pub(super) fn int_or_percent(errors: &mut Errors, path: &str, value: &IntOrString) {
    match value {
        IntOrString::Int(number) => errors.not_negative(path, Some(*number)),
        IntOrString::String(text) => {
            let digits = text.strip_suffix('%').unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                let why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
                errors.invalid(path, text.as_str(), why);
            }
        }
    }
}

pub(super) fn at_most_all(errors: &mut Errors, path: &str, value: &IntOrString) {
    if matches!(value, IntOrString::String(text) if text.ends_with('%')) && number(value) > 100 {
        errors.invalid(path, to_value(&value), "must not be greater than 100%");
    }
}

pub(super) fn deployment_update(errors: &mut Errors, new: &Deployment, old: &Deployment) {
    deployment(errors, new);
    if let (Some(new), Some(old)) = (&new.spec, &old.spec) {
        meta::immutable(errors, "spec.selector", to_value(&new.selector), &to_value(&old.selector));
    }
}

pub(super) fn replica_set(errors: &mut Errors, set: &ReplicaSet) {
    let empty = ReplicaSetSpec::default();
    let spec = set.spec.as_ref().unwrap_or(&empty);
    errors.not_negative("spec.replicas", spec.replicas);
    errors.not_negative("spec.minReadySeconds", spec.min_ready_seconds);
    if check_selector(errors, &spec.selector, "deployment", NO_SELECTOR) {
        let none = PodTemplateSpec::default();
        check_template(errors, spec.template.as_ref().unwrap_or(&none), &spec.selector, &[], "ReplicaSet");
    }
}

pub(super) fn replica_set_update(errors: &mut Errors, new: &ReplicaSet, old: &ReplicaSet) {
    replica_set(errors, new);
    if let (Some(new), Some(old)) = (&new.spec, &old.spec) {
        meta::immutable(errors, "spec.selector", to_value(&new.selector), &to_value(&old.selector));
    }
}

pub(super) fn controller_revision(errors: &mut Errors, revision: &ControllerRevision) {
    if revision.data.is_none() {
        errors.required("data", "data is mandatory");
    }
    errors.not_negative("revision", Some(revision.revision));
}

pub(super) fn controller_revision_update(
    errors: &mut Errors,
    new: &ControllerRevision,
    old: &ControllerRevision,
) {
    controller_revision(errors, new);
    meta::immutable(errors, "data", to_value(&new.data), &to_value(&old.data));
}

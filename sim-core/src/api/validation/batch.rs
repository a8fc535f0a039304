//! Validation of `batch/v1`. Models pkg/apis/batch/validation.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::batch::v1::{
    Job, JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, SuccessPolicyRule,
};
use k8s_openapi::api::core::v1::Affinity;
use serde_json::Value;

use super::internal::{self, types};
use super::{Errors, format, meta, pod};
use crate::api::field::FieldError;
use crate::api::kinds::job::{CONTROLLER_UID, JOB_NAME};
use crate::api::selector::Selector;
use crate::api::{Feature, FeatureGates, meta as object_meta, to_value};

/// Pods that an Indexed Job may run side by side, and indexes of it that may fail.
const INDEXED_MAX: i32 = 100_000;
/// The same for Jobs that have more completions than [`INDEXED_MAX`] and count failures by index.
const MANY_INDEXED_MAX: i32 = 10_000;
/// Rules that a policy may have, and conditions that a rule may name.
const RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;
const MANAGER_MAX: usize = 63;

pub(super) fn job(errors: &mut Errors, job: &Job) {
    let empty = JobSpec::default();
    let spec = job.spec.as_ref().unwrap_or(&empty);
    generated_selector(errors, job, spec);
    whole_spec(errors, spec);
    let name = object_meta::name(&job.metadata);
    if let Some(count) = spec.completions.filter(|count| is_indexed(spec) && *count > 0) {
        let longest = format!("{name}-{}", count - 1);
        if !format::dns_label(&longest).is_empty() {
            let why = format!("will not able to create pod with invalid DNS label: {longest}");
            errors.invalid("metadata.name", name, why);
        }
    }
}

/// Models ValidateJobSpec.
fn whole_spec(errors: &mut Errors, spec: &JobSpec) {
    job_spec(errors, "spec", spec);
    let before = errors.0.len();
    match &spec.selector {
        Some(selector) => meta::selector(errors, "spec.selector", selector),
        None => errors.required("spec.selector", ""),
    }
    let labels = template_labels(spec);
    let matches =
        spec.selector.as_ref().is_some_and(|selector| Selector::from_api(selector).matches(&labels));
    // A selector that makes no sense is not asked.
    if !matches && (spec.selector.is_none() || errors.0.len() == before) {
        let labels = spec.template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref());
        let why = "`selector` does not match template `labels`";
        errors.invalid("spec.template.metadata.labels", to_value(&labels), why);
    }
}

/// Models validateGeneratedSelector.
fn generated_selector(errors: &mut Errors, job: &Job, spec: &JobSpec) {
    if spec.manual_selector == Some(true) || spec.selector.is_none() {
        return;
    }
    let (uid, name) = (object_meta::uid(&job.metadata), object_meta::name(&job.metadata));
    let labels = template_labels(spec);
    let expected = [("controller-uid", uid), ("job-name", name), (CONTROLLER_UID, uid), (JOB_NAME, name)];
    for (key, value) in expected {
        let path = "spec.template.metadata.labels";
        match labels.get(key) {
            None => errors.required(format!("{path}[{key}]"), format!("must be '{value}'")),
            Some(found) if found != value => {
                errors.invalid(format!("{path}[{key}]"), to_value(&labels), format!("must be '{value}'"));
            }
            Some(_) => {}
        }
    }
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    if spec.selector.as_ref().is_some_and(|selector| !Selector::from_api(selector).matches(&expected)) {
        errors.invalid("spec.selector", to_value(&spec.selector), "`selector` not auto-generated");
    }
}

fn template_labels(spec: &JobSpec) -> BTreeMap<String, String> {
    spec.template.metadata.as_ref().and_then(|metadata| metadata.labels.clone()).unwrap_or_default()
}

fn is_indexed(spec: &JobSpec) -> bool {
    spec.completion_mode.as_deref() == Some("Indexed")
}

/// Models validateJobSpec: all but the selector, for Jobs and for templates of Jobs.
pub(super) fn job_spec(errors: &mut Errors, path: &str, spec: &JobSpec) {
    errors.not_negative(format!("{path}.parallelism"), spec.parallelism);
    errors.not_negative(format!("{path}.completions"), spec.completions);
    errors.not_negative(format!("{path}.activeDeadlineSeconds"), spec.active_deadline_seconds);
    errors.not_negative(format!("{path}.backoffLimit"), spec.backoff_limit);
    errors.not_negative(format!("{path}.ttlSecondsAfterFinished"), spec.ttl_seconds_after_finished);
    errors.not_negative(format!("{path}.backoffLimitPerIndex"), spec.backoff_limit_per_index);
    errors.not_negative(format!("{path}.maxFailedIndexes"), spec.max_failed_indexes);
    if spec.max_failed_indexes.is_some() && spec.backoff_limit_per_index.is_none() {
        errors.required(format!("{path}.backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(manager) = spec.managed_by.as_deref() {
        manager_name(errors, &format!("{path}.managedBy"), manager);
    }
    completion_mode(errors, path, spec);
    let rules = spec.pod_failure_policy.as_ref().map_or(0, |policy| policy.rules.len());
    if rules > RULES_MAX {
        errors.push(FieldError::too_many(format!("{path}.podFailurePolicy.rules"), rules, RULES_MAX));
    }
    for (index, rule) in spec.pod_failure_policy.iter().flat_map(|policy| &policy.rules).enumerate() {
        failure_rule(errors, &format!("{path}.podFailurePolicy.rules[{index}]"), rule, spec);
    }
    if let Some(policy) = &spec.success_policy {
        let path = format!("{path}.successPolicy");
        if !is_indexed(spec) {
            let value = to_value(&policy);
            let shown = internal::one_line(&value, types::SUCCESS_POLICY);
            errors.invalid_struct(path, value, shown, "requires indexed completion mode");
        } else if policy.rules.is_empty() {
            let why = "at least one rules must be specified when the successPolicy is specified";
            errors.required(format!("{path}.rules"), why);
        } else {
            if policy.rules.len() > RULES_MAX {
                let field = format!("{path}.rules");
                errors.push(FieldError::too_many(field, policy.rules.len(), RULES_MAX));
            }
            for (index, rule) in policy.rules.iter().enumerate() {
                success_rule(errors, &format!("{path}.rules[{index}]"), rule, spec);
            }
        }
    }
    replacement_policy(errors, path, spec);
    pod::template(errors, &format!("{path}.template"), &spec.template, &[]);
    restart_policy(errors, path, spec);
}

/// Models apimachinery pkg/util/validation: IsDomainPrefixedPath.
fn manager_name(errors: &mut Errors, path: &str, name: &str) {
    match name.split_once('/') {
        _ if name.is_empty() => errors.required(path, ""),
        Some((domain, rest)) if !domain.is_empty() && !rest.is_empty() => {
            for problem in format::dns_subdomain(domain) {
                errors.invalid(path, domain, problem);
            }
        }
        _ => errors.invalid(path, name, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    }
    if name.len() > MANAGER_MAX {
        errors.push(FieldError::too_long(path, MANAGER_MAX));
    }
}

fn completion_mode(errors: &mut Errors, path: &str, spec: &JobSpec) {
    let modes = ["NonIndexed", "Indexed"];
    if let Some(mode) = spec.completion_mode.as_deref().filter(|mode| !modes.contains(mode)) {
        errors.push(FieldError::not_supported(format!("{path}.completionMode"), mode, &modes));
        return;
    }
    if !is_indexed(spec) {
        let why = "requires indexed completion mode";
        for (field, value) in [
            ("backoffLimitPerIndex", spec.backoff_limit_per_index),
            ("maxFailedIndexes", spec.max_failed_indexes),
        ] {
            if let Some(value) = value {
                errors.invalid(format!("{path}.{field}"), value, why);
            }
        }
        return;
    }
    if spec.completions.is_none() {
        errors.required(format!("{path}.completions"), "when completion mode is Indexed");
    }
    let parallelism = format!("{path}.parallelism");
    let max_failed = format!("{path}.maxFailedIndexes");
    at_most(errors, &parallelism, spec.parallelism, INDEXED_MAX, " when completion mode is Indexed");
    if let (Some(failed), Some(all)) = (spec.max_failed_indexes, spec.completions)
        && failed > all
    {
        errors.invalid(&*max_failed, failed, "must be less than or equal to completions");
    }
    at_most(errors, &max_failed, spec.max_failed_indexes, INDEXED_MAX, "");
    if spec.completions.is_some_and(|all| all > INDEXED_MAX) && spec.backoff_limit_per_index.is_some() {
        if spec.max_failed_indexes.is_none() {
            let why = format!("must be specified when completions is above {INDEXED_MAX}");
            errors.required(&*max_failed, why);
        }
        let when = format!(" when completions are above {INDEXED_MAX} and used with backoff limit per index");
        at_most(errors, &parallelism, spec.parallelism, MANY_INDEXED_MAX, &when);
        at_most(errors, &max_failed, spec.max_failed_indexes, MANY_INDEXED_MAX, &when);
    }
}

fn at_most(errors: &mut Errors, path: &str, count: Option<i32>, max: i32, when: &str) {
    if let Some(count) = count.filter(|count| *count > max) {
        errors.invalid(path, count, format!("must be less than or equal to {max}{when}"));
    }
}

fn restart_policy(errors: &mut Errors, path: &str, spec: &JobSpec) {
    let path = format!("{path}.template.spec.restartPolicy");
    let policy = spec.template.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref());
    match policy.unwrap_or_default() {
        "" | "Always" => errors.required(path, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if spec.pod_failure_policy.is_some() => {
            let why = "only \"Never\" is supported when podFailurePolicy is specified";
            errors.invalid(path, "OnFailure", why);
        }
        other => errors.one_of(path, Some(other), &["OnFailure", "Never"]),
    }
}

fn replacement_policy(errors: &mut Errors, path: &str, spec: &JobSpec) {
    let Some(policy) = spec.pod_replacement_policy.as_deref() else { return };
    let all = ["Failed", "TerminatingOrFailed"];
    let supported = if spec.pod_failure_policy.is_some() { &all[..1] } else { &all[..] };
    if !supported.contains(&policy) {
        errors.push(FieldError::not_supported(format!("{path}.podReplacementPolicy"), policy, supported));
    }
}

/// Models validatePodFailurePolicyRule.
fn failure_rule(errors: &mut Errors, path: &str, rule: &PodFailurePolicyRule, spec: &JobSpec) {
    let actions = ["Count", "FailIndex", "FailJob", "Ignore"];
    match rule.action.as_str() {
        "" => {
            let why = "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]";
            errors.required(format!("{path}.action"), why);
        }
        "FailIndex" if spec.backoff_limit_per_index.is_none() => {
            let why = "requires the backoffLimitPerIndex to be set";
            errors.invalid(format!("{path}.action"), "FailIndex", why);
        }
        other => errors.one_of(format!("{path}.action"), Some(other), &actions),
    }
    if let Some(codes) = &rule.on_exit_codes {
        exit_codes(errors, &format!("{path}.onExitCodes"), codes, spec);
    }
    let patterns = rule.on_pod_conditions.as_deref().unwrap_or_default();
    if patterns.len() > RULES_MAX {
        errors.push(FieldError::too_many(format!("{path}.onPodConditions"), patterns.len(), RULES_MAX));
    }
    for (index, pattern) in patterns.iter().enumerate() {
        let path = format!("{path}.onPodConditions[{index}]");
        errors.invalid_all(format!("{path}.type"), &pattern.type_, format::qualified_name(&pattern.type_));
        match pattern.status.as_deref().unwrap_or_default() {
            "" => errors.required(format!("{path}.status"), "valid values: [\"False\" \"True\" \"Unknown\"]"),
            other => errors.one_of(format!("{path}.status"), Some(other), &["False", "True", "Unknown"]),
        }
    }
    let why = match (rule.on_exit_codes.is_some(), !patterns.is_empty()) {
        (true, true) => "specifying both OnExitCodes and OnPodConditions is not supported",
        (false, false) => "specifying one of OnExitCodes and OnPodConditions is required",
        _ => return,
    };
    errors.invalid_struct(path, Value::Null, String::new(), why);
}

fn exit_codes(
    errors: &mut Errors,
    path: &str,
    codes: &PodFailurePolicyOnExitCodesRequirement,
    spec: &JobSpec,
) {
    match codes.operator.as_str() {
        "" => errors.required(format!("{path}.operator"), "valid values: [\"In\" \"NotIn\"]"),
        other => errors.one_of(format!("{path}.operator"), Some(other), &["In", "NotIn"]),
    }
    if let Some(name) = &codes.container_name {
        let template = spec.template.spec.as_ref();
        let init = template.iter().flat_map(|spec| spec.init_containers.iter().flatten());
        let mut all = template.iter().flat_map(|spec| spec.containers.iter()).chain(init);
        if !all.any(|container| container.name == *name) {
            let why = "must be one of the container or initContainer names in the pod template";
            errors.invalid(format!("{path}.containerName"), name.as_str(), why);
        }
    }
    let path = format!("{path}.values");
    if codes.values.is_empty() {
        // There is no list in Go.
        errors.invalid(path.as_str(), Value::Null, "at least one value is required");
    } else if codes.values.len() > EXIT_CODES_MAX {
        errors.push(FieldError::too_many(path.as_str(), codes.values.len(), EXIT_CODES_MAX));
    }
    let mut seen = BTreeSet::new();
    for (index, code) in codes.values.iter().enumerate() {
        if codes.operator == "In" && *code == 0 {
            errors.invalid(format!("{path}[{index}]"), *code, "must not be 0 for the In operator");
        }
        if !seen.insert(*code) {
            errors.push(FieldError::duplicate(format!("{path}[{index}]"), *code));
        }
    }
    if !codes.values.is_sorted() {
        errors.invalid(path, to_value(&codes.values), "must be ordered");
    }
}

/// Models validateSuccessPolicyRule.
fn success_rule(errors: &mut Errors, path: &str, rule: &SuccessPolicyRule, spec: &JobSpec) {
    if rule.succeeded_count.is_none() && rule.succeeded_indexes.is_none() {
        let why = "at least one of succeededCount or succeededIndexes must be specified";
        errors.required(path, why);
    }
    let completions = spec.completions.unwrap_or(0);
    let mut listed = 0;
    if let Some(indexes) = &rule.succeeded_indexes {
        match count_indexes(indexes, completions) {
            Ok(count) => listed = count,
            Err(why) => {
                let why = format!("error parsing succeededIndexes: {why}");
                errors.invalid(format!("{path}.succeededIndexes"), indexes.as_str(), why);
            }
        }
    }
    let Some(count) = rule.succeeded_count else { return };
    let path = format!("{path}.succeededCount");
    errors.not_negative(path.as_str(), Some(count));
    if count > completions {
        let why =
            format!("must be less than or equal to {completions} (the number of specified completions)");
        errors.invalid(path.as_str(), count, why);
    }
    if rule.succeeded_indexes.is_some() && count > listed {
        let why = format!(
            "must be less than or equal to {listed} (the number of indexes in the specified succeededIndexes field)"
        );
        errors.invalid(path, count, why);
    }
}

/// How many indexes `1,3-5` names. Models validateIndexesFormat.
fn count_indexes(text: &str, completions: i32) -> Result<i32, String> {
    let mut last: Option<i32> = None;
    let mut total = 0;
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let number = |text: &str| {
            let found: Option<i32> = text.parse().ok();
            let found =
                found.ok_or_else(|| format!("cannot convert string to integer for index: \"{text}\""))?;
            if found >= completions { Err(format!("too large index: \"{text}\"")) } else { Ok(found) }
        };
        let bounds: Vec<&str> = part.split('-').collect();
        let (first, end) = match bounds.as_slice() {
            [one] => (number(one)?, number(one)?),
            [first, end] => (number(first)?, number(end)?),
            _ => {
                return Err(format!(
                    "the fragment \"{part}\" violates the requirement that an index interval can have at most two parts separated by '-'"
                ));
            }
        };
        if bounds.len() > 1 && first >= end {
            return Err(format!("non-increasing order, previous: {first}, current: {end}"));
        }
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// Models ValidateJobSpecUpdate: of a Job's pods only the number may change, and for a suspended Job where they may
/// run and what they ask for (KEP-5440).
pub(super) fn job_update(errors: &mut Errors, new: &Job, old: &Job, gates: FeatureGates) {
    let (Some(spec), Some(earlier)) = (&new.spec, &old.spec) else { return };
    whole_spec(errors, spec);
    let is_new = old.status.as_ref().is_none_or(|status| status.start_time.is_none());
    if !is_indexed(spec) {
        immutable(errors, "completions", to_value(&spec.completions), to_value(&earlier.completions));
    } else if spec.completions.is_some()
        && spec.completions != earlier.completions
        && spec.completions != spec.parallelism
    {
        let why = "can only be modified in tandem with spec.parallelism";
        errors.invalid("spec.completions", to_value(&spec.completions), why);
    }
    immutable(errors, "selector", to_value(&spec.selector), to_value(&earlier.selector));
    let is_suspended = earlier.suspend == Some(true);
    let is_idle = old.status.as_ref().and_then(|status| status.active).unwrap_or(0) == 0;
    let resizes = is_suspended && is_idle && gates.has(Feature::SuspendedJobResources);
    let may = Mutable { placement: resizes || is_suspended && is_new, resources: resizes };
    template_update(errors, spec, earlier, may);
    immutable(errors, "completionMode", to_value(&spec.completion_mode), to_value(&earlier.completion_mode));
    let policies = (to_value(&spec.pod_failure_policy), to_value(&earlier.pod_failure_policy));
    immutable_struct(errors, "podFailurePolicy", policies, types::FAILURE_POLICY);
    let per_index = to_value(&earlier.backoff_limit_per_index);
    immutable(errors, "backoffLimitPerIndex", to_value(&spec.backoff_limit_per_index), per_index);
    immutable(errors, "managedBy", to_value(&spec.managed_by), to_value(&earlier.managed_by));
    let policies = (to_value(&spec.success_policy), to_value(&earlier.success_policy));
    immutable_struct(errors, "successPolicy", policies, types::SUCCESS_POLICY);
}

/// What may change of a Job's template.
struct Mutable {
    /// Where the pods may run.
    placement: bool,
    /// What their containers ask for.
    resources: bool,
}

/// Models validatePodTemplateUpdate.
fn template_update(errors: &mut Errors, spec: &JobSpec, earlier: &JobSpec, may: Mutable) {
    let mut old = earlier.template.clone();
    if let (true, Some(before), Some(pod)) = (may.resources, &mut old.spec, &spec.template.spec) {
        let lists = [
            (Some(&mut before.containers), Some(&pod.containers)),
            (before.init_containers.as_mut(), pod.init_containers.as_ref()),
        ];
        for (before, after) in lists.into_iter().filter_map(|(before, after)| before.zip(after)) {
            for (before, after) in before.iter_mut().zip(after) {
                before.resources.clone_from(&after.resources);
            }
        }
    }
    if let (true, Some(before), Some(pod)) = (may.placement, &mut old.spec, &spec.template.spec) {
        let wish = pod.affinity.as_ref().and_then(|affinity| affinity.node_affinity.clone());
        match &mut before.affinity {
            None if pod.affinity.is_some() => {
                before.affinity = Some(Affinity { node_affinity: wish, ..Affinity::default() });
            }
            None => {}
            Some(affinity) => affinity.node_affinity = wish,
        }
        if pod.affinity.is_none() && before.affinity == Some(Affinity::default()) {
            before.affinity = None;
        }
        before.node_selector.clone_from(&pod.node_selector);
        before.tolerations.clone_from(&pod.tolerations);
        before.scheduling_gates.clone_from(&pod.scheduling_gates);
        old.metadata.clone_from(&spec.template.metadata);
    }
    if spec.template != old {
        let value = to_value(&spec.template);
        let shown = internal::pod_template(&value);
        errors.invalid_struct("spec.template", value, shown, "field is immutable");
    }
}

fn immutable(errors: &mut Errors, field: &str, new: Value, old: Value) {
    meta::immutable(errors, &format!("spec.{field}"), new, &old);
}

/// `values` are the new one and the old one.
fn immutable_struct(
    errors: &mut Errors,
    field: &str,
    values: (Value, Value),
    fields: &'static [internal::Field],
) {
    let (new, old) = values;
    if new != old {
        let shown = internal::one_line(&new, fields);
        errors.invalid_struct(format!("spec.{field}"), new, shown, "field is immutable");
    }
}

//! Validation of containers' own restart policies and rules (KEP-5307, KEP-5532).
//!
//! Models pkg/apis/core/validation: validateContainerRestartPolicy.

use k8s_openapi::api::core::v1::Container;

use super::Errors;
use crate::api::field::FieldError;

/// The most rules of a container, and the most exit codes of a rule.
const RULES_MAX: usize = 20;
const CODES_MAX: usize = 255;

pub(super) fn check(errors: &mut Errors, path: &str, container: &Container) {
    let rules = container.restart_policy_rules.as_deref().unwrap_or_default();
    let policy = container.restart_policy.as_deref();
    match policy {
        None if !rules.is_empty() => {
            let why = "must specify restartPolicy when restart rules are used";
            errors.required(format!("{path}.restartPolicy"), why);
        }
        None => {}
        Some(policy) => {
            supported(errors, format!("{path}.restartPolicy"), policy, &["Always", "OnFailure", "Never"]);
        }
    }
    if rules.len() > RULES_MAX {
        errors.push(FieldError::too_many(format!("{path}.restartPolicyRules"), rules.len(), RULES_MAX));
    }
    for (index, rule) in rules.iter().enumerate() {
        let path = format!("{path}.restartPolicyRules[{index}]");
        supported(errors, format!("{path}.action"), &rule.action, &["Restart", "RestartAllContainers"]);
        let Some(codes) = &rule.exit_codes else {
            errors.required(format!("{path}.exitCodes"), "must be specified");
            continue;
        };
        supported(errors, format!("{path}.exitCodes.operator"), &codes.operator, &["In", "NotIn"]);
        let count = codes.values.as_ref().map_or(0, Vec::len);
        if count > CODES_MAX {
            errors.push(FieldError::too_many(format!("{path}.exitCodes.values"), count, CODES_MAX));
        }
    }
}

/// Here even an empty word is one that is not supported, and none that is missing.
fn supported(errors: &mut Errors, path: String, word: &str, words: &[&str]) {
    if !words.contains(&word) {
        errors.push(FieldError::not_supported(path, word, words));
    }
}

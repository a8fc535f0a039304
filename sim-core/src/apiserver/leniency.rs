//! Where the validation of an older release is more lenient than the newest, or stricter.

use crate::api::field::{FieldError, FieldReason};
use crate::api::validation::{cidr, format};
use crate::api::{Feature, FeatureGates, Object, meta};

/// What the release finds wrong with a new object, of what the newest does.
pub fn on_create(object: &Object, errors: Vec<FieldError>, gates: FeatureGates) -> Vec<FieldError> {
    match object {
        Object::Service(_) if !gates.has(Feature::RelaxedServiceNames) => {
            with_strict_name(meta::name(object.meta()), errors)
        }
        _ => on_update(object, errors, gates),
    }
}

/// What the release finds wrong with a changed object, of what the newest does.
pub fn on_update(object: &Object, mut errors: Vec<FieldError>, gates: FeatureGates) -> Vec<FieldError> {
    if matches!(object, Object::StatefulSet(_)) && !gates.has(Feature::StatefulSetTemplateChecked) {
        errors.retain(|error| is_of_template_itself(&error.path));
    }
    if matches!(object, Object::NetworkPolicy(_)) && !gates.has(Feature::StrictRanges) {
        errors.retain(|error| !cidr::ODD.contains(&error.detail.as_str()));
    }
    errors
}

/// Whether it is not about the pods of a template, or about what a StatefulSet asks of them.
///
/// Models pkg/apis/apps/validation: ValidatePodTemplateSpecForStatefulSet.
fn is_of_template_itself(path: &str) -> bool {
    let Some(field) = path.strip_prefix("spec.template.spec.") else { return true };
    matches!(field, "restartPolicy" | "activeDeadlineSeconds")
}

/// Models pkg/apis/core/validation: ValidateServiceName.
fn with_strict_name(name: &str, mut errors: Vec<FieldError>) -> Vec<FieldError> {
    let is_of_name =
        |error: &FieldError| error.path == "metadata.name" && error.reason == FieldReason::Invalid;
    errors.retain(|error| !is_of_name(error));
    let problems = if name.is_empty() { Vec::new() } else { format::dns_1035_label(name) };
    let strict = problems.into_iter().map(|why| FieldError::invalid("metadata.name", name, why));
    strict.chain(errors).collect()
}

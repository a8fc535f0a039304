//! Validation of Ingresses and IngressClasses.

use k8s_openapi::api::networking::v1::{Ingress, IngressClass};

use super::Errors;

/// Models pkg/apis/networking/validation: ValidateIngressCreate.
pub(super) fn create(_errors: &mut Errors, _ingress: &Ingress) {}

/// Models pkg/apis/networking/validation: ValidateIngressUpdate.
pub(super) fn update(errors: &mut Errors, new: &Ingress, _old: &Ingress) {
    create(errors, new);
}

/// Models pkg/apis/networking/validation: ValidateIngressClass.
pub(super) fn class(_errors: &mut Errors, _class: &IngressClass) {}

/// Models pkg/apis/networking/validation: ValidateIngressClassUpdate.
pub(super) fn class_update(errors: &mut Errors, new: &IngressClass, _old: &IngressClass) {
    class(errors, new);
}

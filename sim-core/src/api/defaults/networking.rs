//! Defaults of networking.k8s.io/v1.

use k8s_openapi::api::networking::v1::{Ingress, IngressClass, NetworkPolicy};

/// Models pkg/registry/networking/ingress: PrepareForCreate leaves a class alone; admission chooses the default one.
pub(super) fn set_ingress(_ingress: &mut Ingress) {}

/// Models pkg/apis/networking/v1: SetDefaults_IngressClass.
pub(super) fn set_ingress_class(_class: &mut IngressClass) {}

/// Models pkg/apis/networking/v1: SetDefaults_NetworkPolicy.
pub(super) fn set_network_policy(_policy: &mut NetworkPolicy) {}

//! Defaults of networking.k8s.io/v1.

use k8s_openapi::api::networking::v1::{Ingress, IngressBackend, IngressClass, NetworkPolicy};

/// Models pkg/apis/networking/v1: nothing is defaulted, but Go writes structures that are held by value in any case.
pub(super) fn set_ingress(ingress: &mut Ingress) {
    ingress.status.get_or_insert_default().load_balancer.get_or_insert_default();
    let spec = ingress.spec.get_or_insert_default();
    let rules = spec.rules.iter_mut().flatten().filter_map(|rule| rule.http.as_mut());
    let paths = rules.flat_map(|http| http.paths.iter_mut().map(|path| &mut path.backend));
    spec.default_backend.iter_mut().chain(paths).for_each(set_backend);
}

fn set_backend(backend: &mut IngressBackend) {
    if let Some(service) = &mut backend.service {
        service.port.get_or_insert_default();
    }
}

/// Models pkg/apis/networking/v1: SetDefaults_IngressClass.
pub(super) fn set_ingress_class(class: &mut IngressClass) {
    let spec = class.spec.get_or_insert_default();
    if let Some(parameters) = &mut spec.parameters {
        parameters.scope.get_or_insert_with(|| "Cluster".to_owned());
    }
}

/// Models pkg/apis/networking/v1: SetDefaults_NetworkPolicy and SetDefaults_NetworkPolicyPort.
pub(super) fn set_network_policy(policy: &mut NetworkPolicy) {
    let spec = policy.spec.get_or_insert_default();
    spec.pod_selector.get_or_insert_default();
    let ingress = spec.ingress.iter_mut().flatten().filter_map(|rule| rule.ports.as_mut());
    let egress = spec.egress.iter_mut().flatten().filter_map(|rule| rule.ports.as_mut());
    for port in ingress.chain(egress).flatten() {
        port.protocol.get_or_insert_with(|| "TCP".to_owned());
    }
    if spec.policy_types.as_ref().is_none_or(Vec::is_empty) {
        let sends = spec.egress.as_ref().is_some_and(|rules| !rules.is_empty());
        let types = ["Ingress"].into_iter().chain(sends.then_some("Egress"));
        spec.policy_types = Some(types.map(str::to_owned).collect());
    }
}

//! Of Services. Models pkg/api/service: GetWarningsForService.

use k8s_openapi::api::core::v1::{Service, ServiceSpec};

use super::Warnings;
use crate::api::validation::cluster_ips;
use crate::api::{Feature, FeatureGates, meta};

pub(super) fn check(warnings: &mut Warnings, service: &Service, gates: FeatureGates) {
    let empty = ServiceSpec::default();
    let spec = service.spec.as_ref().unwrap_or(&empty);
    let is_external = spec.type_.as_deref() == Some("ExternalName");
    let has_external_ips = spec.external_ips.as_ref().is_some_and(|addresses| !addresses.is_empty());
    let is_headless = spec.type_.as_deref() == Some("ClusterIP") && cluster_ips::is_headless(spec);
    let mut say = |warning: &str| warnings.add(warning.to_owned());
    if meta::annotations(&service.metadata).contains_key("service.kubernetes.io/topology-aware-hints") {
        say("annotation service.kubernetes.io/topology-aware-hints is deprecated, please use \
             service.kubernetes.io/topology-mode instead");
    }
    if is_headless && gates.has(Feature::HeadlessServiceWarnings) {
        if spec.load_balancer_ip.as_ref().is_some_and(|address| !address.is_empty()) {
            say("spec.loadBalancerIP is ignored for headless services");
        }
        if has_external_ips {
            say("spec.externalIPs is ignored for headless services");
        }
        if spec.session_affinity.as_deref() != Some("None") {
            say("spec.SessionAffinity is ignored for headless services");
        }
    }
    if has_external_ips && !is_headless && !is_external && gates.has(Feature::ExternalIpsDeprecated) {
        say("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
    }
    if is_external && has_external_ips {
        say("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
    }
    if !is_external && spec.external_name.as_ref().is_some_and(|name| !name.is_empty()) {
        say("spec.externalName is ignored when spec.type is not \"ExternalName\"");
    }
    if spec.traffic_distribution.as_deref() == Some("PreferClose")
        && gates.has(Feature::PreferCloseDeprecated)
    {
        say("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }
}

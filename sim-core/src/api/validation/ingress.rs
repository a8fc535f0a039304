//! Validation of Ingresses and IngressClasses.

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, Ingress, IngressBackend, IngressClass, IngressClassParametersReference, IngressRule,
    IngressServiceBackend, IngressSpec, IngressTLS,
};
use serde_json::Value;

use super::{Errors, format, meta};
use crate::api::field::FieldError;
use crate::api::meta::annotations;
use crate::api::to_value;

/// Names an Ingress's class in the way that `ingressClassName` took the place of.
pub(crate) const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// The longest controller of a class.
const CONTROLLER_MAX: usize = 250;
const PATH_TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];
const BAD_SEQUENCES: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];
const BAD_SUFFIXES: [&str; 2] = ["/..", "/."];
const NO_ADDRESS: &str = "must be a DNS name, not an IP address";

/// What an update leaves alone because it was wrong before.
#[derive(Clone, Copy, Default)]
struct Leniency {
    secret_names: bool,
    wildcard_rules: bool,
}

/// Models pkg/apis/networking/validation: ValidateIngressCreate.
pub(super) fn create(errors: &mut Errors, ingress: &Ingress) {
    check(errors, ingress, Leniency::default());
    let class = ingress.spec.as_ref().and_then(|spec| spec.ingress_class_name.as_deref());
    let annotation = annotations(&ingress.metadata).get(CLASS_ANNOTATION);
    if let (Some(class), Some(annotation)) = (class, annotation)
        && class != annotation
    {
        let why = "must match `ingressClassName` when both are specified";
        errors.invalid(format!("annotations.{CLASS_ANNOTATION}"), annotation.as_str(), why);
    }
}

/// Models pkg/apis/networking/validation: ValidateIngressUpdate.
pub(super) fn update(errors: &mut Errors, new: &Ingress, old: &Ingress) {
    let earlier = old.spec.clone().unwrap_or_default();
    let is_bad_rule = |rule: &IngressRule| {
        let mut problems = Errors::default();
        rule_value(&mut problems, "", rule);
        is_wildcard(rule) && !problems.0.is_empty()
    };
    let is_bad_secret = |tls: &IngressTLS| !secret_name(tls).1.is_empty();
    let lenient = Leniency {
        secret_names: earlier.tls.iter().flatten().any(is_bad_secret),
        wildcard_rules: earlier.rules.iter().flatten().any(is_bad_rule),
    };
    check(errors, new, lenient);
}

/// Models pkg/apis/networking/validation: ValidateIngressSpec.
fn check(errors: &mut Errors, ingress: &Ingress, lenient: Leniency) {
    let empty = IngressSpec::default();
    let spec = ingress.spec.as_ref().unwrap_or(&empty);
    let rules = spec.rules.as_deref().unwrap_or_default();
    if rules.is_empty() && spec.default_backend.is_none() {
        errors.invalid("spec", Value::Null, "either `defaultBackend` or `rules` must be specified");
    }
    if let Some(backend) = &spec.default_backend {
        check_backend(errors, "spec.defaultBackend", backend);
    }
    for (index, rule) in rules.iter().enumerate() {
        check_rule(errors, &format!("spec.rules[{index}]"), rule, lenient);
    }
    for (index, tls) in spec.tls.iter().flatten().enumerate() {
        check_tls(errors, &format!("spec.tls[{index}]"), tls, lenient);
    }
    if let Some(class) = &spec.ingress_class_name {
        errors.invalid_all("spec.ingressClassName", class, format::dns_subdomain(class));
    }
}

/// Models validateIngressTLS.
fn check_tls(errors: &mut Errors, path: &str, tls: &IngressTLS, lenient: Leniency) {
    for (index, host) in tls.hosts.iter().flatten().enumerate() {
        errors.invalid_all(format!("{path}.hosts[{index}]"), host, host_problems(host));
    }
    if !lenient.secret_names {
        let (name, problems) = secret_name(tls);
        errors.invalid_all(format!("{path}.secretName"), name, problems);
    }
}

/// The secret's name and what is wrong with it.
fn secret_name(tls: &IngressTLS) -> (&str, format::Problems) {
    match tls.secret_name.as_deref().unwrap_or_default() {
        "" => ("", Vec::new()),
        name => (name, format::dns_subdomain(name)),
    }
}

fn host_problems(host: &str) -> format::Problems {
    if host.contains('*') { format::wildcard_subdomain(host) } else { format::dns_subdomain(host) }
}

fn is_wildcard(rule: &IngressRule) -> bool {
    rule.host.as_ref().is_some_and(|host| host.contains('*'))
}

/// Models validateIngressRules.
fn check_rule(errors: &mut Errors, path: &str, rule: &IngressRule, lenient: Leniency) {
    if let Some(host) = rule.host.as_deref().filter(|host| !host.is_empty()) {
        let at = format!("{path}.host");
        if format::sloppy_address(host).is_some() {
            errors.invalid(at.as_str(), host, NO_ADDRESS);
        }
        errors.invalid_all(at, host, host_problems(host));
    }
    if !is_wildcard(rule) || !lenient.wildcard_rules {
        rule_value(errors, path, rule);
    }
}

/// Models validateHTTPIngressRuleValue.
fn rule_value(errors: &mut Errors, path: &str, rule: &IngressRule) {
    let Some(http) = &rule.http else { return };
    if http.paths.is_empty() {
        errors.required(format!("{path}.http.paths"), "");
    }
    for (index, one) in http.paths.iter().enumerate() {
        check_path(errors, &format!("{path}.http.paths[{index}]"), one);
    }
}

/// Models validateHTTPIngressPath.
fn check_path(errors: &mut Errors, path: &str, one: &HTTPIngressPath) {
    let at = format!("{path}.path");
    let value = one.path.as_deref().unwrap_or_default();
    match one.path_type.as_str() {
        "" => return errors.required(format!("{path}.pathType"), "pathType must be specified"),
        "Exact" | "Prefix" => {
            if !value.starts_with('/') {
                errors.invalid(at.as_str(), value, "must be an absolute path");
            }
            for bad in BAD_SEQUENCES.iter().filter(|bad| value.contains(**bad)) {
                errors.invalid(at.as_str(), value, format!("must not contain '{bad}'"));
            }
            for bad in BAD_SUFFIXES.iter().filter(|bad| value.ends_with(**bad)) {
                errors.invalid(at.as_str(), value, format!("cannot end with '{bad}'"));
            }
        }
        "ImplementationSpecific" => {
            if !value.is_empty() && !value.starts_with('/') {
                errors.invalid(at.as_str(), value, "must be an absolute path");
            }
        }
        other => errors.push(FieldError::not_supported(format!("{path}.pathType"), other, &PATH_TYPES)),
    }
    check_backend(errors, &format!("{path}.backend"), &one.backend);
}

/// Models validateIngressBackend.
fn check_backend(errors: &mut Errors, path: &str, backend: &IngressBackend) {
    match (&backend.resource, &backend.service) {
        (Some(_), Some(_)) => errors.invalid(path, "", "cannot set both resource and service backends"),
        (Some(it), None) => {
            let at = format!("{path}.resource");
            check_reference(errors, &at, it.api_group.as_deref(), &it.kind, &it.name);
        }
        (None, Some(service)) => check_service(errors, path, service),
        (None, None) => errors.invalid(path, "", "resource or service backend is required"),
    }
}

fn check_service(errors: &mut Errors, path: &str, service: &IngressServiceBackend) {
    let at = format!("{path}.service.name");
    match service.name.as_str() {
        "" => errors.required(at, ""),
        name => errors.invalid_all(at, name, format::dns_label(name)),
    }
    let port = service.port.clone().unwrap_or_default();
    let name = port.name.filter(|name| !name.is_empty());
    let number = port.number.filter(|number| *number != 0);
    match (name, number) {
        (Some(_), Some(_)) => errors.invalid(path, "", "cannot set both port name & port number"),
        (Some(name), None) => {
            errors.invalid_all(format!("{path}.service.port.name"), &name, format::port_name(&name));
        }
        (None, Some(number)) => {
            for why in format::port_number(number) {
                errors.invalid(format!("{path}.service.port.number"), number, why);
            }
        }
        (None, None) => errors.required(path, "port name or number is required"),
    }
}

/// Models validateIngressTypedLocalObjectReference.
fn check_reference(errors: &mut Errors, path: &str, group: Option<&str>, kind: &str, name: &str) {
    if let Some(group) = group {
        errors.invalid_all(format!("{path}.apiGroup"), group, format::dns_subdomain(group));
    }
    for (field, value) in [("kind", kind), ("name", name)] {
        let at = format!("{path}.{field}");
        match value {
            "" => errors.required(at, format!("{field} is required")),
            value => errors.invalid_all(at, value, format::path_segment(value)),
        }
    }
}

/// Models pkg/apis/networking/validation: ValidateIngressClass.
pub(super) fn class(errors: &mut Errors, class: &IngressClass) {
    const PATH: &str = "spec.controller";
    let spec = class.spec.clone().unwrap_or_default();
    let controller = spec.controller.as_deref().unwrap_or_default();
    if controller.len() > CONTROLLER_MAX {
        errors.push(FieldError::too_long(PATH, CONTROLLER_MAX));
    }
    domain_prefixed_path(errors, PATH, controller);
    if let Some(parameters) = &spec.parameters {
        check_parameters(errors, parameters);
    }
}

/// Models apimachinery pkg/util/validation: IsDomainPrefixedPath.
fn domain_prefixed_path(errors: &mut Errors, path: &str, value: &str) {
    if value.is_empty() {
        return errors.required(path, "");
    }
    match value.split_once('/').filter(|(host, rest)| !host.is_empty() && !rest.is_empty()) {
        None => errors.invalid(path, value, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
        Some((host, rest)) => {
            errors.invalid_all(path, host, format::dns_subdomain(host));
            errors.invalid_all(path, rest, format::http_path(rest));
        }
    }
}

/// Models validateIngressClassParametersReference.
fn check_parameters(errors: &mut Errors, parameters: &IngressClassParametersReference) {
    const PATH: &str = "spec.parameters";
    const NAMESPACE: &str = "spec.parameters.namespace";
    check_reference(errors, PATH, parameters.api_group.as_deref(), &parameters.kind, &parameters.name);
    match (parameters.scope.as_deref(), parameters.namespace.as_deref()) {
        (None, _) => errors.required("spec.parameters.scope", ""),
        (Some("Namespace"), None) => errors.required(NAMESPACE, "`parameters.scope` is set to 'Namespace'"),
        (Some("Namespace"), Some(name)) => errors.invalid_all(NAMESPACE, name, format::dns_label(name)),
        (Some("Cluster"), Some(_)) => errors.forbidden(NAMESPACE, "`parameters.scope` is set to 'Cluster'"),
        (Some("Cluster"), None) => {}
        (Some(other), _) => {
            let error = FieldError::not_supported("spec.parameters.scope", other, &["Cluster", "Namespace"]);
            errors.push(error);
        }
    }
}

/// Models pkg/apis/networking/validation: ValidateIngressClassUpdate.
pub(super) fn class_update(errors: &mut Errors, new: &IngressClass, old: &IngressClass) {
    let controller = |class: &IngressClass| {
        to_value(&class.spec.as_ref().and_then(|spec| spec.controller.as_deref()).unwrap_or_default())
    };
    meta::immutable(errors, "spec.controller", controller(new), &controller(old));
    self::class(errors, new);
}

/// Models pkg/apis/networking/validation: ValidateIngressStatusUpdate.
pub(super) fn status_update(errors: &mut Errors, new: &Ingress) {
    let balancer = new.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let points = balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    for (index, point) in points.iter().enumerate() {
        let path = format!("status.loadBalancer.ingress[{index}]");
        if let Some(ip) = point.ip.as_deref().filter(|ip| !ip.is_empty())
            && let Err(why) = format::address(ip)
        {
            errors.invalid(format!("{path}.ip"), ip, why);
        }
        let Some(host) = point.hostname.as_deref().filter(|host| !host.is_empty()) else { continue };
        let at = format!("{path}.hostname");
        errors.invalid_all(at.as_str(), host, format::dns_subdomain(host));
        if format::sloppy_address(host).is_some() {
            errors.invalid(at, host, NO_ADDRESS);
        }
    }
}

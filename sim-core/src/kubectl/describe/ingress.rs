//! Ingresses and IngressClasses.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::{
    Ingress, IngressBackend, IngressClass, IngressServiceBackend, IngressTLS,
};

use super::text::Text;
use super::{Subject, or_empty, service};
use crate::api::kinds::format::NONE;
use crate::api::kinds::ingress::address;
use crate::api::{Feature, FeatureGates, ObjectKey, meta};

/// Models kubectl pkg/describe: describeIngressV1.
pub(super) fn describe(text: &mut Text, ingress: &Ingress, subject: &Subject<'_>, gates: FeatureGates) {
    let spec = ingress.spec.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&ingress.metadata));
    text.labels("", "Labels", ingress.metadata.labels.as_ref());
    text.field(0, "Namespace", meta::namespace(&ingress.metadata));
    text.field(0, "Address", ingress.status.as_ref().map(address).unwrap_or_default());
    text.field(0, "Ingress Class", spec.ingress_class_name.as_deref().unwrap_or(NONE));
    let default = spec.default_backend.as_ref();
    let default =
        default.map_or_else(|| "<default>".to_owned(), |backend| backend_text(backend, subject, gates));
    text.field(0, "Default backend", &default);
    let tls = spec.tls.as_deref().unwrap_or_default();
    if !tls.is_empty() {
        text.line(0, "TLS:");
    }
    tls.iter().for_each(|tls| describe_tls(text, tls));
    text.line(0, "Rules:");
    text.line(1, "Host\tPath\tBackends");
    text.line(1, "----\t----\t--------");
    let mut is_empty = true;
    for rule in spec.rules.iter().flatten() {
        let Some(http) = &rule.http else { continue };
        is_empty = false;
        let host = rule.host.as_deref().filter(|host| !host.is_empty()).unwrap_or("*");
        text.line(1, format_args!("{host}\t"));
        for path in &http.paths {
            let backend = backend_text(&path.backend, subject, gates);
            text.line(2, format_args!("\t{} \t{backend}", or_empty(&path.path)));
        }
    }
    if is_empty {
        text.line(1, format_args!("*\t*\t{default}"));
    }
    text.annotations("Annotations", ingress.metadata.annotations.as_ref());
}

/// Models kubectl pkg/describe: describeIngressTLSV1.
fn describe_tls(text: &mut Text, tls: &IngressTLS) {
    let hosts = tls.hosts.as_deref().unwrap_or_default().join(",");
    match or_empty(&tls.secret_name) {
        "" => text.line(1, format_args!("SNI routes {hosts}")),
        secret => text.line(1, format_args!("{secret} terminates {hosts}")),
    }
}

/// Models kubectl pkg/describe: describeBackendV1.
fn backend_text(backend: &IngressBackend, subject: &Subject<'_>, gates: FeatureGates) -> String {
    if let Some(service) = &backend.service {
        return service_text(service, subject, gates);
    }
    let Some(resource) = &backend.resource else { return String::new() };
    let group = resource.api_group.as_deref().unwrap_or(NONE);
    format!("APIGroup: {group}, Kind: {}, Name: {}", resource.kind, resource.name)
}

fn service_text(backend: &IngressServiceBackend, subject: &Subject<'_>, gates: FeatureGates) -> String {
    let port = backend.port.clone().unwrap_or_default();
    let number = port.number.filter(|number| *number != 0);
    let name = or_empty(&port.name);
    let shown = format!("{}:{}", backend.name, number.map_or_else(|| name.to_owned(), |it| it.to_string()));
    let key = ObjectKey::new(subject.namespace, &backend.name);
    let Some(found) = subject.store.typed::<Service>(&key) else {
        let sought = if gates.has(Feature::IngressBackendsFromSlices) { "services" } else { "endpoints" };
        return format!("{shown} (<error: {sought} \"{}\" not found>)", backend.name);
    };
    let ports = found.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let mut meant =
        ports.filter(|port| number == Some(port.port) || !name.is_empty() && name == or_empty(&port.name));
    let port_name = meant.next_back().map_or("", |port| or_empty(&port.name));
    format!("{shown} ({})", service::endpoints(&service::slices_of(found, subject), port_name))
}

/// Models kubectl pkg/describe: describeIngressClassV1.
pub(super) fn describe_class(text: &mut Text, class: &IngressClass) {
    let spec = class.spec.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&class.metadata));
    text.labels("", "Labels", class.metadata.labels.as_ref());
    text.annotations("Annotations", class.metadata.annotations.as_ref());
    text.field(0, "Controller", or_empty(&spec.controller));
    let Some(parameters) = &spec.parameters else { return };
    text.line(0, "Parameters:");
    if let Some(group) = &parameters.api_group {
        text.field(1, "APIGroup", group);
    }
    text.field(1, "Kind", &parameters.kind);
    text.field(1, "Name", &parameters.name);
}

//! `kubectl cluster-info`
//!
//! Models kubectl pkg/cmd/clusterinfo.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::Verb;
use crate::api::{ObjectKey, meta};
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow};
use crate::store::Store;

/// The verb.
pub static VERB: Verb = Verb {
    name: "cluster-info",
    about: "Display addresses of the control plane and of services with label kubernetes.io/cluster-service=true",
    usage: "cluster-info",
    flags: &[],
    run,
};

fn run(_args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let store = env.cluster.store();
    let server = server(store);
    let mut text = format!("Kubernetes control plane is running at {server}\n");
    for service in store.all_in::<Service>("kube-system") {
        let labels = meta::labels(&service.metadata);
        if labels.get("kubernetes.io/cluster-service").is_some_and(|value| value == "true") {
            text.push_str(&service_line(service, &server));
        }
    }
    text.push_str("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    env.out.out(text);
    Ok(Flow::OK)
}

/// Where the API server listens: the endpoint behind `default/kubernetes`.
fn server(store: &Store) -> String {
    let slice = store.typed::<EndpointSlice>(&ObjectKey::new("default", "kubernetes"));
    let address = slice.and_then(|slice| slice.endpoints.iter().flatten().next()?.addresses.first());
    let port = slice.and_then(|slice| slice.ports.as_ref()?.first()?.port);
    match (address, port) {
        (Some(address), Some(port)) => format!("https://{address}:{port}"),
        _ => "https://kubernetes.default.svc".to_owned(),
    }
}

fn service_line(service: &Service, server: &str) -> String {
    let name = meta::name(&service.metadata);
    let shown = meta::labels(&service.metadata).get("kubernetes.io/name").map_or(name, String::as_str);
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    let port = ports.first().and_then(|port| port.name.as_deref()).map(|port| format!(":{port}"));
    let namespace = meta::namespace(&service.metadata);
    format!(
        "{shown} is running at {server}/api/v1/namespaces/{namespace}/services/{name}{}/proxy\n",
        port.unwrap_or_default()
    )
}

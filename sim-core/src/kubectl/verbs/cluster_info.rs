//! `kubectl cluster-info`
//!
//! Models kubectl pkg/cmd/clusterinfo.

use k8s_openapi::api::core::v1::Service;

use super::Verb;
use crate::api::meta;
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow};

/// The verb.
pub static VERB: Verb = Verb {
    name: "cluster-info",
    about: "Display addresses of the control plane and of services with label kubernetes.io/cluster-service=true",
    usage: "cluster-info [flags]",
    flags: &[],
    run,
};

fn run(_args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let store = env.cluster.store();
    let server = env.workstation.config.server().unwrap_or("https://localhost:8080").to_owned();
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

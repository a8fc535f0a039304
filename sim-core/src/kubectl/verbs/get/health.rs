//! `/healthz`, `/livez` and `/readyz`: whether the API server is well, check by check with `?verbose`.
//!
//! Models apiserver pkg/server/healthz: handleRootHealth. A simulated server passes all of its checks.

use crate::api::{ApiError, KubernetesVersion};
use crate::kubectl::Env;
use crate::kubectl::error::CliError;

/// What is done when the server starts, each of which is a check.
const HOOKS: &[&str] = &[
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
    "start-legacy-token-tracking-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    SERVICE_CIDR,
    "aggregator-reload-proxy-client-cert",
    "start-kube-aggregator-informers",
    STATUS_LOCAL,
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
    AUTOREGISTER,
    "apiservice-openapi-controller",
    "apiservice-openapiv3-controller",
];

const SERVICE_CIDR: &str = "start-kubernetes-service-cidr-controller";
const STATUS_LOCAL: &str = "apiservice-status-local-available-controller";
/// A check beside the hooks.
const AUTOREGISTER: &str = "autoregister-completion";

/// Whether the path asks for the server's health, or for one check of it.
pub(super) fn is_asked(path: &str) -> bool {
    ["/healthz", "/livez", "/readyz"]
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// What is answered.
///
/// # Errors
/// There is no such check.
pub(super) fn answer(env: &Env<'_>, path: &str, query: &str) -> Result<String, CliError> {
    let (root, check) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let checks = checks(root, env.cluster.api().gates.version());
    if !check.is_empty() {
        let known = checks.iter().any(|known| known == check);
        return if known { Ok("ok".to_owned()) } else { Err(ApiError::no_such_resource().into()) };
    }
    let parameters =
        || query.split('&').map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")));
    if !parameters().any(|(name, _)| name == "verbose") {
        return Ok("ok".to_owned());
    }
    let is_excluded = |check: &str| parameters().any(|(name, value)| name == "exclude" && value == check);
    let mut text = String::new();
    for check in &checks {
        let how = if is_excluded(check) { "excluded: ok" } else { "ok" };
        text.push_str(&format!("[+]{check} {how}\n"));
    }
    Ok(text + &format!("{root} check passed\n"))
}

/// The checks, in the order in which they are told.
fn checks(root: &str, version: KubernetesVersion) -> Vec<String> {
    let is_ready = root == "readyz";
    let mut checks: Vec<String> = ["ping", "log", "etcd"].map(str::to_owned).into();
    if is_ready {
        checks.extend(["etcd-readiness", "informer-sync"].map(str::to_owned));
    }
    for hook in HOOKS {
        match *hook {
            SERVICE_CIDR if version < KubernetesVersion::V1_34 => {}
            STATUS_LOCAL if version < KubernetesVersion::V1_34 => {}
            "apiservice-status-remote-available-controller" if version < KubernetesVersion::V1_34 => {
                checks.push("poststarthook/apiservice-status-available-controller".to_owned());
            }
            AUTOREGISTER => checks.push(AUTOREGISTER.to_owned()),
            hook => checks.push(format!("poststarthook/{hook}")),
        }
    }
    if is_ready {
        checks.push("shutdown".to_owned());
    }
    checks
}

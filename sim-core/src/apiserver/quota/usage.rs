//! What an object uses of a namespace's quota.
//!
//! Models pkg/quota/v1/evaluator/core and the generic object counts.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, PersistentVolumeClaim, Pod, ResourceQuota, ResourceQuotaSpec,
    ScopedResourceSelectorRequirement, Service,
};

use super::super::limit_range::sum;
use crate::api::quantity::Quantity;
use crate::api::{Kind, Object, pod};

/// Amounts by resource.
pub type Usage = BTreeMap<String, Quantity>;

/// Resources whose amounts pods ask for and are limited to.
const COMPUTE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// What the object uses.
pub fn of(object: &Object) -> Usage {
    let mut usage = Usage::new();
    let kind = object.kind();
    let one = Quantity::units(1);
    usage.insert(format!("count/{}", kind.info().qualified_plural()), one);
    match object {
        Object::Pod(pod) if pod::is_terminal(pod) => {
            // One that has ended holds its name, and nothing else.
        }
        Object::Pod(pod) => {
            usage.insert("pods".to_owned(), one);
            of_pod(pod, &mut usage);
        }
        Object::PersistentVolumeClaim(claim) => of_claim(claim, &mut usage),
        Object::Service(service) => of_service(service, &mut usage),
        Object::ConfigMap(_) | Object::Secret(_) | Object::ResourceQuota(_) => {
            usage.insert(kind.info().plural.to_owned(), one);
        }
        _ => {}
    }
    usage
}

fn of_pod(pod: &Pod, usage: &mut Usage) {
    let requested = |container: &Container| {
        container.resources.as_ref().and_then(|resources| resources.requests.clone()).unwrap_or_default()
    };
    let limited = |container: &Container| {
        container.resources.as_ref().and_then(|resources| resources.limits.clone()).unwrap_or_default()
    };
    // What the pod as a whole asks for counts instead of what its containers do (KEP-2837).
    let whole = pod.spec.as_ref().and_then(|spec| spec.resources.clone()).unwrap_or_default();
    let (mut requests, mut limits) = (sum(pod, requested), sum(pod, limited));
    requests.extend(whole.requests.into_iter().flatten());
    limits.extend(whole.limits.into_iter().flatten());
    for (name, amount) in requests {
        let amount = Quantity::of(&amount);
        if COMPUTE.contains(&name.as_str()) {
            usage.insert(name.clone(), amount);
        }
        usage.insert(format!("requests.{name}"), amount);
    }
    for (name, amount) in limits {
        usage.insert(format!("limits.{name}"), Quantity::of(&amount));
    }
}

fn of_claim(claim: &PersistentVolumeClaim, usage: &mut Usage) {
    let one = Quantity::units(1);
    let class = crate::api::kinds::persistent_volume_claim::claim_class(claim);
    let resources = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref());
    let size = resources.and_then(|resources| resources.requests.as_ref()?.get("storage").map(Quantity::of));
    let prefix = format!("{class}.storageclass.storage.k8s.io/");
    usage.insert("persistentvolumeclaims".to_owned(), one);
    if !class.is_empty() {
        usage.insert(format!("{prefix}persistentvolumeclaims"), one);
    }
    if let Some(size) = size {
        usage.insert("requests.storage".to_owned(), size);
        if !class.is_empty() {
            usage.insert(format!("{prefix}requests.storage"), size);
        }
    }
}

fn of_service(service: &Service, usage: &mut Usage) {
    let spec = service.spec.clone().unwrap_or_default();
    let ports = spec.ports.as_ref().map_or(0, Vec::len) as i64;
    usage.insert("services".to_owned(), Quantity::units(1));
    let (nodeports, balancers) = match spec.type_.as_deref() {
        Some("NodePort") => (ports, 0),
        Some("LoadBalancer") if spec.allocate_load_balancer_node_ports == Some(false) => {
            (spec.ports.iter().flatten().filter(|port| port.node_port.is_some()).count() as i64, 1)
        }
        Some("LoadBalancer") => (ports, 1),
        _ => (0, 0),
    };
    usage.insert("services.nodeports".to_owned(), Quantity::units(nodeports));
    usage.insert("services.loadbalancers".to_owned(), Quantity::units(balancers));
}

/// Whether the quota counts the object: each of its scopes must fit. Only pods have scopes.
pub fn is_tracked(quota: &ResourceQuota, object: &Object) -> bool {
    let spec = quota.spec.clone().unwrap_or_default();
    let wanted = scopes(&spec);
    match object {
        Object::Pod(pod) => wanted.iter().all(|scope| fits(scope, pod)),
        _ => wanted.is_empty(),
    }
}

/// The scopes of both lists.
fn scopes(spec: &ResourceQuotaSpec) -> Vec<ScopedResourceSelectorRequirement> {
    let plain = spec.scopes.iter().flatten().map(|scope| ScopedResourceSelectorRequirement {
        scope_name: scope.clone(),
        operator: "Exists".to_owned(),
        values: None,
    });
    let selected =
        spec.scope_selector.iter().flat_map(|selector| selector.match_expressions.iter().flatten());
    plain.chain(selected.cloned()).collect()
}

fn fits(scope: &ScopedResourceSelectorRequirement, pod: &Pod) -> bool {
    let spec = pod.spec.clone().unwrap_or_default();
    let best_effort = pod::qos_class(pod) == "BestEffort";
    let terminating = spec.active_deadline_seconds.is_some_and(|seconds| seconds >= 0);
    match scope.scope_name.as_str() {
        "Terminating" => terminating,
        "NotTerminating" => !terminating,
        "BestEffort" => best_effort,
        "NotBestEffort" => !best_effort,
        "PriorityClass" => {
            let class = spec.priority_class_name.unwrap_or_default();
            let named = scope.values.iter().flatten().any(|value| *value == class);
            match scope.operator.as_str() {
                "In" => named,
                "NotIn" => !named,
                "DoesNotExist" => class.is_empty(),
                _ => !class.is_empty(),
            }
        }
        _ => false,
    }
}

/// The kinds whose objects a quota may count.
pub fn is_counted(kind: Kind) -> bool {
    kind.info().namespaced && kind != Kind::Event
}

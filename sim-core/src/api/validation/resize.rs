//! Validation of a pod's resize, asked for through its subresource (KEP-1287).
//!
//! Models pkg/apis/core/validation: ValidatePodResize.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::Errors;
use super::pod::whole;
use crate::api::field::FieldError;
use crate::api::pod;
use crate::api::quantity::Quantity;

type Amounts = BTreeMap<String, ApiQuantity>;

const ONLY_CPU_AND_MEMORY: &str = "only cpu and memory resources are mutable";

pub(super) fn check(errors: &mut Errors, new_pod: &Pod, old_pod: &Pod) {
    let empty = PodSpec::default();
    let (new, old) = (new_pod.spec.as_ref().unwrap_or(&empty), old_pod.spec.as_ref().unwrap_or(&empty));
    whole(errors, new_pod, new);
    if let Some(why) = unfit(new, old_pod, old) {
        errors.0 = vec![FieldError::forbidden("", why)];
        return;
    }
    if pod::qos_class(old_pod) != pod::qos_class(new_pod) {
        let class = pod::qos_class(old_pod);
        errors.invalid("spec", class, "Pod QOS Class may not change as a result of resizing");
    }
    if !is_supported(old_pod) {
        errors.forbidden("spec", "Pod running on node without support for resize");
    }
    let (init, old_init) = (list(&new.init_containers), list(&old.init_containers));
    let ordered = in_order(errors, "initContainers", init, old_init);
    if !in_order(errors, "containers", &new.containers, &old.containers) || !ordered {
        return;
    }
    let sidecars = init.iter().zip(old_init).enumerate().filter(|(_, (_, old))| is_sidecar(old));
    for (index, (new, old)) in sidecars {
        removed(errors, &format!("spec.initContainers[{index}].resources"), new, old);
    }
    for (index, (new, old)) in new.containers.iter().zip(&old.containers).enumerate() {
        removed(errors, &format!("spec.containers[{index}].resources"), new, old);
    }
    for (new, old) in new.containers.iter().zip(&old.containers) {
        if differ(&with_cpu_and_memory_of(new, old), old) {
            errors.forbidden("spec", ONLY_CPU_AND_MEMORY);
        }
    }
    for (new, old) in init.iter().zip(old_init) {
        if !is_sidecar(new) {
            if differ(new, old) {
                errors.forbidden("spec", "resources for non-sidecar init containers are immutable");
            }
        } else if differ(&with_cpu_and_memory_of(new, old), old) {
            errors.forbidden("spec", "only cpu and memory resources for sidecar containers are mutable");
        }
    }
}

/// Why no pod of the kind can be resized.
fn unfit(new: &PodSpec, old_pod: &Pod, old: &PodSpec) -> Option<&'static str> {
    let whole_pod = |spec: &PodSpec| {
        let of = |amounts: &Option<Amounts>| amounts.as_ref().is_some_and(|amounts| !amounts.is_empty());
        spec.resources.as_ref().is_some_and(|given| of(&given.requests) || of(&given.limits))
    };
    if whole_pod(new) || whole_pod(old) {
        return Some("pods with pod-level resources cannot be resized");
    }
    pod::mirrored(old_pod).map(|_| "static pods cannot be resized")
}

/// Models isPodResizeRequestSupported: a node that can resize says what its containers have.
fn is_supported(pod: &Pod) -> bool {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    let mut running = statuses.filter(|status| status.state.as_ref().is_some_and(|s| s.running.is_some()));
    running.next().is_none_or(|status| status.resources.is_some())
}

/// Whether the containers are those that were there, in their order.
fn in_order(errors: &mut Errors, field: &str, new: &[Container], old: &[Container]) -> bool {
    if new.len() != old.len() {
        errors.forbidden(format!("spec.{field}"), format!("{field} may not be added or removed on resize"));
        return false;
    }
    let mut same = true;
    for (index, (new, old)) in new.iter().zip(old).enumerate() {
        if new.name != old.name {
            let why = format!("{field} may not be renamed or reordered on resize");
            errors.forbidden(format!("spec.{field}[{index}].name"), why);
            same = false;
        }
    }
    same
}

fn removed(errors: &mut Errors, path: &str, new: &Container, old: &Container) {
    let (now, before) =
        (new.resources.clone().unwrap_or_default(), old.resources.clone().unwrap_or_default());
    let parts = [("requests", now.requests, before.requests), ("limits", now.limits, before.limits)];
    for (part, now, before) in parts {
        let now = now.unwrap_or_default();
        if before.iter().flatten().any(|(name, _)| !now.contains_key(name)) {
            errors.forbidden(format!("{path}.{part}"), format!("resource {part} cannot be removed"));
        }
    }
}

/// The new container, but for what a resize may change.
///
/// Models dropCPUMemoryResourcesFromContainer.
fn with_cpu_and_memory_of(new: &Container, old: &Container) -> Container {
    let mut munged = new.clone();
    let earlier = old.resources.clone().unwrap_or_default();
    let resources = munged.resources.get_or_insert_default();
    for (amounts, earlier) in
        [(&mut resources.requests, &earlier.requests), (&mut resources.limits, &earlier.limits)]
    {
        let amounts = amounts.get_or_insert_default();
        for name in ["cpu", "memory"] {
            amounts.remove(name);
            if let Some(amount) = earlier.as_ref().and_then(|earlier| earlier.get(name)) {
                amounts.insert(name.to_owned(), amount.clone());
            }
        }
    }
    munged
}

/// Whether two containers differ; amounts that are none are as good as absent, and written otherwise are the same.
fn differ(one: &Container, other: &Container) -> bool {
    let amounts = |list: &Option<Amounts>| -> BTreeMap<String, Quantity> {
        list.iter().flatten().map(|(name, amount)| (name.clone(), Quantity::of(amount))).collect()
    };
    let parts = |container: &Container| {
        let given = container.resources.clone().unwrap_or_default();
        (amounts(&given.requests), amounts(&given.limits), given.claims.unwrap_or_default())
    };
    let rest = |container: &Container| Container { resources: None, ..container.clone() };
    parts(one) != parts(other) || rest(one) != rest(other)
}

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn list(containers: &Option<Vec<Container>>) -> &[Container] {
    containers.as_deref().unwrap_or_default()
}

/// The resize policies of an init container; one that runs to its end is not restarted for a resize.
pub(super) fn init_policies(
    errors: &mut Errors,
    path: &str,
    container: &Container,
    pod_policy: Option<&str>,
) {
    if is_sidecar(container) {
        return policies(errors, path, container, pod_policy);
    }
    for (index, policy) in container.resize_policy.iter().flatten().enumerate() {
        if policy.restart_policy == "RestartContainer" {
            let why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
            let path = format!("{path}.resizePolicy[{index}].restartPolicy");
            errors.invalid(path, policy.restart_policy.as_str(), why);
        }
    }
}

/// Models validateResizePolicy.
pub(super) fn policies(errors: &mut Errors, path: &str, container: &Container, pod_policy: Option<&str>) {
    let path = format!("{path}.resizePolicy");
    let mut seen: Vec<&str> = Vec::new();
    for (index, policy) in container.resize_policy.iter().flatten().enumerate() {
        if seen.contains(&policy.resource_name.as_str()) {
            errors.push(FieldError::duplicate(format!("{path}[{index}]"), policy.resource_name.as_str()));
        }
        seen.push(&policy.resource_name);
        errors.one_of(path.as_str(), Some(&policy.resource_name), &["cpu", "memory"]);
        errors.one_of(path.as_str(), Some(&policy.restart_policy), &["NotRequired", "RestartContainer"]);
        let own = container.restart_policy.as_deref();
        if own.or(pod_policy) == Some("Never") && policy.restart_policy != "NotRequired" {
            let why = "must be 'NotRequired' when `restartPolicy` is 'Never'";
            errors.invalid(path.as_str(), policy.restart_policy.as_str(), why);
        }
    }
}

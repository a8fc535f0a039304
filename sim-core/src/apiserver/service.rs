//! What the registry does for Services: IP families, cluster IPs and node ports.
//!
//! Models pkg/registry/core/service/storage: Allocators, on a cluster with IPv4 only.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};

use super::allocate::Allocator;
use crate::api::{ApiError, ApiResult, FieldError, Kind, to_value, validation};

const NONE: &str = "None";

/// Allocates what a new Service needs.
pub(super) fn allocate(service: &mut Service, allocator: &mut Allocator) -> ApiResult<()> {
    let name = service.metadata.name.clone().unwrap_or_default();
    let Some(spec) = &mut service.spec else { return Ok(()) };
    if needs_cluster_ip(spec) {
        mirror_cluster_ips(spec);
        refuse(&name, validation::cluster_ips::check(spec))?;
        refuse(&name, unserved_families(spec))?;
        set_families(spec);
        let errors = allocate_address(spec, allocator);
        refuse(&name, errors)?;
    }
    if needs_node_port(spec) {
        let errors = allocate_node_ports(spec, &[], allocator);
        refuse(&name, errors)?;
    }
    if needs_health_check(spec) {
        allocate_health_check(spec, allocator)?;
    }
    Ok(())
}

/// Carries over what `old` was given, then allocates and releases what the change asks for.
pub(super) fn reallocate(service: &mut Service, old: &Service, allocator: &mut Allocator) -> ApiResult<()> {
    let name = service.metadata.name.clone().unwrap_or_default();
    let (Some(spec), Some(old_spec)) = (&mut service.spec, &old.spec) else { return Ok(()) };
    carry_over(spec, old_spec);
    drop_type_dependent(spec, old_spec);
    if needs_cluster_ip(spec) {
        if spec.cluster_ip != old_spec.cluster_ip && spec.cluster_ips == old_spec.cluster_ips {
            // A new clusterIP is meant for both fields.
            spec.cluster_ips = None;
        }
        mirror_cluster_ips(spec);
        refuse(&name, validation::cluster_ips::check(spec))?;
        refuse(&name, unserved_families(spec))?;
        set_families(spec);
        if !needs_cluster_ip(old_spec) {
            let errors = allocate_address(spec, allocator);
            refuse(&name, errors)?;
        }
    }
    if needs_node_port(spec) {
        let held: Vec<i32> = ports(old_spec).filter_map(|port| port.node_port).collect();
        let errors = allocate_node_ports(spec, &held, allocator);
        refuse(&name, errors)?;
    }
    if needs_health_check(spec) && !needs_health_check(old_spec) {
        allocate_health_check(spec, allocator)?;
    }
    allocator.release_difference(old, service);
    Ok(())
}

fn refuse(name: &str, errors: Vec<FieldError>) -> ApiResult<()> {
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(Kind::Service, name, &errors)) }
}

fn service_type(spec: &ServiceSpec) -> &str {
    spec.type_.as_deref().unwrap_or("ClusterIP")
}

fn needs_cluster_ip(spec: &ServiceSpec) -> bool {
    service_type(spec) != "ExternalName"
}

fn needs_node_port(spec: &ServiceSpec) -> bool {
    match service_type(spec) {
        "NodePort" => true,
        "LoadBalancer" => spec.allocate_load_balancer_node_ports.unwrap_or(true),
        _ => false,
    }
}

/// Whether a load balancer has to ask which nodes have pods of the Service.
///
/// Models pkg/api/service: NeedsHealthCheck.
fn needs_health_check(spec: &ServiceSpec) -> bool {
    service_type(spec) == "LoadBalancer" && spec.external_traffic_policy.as_deref() == Some("Local")
}

fn is_headless(spec: &ServiceSpec) -> bool {
    spec.cluster_ip.as_deref() == Some(NONE)
}

fn ports(spec: &ServiceSpec) -> impl Iterator<Item = &ServicePort> {
    spec.ports.iter().flatten()
}

/// `clusterIP` and the first of `clusterIPs` are one value.
fn mirror_cluster_ips(spec: &mut ServiceSpec) {
    let first = spec.cluster_ips.as_ref().and_then(|list| list.first()).cloned();
    match (&spec.cluster_ip, first) {
        (Some(address), None) => spec.cluster_ips = Some(vec![address.clone()]),
        (None, Some(first)) => spec.cluster_ip = Some(first),
        _ => {}
    }
}

/// What asks for a family that the cluster does not have.
///
/// Models pkg/registry/core/service/storage: initIPFamilyFields.
fn unserved_families(spec: &ServiceSpec) -> Vec<FieldError> {
    if is_headless(spec) && spec.selector.as_ref().is_none_or(|selector| selector.is_empty()) {
        return Vec::new();
    }
    let families = spec.ip_families.iter().flatten().enumerate().filter(|(_, family)| *family == "IPv6");
    let mut errors: Vec<FieldError> = families
        .map(|(index, family)| {
            let path = format!("spec.ipFamilies[{index}]");
            FieldError::invalid(path, family.as_str(), "not configured on this cluster")
        })
        .collect();
    if errors.is_empty() && spec.ip_family_policy.as_deref() == Some("RequireDualStack") {
        let why = "this cluster is not configured for dual-stack services";
        errors.push(FieldError::invalid("spec.ipFamilyPolicy", "RequireDualStack", why));
    }
    errors
}

/// A headless Service without a selector may have addresses of both families whatever the cluster has.
fn set_families(spec: &mut ServiceSpec) {
    let no_selector = spec.selector.as_ref().is_none_or(|selector| selector.is_empty());
    let open = is_headless(spec) && no_selector;
    if spec.ip_family_policy.is_none() {
        spec.ip_family_policy = Some(if open { "RequireDualStack" } else { "SingleStack" }.to_owned());
    }
    let families = spec.ip_families.get_or_insert_default();
    if families.is_empty() {
        families.push("IPv4".to_owned());
    }
    if open && spec.ip_family_policy.as_deref() != Some("SingleStack") && families.len() == 1 {
        let other = if families[0] == "IPv4" { "IPv6" } else { "IPv4" };
        families.push(other.to_owned());
    }
}

fn allocate_address(spec: &mut ServiceSpec, allocator: &mut Allocator) -> Vec<FieldError> {
    if is_headless(spec) {
        return Vec::new();
    }
    let chosen = spec.cluster_ip.clone().unwrap_or_default();
    let problem = if chosen.is_empty() {
        match allocator.address() {
            Some(address) => {
                spec.cluster_ips = Some(vec![address.clone()]);
                spec.cluster_ip = Some(address);
                return Vec::new();
            }
            None => "failed to allocate a serviceIP: range is full".to_owned(),
        }
    } else {
        match allocator.take_address(&chosen) {
            Ok(()) => return Vec::new(),
            Err(why) => format!("failed to allocate IP {chosen}: {why}"),
        }
    };
    let shown = to_value(&spec.cluster_ips.as_deref().unwrap_or_default());
    vec![FieldError::invalid("spec.clusterIPs", shown, problem)]
}

/// Gives every port a node port; those in `held` are the Service's already.
fn allocate_node_ports(spec: &mut ServiceSpec, held: &[i32], allocator: &mut Allocator) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut shared: Vec<(i32, String)> = Vec::new();
    for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
        let path = format!("spec.ports[{index}].nodePort");
        let protocol = port.protocol.clone().unwrap_or_default();
        match port.node_port.filter(|port| *port != 0) {
            // TCP and UDP on one number share the allocation.
            Some(wanted) if shared.iter().any(|(number, other)| *number == wanted && *other != protocol) => {}
            Some(wanted) => {
                if !held.contains(&wanted)
                    && let Err(why) = allocator.take_node_port(wanted)
                {
                    errors.push(FieldError::invalid(path, wanted, why));
                }
                shared.push((wanted, protocol));
            }
            None => match allocator.node_port() {
                Some(number) => port.node_port = Some(number),
                None => {
                    errors.push(FieldError::invalid(path, 0, "failed to allocate a nodePort: range is full"))
                }
            },
        }
    }
    errors
}

/// Models pkg/registry/core/service/storage: allocateHealthCheckNodePort.
fn allocate_health_check(spec: &mut ServiceSpec, allocator: &mut Allocator) -> ApiResult<()> {
    let wanted = spec.health_check_node_port.filter(|port| *port != 0);
    let taken = match wanted {
        Some(port) => allocator
            .take_node_port(port)
            .map(|()| port)
            .map_err(|why| format!("requested HealthCheck NodePort {port}: {why}")),
        None => allocator.node_port().ok_or_else(|| "a HealthCheck NodePort : range is full".to_owned()),
    };
    let failed = |why| ApiError::internal(format!("failed to allocate {why}"));
    spec.health_check_node_port = Some(taken.map_err(failed)?);
    Ok(())
}

/// A replacement that leaves out what the server had filled in means no change of it.
///
/// Models patchAllocatedValues.
fn carry_over(new: &mut ServiceSpec, old: &ServiceSpec) {
    let is_unset = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
    if needs_cluster_ip(old) && needs_cluster_ip(new) {
        if is_unset(&new.cluster_ip) {
            new.cluster_ip = old.cluster_ip.clone();
        }
        if new.cluster_ips.as_ref().is_none_or(Vec::is_empty) && new.cluster_ip == old.cluster_ip {
            new.cluster_ips = old.cluster_ips.clone();
        }
        if new.ip_families.as_ref().is_none_or(Vec::is_empty) {
            new.ip_families = old.ip_families.clone();
        }
        if new.ip_family_policy.is_none() {
            new.ip_family_policy = old.ip_family_policy.clone();
        }
    }
    if needs_node_port(old) && needs_node_port(new) {
        for port in new.ports.iter_mut().flatten().filter(|port| port.node_port.unwrap_or(0) == 0) {
            let same = |other: &&ServicePort| other.port == port.port && other.protocol == port.protocol;
            port.node_port = ports(old).find(same).and_then(|other| other.node_port);
        }
    }
    if needs_health_check(old) && needs_health_check(new) && new.health_check_node_port.unwrap_or(0) == 0 {
        new.health_check_node_port = old.health_check_node_port;
    }
}

/// A change of type clears what only the old type had, unless the user changed it too.
///
/// Models dropTypeDependentFields.
fn drop_type_dependent(new: &mut ServiceSpec, old: &ServiceSpec) {
    if needs_cluster_ip(old) && !needs_cluster_ip(new) && new.cluster_ip == old.cluster_ip {
        new.cluster_ip = None;
        new.cluster_ips = None;
        new.ip_families = None;
        new.ip_family_policy = None;
        new.internal_traffic_policy = None;
    }
    if needs_node_port(old) && !needs_node_port(new) {
        let held: Vec<Option<i32>> = ports(old).map(|port| port.node_port).collect();
        for port in new.ports.iter_mut().flatten().filter(|port| held.contains(&port.node_port)) {
            port.node_port = None;
        }
        if new.external_traffic_policy == old.external_traffic_policy {
            new.external_traffic_policy = None;
        }
    }
    let is_same_port = new.health_check_node_port == old.health_check_node_port;
    if needs_health_check(old) && !needs_health_check(new) && is_same_port {
        new.health_check_node_port = None;
    }
    if service_type(old) == "LoadBalancer" && service_type(new) != "LoadBalancer" {
        new.allocate_load_balancer_node_ports = None;
        new.load_balancer_class = None;
    }
}

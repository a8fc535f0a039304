//! Kinds whose descriptions are short: Namespace, ConfigMap, Secret, StorageClass, Endpoints, EndpointSlice,
//! PodDisruptionBudget, PriorityClass, CSINode.

use k8s_openapi::api::core::v1::{ConfigMap, EndpointAddress, Endpoints, Namespace, Secret, ServiceAccount};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::{CSINode, StorageClass};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::text::Text;
use super::{Subject, or_empty, quota, time_text};
use crate::api::kinds::format::{UNSET, format_labels, format_selector};
use crate::api::kinds::pod_disruption_budget::bound_text;
use crate::api::kinds::storage_class::is_default;
use crate::api::{Feature, FeatureGates, meta};
use crate::controllers::serviceaccounttokens::tokens_of;

/// Name, namespace, labels and annotations.
pub(super) fn head(text: &mut Text, meta: &ObjectMeta) {
    text.field(0, "Name", meta::name(meta));
    text.field(0, "Namespace", meta::namespace(meta));
    text.labels("", "Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
}

/// Models kubectl pkg/describe: describeNamespace.
pub(super) fn namespace(text: &mut Text, namespace: &Namespace, subject: &Subject<'_>) {
    let status = namespace.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&namespace.metadata));
    text.labels("", "Labels", namespace.metadata.labels.as_ref());
    text.annotations("Annotations", namespace.metadata.annotations.as_ref());
    text.field(0, "Status", or_empty(&status.phase));
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        text.line(1, "----\t------\t------------------\t------\t-------");
    }
    for condition in conditions {
        text.line(
            1,
            format_args!(
                "{}\t{}\t{}\t{}\t{}",
                condition.type_,
                condition.status,
                time_text(condition.last_transition_time.as_ref()),
                or_empty(&condition.reason),
                or_empty(&condition.message)
            ),
        );
    }
    let name = meta::name(&namespace.metadata);
    quota::quotas(text, subject, name);
    quota::limit_ranges(text, subject, name);
}

/// Models kubectl pkg/describe: describeServiceAccount.
pub(super) fn service_account(
    text: &mut Text,
    account: &ServiceAccount,
    subject: &Subject<'_>,
    gates: FeatureGates,
) {
    head(text, &account.metadata);
    let names = |names: Vec<String>| if names.is_empty() { vec!["<none>".to_owned()] } else { names };
    let pulled = account.image_pull_secrets.iter().flatten().map(|secret| secret.name.clone()).collect();
    let mut lists = vec![("Image pull secrets", names(pulled))];
    if !gates.has(Feature::AccountsWithoutSecrets) {
        let mountable = account.secrets.iter().flatten().filter_map(|secret| secret.name.clone()).collect();
        lists.push(("Mountable secrets", names(mountable)));
        let tokens = tokens_of(account, subject.store);
        lists.push(("Tokens", names(tokens.map(|secret| meta::name(&secret.metadata).to_owned()).collect())));
    }
    for (title, names) in lists {
        for (index, name) in names.iter().enumerate() {
            let title = if index == 0 { format!("{title}:") } else { String::new() };
            text.line(0, format_args!("{title}\t{name}"));
        }
    }
}

/// Models kubectl pkg/describe: ConfigMapDescriber.
pub(super) fn config_map(text: &mut Text, map: &ConfigMap) {
    head(text, &map.metadata);
    text.raw("\nData\n====\n");
    for (key, value) in map.data.iter().flatten() {
        text.raw(&format!("{key}:\n----\n{value}\n\n"));
    }
    text.raw("\nBinaryData\n====\n");
    for (key, value) in map.binary_data.iter().flatten() {
        text.raw(&format!("{key}: {} bytes\n", value.0.len()));
    }
    text.raw("\n");
}

/// Models kubectl pkg/describe: describeSecret.
pub(super) fn secret(text: &mut Text, secret: &Secret) {
    head(text, &secret.metadata);
    text.raw(&format!("\nType:\t{}\n\nData\n====\n", or_empty(&secret.type_)));
    let is_token = secret.type_.as_deref() == Some("kubernetes.io/service-account-token");
    for (key, value) in secret.data.iter().flatten() {
        match std::str::from_utf8(&value.0) {
            Ok(token) if is_token && key == "token" => text.field(0, key, token),
            _ => text.field(0, key, format_args!("{} bytes", value.0.len())),
        }
    }
}

/// Models kubectl pkg/describe: describeStorageClass.
pub(super) fn storage_class(text: &mut Text, class: &StorageClass) {
    text.field(0, "Name", meta::name(&class.metadata));
    text.field(0, "IsDefaultClass", if is_default(class) { "Yes" } else { "No" });
    text.field(0, "Annotations", format_labels(class.metadata.annotations.as_ref()));
    text.field(0, "Provisioner", &class.provisioner);
    text.field(0, "Parameters", format_labels(class.parameters.as_ref()));
    let expansion = class.allow_volume_expansion.map_or(UNSET, super::bool_text);
    text.field(0, "AllowVolumeExpansion", expansion);
    let options = class.mount_options.as_deref().unwrap_or_default();
    text.line(0, if options.is_empty() { "MountOptions:\t<none>" } else { "MountOptions:" });
    options.iter().for_each(|option| text.line(1, option));
    text.field_if(0, "ReclaimPolicy", class.reclaim_policy.as_deref());
    text.field_if(0, "VolumeBindingMode", class.volume_binding_mode.as_deref());
    let topologies = class.allowed_topologies.as_deref().unwrap_or_default();
    if !topologies.is_empty() {
        text.field(0, "AllowedTopologies", "");
    }
    for (index, term) in topologies.iter().enumerate() {
        let expressions = term.match_label_expressions.iter().flatten();
        let lines: Vec<String> =
            expressions.map(|one| format!("{} in [{}]", one.key, one.values.join(", "))).collect();
        text.several("  ", &format!("Term {index}"), &lines);
    }
}

/// Models kubectl pkg/describe: describeEndpoints.
pub(super) fn endpoints(text: &mut Text, endpoints: &Endpoints) {
    head(text, &endpoints.metadata);
    text.line(0, "Subsets:");
    for subset in endpoints.subsets.iter().flatten() {
        let list = |addresses: &Option<Vec<EndpointAddress>>| {
            let ips: Vec<&str> = addresses.iter().flatten().map(|address| address.ip.as_str()).collect();
            if ips.is_empty() { "<none>".to_owned() } else { ips.join(",") }
        };
        text.field(1, "Addresses", list(&subset.addresses));
        text.field(1, "NotReadyAddresses", list(&subset.not_ready_addresses));
        let ports = subset.ports.as_deref().unwrap_or_default();
        if !ports.is_empty() {
            text.line(1, "Ports:");
            text.line(2, "Name\tPort\tProtocol");
            text.line(2, "----\t----\t--------");
        }
        for port in ports {
            let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(UNSET);
            text.line(2, format_args!("{name}\t{}\t{}", port.port, or_empty(&port.protocol)));
        }
        text.line(0, "");
    }
}

/// Models kubectl pkg/describe: describeEndpointSliceV1.
pub(super) fn endpoint_slice(text: &mut Text, slice: &EndpointSlice) {
    head(text, &slice.metadata);
    text.field(0, "AddressType", &slice.address_type);
    let ports = slice.ports.as_deref().unwrap_or_default();
    if ports.is_empty() {
        text.line(0, "Ports: <unset>");
    } else {
        text.line(0, "Ports:");
        text.line(1, "Name\tPort\tProtocol");
        text.line(1, "----\t----\t--------");
    }
    for port in ports {
        let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(UNSET);
        let number = port.port.map_or_else(|| UNSET.to_owned(), |number| number.to_string());
        text.line(1, format_args!("{name}\t{number}\t{}", or_empty(&port.protocol)));
    }
    let endpoints: Vec<&Endpoint> = slice.endpoints.iter().flatten().collect();
    text.line(0, if endpoints.is_empty() { "Endpoints: <none>" } else { "Endpoints:" });
    endpoints.into_iter().for_each(|endpoint| endpoint_lines(text, endpoint));
}

fn endpoint_lines(text: &mut Text, endpoint: &Endpoint) {
    let addresses = match endpoint.addresses.as_slice() {
        [] => "<none>".to_owned(),
        addresses => addresses.join(", "),
    };
    text.field(1, "- Addresses", addresses);
    text.line(2, "Conditions:");
    let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
    text.field(3, "Ready", ready.map_or_else(|| UNSET.to_owned(), |ready| ready.to_string()));
    text.field(2, "Hostname", endpoint.hostname.as_deref().unwrap_or(UNSET));
    if let Some(target) = &endpoint.target_ref {
        let name = format!("{}/{}", or_empty(&target.kind), or_empty(&target.name));
        text.field(2, "TargetRef", name);
    }
    text.field(2, "NodeName", endpoint.node_name.as_deref().unwrap_or(UNSET));
    text.field(2, "Zone", endpoint.zone.as_deref().unwrap_or(UNSET));
}

/// Models kubectl pkg/describe: PriorityClassDescriber.
pub(super) fn priority_class(text: &mut Text, class: &PriorityClass) {
    text.field(0, "Name", meta::name(&class.metadata));
    text.field(0, "Value", class.value.unwrap_or(0));
    text.field(0, "GlobalDefault", class.global_default.unwrap_or(false));
    text.field(0, "PreemptionPolicy", or_empty(&class.preemption_policy));
    text.field(0, "Description", or_empty(&class.description));
    text.field(0, "Annotations", format_labels(class.metadata.annotations.as_ref()));
}

/// Models kubectl pkg/describe: describeCSINode.
pub(super) fn csi_node(text: &mut Text, node: &CSINode) {
    text.field(0, "Name", meta::name(&node.metadata));
    text.labels("", "Labels", node.metadata.labels.as_ref());
    text.annotations("Annotations", node.metadata.annotations.as_ref());
    text.field(0, "CreationTimestamp", time_text(node.metadata.creation_timestamp.as_ref()));
    text.line(0, "Spec:");
    text.line(1, "Drivers:");
    for driver in &node.spec.drivers {
        text.line(2, format_args!("{}:", driver.name));
        text.field(3, "Node ID", &driver.node_id);
        if let Some(count) = driver.allocatable.as_ref().and_then(|allocatable| allocatable.count) {
            text.line(3, "Allocatables:");
            text.field(4, "Count", count);
        }
        if let Some(keys) = &driver.topology_keys {
            text.field(3, "Topology Keys", super::list_text(keys));
        }
    }
}

/// Models kubectl pkg/describe: describePodDisruptionBudgetv1.
pub(super) fn disruption_budget(text: &mut Text, budget: &PodDisruptionBudget) {
    let spec = budget.spec.clone().unwrap_or_default();
    let status = budget.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&budget.metadata));
    text.field(0, "Namespace", meta::namespace(&budget.metadata));
    if let Some(least) = &spec.min_available {
        text.field(0, "Min available", bound_text(least));
    } else if let Some(most) = &spec.max_unavailable {
        text.field(0, "Max unavailable", bound_text(most));
    }
    let selector = spec.selector.as_ref().map(format_selector);
    text.field(0, "Selector", selector.as_deref().unwrap_or(UNSET));
    text.line(0, "Status:");
    text.field(2, "Allowed disruptions", status.disruptions_allowed.unwrap_or(0));
    text.field(2, "Current", status.current_healthy.unwrap_or(0));
    text.field(2, "Desired", status.desired_healthy.unwrap_or(0));
    text.field(2, "Total", status.expected_pods.unwrap_or(0));
}

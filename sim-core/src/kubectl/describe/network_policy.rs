//! NetworkPolicies.

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::containers::port_number;
use super::text::Text;
use crate::api::kinds::format::{NONE, format_selector};
use crate::api::meta;

/// One direction of traffic, in the words that describe it.
struct Direction {
    name: &'static str,
    /// Before a peer.
    title: &'static str,
    /// Without peers.
    anyone: &'static str,
}

const INGRESS: Direction =
    Direction { name: "ingress", title: "From", anyone: "<any> (traffic not restricted by source)" };
const EGRESS: Direction =
    Direction { name: "egress", title: "To", anyone: "<any> (traffic not restricted by destination)" };

/// The ports and peers of a rule.
type Rule<'a> = (&'a [NetworkPolicyPort], &'a [NetworkPolicyPeer]);

/// Models kubectl pkg/describe: describeNetworkPolicy.
pub(super) fn describe(text: &mut Text, policy: &NetworkPolicy) {
    let spec = policy.spec.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&policy.metadata));
    text.field(0, "Namespace", meta::namespace(&policy.metadata));
    text.field(0, "Created on", created(policy.metadata.creation_timestamp.as_ref()));
    text.labels("", "Labels", policy.metadata.labels.as_ref());
    text.annotations("Annotations", policy.metadata.annotations.as_ref());
    text.line(0, "Spec:");
    let selected = match format_selector(&spec.pod_selector.clone().unwrap_or_default()).as_str() {
        NONE => format!("{NONE} (Allowing the specific traffic to all pods in this namespace)"),
        selector => selector.to_owned(),
    };
    text.line(1, format_args!("PodSelector:     {selected}"));
    let types = spec.policy_types.as_deref().unwrap_or_default();
    let has = |wanted: &str| types.iter().any(|one| one == wanted);
    let ingress: Vec<Rule<'_>> = spec
        .ingress
        .iter()
        .flatten()
        .map(|rule| (rule.ports.as_deref().unwrap_or_default(), rule.from.as_deref().unwrap_or_default()))
        .collect();
    let egress: Vec<Rule<'_>> = spec
        .egress
        .iter()
        .flatten()
        .map(|rule| (rule.ports.as_deref().unwrap_or_default(), rule.to.as_deref().unwrap_or_default()))
        .collect();
    rules(text, &INGRESS, has("Ingress"), &ingress);
    rules(text, &EGRESS, has("Egress"), &egress);
    let types = if types.is_empty() { NONE.to_owned() } else { types.join(", ") };
    text.line(1, format_args!("Policy Types: {types}"));
}

/// A time as Go's `%s` writes it.
fn created(time: Option<&Time>) -> String {
    match time {
        Some(time) => time.0.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string(),
        None => "0001-01-01 00:00:00 +0000 UTC".to_owned(),
    }
}

/// Models kubectl pkg/describe: printNetworkPolicySpecIngressFrom and printNetworkPolicySpecEgressTo.
fn rules(text: &mut Text, direction: &Direction, is_affected: bool, rules: &[Rule<'_>]) {
    let Direction { name, title, anyone } = direction;
    if !is_affected {
        text.line(1, format_args!("Not affecting {name} traffic"));
        return;
    }
    text.line(1, format_args!("Allowing {name} traffic:"));
    if rules.is_empty() {
        text.line(2, format_args!("{NONE} (Selected pods are isolated for {name} connectivity)"));
    }
    for (index, (ports, peers)) in rules.iter().enumerate() {
        if index > 0 {
            text.line(2, "----------");
        }
        if ports.is_empty() {
            text.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        ports.iter().for_each(|port| text.line(2, port_text(port)));
        if peers.is_empty() {
            text.line(2, format_args!("{title}: {anyone}"));
        }
        for peer in *peers {
            text.line(2, format_args!("{title}:"));
            describe_peer(text, peer);
        }
    }
}

fn port_text(port: &NetworkPolicyPort) -> String {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    let number = port.port.as_ref().map_or_else(|| "<nil>".to_owned(), port_number);
    match port.end_port {
        None => format!("To Port: {number}/{protocol}"),
        Some(end) => format!("To Port Range: {number}-{end}/{protocol}"),
    }
}

fn describe_peer(text: &mut Text, peer: &NetworkPolicyPeer) {
    if let Some(selector) = &peer.namespace_selector {
        text.line(3, format_args!("NamespaceSelector: {}", format_selector(selector)));
    }
    if let Some(selector) = &peer.pod_selector {
        text.line(3, format_args!("PodSelector: {}", format_selector(selector)));
    }
    if let (Some(block), None, None) = (&peer.ip_block, &peer.pod_selector, &peer.namespace_selector) {
        text.line(3, "IPBlock:");
        text.line(4, format_args!("CIDR: {}", block.cidr));
        text.line(4, format_args!("Except: {}", block.except.as_deref().unwrap_or_default().join(", ")));
    }
}

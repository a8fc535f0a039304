//! Node selectors: the required terms of pods' and volumes' node affinities.
//!
//! Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity.

use k8s_openapi::api::core::v1::{Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm};

use crate::api::meta;

/// Whether any term picks the node; no terms pick none.
pub(super) fn matches(selector: &NodeSelector, node: &Node) -> bool {
    selector.node_selector_terms.iter().any(|term| term_matches(term, node))
}

/// Whether all requirements of the term hold; an empty term picks nothing.
pub(super) fn term_matches(term: &NodeSelectorTerm, node: &Node) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let labels = meta::labels(&node.metadata);
    let name = meta::name(&node.metadata);
    !(expressions.is_empty() && fields.is_empty())
        && expressions.iter().all(|wanted| holds(wanted, labels.get(&wanted.key).map(String::as_str)))
        && fields.iter().all(|wanted| holds(wanted, (wanted.key == "metadata.name").then_some(name)))
}

fn holds(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let listed = value.is_some_and(|value| values.iter().any(|wanted| wanted == value));
    match requirement.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => numbers(value, values).is_some_and(|(has, wanted)| has > wanted),
        "Lt" => numbers(value, values).is_some_and(|(has, wanted)| has < wanted),
        _ => false,
    }
}

fn numbers(value: Option<&str>, wanted: &[String]) -> Option<(i64, i64)> {
    Some((value?.parse().ok()?, wanted.first()?.parse().ok()?))
}

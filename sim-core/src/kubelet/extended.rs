//! Extended resources: what a node's owner says it has besides, of which the kubelet reserves nothing.
//!
//! Models pkg/kubelet/nodestatus: MachineInfo, which takes over what it does not measure itself.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::api::ObjectKey;
use crate::apiserver::Subresource;
use crate::engine::{Context, KubeletKind, ReconcileError};

/// What the node has and does not offer yet.
fn unoffered(node: &Node) -> BTreeMap<String, Quantity> {
    let Some(status) = &node.status else { return BTreeMap::new() };
    let is_offered = |name: &String, amount: &Quantity| {
        status.allocatable.as_ref().is_some_and(|offered| offered.get(name) == Some(amount))
    };
    let capacity = status.capacity.iter().flatten();
    let extended = capacity.filter(|(name, amount)| name.contains('/') && !is_offered(name, amount));
    extended.map(|(name, amount)| (name.clone(), amount.clone())).collect()
}

/// Whether the kubelet has something to report.
pub(super) fn is_due(node: &Node) -> bool {
    !unoffered(node).is_empty()
}

/// Offers what the node has.
///
/// # Errors
/// The API server's refusals.
pub(super) fn report(key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    let Some(node) = context.view.shared::<Node>(key) else { return Ok(()) };
    let new = unoffered(&node);
    if new.is_empty() || context.config.kubelet != KubeletKind::Full {
        return Ok(());
    }
    context.api.modify::<Node>(key, Subresource::Status, |node| {
        node.status.get_or_insert_default().allocatable.get_or_insert_default().extend(new);
    })?;
    Ok(())
}

//! What the namespace's status says of its deletion.
//!
//! Models pkg/controller/namespace/deletion: NamespaceConditionUpdater.

use k8s_openapi::api::core::v1::{NamespaceCondition, NamespaceStatus};

use super::content::Remaining;
use crate::api::SimTime;

/// Name, and reason and message while there is nothing to tell, of each condition in order.
const CONDITIONS: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (CONTENT_FAILURE, "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
    (CONTENT_REMAINING, "ContentRemoved", "All content successfully removed"),
    (FINALIZERS_REMAINING, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];
const CONTENT_FAILURE: &str = "NamespaceDeletionContentFailure";
const CONTENT_REMAINING: &str = "NamespaceContentRemaining";
const FINALIZERS_REMAINING: &str = "NamespaceFinalizersRemaining";

/// Brings all five conditions up to date.
pub(super) fn update(status: &mut NamespaceStatus, remaining: &Remaining, now: SimTime) {
    let conditions = status.conditions.get_or_insert_default();
    for (type_, reason, message) in CONDITIONS {
        let told = tell(type_, remaining);
        let truth = if told.is_some() { "True" } else { "False" };
        let (reason, message) = told.unwrap_or((reason, message.to_owned()));
        let fresh = NamespaceCondition {
            type_: type_.to_owned(),
            status: truth.to_owned(),
            last_transition_time: Some(now.to_time()),
            reason: Some(reason.to_owned()),
            message: Some(message),
        };
        match conditions.iter_mut().find(|condition| condition.type_ == type_) {
            None => conditions.push(fresh),
            Some(present) => {
                let time = present.last_transition_time.clone().filter(|_| present.status == fresh.status);
                *present =
                    NamespaceCondition { last_transition_time: time.or(fresh.last_transition_time), ..fresh };
            }
        }
    }
}

fn tell(type_: &str, remaining: &Remaining) -> Option<(&'static str, String)> {
    match type_ {
        CONTENT_FAILURE if !remaining.errors.is_empty() => {
            let mut errors = remaining.errors.clone();
            errors.sort();
            let text = errors.join(", ");
            let count = errors.len();
            let message = format!("Failed to delete all resource types, {count} remaining: {text}");
            Some(("ContentDeletionFailed", message))
        }
        CONTENT_REMAINING if !remaining.kinds.is_empty() => {
            let mut parts: Vec<String> = remaining
                .kinds
                .iter()
                .map(|(kind, count)| {
                    let info = kind.info();
                    format!("{}.{} has {count} resource instances", info.plural, info.group)
                })
                .collect();
            parts.sort();
            Some(("SomeResourcesRemain", format!("Some resources are remaining: {}", parts.join(", "))))
        }
        FINALIZERS_REMAINING if !remaining.finalizers.is_empty() => {
            let part = |(name, count): (&String, &usize)| format!("{name} in {count} resource instances");
            let parts: Vec<String> = remaining.finalizers.iter().map(part).collect();
            let message =
                format!("Some content in the namespace has finalizers remaining: {}", parts.join(", "));
            Some(("SomeFinalizersRemain", message))
        }
        _ => None,
    }
}

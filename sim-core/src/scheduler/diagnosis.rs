//! [`FitError`]: why no node took a pod, in the scheduler's words.
//!
//! Models pkg/scheduler/framework: FitError, Diagnosis.

use std::collections::BTreeMap;
use std::fmt;

use super::framework::{Plugins, Refusal};

/// Why no node took the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FitError {
    /// How many nodes there are.
    pub nodes: usize,
    /// The plugins that turned nodes down.
    pub rejected_by: Plugins,
    /// Whether another pod of the same template would meet the same end.
    pub is_shared: bool,
    cause: Cause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    /// A plugin turned the pod down before any node was looked at.
    Pod(String),
    /// Each node was turned down.
    Nodes { reasons: Vec<String>, afterwards: String },
}

impl FitError {
    /// The pod itself cannot be placed.
    pub(super) fn of_pod(nodes: usize, plugin: Plugins, message: String) -> FitError {
        FitError { nodes, rejected_by: plugin, is_shared: false, cause: Cause::Pod(message) }
    }

    /// No node fits; `afterwards` is what came of making room.
    pub(super) fn of_nodes(
        nodes: usize,
        refusals: &[Refusal],
        is_shared: bool,
        afterwards: String,
    ) -> FitError {
        let plugins = refusals.iter().map(|(_, plugin, _)| *plugin);
        let rejected_by = plugins.reduce(Plugins::with).unwrap_or(Plugins::ALL);
        let reasons = refusals.iter().flat_map(|(.., rejection)| rejection.reasons.clone()).collect();
        FitError { nodes, rejected_by, is_shared, cause: Cause::Nodes { reasons, afterwards } }
    }
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes;
        match &self.cause {
            _ if nodes == 0 => f.write_str("no nodes available to schedule pods"),
            // The dynamic resources plugin ends its part of a failed cycle with these words when it was not
            // asked before; recorded with v1.36.
            Cause::Pod(message) => write!(f, "0/{nodes} nodes are available: {message}. not found"),
            Cause::Nodes { reasons, afterwards } => {
                write!(f, "0/{nodes} nodes are available: {}.", counted(reasons))?;
                if afterwards.is_empty() {
                    return Ok(());
                }
                // The dynamic resources plugin speaks before preemption does.
                write!(f, " no new claims to deallocate, {afterwards}")
            }
        }
    }
}

/// The message of a scheduler whose dynamic resources plugin is off, for so many `nodes`.
pub(super) fn without_dynamic_resources(message: &str, nodes: usize) -> String {
    match message.strip_suffix(". not found") {
        Some(text) => format!(
            "{text}. preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling."
        ),
        None => message.replace(" no new claims to deallocate,", ""),
    }
}

/// `1 reason, 2 other reason`, in the order of that text.
pub(super) fn counted(reasons: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut texts: Vec<String> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    texts.sort();
    texts.join(", ")
}

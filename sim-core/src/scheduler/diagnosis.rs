//! [`FitError`]: why no node took a pod, in the scheduler's words.
//!
//! Models pkg/scheduler/framework: FitError, Diagnosis.

use std::collections::BTreeMap;
use std::fmt;

use super::framework::{Plugins, Rejection};

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
    Nodes { reasons: BTreeMap<String, usize>, resolvable: usize },
}

impl FitError {
    /// The pod itself cannot be placed.
    pub(super) fn of_pod(nodes: usize, plugin: Plugins, message: String) -> FitError {
        FitError { nodes, rejected_by: plugin, is_shared: false, cause: Cause::Pod(message) }
    }

    /// No node fits.
    pub(super) fn of_nodes(nodes: usize, rejections: &[(Plugins, Rejection)], is_shared: bool) -> FitError {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut rejected_by = Plugins::default();
        for (plugin, rejection) in rejections {
            rejected_by = rejected_by.with(*plugin);
            for reason in &rejection.reasons {
                *reasons.entry(reason.clone()).or_default() += 1;
            }
        }
        if rejections.is_empty() {
            rejected_by = Plugins::ALL;
        }
        let resolvable = rejections.iter().filter(|(_, rejection)| rejection.resolvable).count();
        FitError { nodes, rejected_by, is_shared, cause: Cause::Nodes { reasons, resolvable } }
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
            Cause::Nodes { reasons, resolvable } => {
                write!(f, "0/{nodes} nodes are available: {}.", counted(reasons))?;
                let mut preemption = BTreeMap::new();
                preemption.insert("No preemption victims found for incoming pod".to_owned(), *resolvable);
                preemption.insert("Preemption is not helpful for scheduling".to_owned(), nodes - resolvable);
                write!(
                    f,
                    " no new claims to deallocate, preemption: 0/{nodes} nodes are available: {}.",
                    counted(&preemption)
                )
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
fn counted(reasons: &BTreeMap<String, usize>) -> String {
    let mut texts: Vec<String> = reasons
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    texts.sort();
    texts.join(", ")
}

//! What caused what.

use std::collections::BTreeMap;

use petgraph::graph::NodeIndex;

use super::{Relations, VERTICES_MAX, Vertex};
use crate::api::kinds::pod_summary::summarize;
use crate::api::{Object, ObjectRef, SimTime};
use crate::cluster::Cluster;
use crate::engine::{Cause, CauseKind};
use crate::store::{CauseId, Change, ChangeType};

/// So many changes of an object are explained, the newest ones.
const CHANGES_MAX: usize = 12;

/// The newest changes of an object, each with what led to it, back to commands and faults.
///
/// Only what the log of changes still holds is told. Empty when it holds nothing about the object.
pub fn causes(cluster: &Cluster, of: &ObjectRef) -> Relations {
    let log = cluster.store().log();
    let mut changes: Vec<&Change> = log.since(0).filter(|change| change.reference.clone() == *of).collect();
    changes.drain(..changes.len().saturating_sub(CHANGES_MAX));
    let mut past = Past { cluster, graph: Relations::new(), known: BTreeMap::new() };
    for change in changes {
        let vertex = past.graph.add_node(Vertex { name: what_changed(change, of), about: String::new() });
        if let Some(cause) = past.cause(change.cause) {
            past.graph.update_edge(cause, vertex, "");
        }
    }
    past.graph
}

struct Past<'a> {
    cluster: &'a Cluster,
    graph: Relations,
    known: BTreeMap<CauseId, NodeIndex>,
}

impl Past<'_> {
    /// The vertex of a cause, with all that led to it.
    fn cause(&mut self, id: CauseId) -> Option<NodeIndex> {
        let mut chain: Vec<(CauseId, &Cause)> = Vec::new();
        let mut next = Some(id);
        while let Some((id, cause)) = next.and_then(|id| Some((id, self.cluster.engine().causes().get(id)?)))
        {
            next = cause.parent;
            // A component that looked at one thing again and again, because it had asked itself to.
            match chain.last_mut() {
                Some(last) if last.1.kind == cause.kind => *last = (id, cause),
                _ => chain.push((id, cause)),
            }
            if chain.len() > VERTICES_MAX {
                break;
            }
        }
        let mut before: Option<NodeIndex> = None;
        for (id, cause) in chain.into_iter().rev() {
            let vertex = match self.known.get(&id) {
                Some(known) => *known,
                None => self.graph.add_node(Vertex { name: self.words(cause), about: String::new() }),
            };
            self.known.insert(id, vertex);
            if let Some(before) = before.filter(|before| *before != vertex) {
                self.graph.update_edge(before, vertex, "");
            }
            before = Some(vertex);
        }
        before
    }

    fn words(&self, cause: &Cause) -> String {
        let what = match &cause.kind {
            CauseKind::Start => "the cluster starts".to_owned(),
            CauseKind::Command(line) => format!("command: {}", line.lines().next().unwrap_or_default()),
            CauseKind::Fault(what) => format!("fault: {what}"),
            CauseKind::Reconcile(component, about) => {
                format!("{} looks at {about}", self.cluster.engine().component_name(*component))
            }
        };
        timed(cause.at, &what)
    }
}

fn timed(at: SimTime, what: &str) -> String {
    format!("{at}  {what}")
}

fn what_changed(change: &Change, of: &ObjectRef) -> String {
    let name = format!("{} {}", of.kind.name(), of.key.name);
    let what = match (change.change, &change.object) {
        (ChangeType::Added, _) => "is created".to_owned(),
        (ChangeType::Deleted, _) => "is gone".to_owned(),
        (ChangeType::Modified, Object::Pod(pod)) => {
            let summary = summarize(pod);
            format!("is {}, {}/{} ready", summary.reason, summary.ready_containers, summary.total_containers)
        }
        (ChangeType::Modified, _) => "changes".to_owned(),
    };
    timed(change.at, &format!("=> {name} {what}"))
}

//! Two pods cannot have the same port of one node.

use super::super::cache::{ANY_ADDRESS, HostPort, NodeInfo};
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection};

/// Models pkg/scheduler/framework/plugins/nodeports.
pub(super) struct NodePorts;

impl FilterPlugin for NodePorts {
    fn plugin(&self) -> Plugins {
        Plugins::NODE_PORTS
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        are_taken(&state.ports, node)
            .then(|| Rejection { reasons: vec![REASON.to_owned()], resolvable: true })
    }
}

/// What is said of a node where the pod's ports are taken.
pub(in super::super) const REASON: &str = "node(s) didn't have free ports for the requested pod ports";

/// Whether pods of the node have one of those ports.
pub(in super::super) fn are_taken(ports: &[HostPort], node: &NodeInfo) -> bool {
    ports.iter().any(|wanted| node.ports.keys().any(|used| collide(wanted, used)))
}

/// Whether the two ports cannot be had at once.
pub(in super::super) fn collide(wanted: &HostPort, used: &HostPort) -> bool {
    let any = |port: &HostPort| &*port.2 == ANY_ADDRESS;
    wanted.0 == used.0 && wanted.1 == used.1 && (wanted.2 == used.2 || any(wanted) || any(used))
}

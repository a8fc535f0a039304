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
        let taken = state.ports.iter().any(|wanted| node.ports.keys().any(|used| collide(wanted, used)));
        let reason = "node(s) didn't have free ports for the requested pod ports".to_owned();
        taken.then(|| Rejection { reasons: vec![reason], resolvable: true })
    }
}

/// Whether the two ports cannot be had at once.
pub(in super::super) fn collide(wanted: &HostPort, used: &HostPort) -> bool {
    let any = |port: &HostPort| &*port.2 == ANY_ADDRESS;
    wanted.0 == used.0 && wanted.1 == used.1 && (wanted.2 == used.2 || any(wanted) || any(used))
}

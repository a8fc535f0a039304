//! A pod that names its node runs there or nowhere.

use super::super::cache::NodeInfo;
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection};
use crate::api::pod;

/// Models pkg/scheduler/framework/plugins/nodename.
pub(super) struct NodeName;

impl FilterPlugin for NodeName {
    fn plugin(&self) -> Plugins {
        Plugins::NODE_NAME
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        match pod::node_name(state.pod) {
            Some(name) if name != node.name() => {
                Rejection::unresolvable("node(s) didn't match the requested node name")
            }
            _ => None,
        }
    }
}

//! A cordoned node takes no new pods.

use k8s_openapi::api::core::v1::Taint;

use super::super::cache::NodeInfo;
use super::super::framework::{CycleState, FilterPlugin, Plugins, Rejection};
use super::taint_toleration::tolerations_of;

/// Models pkg/scheduler/framework/plugins/nodeunschedulable.
pub(super) struct NodeUnschedulable;

impl FilterPlugin for NodeUnschedulable {
    fn plugin(&self) -> Plugins {
        Plugins::NODE_UNSCHEDULABLE
    }

    fn filter(&self, state: &CycleState<'_>, node: &NodeInfo) -> Option<Rejection> {
        if node.node.spec.as_ref().and_then(|spec| spec.unschedulable) != Some(true) {
            return None;
        }
        let cordon = Taint {
            key: "node.kubernetes.io/unschedulable".to_owned(),
            effect: "NoSchedule".to_owned(),
            ..Taint::default()
        };
        if super::taint_toleration::is_tolerated(&cordon, tolerations_of(state.pod)) {
            return None;
        }
        Rejection::unresolvable("node(s) were unschedulable")
    }
}

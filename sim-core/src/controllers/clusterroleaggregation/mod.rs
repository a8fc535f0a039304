//! Fills in the rules of cluster roles that consist of others.
//!
//! Models pkg/controller/clusterroleaggregation: ClusterRoleAggregationController.

use k8s_openapi::api::rbac::v1::ClusterRole;

use crate::api::{Kind, Object, ObjectRef, rbac};
use crate::apiserver::Subresource;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ClusterRoleAggregationController;

impl Component for ClusterRoleAggregationController {
    fn name(&self) -> &'static str {
        "clusterrole-aggregation-controller"
    }

    /// Whatever becomes of a role, any that consists of others may have to change.
    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        if !matches!(change.object, Object::ClusterRole(_)) {
            return;
        }
        for role in view.all::<ClusterRole>().filter(|role| role.aggregation_rule.is_some()) {
            wakes.soon(ObjectRef::new(Kind::ClusterRole, crate::api::ObjectKey::of(&role.metadata)));
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(role) = context.view.typed::<ClusterRole>(&key.key) else { return Ok(()) };
        if role.aggregation_rule.is_none() {
            return Ok(());
        }
        let roles: Vec<&ClusterRole> = context.view.all::<ClusterRole>().collect();
        let rules = rbac::aggregated(role, &roles);
        if rules == *role.rules.as_deref().unwrap_or_default() {
            return Ok(());
        }
        context.api.modify::<ClusterRole>(&key.key, Subresource::Main, |role| role.rules = Some(rules))?;
        Ok(())
    }
}

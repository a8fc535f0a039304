//! Keeps the usage in quotas' status: what admission charged comes off when objects go.
//!
//! Models pkg/controller/resourcequota.

use k8s_openapi::api::core::v1::ResourceQuota;

use crate::api::{Kind, Object, ObjectRef, meta, pod};
use crate::apiserver::Subresource;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ResourceQuotaController;

impl Component for ResourceQuotaController {
    fn name(&self) -> &'static str {
        "resourcequota-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        if view.count(Kind::ResourceQuota) == 0 {
            return;
        }
        if let Object::ResourceQuota(quota) = &change.object {
            let before = change.previous.as_ref().and_then(|old| old.as_ref::<ResourceQuota>());
            if change.change != ChangeType::Deleted && before.is_none_or(|old| old.spec != quota.spec) {
                wakes.soon(change.reference.clone());
            }
            return;
        }
        let ended = match (&change.object, change.previous.as_ref()) {
            (Object::Pod(new), Some(Object::Pod(old))) => pod::is_terminal(new) && !pod::is_terminal(old),
            _ => false,
        };
        if ended || change.change == ChangeType::Deleted {
            for quota in view.list_in(Kind::ResourceQuota, meta::namespace(change.object.meta())) {
                wakes.soon(quota.reference());
            }
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Ok(quota) = context.api.typed::<ResourceQuota>(&key.key).cloned() else { return Ok(()) };
        let used = context.api.used_by(&quota);
        let used = used.into_iter().map(|(name, amount)| (name, amount.to_api())).collect();
        let hard = quota.spec.as_ref().and_then(|spec| spec.hard.clone());
        context.api.modify::<ResourceQuota>(&key.key, Subresource::Status, |quota| {
            let status = quota.status.get_or_insert_default();
            (status.hard, status.used) = (hard, Some(used));
        })?;
        Ok(())
    }
}

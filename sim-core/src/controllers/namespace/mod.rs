//! Empties a namespace that is being deleted.
//!
//! Models pkg/controller/namespace.

mod conditions;
mod content;

#[cfg(test)]
mod tests;

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;

use crate::api::{Object, ObjectKey, ObjectRef, meta};
use crate::apiserver::Subresource;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// How long every look at a namespace waits, so that last creations in it are seen.
const DELETION_GRACE_PERIOD: Duration = Duration::from_secs(5);
/// The finalizer in a namespace's spec that this controller removes.
const FINALIZER: &str = "kubernetes";

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct NamespaceController;

impl Component for NamespaceController {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        let is_going = matches!(change.object, Object::Namespace(_))
            && change.change != ChangeType::Deleted
            && meta::is_terminating(change.object.meta());
        if is_going {
            wakes.after(change.reference.clone(), DELETION_GRACE_PERIOD);
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(namespace) = context.view.typed::<Namespace>(&key.key).cloned() else { return Ok(()) };
        let is_going = meta::is_terminating(&namespace.metadata);
        if !is_going || finalizers(&namespace).is_empty() {
            return Ok(());
        }
        let remaining = content::delete_all(&key.key.name, &namespace, context);
        write_conditions(&key.key, &remaining, context)?;
        if let Some(seconds) = remaining.estimate_seconds {
            context.wakes.after(key.clone(), Duration::from_secs(seconds / 2 + 1));
            return Ok(());
        }
        if let Some(error) = remaining.errors.first() {
            return Err(ReconcileError::NotYet(error.clone()));
        }
        finalize(&key.key, context)
    }
}

fn finalizers(namespace: &Namespace) -> &[String] {
    namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_deref()).unwrap_or_default()
}

fn write_conditions(
    key: &ObjectKey,
    remaining: &content::Remaining,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let now = context.now;
    context.api.modify::<Namespace>(key, Subresource::Status, |namespace| {
        conditions::update(namespace.status.get_or_insert_default(), remaining, now);
    })?;
    Ok(())
}

/// Takes the finalizer away; the API server removes the namespace with its last one.
///
/// Models pkg/controller/namespace/deletion: finalizeNamespace, which writes through `/finalize`.
fn finalize(key: &ObjectKey, context: &mut Context<'_>) -> Result<(), ReconcileError> {
    context.api.modify::<Namespace>(key, Subresource::Binding, |namespace| {
        if let Some(finalizers) = namespace.spec.as_mut().and_then(|spec| spec.finalizers.as_mut()) {
            finalizers.retain(|name| name != FINALIZER);
        }
    })?;
    Ok(())
}

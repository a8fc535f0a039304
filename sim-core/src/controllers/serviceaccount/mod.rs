//! Sees that every namespace has the service account `default`.
//!
//! Models pkg/controller/serviceaccount: ServiceAccountsController.

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta};
use crate::apiserver::DEFAULT_ACCOUNT;
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ServiceAccountController;

impl Component for ServiceAccountController {
    fn name(&self) -> &'static str {
        "serviceaccount-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        wakes_for(change, Kind::ServiceAccount, DEFAULT_ACCOUNT, wakes);
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let wanted = ObjectKey::new(&key.key.name, DEFAULT_ACCOUNT);
        if !lacks(&wanted, Kind::ServiceAccount, context) {
            return Ok(());
        }
        let account = ServiceAccount { metadata: meta_of(&wanted), ..ServiceAccount::default() };
        let done = context.api.create(account);
        done.map(drop)
            .or_else(|error| if error.is_namespace_terminating() { Ok(()) } else { Err(error.into()) })
    }
}

/// Asks for the namespace's key when it is new, or when the object that it must have is gone.
pub(super) fn wakes_for(change: &Change, kind: Kind, name: &str, wakes: &mut Wakes) {
    let namespace = match &change.object {
        Object::Namespace(namespace) if change.change == ChangeType::Added => meta::name(&namespace.metadata),
        object if object.kind() == kind && meta::name(object.meta()) == name => {
            if change.change == ChangeType::Added {
                return;
            }
            meta::namespace(object.meta())
        }
        _ => return,
    };
    wakes.soon(ObjectRef::new(Kind::Namespace, ObjectKey::cluster(namespace)));
}

/// Whether the namespace is there to stay, and the object that it must have is not.
pub(super) fn lacks(wanted: &ObjectKey, kind: Kind, context: &Context<'_>) -> bool {
    let namespace = context.view.typed::<Namespace>(&ObjectKey::cluster(&wanted.namespace));
    let stays = namespace.is_some_and(|namespace| !meta::is_terminating(&namespace.metadata));
    stays && context.view.get(kind, wanted).is_none()
}

/// Metadata with the key's names.
pub(super) fn meta_of(key: &ObjectKey) -> ObjectMeta {
    ObjectMeta {
        name: Some(key.name.to_string()),
        namespace: Some(key.namespace.to_string()),
        ..ObjectMeta::default()
    }
}

//! Fills in the Secrets in which a service account's long-lived token is asked for, and deletes those whose
//! account is gone.
//!
//! Models pkg/controller/serviceaccount: TokensController.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};

use crate::api::{Kind, Object, ObjectKey, ObjectRef, meta, token};
use crate::apiserver::{DeleteOptions, Preconditions, Subresource};
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, ChangeType, Store};

/// The type of such a Secret.
const TOKEN: &str = "kubernetes.io/service-account-token";
/// Whose token it is.
const NAME: &str = "kubernetes.io/service-account.name";
const UID: &str = "kubernetes.io/service-account.uid";

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct TokensController;

impl Component for TokensController {
    fn name(&self) -> &'static str {
        "serviceaccount-token-controller"
    }

    fn observe(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        match &change.object {
            Object::Secret(secret) if is_token(secret) && change.change != ChangeType::Deleted => {
                wakes.soon(change.reference.clone());
            }
            Object::ServiceAccount(account) => {
                let namespace = meta::namespace(&account.metadata);
                for secret in view.all_in::<Secret>(namespace).filter(|secret| is_token(secret)) {
                    wakes.soon(ObjectRef::new(Kind::Secret, ObjectKey::of(&secret.metadata)));
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let Some(secret) = context.view.typed::<Secret>(&key.key).filter(|secret| is_token(secret)) else {
            return Ok(());
        };
        let annotations = meta::annotations(&secret.metadata);
        let name = annotations.get(NAME).map(String::as_str).unwrap_or_default();
        let namespace = &key.key.namespace;
        let account = context.view.typed::<ServiceAccount>(&ObjectKey::new(namespace, name));
        // The account may have been made anew since.
        let account = account.filter(|account| {
            let uid = annotations.get(UID).filter(|uid| !uid.is_empty());
            uid.is_none_or(|uid| uid == meta::uid(&account.metadata))
        });
        let Some(account) = account else {
            let preconditions = Preconditions {
                uid: Some(meta::uid(&secret.metadata).to_owned()),
                resource_version: secret.metadata.resource_version.clone(),
            };
            let options = DeleteOptions { preconditions, ..DeleteOptions::default() };
            return match context.api.delete(Kind::Secret, &key.key, &options) {
                Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error.into()),
                _ => Ok(()),
            };
        };
        let uid = meta::uid(&account.metadata).to_owned();
        let data = secret.data.clone().unwrap_or_default();
        let has = |field: &str| data.get(field).is_some_and(|bytes| !bytes.0.is_empty());
        let is_whole = ["ca.crt", "namespace", "token"].into_iter().all(has);
        if is_whole && annotations.get(UID) == Some(&uid) {
            return Ok(());
        }
        let token = token::of_secret(namespace, (name, &uid), &key.key.name);
        let certificate = token::certificate(context.config.seed);
        let namespace = namespace.to_string();
        context.api.modify::<Secret>(&key.key, Subresource::Main, |secret| {
            secret.metadata.annotations.get_or_insert_default().insert(UID.to_owned(), uid);
            let data = secret.data.get_or_insert_default();
            data.insert("ca.crt".to_owned(), ByteString(certificate.into_bytes()));
            data.insert("namespace".to_owned(), ByteString(namespace.into_bytes()));
            data.entry("token".to_owned()).or_insert_with(|| ByteString(token.into_bytes()));
        })?;
        Ok(())
    }
}

fn is_token(secret: &Secret) -> bool {
    secret.type_.as_deref() == Some(TOKEN)
}

/// The Secrets that hold a token of the account.
pub fn tokens_of<'a>(account: &'a ServiceAccount, store: &'a Store) -> impl Iterator<Item = &'a Secret> {
    let (name, uid) = (meta::name(&account.metadata), meta::uid(&account.metadata));
    let is = |value: Option<&String>, wanted: &str| value.is_some_and(|value| value == wanted);
    store.all_in::<Secret>(meta::namespace(&account.metadata)).filter(move |secret| {
        let annotations = meta::annotations(&secret.metadata);
        is_token(secret) && is(annotations.get(NAME), name) && is(annotations.get(UID), uid)
    })
}

//! Publishes the certificate of the API server's authority in every namespace.
//!
//! Models pkg/controller/certificates/rootcacertpublisher.

use k8s_openapi::api::core::v1::ConfigMap;

use super::serviceaccount::{lacks, meta_of, wakes_for};
use crate::api::{Kind, ObjectKey, ObjectRef, token};
use crate::apiserver::{ROOT_CA, Subresource};
use crate::engine::{Component, Context, ReconcileError, Wakes};
use crate::store::{Change, Store};

const ABOUT: &str = "kubernetes.io/description";
const ABOUT_TEXT: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct RootCaCertPublisher;

/// The ConfigMap that a namespace must have.
pub(crate) fn bundle(namespace: &str, seed: u64) -> ConfigMap {
    let mut metadata = meta_of(&ObjectKey::new(namespace, ROOT_CA));
    metadata.annotations = Some([(ABOUT.to_owned(), ABOUT_TEXT.to_owned())].into());
    let data = [("ca.crt".to_owned(), token::certificate(seed))].into();
    ConfigMap { metadata, data: Some(data), ..ConfigMap::default() }
}

impl Component for RootCaCertPublisher {
    fn name(&self) -> &'static str {
        "root-ca-certificate-publisher-controller"
    }

    fn observe(&mut self, change: &Change, _view: &Store, wakes: &mut Wakes) {
        wakes_for(change, Kind::ConfigMap, ROOT_CA, wakes);
    }

    fn reconcile(&mut self, key: &ObjectRef, context: &mut Context<'_>) -> Result<(), ReconcileError> {
        let wanted = ObjectKey::new(&key.key.name, ROOT_CA);
        let data = bundle(&key.key.name, context.config.seed).data;
        let done = if lacks(&wanted, Kind::ConfigMap, context) {
            context.api.create(bundle(&key.key.name, context.config.seed))
        } else {
            match context.view.typed::<ConfigMap>(&wanted) {
                Some(map) if map.data != data => {
                    context.api.modify::<ConfigMap>(&wanted, Subresource::Main, |map| map.data = data)
                }
                _ => return Ok(()),
            }
        };
        done.map(drop)
            .or_else(|error| if error.is_namespace_terminating() { Ok(()) } else { Err(error.into()) })
    }
}

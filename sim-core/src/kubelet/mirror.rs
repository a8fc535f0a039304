//! Static pods: what a node runs by itself, and the mirrors by which the API server shows them.
//!
//! Models pkg/kubelet: tryReconcileMirrorPods, and pkg/kubelet/pod: mirrorClient. The manifests are files of the node,
//! so nobody changes them here.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::full::FullKubelet;
use crate::api::{ApiResult, Kind, ObjectKey, Resource, meta};
use crate::apiserver::{DeleteOptions, Preconditions, Subresource};
use crate::engine::Context;

impl FullKubelet {
    /// Takes note of a mirror as it is. One whose deletion was asked for goes at once, and a new one comes in its
    /// place: the containers know nothing of it. True when that happened.
    ///
    /// # Errors
    /// The API server's refusals.
    pub(super) fn replace_mirror(
        &mut self,
        key: &ObjectKey,
        mirror: &Arc<Pod>,
        context: &mut Context<'_>,
    ) -> ApiResult<bool> {
        let Some(known) = self.statics.iter_mut().find(|known| known.key() == *key) else { return Ok(false) };
        *known = mirror.clone();
        if !meta::is_terminating(&mirror.metadata) {
            return Ok(false);
        }
        let uid = Some(meta::uid(&mirror.metadata).to_owned());
        let preconditions = Preconditions { uid, ..Preconditions::default() };
        let options =
            DeleteOptions { grace_period_seconds: Some(0), preconditions, ..DeleteOptions::default() };
        match context.api.delete(Kind::Pod, key, &options) {
            Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error),
            _ => self.mirror_again(key, context),
        }
    }

    /// Creates the mirror of a static pod that has none; false when the node runs no such pod, or is itself gone.
    ///
    /// # Errors
    /// The API server's refusals.
    pub(super) fn mirror_again(&mut self, key: &ObjectKey, context: &mut Context<'_>) -> ApiResult<bool> {
        let Some(known) = self.statics.iter().find(|known| known.key() == *key) else { return Ok(false) };
        let node = known.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
        if context.view.typed::<Node>(&ObjectKey::cluster(node)).is_none() || self.is_stopped(node) {
            return Ok(false);
        }
        let metadata = ObjectMeta {
            name: known.metadata.name.clone(),
            namespace: known.metadata.namespace.clone(),
            labels: known.metadata.labels.clone(),
            annotations: known.metadata.annotations.clone(),
            owner_references: known.metadata.owner_references.clone(),
            ..ObjectMeta::default()
        };
        let (spec, status) = (known.spec.clone(), known.status.clone());
        context.api.create(Pod { metadata, spec, status: None })?;
        context.api.modify::<Pod>(key, Subresource::Status, |pod| pod.status = status)?;
        Ok(true)
    }
}

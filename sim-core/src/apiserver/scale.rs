//! The scale subresource of what has replicas.

use std::sync::Arc;

use k8s_openapi::api::autoscaling::v1::{Scale, ScaleSpec, ScaleStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::{ApiServer, Subresource, WriteOptions};
use crate::api::selector::Selector;
use crate::api::{ApiError, ApiResult, Kind, Object, ObjectKey};

impl ApiServer {
    /// The scale of a Deployment, ReplicaSet or StatefulSet.
    ///
    /// # Errors
    /// NotFound: no such object, or a kind without a scale.
    pub fn scale(&self, kind: Kind, key: &ObjectKey) -> ApiResult<Scale> {
        let object = self.get(kind, key)?;
        scale_of(object).ok_or_else(no_scale)
    }

    /// Sets the replicas and returns the new scale.
    ///
    /// # Errors
    /// NotFound, Invalid, or Conflict when `scale` carries a resourceVersion that is not the stored one.
    pub fn set_scale(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        scale: &Scale,
        options: WriteOptions,
    ) -> ApiResult<Scale> {
        self.authorize("patch", (kind, "scale"), (&key.namespace, &key.name))?;
        let mut object = self.get(kind, key)?.clone();
        let replicas = scale.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
        match &mut object {
            Object::StatefulSet(set) => {
                Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(replicas)
            }
            Object::Deployment(set) => {
                Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(replicas)
            }
            Object::ReplicaSet(set) => {
                Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(replicas)
            }
            _ => return Err(no_scale()),
        }
        if let Some(version) = scale.metadata.resource_version.as_ref().filter(|version| !version.is_empty())
        {
            object.meta_mut().resource_version = Some(version.clone());
        }
        let stored = self
            .allowed(|api| api.through("scale", |api| api.update_with(object, Subresource::Main, options)))?;
        scale_of(&stored).ok_or_else(no_scale)
    }
}

fn no_scale() -> ApiError {
    ApiError::no_such_resource()
}

fn scale_of(object: &Object) -> Option<Scale> {
    let (wanted, present, selector) = match object {
        Object::StatefulSet(set) => {
            let spec = set.spec.as_ref()?;
            (spec.replicas, set.status.as_ref().map(|status| status.replicas), &spec.selector)
        }
        Object::Deployment(set) => {
            let spec = set.spec.as_ref()?;
            (spec.replicas, set.status.as_ref().and_then(|status| status.replicas), &spec.selector)
        }
        Object::ReplicaSet(set) => {
            let spec = set.spec.as_ref()?;
            (spec.replicas, set.status.as_ref().map(|status| status.replicas), &spec.selector)
        }
        _ => return None,
    };
    let meta = object.meta();
    Some(Scale {
        metadata: ObjectMeta {
            name: meta.name.clone(),
            namespace: meta.namespace.clone(),
            uid: meta.uid.clone(),
            resource_version: meta.resource_version.clone(),
            creation_timestamp: meta.creation_timestamp.clone(),
            ..ObjectMeta::default()
        },
        spec: Some(ScaleSpec { replicas: wanted }),
        status: Some(ScaleStatus { replicas: present.unwrap_or(0), selector: Some(selector_text(selector)) }),
    })
}

fn selector_text(selector: &LabelSelector) -> String {
    Selector::from_api(selector).to_string()
}

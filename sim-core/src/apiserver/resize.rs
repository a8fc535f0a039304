//! The subresource `resize` of pods (KEP-1287).

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::{ApiServer, Subresource, limit_range};
use crate::api::quantity::Quantity;
use crate::api::{ApiError, ApiResult, Feature, Kind, Object, ObjectKey, meta, pod};
use crate::store::Store;

impl ApiServer {
    /// The part of an object that a client asks for by that name; nothing is the object itself.
    ///
    /// # Errors
    /// NotFound when objects of the kind have no such part in this release.
    pub fn subresource(&self, kind: Kind, name: &str) -> ApiResult<Subresource> {
        match name {
            "" => Ok(Subresource::Main),
            "status" if kind.info().subresources.contains(&"status") => Ok(Subresource::Status),
            "resize" if kind == Kind::Pod && self.gates.has(Feature::InPlacePodResize) => {
                Ok(Subresource::Resize)
            }
            _ => Err(ApiError::no_such_resource()),
        }
    }

    /// Acts through a part of an object, as its manager is then told apart.
    pub(crate) fn through_part<T>(&mut self, part: Subresource, act: impl FnOnce(&mut ApiServer) -> T) -> T {
        match part {
            Subresource::Resize => self.through("resize", act),
            _ => act(self),
        }
    }
}

/// Takes nothing from `new` but what its containers ask for. Where they are others, validation says so.
///
/// Models pkg/registry/core/pod: dropNonResizeUpdates.
pub(super) fn keep_all_but_resources(new: &mut Object, old: &Object) {
    let (Object::Pod(new), Object::Pod(old)) = (new, old) else { return };
    let empty = Default::default();
    let (wanted, before) = (new.spec.as_ref().unwrap_or(&empty), old.spec.as_ref().unwrap_or(&empty));
    let same = |new: &[Container], old: &[Container]| {
        new.len() == old.len() && new.iter().zip(old).all(|(new, old)| new.name == old.name)
    };
    let (init, old_init) = (wanted.init_containers.as_deref(), before.init_containers.as_deref());
    let (init, old_init) = (init.unwrap_or_default(), old_init.unwrap_or_default());
    if !same(&wanted.containers, &before.containers) || !same(init, old_init) {
        let new = Arc::make_mut(new);
        new.status.clone_from(&old.status);
        return;
    }
    let mut kept = Pod::clone(old);
    let spec = kept.spec.get_or_insert_default();
    let containers = spec.init_containers.iter_mut().flatten().zip(init);
    for (kept, new) in containers.chain(spec.containers.iter_mut().zip(&wanted.containers)) {
        kept.resources.clone_from(&new.resources);
        kept.resize_policy.clone_from(&new.resize_policy);
    }
    *new = Arc::new(kept);
}

/// Refuses what the pod's node can never give.
///
/// Models plugin/pkg/admission/podresize: PodResizeValidator.
///
/// # Errors
/// Forbidden.
pub(super) fn validate(resized: &Pod, store: &Store) -> ApiResult<()> {
    let Some(name) = pod::node_name(resized) else { return Ok(()) };
    let refuse = |why: String| Err(ApiError::forbidden(Kind::Pod, meta::name(&resized.metadata), &why));
    let Some(node) = store.typed::<Node>(&ObjectKey::cluster(name)) else {
        return refuse(format!("node \"{name}\" not found"));
    };
    let allocatable = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
    let asked = limit_range::sum(resized, limit_range::requested);
    let mut lacks = Vec::new();
    for name in ["cpu", "memory"] {
        let amount = |list: Option<&BTreeMap<String, ApiQuantity>>| {
            let amount = list.and_then(|list| list.get(name)).map(Quantity::of);
            amount.map_or(0, |amount| if name == "cpu" { amount.milli_value() } else { amount.value() })
        };
        let (wanted, has) = (amount(Some(&asked)), amount(allocatable));
        if wanted > has {
            lacks.push(format!("{name}, requested: {wanted}, allocatable: {has}"));
        }
    }
    if lacks.is_empty() {
        return Ok(());
    }
    refuse(format!("node didn't have enough allocatable resources: {}", lacks.join("; ")))
}

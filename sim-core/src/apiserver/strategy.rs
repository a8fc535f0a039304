//! Per-kind rules of the registry: what a create or an update may carry over or must reset.

use std::sync::Arc;

use super::allocate::Allocator;
use super::write::Subresource;
use crate::api::{ApiResult, Object};
use crate::store::Store;

/// Clears what a creator may not set and allocates what the server hands out.
pub fn prepare_for_create(object: &mut Object, _store: &Store, _allocator: &mut Allocator) -> ApiResult<()> {
    if object.kind().info().counts_generation {
        object.meta_mut().generation = Some(1);
    }
    Ok(())
}

/// Keeps what an update through `subresource` may not change and counts the generation.
pub fn prepare_for_update(new: &mut Object, old: &Object, subresource: Subresource) {
    match subresource {
        Subresource::Main => keep_status(new, old),
        Subresource::Status => keep_all_but_status(new, old),
        Subresource::Binding => {}
    }
    if old.kind().info().counts_generation {
        let changed = subresource == Subresource::Main && spec_differs(new, old);
        let generation = old.meta().generation.unwrap_or(1) + i64::from(changed);
        new.meta_mut().generation = Some(generation);
    }
}

macro_rules! with_status {
    ($new:expr, $old:expr, |$n:ident, $o:ident| $body:expr; $($kind:ident),*) => {
        match ($new, $old) {
            $((Object::$kind(new), Object::$kind(old)) => {
                let ($n, $o) = (Arc::make_mut(new), old.as_ref());
                $body
            })*
            _ => {}
        }
    };
}

fn keep_status(new: &mut Object, old: &Object) {
    with_status!(new, old, |n, o| n.status = o.status.clone();
        Namespace, Node, PersistentVolumeClaim, PersistentVolume, Pod, Service,
        Deployment, ReplicaSet, StatefulSet);
}

fn keep_all_but_status(new: &mut Object, old: &Object) {
    with_status!(new, old, |n, o| {
            n.spec = o.spec.clone();
            let version = n.metadata.resource_version.take();
            n.metadata = o.metadata.clone();
            n.metadata.resource_version = version;
        };
        Namespace, Node, PersistentVolumeClaim, PersistentVolume, Pod, Service,
        Deployment, ReplicaSet, StatefulSet);
}

fn spec_differs(new: &Object, old: &Object) -> bool {
    match (new, old) {
        (Object::Pod(new), Object::Pod(old)) => new.spec != old.spec,
        (Object::Deployment(new), Object::Deployment(old)) => new.spec != old.spec,
        (Object::ReplicaSet(new), Object::ReplicaSet(old)) => new.spec != old.spec,
        (Object::StatefulSet(new), Object::StatefulSet(old)) => new.spec != old.spec,
        (Object::EndpointSlice(new), Object::EndpointSlice(old)) => {
            new.endpoints != old.endpoints || new.ports != old.ports
        }
        _ => false,
    }
}

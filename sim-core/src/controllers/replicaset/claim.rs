//! Adoption and release, as all controllers that select what they own do it.
//!
//! Models pkg/controller: BaseControllerRefManager.ClaimObject.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::api::selector::Selector;
use crate::api::{ApiResult, Object, meta};
use crate::apiserver::ApiServer;

/// Gives `object` to `owner` when its labels fit and nobody controls it; takes it from `owner` when its
/// labels no longer fit. Returns whether it is the owner's afterwards.
///
/// # Errors
/// The API server's, unless the object is gone.
pub fn claim(object: &Object, owner: &Object, selector: &Selector, api: &mut ApiServer) -> ApiResult<bool> {
    let fits = selector.matches(meta::labels(object.meta()));
    let owner_is_going = meta::is_terminating(owner.meta());
    match meta::controller_of(object.meta()) {
        Some(controller) if controller.uid != owner.uid() => Ok(false),
        Some(_) if fits => Ok(true),
        Some(_) => {
            if !owner_is_going {
                change_owners(object, api, |owners| owners.retain(|held| held.uid != owner.uid()))?;
            }
            Ok(false)
        }
        None if owner_is_going || !fits || meta::is_terminating(object.meta()) => Ok(false),
        None => {
            // The owner may have been deleted since the caches were read.
            let live = api.get(owner.kind(), &owner.key())?;
            if live.uid() != owner.uid() || meta::is_terminating(live.meta()) {
                return Ok(false);
            }
            let reference = meta::controller_reference(owner);
            change_owners(object, api, |owners| owners.push(reference)).map(|()| true)
        }
    }
}

fn change_owners(
    object: &Object,
    api: &mut ApiServer,
    change: impl FnOnce(&mut Vec<OwnerReference>),
) -> ApiResult<()> {
    let Ok(live) = api.get(object.kind(), &object.key()) else { return Ok(()) };
    if live.uid() != object.uid() {
        return Ok(());
    }
    let mut live = live.clone();
    let mut owners = meta::owners(live.meta()).to_vec();
    change(&mut owners);
    live.meta_mut().owner_references = Some(owners).filter(|owners| !owners.is_empty());
    api.update(live).map(|_| ())
}

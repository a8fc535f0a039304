//! Asking an external provisioner for a volume.
//!
//! Models persistentvolume: provisionClaim, provisionClaimOperationExternal, setClaimProvisioner.

use std::sync::Arc;

use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass;

use super::bind::{annotate, write};
use super::claim::event;
use crate::api::storage::{self, annotation};
use crate::api::{ApiResult, Kind, ObjectKey};
use crate::apiserver::Subresource;
use crate::engine::{Context, EventType};

/// Names the provisioner on the claim and says that it is waited for.
pub(super) fn ask_for_volume(claim: &Arc<PersistentVolumeClaim>, context: &mut Context<'_>) -> ApiResult<()> {
    let name = storage::claim_class(claim);
    let Some(class) = context.view.shared::<StorageClass>(&ObjectKey::cluster(name)) else {
        // A lister's words, which name the kind in the singular.
        let message = format!("{} \"{name}\" not found", Kind::StorageClass.info().qualified_singular());
        event(context, claim, EventType::Warning, "ProvisioningFailed", &message);
        return Ok(());
    };
    let provisioner = class.provisioner.as_str();
    // The in-tree provisioners are gone; names of theirs find nothing (`kubernetes.io/no-provisioner` on purpose).
    if provisioner.starts_with("kubernetes.io/") {
        let message = format!("no volume plugin matched name: {provisioner}");
        event(context, claim, EventType::Warning, "ProvisioningFailed", &message);
        return Ok(());
    }
    let mut new = PersistentVolumeClaim::clone(claim);
    annotate(&mut new, annotation::BETA_STORAGE_PROVISIONER, provisioner);
    annotate(&mut new, annotation::STORAGE_PROVISIONER, provisioner);
    let stored = write(context.api, new, Subresource::Main)?;
    let message = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by \
         the system administrator. If volume creation is delayed, please verify that the provisioner is running \
         and correctly registered."
    );
    event(context, &stored, EventType::Normal, "ExternalProvisioning", &message);
    Ok(())
}

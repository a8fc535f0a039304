//! The images that a kubelet tells of in its node's status.
//!
//! Models pkg/kubelet/nodestatus: Images, and pkg/kubelet/images: GetImageList.

use k8s_openapi::api::core::v1::{ContainerImage, Node};

use super::status::{short, shown_image};
use crate::api::ObjectKey;
use crate::apiserver::Subresource;
use crate::engine::{Context, ReconcileError};
use crate::runtime::{Image, Reference, Runtime};

/// How many images a status tells of (`nodeStatusMaxImages`).
const MOST: usize = 50;

/// An image as the status tells of it: by its digest, and by its tag if it was asked for by one.
pub fn listed(image: &Image, runtime: &str) -> ContainerImage {
    let by_digest = match runtime {
        "docker" => short(image, "@", &image.digest),
        _ => format!("{}@{}", image.reference.repository(), image.digest),
    };
    let by_tag = image.reference.digest.is_none().then(|| shown_image(image, runtime));
    let names = std::iter::once(by_digest).chain(by_tag).collect();
    ContainerImage { names: Some(names), size_bytes: i64::try_from(image.spec.size_bytes).ok() }
}

/// Puts the biggest first, and keeps as many as a status tells of.
pub fn arrange(images: &mut Vec<ContainerImage>) {
    images.sort_by(|one, other| (other.size_bytes, &one.names).cmp(&(one.size_bytes, &other.names)));
    images.truncate(MOST);
}

/// Tells of the images that the node has got since.
///
/// # Errors
/// The API server's refusals.
pub(super) fn report(
    key: &ObjectKey,
    runtime: &Runtime,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let Some(node) = context.view.shared::<Node>(key) else { return Ok(()) };
    let status = node.status.clone().unwrap_or_default();
    let info = status.node_info.map(|info| info.container_runtime_version).unwrap_or_default();
    let name = info.split(':').next().unwrap_or_default();
    let known = status.images.unwrap_or_default();
    let mut images = known.clone();
    for full in runtime.images_of(&key.name) {
        let Some(image) = Reference::parse(full).ok().and_then(|found| runtime.registry.find(&found)) else {
            continue;
        };
        let image = listed(&image, name);
        if !images.iter().any(|other| other.names == image.names) {
            images.push(image);
        }
    }
    arrange(&mut images);
    if images == known {
        return Ok(());
    }
    context.api.modify::<Node>(key, Subresource::Status, |node| {
        node.status.get_or_insert_default().images = Some(images);
    })?;
    Ok(())
}

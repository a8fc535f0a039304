//! A pod likes nodes that have its images.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::{Node, Pod};

use super::super::cache::{NodeCache, NodeInfo};
use super::super::framework::{CycleState, MAX_SCORE, ScorePlugin};

/// Less than this is downloaded at once.
const LITTLE: i64 = 23 << 20;
/// More than this for each container makes no difference.
const MUCH: i64 = 1000 << 20;

/// Models pkg/scheduler/framework/plugins/imagelocality. Names are compared as they are written: a node that calls
/// its image `docker.io/library/nginx:1.27` does not have the `nginx:1.27` that a pod asks for.
pub(super) struct ImageLocality;

impl ScorePlugin for ImageLocality {
    fn weight(&self) -> i64 {
        1
    }

    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], cache: &NodeCache) -> Vec<i64> {
        let images = images(state.pod);
        let mut shares = vec![0; nodes.len()];
        for image in &images {
            let sizes: Vec<Option<i64>> = nodes.iter().map(|info| size(&info.node, image)).collect();
            if sizes.iter().all(Option::is_none) {
                continue;
            }
            // An image that few nodes have counts for less, so that not all of its pods end up there.
            let holders = cache.all().filter(|info| size(&info.node, image).is_some()).count();
            let spread = holders as f64 / cache.len() as f64;
            for (share, size) in shares.iter_mut().zip(sizes) {
                *share += (size.unwrap_or(0) as f64 * spread) as i64;
            }
        }
        let much = MUCH * images.len().max(1) as i64;
        shares
            .iter()
            .map(|share| MAX_SCORE * ((*share).clamp(LITTLE, much) - LITTLE) / (much - LITTLE))
            .collect()
    }
}

/// The images of the pod's containers, with their tags.
fn images(pod: &Pod) -> Vec<Cow<'_, str>> {
    let containers =
        pod.spec.iter().flat_map(|spec| spec.init_containers.iter().flatten().chain(&spec.containers));
    containers.map(|container| tagged(container.image.as_deref().unwrap_or_default())).collect()
}

fn tagged(image: &str) -> Cow<'_, str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    if name.contains(':') { image.into() } else { format!("{image}:latest").into() }
}

/// How large the image is, if the node has it.
fn size(node: &Node, image: &str) -> Option<i64> {
    let mut images = node.status.iter().flat_map(|status| status.images.iter().flatten());
    let held = images.find(|held| held.names.iter().flatten().any(|name| name == image))?;
    held.size_bytes
}

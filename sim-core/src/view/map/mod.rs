//! The map: services on top, nodes with their pods below, and beneath them every set's ordinals with what they own.

mod draw;
mod layout;
mod routes;
#[cfg(test)]
mod tests;

use super::model::Scene;
use crate::cluster::Cluster;

/// How the map is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapOptions {
    /// The picture's width in pixels; it is as high as it must be.
    pub width: u32,
    /// The namespace that is shown; all when absent.
    pub namespace: Option<String>,
}

impl Default for MapOptions {
    fn default() -> Self {
        MapOptions { width: 960, namespace: Some("default".to_owned()) }
    }
}

/// The narrowest map; a smaller width is taken for this one.
const WIDTH_MIN: u32 = 320;
/// The widest map.
const WIDTH_MAX: u32 = 4_000;

/// Draws the cluster as it is.
///
/// Every object that can be clicked is a group with a stable `id`, its name in `data-ref`
/// (`Pod/default/web-0`) and its state as a class. At most 500 pods are shown; the picture says how many more
/// there are.
pub fn cluster_svg(cluster: &Cluster, options: &MapOptions) -> String {
    let scene = Scene::read(cluster.store(), options.namespace.as_deref());
    let layout = layout::Layout::of(&scene, options.width.clamp(WIDTH_MIN, WIDTH_MAX));
    draw::draw(&scene, &layout)
}

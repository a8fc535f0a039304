//! Pictures of a cluster: the map of what runs where, and the timeline of what was true when.
//!
//! Both are SVG text, which the page patches into itself and the docs embed; the timeline is also plain text.
//! Colours come from classes and variables that [`STYLE`] gives values; every state also has a shape and a word,
//! so that no picture needs its colours to be understood. The same cluster gives the same bytes.

mod map;
mod model;
mod state;
mod svg;
#[cfg(test)]
pub(crate) mod testing;
mod timeline;

pub use map::{MapOptions, cluster_svg};
pub use state::State;
pub use timeline::{Timeline, TimelineOptions, timeline_svg, timeline_text};

/// Namespaces of the cluster's own pods: the pictures leave them out while the user works elsewhere.
pub const SYSTEM_NAMESPACES: [&str; 2] = ["kube-system", "local-path-storage"];

/// The style sheet of the pictures. A page sets its variables anew for a dark scheme.
pub const STYLE: &str = include_str!("style.css");

//! What an installed cluster holds before anyone uses it: namespaces, nodes, classes, the API's Service.

use super::Cluster;

/// Creates the first objects and lets the cluster settle.
pub(super) fn install(_cluster: &mut Cluster) {}

//! [`Layout`]: which slice holds which pod, and how full the slices are.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::endpoint::ports_key;
use crate::api::meta;

/// How many endpoints a slice takes, `--max-endpoints-per-slice`.
pub(super) const MAX_ENDPOINTS: usize = 100;

/// What is known of one slice without reading it.
#[derive(Clone, Debug)]
struct SliceInfo {
    ports: Arc<str>,
    count: usize,
    revision: u64,
}

/// The slices of one Service and address type.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    slices: OrdMap<Arc<str>, SliceInfo>,
    placed: OrdMap<Arc<str>, Arc<str>>,
    /// Slices by ports and fullness, to find the fullest one that still takes some.
    by_count: OrdSet<(Arc<str>, usize, Arc<str>)>,
    empty: OrdSet<Arc<str>>,
}

impl Layout {
    /// The resourceVersion of the slice as this controller last wrote or read it.
    pub(super) fn revision_of(&self, slice: &str) -> Option<u64> {
        self.slices.get(slice).map(|info| info.revision)
    }

    /// The slice that holds the pod.
    pub(super) fn slice_of(&self, pod: &str) -> Option<&Arc<str>> {
        self.placed.get(pod)
    }

    /// The slices' names.
    pub(super) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.slices.keys()
    }

    /// How many slices there are.
    pub(super) fn len(&self) -> usize {
        self.slices.len()
    }

    /// The pods that are in a slice.
    pub(super) fn pods(&self) -> impl Iterator<Item = &Arc<str>> {
        self.placed.keys()
    }

    /// The slices without endpoints.
    pub(super) fn empty(&self) -> impl Iterator<Item = &Arc<str>> {
        self.empty.iter()
    }

    /// The fullest slice of those ports that takes `more` endpoints, leaving out those that `skip` names.
    ///
    /// Models k8s.io/endpointslice: getSliceToFill.
    pub(super) fn fullest_with_room(
        &self,
        ports: &str,
        more: usize,
        skip: impl Fn(&str) -> bool,
    ) -> Option<Arc<str>> {
        let room = MAX_ENDPOINTS.checked_sub(more)?;
        let ports: Arc<str> = ports.into();
        let first = (ports.clone(), 0, Arc::from(""));
        let end = (ports, room + 1, Arc::from(""));
        let mut found = self.by_count.range(first..end);
        std::iter::from_fn(|| found.next_back()).map(|(_, _, name)| name).find(|name| !skip(name)).cloned()
    }

    /// Takes in a slice as it is stored now.
    pub(super) fn put(&mut self, slice: &EndpointSlice) {
        let name: Arc<str> = meta::name(&slice.metadata).into();
        self.forget(&name);
        let ports: Arc<str> = ports_key(slice.ports.as_deref().unwrap_or_default()).into();
        let endpoints = slice.endpoints.as_deref().unwrap_or_default();
        for pod in endpoints.iter().filter_map(pod_name) {
            self.placed.insert(pod.into(), name.clone());
        }
        let revision =
            slice.metadata.resource_version.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
        self.by_count.insert((ports.clone(), endpoints.len(), name.clone()));
        if endpoints.is_empty() {
            self.empty.insert(name.clone());
        }
        self.slices.insert(name, SliceInfo { ports, count: endpoints.len(), revision });
    }

    /// Takes out the pods of a slice that it no longer holds. Call before [`Layout::put`].
    pub(super) fn unplace(&mut self, slice: &EndpointSlice) {
        let name = meta::name(&slice.metadata);
        for pod in slice.endpoints.iter().flatten().filter_map(pod_name) {
            if self.placed.get(pod).is_some_and(|holder| &**holder == name) {
                self.placed.remove(pod);
            }
        }
    }

    /// Takes out a slice; its pods must have been taken out before.
    pub(super) fn forget(&mut self, name: &str) {
        if let Some(info) = self.slices.remove(name) {
            self.by_count.remove(&(info.ports, info.count, name.into()));
            self.empty.remove(name);
        }
    }
}

/// The pod that an endpoint stands for.
pub(super) fn pod_name(endpoint: &k8s_openapi::api::discovery::v1::Endpoint) -> Option<&str> {
    endpoint.target_ref.as_ref()?.name.as_deref()
}

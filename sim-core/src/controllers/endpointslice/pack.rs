//! [`pack`]: where changed endpoints go. Decides only; nothing is written here.
//!
//! Models k8s.io/endpointslice: reconcileByAddressType and reconcileByPortMapping, for the pods that changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice};

use super::layout::{Layout, MAX_ENDPOINTS, pod_name};

/// What a pod is to have in the slices.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub ports: Vec<EndpointPort>,
    pub ports_key: String,
    pub endpoint: Endpoint,
}

/// What is to be written, in this order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Slices to create: ports and endpoints.
    pub create: Vec<Content>,
    /// Slices to update, by name; `labels` alone changed when the content is the stored one.
    pub update: BTreeMap<Arc<str>, Content>,
    /// Slices to delete.
    pub delete: Vec<Arc<str>>,
}

/// What a slice holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Content {
    pub ports: Vec<EndpointPort>,
    pub endpoints: Vec<Endpoint>,
}

/// What packing works on.
pub(super) struct Packing<'a> {
    pub layout: &'a Layout,
    /// The pods that changed, in order; `None` for those that no longer belong.
    pub pods: BTreeMap<Arc<str>, Option<Wanted>>,
    /// Whether all slices are looked at and endpoints of other pods are strays.
    pub full: bool,
    /// Reads a slice.
    pub read: &'a dyn Fn(&str) -> Option<Arc<EndpointSlice>>,
    /// Whether a slice's labels are not what they must be.
    pub labels_differ: &'a dyn Fn(&EndpointSlice) -> bool,
}

/// Keeps endpoints in their slices, fills those that change anyway, then the fullest other, then new ones.
pub(super) fn pack(mut packing: Packing<'_>) -> Plan {
    let mut plan = Plan::default();
    let (mut emptied, mut relabel) = (Vec::new(), Vec::new());
    for name in touched_slices(&packing) {
        let Some(slice) = (packing.read)(&name) else { continue };
        let before = slice.endpoints.as_deref().unwrap_or_default();
        let key = super::endpoint::ports_key(slice.ports.as_deref().unwrap_or_default());
        let after = keep_wanted(before, &key, &mut packing);
        if after == before && !(packing.labels_differ)(&slice) {
            continue;
        }
        if before.is_empty() {
            relabel.push(name);
        } else if after.is_empty() {
            emptied.push(name);
        } else {
            let ports = slice.ports.clone().unwrap_or_default();
            plan.update.insert(name, Content { ports, endpoints: after });
        }
    }
    for (_, group) in leftover_groups(&mut packing) {
        place_group(group, &packing, &emptied, &mut plan);
    }
    settle_placeholder(packing.layout, emptied, &mut plan);
    for name in relabel.into_iter().filter(|name| !plan.delete.contains(name)).collect::<Vec<_>>() {
        plan.update.entry(name).or_default();
    }
    reuse_deleted(&mut plan);
    plan
}

/// The slices that hold a changed pod; all of them in a full sync.
fn touched_slices(packing: &Packing<'_>) -> BTreeSet<Arc<str>> {
    if packing.full {
        return packing.layout.names().cloned().collect();
    }
    packing.pods.keys().filter_map(|pod| packing.layout.slice_of(pod)).cloned().collect()
}

/// The slice's endpoints as they are to be; those that stay are taken out of `packing.pods`.
fn keep_wanted(before: &[Endpoint], ports_key: &str, packing: &mut Packing<'_>) -> Vec<Endpoint> {
    let mut after = Vec::with_capacity(before.len());
    for endpoint in before {
        let pod = pod_name(endpoint).unwrap_or_default();
        match packing.pods.get(pod) {
            None if !packing.full => after.push(endpoint.clone()),
            Some(Some(wanted))
                if wanted.ports_key == ports_key && is_same_place(&wanted.endpoint, endpoint) =>
            {
                after.push(wanted.endpoint.clone());
                packing.pods.remove(pod);
            }
            _ => {}
        }
    }
    after
}

/// Whether the two are one endpoint whose conditions may differ.
///
/// Models endpointslice/util: hashEndpoint, which looks at addresses and hostname.
fn is_same_place(wanted: &Endpoint, present: &Endpoint) -> bool {
    wanted.addresses == present.addresses && wanted.hostname == present.hostname
}

/// The endpoints that have no place yet, by ports.
fn leftover_groups(packing: &mut Packing<'_>) -> BTreeMap<String, Vec<Wanted>> {
    let mut groups: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    for wanted in std::mem::take(&mut packing.pods).into_values().flatten() {
        groups.entry(wanted.ports_key.clone()).or_default().push(wanted);
    }
    groups
}

fn place_group(group: Vec<Wanted>, packing: &Packing<'_>, emptied: &[Arc<str>], plan: &mut Plan) {
    let Some(first) = group.first() else { return };
    let (ports, key) = (first.ports.clone(), first.ports_key.clone());
    let mut left: Vec<Endpoint> = group.into_iter().rev().map(|wanted| wanted.endpoint).collect();
    fill_updated(&key, &mut left, plan);
    while !left.is_empty() {
        let taken =
            |name: &str| plan.update.contains_key(name) || emptied.iter().any(|other| &**other == name);
        let found = (left.len() < MAX_ENDPOINTS)
            .then(|| packing.layout.fullest_with_room(&key, left.len(), taken))
            .flatten()
            .and_then(|name| Some(((packing.read)(&name)?, name)));
        let present = found.as_ref().and_then(|(slice, _)| slice.endpoints.clone()).unwrap_or_default();
        let mut content = Content { ports: ports.clone(), endpoints: present };
        move_up_to(&mut left, &mut content.endpoints, MAX_ENDPOINTS);
        match found {
            Some((_, name)) => {
                plan.update.insert(name, content);
            }
            None => plan.create.push(content),
        }
    }
}

/// Slices that are written anyway take as many as they can, the fullest first.
fn fill_updated(key: &str, left: &mut Vec<Endpoint>, plan: &mut Plan) {
    let mut open: Vec<&mut Content> = plan
        .update
        .values_mut()
        .filter(|content| super::endpoint::ports_key(&content.ports) == key)
        .collect();
    open.sort_by_key(|content| std::cmp::Reverse(content.endpoints.len()));
    for content in open {
        move_up_to(left, &mut content.endpoints, MAX_ENDPOINTS);
    }
}

/// Moves endpoints from the end of `left` until `endpoints` has `limit` of them.
fn move_up_to(left: &mut Vec<Endpoint>, endpoints: &mut Vec<Endpoint>, limit: usize) {
    while endpoints.len() < limit
        && let Some(endpoint) = left.pop()
    {
        endpoints.push(endpoint);
    }
}

/// A Service whose slices hold nothing keeps one empty slice; another has none.
fn settle_placeholder(layout: &Layout, emptied: Vec<Arc<str>>, plan: &mut Plan) {
    let mut empty: Vec<Arc<str>> =
        layout.empty().filter(|name| !plan.update.contains_key(*name)).cloned().collect();
    let filled = layout.len() - emptied.len() - empty.len();
    let has_content = filled > 0 || !plan.create.is_empty();
    if !has_content && empty.is_empty() {
        plan.create.push(Content::default());
    }
    if !has_content && !empty.is_empty() {
        empty.remove(0);
    }
    plan.delete = emptied;
    plan.delete.append(&mut empty);
}

/// A slice that would go is reused for one that would come.
///
/// Models k8s.io/endpointslice: finalize.
fn reuse_deleted(plan: &mut Plan) {
    let reused = plan.delete.len().min(plan.create.len());
    for name in plan.delete.drain(..reused) {
        if let Some(content) = plan.create.pop() {
            plan.update.insert(name, content);
        }
    }
}

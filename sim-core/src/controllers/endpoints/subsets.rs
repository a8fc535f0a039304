//! What pods offer, packed as an Endpoints object holds it.
//!
//! Models pkg/api/v1/endpoints: RepackSubsets, and pkg/controller/endpoint: truncateEndpoints.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EndpointAddress, EndpointPort, EndpointSubset};
use md5::{Digest, Md5};

/// How many addresses an object takes.
pub(super) const MAX_CAPACITY: usize = 1000;

/// A pod's address, in the order of addresses: by IP as text, then by uid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub ip: String,
    pub uid: String,
    pub pod: String,
}

/// One subset of addresses that are in order already.
pub(super) fn subset(
    ready: Vec<EndpointAddress>,
    not_ready: Vec<EndpointAddress>,
    ports: &[EndpointPort],
) -> EndpointSubset {
    let mut ports = ports.to_vec();
    ports.sort_by_cached_key(hash);
    EndpointSubset {
        addresses: Some(ready).filter(|addresses| !addresses.is_empty()),
        not_ready_addresses: Some(not_ready).filter(|addresses| !addresses.is_empty()),
        ports: Some(ports).filter(|ports| !ports.is_empty()),
    }
}

/// The order of ports: by a hash of what Go's dumper prints of them.
fn hash(port: &EndpointPort) -> [u8; 16] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let app = port.app_protocol.as_ref().map_or("<nil>".to_owned(), |name| format!("({name})"));
    let dump = format!(
        "(v1.EndpointPort){{Name:(string){} Port:(int32){} Protocol:(v1.Protocol){} AppProtocol:(*string){app}}}",
        text(&port.name),
        port.port,
        text(&port.protocol),
    );
    Md5::digest(dump.as_bytes()).into()
}

/// Packs pods that offer different ports: ports that the same pods offer share a subset.
///
/// Upstream orders the subsets by a hash of their dump; here they are in the order of their ports' hashes.
pub(super) fn repack<'a>(
    pods: impl Iterator<Item = (&'a Place, bool, &'a [EndpointPort])>,
    address: impl Fn(&Place) -> Option<EndpointAddress>,
) -> Vec<EndpointSubset> {
    type Offer<'a> = BTreeSet<(&'a Place, bool)>;
    let mut by_port: BTreeMap<[u8; 16], (EndpointPort, Offer<'a>)> = BTreeMap::new();
    for (place, ready, ports) in pods {
        for port in ports {
            let offer = by_port.entry(hash(port)).or_insert_with(|| (port.clone(), Offer::new()));
            offer.1.insert((place, ready));
        }
    }
    let mut groups: Vec<(Offer<'a>, Vec<EndpointPort>)> = Vec::new();
    for (port, offer) in by_port.into_values() {
        match groups.iter_mut().find(|(known, _)| *known == offer) {
            Some((_, ports)) => ports.push(port),
            None => groups.push((offer, vec![port])),
        }
    }
    let addresses = |offer: &Offer<'a>, wanted: bool| {
        offer.iter().filter(|(_, ready)| *ready == wanted).filter_map(|(place, _)| address(place)).collect()
    };
    groups
        .into_iter()
        .map(|(offer, ports)| subset(addresses(&offer, true), addresses(&offer, false), &ports))
        .collect()
}

/// Leaves out what is beyond the capacity, addresses that are not ready first; says whether there was any.
pub(super) fn truncate(subsets: &mut [EndpointSubset]) -> bool {
    let len = |addresses: &Option<Vec<EndpointAddress>>| addresses.as_ref().map_or(0, Vec::len);
    let ready: usize = subsets.iter().map(|subset| len(&subset.addresses)).sum();
    let not_ready: usize = subsets.iter().map(|subset| len(&subset.not_ready_addresses)).sum();
    if ready + not_ready <= MAX_CAPACITY {
        return false;
    }
    let cuts_ready = ready > MAX_CAPACITY;
    let (most, total) =
        if cuts_ready { (MAX_CAPACITY, ready) } else { (MAX_CAPACITY - ready, not_ready.max(1)) };
    let mut left = most;
    for subset in subsets {
        let list = if cuts_ready { &mut subset.addresses } else { &mut subset.not_ready_addresses };
        // A share of the capacity, rounded up.
        let share = (len(list) * most).div_ceil(total).min(left);
        if let Some(addresses) = list {
            addresses.truncate(share);
            left -= addresses.len();
        }
        if len(list) == 0 {
            *list = None;
        }
        if cuts_ready {
            subset.not_ready_addresses = None;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(count: usize) -> Vec<EndpointAddress> {
        let address = |index| EndpointAddress { ip: format!("10.0.0.{index}"), ..EndpointAddress::default() };
        (0..count).map(address).collect()
    }

    /// What is left of subsets with so many addresses, ready ones and others.
    fn left(counts: &[(usize, usize)]) -> (bool, Vec<(usize, usize)>) {
        let mut subsets: Vec<EndpointSubset> = counts
            .iter()
            .map(|(ready, not_ready)| subset(addresses(*ready), addresses(*not_ready), &[]))
            .collect();
        let was = truncate(&mut subsets);
        let len = |list: &Option<Vec<EndpointAddress>>| list.as_ref().map_or(0, Vec::len);
        (was, subsets.iter().map(|one| (len(&one.addresses), len(&one.not_ready_addresses))).collect())
    }

    #[test]
    fn a_thousand_addresses_stay_ready_ones_first() {
        assert_eq!(left(&[(700, 300)]), (false, vec![(700, 300)]));
        assert_eq!(left(&[(700, 301)]), (true, vec![(700, 300)]));
        assert_eq!(left(&[(1001, 5)]), (true, vec![(1000, 0)]));
        assert_eq!(left(&[(0, 2000)]), (true, vec![(0, 1000)]));
        // Each subset keeps its share, rounded up; the last has what is left.
        assert_eq!(left(&[(1000, 1), (1000, 1), (1, 0)]), (true, vec![(500, 0), (500, 0), (0, 0)]));
        assert_eq!(left(&[(100, 600), (100, 1000)]), (true, vec![(100, 300), (100, 500)]));
    }
}

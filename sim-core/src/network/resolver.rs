//! The resolver of a container: search list and `ndots:5`, as the C libraries read resolv.conf.

use super::dns::{Question, RecordType, ResponseCode};
use crate::runtime::shell::Host;

/// Names with fewer dots are tried with the search list first (`options ndots:5`).
pub const NDOTS: usize = 5;

/// What looking up a name gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Addresses, and the full name that has them.
    Found {
        /// The name that answered, after search list and aliases, without final dot.
        name: String,
        /// IPv4 addresses in the order of the answer.
        addresses: Vec<String>,
    },
    /// The name does not exist.
    NotFound,
    /// The name exists and has no IPv4 address.
    NoAddress,
    /// The server failed or was not there.
    Failed(ResponseCode),
}

impl Lookup {
    /// The first address.
    pub fn address(&self) -> Option<&str> {
        match self {
            Lookup::Found { addresses, .. } => addresses.first().map(String::as_str),
            _ => None,
        }
    }
}

/// The full names that are asked for, in order.
pub fn candidates(host: &dyn Host, name: &str) -> Vec<String> {
    let bare = name.trim_end_matches('.').to_ascii_lowercase();
    if name.ends_with('.') {
        return vec![bare];
    }
    let searched = host.search_domains().into_iter().map(|domain| format!("{bare}.{domain}"));
    if bare.matches('.').count() >= NDOTS {
        // musl stops here; glibc goes on with the search list, which no name of the cluster needs.
        return vec![bare];
    }
    let mut names: Vec<String> = searched.collect();
    names.push(bare);
    names
}

/// Looks a name up: an address as it stands, /etc/hosts, then DNS.
pub fn resolve_name(host: &mut dyn Host, name: &str) -> Lookup {
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return Lookup::Found { name: name.to_owned(), addresses: vec![name.to_owned()] };
    }
    if let Some(found) = from_hosts(host, name) {
        return found;
    }
    if name.is_empty() || name.len() > 253 || name.split('.').any(|label| label.len() > 63) {
        return Lookup::NotFound;
    }
    let mut last = Lookup::NotFound;
    for candidate in candidates(host, name) {
        let answer = host.resolve(&Question::new(&candidate, RecordType::A));
        match answer.code {
            ResponseCode::NxDomain => {}
            ResponseCode::NoError => {
                let addresses = answer.addresses();
                if !addresses.is_empty() {
                    let owner = answer.records.iter().rev().find(|record| record.record == RecordType::A);
                    let name = owner.map_or(candidate, |record| record.name.clone());
                    return Lookup::Found { name, addresses };
                }
                last = Lookup::NoAddress;
            }
            code => return Lookup::Failed(code),
        }
    }
    last
}

/// /etc/hosts as the kubelet writes it, or as a process has changed it.
fn from_hosts(host: &mut dyn Host, name: &str) -> Option<Lookup> {
    let found = |address: &str, name: &str| {
        Some(Lookup::Found { name: name.to_owned(), addresses: vec![address.to_owned()] })
    };
    if name.eq_ignore_ascii_case("localhost") {
        return found("127.0.0.1", name);
    }
    if let Ok(bytes) = host.files().read("/etc/hosts") {
        for line in String::from_utf8_lossy(&bytes).lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(address) = words.next().filter(|address| address.contains('.')) else { continue };
            let names: Vec<&str> = words.collect();
            if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                return found(address, names[0]);
            }
        }
    }
    if name == host.hostname() {
        let address = host.ip();
        return found(&address, name);
    }
    None
}

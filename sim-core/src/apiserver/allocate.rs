//! What the API server hands out: uids, name suffixes, cluster IPs and node ports.

use std::net::Ipv4Addr;

use imbl::OrdSet;
use k8s_openapi::api::core::v1::{Service, ServiceSpec};
use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

use crate::api::Object;

/// The letters of generated names: no vowels, no digits that look like letters.
const SUFFIX_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The range of cluster IPs, 10.96.0.0/12.
const SERVICE_NETWORK: u32 = u32::from_be_bytes([10, 96, 0, 0]);
const SERVICE_ADDRESSES: u32 = 1 << 20;
/// The lower part of the range is left for addresses that users choose (KEP-3070).
const SERVICE_STATIC_BAND: u32 = 256;

const NODE_PORT_FIRST: u32 = 30_000;
const NODE_PORTS: u32 = 2768;
/// The lower part of the range is left for ports that users choose (KEP-3668).
const NODE_PORT_STATIC_BAND: u32 = 86;

/// Hands out identifiers from one seeded stream.
#[derive(Clone, Debug)]
pub struct Allocator {
    random: ChaCha8Rng,
    /// For the names of token volumes, a stream of their own.
    volumes: ChaCha8Rng,
    addresses: OrdSet<u32>,
    node_ports: OrdSet<u32>,
}

impl Allocator {
    /// An allocator over its own stream.
    pub fn new(random: ChaCha8Rng) -> Allocator {
        let mut volumes = random.clone();
        volumes.set_stream(1);
        Allocator { random, volumes, addresses: OrdSet::new(), node_ports: OrdSet::new() }
    }

    /// Draws from `random` from now on; answers the stream from which it drew before.
    pub fn replace_stream(&mut self, random: ChaCha8Rng) -> ChaCha8Rng {
        std::mem::replace(&mut self.random, random)
    }

    /// A version 4 UUID.
    pub fn uid(&mut self) -> String {
        let high = (self.random.next_u64() & !0xf000) | 0x4000;
        let low = (self.random.next_u64() & !(0b11 << 62)) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// The five characters that make a `generateName` a name.
    pub fn suffix(&mut self) -> String {
        (0..5).map(|_| char::from(SUFFIX_ALPHABET[self.random.next_u32() as usize % 27])).collect()
    }

    /// The five characters that make the name of a pod's token volume.
    pub fn volume_suffix(&mut self) -> String {
        (0..5).map(|_| char::from(SUFFIX_ALPHABET[self.volumes.next_u32() as usize % 27])).collect()
    }

    /// A free cluster IP, `None` when all are taken.
    pub fn address(&mut self) -> Option<String> {
        // The first address is the network's and the last its broadcast.
        let offset = self.pick(SERVICE_STATIC_BAND + 1, SERVICE_ADDRESSES - 1, &self.addresses.clone())?;
        self.addresses.insert(offset);
        Some(Ipv4Addr::from(SERVICE_NETWORK + offset).to_string())
    }

    /// Takes the cluster IP that a user chose.
    ///
    /// # Errors
    /// The API server's words when it is taken or out of range.
    pub fn take_address(&mut self, address: &str) -> Result<(), &'static str> {
        const OUT_OF_RANGE: &str =
            "the provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/12";
        let offset = address_offset(address).ok_or(OUT_OF_RANGE)?;
        if offset == 0 || offset == SERVICE_ADDRESSES - 1 {
            return Err(OUT_OF_RANGE);
        }
        if self.addresses.insert(offset).is_some() {
            return Err("provided IP is already allocated");
        }
        Ok(())
    }

    /// A free node port, `None` when all are taken.
    pub fn node_port(&mut self) -> Option<i32> {
        let offset = self.pick(NODE_PORT_STATIC_BAND, NODE_PORTS, &self.node_ports.clone())?;
        self.node_ports.insert(offset);
        i32::try_from(NODE_PORT_FIRST + offset).ok()
    }

    /// Takes the node port that a user chose.
    ///
    /// # Errors
    /// The API server's words when it is taken or out of range.
    pub fn take_node_port(&mut self, port: i32) -> Result<(), &'static str> {
        const OUT_OF_RANGE: &str =
            "provided port is not in the valid range. The range of valid ports is 30000-32767";
        let offset = node_port_offset(port).ok_or(OUT_OF_RANGE)?;
        if self.node_ports.insert(offset).is_some() {
            return Err("provided port is already allocated");
        }
        Ok(())
    }

    /// Gives back what a Service held.
    pub fn release(&mut self, object: &Object) {
        let Object::Service(service) = object else { return };
        cluster_ips(service).filter_map(address_offset).for_each(|offset| {
            self.addresses.remove(&offset);
        });
        node_ports(service).filter_map(node_port_offset).for_each(|offset| {
            self.node_ports.remove(&offset);
        });
    }

    /// Gives back what `old` held and `new` no longer does.
    pub fn release_difference(&mut self, old: &Service, new: &Service) {
        for address in cluster_ips(old).filter(|address| !cluster_ips(new).any(|kept| kept == *address)) {
            address_offset(address).map(|offset| self.addresses.remove(&offset));
        }
        for port in node_ports(old).filter(|port| !node_ports(new).any(|kept| kept == *port)) {
            node_port_offset(port).map(|offset| self.node_ports.remove(&offset));
        }
    }

    /// A number from `upper_start..end` that is not taken, or one below `upper_start` when those are all taken.
    fn pick(&mut self, upper_start: u32, end: u32, taken: &OrdSet<u32>) -> Option<u32> {
        let span = end - upper_start;
        let start = self.random.next_u32() % span;
        let upper = (0..span).map(|step| upper_start + (start + step) % span);
        upper.chain(1..upper_start).find(|number| !taken.contains(number))
    }
}

fn address_offset(address: &str) -> Option<u32> {
    let address: Ipv4Addr = address.parse().ok()?;
    u32::from(address).checked_sub(SERVICE_NETWORK).filter(|offset| *offset < SERVICE_ADDRESSES)
}

fn node_port_offset(port: i32) -> Option<u32> {
    u32::try_from(port).ok()?.checked_sub(NODE_PORT_FIRST).filter(|offset| *offset < NODE_PORTS)
}

fn cluster_ips(service: &Service) -> impl Iterator<Item = &str> {
    service.spec.iter().flat_map(|spec: &ServiceSpec| spec.cluster_ips.iter().flatten()).map(String::as_str)
}

fn node_ports(service: &Service) -> impl Iterator<Item = i32> {
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let health_check = service.spec.iter().filter_map(|spec| spec.health_check_node_port);
    ports.filter_map(|port| port.node_port).chain(health_check).filter(|port| *port > 0)
}

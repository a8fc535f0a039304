//! Ranges of addresses, `10.0.0.0/8`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::format;

/// What is wrong with a text that is no range at all.
pub const NONE: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

const ZEROS: &str = "must not have leading 0s in IP or prefix length";
const MAPPED: &str = "must not have an IPv4-mapped IPv6 address";
const BITS: &str = "must not have bits set beyond the prefix length";
/// What is wrong with ranges that older releases take.
pub const ODD: [&str; 3] = [ZEROS, MAPPED, BITS];

/// A range of addresses as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    bits: u32,
    has_zeros: bool,
}

impl Cidr {
    /// Reads a range as Go once did, with zeros before numbers.
    ///
    /// Models k8s.io/utils/net: ParseCIDRSloppy.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, bits) = text.split_once('/')?;
        let strict = address.parse().ok();
        let address: IpAddr = strict.or_else(|| format::sloppy_address(address))?;
        let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = bits.parse().ok().filter(|_| is_number)?;
        let has_zeros = strict.is_none() || bits.len() > 1 && bits.starts_with('0');
        (number <= width(address)).then_some(Cidr { address, bits: number, has_zeros })
    }

    /// What is wrong with how it was written.
    ///
    /// Models apimachinery pkg/util/validation: IsValidCIDRForLegacyField, with StrictIPCIDRValidation (KEP-4858).
    pub fn problem(&self) -> Option<&'static str> {
        if self.has_zeros {
            Some(ZEROS)
        } else if mapped(self.address).is_some() {
            Some(MAPPED)
        } else if self.address != self.first() {
            Some(BITS)
        } else {
            None
        }
    }

    /// What is warned of in how it was written, as `text`.
    ///
    /// Models apimachinery pkg/util/validation: GetWarningsForCIDR.
    pub fn warnings(&self, text: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        let canonical = self.canonical();
        if self.address != self.first() {
            let single = format!("{}/{}", shown(self.address), width(self.address));
            warnings.push(format!(
                "CIDR value \"{text}\" is ambiguous in this context (should be \"{canonical}\" or \"{single}\"?)"
            ));
        }
        if self.has_zeros || mapped(self.address).is_some() {
            warnings.push(format!(
                "non-standard CIDR value \"{text}\" will be considered invalid in a future Kubernetes release: use \
                 \"{canonical}\""
            ));
        }
        if warnings.is_empty() && self.is_v6() && canonical != text {
            warnings.push(format!(
                "IPv6 CIDR value \"{text}\" should be in RFC 5952 canonical format (\"{canonical}\")"
            ));
        }
        warnings
    }

    /// As Go writes it, to whom a mapped address is one of IPv4.
    fn canonical(&self) -> String {
        let first = self.first();
        let bits = if mapped(first).is_some() { self.bits.saturating_sub(96) } else { self.bits };
        format!("{}/{bits}", shown(first))
    }

    fn is_v6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// Whether all of it, and not all of the other, is in the other.
    pub fn is_strictly_within(&self, other: &Cidr) -> bool {
        self.is_v6() == other.is_v6()
            && self.bits > other.bits
            && Cidr { address: self.first(), ..*other }.first() == other.first()
    }

    fn first(&self) -> IpAddr {
        let rest = width(self.address) - self.bits;
        match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
            }
        }
    }
}

/// The address of IPv4 that one of IPv6 stands for.
fn mapped(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => address.to_ipv4_mapped(),
    }
}

fn shown(address: IpAddr) -> String {
    mapped(address).map_or_else(|| address.to_string(), |address| address.to_string())
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

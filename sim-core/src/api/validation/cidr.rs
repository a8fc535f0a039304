//! Ranges of addresses, `10.0.0.0/8`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::format;

/// What is wrong with a text that is no range at all.
pub const NONE: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

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
        let is_mapped = matches!(self.address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
        if self.has_zeros {
            Some("must not have leading 0s in IP or prefix length")
        } else if is_mapped {
            Some("must not have an IPv4-mapped IPv6 address")
        } else if self.address != self.first() {
            Some("must not have bits set beyond the prefix length")
        } else {
            None
        }
    }

    /// Its canonical form.
    pub fn canonical(&self) -> String {
        format!("{}/{}", self.first(), self.bits)
    }

    /// Whether it is a range of IPv6.
    pub fn is_v6(&self) -> bool {
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

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

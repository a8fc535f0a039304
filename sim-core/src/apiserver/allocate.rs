//! What the API server hands out: uids, name suffixes, cluster IPs and node ports.

use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

/// The letters of generated names: no vowels, no digits that look like letters.
const SUFFIX_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Hands out identifiers from one seeded stream.
#[derive(Clone, Debug)]
pub struct Allocator {
    random: ChaCha8Rng,
}

impl Allocator {
    /// An allocator over its own stream.
    pub fn new(random: ChaCha8Rng) -> Allocator {
        Allocator { random }
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

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.random.next_u32() % bound
    }
}

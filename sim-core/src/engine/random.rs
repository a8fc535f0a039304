//! Seeded randomness, split per consumer so that a new consumer shifts nobody else's numbers.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The stream of `consumer` under `seed`.
pub fn stream(seed: u64, consumer: &str) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(xxh3_64_with_seed(consumer.as_bytes(), seed))
}

/// A span of time from which latencies are drawn, in milliseconds, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// The least, in milliseconds.
    pub min_ms: u64,
    /// The most, in milliseconds.
    pub max_ms: u64,
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span::exactly(0);

    /// Always the same time.
    pub const fn exactly(ms: u64) -> Span {
        Span { min_ms: ms, max_ms: ms }
    }

    /// From `min_ms` to `max_ms`.
    pub const fn between(min_ms: u64, max_ms: u64) -> Span {
        Span { min_ms, max_ms }
    }

    /// A time from the span; draws nothing when there is nothing to choose.
    pub fn draw(self, random: &mut ChaCha8Rng) -> Duration {
        let width = self.max_ms.saturating_sub(self.min_ms);
        let offset = if width == 0 { 0 } else { random.next_u64() % (width + 1) };
        Duration::from_millis(self.min_ms + offset)
    }
}

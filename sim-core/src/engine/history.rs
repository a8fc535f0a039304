//! [`HistoryHash`]: a running digest of everything that happened.
//!
//! Two runs with the same hash made the same changes to the same objects at the same times. It is
//! what shows that a journal replays, natively and in the browser.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

use crate::api::meta;
use crate::store::Change;

/// A digest over changes in order.
#[derive(Clone)]
pub struct HistoryHash(Xxh3);

impl Default for HistoryHash {
    fn default() -> Self {
        HistoryHash(Xxh3::new())
    }
}

impl HistoryHash {
    /// Adds a change.
    pub fn add(&mut self, change: &Change) {
        let meta = change.object.meta();
        self.0.update(&change.at.0.to_le_bytes());
        self.0.update(&change.revision.to_le_bytes());
        self.0.update(&[change.change as u8, change.object.kind() as u8]);
        self.0.update(&meta.generation.unwrap_or(0).to_le_bytes());
        for text in [meta::namespace(meta), meta::name(meta), meta::uid(meta)] {
            self.0.update(text.as_bytes());
            self.0.update(&[0]);
        }
    }

    /// The digest so far.
    pub fn digest(&self) -> u64 {
        self.0.digest()
    }
}

impl fmt::Debug for HistoryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HistoryHash({:016x})", self.digest())
    }
}

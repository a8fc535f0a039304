//! [`Recent`]: a memory of what was used lately.

use std::hash::{BuildHasherDefault, Hasher};

use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;

/// A fingerprint is a hash already.
#[derive(Clone, Debug, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "either half of a fingerprint will do")]
    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = fingerprint as u64;
    }
}

/// Nothing ever goes through these in their order.
type ByFingerprint<V> = GenericHashMap<u128, V, BuildHasherDefault<Itself>, DefaultSharedPtr>;

/// Values by fingerprint, in a newer and an older half.
///
/// What is used goes into the newer half. [`Recent::turn`] makes that the older one and forgets what was
/// there: what was not used since the last turn but one. A list of all entries in order of their use would
/// forget more exactly and cost a write to it with each use.
#[derive(Clone, Debug)]
pub(super) struct Recent<V> {
    newer: ByFingerprint<V>,
    older: ByFingerprint<V>,
}

impl<V> Default for Recent<V> {
    fn default() -> Recent<V> {
        Recent { newer: ByFingerprint::default(), older: ByFingerprint::default() }
    }
}

impl<V: Clone> Recent<V> {
    /// How many entries were used since the last turn.
    pub fn newer(&self) -> usize {
        self.newer.len()
    }

    /// The value of `key`, which counts as used.
    pub fn get_mut(&mut self, key: &u128) -> Option<&mut V> {
        if let Some(value) = self.older.remove(key) {
            self.newer.insert(*key, value);
        }
        self.newer.get_mut(key)
    }

    /// The value of `key`, which counts as used; `make` makes it when there is none.
    pub fn get_or_insert_with(&mut self, key: u128, make: impl FnOnce() -> V) -> &mut V {
        let known = self.older.remove(&key);
        self.newer.entry(key).or_insert_with(|| known.unwrap_or_else(make))
    }

    /// Keeps `value` as used.
    pub fn insert(&mut self, key: u128, value: V) {
        self.older.remove(&key);
        self.newer.insert(key, value);
    }

    /// Begins a new half and forgets the older one.
    pub fn turn(&mut self) {
        self.older = std::mem::take(&mut self.newer);
    }
}

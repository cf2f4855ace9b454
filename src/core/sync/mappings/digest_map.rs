//! Maps by digests. The digests come from a keyed hash, so hashing them again would not spread them better.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by keyed 64-bit digests, which are their own hash.
pub type DigestMap<K, V> = HashMap<K, V, BuildHasherDefault<Digests>>;

/// Uses a digest as its own hash.
#[derive(Default)]
pub struct Digests(u64);

impl Hasher for Digests {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}

//! Maps by digests. They come from a keyed hash already: hashed once more, they would be no better spread.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// By something that is a keyed 64-bit digest, and is hashed as that.
pub type DigestMap<K, V> = HashMap<K, V, BuildHasherDefault<Digests>>;

/// Takes a digest for its own hash.
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

//! The last known names of person rows. A name given as one text is split by a guess, so a row with the same name keeps
//! its own parts. Whether it has the same name must be known before the write.

use std::num::NonZeroU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::cache::is_fresh;

/// How many are remembered. A person who is not remembered costs a second request when the name changes.
const CAPACITY: usize = 50_000;

/// Digests of names, by external id.
pub struct SeenNames(Mutex<LruCache<String, Seen>>);

struct Seen {
    digest: NonZeroU64,
    at_ms: u64,
}

impl Default for SeenNames {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl SeenNames {
    fn lock(&self) -> MutexGuard<'_, LruCache<String, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the name of the person's row.
    pub fn note(&self, external_id: &str, digest: NonZeroU64, at_ms: u64) {
        let mut names = self.lock();
        names.put(external_id.to_owned(), Seen { digest, at_ms });
        while names.len() > CAPACITY {
            names.pop_lru();
        }
    }

    /// Whether the person's row had another name, seen at most `ttl_ms` ago.
    pub fn holds_other(
        &self,
        external_id: &str,
        digest: NonZeroU64,
        ttl_ms: u64,
        now_ms: u64,
    ) -> bool {
        self.lock()
            .get(external_id)
            .is_some_and(|seen| seen.digest != digest && is_fresh(seen.at_ms, ttl_ms, now_ms))
    }

    /// Somebody else changed the row.
    pub fn forget(&self, external_id: &str) {
        self.lock().pop(external_id);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_recently_seen_names_count_as_different() {
        let names = SeenNames::default();
        let digest = |number| NonZeroU64::new(number).expect("not zero");
        assert!(!names.holds_other("a", digest(1), 10, 0));
        names.note("a", digest(1), 0);
        assert!(!names.holds_other("a", digest(1), 10, 0));
        assert!(names.holds_other("a", digest(2), 10, 9));
        assert!(!names.holds_other("a", digest(2), 10, 10));
        names.forget("a");
        assert!(!names.holds_other("a", digest(2), 10, 0));
        for number in 0..=CAPACITY {
            names.note(&number.to_string(), digest(1), 0);
        }
        assert_eq!(names.lock().len(), CAPACITY);
    }
}

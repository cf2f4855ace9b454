//! The process's memory of which CRM id belongs to which external id: bounded, read with a time to live.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use uuid::Uuid;

use crate::core::twenty::ids::ObjectKind;

/// How many mappings one workspace remembers; the least recently used go first. An entry takes about 200 bytes beside its
/// external id.
pub const CACHE_CAPACITY: usize = 200_000;

/// One remembered mapping, as `cacheEntries()` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// What it is.
    pub kind: ObjectKind,
    /// The caller's external id.
    pub external_id: String,
    /// The record's id in the CRM.
    pub crm_id: String,
    /// When it was learnt, in milliseconds since the epoch.
    pub cached_at_ms: u64,
}

type Key = (ObjectKind, String);

/// Kept small: there may be many.
struct Known {
    crm_id: Uuid,
    cached_at_ms: u64,
    /// Hash of what was written last; that was when the entry was made.
    hash: Option<u128>,
    /// Digest of an input that is known to say exactly that, without a warning.
    input: Option<NonZeroU64>,
}

/// What the cache knows of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The record's id in the CRM.
    pub crm_id: String,
    /// Hash of what was written last, where all of it was written.
    pub hash: Option<String>,
    /// When that was, in milliseconds since the epoch.
    pub written_at_ms: u64,
}

/// Shared by all services of one workspace and namespace; the time to live is each service's own and applies at read.
pub struct IdCache {
    entries: Mutex<LruCache<Key, Known>>,
    capacity: NonZeroUsize,
    /// Keyed anew in each process: nobody can choose two inputs of one digest.
    digests: RandomState,
}

impl IdCache {
    /// An empty cache for at most `capacity` mappings.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self {
            // `unbounded` does not reserve the whole table beforehand; `insert` keeps the bound.
            entries: Mutex::new(LruCache::unbounded()),
            capacity,
            digests: RandomState::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Key, Known>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The CRM id learnt for `external_id`, unless it is older than `ttl_ms`.
    pub fn get(
        &self,
        kind: ObjectKind,
        external_id: &str,
        ttl_ms: u64,
        now_ms: u64,
    ) -> Option<String> {
        let key = (kind, external_id.to_owned());
        let mut entries = self.lock();
        let known = entries.get(&key)?;
        if now_ms.saturating_sub(known.cached_at_ms) >= ttl_ms {
            return None;
        }
        Some(known.crm_id.to_string())
    }

    /// As `get`, with the hash of what was written last. The hash has an expiry of its own: it is given back however old
    /// the id is.
    pub fn recall(&self, kind: ObjectKind, external_id: &str) -> Option<(Remembered, u64)> {
        let key = (kind, external_id.to_owned());
        let mut entries = self.lock();
        let known = entries.get(&key)?;
        let remembered = Remembered {
            crm_id: known.crm_id.to_string(),
            hash: known.hash.map(|hash| format!("{hash:032x}")),
            written_at_ms: known.cached_at_ms,
        };
        Some((remembered, known.cached_at_ms))
    }

    /// Remembers a mapping as of `now_ms`; what is known of its content is forgotten.
    pub fn insert(&self, kind: ObjectKind, external_id: &str, crm_id: &str, now_ms: u64) {
        self.insert_written(kind, external_id, crm_id, None, now_ms);
    }

    /// Remembers a mapping and the hash of what was written, as of `now_ms`.
    pub fn insert_written(
        &self,
        kind: ObjectKind,
        external_id: &str,
        crm_id: &str,
        hash: Option<&str>,
        now_ms: u64,
    ) {
        // What is no UUID is no row's id (WIRE.md section 3), and nothing to remember.
        let Ok(crm_id) = Uuid::parse_str(crm_id) else {
            return;
        };
        let mut entries = self.lock();
        entries.put(
            (kind, external_id.to_owned()),
            Known {
                crm_id,
                cached_at_ms: now_ms,
                hash: hash.and_then(hash_of_hex),
                input: None,
            },
        );
        while entries.len() > self.capacity.get() {
            entries.pop_lru();
        }
    }

    /// Digest of an input with all that its mapping depends on.
    pub fn digest(&self, input: impl Hash) -> NonZeroU64 {
        NonZeroU64::new(self.digests.hash_one(input)).unwrap_or(NonZeroU64::MIN)
    }

    /// Notes that an input says exactly what was written last, if `hash` is still that.
    pub fn note_input(&self, kind: ObjectKind, external_id: &str, hash: &str, input: NonZeroU64) {
        let key = (kind, external_id.to_owned());
        if let Some(known) = self.lock().peek_mut(&key)
            && known.hash.is_some()
            && known.hash == hash_of_hex(hash)
        {
            known.input = Some(input);
        }
    }

    /// When the record was written, in milliseconds since the epoch, if `input` is noted to say what was written last:
    /// then it need not be mapped to know that nothing has changed.
    pub fn recall_input(
        &self,
        kind: ObjectKind,
        external_id: &str,
        input: NonZeroU64,
    ) -> Option<u64> {
        let key = (kind, external_id.to_owned());
        let mut entries = self.lock();
        let known = entries.get(&key)?;
        (known.input == Some(input)).then_some(known.cached_at_ms)
    }

    /// Forgets a mapping that turned out wrong.
    pub fn remove(&self, kind: ObjectKind, external_id: &str) {
        self.lock().pop(&(kind, external_id.to_owned()));
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// All mappings younger than `ttl_ms`, most recently used first.
    pub fn entries(&self, ttl_ms: u64, now_ms: u64) -> Vec<CacheEntry> {
        self.lock()
            .iter()
            .filter(|(_, known)| now_ms.saturating_sub(known.cached_at_ms) < ttl_ms)
            .map(|((kind, external_id), known)| CacheEntry {
                kind: *kind,
                external_id: external_id.clone(),
                crm_id: known.crm_id.to_string(),
                cached_at_ms: known.cached_at_ms,
            })
            .collect()
    }
}

fn hash_of_hex(hash: &str) -> Option<u128> {
    u128::from_str_radix(hash, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "20202020-0000-4000-8000-000000000001";

    fn cache(capacity: usize) -> IdCache {
        IdCache::new(NonZeroUsize::new(capacity).expect("a positive capacity"))
    }

    #[test]
    fn an_entry_lives_for_its_readers_time_to_live() {
        let cache = cache(10);
        cache.insert(ObjectKind::Person, "a", A, 1_000);
        assert_eq!(
            cache.get(ObjectKind::Person, "a", 500, 1_499).as_deref(),
            Some(A)
        );
        assert_eq!(cache.get(ObjectKind::Person, "a", 500, 1_500), None);
        assert_eq!(
            cache.get(ObjectKind::Person, "a", 5_000, 1_500).as_deref(),
            Some(A)
        );
        assert_eq!(cache.get(ObjectKind::Person, "a", 0, 1_000), None);
    }

    #[test]
    fn an_input_is_known_until_something_else_is_written() {
        let cache = cache(10);
        let (kind, hash) = (ObjectKind::Person, "0f");
        let input = cache.digest("text");
        cache.note_input(kind, "a", hash, input);
        assert_eq!(cache.recall_input(kind, "a", input), None);
        cache.insert_written(kind, "a", A, Some(hash), 7);
        cache.note_input(kind, "a", "0e", input);
        assert_eq!(cache.recall_input(kind, "a", input), None);
        cache.note_input(kind, "a", hash, input);
        assert_eq!(cache.recall_input(kind, "a", input), Some(7));
        assert_eq!(cache.recall_input(kind, "a", cache.digest("other")), None);
        cache.insert_written(kind, "a", A, Some(hash), 8);
        assert_eq!(cache.recall_input(kind, "a", input), None);
    }

    #[test]
    fn people_and_companies_do_not_share_ids() {
        let cache = cache(10);
        cache.insert(ObjectKind::Person, "a", A, 0);
        assert_eq!(cache.get(ObjectKind::Company, "a", 10, 0), None);
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = cache(2);
        cache.insert(ObjectKind::Person, "a", A, 0);
        cache.insert(ObjectKind::Person, "b", A, 0);
        cache.get(ObjectKind::Person, "a", 10, 0);
        cache.insert(ObjectKind::Person, "c", A, 0);
        assert!(cache.get(ObjectKind::Person, "a", 10, 0).is_some());
        assert!(cache.get(ObjectKind::Person, "b", 10, 0).is_none());
        assert_eq!(cache.entries(10, 0).len(), 2);
    }

    #[test]
    fn a_hash_outlives_the_time_to_live_of_the_id() {
        let cache = cache(2);
        let hash = "00f1e2d3c4b5a697887766554433221f";
        cache.insert_written(ObjectKind::Person, "a", A, Some(hash), 7);
        let (known, cached_at_ms) = cache.recall(ObjectKind::Person, "a").expect("remembered");
        assert_eq!(known.hash.as_deref(), Some(hash));
        assert_eq!((known.written_at_ms, cached_at_ms), (7, 7));
        cache.insert(ObjectKind::Person, "a", A, 8);
        let (known, _) = cache.recall(ObjectKind::Person, "a").expect("remembered");
        assert_eq!(known.hash, None);
    }

    #[test]
    fn what_is_no_uuid_is_not_remembered() {
        let cache = cache(2);
        cache.insert(ObjectKind::Person, "a", "42", 0);
        assert_eq!(cache.get(ObjectKind::Person, "a", 10, 0), None);
    }
}

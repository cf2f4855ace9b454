//! The process's memory of which CRM id belongs to which external id: bounded, read with a time to live.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::core::twenty::ids::ObjectKind;

/// How many mappings one workspace remembers; the least recently used go first. An entry takes about 200 bytes.
pub const CACHE_CAPACITY: usize = 100_000;

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

struct Known {
    crm_id: String,
    cached_at_ms: u64,
    /// Hash of what was written last, and when that was.
    written: Option<(Box<str>, u64)>,
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
}

impl IdCache {
    /// An empty cache for at most `capacity` mappings.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self {
            // `unbounded` does not reserve the whole table beforehand; `insert` keeps the bound.
            entries: Mutex::new(LruCache::unbounded()),
            capacity,
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
        Some(known.crm_id.clone())
    }

    /// As `get`, with the hash of what was written last. The hash has an expiry of its own: it is given back however old
    /// the id is.
    pub fn recall(&self, kind: ObjectKind, external_id: &str) -> Option<(Remembered, u64)> {
        let key = (kind, external_id.to_owned());
        let mut entries = self.lock();
        let known = entries.get(&key)?;
        let remembered = Remembered {
            crm_id: known.crm_id.clone(),
            hash: known.written.as_ref().map(|(hash, _)| hash.to_string()),
            written_at_ms: known.written.as_ref().map_or(0, |(_, at)| *at),
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
        let mut entries = self.lock();
        entries.put(
            (kind, external_id.to_owned()),
            Known {
                crm_id: crm_id.to_owned(),
                cached_at_ms: now_ms,
                written: hash.map(|hash| (hash.into(), now_ms)),
            },
        );
        while entries.len() > self.capacity.get() {
            entries.pop_lru();
        }
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
                crm_id: known.crm_id.clone(),
                cached_at_ms: known.cached_at_ms,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(capacity: usize) -> IdCache {
        IdCache::new(NonZeroUsize::new(capacity).expect("a positive capacity"))
    }

    #[test]
    fn an_entry_lives_for_its_readers_time_to_live() {
        let cache = cache(10);
        cache.insert(ObjectKind::Person, "a", "crm-a", 1_000);
        assert_eq!(
            cache.get(ObjectKind::Person, "a", 500, 1_499).as_deref(),
            Some("crm-a")
        );
        assert_eq!(cache.get(ObjectKind::Person, "a", 500, 1_500), None);
        assert_eq!(
            cache.get(ObjectKind::Person, "a", 5_000, 1_500).as_deref(),
            Some("crm-a")
        );
        assert_eq!(cache.get(ObjectKind::Person, "a", 0, 1_000), None);
    }

    #[test]
    fn people_and_companies_do_not_share_ids() {
        let cache = cache(10);
        cache.insert(ObjectKind::Person, "a", "crm-p", 0);
        assert_eq!(cache.get(ObjectKind::Company, "a", 10, 0), None);
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = cache(2);
        cache.insert(ObjectKind::Person, "a", "1", 0);
        cache.insert(ObjectKind::Person, "b", "2", 0);
        cache.get(ObjectKind::Person, "a", 10, 0);
        cache.insert(ObjectKind::Person, "c", "3", 0);
        assert!(cache.get(ObjectKind::Person, "a", 10, 0).is_some());
        assert!(cache.get(ObjectKind::Person, "b", 10, 0).is_none());
        assert_eq!(cache.entries(10, 0).len(), 2);
    }
}

//! The cache of CRM ids by external id: bounded, with a TTL that is applied when reading.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::digest_map::DigestMap;
use super::entry::{ContentHash, Entry};
use super::who::Who;
use crate::core::twenty::ids::{CrmId, ObjectKind};

/// Capacity per workspace; the least recently used mappings are dropped first. An entry takes about 250 bytes plus its
/// external id.
pub const CACHE_CAPACITY: usize = 200_000;

/// How many entries are spared at eviction because their inputs were met recently. If all were, one is dropped anyway:
/// an insert must not scan the whole cache.
const MAX_SECOND_CHANCES: usize = 64;

/// Whether something learnt at `at_ms` may be used at `now_ms`. A timestamp further ahead than the TTL means that the
/// clock was set back: treat it as stale. A timestamp slightly ahead comes from another machine's clock, or from our
/// own stores, which never return the same time twice.
pub(in crate::core::sync) fn is_fresh(at_ms: u64, ttl_ms: u64, now_ms: u64) -> bool {
    now_ms.abs_diff(at_ms) < ttl_ms
}

type Key = (ObjectKind, String);

/// Kept small, because there may be many.
struct Known {
    crm_id: CrmId,
    cached_at_ms: u64,
    /// Hash of the last write; the entry was made at that time.
    hash: Option<ContentHash>,
    /// Digest of an input that is known to equal that write, without warnings.
    input: Option<NonZeroU64>,
    /// The row's `updatedAt` after that, in milliseconds since the epoch; 0 if unknown.
    version: u64,
}

impl Known {
    fn entry(&self, kind: ObjectKind, external_id: String) -> Entry {
        Entry {
            hash: self.hash,
            version: Some(self.version).filter(|version| *version > 0),
            ..Entry::answered(kind, external_id, self.crm_id, self.cached_at_ms)
        }
    }
}

/// Shared by all services of one workspace and namespace. Each service applies its own TTL when it reads.
pub struct MappingCache {
    entries: Mutex<Entries>,
    capacity: NonZeroUsize,
    /// Each process has another hash key, so nobody can construct inputs that collide.
    digests: RandomState,
}

struct Noted {
    /// When the entry was made, in milliseconds since the epoch.
    cached_at_ms: u64,
    /// The record's name and address, as digests.
    who: Who,
    /// Whether the input was met since. The LRU order does not show this use.
    was_met: bool,
}

struct Entries {
    known: LruCache<Key, Known>,
    /// What is known of the entry whose input this is. It is in one place in memory, while the entry is spread over
    /// five: reading those would cost more than the rest of the work for an unchanged record.
    inputs: DigestMap<NonZeroU64, Noted>,
    /// The reverse index. It is built on first use: only webhooks need it, and it takes as much memory as the rest.
    by_crm_id: Option<HashMap<(ObjectKind, CrmId), String>>,
}

impl Entries {
    fn put(&mut self, key: Key, known: Known) {
        self.unlink(&key);
        if let Some(back) = &mut self.by_crm_id {
            back.insert((key.0, known.crm_id), key.1.clone());
        }
        let before = self.known.put(key, known);
        self.forget_input(before);
    }

    fn pop(&mut self, key: &Key) {
        self.unlink(key);
        let known = self.known.pop(key);
        self.forget_input(known);
    }

    fn pop_lru(&mut self) {
        for chances_left in (0..MAX_SECOND_CHANCES).rev() {
            let Some((key, known)) = self.known.pop_lru() else {
                return;
            };
            let noted = known.input.and_then(|input| self.inputs.get_mut(&input));
            match noted {
                Some(noted) if noted.was_met && chances_left > 0 => {
                    noted.was_met = false;
                    self.known.put(key, known);
                }
                _ => {
                    self.unlink_from(&key, known.crm_id);
                    return self.forget_input(Some(known));
                }
            }
        }
    }

    fn forget_input(&mut self, known: Option<Known>) {
        if let Some(input) = known.and_then(|known| known.input) {
            self.inputs.remove(&input);
        }
    }

    fn unlink(&mut self, key: &Key) {
        if self.by_crm_id.is_some()
            && let Some(crm_id) = self.known.peek(key).map(|known| known.crm_id)
        {
            self.unlink_from(key, crm_id);
        }
    }

    fn unlink_from(&mut self, key: &Key, crm_id: CrmId) {
        if let Some(back) = &mut self.by_crm_id
            && back.get(&(key.0, crm_id)) == Some(&key.1)
        {
            back.remove(&(key.0, crm_id));
        }
    }
}

impl MappingCache {
    /// An empty cache for at most `capacity` mappings.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self {
            // `unbounded` does not reserve the whole table in advance; `insert` enforces the capacity.
            entries: Mutex::new(Entries {
                known: LruCache::unbounded(),
                inputs: DigestMap::default(),
                by_crm_id: None,
            }),
            capacity,
            digests: RandomState::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of `external_id`, unless it is older than `ttl_ms`.
    pub fn get(
        &self,
        kind: ObjectKind,
        external_id: &str,
        ttl_ms: u64,
        now_ms: u64,
    ) -> Option<Entry> {
        let entry = self.recall(kind, external_id)?;
        is_fresh(entry.written_at_ms, ttl_ms, now_ms).then_some(entry)
    }

    /// Like `get`, but of any age: the hash has its own TTL.
    pub fn recall(&self, kind: ObjectKind, external_id: &str) -> Option<Entry> {
        let key = (kind, external_id.to_owned());
        let mut entries = self.lock();
        let known = entries.known.get(&key)?;
        Some(known.entry(kind, external_id.to_owned()))
    }

    /// The external id that is remembered for a row, of any age.
    pub fn find_by_crm_id(&self, kind: ObjectKind, crm_id: CrmId) -> Option<String> {
        let mut entries = self.lock();
        let Entries {
            known, by_crm_id, ..
        } = &mut *entries;
        by_crm_id
            .get_or_insert_with(|| {
                // The most recently used come first, and must win.
                known
                    .iter()
                    .rev()
                    .map(|(key, known)| ((key.0, known.crm_id), key.1.clone()))
                    .collect()
            })
            .get(&(kind, crm_id))
            .cloned()
    }

    /// Stores a mapping, and replaces what was known of its record.
    pub fn insert(&self, entry: Entry) {
        let mut entries = self.lock();
        let known = Known {
            crm_id: entry.crm_id,
            cached_at_ms: entry.written_at_ms,
            hash: entry.hash,
            input: None,
            version: entry.version.unwrap_or(0),
        };
        entries.put((entry.kind, entry.external_id), known);
        while entries.known.len() > self.capacity.get() {
            entries.pop_lru();
        }
    }

    /// Digest of an input and everything that its mapping depends on.
    pub fn digest(&self, input: impl Hash) -> NonZeroU64 {
        NonZeroU64::new(self.digests.hash_one(input)).unwrap_or(NonZeroU64::MIN)
    }

    /// Notes that an input equals the last write, if `hash` is still the hash of that write. The digest must include
    /// the kind and the external id.
    pub fn note_input(
        &self,
        kind: ObjectKind,
        external_id: &str,
        hash: ContentHash,
        input: NonZeroU64,
        who: Who,
    ) {
        let key = (kind, external_id.to_owned());
        let mut entries = self.lock();
        let Entries { known, inputs, .. } = &mut *entries;
        if let Some(known) = known.peek_mut(&key)
            && known.hash == Some(hash)
        {
            if let Some(before) = known.input.replace(input) {
                inputs.remove(&before);
            }
            let noted = Noted {
                cached_at_ms: known.cached_at_ms,
                who,
                was_met: false,
            };
            inputs.insert(input, noted);
        }
    }

    /// For each input that is noted as equal to the last write: when the record was written, in milliseconds since the
    /// epoch, and its name and address. Such an input need not be mapped.
    pub fn recall_inputs(
        &self,
        inputs: impl Iterator<Item = NonZeroU64>,
    ) -> Vec<Option<(u64, Who)>> {
        let mut entries = self.lock();
        let recall = |input| {
            let noted = entries.inputs.get_mut(&input)?;
            noted.was_met = true;
            Some((noted.cached_at_ms, noted.who))
        };
        inputs.map(recall).collect()
    }

    /// Forgets the hash of the last write, unless it is as new as `version` or newer.
    pub fn forget_hash(&self, kind: ObjectKind, external_id: &str, version: u64) {
        let mut entries = self.lock();
        let Entries { known, inputs, .. } = &mut *entries;
        if let Some(known) = known.peek_mut(&(kind, external_id.to_owned()))
            && (known.version == 0 || known.version < version)
        {
            known.hash = None;
            known.version = version;
            if let Some(input) = known.input.take() {
                inputs.remove(&input);
            }
        }
    }

    /// Undoes the version that `forget_hash` noted, so that the same event, if it comes again, is applied again.
    pub fn forget_version(&self, kind: ObjectKind, external_id: &str, version: u64) {
        let mut entries = self.lock();
        if let Some(known) = entries.known.peek_mut(&(kind, external_id.to_owned()))
            && known.hash.is_none()
            && known.version == version
        {
            known.version = 0;
        }
    }

    /// Removes a mapping that turned out to be wrong.
    pub fn remove(&self, kind: ObjectKind, external_id: &str) {
        self.lock().pop(&(kind, external_id.to_owned()));
    }

    /// Removes everything.
    pub fn clear(&self) {
        let mut entries = self.lock();
        entries.known.clear();
        entries.inputs.clear();
        entries.by_crm_id = None;
    }

    /// All mappings younger than `ttl_ms`, most recently used first.
    pub fn entries(&self, ttl_ms: u64, now_ms: u64) -> Vec<Entry> {
        self.lock()
            .known
            .iter()
            .filter(|(_, known)| is_fresh(known.cached_at_ms, ttl_ms, now_ms))
            .map(|((kind, external_id), known)| known.entry(*kind, external_id.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests;

//! What a service remembers of records, in its cache and in the mapping store: their rows, and their last writes.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::SyncContext;
use crate::core::store::MappingWrite;
use crate::core::sync::mappings::cache::is_fresh;
use crate::core::sync::mappings::entry::{ContentHash, Entry};
use crate::core::sync::mappings::stored_version::{entry_of, write_of};
use crate::core::sync::requests::{Row, id_of, version_of};
use crate::core::twenty::ids::{CrmId, ObjectKind, record_id};

impl SyncContext {
    fn count_recalls(&self, hits: usize, misses: usize, store_hits: usize) {
        self.http.count(|metrics| {
            metrics.cache_hits.add(hits as u64);
            metrics.cache_misses.add(misses as u64);
            metrics.store_hits.add(store_hits as u64);
        });
    }

    /// Whether a write at `written_at_ms` is recent enough for its hash to be trusted.
    pub(in crate::core::sync) fn is_hash_fresh(&self, written_at_ms: u64) -> bool {
        is_fresh(written_at_ms, self.options.hash_ttl_ms, self.now_ms())
    }

    /// Whether the cache is used without asking the store, which other processes may have updated.
    pub(in crate::core::sync) fn knows_best(&self, written_at_ms: u64) -> bool {
        self.store.is_none() || is_fresh(written_at_ms, self.options.cache_ttl_ms, self.now_ms())
    }

    /// What the cache, and otherwise the store, know of many records. `Err` is a failure of the store.
    pub(in crate::core::sync) async fn recall_many(
        &self,
        kind: ObjectKind,
        external_ids: &[String],
    ) -> Result<HashMap<String, Entry>, String> {
        let now_ms = self.now_ms();
        let mut known = HashMap::with_capacity(external_ids.len());
        let mut unknown = Vec::new();
        for external_id in external_ids {
            let entry = self.scope.cache.recall(kind, external_id);
            let is_fresh =
                |entry: &Entry| is_fresh(entry.written_at_ms, self.options.cache_ttl_ms, now_ms);
            match entry {
                Some(entry) if is_fresh(&entry) => {
                    known.insert(external_id.clone(), entry);
                }
                // Other processes share the store, so it may be newer.
                Some(entry) if entry.hash.is_some() => {
                    known.insert(external_id.clone(), entry);
                    unknown.push(external_id.clone());
                }
                _ => unknown.push(external_id.clone()),
            }
        }
        let hits = external_ids.len().saturating_sub(unknown.len());
        self.count_recalls(hits, unknown.len(), 0);
        if let Some(store) = self.store.as_ref().filter(|_| !unknown.is_empty()) {
            let found = store.find_many(&unknown, kind).await?;
            let mut gone: HashSet<String> = unknown.into_iter().collect();
            for found in found {
                gone.remove(&found.mapping.ever_id);
                let Some(stored) = entry_of(found) else {
                    continue;
                };
                match known.get(&stored.external_id) {
                    // A store with its own hashes cannot tell whether ours is still right.
                    Some(own)
                        if own.crm_id == stored.crm_id
                            && (stored.is_id_only() || own.version > stored.version) => {}
                    _ => drop(known.insert(stored.external_id.clone(), stored)),
                }
            }
            known.retain(|external_id, _| !gone.contains(external_id));
            self.count_recalls(0, 0, known.len().saturating_sub(hits));
        }
        Ok(known)
    }

    /// The entry that an answer of the server implies: the record's row and its content. `None` if the row has no id,
    /// which does not happen with Twenty. `hash` is the hash of the write, if all of it was written.
    pub(in crate::core::sync) fn entry_of_row(
        &self,
        kind: ObjectKind,
        external_id: &str,
        hash: Option<ContentHash>,
        row: &Row,
    ) -> Option<Entry> {
        let crm_id = CrmId::parse(id_of(row))?;
        Some(Entry {
            hash,
            version: version_of(row),
            ..Entry::answered(kind, external_id, crm_id, self.now_ms())
        })
    }

    /// Remembers writes, each with its fields, in the cache and in the store. `Err` is a failure of the store.
    pub(in crate::core::sync) async fn remember_many(
        &self,
        written: &[(Entry, &Map<String, Value>)],
    ) -> Result<(), String> {
        for (entry, _) in written {
            self.scope.cache.insert(entry.clone());
        }
        let Some(store) = self.store.as_ref().filter(|_| !written.is_empty()) else {
            return Ok(());
        };
        let writes: Vec<MappingWrite> = written
            .iter()
            .map(|(entry, fields)| write_of(entry, json!(fields).to_string()))
            .collect();
        store.upsert_many(&writes).await
    }

    /// What is known of `external_id`, from the cache or else from the store. `Err` is a failure of the store.
    pub(in crate::core::sync) async fn recall(
        &self,
        kind: ObjectKind,
        external_id: &str,
    ) -> Result<Option<Entry>, String> {
        let ttl_ms = self.options.cache_ttl_ms;
        let known = self
            .scope
            .cache
            .get(kind, external_id, ttl_ms, self.now_ms());
        let hits = usize::from(known.is_some());
        self.count_recalls(hits, 1 - hits, 0);
        match (known, &self.store) {
            (Some(entry), _) => Ok(Some(entry)),
            (None, None) => Ok(None),
            (None, Some(store)) => {
                let found = store.find_by_ever_id(external_id, kind).await?;
                self.count_recalls(0, 0, usize::from(found.is_some()));
                let crm_id = found.and_then(|id| CrmId::parse(&id));
                Ok(crm_id.map(|crm_id| Entry {
                    is_answered: false,
                    ..Entry::answered(kind, external_id, crm_id, 0)
                }))
            }
        }
    }

    /// Whether the row may be written without a look-up: an answer of the server named it, or its id is derived from
    /// the external id. An id that only a store knows may be that of another record's row.
    pub(in crate::core::sync) fn is_proven(&self, known: &Entry) -> bool {
        let computed = || {
            let namespace = self.options.namespace.as_deref();
            CrmId::from(record_id(known.kind, namespace, &known.external_id))
        };
        known.is_answered || known.crm_id == computed()
    }

    /// An answer of the server shows which row the record has. An id that is not a UUID is not remembered.
    pub(in crate::core::sync) fn learn(&self, kind: ObjectKind, external_id: &str, crm_id: &str) {
        if let Some(crm_id) = CrmId::parse(crm_id) {
            let entry = Entry::answered(kind, external_id, crm_id, self.now_ms());
            self.scope.cache.insert(entry);
        }
    }

    /// Forgets a mapping that the server has shown to be wrong. `Err` is a failure of the store.
    pub(in crate::core::sync) async fn forget(
        &self,
        kind: ObjectKind,
        external_id: &str,
    ) -> Result<(), String> {
        self.scope.cache.remove(kind, external_id);
        match &self.store {
            None => Ok(()),
            Some(store) => store.delete_mapping(external_id, kind).await,
        }
    }
}

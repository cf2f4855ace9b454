//! What a service remembers of records, in its own memory and in the mapping store: which row they are, and what was
//! written last.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cache::{Remembered, Written, is_fresh};
use super::content_hash::content_hash;
use super::stored_version::{is_foreign, remembered_of, version_text};
use crate::core::store::{Mapping, MappingWrite};
use crate::core::sync::context::SyncContext;
use crate::core::sync::record::input::Input;
use crate::core::sync::requests::{Record, text_of, version_of};
use crate::core::twenty::ids::{ObjectKind, caller_external_id, record_id};
use crate::core::twenty::record::MappedRecord;
use crate::core::twenty::schema::WorkspaceSchema;

/// What a write has told.
pub(in crate::core::sync) struct Learnt<'a> {
    pub external_id: String,
    pub crm_id: String,
    /// Where all that was asked for is written.
    pub hash: Option<String>,
    /// The row after the write.
    pub row: &'a Record,
    pub fields: &'a Map<String, Value>,
}

/// An id that is remembered.
pub(in crate::core::sync) struct Recalled {
    pub id: String,
    /// Whether a write may go to it before it has been seen: an answer of the server told it, or it is the one that is
    /// computed from the external id. What only a store says may lead to another record's row.
    pub is_proven: bool,
}

impl SyncContext {
    fn count_recalls(&self, hits: usize, misses: usize, store_hits: usize) {
        self.http.count(|metrics| {
            metrics.cache_hits.add(hits as u64);
            metrics.cache_misses.add(misses as u64);
            metrics.store_hits.add(store_hits as u64);
        });
    }

    /// The hash of what a write of `record` would say.
    pub(in crate::core::sync) fn hash_of(
        &self,
        input: &Input,
        record: &MappedRecord,
        schema: &WorkspaceSchema,
    ) -> String {
        content_hash(input, record, schema)
    }

    /// Whether what was written last is what would be written now, and is fresh enough to be believed.
    pub(in crate::core::sync) fn is_unchanged(&self, known: &Remembered, hash: &str) -> bool {
        known.hash.as_deref() == Some(hash) && self.is_hash_fresh(known.written_at_ms)
    }

    /// Whether what was written at `written_at_ms` is fresh enough to be believed.
    pub(in crate::core::sync) fn is_hash_fresh(&self, written_at_ms: u64) -> bool {
        is_fresh(written_at_ms, self.options.hash_ttl_ms, self.now_ms())
    }

    /// Whether memory counts without a look into the store, which other processes may have told of later.
    pub(in crate::core::sync) fn knows_best(&self, written_at_ms: u64) -> bool {
        self.store.is_none() || is_fresh(written_at_ms, self.options.cache_ttl_ms, self.now_ms())
    }

    /// What memory, and for the rest the store, know of many records. `Err` is a store's failure.
    pub(in crate::core::sync) async fn recall_many(
        &self,
        kind: ObjectKind,
        external_ids: &[String],
    ) -> Result<HashMap<String, Remembered>, String> {
        let now_ms = self.now_ms();
        let mut known = HashMap::with_capacity(external_ids.len());
        let mut unknown = Vec::new();
        for external_id in external_ids {
            let remembered = self.scope.cache.recall(kind, external_id);
            let is_fresh = |cached_at_ms| is_fresh(cached_at_ms, self.options.cache_ttl_ms, now_ms);
            match remembered {
                Some((remembered, cached_at_ms)) if is_fresh(cached_at_ms) => {
                    known.insert(external_id.clone(), remembered);
                }
                // A store may know of later: other processes share it.
                Some((remembered, _)) if remembered.hash.is_some() => {
                    known.insert(external_id.clone(), remembered);
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
                // What is no UUID cannot be a row's id, and would spoil the whole look-up.
                if Uuid::parse_str(&found.mapping.crm_id).is_err() {
                    continue;
                }
                let (external_id, stored) = remembered_of(found);
                match known.get(&external_id) {
                    // A store that makes hashes of its own cannot tell whether ours is still right.
                    Some(own)
                        if own.crm_id == stored.crm_id
                            && (is_foreign(&stored) || own.version > stored.version) => {}
                    _ => drop(known.insert(external_id, stored)),
                }
            }
            known.retain(|external_id, _| !gone.contains(external_id));
            self.count_recalls(0, 0, known.len().saturating_sub(hits));
        }
        Ok(known)
    }

    /// Remembers what was written, in memory and in the store. `Err` is a store's failure.
    pub(in crate::core::sync) async fn remember_many(
        &self,
        kind: ObjectKind,
        learnt: &[Learnt<'_>],
    ) -> Result<(), String> {
        let now_ms = self.now_ms();
        for learnt in learnt {
            let written = Written {
                external_id: &learnt.external_id,
                crm_id: &learnt.crm_id,
                hash: learnt.hash.as_deref(),
                version: version_of(learnt.row),
            };
            self.scope.cache.insert_written(kind, written, now_ms);
        }
        let Some(store) = self.store.as_ref().filter(|_| !learnt.is_empty()) else {
            return Ok(());
        };
        let writes: Vec<MappingWrite> = learnt
            .iter()
            .map(|learnt| MappingWrite {
                mapping: Mapping {
                    ever_id: learnt.external_id.clone(),
                    crm_id: learnt.crm_id.clone(),
                    kind,
                },
                version_hash: Some(version_text(learnt.hash.as_deref(), version_of(learnt.row))),
                data: Some(json!(learnt.fields).to_string()),
            })
            .collect();
        store.upsert_many(&writes).await
    }

    /// The CRM id of `external_id`, from memory or else from the store. `Err` is a store's failure.
    pub(in crate::core::sync) async fn recall(
        &self,
        kind: ObjectKind,
        external_id: &str,
    ) -> Result<Option<Recalled>, String> {
        let ttl_ms = self.options.cache_ttl_ms;
        let remembered = self
            .scope
            .cache
            .get(kind, external_id, ttl_ms, self.now_ms());
        let hits = usize::from(remembered.is_some());
        self.count_recalls(hits, 1 - hits, 0);
        match (remembered, &self.store) {
            (Some(id), _) => Ok(Some(Recalled {
                id,
                is_proven: true,
            })),
            (None, None) => Ok(None),
            (None, Some(store)) => {
                let found = store.find_by_ever_id(external_id, kind).await?;
                self.count_recalls(0, 0, usize::from(found.is_some()));
                Ok(found.map(|id| Recalled {
                    is_proven: self.is_computed(kind, external_id, &id),
                    id,
                }))
            }
        }
    }

    /// Whether `id` is the one that a new record with this external id gets.
    pub(in crate::core::sync) fn is_computed(
        &self,
        kind: ObjectKind,
        external_id: &str,
        id: &str,
    ) -> bool {
        let computed = record_id(kind, self.options.namespace.as_deref(), external_id);
        Uuid::parse_str(id).is_ok_and(|id| id == computed)
    }

    pub(in crate::core::sync) fn learn(&self, kind: ObjectKind, external_id: &str, crm_id: &str) {
        self.scope
            .cache
            .insert(kind, external_id, crm_id, self.now_ms());
    }

    /// Forgets what is remembered of the record that a row belonged to, where another record takes or has taken that row.
    /// `Err` is a store's failure.
    pub(in crate::core::sync) async fn forget_former_owner(
        &self,
        kind: ObjectKind,
        row: &Record,
        mapped: &MappedRecord,
    ) -> Result<(), String> {
        match self.former_owner(row, mapped) {
            Some(other) => self.forget(kind, other).await,
            None => Ok(()),
        }
    }

    /// The external id of this scope that a row carries, where it is not this record's.
    pub(in crate::core::sync) fn former_owner<'r>(
        &self,
        row: &'r Record,
        mapped: &MappedRecord,
    ) -> Option<&'r str> {
        let carried = text_of(row, mapped.external_id_field.name()?);
        let is_other = !carried.is_empty() && carried != mapped.stored_external_id;
        let namespace = self.options.namespace.as_deref();
        caller_external_id(namespace, carried).filter(|_| is_other)
    }

    /// Forgets a mapping that the server disowned. `Err` is a store's failure.
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

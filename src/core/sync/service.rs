//! The sync service: what callers ask for, and what one upsert needs of its surroundings.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::HttpClient;
use crate::core::store::{BoundedStore, Mapping, MappingStore, MappingWrite};
use crate::core::twenty::email;
use crate::core::twenty::ids::{ObjectKind, record_id};
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::record::{InvalidEmail, MapContext, MappedRecord};
use crate::core::twenty::schema::WorkspaceSchema;

pub(super) use super::cache::Remembered;
use super::cache::Written;
use super::cache::{CacheEntry, is_fresh};

use super::fingerprint::fingerprint;
use super::hash_text::{hash_text, is_foreign, remembered_of};
use super::options::{CallOptions, ServiceOptions};
use super::schema_source::Sign;
use super::site::{Outcome, Site, SiteKey, SyncWorkspace};
use super::turns::{Hold, Turn, Write};
use super::upsert::{Input, Upsert, Upserted};
use super::wire::{Record, version_of};

/// What a write has told.
pub(super) struct Learnt<'a> {
    pub external_id: String,
    pub crm_id: String,
    /// Where all that was asked for is written.
    pub hash: Option<String>,
    /// The row after the write.
    pub row: &'a Record,
    pub fields: &'a Map<String, Value>,
}

/// Upserts people and companies. Cloning is cheap; services of one workspace, namespace, field names and store share
/// cache and lines.
#[derive(Clone)]
pub struct SyncService {
    pub(super) http: HttpClient,
    pub(super) options: Arc<ServiceOptions>,
    pub(super) workspace: Arc<SyncWorkspace>,
    pub(super) site: Arc<Site>,
    pub(super) store: Option<Arc<dyn MappingStore>>,
    /// Upserts that wait for each other are merged only when they would be done alike.
    pub(super) settings: u64,
}

impl SyncService {
    /// A service over `http`; without a store, mappings live in the process only.
    pub fn new(
        http: HttpClient,
        options: ServiceOptions,
        store: Option<Arc<dyn MappingStore>>,
    ) -> Self {
        let workspace = SyncWorkspace::of(http.workspace());
        let site = workspace.site(SiteKey {
            namespace: options.namespace.clone(),
            field_names: options.field_names.clone(),
            store: store.as_ref().map(|store| store.identity()),
        });
        let mut hasher = DefaultHasher::new();
        (
            options.default_country,
            options.collisions,
            options.invalid_email,
            &options.ownership,
            http.config().timeout_ms,
            http.config().max_retries,
        )
            .hash(&mut hasher);
        let store = store.map(|store| {
            Arc::new(BoundedStore::new(store, options.namespace.clone())) as Arc<dyn MappingStore>
        });
        Self {
            http,
            options: Arc::new(options),
            workspace,
            site,
            store,
            settings: hasher.finish(),
        }
    }

    /// Creates or updates one record. Upserts of one key at once take turns; those that wait together share a write, and
    /// exactly one of them hears `created: true`. The place in line is taken at once, so the order of calls is the order
    /// of writes; nothing is sent before `hold` is lifted. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// As DESIGN's error table.
    pub fn upsert(
        &self,
        input: Input,
        options: CallOptions,
        hold: Option<Hold>,
    ) -> impl Future<Output = Result<Upserted, CrmError>> + Send + 'static {
        // Ahead of the line, because a bad input in it would be everybody's failure who shares the write.
        let turn = self
            .check(&input)
            .map(|()| self.in_turn(input, options, hold));
        async move {
            let turn = turn?.await?;
            let mut upserted = Arc::unwrap_or_clone(turn.answer);
            upserted.created &= turn.first;
            Ok(upserted)
        }
    }

    /// Refuses what can be told to be bad without the workspace's schema.
    fn check(&self, input: &Input) -> Result<(), CrmError> {
        match input {
            Input::Person(person) if self.options.invalid_email == InvalidEmail::Refuse => {
                let email = email::normalize(&person.email);
                if email::is_valid(&email) {
                    Ok(())
                } else {
                    Err(email::invalid(&email))
                }
            }
            _ => Ok(()),
        }
    }

    /// Boxed, because the upsert of a person may take a turn for its company.
    pub(super) fn in_turn(
        &self,
        input: Input,
        options: CallOptions,
        hold: Option<Hold>,
    ) -> BoxFuture<'static, Result<Turn<Arc<Upserted>>, CrmError>> {
        let key = (input.kind(), input.external_id().to_owned());
        let mut hasher = DefaultHasher::new();
        (self.settings, options).hash(&mut hasher);
        let service = self.clone();
        let write: Write<Input, Outcome> = Arc::new(move |input| {
            let service = service.clone();
            Box::pin(async move {
                let upsert = Upsert::prepare(&service, options, input).await?;
                upsert.run().await.map(Arc::new)
            })
        });
        let place = self
            .site
            .turns
            .enter(key, input, hasher.finish(), Input::merge, write, hold);
        Box::pin(async move {
            match place.wait().await {
                Some(Turn { answer, first }) => answer.map(|answer| Turn { answer, first }),
                None => Err(CrmError::new(
                    ErrorCode::Unknown,
                    "the upsert broke off: an internal failure of twenty-crm-native, please report it",
                )),
            }
        })
    }

    /// Forgets all remembered ids of this site. Stores keep theirs.
    pub fn clear_cache(&self) {
        self.site.cache.clear();
        self.site.domains.clear();
    }

    /// The remembered ids that this service still believes.
    pub fn cache_entries(&self) -> Vec<CacheEntry> {
        self.site
            .cache
            .entries(self.options.cache_ttl_ms, self.now_ms())
    }

    /// Milliseconds since the epoch.
    pub fn now_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            })
    }

    pub(super) async fn schema(&self) -> Result<Arc<WorkspaceSchema>, CrmError> {
        self.workspace.schema.get(&self.http).await
    }

    pub(super) async fn newer_schema(
        &self,
        seen: &WorkspaceSchema,
        sign: Sign,
    ) -> Result<Option<Arc<WorkspaceSchema>>, CrmError> {
        self.workspace
            .schema
            .newer_than(seen, sign, &self.http)
            .await
    }

    /// An answer has shown that the CRM keeps this field unique.
    pub(super) fn prove_unique(&self, kind: ObjectKind, field: &str) {
        self.workspace.schema.prove_unique(kind, field);
    }

    pub(super) fn map_context<'a>(
        &'a self,
        kind: ObjectKind,
        schema: &'a WorkspaceSchema,
    ) -> MapContext<'a> {
        MapContext {
            schema: schema.object(kind),
            field_names: &self.options.field_names,
            default_country: self.options.default_country,
            invalid_email: self.options.invalid_email,
            namespace: self.options.namespace.as_deref(),
            domain_form: self.workspace.domain_form(),
        }
    }

    pub(super) fn query(&self, kind: ObjectKind, schema: &WorkspaceSchema) -> LookupQuery {
        LookupQuery::new(kind, schema.object(kind), &self.options.field_names, false)
    }

    /// A further id for a record whose chosen one is taken: as frozen as the first.
    pub(super) fn alternative_id(
        &self,
        kind: ObjectKind,
        external_id: &str,
        generation: u32,
    ) -> uuid::Uuid {
        // NUL cannot stand in an external id, so no other record's name reads like this.
        let name = format!("{external_id}\0{generation}");
        record_id(kind, self.options.namespace.as_deref(), &name)
    }

    /// The same service for one long run: its requests are counted apart, and go after those of single upserts.
    pub(super) fn for_bulk(&self) -> Self {
        Self {
            http: self.http.for_bulk(),
            ..self.clone()
        }
    }

    /// The same service for a run of the caller's that is more than one call: its requests' events name it.
    #[must_use]
    pub fn for_operation(&self, operation: u32) -> Self {
        Self {
            http: self.http.for_operation(operation),
            ..self.clone()
        }
    }

    /// The client that its requests go through.
    pub fn http(&self) -> &HttpClient {
        &self.http
    }

    fn count_recalls(&self, hits: usize, misses: usize, store_hits: usize) {
        self.http.count(|metrics| {
            metrics.cache_hits.add(hits as u64);
            metrics.cache_misses.add(misses as u64);
            metrics.store_hits.add(store_hits as u64);
        });
    }

    /// The hash of what a write of `record` would say.
    pub(super) fn hash_of(
        &self,
        input: &Input,
        record: &MappedRecord,
        schema: &WorkspaceSchema,
    ) -> String {
        fingerprint(input, record, schema)
    }

    /// Whether what was written last is what would be written now, and is fresh enough to be believed.
    pub(super) fn is_unchanged(&self, known: &Remembered, hash: &str) -> bool {
        known.hash.as_deref() == Some(hash) && self.is_hash_fresh(known.written_at_ms)
    }

    /// Whether what was written at `written_at_ms` is fresh enough to be believed.
    pub(super) fn is_hash_fresh(&self, written_at_ms: u64) -> bool {
        is_fresh(written_at_ms, self.options.hash_ttl_ms, self.now_ms())
    }

    /// Whether memory counts without a look into the store, which other processes may have told of later.
    pub(super) fn knows_best(&self, written_at_ms: u64) -> bool {
        self.store.is_none() || is_fresh(written_at_ms, self.options.cache_ttl_ms, self.now_ms())
    }

    /// What memory, and for the rest the store, know of many records. `Err` is a store's failure.
    pub(super) async fn recall_many(
        &self,
        kind: ObjectKind,
        external_ids: &[String],
    ) -> Result<HashMap<String, Remembered>, String> {
        let now_ms = self.now_ms();
        let mut known = HashMap::with_capacity(external_ids.len());
        let mut unknown = Vec::new();
        for external_id in external_ids {
            let remembered = self.site.cache.recall(kind, external_id);
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
                if uuid::Uuid::parse_str(&found.mapping.crm_id).is_err() {
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
    pub(super) async fn remember_many(
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
            self.site.cache.insert_written(kind, written, now_ms);
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
                version_hash: Some(hash_text(learnt.hash.as_deref(), version_of(learnt.row))),
                data: Some(json!(learnt.fields).to_string()),
            })
            .collect();
        store.upsert_many(&writes).await
    }

    /// The CRM id of `external_id`, from memory or else from the store. `Err` is a store's failure.
    pub(super) async fn recall(
        &self,
        kind: ObjectKind,
        external_id: &str,
    ) -> Result<Option<String>, String> {
        let ttl_ms = self.options.cache_ttl_ms;
        let remembered = self
            .site
            .cache
            .get(kind, external_id, ttl_ms, self.now_ms());
        let hits = usize::from(remembered.is_some());
        self.count_recalls(hits, 1 - hits, 0);
        match (remembered, &self.store) {
            (Some(id), _) => Ok(Some(id)),
            (None, None) => Ok(None),
            (None, Some(store)) => {
                let found = store.find_by_ever_id(external_id, kind).await;
                if matches!(found, Ok(Some(_))) {
                    self.count_recalls(0, 0, 1);
                }
                found
            }
        }
    }

    pub(super) fn learn(&self, kind: ObjectKind, external_id: &str, crm_id: &str) {
        self.site
            .cache
            .insert(kind, external_id, crm_id, self.now_ms());
    }

    /// Forgets a mapping that the server disowned. `Err` is a store's failure.
    pub(super) async fn forget(&self, kind: ObjectKind, external_id: &str) -> Result<(), String> {
        self.site.cache.remove(kind, external_id);
        match &self.store {
            None => Ok(()),
            Some(store) => store.delete_mapping(external_id, kind).await,
        }
    }

    /// Learns from rows that others wrote how this workspace stores domains.
    pub(super) fn learn_domain_form(&self, kind: ObjectKind, own_ids: &[String], rows: &[Record]) {
        if kind == ObjectKind::Company {
            self.workspace.learn_domain_form(own_ids, rows);
        }
    }

    /// A record shows all fields of its object. When it shows a custom field that the schema lacks, or lacks one that
    /// the schema has, the schema has changed and is read again in the background.
    pub(super) fn note_schema_drift(
        &self,
        schema: &WorkspaceSchema,
        kind: ObjectKind,
        record: &Record,
    ) {
        let known = schema.object(kind);
        let names = &self.options.field_names;
        let single = [
            &names.external_id,
            &names.account_type,
            &names.total_submissions,
            &names.website,
            &names.city,
            &names.status,
        ];
        let drifted = single
            .into_iter()
            .chain(&names.plan)
            .any(|name| record.contains_key(name) != known.active(name).is_some());
        if drifted {
            self.workspace
                .schema
                .refresh_in_background(schema, &self.http);
        }
    }
}

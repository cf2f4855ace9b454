//! Everything that the steps of a call share: the client, the options, the scope's caches, the store, the schema.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::oneshot;

use crate::core::error::CrmError;
use crate::core::http::HttpClient;
use crate::core::store::{BoundedStore, MappingStore};
use crate::core::twenty::composite::whole_name;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::schema::WorkspaceSchema;

use super::further_emails::FurtherRows;
use super::options::ServiceOptions;
use super::queue::broke_off;
use super::queue::keyed_queue::{Hold, Place, Turn, Write};
use super::record::input::{Input, Outcome, RecordKey, Upserted};
use super::requests::Row;
use super::schema_source::Sign;
use super::scope::{Scope, ScopeKey};
use super::workspace::SyncWorkspace;

mod mappings;

/// The right to write a record; see [`SyncContext::take_turn`].
pub(super) struct HeldTurn {
    _release: oneshot::Sender<()>,
    _place: Place<()>,
}

/// The shared state of a service's calls. Cloning is cheap. Contexts with the same workspace, namespace, field names
/// and store share caches and queues.
#[derive(Clone)]
pub(super) struct SyncContext {
    pub(super) http: HttpClient,
    pub(super) options: Arc<ServiceOptions>,
    pub(super) workspace: Arc<SyncWorkspace>,
    pub(super) scope: Arc<Scope>,
    pub(super) store: Option<Arc<dyn MappingStore>>,
    /// A digest of the settings. Waiting upserts are only merged if their settings are the same.
    pub(super) settings: u64,
}

impl SyncContext {
    /// A context over `http`. Without a store, mappings are only kept in this process.
    pub(super) fn new(
        http: HttpClient,
        options: ServiceOptions,
        store: Option<Arc<dyn MappingStore>>,
    ) -> Self {
        let workspace = SyncWorkspace::of(http.workspace());
        let scope = workspace.scopes.get(ScopeKey {
            namespace: options.namespace.clone(),
            field_names: options.field_names.clone(),
            store: store.as_ref().map(|store| store.identity()),
        });
        let mut hasher = DefaultHasher::new();
        (
            options.default_country,
            options.collisions,
            options.emails,
            options.company_key,
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
            scope,
            store,
            settings: hasher.finish(),
        }
    }

    /// Milliseconds since the epoch.
    pub(super) fn now_ms(&self) -> u64 {
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

    /// The same context for one long run: its requests are counted separately, and go after those of single upserts.
    pub(super) fn for_bulk(&self) -> Self {
        Self {
            http: self.http.for_bulk(),
            ..self.clone()
        }
    }

    /// The same context for a run of the caller that consists of several calls: the events of its requests carry the
    /// run's id.
    #[must_use]
    pub(super) fn for_operation(&self, operation: u32) -> Self {
        Self {
            http: self.http.for_operation(operation),
            ..self.clone()
        }
    }

    /// The rows that may have these addresses (in normalised form) as additional ones.
    pub(super) async fn further_rows(&self, addresses: &[&str]) -> FurtherRows {
        let emails = &self.workspace.further_emails;
        emails.find(&self.http, addresses).await
    }

    /// Remembers the domain or name of a row.
    pub(super) fn note_seen(&self, kind: ObjectKind, external_id: &str, row: &Row) {
        match (kind, whole_name(row)) {
            (ObjectKind::Company, _) => self.scope.domains.note(external_id, row),
            (ObjectKind::Person, Some(name)) => {
                let digest = self.scope.cache.digest(name.as_str());
                self.scope.names.note(external_id, digest, self.now_ms());
            }
            // The answer does not contain the name.
            (ObjectKind::Person, None) => self.scope.names.forget(external_id),
        }
    }

    /// Whether the person's row is known to have another name.
    pub(super) fn knows_other_name(&self, external_id: &str, name: &str) -> bool {
        let (digest, ttl_ms) = (self.scope.cache.digest(name), self.options.cache_ttl_ms);
        self.scope
            .names
            .holds_other(external_id, digest, ttl_ms, self.now_ms())
    }

    /// Rows contain all fields of their object. If a row has a custom field that the schema lacks, or lacks one that
    /// the schema has, the schema has changed: it is read again in the background.
    pub(super) fn note_schema_drift(
        &self,
        schema: &WorkspaceSchema,
        kind: ObjectKind,
        record: &Row,
    ) {
        let known = schema.object(kind);
        let names = &self.options.field_names;
        let drifted = names.all().any(|name| {
            match (record.contains_key(name), known.active(name).is_some()) {
                (true, false) => true,
                (false, true) => !known.may_be_capped(),
                _ => false,
            }
        });
        if drifted {
            self.workspace
                .schema
                .refresh_in_background(schema, &self.http);
        }
    }

    /// Runs `write` after all earlier calls of the record. Waiting upserts with the same settings, given by `way`, are
    /// merged into one. The place in the queue is taken at once. Must be called within a tokio runtime.
    pub(super) fn in_upsert_turn(
        &self,
        input: Input,
        way: impl Hash,
        write: Write<Input, Outcome>,
        hold: Option<Hold>,
    ) -> impl Future<Output = Result<Turn<Arc<Upserted>>, CrmError>> + Send + 'static {
        let key = (input.kind(), input.external_id().to_owned());
        let mut hasher = DefaultHasher::new();
        (self.settings, way).hash(&mut hasher);
        let queue = &self.scope.queue;
        let place = queue.enter(key, input, hasher.finish(), Input::merge, write, hold);
        async move {
            let turn = place.wait().await.ok_or_else(|| broke_off("upsert"))?;
            Ok(Turn {
                answer: turn.answer?,
                first: turn.first,
            })
        }
    }

    /// Takes a record's turn after all earlier calls of its key. Later calls wait until the turn is dropped. The place in
    /// the queue is taken at once. Must be called within a tokio runtime.
    pub(super) fn take_turn(&self, input: &Input) -> impl Future<Output = HeldTurn> + use<> {
        let key = (input.kind(), input.external_id().to_owned());
        let (granted, is_granted) = oneshot::channel();
        let (release, released) = oneshot::channel::<()>();
        let work = async move {
            // Nobody holds the turn of a caller that is gone.
            if granted.send(()).is_ok() {
                // Nothing is ever sent: the turn ends when the sender is dropped.
                let _ = released.await;
            }
        };
        let place = self.scope.queue.enter_exclusive(key, work, None);
        async move {
            // It fails only if the queue broke off; then there is nobody to wait for.
            let _ = is_granted.await;
            HeldTurn {
                _release: release,
                _place: place,
            }
        }
    }

    /// Runs `work` after all earlier calls of the key, never merged with another one. The place in the queue is taken
    /// at once. Must be called within a tokio runtime.
    pub(super) fn in_exclusive_turn<T: Send + 'static>(
        &self,
        key: RecordKey,
        hold: Option<Hold>,
        work: impl Future<Output = Result<T, CrmError>> + Send + 'static,
    ) -> impl Future<Output = Result<T, CrmError>> + Send + 'static {
        let place = self.scope.queue.enter_exclusive(key, work, hold);
        async move { place.wait().await.ok_or_else(|| broke_off("call"))?.answer }
    }
}

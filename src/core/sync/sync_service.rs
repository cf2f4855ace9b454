//! The sync service: the operations for callers.

use std::sync::Arc;

use crate::core::error::CrmError;
use crate::core::http::HttpClient;
use crate::core::store::MappingStore;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::warning::SyncWarning;
use crate::core::twenty::webhook::WebhookEvent;

use super::context::SyncContext;
use super::delete::{DeleteMode, Deleted};
use super::find::Found;
use super::mappings::entry::Entry;
use super::options::{CallOptions, ServiceOptions};
use super::queue::keyed_queue::Hold;
use super::record::input::{Input, Upserted};
use super::run::{BulkOptions, BulkRun};
use super::webhook::Applied;

/// Syncs people and companies. Cloning is cheap. Services with the same workspace, namespace, field names and store
/// share caches and queues.
#[derive(Clone)]
pub struct SyncService {
    context: SyncContext,
}

impl SyncService {
    /// A service over `http`. Without a store, mappings are only kept in this process.
    pub fn new(
        http: HttpClient,
        options: ServiceOptions,
        store: Option<Arc<dyn MappingStore>>,
    ) -> Self {
        Self {
            context: SyncContext::new(http, options, store),
        }
    }

    /// Creates or updates one record. Concurrent upserts of one key take turns; those that wait together share one
    /// write, and exactly one of them gets `created: true`. The place in the queue is taken at once, so writes happen
    /// in the order of the calls. Nothing is sent before `hold` is lifted. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// See `docs/errors.md`.
    pub fn upsert(
        &self,
        input: Input,
        options: CallOptions,
        hold: Option<Hold>,
    ) -> impl Future<Output = Result<Upserted, CrmError>> + Send + 'static {
        // Checked before queueing, because an invalid input in a merged write would fail all its callers.
        let context = &self.context;
        let turn = context
            .check(&input)
            .map(|()| context.in_turn(input, options, hold));
        async move {
            let turn = turn?.await?;
            let mut upserted = Arc::unwrap_or_clone(turn.answer);
            upserted.created &= turn.first;
            Ok(upserted)
        }
    }

    /// Looks up the record of `external_id` in the CRM. Without `use_cache`, remembered ids are ignored.
    ///
    /// # Errors
    /// The error of the request; a failed look-up never means "not found".
    pub async fn find(
        &self,
        kind: ObjectKind,
        external_id: &str,
        use_cache: bool,
    ) -> Result<Found, CrmError> {
        self.context.find(kind, external_id, use_cache).await
    }

    /// Deletes the record of `external_id`, row by row and by id, never by a filter. It takes its turn among the
    /// upserts of the same key, in the order of the calls. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The error of the request. Deleting a missing record is not an error.
    pub fn delete(
        &self,
        kind: ObjectKind,
        external_id: String,
        mode: DeleteMode,
        hold: Option<Hold>,
    ) -> impl Future<Output = Result<(Deleted, Vec<SyncWarning>), CrmError>> + Send + 'static {
        self.context.delete(kind, external_id, mode, hold)
    }

    /// A bulk run over records of one kind; its requests are counted separately.
    pub fn bulk(&self, kind: ObjectKind, options: BulkOptions) -> BulkRun {
        BulkRun::new(&self.context, kind, options)
    }

    /// Parses an event with this service's field names.
    ///
    /// # Errors
    /// VALIDATION_ERROR with field `event`.
    pub fn read_webhook(&self, json: &str) -> Result<WebhookEvent, CrmError> {
        self.context.read_webhook(json)
    }

    /// Applies one event. Events of one record may arrive twice, late, and out of order; an event older than what is
    /// known changes nothing. It takes its turn among the upserts of the same key, so that the answer to our own write
    /// in flight arrives before the event is judged. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Only internal failures. If a store fails, the result says so.
    pub async fn apply_webhook(
        &self,
        event: WebhookEvent,
    ) -> Result<(Applied, Vec<SyncWarning>), CrmError> {
        self.context.apply_webhook(event).await
    }

    /// Empties the caches of this scope. Stores keep their mappings.
    pub fn clear_cache(&self) {
        self.context.scope.clear();
    }

    /// The cached ids that this service still uses.
    pub fn cache_entries(&self) -> Vec<Entry> {
        let context = &self.context;
        context
            .scope
            .cache
            .entries(context.options.cache_ttl_ms, context.now_ms())
    }

    /// Milliseconds since the epoch.
    pub fn now_ms(&self) -> u64 {
        self.context.now_ms()
    }

    /// The same service for a run of the caller that consists of several calls: the events of its requests carry the
    /// run's id.
    #[must_use]
    pub fn for_operation(&self, operation: u32) -> Self {
        Self {
            context: self.context.for_operation(operation),
        }
    }

    /// The client that sends its requests.
    pub fn http(&self) -> &HttpClient {
        &self.context.http
    }

    /// The shared context, for tests that run single steps.
    #[cfg(test)]
    pub(super) fn context(&self) -> &SyncContext {
        &self.context
    }
}

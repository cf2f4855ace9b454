//! The sync service: what callers may ask for.

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

/// Syncs people and companies. Cloning is cheap; services of one workspace, namespace, field names and store share cache
/// and lines.
#[derive(Clone)]
pub struct SyncService {
    context: SyncContext,
}

impl SyncService {
    /// A service over `http`; without a store, mappings live in the process only.
    pub fn new(
        http: HttpClient,
        options: ServiceOptions,
        store: Option<Arc<dyn MappingStore>>,
    ) -> Self {
        Self {
            context: SyncContext::new(http, options, store),
        }
    }

    /// Creates or updates one record. Upserts of one key at once take turns; those that wait together share a write, and
    /// exactly one of them hears `created: true`. The place in line is taken at once, so the order of calls is the order
    /// of writes; nothing is sent before `hold` is lifted. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// As `docs/errors.md` says.
    pub fn upsert(
        &self,
        input: Input,
        options: CallOptions,
        hold: Option<Hold>,
    ) -> impl Future<Output = Result<Upserted, CrmError>> + Send + 'static {
        // Ahead of the line, because a bad input in it would be everybody's failure who shares the write.
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

    /// The record of `external_id` as the CRM has it now. Without `use_cache`, what is remembered is not looked at.
    ///
    /// # Errors
    /// What the server answered; a failed look-up is never "not found".
    pub async fn find(
        &self,
        kind: ObjectKind,
        external_id: &str,
        use_cache: bool,
    ) -> Result<Found, CrmError> {
        self.context.find(kind, external_id, use_cache).await
    }

    /// Deletes the record of `external_id`, row by row and by id, never by a filter. It takes its turn among the upserts
    /// of the same key, in the order of the calls. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// What the server answered; that there is no such record is no error.
    pub fn delete(
        &self,
        kind: ObjectKind,
        external_id: String,
        mode: DeleteMode,
        hold: Option<Hold>,
    ) -> impl Future<Output = Result<(Deleted, Vec<SyncWarning>), CrmError>> + Send + 'static {
        self.context.delete(kind, external_id, mode, hold)
    }

    /// A run over many records of one kind; its requests are counted apart.
    pub fn bulk(&self, kind: ObjectKind, options: BulkOptions) -> BulkRun {
        BulkRun::new(&self.context, kind, options)
    }

    /// Reads an event with this service's field names.
    ///
    /// # Errors
    /// VALIDATION_ERROR with field `event`.
    pub fn read_webhook(&self, json: &str) -> Result<WebhookEvent, CrmError> {
        self.context.read_webhook(json)
    }

    /// Takes in one event. Events of one record may come twice, late, and out of order; what is older than what is
    /// known changes nothing. Takes its turn among the upserts of the same key, so that the answer to a write of ours
    /// that is under way is in before the event is judged. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Only an internal failure: a store that fails is a warning, and told in the result.
    pub async fn apply_webhook(
        &self,
        event: WebhookEvent,
    ) -> Result<(Applied, Vec<SyncWarning>), CrmError> {
        self.context.apply_webhook(event).await
    }

    /// Forgets all remembered ids of this scope. Stores keep theirs.
    pub fn clear_cache(&self) {
        self.context.scope.clear();
    }

    /// The remembered ids that this service still believes.
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

    /// The same service for a run of the caller's that is more than one call: its requests' events name it.
    #[must_use]
    pub fn for_operation(&self, operation: u32) -> Self {
        Self {
            context: self.context.for_operation(operation),
        }
    }

    /// The client that its requests go through.
    pub fn http(&self) -> &HttpClient {
        &self.context.http
    }

    /// What its steps borrow, for tests that run one of them.
    #[cfg(test)]
    pub(super) fn context(&self) -> &SyncContext {
        &self.context
    }
}

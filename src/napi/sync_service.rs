//! The native half of `TwentyCrmSyncService`: text in, text out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde_json::{Map, Value, json};

use super::bulk_run::BulkRun;
use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use super::observer::{self, Listener};
use super::rest_client::{RestClient, client_closed, failure, thrown};
use super::runtime;
use super::sqlite_store::SqliteStore;
use super::store_argument::store_of;
use crate::core::error::CrmError;
use crate::core::origin;
use crate::core::sync::delete::DeleteMode;
use crate::core::sync::options::{CallOptions, ServiceOptions};
use crate::core::sync::record::input::Input;
use crate::core::sync::run::BulkOptions;
use crate::core::sync::sync_service::SyncService as CoreService;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::{CompanyInput, PersonInput, external_id_from_json};
use crate::core::twenty::warning::SyncWarning;

/// Internal: the native half of `TwentyCrmSyncService`.
#[napi]
pub struct SyncService {
    core: CoreService,
    closed: Arc<AtomicBool>,
}

#[napi]
impl SyncService {
    /// From a client, the options as JSON text, and the mapping store, if there is one: an SQLite store, or the number
    /// of the caller's own store. `hooks` is the number of the registered hooks, `mask` the events that they want.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        client: &RestClient,
        options: String,
        dispatcher: &Dispatcher,
        store: Option<Either<u32, ClassInstance<SqliteStore>>>,
        hooks: u32,
        mask: u32,
    ) -> Result<Self> {
        let options = ServiceOptions::from_json(&options).map_err(thrown)?;
        let store = store.map(|store| store_of(dispatcher, &store));
        let observer = Listener::observer(dispatcher, hooks, mask);
        let http = client.http().for_owner(Some(observer));
        Ok(Self {
            core: CoreService::new(http, options, store),
            closed: client.closed_flag(),
        })
    }

    /// Starts upsert `id`: `kind` 0 is a person, 1 a company; `input` is the flat entity as JSON text.
    #[napi(catch_unwind)]
    pub fn upsert(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        kind: u8,
        input: String,
        options: Option<String>,
    ) -> Result<()> {
        // Parsed and queued on this thread, not on the I/O threads: of several upserts of one key, the last call must
        // win.
        let _runtime = runtime::enter()?;
        let started = self.open().and_then(|()| {
            let (input, options) = parse(kind, &input, options.as_deref())?;
            let hold = Some(dispatcher.hold());
            Ok(origin::sync_scope(id, || {
                self.core.upsert(input, options, hold)
            }))
        });
        dispatcher.run(id, async move {
            let outcome = match started {
                Ok(upsert) => upsert.await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(upserted) => {
                    let result = json!({
                        "id": upserted.id,
                        "externalId": upserted.external_id,
                        "created": upserted.created,
                        "updated": upserted.updated,
                        "data": upserted.data,
                    });
                    answered(result, &upserted.warnings)
                }
                Err(error) => failure(error),
            }
        })
    }

    /// Starts the search for one record as call `id`; `key` is `{external_id}` as JSON text.
    #[napi(catch_unwind)]
    pub fn find(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        kind: u8,
        key: String,
        options: Option<String>,
    ) -> Result<()> {
        let core = self.core.clone();
        let asked = self.open().and_then(|()| {
            let external_id = external_id_from_json(&key)?;
            Ok((external_id, call_options(options.as_deref())?.use_cache))
        });
        dispatcher.run(id, async move {
            let outcome = match asked {
                Ok((external_id, use_cache)) => {
                    core.find(object_kind(kind), &external_id, use_cache).await
                }
                Err(error) => Err(error),
            };
            match outcome {
                Ok(found) => answered(found.entity.unwrap_or_default(), &found.warnings),
                Err(error) => failure(error),
            }
        })
    }

    /// Starts the deletion of one record as call `id`; `key` is `{external_id}` as JSON text, `options` `{mode}`.
    #[napi(catch_unwind)]
    pub fn delete(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        kind: u8,
        key: String,
        options: Option<String>,
    ) -> Result<()> {
        // Queued on this thread, as upserts are: a deletion must run after the upserts that were called before it.
        let _runtime = runtime::enter()?;
        let started = self.open().and_then(|()| {
            let external_id = external_id_from_json(&key)?;
            let mode = DeleteMode::from_json(options.as_deref().unwrap_or("{}"))?;
            let hold = Some(dispatcher.hold());
            Ok(origin::sync_scope(id, || {
                self.core.delete(object_kind(kind), external_id, mode, hold)
            }))
        });
        dispatcher.run(id, async move {
            let outcome = match started {
                Ok(deletion) => deletion.await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok((deleted, warnings)) => answered(json!(deleted), &warnings),
                Err(error) => failure(error),
            }
        })
    }

    /// Starts call `id`: processes a webhook event, given as JSON text.
    #[napi(catch_unwind)]
    pub fn apply_webhook(&self, dispatcher: &Dispatcher, id: u32, event: String) -> Result<()> {
        let core = self.core.clone();
        dispatcher.run(id, async move {
            let applied = match core.read_webhook(&event) {
                Ok(event) => core.apply_webhook(event).await,
                Err(error) => Err(error),
            };
            match applied {
                Ok((applied, warnings)) => answered(json!(applied), &warnings),
                Err(error) => failure(error),
            }
        })
    }

    /// Makes a bulk run of people (`kind` 0) or companies (1), with its options as JSON text; its events carry `id`.
    #[napi(catch_unwind)]
    pub fn bulk(&self, id: u32, kind: u8, options: String) -> Result<BulkRun> {
        let options = BulkOptions::from_json(&options).map_err(thrown)?;
        let core = self.core.for_operation(id);
        Ok(BulkRun::new(
            core.bulk(object_kind(kind), options),
            Arc::clone(&self.closed),
        ))
    }

    /// The service's counters as JSON text; see `RestClient.stats`.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> String {
        observer::stats(self.core.http())
    }

    /// Empties the cache of ids.
    #[napi(catch_unwind)]
    pub fn clear_cache(&self) {
        self.core.clear_cache();
    }

    /// `{size, entries: [{key, age}]}` as JSON text.
    #[napi(catch_unwind)]
    pub fn cache_stats(&self) -> String {
        let now_ms = self.core.now_ms();
        let entries: Vec<_> = self
            .core
            .cache_entries()
            .into_iter()
            .map(|entry| {
                json!({
                    "key": format!("{}:{}", entry.kind.singular(), entry.external_id),
                    "age": now_ms.saturating_sub(entry.written_at_ms),
                })
            })
            .collect();
        json!({"size": entries.len(), "entries": entries}).to_string()
    }

    /// Cache entries (`AnyCacheEntry[]`) as JSON text.
    #[napi(catch_unwind)]
    pub fn cache_entries(&self) -> String {
        let entries: Vec<_> = self
            .core
            .cache_entries()
            .into_iter()
            .map(|entry| {
                json!({
                    "type": entry.kind.singular(),
                    "externalId": entry.external_id,
                    "crmId": entry.crm_id,
                    "cachedAt": entry.written_at_ms,
                })
            })
            .collect();
        Value::Array(entries).to_string()
    }
}

impl SyncService {
    /// # Errors
    /// OPERATION_FAILED once the client is closed.
    fn open(&self) -> std::result::Result<(), CrmError> {
        match self.closed.load(Ordering::Acquire) {
            true => Err(client_closed()),
            false => Ok(()),
        }
    }
}

/// A result with its warnings.
fn answered(result: Value, warnings: &[SyncWarning]) -> (AnswerKind, AnswerText) {
    let mut envelope = Map::new();
    envelope.insert("result".to_owned(), result);
    envelope.insert("warnings".to_owned(), json!(warnings));
    let text = Value::Object(envelope).to_string();
    (AnswerKind::Success, AnswerText::Text(text))
}

fn parse(
    kind: u8,
    input: &str,
    options: Option<&str>,
) -> std::result::Result<(Input, CallOptions), CrmError> {
    let input = match kind {
        0 => Input::Person(PersonInput::parse(input)?),
        _ => Input::Company(CompanyInput::parse(input)?),
    };
    Ok((input, call_options(options)?))
}

fn call_options(options: Option<&str>) -> std::result::Result<CallOptions, CrmError> {
    options.map_or_else(|| Ok(CallOptions::default()), CallOptions::from_json)
}

/// The numbers of `lib/sync-service.js`.
fn object_kind(kind: u8) -> ObjectKind {
    match kind {
        0 => ObjectKind::Person,
        _ => ObjectKind::Company,
    }
}

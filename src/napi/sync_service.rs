//! `TwentyCrmSyncService` underneath: text in, text out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde_json::json;

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use super::rest_client::{RestClient, client_closed, failure, thrown};
use super::runtime;
use super::sqlite_store::SqliteStore;
use super::store::CallerStore;
use crate::core::error::CrmError;
use crate::core::store::MappingStore;
use crate::core::sync::options::{CallOptions, ServiceOptions};
use crate::core::sync::service::SyncService as CoreService;
use crate::core::sync::upsert::{Input, Upserted};
use crate::core::twenty::input::{CompanyInput, PersonInput};

/// Internal: the native half of `TwentyCrmSyncService`.
#[napi]
pub struct SyncService {
    core: CoreService,
    closed: Arc<AtomicBool>,
}

#[napi]
impl SyncService {
    /// From a client, the options as JSON text, and the mapping store, if there is one: an SQLite store itself, or else
    /// the number of an object of the caller's.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        client: &RestClient,
        options: String,
        dispatcher: &Dispatcher,
        store_target: Option<u32>,
        sqlite_store: Option<&SqliteStore>,
    ) -> Result<Self> {
        let options = ServiceOptions::from_json(&options).map_err(thrown)?;
        let store = match (sqlite_store, store_target) {
            (Some(store), _) => Some(store.core() as Arc<dyn MappingStore>),
            (None, Some(target)) => {
                Some(Arc::new(CallerStore::new(dispatcher.shared(), target))
                    as Arc<dyn MappingStore>)
            }
            (None, None) => None,
        };
        Ok(Self {
            core: CoreService::new(client.http(), options, store),
            closed: client.closed_flag(),
        })
    }

    /// Starts upsert `id`: `kind` 0 is a person, 1 a company; `input` is the flat entity as JSON text.
    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments)]
    pub fn upsert(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        kind: u8,
        input: String,
        options: Option<String>,
    ) -> Result<()> {
        // Parsed and put in line here, not on the I/O threads: of upserts of one key the last call must win.
        let _runtime = runtime::enter()?;
        let started = if self.closed.load(Ordering::Acquire) {
            Err(client_closed())
        } else {
            parse(kind, &input, options.as_deref())
                .map(|(input, options)| self.core.upsert(input, options, Some(dispatcher.hold())))
        };
        dispatcher.run(id, async move {
            let outcome = match started {
                Ok(upsert) => upsert.await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(upserted) => (AnswerKind::Success, AnswerText::Text(answer(upserted))),
                Err(error) => failure(error),
            }
        })
    }

    /// Forgets all remembered ids.
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
                    "age": now_ms.saturating_sub(entry.cached_at_ms),
                })
            })
            .collect();
        json!({"size": entries.len(), "entries": entries}).to_string()
    }

    /// The spec's `AnyCacheEntry[]` as JSON text.
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
                    "cachedAt": entry.cached_at_ms,
                })
            })
            .collect();
        serde_json::Value::Array(entries).to_string()
    }
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
    let options = match options {
        None => CallOptions::default(),
        Some(text) => CallOptions::from_json(text)?,
    };
    Ok((input, options))
}

fn answer(upserted: Upserted) -> String {
    json!({
        "result": {
            "id": upserted.id,
            "externalId": upserted.external_id,
            "created": upserted.created,
            "updated": upserted.updated,
            "data": upserted.data,
        },
        "warnings": upserted.warnings,
    })
    .to_string()
}

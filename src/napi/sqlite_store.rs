//! The native halves of `sqliteMappingStore` and `sqliteConfigStore`: text in, text out.

use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use super::rest_client::{failure, thrown};
use super::store::kind_named;
use crate::core::error::CrmError;
use crate::core::store::sqlite_config::{ConfigChange, SqliteConfigStore, StoredConfig};
use crate::core::store::{Mapping, MappingWrite, SqliteMappingStore, StoredMapping};
use crate::core::twenty::ids::ObjectKind;

/// Internal: the native half of `sqliteMappingStore`.
#[napi]
pub struct SqliteStore {
    core: Arc<SqliteMappingStore>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireWrite {
    ever_id: String,
    crm_id: String,
    object_type: String,
    version_hash: Option<String>,
    data_for_hash: Option<Map<String, Value>>,
}

/// Runs `work` as call `id`; `text` converts its result.
///
/// The work is queued before this function returns: the store runs calls in their order, and closing waits for earlier
/// ones. Left to the I/O threads, the order would be random.
pub fn answer<T, W>(
    dispatcher: &Dispatcher,
    id: u32,
    work: W,
    text: impl FnOnce(T) -> String + Send + 'static,
) -> Result<()>
where
    T: Send + 'static,
    W: Future<Output = std::result::Result<T, CrmError>> + Send + 'static,
{
    let mut work = Box::pin(work);
    let at_once = {
        let _context = super::runtime::enter()?;
        work.as_mut().now_or_never()
    };
    dispatcher.run(id, async move {
        let outcome = match at_once {
            Some(outcome) => outcome,
            None => work.await,
        };
        match outcome {
            Ok(found) => (AnswerKind::Success, AnswerText::Text(text(found))),
            Err(error) => failure(error),
        }
    })
}

/// Like [`answer`], for work that cannot fail and has no result.
pub fn answer_done<W>(dispatcher: &Dispatcher, id: u32, work: W) -> Result<()>
where
    W: Future<Output = ()> + Send + 'static,
{
    answer(dispatcher, id, work.map(Ok), |()| "null".to_owned())
}

fn to_value(stored: StoredMapping) -> Value {
    json!({
        "everId": stored.mapping.ever_id,
        "crmId": stored.mapping.crm_id,
        "objectType": stored.mapping.kind.singular(),
        "versionHash": stored.version_hash,
        "lastSyncedAt": stored.last_synced_at_ms,
    })
}

fn kind(object_type: &str) -> std::result::Result<ObjectKind, CrmError> {
    kind_named(object_type).ok_or_else(|| {
        CrmError::validation("objectType", "objectType must be \"person\" or \"company\"")
    })
}

fn writes(json: &str) -> std::result::Result<Vec<MappingWrite>, CrmError> {
    let rows: Vec<WireWrite> = serde_json::from_str(json).map_err(|error| {
        CrmError::validation("mappings", format!("a mapping cannot be read: {error}"))
    })?;
    rows.into_iter()
        .map(|row| {
            Ok(MappingWrite {
                mapping: Mapping {
                    kind: kind(&row.object_type)?,
                    ever_id: row.ever_id,
                    crm_id: row.crm_id,
                },
                version_hash: row.version_hash,
                data: row
                    .data_for_hash
                    .map(|data| Value::Object(data).to_string()),
            })
        })
        .collect()
}

#[napi]
impl SqliteStore {
    /// Opens the file at `path`.
    #[napi(constructor, catch_unwind)]
    pub fn new(path: String) -> Result<Self> {
        Ok(Self {
            core: Arc::new(SqliteMappingStore::new(&path).map_err(thrown)?),
        })
    }

    /// Starts call `id`: returns the mappings of `ever_ids`, a JSON array of strings, as a JSON array.
    #[napi(catch_unwind)]
    pub fn find_many(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        object_type: String,
        ever_ids: String,
    ) -> Result<()> {
        let core = self.core();
        let work = async move {
            let ever_ids = serde_json::from_str(&ever_ids).map_err(|_| {
                CrmError::validation("everIds", "everIds must be an array of strings")
            })?;
            core.find_all(ever_ids, kind(&object_type)?).await
        };
        answer(dispatcher, id, work, |found| {
            Value::Array(found.into_iter().map(to_value).collect()).to_string()
        })
    }

    /// Starts call `id`: returns the mapping of `crm_id`, or null.
    #[napi(catch_unwind)]
    pub fn find_by_crm_id(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        object_type: String,
        crm_id: String,
    ) -> Result<()> {
        let core = self.core();
        let work = async move { core.find_by_crm(crm_id, kind(&object_type)?).await };
        answer(dispatcher, id, work, |found| {
            found.map_or(Value::Null, to_value).to_string()
        })
    }

    /// Starts call `id`: writes `mappings`, a JSON array.
    #[napi(catch_unwind)]
    pub fn upsert_many(&self, dispatcher: &Dispatcher, id: u32, mappings: String) -> Result<()> {
        let core = self.core();
        let work = async move { core.upsert_all(writes(&mappings)?).await };
        answer(dispatcher, id, work, |()| "null".to_owned())
    }

    /// Starts call `id`: removes a mapping; the answer is whether it existed.
    #[napi(catch_unwind)]
    pub fn delete_mapping(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        object_type: String,
        ever_id: String,
    ) -> Result<()> {
        let core = self.core();
        let work = async move { core.delete(ever_id, kind(&object_type)?).await };
        answer(dispatcher, id, work, |gone: bool| gone.to_string())
    }

    /// Starts call `id`: checks the file; the answer is SQLite's report as a JSON string, `ok` if the file is intact.
    #[napi(catch_unwind)]
    pub fn integrity(&self, dispatcher: &Dispatcher, id: u32) -> Result<()> {
        let core = self.core();
        let work = async move { core.integrity().await };
        answer(dispatcher, id, work, |found| {
            Value::String(found).to_string()
        })
    }

    /// Starts call `id`: closes the store.
    #[napi(catch_unwind)]
    pub fn close(&self, dispatcher: &Dispatcher, id: u32) -> Result<()> {
        let core = self.core();
        answer_done(dispatcher, id, async move { core.close().await })
    }
}

impl SqliteStore {
    /// The core store, for services that use this one.
    pub fn core(&self) -> Arc<SqliteMappingStore> {
        Arc::clone(&self.core)
    }
}

/// Internal: the native half of `sqliteConfigStore`.
#[napi]
pub struct SqliteConfig {
    core: Arc<SqliteConfigStore>,
}

fn config_text(config: StoredConfig) -> String {
    config.to_json()
}

#[napi]
impl SqliteConfig {
    /// Opens the file at `path`; `secrets` is a JSON array of strings.
    #[napi(constructor, catch_unwind)]
    pub fn new(path: String, secrets: String) -> Result<Self> {
        Ok(Self {
            core: Arc::new(SqliteConfigStore::new(&path, &secrets).map_err(thrown)?),
        })
    }

    /// Starts call `id`: returns the configuration, or null.
    #[napi(catch_unwind)]
    pub fn get_config(&self, dispatcher: &Dispatcher, id: u32) -> Result<()> {
        let core = Arc::clone(&self.core);
        let work = async move { core.get().await };
        answer(dispatcher, id, work, |found| {
            found.map_or_else(|| "null".to_owned(), config_text)
        })
    }

    /// Starts call `id`: creates the configuration from `data`, a JSON object.
    #[napi(catch_unwind)]
    pub fn create_config(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        data: String,
        user: Option<String>,
    ) -> Result<()> {
        let core = Arc::clone(&self.core);
        let work = async move { core.create(ConfigChange::from_json(&data)?, user).await };
        answer(dispatcher, id, work, config_text)
    }

    /// Starts call `id`: changes configuration `row` according to `data`, a JSON object.
    #[napi(catch_unwind)]
    pub fn update_config(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        row: String,
        data: String,
        user: Option<String>,
    ) -> Result<()> {
        let core = Arc::clone(&self.core);
        let work = async move {
            core.update(row, ConfigChange::from_json(&data)?, user)
                .await
        };
        answer(dispatcher, id, work, config_text)
    }

    /// Starts call `id`: removes configuration `row`; the answer is whether it existed.
    #[napi(catch_unwind)]
    pub fn delete_config(&self, dispatcher: &Dispatcher, id: u32, row: String) -> Result<()> {
        let core = Arc::clone(&self.core);
        let work = async move { core.delete(row).await };
        answer(dispatcher, id, work, |gone: bool| gone.to_string())
    }

    /// Starts call `id`: encrypts the key again with the first secret; the answer is whether that was necessary.
    #[napi(catch_unwind)]
    pub fn reencrypt(&self, dispatcher: &Dispatcher, id: u32) -> Result<()> {
        let core = Arc::clone(&self.core);
        let work = async move { core.reseal().await };
        answer(dispatcher, id, work, |changed: bool| changed.to_string())
    }

    /// Starts call `id`: closes the store.
    #[napi(catch_unwind)]
    pub fn close(&self, dispatcher: &Dispatcher, id: u32) -> Result<()> {
        let core = Arc::clone(&self.core);
        answer_done(dispatcher, id, async move { core.close().await })
    }
}

/// Internal: the hash of `data`, a JSON object, that stores keep.
#[napi(catch_unwind)]
pub fn version_hash(data: String) -> Result<String> {
    let data: Value = serde_json::from_str(&data).map_err(|_| {
        thrown(CrmError::validation(
            "dataForHash",
            "dataForHash must be an object",
        ))
    })?;
    Ok(crate::core::store::version_hash(&data))
}

//! `syncPersons` / `syncCompanies` underneath: one call a chunk, text in, text out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde_json::{Map, Value, json};

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use super::rest_client::{client_closed, failure};
use crate::core::sync::bulk::{BulkRun as CoreRun, ItemResult};

/// Internal: the native half of a bulk run, made by `SyncService.bulk`.
#[napi]
pub struct BulkRun {
    core: Arc<CoreRun>,
    closed: Arc<AtomicBool>,
}

#[napi]
impl BulkRun {
    /// Starts call `id`: the `number`th chunk of the run, a JSON array of flat records. The answer is a JSON array with
    /// one result for each.
    #[napi(catch_unwind)]
    pub fn chunk(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        number: u32,
        records: String,
    ) -> Result<()> {
        let core = Arc::clone(&self.core);
        let closed = Arc::clone(&self.closed);
        dispatcher.run(id, async move {
            if closed.load(Ordering::Acquire) {
                return failure(client_closed());
            }
            match core.chunk(u64::from(number), &records).await {
                Ok(results) => {
                    let results: Vec<Value> = results.into_iter().map(to_value).collect();
                    let text = Value::Array(results).to_string();
                    (AnswerKind::Success, AnswerText::Text(text))
                }
                Err(error) => failure(error),
            }
        })
    }

    /// Requests that this run has sent so far, repeats included.
    #[napi(catch_unwind)]
    pub fn requests(&self) -> f64 {
        // Exact up to 2^53, far beyond what a run can send.
        self.core.requests() as f64
    }
}

impl BulkRun {
    /// From what the service made.
    pub fn new(core: CoreRun, closed: Arc<AtomicBool>) -> Self {
        Self {
            core: Arc::new(core),
            closed,
        }
    }
}

fn to_value(result: ItemResult) -> Value {
    let mut object = Map::new();
    object.insert("status".into(), json!(result.status));
    object.insert("externalId".into(), result.external_id.into());
    if let Some(id) = result.id {
        object.insert("id".into(), id.into());
    }
    if let Some(data) = result.data {
        object.insert("data".into(), data);
    }
    if let Some(error) = result.error {
        object.insert("error".into(), error.to_value());
    }
    object.insert("warnings".into(), json!(result.warnings));
    Value::Object(object)
}

//! The native half of `syncPersons` and `syncCompanies`: one call per chunk, text in, text out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use super::rest_client::{client_closed, failure};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::record::result::{Settled, Status};
use crate::core::sync::run::BulkRun as CoreRun;
use crate::core::twenty::warning::SyncWarning;

/// Internal: the native half of a bulk run, made by `SyncService.bulk`.
#[napi]
pub struct BulkRun {
    core: Arc<CoreRun>,
    closed: Arc<AtomicBool>,
}

#[napi]
impl BulkRun {
    /// Starts call `id`: chunk `number` of the run, a JSON array of flat records. The answer is a JSON array with one
    /// result per record. Without `wants_results` it only has the number of results of each status, and all warnings.
    #[napi(catch_unwind)]
    pub fn chunk(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        number: u32,
        records: String,
        wants_results: bool,
    ) -> Result<()> {
        let core = Arc::clone(&self.core);
        let closed = Arc::clone(&self.closed);
        dispatcher.run(id, async move {
            if closed.load(Ordering::Acquire) {
                return failure(client_closed());
            }
            let number = u64::from(number);
            let text = if wants_results {
                let results = Box::pin(core.chunk(number, &records)).await;
                results.and_then(|results| {
                    let answers: Vec<Answer> = results.into_iter().map(Answer::new).collect();
                    json(&answers)
                })
            } else {
                let tally = Box::pin(core.chunk_counted(number, &records)).await;
                tally.and_then(|tally| json(&tally))
            };
            match text {
                Ok(text) => (AnswerKind::Success, AnswerText::Text(text)),
                Err(error) => failure(error),
            }
        })
    }

    /// Ends the run early: chunks whose writes have not started are not written.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.core.stop();
    }

    /// Requests that this run has sent so far, retries included.
    #[napi(catch_unwind)]
    pub fn requests(&self) -> f64 {
        // Exact up to 2^53, far more than a run can send.
        self.core.requests() as f64
    }
}

impl BulkRun {
    /// Wraps the core's run.
    pub fn new(core: CoreRun, closed: Arc<AtomicBool>) -> Self {
        Self {
            core: Arc::new(core),
            closed,
        }
    }
}

fn json(answer: &impl Serialize) -> std::result::Result<String, CrmError> {
    serde_json::to_string(answer).map_err(|error| {
        CrmError::new(
            ErrorCode::Unknown,
            format!("the results could not be written as JSON: {error}"),
        )
    })
}

/// One result in the form that JavaScript reads.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status: Status,
    external_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    warnings: Vec<SyncWarning>,
}

impl Answer {
    fn new(result: Settled) -> Self {
        Self {
            status: result.status,
            external_id: result.external_id,
            id: result.id,
            data: result.data,
            error: result.error.map(|error| error.to_value()),
            warnings: result.warnings,
        }
    }
}

//! The native half of `sqliteOutbox`: text in, text out.

use std::sync::Arc;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::dispatcher::Dispatcher;
use super::rest_client::thrown;
use super::sqlite_store::{answer, answer_done};
use crate::core::error::CrmError;
use crate::core::store::outbox::{Request, SqliteOutbox as CoreOutbox};

/// Internal: the native half of `sqliteOutbox`.
#[napi]
pub struct SqliteOutbox {
    core: Arc<CoreOutbox>,
}

#[napi]
impl SqliteOutbox {
    /// Opens the file at `path`; `secrets` is a JSON array of strings.
    #[napi(constructor, catch_unwind)]
    pub fn new(path: String, secrets: String) -> Result<Self> {
        Ok(Self {
            core: Arc::new(CoreOutbox::new(&path, &secrets).map_err(thrown)?),
        })
    }

    /// Starts call `id`: carries out `request`, the core's `Request` as JSON text.
    #[napi(catch_unwind)]
    pub fn ask(&self, dispatcher: &Dispatcher, id: u32, request: String) -> Result<()> {
        let core = Arc::clone(&self.core);
        let work = async move {
            let request: Request = serde_json::from_str(&request).map_err(|error| {
                CrmError::validation("request", format!("the request cannot be read: {error}"))
            })?;
            core.carry_out(request).await
        };
        answer(dispatcher, id, work, |found: serde_json::Value| {
            found.to_string()
        })
    }

    /// Starts call `id`: closes the store.
    #[napi(catch_unwind)]
    pub fn close(&self, dispatcher: &Dispatcher, id: u32) -> Result<()> {
        let core = Arc::clone(&self.core);
        answer_done(dispatcher, id, async move { core.close().await })
    }
}

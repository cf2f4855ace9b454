//! The native half of `TwentyCrmSchemaService`: text in, text out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use super::rest_client::{RestClient, client_closed, failure, thrown};
use crate::core::http::HttpClient;
use crate::core::sync::options::ServiceOptions;
use crate::core::sync::provisioning;
use crate::core::twenty::fields::FieldNames;

/// Internal: the native half of `TwentyCrmSchemaService`.
#[napi]
pub struct SchemaService {
    http: HttpClient,
    names: Arc<FieldNames>,
    closed: Arc<AtomicBool>,
}

#[napi]
impl SchemaService {
    /// From a client, and the options as JSON text.
    #[napi(constructor, catch_unwind)]
    pub fn new(client: &RestClient, options: String) -> Result<Self> {
        let options = ServiceOptions::from_json(&options).map_err(thrown)?;
        Ok(Self {
            http: client.http(),
            names: Arc::new(options.field_names),
            closed: client.closed_flag(),
        })
    }

    /// Starts call `id`: reads the schema; the answer is a plan as JSON text.
    #[napi(catch_unwind)]
    pub fn plan(&self, dispatcher: &Dispatcher, id: u32) -> Result<()> {
        let (http, names) = (self.http.clone(), Arc::clone(&self.names));
        let closed = Arc::clone(&self.closed);
        dispatcher.run(id, async move {
            if closed.load(Ordering::Acquire) {
                return failure(client_closed());
            }
            answer(provisioning::plan(&http, &names).await)
        })
    }

    /// Starts call `id`: creates missing fields, only those of `plan` if it is given (JSON text of a plan).
    #[napi(catch_unwind)]
    pub fn apply(&self, dispatcher: &Dispatcher, id: u32, plan: Option<String>) -> Result<()> {
        let (http, names) = (self.http.clone(), Arc::clone(&self.names));
        let closed = Arc::clone(&self.closed);
        dispatcher.run(id, async move {
            if closed.load(Ordering::Acquire) {
                return failure(client_closed());
            }
            let only = match plan.as_deref().map(provisioning::selection_from_json) {
                None => None,
                Some(Ok(selection)) => Some(selection),
                Some(Err(error)) => return failure(error),
            };
            answer(provisioning::apply(&http, &names, only).await)
        })
    }
}

fn answer<T: serde::Serialize>(
    outcome: std::result::Result<T, crate::core::error::CrmError>,
) -> (AnswerKind, AnswerText) {
    match outcome {
        Ok(result) => (
            AnswerKind::Success,
            AnswerText::Text(serde_json::to_string(&result).unwrap_or_default()),
        ),
        Err(error) => failure(error),
    }
}

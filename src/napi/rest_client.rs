//! The native half of `TwentyCrmRestClient`: text in, text out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use super::observer::{self, Listener};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{ClientConfig, HttpClient, Method, Request, RequestOptions};
use crate::core::twenty::connect::connect;

/// A core error for a synchronous `throw`: its JSON text, which `lib/dispatcher.js` parses.
pub fn thrown(error: CrmError) -> Error {
    Error::from_reason(error.to_json())
}

/// A core error as an answer.
pub fn failure(error: CrmError) -> (AnswerKind, AnswerText) {
    (AnswerKind::Failure, AnswerText::Text(error.to_json()))
}

/// Internal: the native half of `TwentyCrmRestClient`.
#[napi]
pub struct RestClient {
    http: HttpClient,
    closed: Arc<AtomicBool>,
}

#[napi]
impl RestClient {
    /// From the configuration as JSON text. `target` is the number of the registered hooks, `mask` the events that they
    /// want.
    #[napi(constructor, catch_unwind)]
    pub fn new(config: String, dispatcher: &Dispatcher, target: u32, mask: u32) -> Result<Self> {
        let http = ClientConfig::from_json(&config)
            .and_then(connect)
            .map_err(thrown)?;
        let observer = Listener::observer(dispatcher, target, mask);
        Ok(Self {
            http: http.for_owner(Some(observer)),
            closed: Arc::default(),
        })
    }

    /// Starts call `id`; its answer comes through the dispatcher.
    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments)]
    pub fn request(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        method: u8,
        path: String,
        body: Option<String>,
        options: Option<String>,
    ) -> Result<()> {
        let http = self.http.clone();
        let closed = Arc::clone(&self.closed);
        dispatcher.run(id, async move {
            if closed.load(Ordering::Acquire) {
                return failure(client_closed());
            }
            let request = match build(method, path, body, options) {
                Ok(request) => request,
                Err(error) => return failure(http.without_key(error)),
            };
            // Boxed: the call's state is then allocated on the thread that runs it, not on the JavaScript thread.
            match Box::pin(http.call(request)).await {
                Ok(response) => (AnswerKind::Success, AnswerText::Bytes(response.body)),
                Err(error) => failure(error),
            }
        })
    }

    /// Counters as JSON text.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> String {
        observer::stats(&self.http)
    }

    /// Makes further calls fail. Calls in flight go on; connections shared with other clients stay open.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

impl RestClient {
    /// The core client, for services that are made from this one.
    pub fn http(&self) -> HttpClient {
        self.http.clone()
    }

    /// Whether `close` was called, for services that are made from this client.
    pub fn closed_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.closed)
    }
}

/// The error of a call on a closed client.
pub fn client_closed() -> CrmError {
    CrmError::new(
        ErrorCode::OperationFailed,
        "the client is closed: make a new one",
    )
    .with_detail("reason", error_reason::CLOSED)
}

fn build(
    method: u8,
    path: String,
    body: Option<String>,
    options: Option<String>,
) -> std::result::Result<Request, CrmError> {
    // The numbers of `lib/rest-client.js`.
    let method = match method {
        0 => Method::GET,
        1 => Method::POST,
        2 => Method::PUT,
        3 => Method::PATCH,
        _ => Method::DELETE,
    };
    let request = Request::new(method, path, body.map(Bytes::from));
    Ok(match options {
        None => request,
        Some(text) => request.with_options(RequestOptions::from_json(&text)?),
    })
}

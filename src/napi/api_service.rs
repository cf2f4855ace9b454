//! `TwentyCrmApiService` underneath.

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use crate::core::twenty::connection_test;

/// Internal: starts a connection test as call `id`; the answer is a `TwentyCrmTestConnectionResult` as JSON text.
#[napi(catch_unwind)]
pub fn test_connection(
    dispatcher: &Dispatcher,
    id: u32,
    base_url: String,
    api_key: String,
) -> Result<()> {
    dispatcher.run(id, async move {
        let result = connection_test::test_connection(&base_url, &api_key).await;
        let text = serde_json::to_string(&result).unwrap_or_default();
        (AnswerKind::Success, AnswerText::Text(text))
    })
}

/// Internal: starts a reachability test as call `id`; the answer is `true` or `false`.
#[napi(catch_unwind)]
pub fn is_reachable(dispatcher: &Dispatcher, id: u32, base_url: String) -> Result<()> {
    dispatcher.run(id, async move {
        let reachable = connection_test::is_reachable(&base_url).await;
        (AnswerKind::Success, AnswerText::Text(reachable.to_string()))
    })
}

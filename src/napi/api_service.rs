//! The native half of `TwentyCrmApiService`.

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use crate::core::sync::doctor;
use crate::core::twenty::connection_test;

/// Internal: starts a connection test as call `id`; the answer is a `TwentyCrmTestConnectionResult` as JSON text.
#[napi(catch_unwind)]
pub fn test_connection(
    dispatcher: &Dispatcher,
    id: u32,
    base_url: String,
    api_key: String,
    options: Option<String>,
) -> Result<()> {
    dispatcher.run(id, async move {
        let result = {
            let options = options.as_deref().unwrap_or("{}");
            connection_test::test_connection(&base_url, &api_key, options).await
        };
        let text = serde_json::to_string(&result).unwrap_or_default();
        (AnswerKind::Success, AnswerText::Text(text))
    })
}

/// Internal: starts a reachability test as call `id`; the answer is `true` or `false`.
#[napi(catch_unwind)]
pub fn is_reachable(
    dispatcher: &Dispatcher,
    id: u32,
    base_url: String,
    options: Option<String>,
) -> Result<()> {
    dispatcher.run(id, async move {
        let reachable =
            connection_test::is_reachable(&base_url, options.as_deref().unwrap_or("{}")).await;
        (AnswerKind::Success, AnswerText::Text(reachable.to_string()))
    })
}

/// Internal: starts a diagnosis as call `id`; the answer is a diagnosis as JSON text. `config` is a client's
/// configuration, `options` `{fieldNames?}`.
#[napi(catch_unwind)]
pub fn diagnose(
    dispatcher: &Dispatcher,
    id: u32,
    config: String,
    options: Option<String>,
) -> Result<()> {
    dispatcher.run(id, async move {
        let diagnosis = doctor::diagnose(&config, options.as_deref().unwrap_or("{}")).await;
        let text = serde_json::to_string(&diagnosis).unwrap_or_default();
        (AnswerKind::Success, AnswerText::Text(text))
    })
}

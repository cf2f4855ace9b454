//! Tests whether a base URL and key lead to a Twenty workspace (`TwentyCrmApiService`).

use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::advice::{WRONG_ADDRESS, advice};
use super::connect::connect;
use crate::core::config::Options;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::{CaCertificates, ClientConfig, Request};

/// `TwentyCrmTestConnectionResult` of the public types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionTest {
    /// Whether the key may read records.
    pub ok: bool,
    /// From sending the first byte to reading the whole answer, in milliseconds.
    pub latency_ms: u64,
    /// For people: what was found, and what to do about it.
    pub message: String,
    /// The status, and the error's code and reason if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ConnectionDetails>,
}

/// Details of a test's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionDetails {
    /// The HTTP status, if there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error's code, with its reason if it has one: `AUTH_ERROR (expired)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Sends one request for the number of people, without retries. It never fails: errors are part of the result.
/// `options` are `{ timeout?, ca? }` as JSON text.
pub async fn test_connection(base_url: &str, api_key: &str, options: &str) -> ConnectionTest {
    let client = match config(base_url, api_key, options).and_then(connect) {
        Ok(client) => client,
        Err(error) => return failed(&error, 0),
    };
    let started = Instant::now();
    let outcome = client.call(probe("/rest/people?limit=0")).await;
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let checked = outcome.and_then(|response| {
        check_envelope(&response.body, response.status).map(|()| response.status)
    });
    match checked {
        Ok(status) => ConnectionTest {
            ok: true,
            latency_ms,
            message: format!("Connected to Twenty in {latency_ms} ms; the key may read people"),
            details: Some(ConnectionDetails {
                status: Some(status),
                error: None,
            }),
        },
        Err(error) => failed(&error, latency_ms),
    }
}

/// Whether any web server answers at this base URL, Twenty or not. A gateway that has no server behind it does not
/// count.
pub async fn is_reachable(base_url: &str, options: &str) -> bool {
    // The health route needs no key, but the client needs a text for it.
    let Ok(client) = config(base_url, "no-key-needed", options).and_then(connect) else {
        return false;
    };
    match client.call(probe("/healthz")).await {
        Ok(_) => true,
        // A proxy that refuses everything also answers.
        Err(error) => error
            .status
            .is_some_and(|status| status < 500 && status != 407),
    }
}

fn config(base_url: &str, api_key: &str, options: &str) -> Result<ClientConfig, CrmError> {
    let mut config = ClientConfig::new(base_url, api_key)?;
    let options = Options::parse(options, "options")?;
    if let Some(timeout_ms) = options.millis("timeout", 1)? {
        config.timeout_ms = timeout_ms;
    }
    config.ca = CaCertificates::from_options(&options)?;
    Ok(config)
}

fn probe(path: &str) -> Request {
    let mut request = Request::get(path);
    request.skip_retry = true;
    request
}

fn check_envelope(body: &[u8], status: u16) -> Result<(), CrmError> {
    let people = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|answer| answer.get("data")?.get("people").map(Value::is_array));
    if people == Some(true) {
        return Ok(());
    }
    Err(CrmError::new(
        ErrorCode::Unknown,
        "The server answers, but not like Twenty: check the base URL (the API's own address, without /rest)",
    )
    .with_status(status)
    .with_detail("reason", "NOT_TWENTY"))
}

fn failed(error: &CrmError, latency_ms: u64) -> ConnectionTest {
    let code = error.code.as_str();
    // These messages say what happened; the advice is the same for all calls.
    let advice = match error.code {
        ErrorCode::Timeout | ErrorCode::ServerError => advice(error),
        ErrorCode::NetworkError if error.reason() == Some("TLS") => advice(error),
        // Twenty never refuses this list as invalid, so the path leads elsewhere.
        ErrorCode::ValidationError if error.status.is_some() => Some(WRONG_ADDRESS),
        _ => None,
    };
    ConnectionTest {
        ok: false,
        latency_ms,
        message: match advice {
            Some(advice) => format!("{} {advice}", error.message),
            None => error.message.clone(),
        },
        details: Some(ConnectionDetails {
            status: error.status,
            error: Some(match error.reason() {
                Some(reason) => format!("{code} ({reason})"),
                None => code.to_owned(),
            }),
        }),
    }
}

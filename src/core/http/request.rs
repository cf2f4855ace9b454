//! A request of the layers above.

use std::fmt;

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use crate::core::config::Options;
use crate::core::error::CrmError;
use crate::core::quoted::Quoted;

/// Which calls go first if calls have to wait for a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// A single call that somebody waits for.
    #[default]
    Single,
    /// Part of a long run. It goes after single calls, but does not starve.
    Bulk,
}

/// One call. Times are in milliseconds. For fields that are `None`, the client's configuration applies.
#[derive(Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path and query under the base URL.
    pub path: String,
    /// JSON text, if the request has a body.
    pub body: Option<Bytes>,
    /// Additional headers. The client sets Authorization, Host and framing itself.
    pub headers: Vec<(String, String)>,
    /// Timeout of one attempt: connect, headers and body.
    pub timeout_ms: Option<u64>,
    /// Timeout of the whole call: all attempts and all waits.
    pub deadline_ms: Option<u64>,
    /// Makes one attempt only, even while the workspace is throttled, and returns its error at once.
    pub skip_retry: bool,
    /// Sent with every attempt of a write; generated if absent.
    pub idempotency_key: Option<String>,
    /// Whether the request may be sent again after a failure that leaves open whether the server carried it out.
    /// `None`: derived from the method, the idempotency key and the body.
    pub repeatable: Option<bool>,
    /// Whether the request is retried after a timeout.
    pub repeat_timeouts: bool,
    /// Rate-limit tokens that the call needs: one per REST call, one per GraphQL root field.
    pub cost: u32,
    /// Texts that the body of every success contains, for example the record's id. An answer without them belongs to
    /// another request (faulty load balancers and proxies mix answers up). The request is then retried on another
    /// connection.
    pub expects: Vec<String>,
    /// Whether the connection is closed after the answer, because an earlier answer on it was wrong.
    pub last_on_connection: bool,
}

impl Request {
    /// A request without a body.
    pub fn new(method: Method, path: impl Into<String>, body: Option<Bytes>) -> Self {
        Self {
            method,
            path: path.into(),
            body,
            headers: Vec::new(),
            timeout_ms: None,
            deadline_ms: None,
            skip_retry: false,
            idempotency_key: None,
            repeatable: None,
            repeat_timeouts: true,
            cost: 1,
            expects: Vec::new(),
            last_on_connection: false,
        }
    }

    /// GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None)
    }

    /// POST with a JSON body.
    pub fn post(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, path, Some(body.into()))
    }

    /// PATCH with a JSON body.
    pub fn patch(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PATCH, path, Some(body.into()))
    }

    /// PUT with a JSON body.
    pub fn put(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PUT, path, Some(body.into()))
    }

    /// DELETE.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    /// Sets whether the request may be sent again when the first outcome is unknown.
    #[must_use]
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = Some(repeatable);
        self
    }

    /// Sets the texts that the answer to this request must contain.
    #[must_use]
    pub fn expects<const N: usize>(mut self, texts: [String; N]) -> Self {
        self.expects = texts.into();
        self
    }

    /// Applies the per-call options of the REST client.
    #[must_use]
    pub fn with_options(mut self, options: RequestOptions) -> Self {
        self.headers = options.headers;
        self.timeout_ms = options.timeout_ms;
        self.deadline_ms = options.deadline_ms;
        self.skip_retry = options.skip_retry;
        self.idempotency_key = options.idempotency_key;
        self
    }
}

impl fmt::Debug for Request {
    /// Header values and the body may be confidential: show names and sizes only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .field("headers", &names)
            .field("skip_retry", &self.skip_retry)
            .finish_non_exhaustive()
    }
}

/// Per-call options of the REST client.
#[derive(Clone, Default)]
pub struct RequestOptions {
    /// Timeout of one attempt.
    pub timeout_ms: Option<u64>,
    /// Timeout of the whole call.
    pub deadline_ms: Option<u64>,
    /// Additional headers.
    pub headers: Vec<(String, String)>,
    /// One attempt only.
    pub skip_retry: bool,
    /// Sent as `Idempotency-Key` with every attempt.
    pub idempotency_key: Option<String>,
}

impl RequestOptions {
    /// From the caller's options as JSON text: `{timeout?, headers?, skipRetry?, idempotencyKey?, deadlineMs?}`.
    /// Unknown options are ignored; an error names an invalid one.
    pub fn from_json(json: &str) -> Result<Self, CrmError> {
        if matches!(json, "" | "{}" | "null" | "undefined") {
            return Ok(Self::default());
        }
        let options = Options::parse(json, "options")?;
        let idempotency_key = match options.get("idempotencyKey") {
            None => None,
            Some(Value::String(key)) => Some(key.clone()),
            Some(_) => {
                return Err(CrmError::validation(
                    "idempotencyKey",
                    "idempotencyKey must be a string",
                ));
            }
        };
        Ok(Self {
            timeout_ms: options.millis("timeout", 1)?,
            deadline_ms: options.millis("deadlineMs", 1)?,
            headers: read_headers(options.get("headers"))?,
            skip_retry: options.flag("skipRetry")?,
            idempotency_key,
        })
    }
}

fn read_headers(value: Option<&Value>) -> Result<Vec<(String, String)>, CrmError> {
    let refuse = |message: String| Err(CrmError::validation("headers", message));
    let headers = match value {
        None => return Ok(Vec::new()),
        Some(Value::Object(headers)) => headers,
        Some(_) => return refuse("headers must be an object of names and texts".into()),
    };
    let mut pairs = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        match value {
            Value::String(text) => pairs.push((name.clone(), text.clone())),
            _ => {
                return refuse(format!(
                    "headers: the value of {} must be a string",
                    Quoted(name)
                ));
            }
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = RequestOptions::from_json(
            r#"{"timeout":5,"headers":{"X-A":"1"},"skipRetry":true,"idempotencyKey":"k","deadlineMs":9,"signal":{}}"#,
        )
        .expect("good options");
        let request = Request::get("/x").with_options(options);
        assert_eq!(
            (request.timeout_ms, request.deadline_ms),
            (Some(5), Some(9))
        );
        assert_eq!(request.headers, [("X-A".to_owned(), "1".to_owned())]);
        assert!(request.skip_retry);
        assert_eq!(request.idempotency_key.as_deref(), Some("k"));
        assert!(RequestOptions::from_json("{}").is_ok());
    }

    #[test]
    fn bad_options_are_named() {
        for (json, field) in [
            ("5", "options"),
            (r#"{"timeout":0}"#, "timeout"),
            (r#"{"timeout":"1"}"#, "timeout"),
            (r#"{"deadlineMs":1.5}"#, "deadlineMs"),
            (r#"{"headers":[]}"#, "headers"),
            (r#"{"headers":{"X":1}}"#, "headers"),
            (r#"{"skipRetry":"yes"}"#, "skipRetry"),
            (r#"{"idempotencyKey":5}"#, "idempotencyKey"),
        ] {
            let Err(error) = RequestOptions::from_json(json) else {
                panic!("{json} was taken");
            };
            assert_eq!(error.details["field"], field, "{json}");
        }
    }

    #[test]
    fn debug_shows_neither_values_nor_body() {
        let mut request = Request::post("/x", "confidential");
        request.headers = vec![("X-A".into(), "hidden".into())];
        let text = format!("{request:?}");
        assert!(text.contains("X-A"));
        assert!(!text.contains("hidden") && !text.contains("confidential"));
    }
}

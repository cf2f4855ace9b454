//! A request as the layers above ask for it.

use std::fmt;

use bytes::Bytes;
use http::Method;

/// One call. Times are in milliseconds; what is `None` comes from the client's configuration.
#[derive(Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path and query under the base URL.
    pub path: String,
    /// JSON text, if the request has a body.
    pub body: Option<Bytes>,
    /// Further headers. Authorization, Host and framing are not the caller's.
    pub headers: Vec<(String, String)>,
    /// Per attempt, over connect, headers and body.
    pub timeout_ms: Option<u64>,
    /// For the whole call: all attempts and all waiting.
    pub deadline_ms: Option<u64>,
    /// One attempt only, sent even while the workspace is throttled; its error comes back at once.
    pub skip_retry: bool,
    /// Sent with every attempt of a write; made up when absent.
    pub idempotency_key: Option<String>,
    /// Whether the request may be sent again after a failure that leaves open whether the server carried it out.
    /// `None`: worked out from the method, the idempotency key and the body.
    pub repeatable: Option<bool>,
    /// Rate-limit tokens that the call takes: one per REST call, one per GraphQL root field (WIRE.md section 11).
    pub cost: u32,
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
            cost: 1,
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

    /// Says whether the request may be sent again when it is unknown whether the server carried it out.
    #[must_use]
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = Some(repeatable);
        self
    }

    /// Applies what the caller of the REST client asked for.
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
    /// Header values and the body may be confidential: names and sizes only.
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
    /// Per attempt.
    pub timeout_ms: Option<u64>,
    /// For the whole call.
    pub deadline_ms: Option<u64>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// One attempt only.
    pub skip_retry: bool,
    /// Sent as `Idempotency-Key` with every attempt.
    pub idempotency_key: Option<String>,
}

//! Requests and responses for the handlers, independent of sockets.

use std::sync::{Arc, Weak};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use crate::auth::ApiKey;
use crate::errors::ApiError;

/// A parsed request, authenticated if its route requires it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Upper-case method.
    pub method: String,
    /// Path as sent, without the query and without trailing slashes.
    pub path: String,
    /// Raw query string, without the question mark.
    pub raw_query: String,
    /// Decoded query parameters in order (`+` is decoded as a space).
    pub query: Vec<(String, String)>,
    /// Header names in lower case, values as sent.
    pub headers: Vec<(String, String)>,
    /// Raw body.
    pub body: Vec<u8>,
    /// Parsed body; `None` if there is none, or no parser accepts it.
    pub json: Option<Value>,
    /// The key of the bearer token; set on all routes with authentication.
    pub key: Option<ApiKey>,
}

impl Request {
    /// First header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The only value of a query parameter. The real server reads a repeated parameter as an array and treats it as
    /// absent; so does this one.
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut values = self.query.iter().filter(|(n, _)| n == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Path segments, percent-decoded, empty ones dropped.
    pub fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|s| !s.is_empty())
            .map(|s| percent_decode_str(s).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// Splits a request target into path and query.
    pub fn set_target(&mut self, target: &str) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let trimmed = path.trim_end_matches('/');
        self.path = if trimmed.is_empty() {
            "/".to_owned()
        } else {
            trimmed.to_owned()
        };
        self.raw_query = query.to_owned();
        self.query = parse_query(query);
    }
}

/// Decodes `a=b&c=d` into pairs.
pub fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_form(name), decode_form(value))
        })
        .collect()
}

fn decode_form(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// An answer before it is encoded.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, `None` for empty bodies.
    pub content_type: Option<&'static str>,
    /// Additional headers.
    pub headers: Vec<(String, String)>,
    /// Body bytes.
    pub body: Vec<u8>,
    /// Whether the answer gets a weak ETag.
    pub etag: bool,
    /// Whether the body is sent chunked.
    pub chunked: bool,
    /// Whether the connection is closed afterwards.
    pub close: bool,
    /// Simulated time the server spends before it answers.
    pub service_time: Duration,
    /// Held until the answer is sent.
    pub in_flight: Option<InFlight>,
}

/// Held by the answer to a request that inserted rows. While it exists, the request is still being answered: in this
/// window a second upsert of the same key loses the race (`docs/twenty/protocol.md#upserts`).
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<()>);

/// A row's reference to the request that inserted it.
#[derive(Debug, Clone)]
pub struct InsertedBy(Weak<()>);

impl InFlight {
    /// A mark for the rows that the request inserts.
    pub fn mark(&self) -> InsertedBy {
        InsertedBy(Arc::downgrade(&self.0))
    }
}

impl InsertedBy {
    /// Whether the request is still being answered.
    pub fn is_running(&self) -> bool {
        self.0.strong_count() > 0
    }
}

/// Content type of all answers of the REST controllers.
pub const JSON_UTF8: &str = "application/json; charset=utf-8";

impl Response {
    /// A JSON answer.
    pub fn json<T: Serialize + ?Sized>(status: u16, body: &T) -> Self {
        // Values built by this crate only have string keys, so serialising cannot fail.
        Self::bytes(status, serde_json::to_vec(body).unwrap_or_default())
    }

    /// A JSON answer with a finished text.
    pub fn bytes(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type: Some(JSON_UTF8),
            headers: Vec::new(),
            body,
            etag: true,
            chunked: false,
            close: false,
            service_time: Duration::ZERO,
            in_flight: None,
        }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            content_type: None,
            etag: false,
            ..Self::bytes(status, Vec::new())
        }
    }

    /// Marks the answer as one of a middleware: no charset, no ETag, chunked.
    #[must_use]
    pub fn from_middleware(mut self) -> Self {
        self.content_type = Some("application/json");
        self.etag = false;
        self.chunked = true;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl From<ApiError> for Response {
    fn from(error: ApiError) -> Self {
        let response = Self::json(error.status(), &error.body());
        match error {
            ApiError::Auth { .. } => response.from_middleware(),
            ApiError::Limit(refusal) => refusal
                .headers()
                .into_iter()
                .fold(response, |response, (name, value)| {
                    response.header(name, value)
                }),
            _ => response,
        }
    }
}

/// The result of every handler.
pub type ApiResult<T> = Result<T, ApiError>;

/// Converts a handler's result to an answer.
pub fn respond(result: ApiResult<Response>) -> Response {
    result.unwrap_or_else(Response::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_split_and_decode() {
        let mut request = Request::default();
        request.set_target("/rest/people/?filter=a%5Beq%5D%3Ax+y&limit=2&limit=3");
        assert_eq!(request.path, "/rest/people");
        assert_eq!(request.query("filter"), Some("a[eq]:x y"));
        assert_eq!(request.query("limit"), None);
        assert_eq!(request.segments(), ["rest", "people"]);
    }
}

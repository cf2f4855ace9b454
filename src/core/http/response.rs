//! An answer as the layers above get it.

use bytes::Bytes;
use http::HeaderMap;

/// A successful answer. The body is the server's, untouched.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status, 2xx or 304.
    pub status: u16,
    /// The body's bytes; empty for 204 and HEAD.
    pub body: Bytes,
    /// The answer's headers.
    pub headers: HeaderMap,
    /// How many requests this call took, redirects not counted.
    pub attempts: u32,
    /// Whether the server may have carried out an earlier attempt of this call whose answer was lost.
    pub ambiguous: bool,
}

impl Response {
    /// A header's value, if it is present and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

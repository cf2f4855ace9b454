//! One request, one answer: the seam between the retry loop and the network.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};
use url::Url;

/// Sends one request and reads the whole answer. Follows no redirect, retries nothing.
/// Dropping the future gives the request up; the client bounds it in time.
pub trait Transport: Send + Sync {
    /// Sends `request`; the answer's body is complete when this resolves.
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>>;
}

/// A request in full, built anew for each attempt.
#[derive(Clone, Debug)]
pub struct TransportRequest {
    /// HTTP method.
    pub method: Method,
    /// Where to, absolute.
    pub url: Url,
    /// All headers that are to be sent, framing aside.
    pub headers: HeaderMap,
    /// The body, if there is one.
    pub body: Option<Bytes>,
    /// The time that this attempt has (already enforced by the caller).
    pub timeout: Duration,
    /// Longest body that is read; a longer one is an error of kind [`TransportErrorKind::TooLarge`].
    pub max_response_bytes: usize,
    /// Raised by the transport when the first byte of the request may have left; starts raised where nobody asks.
    pub sent: SentFlag,
}

/// Whether a request may have left this machine. Tells a repeat that is harmless from one that may double a record.
#[derive(Clone, Debug, Default)]
pub struct SentFlag(Option<Arc<AtomicBool>>);

impl SentFlag {
    /// A flag that is tracked, not raised yet.
    pub fn tracked() -> Self {
        Self(Some(Arc::new(AtomicBool::new(false))))
    }

    /// Whether somebody wants to know.
    pub fn is_tracked(&self) -> bool {
        self.0.is_some()
    }

    /// The request may have left.
    pub fn raise(&self) {
        if let Some(flag) = &self.0 {
            flag.store(true, Ordering::Release);
        }
    }

    /// Whether the request may have left; always so when nobody tracked it.
    pub fn is_raised(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|flag| flag.load(Ordering::Acquire))
    }
}

/// An answer with its whole body.
#[derive(Clone, Debug)]
pub struct TransportResponse {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The complete body.
    pub body: Bytes,
}

/// Which part of sending and receiving failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No connection could be made.
    Connect,
    /// The host's name could not be resolved.
    Dns,
    /// The TLS handshake failed.
    Tls,
    /// The connection broke, before or within the answer.
    Reset,
    /// No complete answer in time.
    Timeout,
    /// The answer is larger than this package reads.
    TooLarge,
    /// What came back is not HTTP.
    Protocol,
    /// The environment names a proxy that cannot be used.
    Proxy,
    /// The request cannot be sent as it is.
    Request,
}

/// A request that got no complete answer.
#[derive(Clone)]
pub struct TransportError {
    /// What failed.
    pub kind: TransportErrorKind,
    /// Whether the server may have seen the request.
    pub sent: bool,
    /// The causes, outermost first, as the operating system and the libraries word them.
    pub message: String,
    /// What to do about it, where the cause tells.
    pub advice: Option<&'static str>,
    /// The proxy that the request went through, without its credentials.
    pub proxy: Option<String>,
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} (sent: {}): {}", self.kind, self.sent, self.message)
    }
}

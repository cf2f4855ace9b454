//! One request, one answer: the interface between the retry loop and the network.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};
use url::Url;

/// Sends one request and reads the whole answer. It follows no redirect and retries nothing. Dropping the future
/// cancels the request; the client sets the time limit.
pub trait Transport: Send + Sync {
    /// Sends `request`; the answer's body is complete when this resolves.
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>>;
}

/// A complete request, built anew for each attempt.
#[derive(Clone, Debug)]
pub struct TransportRequest {
    /// HTTP method.
    pub method: Method,
    /// The absolute URL.
    pub url: Url,
    /// All headers except framing.
    pub headers: HeaderMap,
    /// The body, if there is one.
    pub body: Option<Bytes>,
    /// The time for this attempt (the caller enforces it).
    pub timeout: Duration,
    /// Largest body that is read; a larger one is an error of kind [`TransportErrorKind::TooLarge`].
    pub max_response_bytes: usize,
    /// Set by the transport when the first byte of the request may have left. Starts set if nobody tracks it.
    pub sent: SentFlag,
}

/// Whether a request may have left this machine. It decides whether a repeat is harmless or may create a duplicate.
#[derive(Clone, Debug, Default)]
pub struct SentFlag(Option<Arc<AtomicBool>>);

impl SentFlag {
    /// A tracked flag, not set yet.
    pub fn tracked() -> Self {
        Self(Some(Arc::new(AtomicBool::new(false))))
    }

    /// Whether somebody tracks it.
    pub fn is_tracked(&self) -> bool {
        self.0.is_some()
    }

    /// The request may have left.
    pub fn raise(&self) {
        if let Some(flag) = &self.0 {
            flag.store(true, Ordering::Release);
        }
    }

    /// Whether the request may have left; always true if nobody tracks it.
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

/// The part of the exchange that failed.
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
    /// The answer is not HTTP.
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
    /// The causes, outermost first, in the words of the operating system and the libraries.
    pub message: String,
    /// What to do about it, if the cause is clear.
    pub advice: Option<&'static str>,
    /// The proxy of the request, without its credentials.
    pub proxy: Option<String>,
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} (sent: {}): {}", self.kind, self.sent, self.message)
    }
}

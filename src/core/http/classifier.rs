//! What an answer means: the only place where the layer above tells this one about its server.

use std::time::Duration;

use http::Method;

use super::TransportResponse;
use crate::core::error::CrmError;

/// Decides whether an answer is a success, and what to do if it is not.
pub trait Classifier: Send + Sync {
    /// Classifies `response`, the complete answer to `method` on `request_path` (as the caller gave it).
    fn classify(
        &self,
        request_path: &str,
        method: &Method,
        response: &TransportResponse,
    ) -> Verdict;
}

/// The meaning of an answer.
#[derive(Debug)]
pub enum Verdict {
    /// The server carried the request out.
    Ok,
    /// The server did not.
    Failed(Box<Failure>),
}

/// An answer that is a failure.
#[derive(Debug)]
pub struct Failure {
    /// The caller's error if nothing more is tried.
    pub error: CrmError,
    /// Whether a retry may help.
    pub retry: bool,
    /// Whether the server may have carried the request out anyway (a gateway lost the answer).
    pub ambiguous: bool,
    /// How long to wait according to the body. The client itself reads the `Retry-After` header.
    pub retry_after: Option<Duration>,
    /// Set if this is the rate limit: the whole workspace waits.
    pub rate_limit: Option<RateLimit>,
}

/// What the server said about its rate limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls per window.
    pub limit: Option<u32>,
    /// The window's length.
    pub window: Option<Duration>,
}

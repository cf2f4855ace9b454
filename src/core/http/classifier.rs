//! What an answer means: the one place where the layer above tells this one about its server.

use std::time::Duration;

use http::Method;

use super::TransportResponse;
use crate::core::error::CrmError;

/// Reads an answer and says whether it is a success, and if not, what to do about it.
pub trait Classifier: Send + Sync {
    /// Judges `response`, the complete answer to `method` on `request_path` (as the caller gave it).
    fn classify(
        &self,
        request_path: &str,
        method: &Method,
        response: &TransportResponse,
    ) -> Verdict;
}

/// What an answer means.
#[derive(Debug)]
pub enum Verdict {
    /// The server did what it was asked to do.
    Ok,
    /// It did not.
    Failed(Box<Failure>),
}

/// An answer that is a failure.
#[derive(Debug)]
pub struct Failure {
    /// What the caller gets when nothing more is tried.
    pub error: CrmError,
    /// Whether sending the same request again may help.
    pub retry: bool,
    /// Whether the server may have carried the request out all the same (a gateway that lost the answer).
    pub ambiguous: bool,
    /// How long to wait, as the body says it. The `Retry-After` header is read by the client itself.
    pub retry_after: Option<Duration>,
    /// Set when this is the rate limit: the whole workspace waits.
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

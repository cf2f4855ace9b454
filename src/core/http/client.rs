//! One call, however many attempts it takes.

use std::sync::Arc;

use super::{Classifier, Clock, Jitter, Request, Response, Transport, Workspace};
use crate::core::config::ClientConfig;
use crate::core::error::{CrmError, ErrorCode};

/// Sends calls of one configuration. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    config: ClientConfig,
    parts: Parts,
}

/// What a client is made of; tests replace what they need to.
pub struct Parts {
    /// Shared with the other clients of the workspace.
    pub workspace: Arc<Workspace>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Knows the server's answers.
    pub classifier: Arc<dyn Classifier>,
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub jitter: Arc<dyn Jitter>,
}

/// Counters since the client was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HttpStats {
    /// Requests sent, repeats included.
    pub requests: u64,
    /// Requests that were repeats after a failure.
    pub retries: u64,
    /// Answers that were the rate limit.
    pub throttled: u64,
    /// Calls that ended in an error.
    pub failures: u64,
}

impl HttpClient {
    /// A client with given parts.
    pub fn with_parts(config: ClientConfig, parts: Parts) -> Result<Self, CrmError> {
        Ok(Self {
            inner: Arc::new(Inner { config, parts }),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &ClientConfig {
        &self.inner.config
    }

    /// What the clients of this workspace share.
    pub fn workspace(&self) -> &Arc<Workspace> {
        &self.inner.parts.workspace
    }

    /// Counters since the client was made.
    pub fn stats(&self) -> HttpStats {
        HttpStats::default()
    }

    /// Sends `request`, waits for the rate limit, repeats what may be repeated. Dropping the future gives up the call:
    /// the socket closes, no sleep goes on.
    pub async fn call(&self, request: Request) -> Result<Response, CrmError> {
        Err(CrmError::new(
            ErrorCode::OperationFailed,
            format!("{} {} cannot be sent yet", request.method, request.path),
        ))
    }
}

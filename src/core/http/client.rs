//! The client: configuration, shared parts and counters. What happens to one call is in `call.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderValue, header};

use super::call::Call;
use super::pacing::Cap;
use super::redact::Redactor;
use super::reqwest_transport::ReqwestTransport;
use super::{
    Classifier, Clock, FullJitter, Jitter, Priority, Request, Response, SystemClock, Transport,
    Workspace,
};
use crate::core::config::ClientConfig;
use crate::core::error::CrmError;

/// Sent with every request.
const USER_AGENT: &str = concat!("twenty-crm-native/", env!("CARGO_PKG_VERSION"));

/// Sends calls of one configuration. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: ClientConfig,
    pub(super) parts: Parts,
    pub(super) redactor: Redactor,
    /// Sent with every request; cloning header values copies no bytes.
    pub(super) base_headers: HeaderMap,
    pub(super) counters: Counters,
    pub(super) priority: Priority,
    /// The caller's own cap.
    pub(super) cap: Option<Arc<Cap>>,
}

/// What a client is made of; tests replace what they need to.
#[derive(Clone)]
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

#[derive(Default)]
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) failures: AtomicU64,
}

impl HttpClient {
    /// A client over the process's connection pool, sharing limiter and retry budget with all clients of the same base
    /// URL and key. Opens no connection.
    pub fn new(config: ClientConfig, classifier: Arc<dyn Classifier>) -> Result<Self, CrmError> {
        let parts = Parts {
            workspace: Workspace::shared(&config.base_url, &config.api_key),
            transport: ReqwestTransport::shared(),
            classifier,
            clock: Arc::new(SystemClock),
            jitter: Arc::new(FullJitter),
        };
        Self::with_parts(config, parts)
    }

    /// A client with given parts.
    pub fn with_parts(config: ClientConfig, parts: Parts) -> Result<Self, CrmError> {
        let mut base_headers = HeaderMap::with_capacity(8);
        base_headers.insert(header::AUTHORIZATION, config.api_key.authorization()?);
        base_headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        base_headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let cap = config
            .max_requests_per_minute
            .map(|per_minute| parts.workspace.caps.of(per_minute));
        Ok(Self {
            inner: Arc::new(Inner {
                redactor: Redactor::new(&config.api_key),
                config,
                parts,
                base_headers,
                counters: Counters::default(),
                priority: Priority::Single,
                cap,
            }),
        })
    }

    /// The same client for one long run: with counters of its own, and its calls go after single ones.
    #[must_use]
    pub fn for_bulk(&self) -> Self {
        let inner = &*self.inner;
        Self {
            inner: Arc::new(Inner {
                config: inner.config.clone(),
                parts: inner.parts.clone(),
                redactor: Redactor::new(&inner.config.api_key),
                base_headers: inner.base_headers.clone(),
                counters: Counters::default(),
                priority: Priority::Bulk,
                cap: inner.cap.clone(),
            }),
        }
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
        let counters = &self.inner.counters;
        HttpStats {
            requests: counters.requests.load(Ordering::Relaxed),
            retries: counters.retries.load(Ordering::Relaxed),
            throttled: counters.throttled.load(Ordering::Relaxed),
            failures: counters.failures.load(Ordering::Relaxed),
        }
    }

    /// Sends `request`, waits for the rate limit, repeats what may be repeated. Dropping the future gives up the call:
    /// the socket closes, no sleep goes on.
    pub async fn call(&self, request: Request) -> Result<Response, CrmError> {
        let inner = &*self.inner;
        let result = match Call::prepare(inner, request) {
            Ok(call) => call.run().await,
            Err(error) => Err(error),
        };
        result.map_err(|mut error| {
            inner.counters.failures.fetch_add(1, Ordering::Relaxed);
            inner.redactor.clean_error(&mut error);
            error
        })
    }
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpClient")
            .field("config", &self.inner.config)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

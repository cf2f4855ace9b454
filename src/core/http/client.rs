//! The client: configuration, shared parts and counters. `call.rs` runs a single call.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};

use super::call::Call;
use super::client_parts::{Caller, Inner};
use super::network::NetworkTransport;
use super::observer::{Observer, Owner};
use super::redact::Redactor;
use super::{
    Classifier, ClientConfig, FullJitter, Parts, Priority, Request, Response, SystemClock,
    Workspace,
};
use crate::core::error::CrmError;
use crate::core::metrics::Metrics;

/// Sent with every request.
const USER_AGENT: &str = concat!("twenty-crm-native/", env!("CARGO_PKG_VERSION"));

/// Sends calls with one configuration. Cloning is cheap, and clones share everything.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
    owner: Arc<Owner>,
    priority: Priority,
    /// The caller's run that requests belong to. `None`: they belong to the call that makes them.
    operation: Option<u32>,
}

/// Counters since the client was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HttpStats {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Requests that were retries.
    pub retries: u64,
    /// Answers that reported the rate limit.
    pub throttled: u64,
    /// Calls that ended in an error.
    pub failures: u64,
}

impl HttpClient {
    /// A client over the process's connection pool, sharing limiter and retry budget with all clients of the same base
    /// URL and key. Opens no connection.
    pub fn new(config: ClientConfig, classifier: Arc<dyn Classifier>) -> Result<Self, CrmError> {
        let parts = Parts {
            workspace: Workspace::shared(&config.base_url, &config.api_key),
            transport: NetworkTransport::shared(config.ca.as_ref()),
            classifier,
            clock: Arc::new(SystemClock),
            jitter: Arc::new(FullJitter),
        };
        Self::with_parts(config, parts)
    }

    /// A client with the given parts.
    pub fn with_parts(config: ClientConfig, parts: Parts) -> Result<Self, CrmError> {
        let mut base_headers = HeaderMap::with_capacity(8);
        base_headers.insert(header::AUTHORIZATION, config.api_key.authorization()?);
        base_headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        // The client decodes no encoding, and without this header the server may choose any.
        base_headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        base_headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let quota = config
            .max_requests_per_minute
            .map(|per_minute| parts.workspace.quotas.of(per_minute));
        Ok(Self {
            inner: Arc::new(Inner {
                redactor: Redactor::new(&config.api_key),
                config,
                parts,
                base_headers,
                quota,
            }),
            owner: Arc::default(),
            priority: Priority::Single,
            operation: None,
        })
    }

    /// The same client with its own counters, for a service or for another observer. This client counts its requests
    /// too.
    #[must_use]
    pub fn for_owner(&self, observer: Option<Arc<dyn Observer>>) -> Self {
        Self {
            owner: Arc::new(Owner::below(&self.owner, observer)),
            ..self.clone()
        }
    }

    /// The same client for requests that several calls share. Each call has a client with the same [transport
    /// settings](Self::transport_settings): each client counts the request once, and its observer is told which of its
    /// calls the request serves.
    #[must_use]
    pub fn shared_by<'a>(&self, calls: impl Iterator<Item = (&'a Self, Option<u32>)>) -> Self {
        let owners = calls.map(|(client, call)| (&client.owner, call));
        Self {
            owner: Arc::new(Owner::shared(owners)),
            priority: Priority::Single,
            operation: None,
            ..self.clone()
        }
    }

    /// A digest of all settings that decide how a request is sent. Clients with the same digest can share a request.
    pub fn transport_settings(&self) -> u64 {
        let Inner { config, parts, .. } = &*self.inner;
        let mut hasher = DefaultHasher::new();
        Arc::as_ptr(&parts.transport).cast::<()>().hash(&mut hasher);
        Arc::as_ptr(&parts.workspace).hash(&mut hasher);
        (
            config.timeout_ms,
            config.max_retries,
            config.initial_backoff_ms,
            config.max_backoff_ms,
            config.deadline_ms,
            config.max_throttle_wait_ms,
            config.max_requests_per_minute,
            config.max_response_bytes,
        )
            .hash(&mut hasher);
        hasher.finish()
    }

    /// The same client for one long run: it has its own counters, and single calls go first.
    #[must_use]
    pub fn for_bulk(&self) -> Self {
        Self {
            priority: Priority::Bulk,
            ..self.for_owner(None)
        }
    }

    /// The same client for a run that consists of several calls: its events carry the run's id.
    #[must_use]
    pub fn for_operation(&self, operation: u32) -> Self {
        Self {
            operation: Some(operation),
            ..self.clone()
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

    /// The most important counters since the client was made.
    pub fn stats(&self) -> HttpStats {
        let metrics = self.metrics();
        HttpStats {
            requests: metrics.requests.get(),
            retries: metrics.retries.get(),
            throttled: metrics.throttled.get(),
            failures: metrics.failures().map(|(_, count)| count).sum(),
        }
    }

    /// All counters since the client was made.
    pub fn metrics(&self) -> &Metrics {
        &self.owner.metrics
    }

    /// Counts something here and in the clients that this one was derived from.
    pub fn count(&self, add: impl Fn(&Metrics)) {
        self.owner.count(add);
    }

    /// Sends `request`, waits for the rate limit, and retries what is safe to retry. Dropping the future cancels the
    /// call: the socket is closed and no timer is left.
    pub async fn call(&self, request: Request) -> Result<Response, CrmError> {
        let caller = Caller {
            client: &self.inner,
            owner: &self.owner,
            priority: self.priority,
            operation: self.operation,
        };
        let result = match Call::prepare(caller, request) {
            Ok(call) => call.run().await,
            Err(error) => Err(error),
        };
        result.map_err(|error| {
            self.count(|metrics| metrics.failed(error.code));
            self.without_key(error)
        })
    }

    /// The error with the API key redacted.
    pub fn without_key(&self, mut error: CrmError) -> CrmError {
        self.inner.redactor.clean_error(&mut error);
        error
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

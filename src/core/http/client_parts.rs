//! What a client is made of, as its calls see it.

use std::sync::Arc;

use http::HeaderMap;

use super::observer::Owner;
use super::redact::Redactor;
use super::throttle::ClientQuota;
use super::{Classifier, ClientConfig, Clock, Jitter, Priority, Transport, Workspace};

/// What all calls of a client share.
pub(super) struct Inner {
    pub(super) config: ClientConfig,
    pub(super) parts: Parts,
    pub(super) redactor: Redactor,
    /// Sent with every request; cloning header values copies no bytes.
    pub(super) base_headers: HeaderMap,
    /// The caller's own quota.
    pub(super) quota: Option<Arc<ClientQuota>>,
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

/// On whose behalf a call is made.
pub(super) struct Caller<'a> {
    pub(super) client: &'a Inner,
    /// Whose counters count the call, and whose observer is told of it.
    pub(super) owner: &'a Owner,
    pub(super) priority: Priority,
    /// The caller's run that the call belongs to.
    pub(super) operation: Option<u32>,
}

//! The parts of a client, as its calls see them.

use std::sync::Arc;

use http::HeaderMap;

use super::observer::Owner;
use super::redact::Redactor;
use super::throttle::ClientQuota;
use super::{Classifier, ClientConfig, Clock, Jitter, Priority, Transport, Workspace};

/// State that all calls of a client share.
pub(super) struct Inner {
    pub(super) config: ClientConfig,
    pub(super) parts: Parts,
    pub(super) redactor: Redactor,
    /// Sent with every request; cloning header values copies no bytes.
    pub(super) base_headers: HeaderMap,
    /// The caller's own quota.
    pub(super) quota: Option<Arc<ClientQuota>>,
}

/// The parts of a client. Tests replace those that they need to.
#[derive(Clone)]
pub struct Parts {
    /// Shared with the other clients of the workspace.
    pub workspace: Arc<Workspace>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Classifies the server's answers.
    pub classifier: Arc<dyn Classifier>,
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub jitter: Arc<dyn Jitter>,
}

/// Who makes a call.
pub(super) struct Caller<'a> {
    pub(super) client: &'a Inner,
    /// The counters that count the call, and the observer that is told of it.
    pub(super) owner: &'a Owner,
    pub(super) priority: Priority,
    /// The caller's run that the call belongs to.
    pub(super) operation: Option<u32>,
}

//! Observers of requests, and the counters.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::core::metrics::Metrics;
use crate::core::origin;

/// The kinds of events. Each is a bit, the same as in `lib/observability/channels.js`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum EventKind {
    /// An attempt begins.
    RequestStart = 1,
    /// An attempt has ended.
    RequestEnd = 2,
    /// An attempt failed and will be retried.
    Retry = 4,
    /// The rate limit refused a call, or a call has waited for it.
    Throttle = 8,
    /// A call has finally failed.
    Failure = 16,
}

/// The call and run that a request belongs to.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The caller's call, whose async context receives the event; 0 if there is none.
    pub call: u32,
    /// The caller's run, otherwise the call; 0 if there is none.
    pub operation_id: u32,
}

impl Origin {
    /// The origin of work for run `operation`, or else for the current call.
    pub(super) fn of(operation: Option<u32>) -> Self {
        let call = origin::current().unwrap_or_default();
        Self {
            call,
            operation_id: operation.unwrap_or(call),
        }
    }
}

/// One event. It never contains a body, a key, a query or an error's text, because those may name people.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    /// What happened.
    #[serde(serialize_with = "as_number")]
    pub kind: EventKind,
    /// What the request is made for.
    #[serde(flatten)]
    pub origin: Origin,
    /// HTTP method.
    pub method: &'a str,
    /// The path in the form that may be shown: see [`super::path_template::of`].
    pub path: &'a str,
    /// The attempt's number within its call, from 1.
    pub attempt: u32,
    /// A number for each observed attempt of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<u64>,
    /// When it began, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_ms: Option<f64>,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// HTTP status, where there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Class of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The failure's machine-readable reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// Whether the caller cancelled the attempt.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub aborted: bool,
    /// Bytes of the request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_sent: Option<usize>,
    /// Bytes of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_received: Option<usize>,
    /// How long the call waits before its next attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<f64>,
    /// Retries left after the coming one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries_left: Option<u32>,
    /// `refused`, `paced` or `capped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// How long a call has waited, or was told to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<f64>,
    /// The caller's calls that share the request, if there are several.
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    pub operation_ids: &'a [u32],
}

impl Event<'_> {
    /// An event with only the basic fields.
    pub(super) fn new(kind: EventKind, origin: Origin, attempt: u32) -> Self {
        Self {
            kind,
            origin,
            method: "",
            path: "",
            attempt,
            request_id: None,
            start_time_ms: None,
            duration_ms: None,
            status: None,
            code: None,
            reason: None,
            aborted: false,
            bytes_sent: None,
            bytes_received: None,
            delay_ms: None,
            retries_left: None,
            cause: None,
            wait_ms: None,
            operation_ids: &[],
        }
    }
}

fn as_number<S: serde::Serializer>(kind: &EventKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u32(*kind as u32)
}

/// Receives events. It must be quick and must not fail.
pub trait Observer: Send + Sync {
    /// Whether anybody listens for `kind` now. It is asked for every request, so it must cost no more than an atomic
    /// load.
    fn wants(&self, kind: EventKind) -> bool;
    /// Takes an event that is wanted; false if it was dropped.
    fn notify(&self, event: &Event<'_>) -> bool;
}

/// The owners of requests: each counts the request once, here and in all parents.
#[derive(Default)]
pub(super) struct Owner {
    pub(super) metrics: Metrics,
    above: Vec<Arc<Owner>>,
    told: Vec<Told>,
}

/// An observer and the calls that it is told about.
#[derive(Clone)]
struct Told {
    observer: Arc<dyn Observer>,
    /// The calls of this observer that share the requests; empty if a request belongs to the current call.
    calls: Vec<u32>,
}

impl Owner {
    /// An owner below `parent`, with its own observer or its parent's.
    pub(super) fn below(parent: &Arc<Self>, observer: Option<Arc<dyn Observer>>) -> Self {
        let told = match observer {
            Some(observer) => vec![Told {
                observer,
                calls: Vec::new(),
            }],
            None => parent.told.clone(),
        };
        let mut above = vec![Arc::clone(parent)];
        above.extend(parent.above.iter().cloned());
        Self {
            metrics: Metrics::default(),
            above,
            told,
        }
    }

    /// An owner for requests that several calls share: each parent counts them once, and each observer is told once,
    /// with all of its calls.
    pub(super) fn shared<'a>(calls: impl Iterator<Item = (&'a Arc<Self>, Option<u32>)>) -> Self {
        let mut shared = Self::default();
        let mut seen = HashSet::new();
        for (owner, call) in calls {
            for counting in std::iter::once(owner).chain(&owner.above) {
                if seen.insert(Arc::as_ptr(counting)) {
                    shared.above.push(Arc::clone(counting));
                }
            }
            for told in &owner.told {
                let known = shared
                    .told
                    .iter_mut()
                    .find(|known| Arc::ptr_eq(&known.observer, &told.observer));
                match known {
                    Some(known) => known.calls.extend(call),
                    None => shared.told.push(Told {
                        observer: Arc::clone(&told.observer),
                        calls: call.into_iter().collect(),
                    }),
                }
            }
        }
        shared
    }

    /// Counts something here and in all parents.
    pub(super) fn count(&self, add: impl Fn(&Metrics)) {
        add(&self.metrics);
        for owner in &self.above {
            add(&owner.metrics);
        }
    }

    /// Whether anybody listens for `kind`.
    pub(super) fn wants(&self, kind: EventKind) -> bool {
        self.told.iter().any(|told| told.observer.wants(kind))
    }

    /// Passes an event to the listeners.
    pub(super) fn notify(&self, event: &Event<'_>) {
        for Told { observer, calls } in &self.told {
            if !observer.wants(event.kind) {
                continue;
            }
            let mut event = event.clone();
            if let Some(&call) = calls.first() {
                event.origin = Origin {
                    call,
                    operation_id: call,
                };
                event.operation_ids = if calls.len() > 1 { calls } else { &[] };
            }
            if !observer.notify(&event) {
                self.count(|metrics| metrics.dropped_events.add(1));
            }
        }
    }
}

/// The next number for an observed attempt.
pub(super) fn next_request_id() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

//! Passes the events of requests to JavaScript, while somebody listens there.

use std::sync::Arc;

use napi_derive::napi;
use serde_json::{Map, Value, json};

use super::dispatcher::{Dispatcher, Shared};
use crate::core::http::{Event, EventKind, HttpClient, Observer};
use crate::core::metrics::{LATENCY_BOUNDS_MS, Metrics};
use crate::core::sync::learnt::Learnt;

/// Reports the requests of one client or service to one environment.
pub struct Listener {
    shared: Arc<Shared>,
    /// The number of the registered hooks, 0 if there are none.
    target: u32,
    /// The events that the hooks want. The environment knows what the channels want.
    mask: u32,
}

impl Listener {
    /// An observer for the hooks registered in JavaScript as `target`, which want the events in `mask`.
    pub fn observer(dispatcher: &Dispatcher, target: u32, mask: u32) -> Arc<dyn Observer> {
        Arc::new(Self {
            shared: dispatcher.shared(),
            target,
            mask,
        })
    }
}

impl Observer for Listener {
    fn wants(&self, kind: EventKind) -> bool {
        (self.mask | self.shared.watched()) & kind as u32 != 0
    }

    fn notify(&self, event: &Event<'_>) -> bool {
        serde_json::to_string(event).is_ok_and(|text| self.shared.push_event(self.target, text))
    }
}

/// Internal: the counters of a service that sends nothing, as JSON text.
#[napi(catch_unwind)]
pub fn empty_stats() -> String {
    numbers(&Metrics::default()).to_string()
}

/// A client's counters as JSON text; `lib/observability/stats.js` turns them into the result of `stats()`.
pub fn stats(http: &HttpClient) -> String {
    let mut numbers = numbers(http.metrics());
    let workspace = http.workspace();
    numbers["workspace"] = json!({
        "throttled": workspace.throttled(),
        "isThrottled": workspace.is_throttled(),
        "learnt": Learnt::of(workspace),
    });
    numbers.to_string()
}

fn numbers(metrics: &Metrics) -> Value {
    let failures: Map<_, _> = metrics
        .failures()
        .map(|(code, count)| (code.as_str().to_owned(), count.into()))
        .collect();
    let latency = &metrics.latency;
    let numbers = [
        ("requests", &metrics.requests),
        ("retries", &metrics.retries),
        ("throttled", &metrics.throttled),
        ("inFlight", &metrics.in_flight),
        ("aborted", &metrics.aborted),
        ("retryWaitMicros", &metrics.retry_wait),
        ("throttleWaitMicros", &metrics.throttle_wait),
        ("bytesSent", &metrics.bytes_sent),
        ("bytesReceived", &metrics.bytes_received),
        ("cacheHits", &metrics.cache_hits),
        ("cacheMisses", &metrics.cache_misses),
        ("storeHits", &metrics.store_hits),
        ("droppedEvents", &metrics.dropped_events),
    ];
    let mut all: Map<String, Value> = numbers
        .into_iter()
        .map(|(name, counter)| (name.to_owned(), counter.get().into()))
        .collect();
    all.insert("failuresByCode".to_owned(), failures.into());
    all.insert("boundsMs".to_owned(), json!(LATENCY_BOUNDS_MS));
    all.insert("counts".to_owned(), json!(latency.counts()));
    all.insert("sumMs".to_owned(), json!(latency.sum_ms()));
    all.insert("maxMs".to_owned(), json!(latency.max_ms()));
    all.into()
}

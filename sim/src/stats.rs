//! Counters and the request log that tests read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::http::Request;

/// One request as the log keeps it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// Running number, from 1.
    pub n: u64,
    /// Milliseconds since 1970 on the server's clock.
    pub at_ms: i64,
    /// Upper-case method.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// Status of the answer, 0 if a fault cut the connection.
    pub status: u16,
    /// Headers that tests read; the authorization value is replaced by its scheme.
    pub headers: BTreeMap<String, String>,
    /// Body as text.
    pub body: String,
}

const LOGGED_HEADERS: &[&str] = &[
    "content-type",
    "content-length",
    "user-agent",
    "idempotency-key",
    "accept",
    "accept-encoding",
    "if-none-match",
    "host",
    "connection",
    "transfer-encoding",
    "traceparent",
    "cookie",
];

/// Total size of the bodies in the log.
const LOG_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Default)]
struct Log {
    entries: VecDeque<LogEntry>,
    bytes: usize,
    total: u64,
    routes: BTreeMap<String, u64>,
    statuses: BTreeMap<u16, u64>,
}

impl Log {
    fn count(&mut self, route: String, status: u16) {
        self.total += 1;
        *self.routes.entry(route).or_default() += 1;
        *self.statuses.entry(status).or_default() += 1;
    }
}

/// Counters of a server; requests to the control API are not counted.
#[derive(Debug)]
pub struct Stats {
    log: Mutex<Log>,
    log_size: usize,
    /// Rate-limit tokens taken.
    pub tokens: AtomicU64,
    /// Connections accepted.
    pub connections_opened: AtomicU64,
    /// Connections open now.
    pub connections_open: AtomicU64,
    /// Requests being answered now.
    pub in_flight: AtomicU64,
    /// Highest number of requests that were being answered at once.
    pub max_in_flight: AtomicU64,
}

/// The counters as the control API prints them.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsReport {
    /// Requests answered or cut.
    pub total: u64,
    /// Requests by `METHOD /route`, ids replaced by `:id`.
    pub routes: BTreeMap<String, u64>,
    /// Requests by status, 0 for cut connections.
    pub statuses: BTreeMap<u16, u64>,
    /// Rate-limit tokens taken.
    pub tokens: u64,
    /// Requests refused with 429.
    pub rate_limited: u64,
    /// Connections accepted.
    pub connections_opened: u64,
    /// Connections open now.
    pub connections_open: u64,
    /// Highest number of requests that were being answered at once.
    pub max_in_flight: u64,
    /// Rows per object, soft-deleted ones not counted; objects without rows are left out.
    pub records: BTreeMap<String, usize>,
}

impl Stats {
    /// Empty counters.
    pub fn new(log_size: usize) -> Self {
        Self {
            log: Mutex::default(),
            log_size,
            tokens: AtomicU64::new(0),
            connections_opened: AtomicU64::new(0),
            connections_open: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            max_in_flight: AtomicU64::new(0),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a request is being answered.
    pub fn enter(&self) {
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.max_in_flight.fetch_max(now, Ordering::Relaxed);
    }

    /// Notes that a request is answered.
    pub fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a request and keeps it in the log.
    pub fn record(&self, request: Request, status: u16, at_ms: i64) {
        let route = route(&request);
        if self.log_size == 0 {
            return self.log().count(route, status);
        }
        let headers = request
            .headers
            .iter()
            .filter_map(|(name, value)| {
                if name == "authorization" {
                    let scheme = value.split(' ').next().unwrap_or_default();
                    return Some((name.clone(), scheme.to_owned()));
                }
                LOGGED_HEADERS
                    .contains(&name.as_str())
                    .then(|| (name.clone(), value.clone()))
            })
            .collect();
        let path = if request.raw_query.is_empty() {
            request.path
        } else {
            format!("{}?{}", request.path, request.raw_query)
        };
        let body = String::from_utf8(request.body)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        let mut log = self.log();
        log.count(route, status);
        log.bytes += body.len();
        let n = log.total;
        let method = request.method;
        log.entries.push_back(LogEntry {
            n,
            at_ms,
            method,
            path,
            status,
            headers,
            body,
        });
        while log.entries.len() > self.log_size || log.bytes > LOG_BYTES {
            let Some(gone) = log.entries.pop_front() else {
                break;
            };
            log.bytes -= gone.body.len();
        }
    }

    /// The log, oldest first.
    pub fn entries(&self) -> Vec<LogEntry> {
        self.log().entries.iter().cloned().collect()
    }

    /// Requests so far.
    pub fn total(&self) -> u64 {
        self.log().total
    }

    /// The counters, with the given rows per object.
    pub fn report(&self, records: BTreeMap<String, usize>) -> StatsReport {
        let log = self.log();
        StatsReport {
            total: log.total,
            routes: log.routes.clone(),
            statuses: log.statuses.clone(),
            tokens: self.tokens.load(Ordering::Relaxed),
            rate_limited: log.statuses.get(&429).copied().unwrap_or(0),
            connections_opened: self.connections_opened.load(Ordering::Relaxed),
            connections_open: self.connections_open.load(Ordering::Relaxed),
            max_in_flight: self.max_in_flight.load(Ordering::Relaxed),
            records,
        }
    }

    /// Resets all counters except open connections.
    pub fn reset(&self) {
        *self.log() = Log::default();
        self.tokens.store(0, Ordering::Relaxed);
        self.max_in_flight.store(0, Ordering::Relaxed);
        let open = self.connections_open.load(Ordering::Relaxed);
        self.connections_opened.store(open, Ordering::Relaxed);
    }
}

fn route(request: &Request) -> String {
    let mut route = request.method.clone();
    route.push(' ');
    for segment in request.path.split('/').filter(|s| !s.is_empty()) {
        route.push('/');
        route.push_str(if uuid::Uuid::parse_str(segment).is_ok() {
            ":id"
        } else {
            segment
        });
    }
    route
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_keeps_the_last_requests_and_hides_the_key() {
        let stats = Stats::new(2);
        for id in 0..3_u128 {
            let mut request = Request {
                method: "GET".into(),
                ..Request::default()
            };
            request.set_target(&format!(
                "/rest/people/{}?depth=1",
                uuid::Uuid::from_u128(id)
            ));
            request
                .headers
                .push(("authorization".into(), "Bearer secret".into()));
            stats.record(request, 200, 0);
        }
        let entries = stats.entries();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[1].n, 3);
        assert_eq!(entries[1].headers["authorization"], "Bearer");
        assert_eq!(
            stats.report(BTreeMap::new()).routes["GET /rest/people/:id"],
            3
        );
    }
}

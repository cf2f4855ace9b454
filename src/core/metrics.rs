//! A client's counters. They have a fixed size, and each update costs one atomic addition.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::error::ErrorCode;

/// Upper bounds of the latency histogram's buckets in milliseconds, inclusive; one more bucket holds slower requests.
/// These are OpenTelemetry's bounds for HTTP durations, plus two below (a server on the same machine) and two above
/// (the slowest that a timeout allows).
pub const LATENCY_BOUNDS_MS: [f64; 18] = [
    1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1_000.0, 2_500.0, 5_000.0,
    7_500.0, 10_000.0, 30_000.0, 60_000.0,
];

const ERROR_CODES: [ErrorCode; 9] = [
    ErrorCode::Timeout,
    ErrorCode::RateLimit,
    ErrorCode::ServerError,
    ErrorCode::AuthError,
    ErrorCode::NetworkError,
    ErrorCode::ValidationError,
    ErrorCode::NotFound,
    ErrorCode::OperationFailed,
    ErrorCode::Unknown,
];

/// A number that only grows, or one that is raised and lowered in pairs.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `amount`.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Subtracts one.
    pub fn take_back(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Adds a duration, in microseconds.
    pub fn add_time(&self, time: Duration) {
        self.add(micros(time));
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Counters since the client was made. Each is exact, but they are not read at the same instant: while calls are in
/// flight, they may differ by those.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Requests sent, including retries and redirects.
    pub requests: Counter,
    /// Requests that were retries.
    pub retries: Counter,
    /// Answers that reported the rate limit.
    pub throttled: Counter,
    /// Attempts in flight.
    pub in_flight: Counter,
    /// Attempts that the caller cancelled.
    pub aborted: Counter,
    /// Microseconds spent waiting before retries.
    pub retry_wait: Counter,
    /// Microseconds spent waiting for the rate limit or a quota.
    pub throttle_wait: Counter,
    /// Bytes of bodies that were sent.
    pub bytes_sent: Counter,
    /// Bytes of bodies that were received.
    pub bytes_received: Counter,
    /// Look-ups of ids that the cache answered.
    pub cache_hits: Counter,
    /// Look-ups of ids that the cache could not answer.
    pub cache_misses: Counter,
    /// Cache misses that the mapping store answered.
    pub store_hits: Counter,
    /// Events that were dropped because JavaScript did not fetch them fast enough.
    pub dropped_events: Counter,
    /// How long attempts took.
    pub latency: Histogram,
    failures: [Counter; ERROR_CODES.len()],
}

impl Metrics {
    /// A call ended in an error.
    pub fn failed(&self, code: ErrorCode) {
        if let Some(at) = ERROR_CODES.iter().position(|&other| other == code) {
            self.failures[at].add(1);
        }
    }

    /// Calls that ended in an error, by its code.
    pub fn failures(&self) -> impl Iterator<Item = (ErrorCode, u64)> {
        ERROR_CODES
            .iter()
            .zip(&self.failures)
            .map(|(&code, count)| (code, count.get()))
    }
}

/// Durations in buckets of [`LATENCY_BOUNDS_MS`].
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [Counter; LATENCY_BOUNDS_MS.len() + 1],
    sum_micros: Counter,
    max_micros: AtomicU64,
}

impl Histogram {
    /// Adds one duration.
    pub fn record(&self, time: Duration) {
        let micros = micros(time);
        let millis = time.as_secs_f64() * 1e3;
        let bucket = LATENCY_BOUNDS_MS.partition_point(|&bound| bound < millis);
        self.buckets[bucket].add(1);
        self.sum_micros.add(micros);
        // It rarely changes, and reading costs far less than writing.
        if self.max_micros.load(Ordering::Relaxed) < micros {
            self.max_micros.fetch_max(micros, Ordering::Relaxed);
        }
    }

    /// The number of durations in each bucket; the last holds those above all bounds.
    pub fn counts(&self) -> Vec<u64> {
        self.buckets.iter().map(Counter::get).collect()
    }

    /// The sum of all durations, in milliseconds.
    pub fn sum_ms(&self) -> f64 {
        self.sum_micros.get() as f64 / 1e3
    }

    /// The longest duration, in milliseconds.
    pub fn max_ms(&self) -> f64 {
        self.max_micros.load(Ordering::Relaxed) as f64 / 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_counts_in_its_own_bucket() {
        let histogram = Histogram::default();
        for micros in [0, 1_000, 1_001, 60_000_000, 60_000_001, u64::MAX] {
            histogram.record(Duration::from_micros(micros));
        }
        let counts = histogram.counts();
        assert_eq!(counts.len(), LATENCY_BOUNDS_MS.len() + 1);
        assert_eq!((counts[0], counts[1]), (2, 1));
        assert_eq!((counts[17], counts[18]), (1, 2));
        assert_eq!(counts.iter().sum::<u64>(), 6);
        assert!(histogram.max_ms() > 1e15);
    }

    #[test]
    fn bounds_ascend() {
        assert!(LATENCY_BOUNDS_MS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn failures_are_counted_by_code() {
        let metrics = Metrics::default();
        metrics.failed(ErrorCode::Timeout);
        metrics.failed(ErrorCode::Unknown);
        metrics.failed(ErrorCode::Unknown);
        let counted: Vec<_> = metrics.failures().filter(|&(_, count)| count > 0).collect();
        assert_eq!(counted, [(ErrorCode::Timeout, 1), (ErrorCode::Unknown, 2)]);
    }
}

//! Learns how many requests the server can handle at once (AIMD): one more after a success while others wait, half as
//! many after a sign of overload.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::core::error::{CrmError, ErrorCode};

/// The current limit.
#[derive(Debug)]
pub struct Concurrency {
    limit: AtomicUsize,
    max: usize,
}

impl Concurrency {
    /// Starts at `start`, and never goes beyond `max` nor below 1.
    pub fn new(start: usize, max: usize) -> Self {
        Self {
            limit: AtomicUsize::new(start),
            max,
        }
    }

    /// How many may be in flight at once.
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// A request succeeded; `is_contended`: others wait for it.
    pub fn succeeded(&self, is_contended: bool) {
        if is_contended {
            self.update(|limit| (limit + 1).min(self.max));
        }
    }

    /// A request showed that the server is overloaded.
    pub fn failed(&self) {
        self.update(|limit| (limit / 2).max(1));
    }

    fn update(&self, change: impl Fn(usize) -> usize) {
        // The closure always returns a value, so this cannot fail.
        let _ = self
            .limit
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |limit| {
                Some(change(limit))
            });
    }
}

/// Whether the error of an upsert is a sign of overload.
pub fn is_strained(error: &CrmError) -> bool {
    matches!(
        error.code,
        ErrorCode::Timeout | ErrorCode::RateLimit | ErrorCode::ServerError
    ) || error.details.contains_key("outcomeUnknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_grows_by_one_and_halves_on_overload() {
        let learnt = Concurrency::new(2, 4);
        learnt.succeeded(false);
        assert_eq!(learnt.limit(), 2, "nobody waits for more");
        for expected in [3, 4, 4] {
            learnt.succeeded(true);
            assert_eq!(learnt.limit(), expected);
        }
        for expected in [2, 1, 1] {
            learnt.failed();
            assert_eq!(learnt.limit(), expected);
        }
        learnt.succeeded(true);
        assert_eq!(learnt.limit(), 2);
    }
}

//! Wall clock and randomness, injected so that tests control both.

use std::time::{Duration, SystemTime};

/// The wall clock. Only dates in `Retry-After` need it; durations are measured with the runtime's own timer.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> SystemTime;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Randomness in waiting times.
pub trait Jitter: Send + Sync {
    /// A random duration between zero and `ceiling`.
    fn spread(&self, ceiling: Duration) -> Duration;
}

/// Full jitter: evenly spread over the whole range, so that callers that failed together do not retry together.
#[derive(Clone, Copy, Debug, Default)]
pub struct FullJitter;

impl Jitter for FullJitter {
    fn spread(&self, ceiling: Duration) -> Duration {
        ceiling.mul_f64(fastrand::f64())
    }
}

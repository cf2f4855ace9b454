//! The rate limit: one throttle per workspace. While it is open, it costs one atomic read. After a refusal it knows the
//! server's limit and paces calls.
//!
//! After the first refusal, calls go at the pace of one per window / limit (T / N) plus a small margin. The alternative
//! is to wait until the bucket is full and send a burst. The server's refill quirk
//! (`docs/twenty/protocol.md#rate-limits`) allows only these two: a pace slightly too fast earns nothing, a pace of T /
//! N earns one token per call, and a time T without a success earns all N at once. Both give N calls per T. Margin and
//! gap cost the pace 5 %; a burst costs its own duration, in which nothing is earned (100 batches at 20 per second: 8 %
//! of a minute). So throughput does not decide. The pace wins because with bursts a single call waits up to a minute
//! instead of T / N, and other users of the workspace find the bucket empty for as long. Tokens earned while there were
//! no calls are used at once, and counted: a known limit is not exceeded again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::rate_headers::RateHeaders;
use super::{Priority, RateLimit};
use crate::core::config::RETRY_AFTER_MAX;
use fair_queue::FairQueue;
use token_bucket::TokenBucket;

mod client_quota;
mod fair_queue;
mod permit;
mod token_bucket;

pub(super) use client_quota::{ClientQuota, ClientQuotas};
pub(super) use permit::{Permit, WaitTooLong};

/// The throttle that all calls of a workspace pass.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    closed: AtomicBool,
    /// A refusal came with rate-limit headers, so those of successes are read too. A proxy may add such headers to all
    /// answers with another meaning.
    has_headers: AtomicBool,
    queue: FairQueue,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// No call goes before this time (Retry-After).
    paused_until: Option<Instant>,
    /// Present while the throttle is closed.
    bucket: Option<TokenBucket>,
}

impl Throttle {
    /// Whether calls pass without waiting.
    pub(super) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    /// Whether rate-limit headers of successes are worth reading.
    pub(super) fn has_headers(&self) -> bool {
        self.has_headers.load(Ordering::Relaxed)
    }

    /// Waits for a permit for a call that takes `cost` tokens. If the wait would last beyond `limit`, it does not
    /// start.
    pub(super) async fn enter(
        &self,
        priority: Priority,
        cost: u32,
        limit: Instant,
    ) -> Result<Permit, WaitTooLong> {
        if self.is_open() {
            return Ok(Permit::Free);
        }
        let start = Instant::now();
        let closed = |wait| WaitTooLong { wait, quota: None };
        let estimate = self.state().estimate(self.queue.ahead(priority), start);
        if start + estimate > limit {
            return Err(closed(estimate));
        }
        self.queue
            .pass(priority, cost, limit, |now| self.grant(cost, now))
            .await
            .map_err(|until| {
                let now = Instant::now();
                let behind = self.state().estimate(1, now);
                closed(until.saturating_duration_since(now).max(behind))
            })
    }

    /// The rate limit refused a call with this permit. `pause` is how long the server asked to wait, `has_headers`
    /// whether rate-limit headers said so.
    pub(super) fn refused(
        &self,
        permit: Permit,
        rate_limit: RateLimit,
        pause: Option<Duration>,
        has_headers: bool,
    ) {
        let now = Instant::now();
        if has_headers {
            self.has_headers.store(true, Ordering::Relaxed);
        }
        let mut state = self.state();
        match &mut state.bucket {
            None => state.bucket = Some(TokenBucket::new(rate_limit, now)),
            Some(bucket) => bucket.refused(permit, rate_limit, now),
        }
        if let Some(pause) = pause {
            state.pause(now + pause);
        }
        self.closed.store(true, Ordering::Release);
        drop(state);
        self.queue.wake_next();
    }

    /// The rate limit let a call with this permit through, whatever its result; `told` is what the server said about
    /// the coming calls.
    pub(super) fn passed(&self, permit: Permit, told: Option<RateHeaders>) {
        let told = told.unwrap_or_default();
        if self.is_open() && told.remaining != Some(0) {
            return;
        }
        let now = Instant::now();
        let mut state = self.state();
        let is_over = state
            .bucket
            .as_mut()
            .is_some_and(|bucket| bucket.passed(permit, now));
        match (told.remaining, told.reset, &mut state.bucket) {
            (Some(0), Some(reset), bucket)
                if !bucket.as_ref().is_some_and(TokenBucket::is_known) =>
            {
                bucket.get_or_insert_with(|| TokenBucket::new(RateLimit::default(), now));
                state.pause(now + reset.min(RETRY_AFTER_MAX));
                self.closed.store(true, Ordering::Release);
            }
            (Some(remaining), _, Some(bucket)) if bucket.is_known() => {
                if is_over {
                    self.open(&mut state);
                } else {
                    bucket.holds_at_most(remaining, now);
                }
            }
            (remaining, _, Some(_)) => {
                let has_room = remaining.is_some_and(|remaining| remaining > 0);
                if is_over || (has_room && matches!(permit, Permit::Paced { .. })) {
                    self.open(&mut state);
                }
            }
            (_, _, None) => {}
        }
        drop(state);
        self.queue.wake_next();
    }

    /// A permit, or the time to ask again.
    fn grant(&self, cost: u32, now: Instant) -> Result<Permit, Instant> {
        let mut state = self.state();
        if let Some(until) = state.paused_until {
            if until > now {
                return Err(until);
            }
            state.paused_until = None;
            if let Some(bucket) = &mut state.bucket {
                bucket.holds_at_least(cost, now);
            }
        }
        match &mut state.bucket {
            Some(bucket) if !bucket.is_stale(now) => bucket.take(cost, now),
            _ => {
                self.open(&mut state);
                Ok(Permit::Free)
            }
        }
    }

    fn open(&self, state: &mut State) {
        *state = State::default();
        self.closed.store(false, Ordering::Release);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pause(&mut self, until: Instant) {
        self.paused_until = Some(self.paused_until.map_or(until, |other| other.max(until)));
    }

    /// How long a call with `ahead` tokens queued before it will wait at least.
    fn estimate(&self, ahead: u32, now: Instant) -> Duration {
        let pause = self
            .paused_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let queue = self
            .bucket
            .as_ref()
            .map_or(Duration::ZERO, |bucket| bucket.wait_behind(ahead, now));
        pause + queue
    }
}

#[cfg(test)]
mod tests;

//! The rate limit: one gate per workspace. Open, it costs one atomic read. After a 429 everybody queues, and calls go
//! one by one at the pace that the server said, until it can take more.
//!
//! The bucket here mirrors the server's own (WIRE.md section 8): what was earned since the last success is rounded
//! down and the clock starts anew at each success, so coming early earns nothing at all, and a refused call costs
//! nothing.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::Throttle;

/// Added to the server's interval: 2 % and a millisecond. At 0.61 s instead of 0.60 s no call failed (WIRE.md).
const MARGIN_PERCENT: u32 = 102;
/// Pace of single calls where the server named no limit, until one gets through.
const PROBE_INTERVAL: Duration = Duration::from_millis(250);
/// So many calls in a row must get through before one is sent early, to learn whether the limit is still there.
const PASSES_BEFORE_EARLY_CALL: u32 = 50;

/// The gate that all calls of a workspace pass.
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed: AtomicBool,
    /// Rate-limit tokens that queued calls want, those being granted included.
    queued: AtomicU32,
    /// First come, first served; whoever holds it is the next to go.
    turnstile: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Nobody goes before this (Retry-After).
    paused_until: Option<Instant>,
    /// There while the gate is closed.
    bucket: Option<Bucket>,
}

/// The server's bucket as far as we know it.
#[derive(Debug)]
struct Bucket {
    /// Tokens when full; unknown where the server did not say.
    limit: Option<u32>,
    /// Earning one token takes this long.
    interval: Duration,
    tokens: u32,
    /// When the server's clock was last reset, as far as we know.
    since: Instant,
    /// Calls that got through, since the last early one.
    passes: u32,
    /// Calls that had their turn and were refused, in a row.
    misses: u32,
}

/// Leave to send one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing is known of a limit.
    Free,
    /// Its time had come.
    Paced,
    /// Sent ahead of its time, to learn whether the limit is still there.
    Early,
}

/// The wait would be longer than the caller has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    /// How long it would have been, at least.
    pub(super) wait: Duration,
}

/// Takes part in the queue's length as long as it lives, however the waiting ends.
struct Queued<'a> {
    gate: &'a Gate,
    cost: u32,
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.gate.queued.fetch_sub(self.cost, Ordering::Relaxed);
    }
}

impl Gate {
    /// Whether calls pass without waiting.
    pub(super) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    /// Waits for the turn of a call that takes `cost` tokens, but not beyond `limit`: a wait that would end later is
    /// not started.
    pub(super) async fn enter(&self, cost: u32, limit: Instant) -> Result<Turn, Closed> {
        if self.is_open() {
            return Ok(Turn::Free);
        }
        let cost = cost.max(1);
        let ahead = self.queued.fetch_add(cost, Ordering::Relaxed);
        let _queued = Queued { gate: self, cost };
        let estimate = self.state().estimate(ahead, Instant::now());
        if Instant::now() + estimate > limit {
            return Err(Closed { wait: estimate });
        }
        let Ok(_turnstile) = timeout_at(limit, self.turnstile.lock()).await else {
            return Err(Closed {
                wait: self.state().estimate(1, Instant::now()),
            });
        };
        loop {
            let now = Instant::now();
            let granted = self.grant(cost, now);
            match granted {
                Ok(turn) => return Ok(turn),
                Err(until) if until > limit => return Err(Closed { wait: until - now }),
                Err(until) => sleep_until(until).await,
            }
        }
    }

    /// The rate limit refused a call that had this turn. `pause` is how long the server asked to wait.
    pub(super) fn refused(&self, turn: Turn, throttle: Throttle, pause: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.state();
        let interval = throttle.interval().unwrap_or(PROBE_INTERVAL);
        match &mut state.bucket {
            None => {
                state.bucket = Some(Bucket {
                    limit: throttle.interval().and(throttle.limit),
                    interval,
                    tokens: 0,
                    since: now,
                    passes: 0,
                    misses: 0,
                });
            }
            Some(bucket) => {
                if throttle.interval().is_some() {
                    // Of several limits that bite, the slowest decides.
                    bucket.interval = match bucket.limit {
                        Some(_) => bucket.interval.max(interval),
                        None => interval,
                    };
                    bucket.limit = throttle.limit;
                }
                // One that was under way when the gate closed says nothing new; an early one was expected to fail.
                if turn == Turn::Paced {
                    bucket.tokens = 0;
                    bucket.since = now;
                    bucket.passes = 0;
                    bucket.misses = bucket.misses.saturating_add(1);
                }
            }
        }
        if let Some(pause) = pause {
            let until = now + pause;
            state.paused_until = Some(state.paused_until.map_or(until, |other| other.max(until)));
        }
        self.closed.store(true, Ordering::Release);
    }

    /// The server let a call through that had this turn, whatever became of it then.
    pub(super) fn passed(&self, turn: Turn) {
        if turn == Turn::Free {
            return;
        }
        let mut state = self.state();
        let Some(bucket) = &mut state.bucket else {
            return;
        };
        if turn == Turn::Early || bucket.limit.is_none() {
            self.open(&mut state);
        } else {
            bucket.passes = bucket.passes.saturating_add(1);
            bucket.misses = 0;
        }
    }

    /// A turn, or the time at which to ask again.
    fn grant(&self, cost: u32, now: Instant) -> Result<Turn, Instant> {
        let mut state = self.state();
        if let Some(until) = state.paused_until {
            if until > now {
                return Err(until);
            }
            state.paused_until = None;
            if let Some(bucket) = &mut state.bucket {
                // The server said that now is the time.
                bucket.tokens = bucket.tokens.max(cost);
            }
        }
        let Some(bucket) = &mut state.bucket else {
            self.open(&mut state);
            return Ok(Turn::Free);
        };
        if bucket.is_full(now) {
            self.open(&mut state);
            return Ok(Turn::Free);
        }
        bucket.take(cost, now)
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
    /// How long a call with `ahead` tokens queued before it will wait at least. Without a known limit the queue says
    /// nothing: it flows as soon as one call gets through.
    fn estimate(&self, ahead: u32, now: Instant) -> Duration {
        let pause = self
            .paused_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        match &self.bucket {
            Some(bucket) if bucket.limit.is_some() => {
                pause
                    + bucket
                        .interval
                        .saturating_mul(ahead.saturating_sub(bucket.earned(now)))
            }
            _ => pause,
        }
    }
}

impl Bucket {
    /// Tokens that are there now.
    fn earned(&self, now: Instant) -> u32 {
        let elapsed = now.saturating_duration_since(self.since);
        let earned = elapsed.as_nanos() / self.interval.as_nanos().max(1);
        let tokens = self
            .tokens
            .saturating_add(u32::try_from(earned).unwrap_or(u32::MAX));
        tokens.min(self.limit.unwrap_or(1))
    }

    /// Whether the server must have forgotten all that was sent: then nothing needs to be paced. After a turn that was
    /// refused somebody else is at work, and a bucket that nobody here used is no sign.
    fn is_full(&self, now: Instant) -> bool {
        self.misses == 0
            && self.limit.is_some_and(|limit| {
                now.saturating_duration_since(self.since) >= self.interval.saturating_mul(limit)
            })
    }

    /// The wait for one token, longer after each turn that was refused all the same: somebody else takes them too.
    fn patience(&self) -> Duration {
        let longest = self.interval.saturating_mul(self.limit.unwrap_or(1));
        let wait = self.interval.saturating_mul(self.misses.saturating_add(1));
        wait.min(longest).max(self.interval)
    }

    fn take(&mut self, cost: u32, now: Instant) -> Result<Turn, Instant> {
        let cost = cost.min(self.limit.unwrap_or(1));
        let earned = self.earned(now);
        let ready = if self.misses > 0 {
            self.since + self.patience()
        } else {
            now
        };
        if earned >= cost && ready <= now {
            self.tokens = earned - cost;
            self.since = now;
            return Ok(Turn::Paced);
        }
        if self.misses == 0 && self.passes >= PASSES_BEFORE_EARLY_CALL {
            self.passes = 0;
            return Ok(Turn::Early);
        }
        let missing = cost.saturating_sub(self.tokens);
        Err((self.since + self.interval.saturating_mul(missing)).max(ready))
    }
}

impl Throttle {
    /// The pace that the server's words come to, with a margin.
    pub(super) fn interval(&self) -> Option<Duration> {
        let (limit, window) = (self.limit?, self.window?);
        if limit == 0 || window.is_zero() {
            return None;
        }
        Some(window / limit * MARGIN_PERCENT / 100 + Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests;

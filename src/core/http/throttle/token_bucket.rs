//! Our model of the server's token bucket: it says when the next call may be sent.
//!
//! Up to Twenty 2.44 the server rounds the tokens earned since the last success down, and restarts its clock at each
//! success (`docs/twenty/protocol.md#rate-limits`). A call that comes early earns nothing. This bucket counts the same
//! way. Later servers also earn fractions; for them this count is on the safe side.

use std::time::Duration;

use tokio::time::Instant;

use super::permit::Permit;
use crate::core::http::RateLimit;

/// Added to the server's interval: 2 % plus a millisecond. In trials, no call failed at 0.61 s instead of 0.60 s.
const MARGIN_PERCENT: u32 = 102;
/// After this many successes, one call is sent early to test whether the limit still exists. The number doubles each
/// time the early call succeeds, up to [`MAX_PASSES_BEFORE_EARLY_CALL`]. One early success proves little, because
/// margins add up to tokens. More early successes in a row than the bucket's size do prove it.
pub(super) const PASSES_BEFORE_EARLY_CALL: u32 = 50;
const MAX_PASSES_BEFORE_EARLY_CALL: u32 = 1_600;
/// After this many successes, the slack shrinks by a quarter.
const PASSES_BEFORE_LESS_SLACK: u32 = 16;
/// Every such permit comes half an interval late. If one process takes each token the moment it appears, a second
/// process never finds one; it finds one in that gap. This costs 3 %.
const PERMITS_BETWEEN_GAPS: u64 = 16;
/// A process that finds no token asks twice per interval, so that it cannot miss the gap, but it waits at least this
/// long,
const SHORTEST_PATIENCE: Duration = Duration::from_millis(20);
/// and after this many refusals in a row it asks less and less often, down to once per window.
const REFUSALS_BEFORE_PATIENCE_GROWS: u32 = 32;
/// First pace if the server named no limit.
const FIRST_GUESS: Duration = Duration::from_millis(250);
/// A guess is never slower than this: if nobody names a limit, an occasional refusal costs less than a pace that is far
/// too slow.
const SLOWEST_GUESS: Duration = Duration::from_secs(8);
/// After this many successes in a row, a guess that was refused once is trusted again: the pace has more than doubled
/// since.
const PASSES_BEFORE_TRUST: u32 = 8;
/// A guess faster than this is treated as no limit.
const FASTEST_GUESS: Duration = Duration::from_millis(2);
/// A guess that no call has tested for this long is dropped.
const GUESS_LIFETIME: Duration = Duration::from_secs(60);

/// What we know of the server's bucket.
#[derive(Debug)]
pub(super) struct TokenBucket {
    pace: Pace,
    tokens: u32,
    /// When the server's clock was last reset, as far as we know.
    since: Instant,
    /// Time between the last permit and the permit or refusal before it. The next answer tells whether this gap is long
    /// enough.
    gap: Duration,
    /// Number of the last permit.
    last_number: u64,
    /// Permits up to this number were in flight at the last refusal: their refusals carry no news.
    heard: u64,
    /// Permits that were refused, in a row.
    refusals: u32,
    /// After a refusal: one call is in flight to test whether there is a token.
    is_trying: bool,
    /// Successes since the last early call.
    passes: u32,
    early_after: u32,
    /// Early successes in a row.
    early_passes: u32,
    /// An early call is in flight.
    is_early: bool,
}

#[derive(Clone, Copy, Debug)]
enum Pace {
    /// The server named its limit.
    Known {
        /// Tokens when full.
        limit: u32,
        /// Time to earn one token, margin included.
        interval: Duration,
        /// Added because calls were refused in spite of the margin: latency varies, or somebody else uses the
        /// workspace. It grows with each refusal and shrinks with successes.
        slack: Duration,
    },
    /// The server only refused: each success doubles the pace.
    Guessed {
        interval: Duration,
        /// A permit was refused at this pace: approach it slowly from now on.
        is_careful: bool,
    },
}

impl TokenBucket {
    /// An empty bucket, which a refusal implies.
    pub(super) fn new(rate_limit: RateLimit, now: Instant) -> Self {
        let guess = Pace::Guessed {
            interval: FIRST_GUESS,
            is_careful: false,
        };
        Self {
            pace: Pace::of(rate_limit).unwrap_or(guess),
            tokens: 0,
            since: now,
            gap: Duration::ZERO,
            last_number: 0,
            heard: 0,
            refusals: 0,
            is_trying: false,
            passes: 0,
            early_after: PASSES_BEFORE_EARLY_CALL,
            early_passes: 0,
            is_early: false,
        }
    }

    /// Whether the server named its limit.
    pub(super) fn is_known(&self) -> bool {
        matches!(self.pace, Pace::Known { .. })
    }

    /// Whether this is a guess that no call has tested for a long time.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        !self.is_known() && now.saturating_duration_since(self.since) >= GUESS_LIFETIME
    }

    /// The server refused a call and sent this limit.
    pub(super) fn refused(&mut self, permit: Permit, rate_limit: RateLimit, now: Instant) {
        if self.learn(rate_limit) {
            self.start_anew(now);
            return;
        }
        match permit {
            Permit::Free | Permit::Unpaced => {}
            Permit::Early => {
                self.early_after = (self.early_after * 2).min(MAX_PASSES_BEFORE_EARLY_CALL);
                self.passes = 0;
                self.early_passes = 0;
                self.is_early = false;
            }
            Permit::Paced { number } if number <= self.heard => {}
            Permit::Paced { .. } => {
                self.start_anew(now);
                self.refusals = self.refusals.saturating_add(1);
                match &mut self.pace {
                    Pace::Known {
                        interval, slack, ..
                    } => {
                        let least = *interval / 32 + Duration::from_millis(2);
                        *slack = (*slack * 2).max(least).min(*interval / 2);
                    }
                    Pace::Guessed {
                        interval,
                        is_careful,
                    } => {
                        // A call that went sooner than the guess, because its own wait was over, does not test the
                        // guess.
                        let tried = self.gap.min(*interval);
                        *interval = (tried * 2).max(*interval).min(SLOWEST_GUESS);
                        *is_careful = true;
                    }
                }
            }
        }
    }

    /// Empties the bucket. Refusals of permits in flight then carry no news.
    fn start_anew(&mut self, now: Instant) {
        self.tokens = 0;
        self.since = now;
        self.heard = self.last_number;
        self.passes = 0;
        self.early_passes = 0;
        self.is_early = false;
        self.is_trying = false;
    }

    /// Learns from a refusal. If several limits apply, the slowest decides. True if the limit is new.
    fn learn(&mut self, rate_limit: RateLimit) -> bool {
        let Some(said) = Pace::of(rate_limit) else {
            return false;
        };
        match (&self.pace, &said) {
            (Pace::Known { interval: old, .. }, Pace::Known { interval: new, .. })
                if old >= new =>
            {
                false
            }
            _ => {
                self.pace = said;
                self.refusals = 0;
                true
            }
        }
    }

    /// The server let a call with a permit through. True when pacing is no longer needed.
    pub(super) fn passed(&mut self, permit: Permit, now: Instant) -> bool {
        match permit {
            Permit::Free => false,
            Permit::Early => {
                self.is_early = false;
                self.early_passes = self.early_passes.saturating_add(1);
                self.since = now;
                self.early_passes > self.limit()
            }
            Permit::Unpaced => {
                // The call took a token that was not counted, and restarted the server's clock.
                self.tokens = self.tokens.saturating_sub(1);
                self.since = now;
                false
            }
            Permit::Paced { number } => {
                if number > self.heard {
                    self.refusals = 0;
                    self.is_trying = false;
                }
                self.passes = self.passes.saturating_add(1);
                self.ease()
            }
        }
    }

    /// The server said how many tokens are left.
    pub(super) fn holds_at_most(&mut self, tokens: u32, now: Instant) {
        if self.earned(now) > tokens {
            self.tokens = tokens;
            self.since = now;
        }
    }

    /// The server said that it has this many tokens now.
    pub(super) fn holds_at_least(&mut self, tokens: u32, now: Instant) {
        let tokens = tokens.min(self.limit());
        // They include the tokens earned while waiting.
        if self.earned(now) < tokens {
            self.tokens = tokens;
            self.since = now;
        }
        self.refusals = 0;
    }

    /// A permit, or the time to ask again.
    pub(super) fn take(&mut self, cost: u32, now: Instant) -> Result<Permit, Instant> {
        let cost = cost.clamp(1, self.limit().max(1));
        if self.refusals > 0 {
            let ready = self.since + self.patience(cost);
            if ready > now {
                return Err(ready);
            }
            self.is_trying = true;
            self.tokens = 0;
            return Ok(self.issue(now));
        }
        let gap = self.since + self.interval() * 3 / 2;
        if self.is_gap() && now < gap {
            return Err(gap);
        }
        let earned = self.earned(now);
        if earned >= cost {
            self.tokens = earned - cost;
            return Ok(self.issue(now));
        }
        let is_due = self.early_passes > 0 || self.passes >= self.early_after;
        if self.is_known() && is_due && !self.is_early {
            self.is_early = true;
            return Ok(Permit::Early);
        }
        Err(self.since
            + self
                .interval()
                .saturating_mul(cost.saturating_sub(self.tokens)))
    }

    /// How long until this many tokens and one more are available.
    pub(super) fn wait_behind(&self, tokens: u32, now: Instant) -> Duration {
        match self.pace {
            // Without a known limit the queue's length says nothing: it drains as soon as calls get through.
            Pace::Guessed { .. } => Duration::ZERO,
            Pace::Known { .. } => self
                .interval()
                .saturating_mul(tokens.saturating_sub(self.earned(now))),
        }
    }

    fn issue(&mut self, now: Instant) -> Permit {
        self.gap = now.saturating_duration_since(self.since);
        self.since = now;
        self.last_number += 1;
        // Time has passed: the early call, whatever its result, no longer counts as in flight.
        self.is_early = false;
        Permit::Paced {
            number: self.last_number,
        }
    }

    /// Whether the next permit is one that comes late.
    fn is_gap(&self) -> bool {
        let is_due = self.last_number > 0 && self.last_number.is_multiple_of(PERMITS_BETWEEN_GAPS);
        is_due && self.tokens == 0 && self.is_known()
    }

    fn limit(&self) -> u32 {
        match self.pace {
            Pace::Known { limit, .. } => limit,
            Pace::Guessed { .. } => 1,
        }
    }

    fn interval(&self) -> Duration {
        match self.pace {
            Pace::Known {
                interval, slack, ..
            } => interval + slack,
            Pace::Guessed { interval, .. } => interval,
        }
    }

    /// Tokens available now.
    fn earned(&self, now: Instant) -> u32 {
        let elapsed = now.saturating_duration_since(self.since);
        let earned = elapsed.as_nanos() / self.interval().as_nanos().max(1);
        self.tokens
            .saturating_add(u32::try_from(earned).unwrap_or(u32::MAX))
            .min(self.limit())
    }

    /// The wait after a refused permit. It is short at first: a token may be a moment away, and a refused call costs
    /// nothing (it neither takes a token nor restarts the clock).
    fn patience(&self, cost: u32) -> Duration {
        let interval = self.interval().saturating_mul(cost);
        if self.is_trying {
            return interval;
        }
        let longest = self.interval().saturating_mul(self.limit()).max(interval);
        let least = if self.refusals == 1 {
            interval / 4
        } else {
            interval / 2
        };
        let doublings = self.refusals.saturating_sub(REFUSALS_BEFORE_PATIENCE_GROWS);
        least
            .max(SHORTEST_PATIENCE.min(interval))
            .saturating_mul(1 << doublings.min(16))
            .min(longest)
    }

    /// After a success, the pace may rise. True if no limit is left.
    fn ease(&mut self) -> bool {
        match &mut self.pace {
            Pace::Known { slack, .. } => {
                if self.passes.is_multiple_of(PASSES_BEFORE_LESS_SLACK) {
                    *slack = *slack * 3 / 4;
                }
                false
            }
            Pace::Guessed {
                interval,
                is_careful,
            } => {
                *is_careful &= self.passes < PASSES_BEFORE_TRUST;
                *interval = if *is_careful {
                    *interval * 9 / 10
                } else {
                    *interval / 2
                };
                *interval < FASTEST_GUESS
            }
        }
    }
}

impl Pace {
    fn of(rate_limit: RateLimit) -> Option<Self> {
        Some(Self::Known {
            limit: rate_limit.limit?,
            interval: rate_limit.interval()?,
            slack: Duration::ZERO,
        })
    }
}

impl RateLimit {
    /// The pace that the server's limit implies, with a margin.
    pub(in crate::core::http) fn interval(&self) -> Option<Duration> {
        let (limit, window) = (self.limit?, self.window?);
        if limit == 0 || window.is_zero() {
            return None;
        }
        Some(window / limit * MARGIN_PERCENT / 100 + Duration::from_millis(1))
    }
}
